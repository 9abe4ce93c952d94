{% set done = "v.state = 'applied'" if direction == "upgrade" else "v.revision IS NULL" %}
-- 6. Close: no transaction is open, and what was promised is there, or this script fails.
{% if single %}
\if :signoff_dry_run
\else
COMMIT;
\set signoff_rest ':signoff_session'
\endif
{% endif %}
:signoff_rest
{% if acts %}
:signoff_locked
{% endif %}
SET signoff.manifest = :'signoff_manifest'; SET signoff.put_off = :'signoff_put_off'; SET signoff.rehearsal = :'signoff_dry_run';
{% if acts %}
SET signoff.before = :'signoff_before';
{% endif %}
{% if tool %}
SET signoff.others = :'signoff_others';
{% endif %}
DO $signoff$
DECLARE
  put_off jsonb := current_setting('signoff.put_off'); promised bigint; n bigint; every bigint;
{% if tool %}
  manifest jsonb := current_setting('signoff.manifest'); others jsonb := current_setting('signoff.others'); recorded jsonb;
  records jsonb; known jsonb; ours jsonb;
{% endif %}
BEGIN
  SELECT count(*) FILTER (WHERE NOT put_off ? (e->>'revision')), count(*) FILTER (WHERE NOT put_off ? (e->>'revision') AND {{ done }}),
      count(*) FILTER (WHERE {{ done }})
    INTO promised, n, every
    FROM jsonb_array_elements(current_setting('signoff.manifest')::jsonb) AS a (e)
      LEFT JOIN {{ version_table }} v ON v.revision = e->>'revision'
   WHERE (e->>'selected')::boolean;
  IF n <> promised THEN
    RAISE EXCEPTION USING ERRCODE = 'SO009',
      MESSAGE = format('signoff: failed: %s of %s revisions are {{ "applied" if direction == "upgrade" else "reverted" }}, and all should be', n, promised),
      HINT = 'Run this script again; status.sql tells what is recorded.';
  END IF;
{% if tool %}
{% include "script/tool/promised.sql" %}
{% endif %}
  PERFORM set_config('signoff.said',
      format('%s of {{ count }} revisions are {{ "applied" if direction == "upgrade" else "reverted" }}', every)
{% if direction == "upgrade" %}
        || CASE WHEN put_off = '[]' THEN ''
          ELSE coalesce(E'\nsignoff: dropped, and applied again only when the rest is run: '
                || (SELECT string_agg(split_part(v.revision, ':', 2), ', ' ORDER BY v.revision)
                    FROM {{ version_table }} v
                   WHERE v.kind = 'repeatable' AND v.up = 'to be applied again' AND v.project = {{ project | lit }}), '') END
{% endif %}
      , false);
{% if acts %}
  IF current_setting('signoff.rehearsal')::boolean THEN
    n := every - current_setting('signoff.before')::bigint;
    PERFORM set_config('signoff.said',
      format('%s of %s that are still to be {{ "applied" if direction == "upgrade" else "reverted" }}',
        CASE n WHEN 0 THEN 'NONE' ELSE n::text END, n + {{ count }} - every), false);
  END IF;
{% endif %}
END $signoff$;
SELECT current_setting('signoff.said') AS signoff_said \gset
\if :signoff_dry_run
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
\echo 'signoff: rehearsed:' :signoff_said 'and all of it was rolled back: nothing was changed but what sequences gave out'
\else
{% set nothing_recorded = false %}{% set recorded_in = version_table ~ " v" %}
{% include "script/receipt.sql" %}

\echo 'signoff: done:' :signoff_said
{% for note in header_notes %}
\echo {{ ("signoff: this script " ~ note) | psql }}
{% endfor %}
\echo :signoff_receipt
\endif
{% include "script/unlock.sql" %}
\endif
