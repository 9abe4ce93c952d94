DROP TABLE visits;
DROP FUNCTION count_visit();
ALTER TABLE links DROP COLUMN visits;
