CREATE INDEX CONCURRENTLY IF NOT EXISTS visits_link_id_visited_at_idx ON visits (link_id, visited_at);
