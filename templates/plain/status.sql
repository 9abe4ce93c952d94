{% import "script/words.sql" as words %}
{% include "plain/header.sql" %}
{% include "plain/rows.sql" %}

{% set names %}

{{ step_names | json }}
{% endset %}
-- What the steps of a revision are, by its state.
SET signoff.step_names = {{ names | dollar }};
DO $signoff$
DECLARE
  path text := pg_catalog.current_setting('search_path'); who text := pg_catalog.current_setting('role'); t regclass; said text; repeated text;
  next text; others text; running text; identifier text; receipt text; recorded json := '[]'; manifest jsonb; again jsonb; last text;
  step_names jsonb := current_setting('signoff.step_names'); jit text := pg_catalog.current_setting('jit');
BEGIN
{% if database %}
  IF pg_catalog.current_database() <> {{ database | lit }} THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = pg_catalog.format('signoff: refused: this is database %s, and the script is for %s', pg_catalog.current_database(), {{ database | lit }}),
      HINT = 'Connect to the right database.';
  END IF;
{% endif %}
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('jit', 'off', true);
{% if role %}
  PERFORM set_config('role', {{ role | lit }}, true);
{% endif %}
  SELECT 'signoff: a run is going on here now: pid ' || string_agg(l.pid::text, ', ')
    INTO running
    FROM pg_locks l,
      LATERAL (SELECT hashtextextended({{ lock_name | lit }}, 0) AS k) AS key
   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
     AND l.classid::bigint = (key.k >> 32) & 4294967295 AND l.objid::bigint = key.k & 4294967295;
  t := to_regclass({{ version_table | lit }});
{% if tool %}
  SELECT coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n) FILTER (WHERE l.n <= {{ entries | length }}), '[]')
    INTO manifest
    FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n);
  DECLARE
{% include "script/tool/look.sql" %}
  END;
{% endif %}
  IF t IS NULL THEN
    said := format('signoff: there is no version table %s in database %s: nothing of this tree is recorded as applied', {{ version_table | lit }},
        current_database());
{% if tool %}
    said := concat_ws(chr(10), said, current_setting('signoff.tool'));
{% endif %}
    next := 'next: is this the right database? If it is, run plan.sql, then upgrade.sql';
  ELSE
    IF split_part(coalesce(obj_description(t, 'pg_class'), ''), ',', 1) <> 'signoff_revision 1' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = {{ ("signoff: refused: table " ~ version_table ~ " is not a version table of signoff, format 1") | lit }},
        HINT = 'Name another in [version_table] name, or use the signoff that made it.';
    END IF;
    SELECT coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n) FILTER (WHERE l.n <= {{ entries | length }}), '[]'),
        coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n) FILTER (WHERE l.n > {{ entries | length }}), '[]')
      INTO manifest, again
      FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n);
    SELECT e.event INTO last FROM {{ words.told_events(events, event_table) }} e WHERE e.revision NOT LIKE 'repeatable:%' ORDER BY e.id DESC LIMIT 1;
{% set told = {"manifest": "manifest", "steps": "step_names", "runs": "(running IS NOT NULL)", "last": "last", "again": "again",
  "bundle": "current_setting('signoff.bundle')",
  "table": "jsonb_populate_recordset(NULL::" ~ version_table ~ ", current_setting('signoff.recorded')::jsonb)" if tool else version_table} %}
{% include "script/told.sql" %}
      INTO said, next
      FROM s;
{% if repeatables %}
    SELECT string_agg(format('  %s  repeatable  %s',
              rpad(CASE WHEN v.revision IS NULL THEN 'not applied'
                      WHEN v.up = 'to be applied again' THEN 'DROPPED' WHEN v.up = 'to be compared again' THEN 'to compare'
                      WHEN v.up = e->>'up' AND v.variables IS NOT DISTINCT FROM e->>'variables' THEN 'applied'
                      ELSE 'other text' END, 11), e->>'message'), chr(10) ORDER BY n)
      INTO repeated
      FROM jsonb_array_elements(again) WITH ORDINALITY AS a (e, n)
        LEFT JOIN {{ told.table }} v ON v.revision = e->>'revision';
{% endif %}
    SELECT format('also recorded here, and not part of this release:%s%s', chr(10),
          string_agg(format('  %s  %s', v.revision, v.state), chr(10) ORDER BY v.revision COLLATE "C"))
      INTO others
      FROM {{ told.table }} v
     WHERE v.kind = 'revision'
       AND NOT EXISTS (SELECT FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) AS l (line)
           WHERE l.line::jsonb->>'revision' = v.revision
             OR l.line::jsonb->'replaces' @> jsonb_build_array(jsonb_build_object('revision', v.revision)))
      HAVING count(*) > 0;
    SELECT coalesce(json_agg(json_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
      INTO recorded
      FROM {{ told.table }} v
     WHERE v.project = {{ project | lit }};
  END IF;
{% if tool %}
  SELECT coalesce(json_agg(json_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
    INTO recorded
    FROM jsonb_to_recordset(current_setting('signoff.recorded')::jsonb) AS v (revision text, project text, up text, state text)
   WHERE v.project = {{ project | lit }};
{% endif %}
{% include "plain/receipt.sql" %}
  PERFORM set_config('signoff.said', concat_ws(chr(10), running, said, repeated, next, others, receipt), false),
    set_config('role', who, true), set_config('jit', jit, true), set_config('search_path', path, true); END $signoff$;
SELECT pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('signoff.said'), pg_catalog.chr(10))) AS signoff;
