--! revision = "e2b5f6087c9d"
--! revises  = ["b6c8d20e7f15", "71e9a4c05d38"]
--! message  = "Merge billing and support"
--! created  = 2023-09-20T11:00:00Z

--! upgrade

--! downgrade
