-- Up Migration
CREATE TABLE courses (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    starts_on date NOT NULL
);

-- Down Migration
DROP TABLE courses;
