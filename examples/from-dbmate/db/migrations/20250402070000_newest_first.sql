-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY entries_newest ON entries (feed_id, published_at DESC);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY entries_newest;
