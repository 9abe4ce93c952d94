{% include "script/header.sql" %}
{% include "script/client.sql" %}

{% include "script/machinery.sql" %}

:signoff_probe
:signoff_session
SELECT pg_catalog.to_regclass({{ version_table | lit }}) IS NOT NULL AS signoff_there \gset
\if :signoff_there
{% include "script/rows.sql" %}
SELECT pg_catalog.jsonb_agg(e ORDER BY n) AS signoff_manifest FROM pg_catalog.unnest(ARRAY[{% for entry in entries %}:'signoff_row_{{ loop.index }}'{% if not loop.last %},{% endif %}{% if loop.index % 8 == 0 %}

{% endif %}{% endfor %}]::pg_catalog.jsonb[]) WITH ORDINALITY AS t (e, n) \gset
WITH m AS (SELECT e->>'revision' AS revision, e->>'message' AS message, jsonb_array_length(coalesce(e->'steps', '[]')) AS steps, n FROM jsonb_array_elements(:'signoff_manifest'::jsonb) WITH ORDINALITY AS a (e, n)),
  s AS (SELECT m.*, v.state, v.applied_at, v.applied_by, (SELECT count(*) FROM unnest(v.steps) AS d WHERE d !~ '[?!]$') AS done FROM m LEFT JOIN {{ version_table }} v ON v.revision = m.revision)
SELECT format('signoff: %s of %s revisions of this release and before it are applied in database %s', count(*) FILTER (WHERE s.state = 'applied'), count(*), current_database())
  || coalesce(string_agg(format(E'\n  %s  %s  %s', rpad(CASE WHEN s.state IS NULL THEN 'not applied' WHEN s.state = 'applied' THEN 'applied' ELSE 'HALF-DONE' END, 11), s.revision,
       s.message || CASE WHEN s.state IN ('upgrading', 'downgrading') THEN format(' (%s: %s of %s steps are done)', s.state, s.done, s.steps) ELSE '' END), '' ORDER BY s.n), '')
  || CASE WHEN bool_or(s.state = 'downgrading') THEN E'\nnext: run downgrade.sql again; it goes on at the step that failed'
          WHEN bool_or(s.state = 'upgrading') THEN E'\nnext: run upgrade.sql again; it goes on at the step that failed'
          WHEN bool_or(s.state IS NULL) THEN E'\nnext: run upgrade.sql; it begins with the first that is not applied'
          ELSE E'\nnext: nothing; all of this release is applied' END AS signoff_status
  FROM s \gset
\echo :signoff_status
SELECT coalesce(string_agg(format('  %s  %s', v.revision, v.state), E'\n' ORDER BY v.revision COLLATE "C"), '') AS signoff_others, count(*) > 0 AS signoff_has_others
  FROM {{ version_table }} v WHERE v.kind = 'revision' AND NOT EXISTS (SELECT FROM jsonb_array_elements(:'signoff_manifest'::jsonb) AS a (e) WHERE e->>'revision' = v.revision) \gset
\if :signoff_has_others
\echo 'also recorded here, and not part of this release:'
\echo :signoff_others
\endif
{% include "script/receipt.sql" %}

\echo :signoff_receipt
\else
\echo {{ ("signoff: there is no version table " ~ version_table ~ " here: nothing of this tree is recorded as applied") | psql }}
\endif
\endif
