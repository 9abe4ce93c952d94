SELECT 'signoff: a run is going on here now: '
      || pg_catalog.string_agg(pg_catalog.format('pid %s', l.pid)
              || CASE WHEN pg_catalog.cardinality(pg_catalog.pg_blocking_pids(l.pid)) > 0 THEN ', which waits for pid '
                    || pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(l.pid), ', ')
                  ELSE '' END, '; ') AS signoff_running, pg_catalog.count(*) > 0 AS signoff_runs
  FROM pg_catalog.pg_locks l,
    LATERAL (SELECT pg_catalog.hashtextextended({{ lock_name | lit }}, 0) AS k) AS key
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
   AND l.classid::bigint = (key.k >> 32) & 4294967295 AND l.objid::bigint = key.k & 4294967295 \gset
\if :signoff_runs
\echo :signoff_running
\endif
