-- Deploy shelf:loans to pg
-- requires: books

BEGIN;

CREATE TABLE shelf.loan (
    isbn text NOT NULL REFERENCES shelf.book,
    reader text NOT NULL,
    due date NOT NULL,
    returned date
);

COMMIT;
