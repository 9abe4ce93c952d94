-- Deploy shelf:is_lent to pg

BEGIN;

CREATE OR REPLACE FUNCTION shelf.is_lent(wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM shelf.loan WHERE isbn = wanted AND returned IS NULL AND due >= current_date);
$$;

COMMIT;
