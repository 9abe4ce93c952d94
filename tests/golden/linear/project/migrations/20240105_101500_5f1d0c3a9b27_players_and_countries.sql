--! revision = "5f1d0c3a9b27"
--! revises  = []
--! message  = "Players and countries"
--! created  = 2024-01-05T10:15:00Z

--! upgrade
CREATE TABLE country (
    code text PRIMARY KEY,
    name text NOT NULL,
    motto text
);
--! data { file = "data/countries.csv", table = "country", key = ["code"] }

CREATE TABLE player (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    country text NOT NULL REFERENCES country,
    scores integer[] NOT NULL DEFAULT '{}',
    best integer NOT NULL DEFAULT 3
);

--! downgrade
DROP TABLE player;
DROP TABLE country;
