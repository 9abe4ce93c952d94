--! # Compiled by signoff. psql -f on this file would run both directions, one after the other.
--! revision = "0b2cf12098b2"
--! revises  = ["e8bf1a085b68", "ae8d3589f496"]
--! message  = "Merge merchant categories and settlements"
--! created  = 2025-03-18T15:20:17Z

--! upgrade

--! downgrade
