{% if tool %}
SELECT pg_catalog.bool_and(pg_catalog.pg_advisory_unlock(k)) AS signoff_unlocked FROM pg_catalog.unnest(:'signoff_keys'::pg_catalog.int8[]) AS k \gset
{% else %}
SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended({{ lock_name | lit }}, 0)) AS signoff_unlocked \gset
{% endif %}
