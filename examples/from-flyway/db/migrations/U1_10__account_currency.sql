ALTER TABLE account DROP COLUMN currency;
