-- For signoff, not for `psql -f`: psql would run the upgrade and then the downgrade.
--! revision   = "53fffde5ad5"
--! revises    = ["ae1027a6acf", "27c6a30d7c24"]
--! message    = "merge ae1 and 27c"
--! created    = 2014-11-20T13:31:50Z

--! upgrade
-- Joins what it revises, and has nothing of its own to run.

--! downgrade
-- Nothing to undo.

