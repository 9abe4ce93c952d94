--! revision = "0d3f7a91c2e4"
--! revises  = []
--! message  = "Orders"
--! created  = 2023-09-01T08:00:00Z

--! upgrade
CREATE SCHEMA shop;
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer text NOT NULL,
    amount integer NOT NULL
);

--! downgrade { irreversible = "the orders are kept nowhere else" }
