-- no-transaction
CREATE INDEX CONCURRENTLY inspections_hive_seen ON inspections (hive_id, seen_at);
