CREATE INDEX CONCURRENTLY crossings_ferry_leaves ON crossings (ferry_id, leaves_at);
