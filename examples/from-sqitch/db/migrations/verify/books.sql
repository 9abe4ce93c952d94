-- Verify shelf:books on pg

BEGIN;

SELECT isbn, title FROM shelf.book WHERE FALSE;

ROLLBACK;
