--! # Compiled by signoff. psql -f on this file would run both directions, one after the other.
--! revision = "83ab20645de1"
--! revises  = []
--! message  = "Cardholders, accounts and cards"
--! created  = 2025-02-10T09:12:44Z

--! upgrade

CREATE TYPE card_status AS ENUM ('issued', 'active', 'blocked', 'expired');

CREATE TABLE cardholder (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    full_name   text NOT NULL CHECK (full_name <> ''),
    email       text NOT NULL,
    country     char(2) NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX cardholder_email_key ON cardholder (lower(email));
COMMENT ON TABLE cardholder IS 'A person who holds cards; a company''s cards have one holder each.';

CREATE TABLE account (
    id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cardholder_id       bigint NOT NULL REFERENCES cardholder,
    currency            char(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    credit_limit_minor  bigint NOT NULL DEFAULT 0 CHECK (credit_limit_minor >= 0),
    closed_at           timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX account_cardholder_idx ON account (cardholder_id);
COMMENT ON COLUMN account.credit_limit_minor IS 'In minor units (cents); 0 is a prepaid account.';

CREATE TABLE card (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id     bigint NOT NULL REFERENCES account,
    pan_encrypted  bytea NOT NULL,
    pan_token      text,
    last_four      char(4) NOT NULL CHECK (last_four ~ '^[0-9]{4}$'),
    expires_on     date NOT NULL,
    status         card_status NOT NULL DEFAULT 'issued',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT card_pan_token_key UNIQUE (pan_token)
);
CREATE INDEX card_account_idx ON card (account_id);
COMMENT ON COLUMN card.pan_token IS 'The vault''s token for the card number; NULL until the vault has taken it.';

-- Every table with an updated_at has this trigger, so that no service can forget it.
CREATE FUNCTION touch_updated_at() RETURNS trigger
    LANGUAGE plpgsql
AS $touch$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END;
$touch$;

CREATE TRIGGER cardholder_touch BEFORE UPDATE ON cardholder
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER account_touch BEFORE UPDATE ON account
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER card_touch BEFORE UPDATE ON card
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

--! downgrade

DROP TABLE card;
DROP TABLE account;
DROP TABLE cardholder;
DROP FUNCTION touch_updated_at();
DROP TYPE card_status;
