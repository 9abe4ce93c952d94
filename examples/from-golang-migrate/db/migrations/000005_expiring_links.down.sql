DROP VIEW live_links;
DROP INDEX links_expires_at_idx;
ALTER TABLE links DROP COLUMN expires_at
