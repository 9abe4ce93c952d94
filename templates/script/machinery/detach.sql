{% if guards.detach %}
-- A partition to detach is remembered by its oid; a detach that was cut off is pending, and only FINALIZE ends it.
SELECT $m$
:signoff_see
SELECT :'signoff_begun' AND :signoff_oid <> 0
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = :signoff_oid AND h.inhparent = pg_catalog.to_regclass(:'signoff_table'))
        AS signoff_done, coalesce('?' || pg_catalog.min(h.inhrelid::text), '!') AS signoff_mark,
    coalesce(pg_catalog.bool_or(h.inhdetachpending), false) AS signoff_pending, count(*) = 0 AS signoff_fits
  FROM pg_catalog.pg_inherits h
 WHERE h.inhrelid = pg_catalog.to_regclass(:'signoff_name') AND h.inhparent = pg_catalog.to_regclass(:'signoff_table') \gset$m$ AS signoff_detach_look \gset
{% endif %}
