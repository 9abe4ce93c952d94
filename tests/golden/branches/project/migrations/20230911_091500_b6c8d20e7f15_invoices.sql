--! revision = "b6c8d20e7f15"
--! revises  = ["0d3f7a91c2e4"]
--! message  = "Invoices"
--! created  = 2023-09-11T09:15:00Z
--! labels   = ["billing"]

--! upgrade
CREATE TABLE invoice (
    id bigint PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES orders,
    sent_on date
);

--! downgrade
DROP TABLE invoice;
