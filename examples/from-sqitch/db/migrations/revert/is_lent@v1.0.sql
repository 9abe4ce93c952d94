-- Revert shelf:is_lent from pg

BEGIN;

DROP FUNCTION shelf.is_lent(text);

COMMIT;
