CREATE TABLE ferries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    cars int NOT NULL CHECK (cars >= 0)
);
