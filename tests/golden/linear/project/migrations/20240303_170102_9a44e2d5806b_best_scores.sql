--! revision = "9a44e2d5806b"
--! revises  = ["c07e4b6d11fa"]
--! message  = "Best scores, it's \"`top n`\""
--! created  = 2024-03-03T17:01:02Z

--! upgrade
CREATE FUNCTION best_scores(scores integer[], n integer) RETURNS integer[]
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT (ARRAY(SELECT s FROM unnest(scores) AS s ORDER BY s DESC))[1:n];
$$;
ALTER TABLE player ADD COLUMN top integer[];
UPDATE player SET top = scores[1:best] WHERE scores <> '{}'

--! downgrade
ALTER TABLE player DROP COLUMN top;
DROP FUNCTION best_scores(integer[], integer);
