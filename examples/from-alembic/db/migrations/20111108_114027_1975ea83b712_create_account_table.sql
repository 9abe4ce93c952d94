-- For signoff, not for `psql -f`: psql would run the upgrade and then the downgrade.
--! revision   = "1975ea83b712"
--! revises    = []
--! message    = "create account table"
--! created    = 2011-11-08T11:40:27Z

--! upgrade
CREATE TABLE account (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name varchar(50) NOT NULL,
    description varchar(200)
);

--! downgrade
DROP TABLE account;
