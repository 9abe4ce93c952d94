{% import "script/words.sql" as words %}
{% include "script/header.sql" %}
{% include "script/client.sql" %}

{% include "script/machinery.sql" %}

{% include "script/session.sql" %}
SET jit = off;
{% include "script/running.sql" %}
\set signoff_ticket ''
{% include "script/rows.sql" %}
SELECT pg_catalog.to_regclass({{ version_table | lit }}) IS NOT NULL AS signoff_there \gset
{% if tool %}
{% include "script/tool/status.sql" %}
{% endif %}
\if :signoff_there
DO $signoff$ BEGIN
  IF split_part(coalesce(obj_description({{ version_table | lit }}::regclass, 'pg_class'), ''), ',', 1) <> 'signoff_revision 1' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO008',
      MESSAGE = {{ ("signoff: refused: table " ~ version_table ~ " is not a version table of signoff, format 1") | lit }},
      HINT = 'Name another in [version_table] name, or use the signoff that made it.';
  END IF;
END $signoff$;
{% if repeatables %}
{% include "script/again.sql" %}
{% endif %}
{% if step_names %}
-- What the steps of a revision are, by its state.
\set signoff_step_names {{ step_names | json | psql }}
{% else %}
\set signoff_step_names '{}'
{% endif %}
SELECT coalesce((SELECT e.event FROM {{ words.told_events(events, event_table) }} e WHERE e.revision NOT LIKE 'repeatable:%' ORDER BY e.id DESC LIMIT 1), '')
  AS signoff_last \gset
{% set told = {"manifest": ":'signoff_manifest'::jsonb", "steps": ":'signoff_step_names'::jsonb", "runs": ":'signoff_runs'", "last": ":'signoff_last'",
  "again": ":'signoff_again'::jsonb", "bundle": ":'signoff_bundle'",
  "table": "jsonb_populate_recordset(NULL::" ~ version_table ~ ", :'signoff_recorded'::jsonb)" if tool else version_table} %}
{% include "script/told.sql" %}
  FROM s \gset
\echo :signoff_status
{% if repeatables %}
SELECT string_agg(format('  %s  repeatable  %s',
            rpad(CASE WHEN v.revision IS NULL THEN 'not applied'
                    WHEN v.up = 'to be applied again' THEN 'DROPPED' WHEN v.up = 'to be compared again' THEN 'to compare'
                    WHEN v.up = e->>'up' AND v.variables IS NOT DISTINCT FROM e->>'variables' THEN 'applied'
                    ELSE 'other text' END, 11), e->>'message'), E'\n' ORDER BY n) AS signoff_repeatables
  FROM jsonb_array_elements(:'signoff_again'::jsonb) WITH ORDINALITY AS a (e, n)
    LEFT JOIN {{ told.table }} v ON v.revision = e->>'revision' \gset
\echo :signoff_repeatables
{% endif %}
\echo :signoff_next
SELECT coalesce(string_agg(format('  %s  %s', v.revision, v.state), E'\n' ORDER BY v.revision COLLATE "C"), '') AS signoff_others,
    count(*) > 0 AS signoff_has_others
  FROM {{ told.table }} v
 WHERE v.kind = 'revision' AND NOT EXISTS (SELECT FROM jsonb_array_elements(:'signoff_manifest'::jsonb) AS a (e)
         WHERE e->>'revision' = v.revision OR e->'replaces' @> jsonb_build_array(jsonb_build_object('revision', v.revision))) \gset
\if :signoff_has_others
\echo 'also recorded here, and not part of this release:'
\echo :signoff_others
\endif
{% set nothing_recorded = false %}{% set recorded_in = told.table ~ " v" %}
{% include "script/receipt.sql" %}

\echo :signoff_receipt
\else
SELECT pg_catalog.format('signoff: there is no version table %s in database %s: nothing of this tree is recorded as applied{% if tool %} by signoff{% endif %}',
    {{ version_table | lit }}, pg_catalog.current_database()) AS signoff_status \gset
\echo :signoff_status
{% if tool %}
\echo :signoff_tool
{% endif %}
\echo 'next: is this the right database? If it is, run plan.sql, then upgrade.sql'
{% set nothing_recorded = not tool %}{% set recorded_in = "jsonb_to_recordset(:'signoff_recorded'::jsonb) AS v (revision text, project text, up text, state text)" %}
{% include "script/receipt.sql" %}

\echo :signoff_receipt
\endif
\endif
