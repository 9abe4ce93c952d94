--! # Compiled by signoff. psql -f on this file would run both directions, one after the other.
--! revision = "1c987d818814"
--! revises  = ["83ab20645de1"]
--! message  = "Authorisations"
--! created  = 2025-02-24T14:03:09Z

--! upgrade

CREATE TYPE authorisation_state AS ENUM ('pending', 'approved', 'declined', 'reversed', 'settled');

CREATE TABLE authorisation (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    card_id            bigint NOT NULL REFERENCES card,
    network_reference  text NOT NULL UNIQUE,
    amount_minor       bigint NOT NULL CHECK (amount_minor > 0),
    currency           char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    merchant_name      text NOT NULL,
    mcc                char(4) NOT NULL,
    state              authorisation_state NOT NULL DEFAULT 'pending',
    decline_reason     text,
    requested_at       timestamptz NOT NULL DEFAULT now(),
    decided_at         timestamptz,
    CONSTRAINT authorisation_decline_has_reason
        CHECK (state <> 'declined' OR decline_reason IS NOT NULL),
    CONSTRAINT authorisation_decided_in_order
        CHECK (decided_at >= requested_at)
);

-- The expiry job looks at nothing else, and pending rows are few.
CREATE INDEX authorisation_pending_idx ON authorisation (requested_at) WHERE state = 'pending';

COMMENT ON TABLE authorisation IS 'One request of the card network, and what we answered.';
COMMENT ON COLUMN authorisation.network_reference IS 'The network''s retrieval reference; a retry carries the same one.';

--! downgrade

DROP TABLE authorisation;
DROP TYPE authorisation_state;
