--! # Compiled by signoff. psql -f on this file would run both directions, one after the other.
--! revision = "ae8d3589f496"
--! revises  = ["1c987d818814"]
--! message  = "Settlement batches and entries"
--! created  = 2025-03-13T08:45:30Z

--! upgrade

CREATE TABLE settlement_batch (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    network        text NOT NULL CHECK (network IN ('visa', 'mastercard')),
    business_date  date NOT NULL,
    closed_at      timestamptz,
    UNIQUE (network, business_date)
);

CREATE TABLE settlement_entry (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id          bigint NOT NULL REFERENCES settlement_batch,
    account_id        bigint NOT NULL REFERENCES account,
    authorisation_id  bigint REFERENCES authorisation,
    amount_minor      bigint NOT NULL CHECK (amount_minor <> 0),
    currency          char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    posted_at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX settlement_entry_batch_idx ON settlement_entry (batch_id);
CREATE INDEX settlement_entry_authorisation_idx ON settlement_entry (authorisation_id);
COMMENT ON COLUMN settlement_entry.authorisation_id IS 'NULL for offline clearing and for fees of the network.';
COMMENT ON COLUMN settlement_entry.amount_minor IS 'Minor units; positive is owed by the cardholder, negative is a refund.';

CREATE FUNCTION settlement_entry_guard() RETURNS trigger
    LANGUAGE plpgsql
AS $guard$
DECLARE
    closed timestamptz;
BEGIN
    SELECT b.closed_at INTO closed
      FROM settlement_batch b
     WHERE b.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.batch_id ELSE NEW.batch_id END
       FOR SHARE;
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'settlement batch was closed at %; post a correction to an open one', closed
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END;
$guard$;
COMMENT ON FUNCTION settlement_entry_guard() IS 'A closed batch was sent to the general ledger and must not change.';

CREATE TRIGGER settlement_entry_guard BEFORE INSERT OR UPDATE OR DELETE ON settlement_entry
    FOR EACH ROW EXECUTE FUNCTION settlement_entry_guard();

--! downgrade

DROP TABLE settlement_entry;
DROP TABLE settlement_batch;
DROP FUNCTION settlement_entry_guard();
