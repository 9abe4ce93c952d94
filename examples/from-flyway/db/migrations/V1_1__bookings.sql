CREATE TABLE booking (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account bigint NOT NULL REFERENCES account,
    amount numeric(14, 2) NOT NULL,
    booked_at timestamptz NOT NULL DEFAULT now()
);
