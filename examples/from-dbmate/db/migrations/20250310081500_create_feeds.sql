-- migrate:up
CREATE TABLE feeds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url text NOT NULL UNIQUE,
    title text NOT NULL DEFAULT ''
);

-- migrate:down
DROP TABLE feeds;
