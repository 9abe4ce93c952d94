{% include "plain/header.sql" %}
{% include "plain/rows.sql" %}

DO $signoff$
DECLARE
  path text := pg_catalog.current_setting('search_path'); who text := pg_catalog.current_setting('role'); t regclass; said text; repeated text;
  next text; others text; running text; identifier text; receipt text; recorded json := '[]';
BEGIN
{% if database %}
  IF pg_catalog.current_database() <> {{ database | lit }} THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = pg_catalog.format('signoff: refused: this is database %s, and the script is for %s', pg_catalog.current_database(), {{ database | lit }}),
      HINT = 'Connect to the right database.';
  END IF;
{% endif %}
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
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
  IF t IS NULL THEN
    said := format('signoff: there is no version table %s in database %s: nothing of this tree is recorded as applied', {{ version_table | lit }},
        current_database());
  ELSE
    IF coalesce(obj_description(t, 'pg_class'), '') <> 'signoff_revision 1' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = {{ ("signoff: refused: table " ~ version_table ~ " is not a version table of signoff, format 1") | lit }},
        HINT = 'Name another in [version_table] name, or use the signoff that made it.';
    END IF;
    WITH m AS (SELECT l.line::jsonb->>'revision' AS revision, l.line::jsonb->>'message' AS message,
              jsonb_array_length(coalesce(l.line::jsonb->'steps', '[]')) AS steps, l.n
            FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n)
           WHERE l.n <= {{ entries | length }}),
        s AS (SELECT m.*, v.state, (SELECT count(*) FROM unnest(v.steps) AS d WHERE d !~ '[?!]') AS done
            FROM m LEFT JOIN {{ version_table }} v ON v.revision = m.revision)
    SELECT format('signoff: %s of %s revisions of this release and before it are applied in database %s', count(*) FILTER (WHERE s.state = 'applied'),
            count(*), current_database())
        || coalesce(string_agg(format('%s  %s  %s  %s', chr(10),
                    rpad(CASE WHEN s.state IS NULL THEN 'not applied' WHEN s.state = 'applied' THEN 'applied' ELSE 'HALF-DONE' END, 11), s.revision,
                    s.message
                      || CASE s.state
                          WHEN 'upgrading' THEN format(' (upgrading: %s of %s steps are done)', s.done, s.steps)
                          WHEN 'downgrading' THEN format(' (downgrading: %s steps are done)', s.done)
                          ELSE '' END), '' ORDER BY s.n), ''),
      CASE WHEN bool_or(s.state = 'downgrading') THEN 'next: run downgrade.sql again; it goes on at the step that failed'
          WHEN bool_or(s.state = 'upgrading') THEN 'next: run upgrade.sql again; it goes on at the step that failed'
          WHEN bool_or(s.state IS NULL) THEN 'next: run plan.sql, then upgrade.sql; it begins with the first that is not applied'
          ELSE 'next: nothing; all of this release is applied' END
      INTO said, next
      FROM s;
{% if repeatables %}
    WITH a AS (SELECT l.line::jsonb AS e, l.n
          FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n)
         WHERE l.n > {{ entries | length }})
    SELECT string_agg(format('  %s  repeatable  %s',
              rpad(CASE WHEN v.revision IS NULL THEN 'not applied'
                      WHEN v.up = a.e->>'up' AND v.variables IS NOT DISTINCT FROM a.e->>'variables' THEN 'applied'
                      ELSE 'other text' END, 11), a.e->>'message'), chr(10) ORDER BY a.n),
      CASE WHEN next NOT LIKE 'next: nothing;%'
            OR bool_and(coalesce(v.up = a.e->>'up' AND v.variables IS NOT DISTINCT FROM a.e->>'variables'
                    OR v.up LIKE 'sha256:%'
                      AND EXISTS (SELECT FROM {{ event_table }} x
                         WHERE x.event = 'applied' AND x.bundle = current_setting('signoff.bundle') AND x.revision = v.revision), false)) THEN next
          ELSE 'next: run plan.sql, then upgrade.sql; a repeatable is not applied, or with another text' END
      INTO repeated, next
      FROM a LEFT JOIN {{ version_table }} v ON v.revision = a.e->>'revision';
{% endif %}
    SELECT format('also recorded here, and not part of this release:%s%s', chr(10),
          string_agg(format('  %s  %s', v.revision, v.state), chr(10) ORDER BY v.revision COLLATE "C"))
      INTO others
      FROM {{ version_table }} v
     WHERE v.kind = 'revision'
       AND NOT EXISTS (SELECT FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) AS l (line)
           WHERE l.line::jsonb->>'revision' = v.revision)
      HAVING count(*) > 0;
    SELECT coalesce(json_agg(json_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
      INTO recorded
      FROM {{ version_table }} v
     WHERE v.project = {{ project | lit }};
  END IF;
{% include "plain/receipt.sql" %}
  PERFORM set_config('signoff.said', concat_ws(chr(10), running, said, repeated, next, others, receipt), false),
    set_config('role', who, true), set_config('search_path', path, true); END $signoff$;
SELECT pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('signoff.said'), pg_catalog.chr(10))) AS signoff;
