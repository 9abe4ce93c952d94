-- For signoff, not for `psql -f`: psql would run the upgrade and then the downgrade.
--! revision   = "27c6a30d7c24"
--! revises    = ["1975ea83b712"]
--! message    = "add shopping cart table"
--! created    = 2014-11-20T13:03:11Z
--! labels     = ["shoppingcart"]

--! upgrade
CREATE TABLE shopping_cart (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id integer NOT NULL REFERENCES account (id)
);

--! downgrade
DROP TABLE shopping_cart;
