CREATE INDEX CONCURRENTLY IF NOT EXISTS note_author_idx ON note (author);
