-- Deploy shelf:books to pg
-- requires: appschema

BEGIN;

CREATE TABLE shelf.book (
    isbn text PRIMARY KEY,
    title text NOT NULL
);

COMMIT;
