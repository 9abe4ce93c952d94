SELECT coalesce(pg_catalog.jsonb_agg(e ORDER BY n), '[]') AS signoff_again
  FROM pg_catalog.unnest(ARRAY[{% for repeatable in repeatables %}:'signoff_repeat_{{ loop.index }}'{% if not loop.last %},{% if loop.index % 6 == 0 %}

{% else %} {% endif %}{% endif %}{% endfor %}]::pg_catalog.jsonb[])
    WITH ORDINALITY AS t (e, n) \gset
