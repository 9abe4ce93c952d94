-- migrate:up
ALTER TABLE entries ADD COLUMN read_at timestamptz;
UPDATE entries SET read_at = now() WHERE published_at < now() - interval '30 days';

-- migrate:down
ALTER TABLE entries DROP COLUMN read_at;
