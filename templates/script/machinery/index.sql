{% if guards.create_index %}
-- An index that is invalid and that nobody is building is left over; a valid one counts only where this step was begun here.
SELECT $m$
:signoff_see
SELECT coalesce(pg_catalog.bool_or(NOT x.valid AND NOT x.building), false) AS signoff_leftover,
    coalesce(pg_catalog.bool_or(x.valid AND x.fits AND :'signoff_begun'), false) AS signoff_built,
    coalesce(pg_catalog.bool_or(x.valid AND x.fits), false) AS signoff_fits,
    CASE WHEN pg_catalog.bool_or(x.valid AND NOT :'signoff_begun') THEN '!'
        ELSE pg_catalog.concat('?', pg_catalog.to_regclass(:'signoff_table')::pg_catalog.oid) END AS signoff_mark, pg_catalog.min(x.name) AS signoff_index_name
  FROM (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, i.indisvalid AS valid,
        i.indisunique = :'signoff_unique' AND (i.indpred IS NOT NULL) = :'signoff_partial'
          AND i.indnkeyatts = pg_catalog.jsonb_array_length(:'signoff_columns')
          AND NOT EXISTS (SELECT FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, n)
                  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
               WHERE k.n <= i.indnkeyatts AND coalesce(a.attname::text, '') <> :'signoff_columns'::pg_catalog.jsonb->>(k.n::int4 - 1)) AS fits,
        EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
             WHERE p.datid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
               AND (p.index_relid = i.indexrelid
                   OR p.index_relid IS NULL
                     AND EXISTS (SELECT FROM pg_catalog.pg_locks l
                         WHERE l.pid = p.pid AND l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.relation = i.indrelid
                           AND l.mode OPERATOR(pg_catalog.=) 'ShareUpdateExclusiveLock'))) AS building
      FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE i.indrelid = pg_catalog.to_regclass(:'signoff_table') AND c.relname = :'signoff_index') x \gset$m$ AS signoff_index_look \gset
SELECT $m$
SET signoff.relation = :'signoff_table'; SET signoff.index = :'signoff_index'; SET signoff.fits = :'signoff_fits';
DO $signoff$ BEGIN
  IF pg_catalog.current_setting('signoff.fits') OPERATOR(pg_catalog.<>) 't' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = pg_catalog.format('signoff: there is no valid index %s on %s as this step makes it', pg_catalog.current_setting('signoff.index'),
          pg_catalog.current_setting('signoff.relation')),
      HINT = 'If an index of that name was there before, rename or drop it. Then run again: what is left over is dropped, and it is built anew.';
  END IF;
END $signoff$;
$m$ AS signoff_index_check \gset
{% endif %}
