-- Up Migration
ALTER TABLE courses ADD COLUMN seats int NOT NULL DEFAULT 20 CHECK (seats > 0);

-- Down Migration
ALTER TABLE courses DROP COLUMN seats;
