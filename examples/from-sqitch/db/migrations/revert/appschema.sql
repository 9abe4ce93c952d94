-- Revert shelf:appschema from pg
\ir ../lib/schema.sql
BEGIN;

DROP SCHEMA :"schema";

COMMIT;
