--! revision  = "48ac91d7e3b0"
--! revises   = ["e2b5f6087c9d"]
--! message   = "Amounts with cents"
--! created   = 2023-10-02T07:00:00Z
--! recreates = ["customer_total", "a_rank"]

--! upgrade
DROP VIEW IF EXISTS customer_rank, customer_total;
ALTER TABLE orders ALTER COLUMN amount TYPE numeric(12, 2);

--! downgrade
DROP VIEW IF EXISTS customer_rank, customer_total;
ALTER TABLE orders ALTER COLUMN amount TYPE integer;
