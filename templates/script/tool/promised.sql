{% import "script/words.sql" as words %}
{% import tool.template as theirs %}
{# What our record holds of this script's own, the tool's table holds as well. A block has manifest, others, put_off, recorded,
   known, ours and n. #}
  SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') INTO recorded FROM {{ version_table }} v;
{{ words.standing(tool) }}{##}
  SELECT count(*)
    INTO n
    FROM jsonb_array_elements(manifest) AS a (e)
   WHERE (e->>'selected')::boolean AND NOT put_off ? (e->>'revision')
     AND e->>'revision' {{ "NOT IN" if direction == "upgrade" else "IN" }} (SELECT x.key FROM (
        {{ theirs.applied(tool) }}) x (key, fits));
  IF n > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'SO009',
      MESSAGE = format('signoff: failed: %s of the revisions are not as they should be in %s', n, {{ tool.table | lit }}),
      HINT = {{ ("Did " ~ tool.word ~ " run at the same time, or a trigger? Run plan.sql: it tells what is applied by now.") | lit }};
  END IF;
