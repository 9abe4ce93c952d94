--! # Compiled by signoff. psql -f on this file would run both directions, one after the other.
--! revision = "398c8d6febf1"
--! revises  = ["7ca4cdb72d31"]
--! message  = "Disputes"
--! created  = 2025-06-17T09:02:21Z

--! upgrade

CREATE TYPE dispute_reason AS ENUM ('fraud', 'not_received', 'not_as_described', 'duplicate', 'credit_not_processed');

CREATE TABLE dispute (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    authorisation_id  bigint NOT NULL REFERENCES authorisation,
    reason            dispute_reason NOT NULL,
    amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
    opened_at         timestamptz NOT NULL DEFAULT now(),
    due_on            date NOT NULL,
    resolved_at       timestamptz,
    won               boolean,
    evidence          jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT dispute_resolution_is_whole CHECK ((resolved_at IS NULL) = (won IS NULL))
);

-- One open dispute for an authorisation; the next may follow when it is resolved.
CREATE UNIQUE INDEX dispute_open_key ON dispute (authorisation_id) WHERE resolved_at IS NULL;
CREATE INDEX dispute_due_idx ON dispute (due_on) WHERE resolved_at IS NULL;
CREATE INDEX authorisation_disputed_idx ON authorisation (card_id) WHERE state = 'disputed';

CREATE FUNCTION dispute_moves_authorisation() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE authorisation
       SET state = CASE WHEN NEW.resolved_at IS NULL THEN 'disputed' ELSE 'settled' END::authorisation_state
     WHERE id = NEW.authorisation_id
       AND state IN ('settled', 'disputed');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'authorisation % is not settled; only what was settled can be disputed', NEW.authorisation_id;
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER dispute_moves_authorisation
    AFTER INSERT OR UPDATE OF resolved_at ON dispute
    FOR EACH ROW EXECUTE FUNCTION dispute_moves_authorisation();

COMMENT ON COLUMN dispute.due_on IS 'The network''s deadline for our evidence.';
COMMENT ON COLUMN dispute.won IS 'NULL while it is open.';

--! downgrade

DROP INDEX authorisation_disputed_idx;
DROP TABLE dispute;
DROP FUNCTION dispute_moves_authorisation();
DROP TYPE dispute_reason;
