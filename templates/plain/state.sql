{% import "script/words.sql" as words %}
-- What is recorded here is compared with what this script was made from.{% if direction == "upgrade" %} Only when all is well, a missing version table is made.{% endif %}

DO $signoff$
DECLARE
  path text := pg_catalog.current_setting('search_path'); who text := pg_catalog.current_setting('role');
  manifest jsonb; again_rows jsonb; others jsonb := {{ others | json | lit }}; put_off jsonb := '[]'; first_run boolean;
{% include "script/compare/variables.sql" %}
BEGIN
{% include "plain/checked.sql" %}
{% if direction != "plan" %}
  EXECUTE current_setting('signoff.lock');
{% endif %}
  SELECT coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n) FILTER (WHERE l.n <= {{ entries | length }}), '[]'),
      coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n) FILTER (WHERE l.n > {{ entries | length }}), '[]')
    INTO manifest, again_rows
    FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n);
  t := to_regclass({{ version_table | lit }});
  first_run := lower(coalesce(current_setting('signoff.first_run', true), '')) NOT IN ('', '0', 'off', 'false', 'no');
{% set how_first_run = "run SET signoff.first_run = ''1''; before this script" %}
{% include "script/compare.sql" %}
  PERFORM set_config('signoff.said', said, false);
{% if direction == "upgrade" or (tool and direction != "plan") %}
  IF t IS NULL THEN
{% include "script/tables.sql" %}
  END IF;
{% endif %}
{% if not tool and direction != "plan" %}
{{ words.keep_format(tool, version_table) }}{##}
{% endif %}
{% if tool and direction != "plan" %}
  PERFORM set_config('signoff.beyond', beyond::text, false);
{% include "script/tool/adopt.sql" %}
{% endif %}
{% if has_replaced and direction != "plan" %}
  IF replaced <> '{}' THEN
{% include "script/replace.sql" %}
{% if tool %}
{% import tool.template as theirs %}
{{ theirs.settle(tool) }}{##}
{% endif %}
  END IF;
{% endif %}
{% if direction != "plan" %}
  -- What {{ "an upgrade" if direction == "downgrade" else "a downgrade" }} began here, and did nothing of, is on the record as before.
  FOR r IN {{ words.take_back(direction, "manifest", "put_off", version_table) }} LOOP
{% if events %}
    INSERT INTO {{ event_table }} (event, project, revision, bundle, ticket)
      VALUES ({{ ("reverted" if direction == "downgrade" else "applied") | lit }}, {{ project | lit }}, r.revision,
        current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), ''));
{% endif %}
    PERFORM set_config('signoff.said', concat_ws(chr(10), current_setting('signoff.said'),
      format('signoff: begun here, and nothing of it done; {{ "not applied" if direction == "downgrade" else "still applied" }}: %s', r.revision)), false);
  END LOOP;
{% if tool and tool.marks %}
{% import tool.template as theirs %}
{{ theirs.release(tool) }}{##}
{% endif %}
{% endif %}
{% if direction == "plan" %}
  SELECT string_agg(l.pid::text, ', ') INTO ahead FROM pg_locks l, LATERAL (SELECT hashtextextended({{ lock_name | lit }}, 0) AS k) AS key
   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
     AND l.classid::bigint = (key.k >> 32) & 4294967295 AND l.objid::bigint = key.k & 4294967295;
  PERFORM set_config('signoff.said',
        concat_ws(chr(10), 'signoff: a run is going on here now: pid ' || ahead, current_setting('signoff.said'), 'signoff: nothing was changed'), false),
    set_config('signoff.checked', '', false);
{% else %}
  PERFORM set_config('signoff.checked', 'yes', false);
{% endif %}
  PERFORM set_config('role', who, true), set_config('search_path', path, true);
END $signoff$;
SELECT pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('signoff.said'), pg_catalog.chr(10))) AS signoff;
