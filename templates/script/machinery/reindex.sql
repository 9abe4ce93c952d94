{% if guards.reindex %}
-- What a REINDEX CONCURRENTLY that was cut off leaves: invalid indexes named …_ccnew or …_ccold beside those it rebuilds. What was there when the
-- step began is noted in its mark and stays, and so does what somebody is building. (A name is cut to 63 bytes with its ending.)
SELECT $m$(
  SELECT i.indexrelid AS oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name,
      pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND (pg_catalog.pg_has_role(c.relowner, 'USAGE') OR pg_catalog.pg_has_role(n.nspowner, 'USAGE')) AS mine
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_class t ON t.oid = i.indrelid LEFT JOIN pg_catalog.pg_class o ON o.reltoastrelid = t.oid,
      LATERAL (SELECT pg_catalog.regexp_replace(c.relname::text, '_cc(new|old)[0-9]*$', '') AS base) x
   WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relname <> x.base
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l
         WHERE l.locktype = 'relation' AND l.relation = c.oid AND l.mode = 'ShareUpdateExclusiveLock' AND l.pid <> pg_catalog.pg_backend_pid()
           AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
     AND CASE :'signoff_scope'
           WHEN 'index'
             THEN EXISTS (SELECT FROM pg_catalog.pg_index j JOIN pg_catalog.pg_class b ON b.oid = j.indexrelid
                 WHERE j.indrelid = i.indrelid AND j.indexrelid <> i.indexrelid
                   AND (b.oid = pg_catalog.to_regclass(:'signoff_name')
                       OR b.oid IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(:'signoff_name')) p))
                   AND (b.relname = x.base OR pg_catalog.octet_length(c.relname::text) > 59 AND pg_catalog.starts_with(b.relname::text, x.base)))
           WHEN 'table' THEN coalesce(o.oid, t.oid) = pg_catalog.to_regclass(:'signoff_name')
             OR coalesce(o.oid, t.oid) IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(:'signoff_name')) p)
           WHEN 'schema' THEN coalesce(o.relnamespace, t.relnamespace) = pg_catalog.to_regnamespace(:'signoff_name')
           ELSE true END)$m$ AS signoff_leftovers \gset
SELECT $m$
:signoff_see
SELECT '?' || CASE WHEN :'signoff_begun' THEN :'signoff_before' ELSE coalesce(pg_catalog.string_agg(x.oid::text, ',' ORDER BY x.oid), '') END AS signoff_mark
  FROM :signoff_leftovers x \gset$m$ AS signoff_reindex_look \gset
SELECT $m$
SELECT pg_catalog.format('DROP INDEX CONCURRENTLY %s', x.name)
  FROM :signoff_leftovers x
 WHERE :'signoff_begun' AND x.mine AND x.oid <> ALL (('{' || :'signoff_before' || '}')::pg_catalog.oid[]) \gexec$m$ AS signoff_reindex_clean \gset
SELECT $m$
:signoff_see
SELECT coalesce(pg_catalog.string_agg(x.name, ', ') FILTER (WHERE x.mine), '') AS signoff_left,
    coalesce(pg_catalog.string_agg(x.name, ', ') FILTER (WHERE NOT x.mine), '') AS signoff_stuck,
    coalesce((SELECT pg_catalog.string_agg(i.indexrelid::pg_catalog.regclass::text, ', ')
              FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
             WHERE :'signoff_scope' = 'index' AND c.relkind = 'i' AND NOT i.indisvalid
               AND (c.oid = pg_catalog.to_regclass(:'signoff_name')
                   OR c.oid IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(:'signoff_name')) p))), '') AS signoff_invalid
  FROM :signoff_leftovers x
 WHERE x.oid <> ALL (('{' || pg_catalog.ltrim(:'signoff_mark', '?') || '}')::pg_catalog.oid[]) \gset$m$ AS signoff_reindex_again \gset
SELECT $m$
SET signoff.over = :'signoff_left'; SET signoff.stuck = :'signoff_stuck'; SET signoff.invalid = :'signoff_invalid';
DO $signoff$ BEGIN
  IF pg_catalog.current_setting('signoff.stuck') OPERATOR(pg_catalog.<>) '' THEN
    RAISE WARNING USING
      MESSAGE = pg_catalog.format('signoff: an earlier run of this step left what %s may not drop: %s', current_user,
          pg_catalog.current_setting('signoff.stuck')),
      HINT = 'It is written to with its table and read by nobody. A superuser can drop it with DROP INDEX CONCURRENTLY.';
  END IF;
  IF pg_catalog.current_setting('signoff.over') OPERATOR(pg_catalog.<>) '' OR pg_catalog.current_setting('signoff.invalid') OPERATOR(pg_catalog.<>) '' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = pg_catalog.format('signoff: this REINDEX left invalid indexes: %s %s', pg_catalog.current_setting('signoff.over'),
          pg_catalog.current_setting('signoff.invalid')),
      HINT = 'Run again: what is left over is dropped, and it is built anew.';
  END IF;
END $signoff$;
$m$ AS signoff_reindex_check \gset
{% endif %}
