-- What was seen in a hive, and when.
CREATE TABLE inspections (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hive_id bigint NOT NULL REFERENCES hives,
    seen_at timestamptz NOT NULL DEFAULT now(),
    mites int NOT NULL DEFAULT 0 CHECK (mites >= 0),
    notes text NOT NULL DEFAULT ''
);
