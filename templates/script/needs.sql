{% set down = direction == "downgrade" %}
{% if needs.groups or needs.waits %}
-- What the revisions still to be done need of this server, as far as their SQL tells. Asked before anything is changed.
SELECT to_regclass({{ version_table | lit }}) IS NOT NULL AS signoff_there \gset
\set signoff_recorded '[]'
\if :signoff_there
SELECT coalesce(jsonb_agg(v.revision), '[]') AS signoff_recorded FROM {{ version_table }} v{{ "" if down else " WHERE v.state = 'applied'" }} \gset
\endif
SELECT coalesce(jsonb_object_agg(x.n, x.revision), '{}') AS signoff_pending, count(*) > 0 AS signoff_any
  FROM (SELECT m.e->>'revision' AS revision, row_number() OVER (ORDER BY m.n{{ " DESC" if down }}) AS n FROM jsonb_array_elements(:'signoff_manifest'::jsonb) WITH ORDINALITY AS m (e, n) WHERE (m.e->>'selected')::boolean AND NOT :'signoff_put_off'::jsonb ? (m.e->>'revision')) x
  LEFT JOIN jsonb_array_elements_text(:'signoff_recorded'::jsonb) AS v (revision) USING (revision) WHERE v.revision IS {{ "NOT NULL" if down else "NULL" }} \gset
\if :signoff_any
{% if needs.groups %}
{% include "script/ask.sql" %}
{% endif %}
{% if needs.waits %}
{% include "script/waiters.sql" %}
{% endif %}
\endif
{% endif %}
