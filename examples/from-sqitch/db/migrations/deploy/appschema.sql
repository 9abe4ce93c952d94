-- Deploy shelf:appschema to pg
\ir ../lib/schema.sql
BEGIN;

CREATE SCHEMA :"schema";

COMMIT;
