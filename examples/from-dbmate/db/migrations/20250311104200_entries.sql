-- migrate:up
CREATE TABLE entries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed_id bigint NOT NULL REFERENCES feeds ON DELETE CASCADE,
    guid text NOT NULL,
    published_at timestamptz,
    body text NOT NULL,
    UNIQUE (feed_id, guid)
);

-- migrate:down
DROP TABLE entries;
