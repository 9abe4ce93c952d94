CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now()
);
