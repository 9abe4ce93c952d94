DROP VIEW IF EXISTS customer_rank, customer_total;
ALTER TABLE orders ALTER COLUMN amount TYPE numeric(12, 2);

