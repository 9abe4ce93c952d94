CREATE TABLE links (
    id bigserial PRIMARY KEY,
    slug varchar(16) NOT NULL UNIQUE,
    target text NOT NULL CHECK (target LIKE 'http%://%'),
    created_at timestamptz NOT NULL DEFAULT now()
);
