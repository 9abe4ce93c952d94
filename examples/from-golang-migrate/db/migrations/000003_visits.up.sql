CREATE TABLE visits (
    link_id bigint NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    visited_at timestamptz NOT NULL DEFAULT now(),
    referrer text
);

ALTER TABLE links ADD COLUMN visits bigint NOT NULL DEFAULT 0;

CREATE FUNCTION count_visit() RETURNS trigger AS $$
BEGIN
    UPDATE links SET visits = visits + 1 WHERE id = NEW.link_id;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER count_visit AFTER INSERT ON visits
    FOR EACH ROW EXECUTE FUNCTION count_visit();
