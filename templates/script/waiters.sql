-- What runs CONCURRENTLY waits until older transactions have ended. Who has one open is told; nobody is stopped, and nothing refused.
SET signoff.pending = :'signoff_waiting'; SET statement_timeout = 0;
DO $signoff$ DECLARE waits text; said text; hidden text[]; BEGIN
  SELECT p.value
    INTO waits
    FROM jsonb_each_text(current_setting('signoff.pending')::jsonb) AS p
   WHERE p.key::int IN ({{ needs.waits | join(", ") }})
    ORDER BY p.key::int
    LIMIT 1;
  IF waits IS NULL THEN RETURN; END IF;
  -- Of other people's sessions a plain role sees that a transaction is open, and not since when: two looks, a second apart.
  SELECT array_agg(l.pid || ' ' || l.virtualtransaction)
    INTO hidden
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
   WHERE l.locktype = 'virtualxid' AND a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.xact_start IS NULL AND a.state IS NULL;
  IF hidden IS NOT NULL THEN COMMIT; PERFORM pg_sleep(1); COMMIT; END IF;
  SELECT string_agg(E'\n  ' || w.line, '' ORDER BY w.since, w.line)
    INTO said
    FROM (
      SELECT a.xact_start AS since,
          format('pid %s, user %s, for %s, %s', a.pid, a.usename, date_trunc('second', clock_timestamp() - a.xact_start), a.state) AS line
        FROM pg_stat_activity a
       WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.xact_start < clock_timestamp() - interval '10 seconds'
         AND a.backend_type NOT IN ('autovacuum worker', 'parallel worker')
      UNION ALL SELECT NULL, format('pid %s, user %s, for a second at least (only pg_read_all_stats sees more)', a.pid, a.usename)
        FROM pg_locks l JOIN pg_stat_activity a USING (pid)
       WHERE l.locktype = 'virtualxid' AND l.pid || ' ' || l.virtualtransaction = ANY (hidden) AND a.xact_start IS NULL AND a.state IS NULL
      UNION ALL SELECT p.prepared, 
          format('prepared transaction %L, owner %s, for %s, if it holds the table', p.gid, p.owner, date_trunc('second', clock_timestamp() - p.prepared))
        FROM pg_prepared_xacts p
       WHERE p.database = current_database()
         AND EXISTS (SELECT FROM pg_locks l JOIN pg_locks x USING (virtualtransaction)
             WHERE l.locktype = 'relation' AND l.pid IS NULL AND x.pid IS NULL AND x.transactionid = p.transaction)) w;
  IF said IS NOT NULL THEN
    RAISE WARNING USING
      MESSAGE = format('signoff: revision %s has a CONCURRENTLY step, which waits for transactions that are open here:%s', waits, said),
      HINT = 'Have them ended, or it may wait for as long as they last: SELECT pg_terminate_backend(PID); or ROLLBACK PREPARED, by whoever answers for them.';
  END IF;
END $signoff$;
SET statement_timeout = {{ statement_timeout | lit }};
