--! # Compiled by signoff. psql -f on this file would run both directions, one after the other.
--! revision = "7ca4cdb72d31"
--! revises  = ["0ee84a9aedf4"]
--! message  = "Authorisations can be disputed"
--! created  = 2025-06-16T12:14:55Z

--! upgrade

ALTER TYPE authorisation_state ADD VALUE 'disputed' AFTER 'settled';

--! downgrade

-- An enum can't lose a value, so the type is made again without it. Whatever names a value of the old type
-- has to step aside meanwhile.
DROP INDEX authorisation_pending_idx;
ALTER TABLE authorisation
    DROP CONSTRAINT authorisation_decline_has_reason,
    ALTER COLUMN state DROP DEFAULT;

ALTER TYPE authorisation_state RENAME TO authorisation_state_with_disputed;
CREATE TYPE authorisation_state AS ENUM ('pending', 'approved', 'declined', 'reversed', 'settled');
ALTER TABLE authorisation
    ALTER COLUMN state TYPE authorisation_state
        USING (CASE state::text WHEN 'disputed' THEN 'settled' ELSE state::text END)::authorisation_state;
DROP TYPE authorisation_state_with_disputed;

ALTER TABLE authorisation
    ALTER COLUMN state SET DEFAULT 'pending',
    ADD CONSTRAINT authorisation_decline_has_reason
        CHECK (state <> 'declined' OR decline_reason IS NOT NULL);
CREATE INDEX authorisation_pending_idx ON authorisation (requested_at) WHERE state = 'pending';
