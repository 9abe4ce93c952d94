-- 6. Close: no transaction is open, and what was promised is there, or this script fails.
:signoff_session
{% if acts %}
:signoff_locked
{% endif %}
SET signoff.manifest = :'signoff_manifest';
DO $signoff$ DECLARE n bigint; BEGIN
  SELECT count(*) INTO n FROM jsonb_array_elements(current_setting('signoff.manifest')::jsonb) AS a (e) JOIN {{ version_table }} v ON (e->>'selected')::boolean AND v.revision = e->>'revision'{{ " AND v.state = 'applied'" if direction == "upgrade" }};
  IF n <> {{ count if direction == "upgrade" else 0 }} THEN RAISE EXCEPTION USING ERRCODE = 'SO009', MESSAGE = format('signoff: failed: %s of {{ count }} revisions are applied, and {{ "all" if direction == "upgrade" else "none" }} should be', n), HINT = 'Run this script again; status.sql tells what is recorded.'; END IF; END $signoff$;
{% set nothing_recorded = false %}
{% include "script/receipt.sql" %}

SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended({{ lock_name | lit }}, 0)) AS signoff_unlocked \gset
\echo 'signoff: done: {{ count }} of {{ count }} revisions are {{ "applied" if direction == "upgrade" else "reverted" }}'
\echo :signoff_receipt
\endif
