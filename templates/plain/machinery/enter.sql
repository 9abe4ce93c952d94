{% if tool %}
{% import tool.template as theirs %}
{% endif %}
-- One run at a time, for as long as this statement lasts; refuses where somebody else has the lock.
SET signoff.lock = $m$
{% if tool %}
DO $signoff$
DECLARE k bigint := hashtextextended({{ lock_name | lit }}, 0); h record; keys bigint[] := ARRAY[k]; bytes bytea; crc bigint; name text;
BEGIN
{{ theirs.lock(tool) }}{##}
  SELECT min(x) INTO k FROM unnest(keys) AS x WHERE NOT pg_try_advisory_xact_lock(x);
  IF k IS NULL THEN RETURN; END IF;
{% else %}
DO $signoff$ DECLARE k bigint := hashtextextended({{ lock_name | lit }}, 0); h record; BEGIN
  IF pg_try_advisory_xact_lock(k) THEN RETURN; END IF;
{% endif %}
  SELECT a.pid, a.usename, a.client_addr, a.backend_start INTO h FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
     AND l.classid::bigint = (k >> 32) & 4294967295 AND l.objid::bigint = k & 4294967295 LIMIT 1;
  RAISE EXCEPTION USING ERRCODE = 'SO004',
    MESSAGE = format('signoff: refused: another run holds the lock: pid %s, user %s, from %s, connected since %s', h.pid, h.usename,
        coalesce(h.client_addr::text, 'a local socket'), h.backend_start),
    HINT = 'Nothing was changed by this statement. Wait for it to end, then run the whole script again.';
END $signoff$;
$m$;
-- Begins a block: the checks have passed in this session; the lock is ours; settings are the session's defaults, our own statements see pg_catalog only.
-- What the client's settings were is remembered, to be put back.
SET signoff.enter = $m$
DO $signoff$ DECLARE path text := pg_catalog.current_setting('search_path'); was jsonb; r record; BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF current_setting('signoff.checked', true) IS DISTINCT FROM 'yes' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = 'signoff: refused: the checks at the top of this script have not passed in this session',
      HINT = 'Mend what they said, and run the whole script again, from its first statement.';
  END IF;
  was := nullif(current_setting('signoff.was', true), '');
  IF was IS NULL THEN
    SELECT jsonb_object_agg(s.name, s.setting)
        || jsonb_build_object('search_path', path, 'role', current_setting('role'), 'session_authorization', current_setting('session_authorization'))
      INTO was
      FROM pg_settings s
     WHERE s.context IN ('user', 'superuser') AND s.name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable');
    PERFORM set_config('signoff.was', was::text, true);
  END IF;
  PERFORM set_config('role', {% if role %}{{ role | lit }}{% else %}was->>'role'{% endif %}, true), set_config('lock_timeout', {{ lock_timeout | lit }}, true);
  -- PostgreSQL 17 brought it.
  IF current_setting('transaction_timeout', true) IS NOT NULL THEN PERFORM set_config('transaction_timeout', '0', true); END IF;
  FOR r IN SELECT s.name, s.reset_val
      FROM pg_settings s
     WHERE s.source = 'session' AND s.setting IS DISTINCT FROM s.reset_val AND s.context IN ('user', 'superuser')
       AND s.name !~ '^(default_)?transaction_(isolation|read_only|deferrable)$'
       AND s.name NOT IN ('application_name', 'bytea_output', 'client_encoding', 'client_min_messages', 'DateStyle', 'extra_float_digits',
         'IntervalStyle', 'lock_timeout', 'search_path', 'statement_timeout', 'transaction_timeout') LOOP
    PERFORM set_config(r.name, r.reset_val, true);
  END LOOP;
  PERFORM set_config('signoff.row', split_part(current_setting('signoff.rows'), chr(10), current_setting('signoff.entry')::int + 1), true),
    set_config('signoff.now', coalesce(nullif(current_setting('signoff.mine', true), ''), current_setting('signoff.surroundings')), true),
    set_config('signoff.mine', '', true), set_config('signoff.todo', '', true);
  EXECUTE current_setting('signoff.lock'); END $signoff$;
$m$;
-- Back to our own surroundings after the author's.
SET signoff.own = $m$
DO $signoff$ DECLARE was jsonb := pg_catalog.current_setting('signoff.was'); BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF current_setting('session_authorization') <> was->>'session_authorization' THEN
    PERFORM set_config('session_authorization', was->>'session_authorization', false);
  END IF;
  PERFORM set_config('role', {% if role %}{{ role | lit }}{% else %}was->>'role'{% endif %}, true); END $signoff$;
$m$;
-- Puts the client's settings back as they were, whatever a revision set for the session; ours for this transaction may hide that from view.
SET signoff.restore = $m$
DO $signoff$ DECLARE was jsonb := nullif(pg_catalog.current_setting('signoff.was', true), ''); r record; BEGIN
  IF was IS NULL THEN RETURN; END IF;
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF current_setting('session_authorization') <> was->>'session_authorization' THEN
    PERFORM set_config('session_authorization', was->>'session_authorization', false);
  END IF;
  PERFORM set_config('role', was->>'role', false);
  FOR r IN SELECT s.name, was->>s.name AS value
      FROM pg_settings s
     WHERE (s.setting <> was->>s.name OR s.source = 'session' AND s.context = 'user' AND was ? s.name) AND s.name <> 'search_path' LOOP
    PERFORM set_config(r.name, r.value, false);
  END LOOP;
  PERFORM set_config('signoff.was', '', false), set_config('search_path', was->>'search_path', false); END $signoff$;
$m$;
