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
SET signoff.manifest = :'signoff_manifest'; SET signoff.put_off = :'signoff_put_off';
DO $signoff$ DECLARE put_off jsonb := current_setting('signoff.put_off'); promised bigint; n bigint; BEGIN
  SELECT count(*), count(*) FILTER (WHERE v.{{ "state = 'applied'" if direction == "upgrade" else "revision IS NULL" }}) INTO promised, n FROM jsonb_array_elements(current_setting('signoff.manifest')::jsonb) AS a (e)
    LEFT JOIN {{ version_table }} v ON v.revision = e->>'revision' WHERE (e->>'selected')::boolean AND NOT put_off ? (e->>'revision');
  IF n <> promised THEN RAISE EXCEPTION USING ERRCODE = 'SO009', MESSAGE = format('signoff: failed: %s of %s revisions are {{ "applied" if direction == "upgrade" else "reverted" }}, and all should be', n, promised), HINT = 'Run this script again; status.sql tells what is recorded.'; END IF;
  PERFORM set_config('signoff.said', format('%s of {{ count }} revisions are {{ "applied" if direction == "upgrade" else "reverted" }}', n), false); END $signoff$;
SELECT current_setting('signoff.said') AS signoff_said \gset
\if :signoff_dry_run
ROLLBACK;
\echo 'signoff: rehearsed:' :signoff_said 'in the rehearsal, and it was rolled back: nothing was changed'
\else
{% set nothing_recorded = false %}
{% include "script/receipt.sql" %}

\echo 'signoff: done:' :signoff_said
\echo :signoff_receipt
\endif
SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended({{ lock_name | lit }}, 0)) AS signoff_unlocked \gset
\endif
