--! revision = "c07e4b6d11fa"
--! revises  = ["5f1d0c3a9b27"]
--! message  = "Index players by country"
--! created  = 2024-02-12T08:30:00Z

--! upgrade { transaction = false }
-- Built while the game goes on.
CREATE INDEX CONCURRENTLY player_country_idx ON player (country);
COMMENT ON INDEX player_country_idx IS 'for the league tables';

--! downgrade { transaction = false }
DROP INDEX CONCURRENTLY player_country_idx;
