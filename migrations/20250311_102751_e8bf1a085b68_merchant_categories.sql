--! # Compiled by signoff. psql -f on this file would run both directions, one after the other.
--! revision = "e8bf1a085b68"
--! revises  = ["1c987d818814"]
--! message  = "Merchant categories"
--! created  = 2025-03-11T10:27:51Z
--! labels   = ["reference-data"]

--! upgrade

CREATE TABLE merchant_category (
    mcc    char(4) PRIMARY KEY CHECK (mcc ~ '^[0-9]{4}$'),
    name   text NOT NULL,
    risk   smallint NOT NULL DEFAULT 0 CHECK (risk BETWEEN 0 AND 9),
    note   text
);
COMMENT ON TABLE merchant_category IS 'ISO 18245, as far as our acquirers send it.';

--! data { file = "data/merchant_categories.csv", table = "merchant_category", key = ["mcc"] }

ALTER TABLE authorisation
    ADD CONSTRAINT authorisation_mcc_fkey FOREIGN KEY (mcc) REFERENCES merchant_category;

--! downgrade

ALTER TABLE authorisation DROP CONSTRAINT authorisation_mcc_fkey;
DROP TABLE merchant_category;
