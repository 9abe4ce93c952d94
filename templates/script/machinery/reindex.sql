{% if guards.reindex %}
-- What a REINDEX CONCURRENTLY that was cut off leaves: invalid indexes named …_ccnew or …_ccold beside those it rebuilds. What was there when the
-- step began is noted in its mark and stays, and so does what somebody is building. (A name is cut to 63 bytes with its ending.)
SELECT $m$(
  SELECT i.indexrelid AS oid, format('%I.%I', n.nspname, c.relname) AS name,
    has_schema_privilege(n.oid, 'USAGE') AND (pg_has_role(c.relowner, 'USAGE') OR pg_has_role(n.nspowner, 'USAGE')) AS mine
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_class t ON t.oid = i.indrelid
    LEFT JOIN pg_class o ON o.reltoastrelid = t.oid, LATERAL (SELECT regexp_replace(c.relname::text, '_cc(new|old)[0-9]*$', '') AS base) x
 WHERE NOT i.indisvalid AND c.relkind = 'i' AND c.relname <> x.base
   AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'relation' AND l.relation = c.oid AND l.mode = 'ShareUpdateExclusiveLock' AND l.pid <> pg_backend_pid()
     AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
   AND CASE :'signoff_scope'
     WHEN 'index' THEN EXISTS (SELECT FROM pg_index j JOIN pg_class b ON b.oid = j.indexrelid WHERE j.indrelid = i.indrelid AND j.indexrelid <> i.indexrelid
       AND (b.oid = to_regclass(:'signoff_name') OR b.oid IN (SELECT p.relid FROM pg_partition_tree(to_regclass(:'signoff_name')) p))
       AND (b.relname = x.base OR octet_length(c.relname::text) > 59 AND starts_with(b.relname::text, x.base)))
     WHEN 'table' THEN coalesce(o.oid, t.oid) = to_regclass(:'signoff_name') OR coalesce(o.oid, t.oid) IN (SELECT p.relid FROM pg_partition_tree(to_regclass(:'signoff_name')) p)
     WHEN 'schema' THEN coalesce(o.relnamespace, t.relnamespace) = to_regnamespace(:'signoff_name')
     ELSE true END)$m$ AS signoff_leftovers \gset
SELECT $m$
:signoff_see
SELECT '?' || CASE WHEN :'signoff_begun' THEN :'signoff_before' ELSE coalesce(string_agg(x.oid::text, ',' ORDER BY x.oid), '') END AS signoff_mark FROM :signoff_leftovers x \gset$m$ AS signoff_reindex_look \gset
SELECT $m$
SELECT format('DROP INDEX CONCURRENTLY %s', x.name) FROM :signoff_leftovers x WHERE :'signoff_begun' AND x.mine AND x.oid <> ALL (('{' || :'signoff_before' || '}')::oid[]) \gexec$m$ AS signoff_reindex_clean \gset
SELECT $m$
:signoff_see
SELECT coalesce(string_agg(x.name, ', ') FILTER (WHERE x.mine), '') AS signoff_left, coalesce(string_agg(x.name, ', ') FILTER (WHERE NOT x.mine), '') AS signoff_stuck,
  coalesce((SELECT string_agg(i.indexrelid::regclass::text, ', ') FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE :'signoff_scope' = 'index' AND c.relkind = 'i' AND NOT i.indisvalid
    AND (c.oid = to_regclass(:'signoff_name') OR c.oid IN (SELECT p.relid FROM pg_partition_tree(to_regclass(:'signoff_name')) p))), '') AS signoff_invalid
  FROM :signoff_leftovers x WHERE x.oid <> ALL (('{' || ltrim(:'signoff_mark', '?') || '}')::oid[]) \gset$m$ AS signoff_reindex_again \gset
SELECT $m$
SET signoff.over = :'signoff_left'; SET signoff.stuck = :'signoff_stuck'; SET signoff.invalid = :'signoff_invalid';
DO $signoff$ BEGIN
  IF current_setting('signoff.stuck') <> '' THEN RAISE WARNING USING MESSAGE = format('signoff: an earlier run of this step left what %s may not drop: %s', current_user, current_setting('signoff.stuck')),
    HINT = 'It is written to with its table and read by nobody. A superuser can drop it with DROP INDEX CONCURRENTLY.'; END IF;
  IF current_setting('signoff.over') <> '' OR current_setting('signoff.invalid') <> '' THEN RAISE EXCEPTION USING ERRCODE = 'SO005',
    MESSAGE = format('signoff: this REINDEX left invalid indexes: %s %s', current_setting('signoff.over'), current_setting('signoff.invalid')), HINT = 'Run again: what is left over is dropped, and it is built anew.'; END IF; END $signoff$;
$m$ AS signoff_reindex_check \gset
{% endif %}
