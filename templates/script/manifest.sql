SELECT coalesce(pg_catalog.jsonb_agg(e ORDER BY n), '[]') AS signoff_manifest
  FROM pg_catalog.unnest(ARRAY[{% for entry in entries %}:'signoff_row_{{ loop.index }}'{% if not loop.last %},{% endif %}{% if loop.index % 6 == 0 %}

{% endif %}{% endfor %}]::pg_catalog.jsonb[])
    WITH ORDINALITY AS t (e, n) \gset
