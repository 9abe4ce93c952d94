ALTER TABLE links ADD COLUMN expires_at timestamptz;
CREATE INDEX links_expires_at_idx ON links (expires_at) WHERE expires_at IS NOT NULL;

CREATE VIEW live_links AS
SELECT slug, target FROM links WHERE expires_at IS NULL OR expires_at > now()
