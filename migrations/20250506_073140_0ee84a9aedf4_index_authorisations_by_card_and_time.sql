--! # Compiled by signoff. psql -f on this file would run both directions, one after the other.
--! revision = "0ee84a9aedf4"
--! revises  = ["2249d2bb179c"]
--! message  = "Index authorisations by card and time"
--! created  = 2025-05-06T07:31:40Z

--! upgrade

-- The card page lists the latest authorisations; by now it reads the whole table.
CREATE INDEX CONCURRENTLY authorisation_card_requested_idx
    ON authorisation (card_id, requested_at DESC);

--! downgrade

DROP INDEX CONCURRENTLY authorisation_card_requested_idx;
