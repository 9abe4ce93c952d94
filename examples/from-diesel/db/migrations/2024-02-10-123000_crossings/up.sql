CREATE TABLE crossings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ferry_id bigint NOT NULL REFERENCES ferries,
    leaves_at timestamptz NOT NULL,
    booked int NOT NULL DEFAULT 0 CHECK (booked >= 0)
);
