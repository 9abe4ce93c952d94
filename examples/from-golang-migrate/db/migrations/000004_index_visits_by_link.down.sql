DROP INDEX CONCURRENTLY IF EXISTS visits_link_id_visited_at_idx;
