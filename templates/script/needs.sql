{% set down = direction == "downgrade" %}
{% if needs.groups or needs.waits %}
-- What the revisions still to be done need of this server, as far as their SQL tells. Asked before anything is changed.
SELECT to_regclass({{ version_table | lit }}) IS NOT NULL AS signoff_there \gset
\set signoff_recorded '{}'
\if :signoff_there
SELECT coalesce(jsonb_object_agg(v.revision, v.state), '{}') AS signoff_recorded FROM {{ version_table }} v \gset
{% if has_replaced %}
SELECT :'signoff_recorded'::jsonb || coalesce(jsonb_object_agg(t.value, 'applied'), '{}') AS signoff_recorded
  FROM jsonb_each_text(:'signoff_replaced'::jsonb) AS t \gset
{% endif %}
\endif
-- Numbers are those of the list at the top. What was begun passed this check then, and its finished steps may have given rights away.
SELECT coalesce(jsonb_object_agg(x.n, x.revision) FILTER (WHERE x.state IS {{ "NOT DISTINCT FROM 'applied'" if down else "NULL" }}), '{}') AS signoff_pending,
    coalesce(jsonb_object_agg(x.n, x.revision), '{}') AS signoff_waiting, count(*) > 0 AS signoff_any
  FROM (SELECT y.*, :'signoff_recorded'::jsonb->>y.revision AS state
      FROM (SELECT m.e->>'revision' AS revision, row_number() OVER (ORDER BY m.n{{ " DESC" if down }}) AS n
          FROM jsonb_array_elements(:'signoff_manifest'::jsonb) WITH ORDINALITY AS m (e, n)
         WHERE (m.e->>'selected')::boolean) y) x
 WHERE NOT :'signoff_put_off'::jsonb ? x.revision AND x.state IS {{ "NOT NULL" if down else "DISTINCT FROM 'applied'" }} \gset
\if :signoff_any
{% if needs.groups %}
{% include "script/ask.sql" %}
{% endif %}
{% if needs.waits %}
{% include "script/waiters.sql" %}
{% endif %}
\endif
{% endif %}
