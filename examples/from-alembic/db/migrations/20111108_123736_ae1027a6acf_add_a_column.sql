-- For signoff, not for `psql -f`: psql would run the upgrade and then the downgrade.
--! revision   = "ae1027a6acf"
--! revises    = ["1975ea83b712"]
--! message    = "Add a column"
--! created    = 2011-11-08T12:37:36Z

--! upgrade
ALTER TABLE account ADD COLUMN last_transaction_date timestamp;

--! downgrade
ALTER TABLE account DROP COLUMN last_transaction_date;
