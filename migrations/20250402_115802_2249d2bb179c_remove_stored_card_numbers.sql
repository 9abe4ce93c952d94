--! # Compiled by signoff. psql -f on this file would run both directions, one after the other.
--! revision = "2249d2bb179c"
--! revises  = ["0b2cf12098b2"]
--! message  = "Remove stored card numbers"
--! created  = 2025-04-02T11:58:02Z

--! upgrade

-- PCI DSS 3.5: the vault holds the numbers now. A card without a token would be lost here, so look first.
DO $$
DECLARE
    missing bigint;
BEGIN
    SELECT count(*) INTO missing FROM card WHERE pan_token IS NULL;
    IF missing > 0 THEN
        RAISE EXCEPTION '% cards have no token yet', missing
            USING HINT = 'run the vault''s backfill to its end first';
    END IF;
END
$$;

ALTER TABLE card
    ALTER COLUMN pan_token SET NOT NULL,
    DROP COLUMN pan_encrypted;

--! downgrade { irreversible = "the stored card numbers are gone for good, as the card networks demand" }
