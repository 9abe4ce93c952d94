-- +migrate Up
CREATE TABLE members (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    joined_on date NOT NULL DEFAULT current_date
);

-- +migrate Down
DROP TABLE members;
