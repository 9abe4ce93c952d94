-- +goose Up
CREATE TABLE rooms (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    seats int NOT NULL CHECK (seats > 0)
);

-- +goose Down
DROP TABLE rooms;
