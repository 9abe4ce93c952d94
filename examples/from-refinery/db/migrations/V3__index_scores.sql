CREATE INDEX scores_best ON scores (points DESC, scored_at);
