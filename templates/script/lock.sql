{% if tool %}
{% import tool.template as theirs %}
{% endif %}
-- One run at a time. Polled, never blocking: a blocked waiter makes another session's CREATE INDEX CONCURRENTLY fail.
SET statement_timeout = 0;
DO $signoff$
DECLARE
  k bigint := hashtextextended({{ lock_name | lit }}, 0);
{% if tool %}
  keys bigint[] := ARRAY[k]; bytes bytea; crc bigint; name text;
{% endif %}
  until timestamptz := clock_timestamp() + current_setting('signoff.lock_wait')::interval; told boolean := false; h record;
BEGIN
{% if tool %}
  -- Its own lock, where {{ tool.word }} takes one, comes behind ours.
{{ theirs.lock(tool) }}{##}
  FOREACH k IN ARRAY keys LOOP
{% endif %}
  LOOP
    EXIT WHEN pg_try_advisory_lock(k);
    SELECT a.pid, a.usename, a.client_addr, a.backend_start INTO h FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
       AND l.classid::bigint = (k >> 32) & 4294967295 AND l.objid::bigint = k & 4294967295 LIMIT 1;
    IF clock_timestamp() >= until THEN
      RAISE EXCEPTION USING ERRCODE = 'SO004',
{% if tool %}
        MESSAGE = format('signoff: refused: another run holds the lock%s: pid %s, user %s, from %s, connected since %s',
            CASE WHEN k <> keys[1] THEN {{ (" of " ~ tool.word) | lit }} END, h.pid, h.usename,
{% else %}
        MESSAGE = format('signoff: refused: another run holds the lock: pid %s, user %s, from %s, connected since %s', h.pid, h.usename,
{% endif %}
            coalesce(h.client_addr::text, 'a local socket'), h.backend_start),
        HINT = CASE WHEN cardinality(pg_blocking_pids(h.pid)) > 0 THEN format('It waits for pid %s. ', array_to_string(pg_blocking_pids(h.pid), ', '))
              ELSE '' END
          || 'Nothing was changed. Wait for it to end, then run again, or wait longer with -v lock_wait=10min. '
            'A psql that was killed leaves its statement running on the server until that ends.';
    END IF;
    IF NOT told THEN RAISE WARNING 'signoff: another run holds the lock (pid %, user %): waiting for it', h.pid, h.usename; told := true; END IF;
    COMMIT; PERFORM pg_sleep(0.25); COMMIT;
  END LOOP;
{% if tool %}
  END LOOP;
  PERFORM set_config('signoff.keys', keys::text, false);
{% endif %}
END $signoff$;
{% if tool %}
SELECT current_setting('signoff.keys') AS signoff_keys \gset
{% endif %}
SET statement_timeout = {{ statement_timeout | lit }};
