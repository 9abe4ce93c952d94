--! revision  = "71e9a4c05d38"
--! revises   = ["0d3f7a91c2e4"]
--! message   = "Support contact of an order"
--! created   = 2023-09-14T16:00:00Z
--! labels    = ["support"]
--! variables = true

--! upgrade
ALTER TABLE orders ADD COLUMN support text NOT NULL DEFAULT '${support_mail}';

--! downgrade
ALTER TABLE orders DROP COLUMN support;
