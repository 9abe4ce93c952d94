{% import "script/words.sql" as words %}
-- What is recorded here is compared with what this script was made from.
{% if direction != "downgrade" %}
{% include "script/again.sql" %}
SET signoff.again = :'signoff_again';
{% endif %}
\set signoff_others {{ others | json | psql }}
SET signoff.bundle = :'signoff_bundle'; SET signoff.others = :'signoff_others';
DO $signoff$
DECLARE
  manifest jsonb := current_setting('signoff.manifest'); others jsonb := current_setting('signoff.others');
  put_off jsonb := current_setting('signoff.put_off'); first_run boolean := current_setting('signoff.first_run');
{% if direction != "downgrade" %}
  again_rows jsonb := current_setting('signoff.again');
{% endif %}
{% include "script/compare/variables.sql" %}
BEGIN
  t := to_regclass({{ version_table | lit }});
{% set how_first_run = "add -v first_run=1" %}
{% include "script/compare.sql" %}
  PERFORM set_config('signoff.summary', said, false){% if has_replaced %}, set_config('signoff.replaced', replaced::text, false){% endif %}
{% if tool %}
,
    set_config('signoff.adopted', adopted::text, false), set_config('signoff.taken_back', taken_back::text, false),
    set_config('signoff.beyond', beyond::text, false), set_config('signoff.seen', seen, false){% if tool.repeats %},
    set_config('signoff.repeats', repeats::text, false){% endif %}{% endif %};
END $signoff$;
SELECT pg_catalog.current_setting('signoff.summary') AS signoff_summary, pg_catalog.current_setting('signoff.repeat') AS signoff_repeat \gset
{% if tool %}
SELECT pg_catalog.current_setting('signoff.adopted') AS signoff_adopted, pg_catalog.current_setting('signoff.taken_back') AS signoff_taken_back,
  pg_catalog.current_setting('signoff.beyond') AS signoff_beyond, pg_catalog.current_setting('signoff.seen') AS signoff_seen{% if tool.repeats %},
  pg_catalog.current_setting('signoff.repeats') AS signoff_repeats{% endif %} \gset
{% endif %}
{% if has_replaced %}
SELECT pg_catalog.current_setting('signoff.replaced') AS signoff_replaced \gset
{% endif %}
\echo :signoff_summary
{% if acts %}
\if :signoff_dry_run
{% set rows %}[{% for row in apart %}{{ row | json }}{% if not loop.last %},
{% endif %}{% endfor %}]{% endset %}
SET signoff.apart = {{ rows | lit }};
DO $signoff$
DECLARE
  m jsonb := current_setting('signoff.manifest'); put_off jsonb := current_setting('signoff.put_off'); recorded jsonb := '{}'; skipped jsonb := '{}';
BEGIN
  IF to_regclass({{ version_table | lit }}) IS NOT NULL THEN
    SELECT coalesce(jsonb_object_agg(v.revision, v.state), '{}') INTO recorded FROM {{ version_table }} v;
  END IF;
{% if has_replaced %}
  recorded := recorded || (SELECT coalesce(jsonb_object_agg(t.value, 'applied'), '{}') FROM jsonb_each_text(current_setting('signoff.replaced')::jsonb) AS t);
{% endif %}
  WITH RECURSIVE {{ words.edges(direction, numbered, "m") }},
      seed (r, why) AS (SELECT s->>0, s->>1
          FROM jsonb_array_elements(current_setting('signoff.apart')::jsonb) AS t (s)
         WHERE {{ "recorded ? (s->>0)" if direction == "downgrade" else "recorded->>(s->>0) IS DISTINCT FROM 'applied'" }} AND NOT put_off ? (s->>0)),
      blocked (r) AS (SELECT r FROM seed UNION SELECT edge.b FROM blocked JOIN edge ON edge.a = blocked.r)
  SELECT coalesce(jsonb_object_agg(r, coalesce((SELECT why FROM seed WHERE seed.r = blocked.r), 'comes after one that is not rehearsed')), '{}')
    INTO skipped
    FROM blocked
   WHERE NOT put_off ? r AND EXISTS (SELECT FROM jsonb_array_elements(m) AS t (e) WHERE (e->>'selected')::boolean AND e->>'revision' = r);
  IF skipped <> '{}' THEN
    PERFORM set_config('signoff.repeat', 'false', false),
      set_config('signoff.put_off', (put_off || (SELECT jsonb_agg(k) FROM jsonb_object_keys(skipped) AS k))::text, false);
  END IF;
  PERFORM set_config('signoff.said',
      'signoff: a rehearsal, rolled back at its end. It takes the real locks and holds them until then, and what sequences gave out stays given out: '
        'it is meant for a copy.'
        || CASE WHEN skipped = '{}' THEN ''
            ELSE E'\nsignoff: not rehearsed:'
              || (SELECT string_agg(format(E'\n  %s  %s  (%s)', e->>'revision', e->>'message', skipped->>(e->>'revision')), '' ORDER BY n{{ " DESC" if direction == "downgrade" }})
                  FROM jsonb_array_elements(m) WITH ORDINALITY AS t (e, n)
                 WHERE skipped ? (e->>'revision')){% if repeatables %}
 || E'\n  what is repeatable'{% endif %} END, false);
END $signoff$;
SELECT current_setting('signoff.put_off') AS signoff_put_off, current_setting('signoff.repeat') AS signoff_repeat,
  current_setting('signoff.said') AS signoff_said \gset
\echo :signoff_said
\endif
{% endif %}
RESET signoff.manifest;
