-- 6. Close: no transaction is open, and what was promised is there, or this script fails.
:signoff_session
:signoff_locked
SELECT pg_catalog.jsonb_agg(e) AS signoff_manifest FROM pg_catalog.unnest(ARRAY[{% for entry in entries %}{% if entry.selected %}:'signoff_row_{{ loop.index }}',{% if loop.index % 8 == 0 %}

{% endif %}{% endif %}{% endfor %}NULL]::pg_catalog.jsonb[]) AS t (e) WHERE e IS NOT NULL \gset
SET signoff.manifest = :'signoff_manifest';
DO $signoff$ DECLARE n bigint; BEGIN
  SELECT count(*) INTO n FROM jsonb_array_elements(current_setting('signoff.manifest')::jsonb) AS a (e) JOIN {{ version_table }} v ON v.revision = e->>'revision'{{ " AND v.state = 'applied'" if direction == "upgrade" }};
  IF n <> {{ count if direction == "upgrade" else 0 }} THEN RAISE EXCEPTION USING ERRCODE = 'SO009', MESSAGE = format('signoff: failed: %s of {{ count }} revisions are applied, and {{ "all" if direction == "upgrade" else "none" }} should be', n), HINT = 'Run this script again; status.sql tells what is recorded.'; END IF; END $signoff$;
{% include "script/receipt.sql" %}

SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended({{ lock_name | lit }}, 0)) AS signoff_unlocked \gset
\echo {{ done | psql }}
\echo :signoff_receipt
\endif
