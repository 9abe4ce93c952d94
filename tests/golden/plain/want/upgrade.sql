-- signoff upgrade · linear · base → 9a44e2d5806b · 3 revisions · plain SQL, for any client
-- tree    sha256:4ba21bb7d0a6009439dd877a710a7897576aa4d7f700e45e3b96dc505fbcfc56
-- bundle  sha256:a0a1dfdf8cdea2208d44ed620b4611d0adb85e8ebcc4edcc392d9bddb19141b2
-- run     all of it, from the first statement to the last, in one session of its own, autocommit on, stopping at the first error
-- first   plan.sql, the same way       (says what would run here, and changes nothing)
-- typed before, in the same session: SET signoff.ticket = 'CHG-1';  (is recorded)
--                                    SET signoff.first_run = '1';  (there are tables, and nothing of this tree is applied)
-- done    only when its last query says so, in the row "signoff: done: …"
--
-- It was compiled with --flavour plain. Where there is psql, the script without that protects more. What this one can't do:
-- - Statements here must be committed one by one. A client that sends the whole text as one message (the query tool of pgAdmin, psql -c, many
--   drivers), or with autocommit off, has one transaction around everything: this script refuses there (SO001), and such a statement would fail (25001).
-- - It has no rehearsal and no other mode: what psql is given with -v is not heard here.
-- - It can't make a client stop. After an error each block below refuses for itself, so nothing is applied out of turn or recorded that did not
--   happen; but what a client prints last is then no sign of anything but its own persistence.
-- - It holds its lock per statement, not between them. Two runs at once are kept apart by what is recorded, and one of them is refused (SO004, SO002).
-- - What runs outside a transaction can't be skipped, so it is sent again by a second run, where it finds nothing to do. Where it may not run, the
--   session is made read-only before it, and the server refuses it (25006).
--   An invalid index that a failed build left must be dropped by hand before the build is taken up; the error says the statement.
-- - A revision that failed leaves no line in "public"."signoff_event", and statement_timeout counts for a revision as a whole.
-- - DateStyle, IntervalStyle, TimeZone as sent at connect, and what the client does with its own :parameters and ${variables},
--   are the client's: switch the latter off.
-- - A run that broke off leaves settings in its session. Run the whole script again there, or close the session. Not through a transaction pooler.
--
--   1  5f1d0c3a9b27  Players and countries        one transaction
--   2  c07e4b6d11fa  Index players by country     2 steps, of which outside a transaction: CREATE INDEX CONCURRENTLY player_country_idx ON player (country) · SHARE UPDATE EXCLUSIVE on player
--   3  9a44e2d5806b  Best scores, it's "`top n`"  one transaction · ACCESS EXCLUSIVE on player
-- 1. The revisions, as they will be recorded: "selected" are this script's own, the others must be there already.
SET signoff.checked = '';
SET signoff.bundle = 'sha256:a0a1dfdf8cdea2208d44ed620b4611d0adb85e8ebcc4edcc392d9bddb19141b2';
SET signoff.rows = $m0$
{"revision":"5f1d0c3a9b27","kind":"revision","parents":[],"message":"Players and countries","up":"sha256:70205f810a6a94468b9841d6415c792e334bd3d7115ae3c6989df19481151771","up1":"sha256:473ad2346dc4e2e966e9603f8ec4c51a0c846491255cf96e35706ac2df66324c","selected":true}
{"revision":"c07e4b6d11fa","kind":"revision","parents":["5f1d0c3a9b27"],"message":"Index players by country","up":"sha256:176b65e3c4d333409b4ba577e6d78078949d3e7bf373ee7a13b4363da9ec44d3","up1":"sha256:bb58cc825a7a503a06e61d1771aadfbab813368119dab6550556c7661d990001","steps":["5dc8fb31869fee59","2efcc6e7d23798d5"],"selected":true}
{"revision":"9a44e2d5806b","kind":"revision","parents":["c07e4b6d11fa"],"message":"Best scores, it's \"`top n`\"","up":"sha256:6098b2b8e1ff83b82b474de1f969ad6e9104f538bc8c19912e7886b54d68e116","up1":"sha256:82f3a876001cce7e903aa22f25840327b084436176e0f55d4dd20c1b1b8245a5","selected":true}
$m0$;

-- 2. Machinery, written once: a setting of this session holds each piece, and EXECUTE runs it.
-- The surroundings that the author of a revision expects.
SET signoff.surroundings = $m0$RESET search_path;$m0$;
-- One run at a time, for as long as this statement lasts; refuses where somebody else has the lock.
SET signoff.lock = $m$
DO $signoff$ DECLARE k bigint := hashtextextended('signoff:public.signoff_revision', 0); h record; BEGIN
  IF pg_try_advisory_xact_lock(k) THEN RETURN; END IF;
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
  PERFORM set_config('role', was->>'role', true), set_config('lock_timeout', '5s', true);
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
  PERFORM set_config('role', was->>'role', true); END $signoff$;
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
-- Records a revision as (being) applied, after its parents; its unique key serialises two runs even without the lock.
SET signoff.record = $m$
DO $signoff$ DECLARE m jsonb := current_setting('signoff.row'); p text; goal text := current_setting('signoff.state'); BEGIN
  FOR p IN SELECT jsonb_array_elements_text(coalesce(m->'parents', '[]') || coalesce(m->'depends_on', '[]')) LOOP
    IF NOT EXISTS (SELECT FROM "public"."signoff_revision" v WHERE v.revision = p AND v.state = 'applied') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002', MESSAGE = format('signoff: refused: revision %s needs %s first', m->>'revision', p); END IF; END LOOP;
  INSERT INTO "public"."signoff_event" (event, project, revision, bundle, ticket)
    SELECT 'started', 'linear', m->>'revision', current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), '');
  INSERT INTO "public"."signoff_revision" AS v (revision, project, kind, parents, depends_on, message, up, up1, variables, state, bundle, ticket)
    SELECT r.revision, 'linear', coalesce(r.kind, 'revision'), coalesce(r.parents, '{}'), coalesce(r.depends_on, '{}'), r.message, r.up, r.up1,
      r.variables, goal, current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), '')
    FROM jsonb_to_record(m) AS r(revision text, kind text, parents text[], depends_on text[], message text, up text, up1 text, variables text)
    ON CONFLICT (revision) DO UPDATE SET parents = excluded.parents, depends_on = excluded.depends_on, message = excluded.message, up = excluded.up,
      up1 = excluded.up1, variables = excluded.variables, state = excluded.state,
      steps = CASE goal WHEN 'applied' THEN '{}' ELSE v.steps END, bundle = excluded.bundle, ticket = excluded.ticket,
      applied_by = excluded.applied_by, started_at = excluded.started_at
   WHERE v.state = 'upgrading' OR v.kind = 'repeatable';
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = format('signoff: refused: revision %s was applied by another run a moment ago', m->>'revision'),
      HINT = 'Run again: it goes on where it stands now.';
  END IF;
  UPDATE "public"."signoff_revision" SET up = 'to be applied again'
   WHERE kind = 'repeatable' AND revision IN (SELECT 'repeatable:' || jsonb_array_elements_text(coalesce(m->'recreates', '[]')));
END $signoff$;
$m$;
SET signoff.ended = $m$
DO $signoff$ BEGIN
  INSERT INTO "public"."signoff_event" (event, project, revision, bundle, ticket)
    SELECT 'applied', 'linear', current_setting('signoff.row')::jsonb->>'revision', current_setting('signoff.bundle'),
      nullif(current_setting('signoff.ticket', true), '');
END $signoff$;
$m$;
-- One revision, one statement, one transaction: record first, then the revision's SQL, then make sure that the record is still ours.
SET signoff.begin = $m$
DO $signoff$ DECLARE m jsonb; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.enter');
  m := current_setting('signoff.row');
  IF m->>'kind' = 'repeatable' THEN
    IF NOT current_setting('signoff.repeat')::boolean
        OR EXISTS (SELECT FROM "public"."signoff_revision" v
           WHERE v.revision = m->>'revision'
             AND (v.up = m->>'up' AND v.variables IS NOT DISTINCT FROM m->>'variables'
                 OR v.up LIKE 'sha256:%'
                   AND EXISTS (SELECT FROM "public"."signoff_event" e
                       WHERE e.event = 'applied' AND e.bundle = current_setting('signoff.bundle') AND e.revision = v.revision))) THEN
      PERFORM set_config('signoff.todo', 'no', true);
      EXECUTE current_setting('signoff.restore');
      RETURN;
    END IF;
    IF EXISTS (SELECT FROM generate_series(1, 3) AS n (n),
          LATERAL (SELECT split_part(current_setting('signoff.rows'), chr(10), n.n + 1)::jsonb AS row) e
        WHERE NOT EXISTS (SELECT FROM "public"."signoff_revision" v WHERE v.revision = e.row->>'revision' AND v.state = 'applied')) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002',
        MESSAGE = format('signoff: refused: repeatable %s comes after every revision, and not all are applied', m->>'message'),
        HINT = 'Run the whole script again.';
    END IF;
  ELSIF EXISTS (SELECT FROM "public"."signoff_revision" v WHERE v.revision = m->>'revision' AND v.state = 'applied') THEN
    RAISE NOTICE 'signoff: % % is applied already', m->>'revision', m->>'message';
    PERFORM set_config('signoff.todo', 'no', true);
    EXECUTE current_setting('signoff.restore');
    RETURN;
  END IF;
  RAISE NOTICE 'signoff: applying % %', m->>'revision', m->>'message';
  PERFORM set_config('signoff.state', 'applied', true);
  EXECUTE current_setting('signoff.record');
  EXECUTE current_setting('signoff.ended');
  PERFORM set_config('signoff.todo', 'yes', true);
  EXECUTE current_setting('signoff.now'); END $signoff$;
$m$;
SET signoff.commit = $m$
DO $signoff$ DECLARE this text; c record; BEGIN
  FOR c IN SELECT pg_catalog.format('%I.%I', n.nspname, k.conname) AS name,
        pg_catalog.bool_or(k.condeferred) AND pg_catalog.bool_and(k.condeferrable) AS deferred
      FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) k.connamespace
     WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE')
     GROUP BY 1 HAVING pg_catalog.bool_or(k.condeferrable) ORDER BY 1 LOOP
    EXECUTE pg_catalog.format('SET CONSTRAINTS %s IMMEDIATE', c.name);
    IF c.deferred THEN
      EXECUTE pg_catalog.format('SET CONSTRAINTS %s DEFERRED', c.name);
    END IF;
  END LOOP;
  EXECUTE pg_catalog.current_setting('signoff.own');
  this := current_setting('signoff.row')::jsonb->>'revision';
  IF NOT EXISTS (SELECT FROM "public"."signoff_event" e WHERE e.revision = this AND e.xmin = pg_current_xact_id()::xid)
     OR NOT EXISTS (SELECT FROM "public"."signoff_revision" v WHERE v.revision = this AND v.xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s ended its transaction or changed its own record', this),
      HINT = 'Look at what it did before running anything: status.sql tells what is recorded.';
  END IF;
  UPDATE "public"."signoff_revision" SET applied_at = clock_timestamp() WHERE revision = this;
  EXECUTE current_setting('signoff.restore');
  EXECUTE 'DISCARD TEMP'; EXECUTE 'DISCARD SEQUENCES'; END $signoff$;
$m$;
-- Outside a transaction: progress is recorded step by step. A step that can run in a transaction is recorded in it;
-- a bare one is recorded as begun ("…?", or "…!" where what it makes was there before), run, checked, and recorded as done.
SET signoff.begin_steps = $m$
DO $signoff$ DECLARE m jsonb; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.enter');
  m := current_setting('signoff.row');
  IF EXISTS (SELECT FROM "public"."signoff_revision" v WHERE v.revision = m->>'revision' AND v.state = 'applied') THEN
    RAISE NOTICE 'signoff: % % is applied already', m->>'revision', m->>'message';
    RETURN;
  END IF;
  RAISE NOTICE 'signoff: applying % % step by step', m->>'revision', m->>'message';
  PERFORM set_config('signoff.state', 'upgrading', true);
  EXECUTE current_setting('signoff.record');
END $signoff$;
$m$;
-- Is it this step's turn? It is done, or the ones before it are, or this refuses.
SET signoff.turn = $m$
DO $signoff$ DECLARE m jsonb; i int; state text; steps text[]; digest text; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.enter');
  m := current_setting('signoff.row'); i := current_setting('signoff.step'); digest := m->'steps'->>(i - 1);
  SELECT v.state, v.steps INTO state, steps FROM "public"."signoff_revision" v WHERE v.revision = m->>'revision';
  PERFORM set_config('signoff.todo', 'no', true), set_config('signoff.begun', '', true);
  IF state = 'applied' OR state = 'upgrading' AND steps[i] = digest THEN RETURN; END IF;
  IF state IS DISTINCT FROM 'upgrading'
      OR EXISTS (SELECT FROM generate_series(1, i - 1) AS n (n) WHERE steps[n.n] IS DISTINCT FROM m->'steps'->>(n.n - 1)) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = format('signoff: refused: step %s of revision %s waits for what is before it', i, m->>'revision'),
      HINT = 'Mend what failed there, and run the whole script again: it goes on where it stands now.';
  END IF;
  PERFORM set_config('signoff.todo', 'yes', true),
    set_config('signoff.begun',
        CASE WHEN steps[i] LIKE digest || '?%' THEN coalesce(substring(steps[i] from '[?]([0-9]+)$'), '0') WHEN steps[i] = digest || '!' THEN '!' ELSE '' END,
        true);
END $signoff$;
$m$;
SET signoff.record_step = $m$
DO $signoff$ DECLARE m jsonb := pg_catalog.current_setting('signoff.row'); i int := pg_catalog.current_setting('signoff.step'); BEGIN
  UPDATE "public"."signoff_revision" SET steps = steps[1:i - 1] || (m->'steps'->>(i - 1) || current_setting('signoff.mark'))
   WHERE revision = m->>'revision' AND state = 'upgrading';
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: refused: step %s of revision %s comes out of turn', i, m->>'revision'),
      HINT = 'Run again: it goes on where it stands now.';
  END IF;
END $signoff$;
$m$;
SET signoff.begin_step = $m$
DO $signoff$ BEGIN
  EXECUTE pg_catalog.current_setting('signoff.turn');
  IF current_setting('signoff.todo')::boolean THEN
    PERFORM set_config('signoff.mark', '', true);
    EXECUTE current_setting('signoff.record_step');
    EXECUTE current_setting('signoff.now'); END IF; END $signoff$;
$m$;
SET signoff.commit_step = $m$
DO $signoff$ DECLARE this text; BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  EXECUTE pg_catalog.current_setting('signoff.own');
  this := current_setting('signoff.row')::jsonb->>'revision';
  IF NOT EXISTS (SELECT FROM "public"."signoff_revision" v WHERE v.revision = this AND v.xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s ended its transaction or changed its own record', this),
      HINT = 'Look at what it did before running anything: status.sql tells what is recorded.';
  END IF;
  EXECUTE current_setting('signoff.restore');
  EXECUTE 'DISCARD TEMP'; EXECUTE 'DISCARD SEQUENCES'; END $signoff$;
$m$;
-- Before a bare step: this session gets the author's surroundings until the step is recorded; what it had is remembered.
SET signoff.bare = $m$
DO $signoff$ DECLARE was jsonb; r record; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.turn');
  was := current_setting('signoff.was');
  PERFORM set_config('signoff.was', was::text, false), set_config('signoff.open', '', false);
  FOR r IN SELECT s.name, s.setting FROM pg_settings s WHERE s.setting <> was->>s.name AND s.name <> 'search_path' LOOP
    PERFORM set_config(r.name, r.setting, false);
  END LOOP;
  EXECUTE current_setting('signoff.now') || ' SET lock_timeout = 0;'; END $signoff$;
$m$;
-- Lets the server run it: without this the session is read-only (what stands before the step sees to that).
SET signoff.let = $m$
DO $signoff$
DECLARE
  m pg_catalog.jsonb := pg_catalog.current_setting('signoff.row'); path text := pg_catalog.current_setting('search_path');
  role text := pg_catalog.current_setting('role');
BEGIN
  IF pg_catalog.current_setting('signoff.todo')::boolean THEN
    EXECUTE pg_catalog.current_setting('signoff.own');
    EXECUTE pg_catalog.current_setting('signoff.record_step');
    PERFORM pg_catalog.set_config('role', role, false), pg_catalog.set_config('search_path', path, false); END IF;
  PERFORM pg_catalog.set_config('signoff.open',
      pg_catalog.format('%s %s', pg_catalog.jsonb_extract_path_text(m, 'revision'), pg_catalog.current_setting('signoff.step')), false);
END $signoff$;
$m$;
SET signoff.bare_done = $m$
DO $signoff$ DECLARE m jsonb; i int; begun text; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.turn');
  m := current_setting('signoff.row'); i := current_setting('signoff.step'); begun := current_setting('signoff.begun');
  IF current_setting('signoff.todo')::boolean THEN
    IF begun = '' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002',
        MESSAGE = format('signoff: refused: step %s of revision %s has not begun', i, m->>'revision'),
        HINT = 'Mend what failed before it, and run the whole script again: it goes on where it stands now.';
    END IF;
    IF current_setting('signoff.guard') = 'index' AND NOT current_setting('signoff.fits')::boolean THEN
      RAISE EXCEPTION USING ERRCODE = 'SO005',
        MESSAGE = format('signoff: there is no valid index %s on %s as this step makes it', current_setting('signoff.index'),
            current_setting('signoff.relation')),
        HINT = 'If an index of that name was there before, rename or drop it. Then run the whole script again.';
    END IF;
    IF current_setting('signoff.guard') = 'drop' AND EXISTS (SELECT FROM pg_class c WHERE c.oid::text = begun) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO005',
        MESSAGE = format('signoff: index %s is still there', current_setting('signoff.index')),
        HINT = 'Run the whole script again: it is dropped then.';
    END IF;
    PERFORM set_config('signoff.mark', '', true);
    EXECUTE current_setting('signoff.record_step'); END IF;
  PERFORM set_config('signoff.open', '', false);
  EXECUTE current_setting('signoff.restore'); END $signoff$;
$m$;
-- What is there of an index to build.
SET signoff.index_look = $m$
DO $signoff$ DECLARE x record; BEGIN
  SELECT coalesce(pg_catalog.bool_or(NOT y.valid AND NOT y.building), false) AS leftover, coalesce(pg_catalog.bool_or(y.building), false) AS building,
      coalesce(pg_catalog.bool_or(y.valid), false) AS valid, coalesce(pg_catalog.bool_or(y.valid AND y.fits), false) AS fits, pg_catalog.min(y.name) AS name
    INTO x
    FROM (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, i.indisvalid AS valid,
          i.indisunique = pg_catalog.current_setting('signoff.unique')::pg_catalog.bool
            AND (i.indpred IS NOT NULL) = pg_catalog.current_setting('signoff.partial')::pg_catalog.bool
            AND i.indnkeyatts = pg_catalog.jsonb_array_length(pg_catalog.current_setting('signoff.columns')::pg_catalog.jsonb)
            AND NOT EXISTS (SELECT FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, n)
                    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
                 WHERE k.n <= i.indnkeyatts
                   AND coalesce(a.attname::text, '') <> pg_catalog.current_setting('signoff.columns')::pg_catalog.jsonb->>(k.n::int4 - 1)) AS fits,
          NOT i.indisvalid
            AND EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                 WHERE p.datid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
                   AND (p.index_relid = i.indexrelid
                       OR p.index_relid IS NULL
                         AND EXISTS (SELECT FROM pg_catalog.pg_locks l
                             WHERE l.pid = p.pid AND l.locktype = 'relation' AND l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock')))
              AS building
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE i.indrelid = pg_catalog.to_regclass(pg_catalog.current_setting('signoff.relation'))
         AND c.relname = pg_catalog.current_setting('signoff.index')::pg_catalog.name) y;
  PERFORM pg_catalog.set_config('signoff.leftover', x.leftover::text, true), pg_catalog.set_config('signoff.building', x.building::text, true),
    pg_catalog.set_config('signoff.valid', x.valid::text, true), pg_catalog.set_config('signoff.fits', x.fits::text, true),
    pg_catalog.set_config('signoff.index_name', coalesce(x.name, ''), true);
END $signoff$;
$m$;
-- Before CREATE INDEX CONCURRENTLY IF NOT EXISTS: what would make it fail without IF NOT EXISTS fails here; a leftover must go first.
SET signoff.bare_index = $m$
DO $signoff$ DECLARE begun pg_catalog.bool := pg_catalog.current_setting('signoff.begun') NOT IN ('', '!'); name text; valid pg_catalog.bool; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.index_look');
  name := pg_catalog.current_setting('signoff.index_name'); valid := pg_catalog.current_setting('signoff.valid');
  IF NOT pg_catalog.current_setting('signoff.todo')::pg_catalog.bool THEN
    IF name = '' THEN
      RAISE WARNING 'signoff: index % was built here and is gone since: the next statement is refused, so that it does not come back',
        pg_catalog.current_setting('signoff.index');
      RETURN;
    END IF;
    EXECUTE pg_catalog.current_setting('signoff.let'); RETURN; END IF;
  IF pg_catalog.current_setting('signoff.building')::pg_catalog.bool THEN
    RAISE EXCEPTION USING ERRCODE = 'SO004',
      MESSAGE = pg_catalog.format('signoff: refused: index %s is being built in another session right now', name),
      HINT = 'Wait for it to end, then run the whole script again.';
  END IF;
  IF pg_catalog.current_setting('signoff.leftover')::pg_catalog.bool THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = pg_catalog.format('signoff: index %s is invalid: it is left over from a build that failed', name),
      HINT = pg_catalog.format('Run this first: DROP INDEX CONCURRENTLY %s; then run the whole script again.', name);
  END IF;
  IF valid AND pg_catalog.current_setting('signoff.strict')::pg_catalog.bool
      AND NOT (begun AND pg_catalog.current_setting('signoff.fits')::pg_catalog.bool) THEN
    RAISE EXCEPTION USING ERRCODE = '42P07',
      MESSAGE = pg_catalog.format('relation "%s" already exists', pg_catalog.current_setting('signoff.index')),
      HINT = 'An index of that name was there before this step: rename or drop it. Then run the whole script again.';
  END IF;
  PERFORM pg_catalog.set_config('signoff.mark', CASE WHEN valid AND NOT begun THEN '!'
    ELSE pg_catalog.concat('?', pg_catalog.to_regclass(pg_catalog.current_setting('signoff.relation'))::pg_catalog.oid) END, true);
  EXECUTE pg_catalog.current_setting('signoff.let'); END $signoff$;
$m$;
-- Before DROP INDEX CONCURRENTLY IF EXISTS: the index is remembered by its oid, and no other of its name is dropped.
SET signoff.bare_drop = $m$
DO $signoff$
DECLARE
  begun text := pg_catalog.current_setting('signoff.begun'); i pg_catalog.oid := pg_catalog.to_regclass(pg_catalog.current_setting('signoff.index'));
  dropped pg_catalog.bool;
BEGIN
  IF NOT pg_catalog.current_setting('signoff.todo')::pg_catalog.bool THEN
    IF i IS NOT NULL THEN
      RAISE WARNING 'signoff: index % was dropped here, and there is another of its name since: the next statement is refused, so that it stays',
        pg_catalog.current_setting('signoff.index');
      RETURN;
    END IF;
    EXECUTE pg_catalog.current_setting('signoff.let'); RETURN; END IF;
  dropped := begun NOT IN ('', '!', '0') AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid::text = begun);
  IF dropped AND i IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = pg_catalog.format('signoff: index %s was dropped by this step, and there is another of its name now',
          pg_catalog.current_setting('signoff.index')),
      HINT = 'Rename that one while the whole script is run again.';
  END IF;
  IF i IS NULL AND NOT dropped AND pg_catalog.current_setting('signoff.strict')::pg_catalog.bool THEN
    RAISE EXCEPTION USING ERRCODE = '42704',
      MESSAGE = pg_catalog.format('index %s does not exist', pg_catalog.current_setting('signoff.index')),
      HINT = 'Is this the right database? What did drop it?';
  END IF;
  PERFORM pg_catalog.set_config('signoff.mark', CASE WHEN dropped THEN '?' || begun ELSE coalesce('?' || i::text, '!') END, true);
  EXECUTE pg_catalog.current_setting('signoff.let'); END $signoff$;
$m$;
-- Before what does no harm when it runs again.
SET signoff.bare_again = $m$
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.mark', '?', true); EXECUTE pg_catalog.current_setting('signoff.let'); END $signoff$;
$m$;
SET signoff.end_steps = $m$
DO $signoff$ DECLARE m jsonb; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.enter');
  m := current_setting('signoff.row');
  IF EXISTS (SELECT FROM "public"."signoff_revision" v WHERE v.revision = m->>'revision' AND v.state = 'applied') THEN RETURN; END IF;
  UPDATE "public"."signoff_revision" v SET state = 'applied', applied_at = clock_timestamp(),
      steps = v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]
   WHERE v.revision = m->>'revision' AND v.state = 'upgrading'
     AND to_jsonb(v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]) = coalesce(m->'steps', '[]');
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: refused: not every step of revision %s is recorded as done', m->>'revision'),
      HINT = 'Mend what failed, and run the whole script again: it goes on where it stands now.';
  END IF;
  EXECUTE current_setting('signoff.ended'); END $signoff$;
$m$;
-- After rows with given values of an identity or serial column, its sequence goes on behind the highest.
SET signoff.setval = $m$
DO $signoff$ DECLARE c text; s text; BEGIN
  FOR c IN SELECT pg_catalog.jsonb_array_elements_text(pg_catalog.current_setting('signoff.columns')::pg_catalog.jsonb) LOOP
    s := pg_catalog.pg_get_serial_sequence(pg_catalog.current_setting('signoff.relation'), c);
    IF s IS NOT NULL THEN
      EXECUTE pg_catalog.format('SELECT pg_catalog.setval(%1$L, pg_catalog.max(%2$I)) FROM %3$s HAVING pg_catalog.max(%2$I) >= (SELECT last_value FROM %4$s)',
          s, c, pg_catalog.current_setting('signoff.relation'), s);
    END IF;
  END LOOP;
END $signoff$;
$m$;

-- 3. Preflight. Nothing is changed before every check has passed. First, what a run that broke off left in this session is put back.
DO $signoff$ BEGIN
  EXECUTE pg_catalog.current_setting('signoff.restore');
  IF pg_catalog.current_setting('signoff.shut', true) <> '' THEN
    PERFORM pg_catalog.set_config('default_transaction_read_only', pg_catalog.current_setting('signoff.shut'), false);
  END IF;
  PERFORM pg_catalog.set_config('signoff.shut', '', false), pg_catalog.set_config('signoff.open', '', false),
    pg_catalog.set_config('signoff.probe', 'open', true),
    pg_catalog.set_config('signoff.timeout',
        coalesce(nullif(pg_catalog.current_setting('signoff.timeout', true), ''), pg_catalog.current_setting('statement_timeout')), false),
    pg_catalog.set_config('statement_timeout', '0', false);
END $signoff$;
DO $signoff$
DECLARE
  t regclass; e regclass; word text;
  path text := pg_catalog.current_setting('search_path'); who text := pg_catalog.current_setting('role');
BEGIN
  IF pg_catalog.current_setting('signoff.probe', true) = 'open' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO001',
      MESSAGE = 'signoff: refused: a transaction is open in this session',
      HINT = 'This script must be committed statement by statement: autocommit on, no BEGIN, and a client that sends one statement at a time.';
  END IF;
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF 'on' <> ANY (SELECT unnest(ARRAY[s.setting, s.reset_val]) FROM pg_settings s WHERE s.name = 'standard_conforming_strings') THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: standard_conforming_strings is off in this session, or would be after a RESET',
      HINT = 'Run SET standard_conforming_strings = on; and then this script again; or connect with it on, where the database or the role sets it off.';
  END IF;
  IF current_setting('server_version_num')::int < 130000 THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: this server is PostgreSQL %s, and the script was compiled for 13 and later', current_setting('server_version')),
      HINT = 'Compile with [target] server set to this server''s version.';
  END IF;
  IF current_setting('server_version_num')::int >= 190000 THEN
    RAISE WARNING 'signoff: this server is PostgreSQL %, later than any this script was tried on (13 to 18)', current_setting('server_version');
  END IF;
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003', MESSAGE = 'signoff: refused: this server is a standby', HINT = 'Connect to the primary.';
  END IF;
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: transactions are read-only here',
      HINT = 'default_transaction_read_only is on for this server, database, role or connection.';
  END IF;
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: this database is encoded in %s, and the script is UTF8', current_setting('server_encoding')),
      HINT = 'Only UTF8 databases are supported.';
  END IF;
  -- What stands in these quotes is an e with an acute accent, a newline, a long dash.
  IF 'é
–' <> chr(233) || chr(10) || chr(8211) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: the text of this script did not arrive as it is in the file',
      HINT = 'It is UTF-8 with LF at the ends of its lines: tell the client so.';
  END IF;
  SELECT string_agg('signoff.' || m, ', ')
    INTO word
    FROM unnest(ARRAY['dry_run', 'lock_timeout', 'lock_wait', 'until',
      'DryRun', 'change', 'change_id', 'dr_yrun', 'dry', 'dryRn', 'dryRun', 'dry_rn',
      'dry_rnu', 'dry_run_only', 'dry_urn', 'dryrn', 'dryrun', 'dryun', 'dyr_run', 'first',
      'firstRun', 'first_rn', 'first_time', 'firstrun', 'force', 'itcket', 'lockTimeout', 'lockWait',
      'lock_time', 'lock_time_out', 'lock_timeot', 'lock_timout', 'lock_waits', 'locktimeout', 'lockwait', 'lockwaits',
      'noop', 'nutil', 'plan', 'plan_only', 'preview', 'rdy_run', 'rehearsal', 'rehearse',
      'rev', 'revision', 'simulate', 'single_transaction', 'stop_at', 'target', 'tciket', 'test',
      'ticekt', 'ticketId', 'ticket_id', 'ticket_no', 'ticket_nr', 'ticket_number', 'tickets', 'tickt',
      'tickte', 'tikcet', 'tiket', 'till', 'tkt', 'to', 'unitl', 'unti',
      'until_', 'until_rev', 'until_revision', 'untill', 'untl', 'untli', 'up_to', 'util',
      'utnil', 'wait']) AS m (m)
   WHERE current_setting('signoff.' || m.m, true) <> '';
  IF word IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO010',
      MESSAGE = format('signoff: refused: %s is not understood', word),
      HINT = 'What may be set before this script: signoff.ticket, signoff.first_run. RESET the other.';
  END IF;
  word := lower(coalesce(current_setting('signoff.first_run', true), ''));
  IF word NOT IN ('', '0', '1', 'off', 'on', 'false', 'true', 'no', 'yes') THEN RAISE EXCEPTION USING ERRCODE = 'SO010',
    MESSAGE = format('signoff: refused: first_run=%s is not understood', word), HINT = 'Write SET signoff.first_run = ''1'';, or RESET it.'; END IF;
  word := coalesce(current_setting('signoff.ticket', true), '');
  IF word <> btrim(word) OR word ~ '[[:cntrl:]]' OR length(word) > 200 THEN
    RAISE EXCEPTION USING ERRCODE = 'SO010',
      MESSAGE = format('signoff: refused: ticket=%s is not understood', word),
      HINT = 'A ticket is one line of at most 200 characters, with no blanks at its ends.';
  END IF;
  t := to_regclass('"public"."signoff_revision"'); e := to_regclass('"public"."signoff_event"');
  IF EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = pg_my_temp_schema() AND c.relkind IN ('r', 'p', 'v', 'S')) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: this session has temporary tables',
      HINT = 'A migration could take one for a real table of that name. Open a new session.';
  END IF;
  IF to_regnamespace('"public"') IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: there is no schema "public" for the version table',
      HINT = 'Create it, or name another in [version_table] schema.';
  END IF;
  IF t IS NULL AND NOT has_schema_privilege('"public"'::regnamespace, 'CREATE') THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not create the version table in schema %s', current_user, '"public"'),
      HINT = 'Is this the right database? If it is, run as the owner of the schema, or set [target] role.';
  END IF;
  IF t IS NOT NULL
      AND NOT (has_table_privilege(t, 'SELECT') AND has_table_privilege(t, 'INSERT') AND has_table_privilege(t, 'UPDATE') AND has_table_privilege(t, 'DELETE')
          AND coalesce(has_table_privilege(e, 'SELECT') AND has_table_privilege(e, 'INSERT'), true)) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not write the version table %s and its event table', current_user, t),
      HINT = 'Run as its owner, or set [target] role.';
  END IF;
  PERFORM set_config('signoff.checked', 'server', false), set_config('role', who, true), set_config('search_path', path, true); END $signoff$;
-- What is recorded here is compared with what this script was made from. Only when all is well, a missing version table is made.
DO $signoff$
DECLARE
  path text := pg_catalog.current_setting('search_path'); who text := pg_catalog.current_setting('role');
  manifest jsonb; again_rows jsonb; others jsonb := '{}'; put_off jsonb := '[]'; first_run boolean;
  t regclass; r record; recorded jsonb := '[]'; fresh boolean; todo bigint; total bigint; todo_names text; ahead text; over text; said text;
  mine jsonb := '[]'; again text; kept text;
  jit text := pg_catalog.current_setting('jit');
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF current_setting('signoff.checked', true) IS DISTINCT FROM 'server' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = 'signoff: refused: the checks at the top of this script have not passed in this session',
      HINT = 'Mend what they said, and run the whole script again, from its first statement.';
  END IF;
  EXECUTE current_setting('signoff.lock');
  SELECT coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n) FILTER (WHERE l.n <= 3), '[]'),
      coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n) FILTER (WHERE l.n > 3), '[]')
    INTO manifest, again_rows
    FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n);
  t := to_regclass('"public"."signoff_revision"');
  first_run := lower(coalesce(current_setting('signoff.first_run', true), '')) NOT IN ('', '0', 'off', 'false', 'no');
  -- The server can't guess how few rows these are, and would compile them for longer than they run.
  PERFORM set_config('jit', 'off', true);
  fresh := t IS NULL;
  IF t IS NOT NULL THEN
    IF split_part(coalesce(obj_description(t, 'pg_class'), ''), ',', 1) <> 'signoff_revision 1' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: table %s is not a version table of signoff, format 1', t),
        HINT = 'Name another in [version_table] name, or use the signoff that made it.';
    END IF;
    SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') INTO recorded FROM "public"."signoff_revision" v;
    -- What the other direction began here, and did nothing of, is no half-done revision: it is taken for what it was before.
    SELECT coalesce(jsonb_agg(CASE WHEN a.idle THEN a.e || '{"state": "applied"}' ELSE a.e END), '[]')
      INTO recorded
      FROM (SELECT x.e, x.e->>'state' = 'downgrading' AND x.e->'steps' = '[]'
            AND EXISTS (SELECT FROM jsonb_array_elements(manifest) AS p (e)
                WHERE (p.e->>'selected')::boolean AND p.e->>'revision' = x.e->>'revision' AND NOT put_off ? (p.e->>'revision')) AS idle
          FROM jsonb_array_elements(recorded) AS x (e)) a;
    SELECT recorded = '[]' AND NOT EXISTS (SELECT FROM "public"."signoff_event" e WHERE e.event IN ('applied', 'reverted', 'stamped')) INTO fresh;
    SELECT coalesce(jsonb_agg(DISTINCT e.revision), '[]')
      INTO mine
      FROM "public"."signoff_event" e
     WHERE e.event = 'applied' AND e.bundle = current_setting('signoff.bundle') AND e.revision LIKE 'repeatable:%';
  END IF;
  IF fresh AND NOT first_run
      AND EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.oid <> coalesce(t, 0)
           AND c.oid <> coalesce(to_regclass('"public"."signoff_event"'), 0)
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO007',
      MESSAGE = 'signoff: refused: this database has tables, and nothing is recorded as applied in ' || '"public"."signoff_revision"',
      HINT = 'Is this the right database? If it is, and nothing of this tree is applied here yet, run SET signoff.first_run = ''1''; before this script. '
        'Where another tool brought it to where a revision of this tree stands, the developers write a script with `signoff stamp`, which records that.';
  END IF;
  FOR r IN SELECT v.*, m.up AS its_up, m.up1 AS its_up1, m.accept, m.steps AS its_steps, m.variables AS its_variables, m.selected
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text, state text, up text, up1 text, steps text[], variables text)
        JOIN jsonb_to_recordset(manifest)
          AS m (revision text, up text, up1 text, accept text[], steps text[], variables text, selected boolean) USING (revision) LOOP
    IF r.project <> 'linear' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s is recorded here for project %s', r.revision, r.project),
        HINT = 'If it is the same project, give it the same name: [project] name, or --project. If not, two projects need two version tables: '
          '[version_table] name.';
    END IF;
    IF r.state = 'applied' AND r.up <> r.its_up THEN
      IF r.up1 = r.its_up1 OR r.up = ANY (r.accept) THEN
        PERFORM set_config('client_min_messages', 'notice', true);
        RAISE NOTICE 'signoff: revision % was applied here with other comments or an accepted earlier text', r.revision;
      ELSE
        RAISE EXCEPTION USING ERRCODE = 'SO006',
          MESSAGE = format('signoff: refused: revision %s was applied here with another text', r.revision),
          DETAIL = format('recorded %s, this script %s', r.up, r.its_up),
          HINT = 'Compile from the tree that was applied, or find out who changed a published migration.';
      END IF;
    END IF;
    IF r.up = r.its_up AND r.variables IS DISTINCT FROM r.its_variables THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s was applied here with other values of its variables', r.revision),
        HINT = 'Compile with the values of then, and bring new ones in with a new revision.';
    END IF;
    IF r.state <> 'applied'
        AND NOT (r.state = 'upgrading' AND coalesce(r.selected, false) AND NOT put_off ? r.revision) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s is half-done here (%s, steps done: %s)', r.revision, r.state,
            (SELECT count(*) FROM unnest(r.steps) AS d WHERE d !~ '[?!]')),
        HINT = CASE r.state
            WHEN 'upgrading'
              THEN 'Finish it first: run the upgrade.sql that holds it again. '
                'If its next step can''t succeed, the developers change that step in its file, if need be to SELECT 1, seal it again and compile.'
            ELSE 'Finish it first: run the downgrade.sql that holds it again.' END;
    END IF;
    IF r.state <> 'applied'
        AND EXISTS (SELECT FROM unnest(r.steps) WITH ORDINALITY AS s (digest, n) WHERE s.digest !~ '[?!]' AND s.digest IS DISTINCT FROM r.its_steps[s.n]) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: a step of revision %s that is done here was changed since', r.revision),
        HINT = 'Mend only the step that failed and those after it; put the finished ones back as they were. Statements that run together are one step: '
          'what you add goes into a step of its own when BEGIN; and COMMIT; stand around it.';
    END IF;
    IF r.state <> 'applied' THEN
      SELECT string_agg(concat(chr(10), '      ', x.how), '' ORDER BY x.how)
        INTO over
        FROM unnest(r.steps) WITH ORDINALITY AS s (mark, n), string_to_array(coalesce(substring(s.mark from '[?]([0-9,]*)$'), ''), ',') AS oids,
          LATERAL (
            SELECT format('DROP INDEX CONCURRENTLY %I.%I;', n.nspname, c.relname) AS how
              FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE NOT i.indisvalid AND c.relkind = 'i'
               AND (i.indrelid::text = ANY (oids)
                   OR c.relname !~ '_cc(new|old)[0-9]*$' AND c.oid::text = ANY (oids)
                   OR c.relname ~ '_cc(new|old)[0-9]*$' AND c.oid::text <> ALL (oids)
                     AND NOT EXISTS (SELECT FROM pg_class k WHERE k.oid::text = ANY (oids) AND k.relkind <> 'i'))
            UNION ALL
            SELECT format('ALTER TABLE %s DETACH PARTITION %s FINALIZE;', h.inhparent::regclass, h.inhrelid::regclass)
              FROM pg_inherits h
             WHERE (to_jsonb(h)->>'inhdetachpending')::boolean AND h.inhrelid::text = ANY (oids)) x
       WHERE s.mark ~ '[?]' AND split_part(s.mark, '?', 1) IS DISTINCT FROM r.its_steps[s.n];
      IF over IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'SO006',
          MESSAGE = format('signoff: refused: a step of revision %s that was begun here was changed since, and what it left is still there', r.revision),
          HINT = 'Run this first, then the script again:' || over;
      END IF;
    END IF;
  END LOOP;
  FOR r IN SELECT v.revision, p AS parent
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text, parents text[], depends_on text[]), unnest(v.parents || v.depends_on) AS p
     WHERE v.project = 'linear' AND NOT EXISTS (SELECT FROM jsonb_to_recordset(recorded) AS w (revision text, state text) WHERE w.revision = p)
      LIMIT 1 LOOP
    RAISE EXCEPTION USING ERRCODE = 'SO006',
      MESSAGE = format('signoff: refused: revision %s is recorded as applied before its parent %s', r.revision, r.parent),
      HINT = 'The version table was changed by hand or restored in part: find out what is really there.';
  END LOOP;
  SELECT count(*), count(*) FILTER (WHERE v.revision IS NULL OR v.state <> 'applied'),
      string_agg(format('%s  %s  %s%s', chr(10), m.revision, m.message, CASE WHEN v.state <> 'applied' THEN '  (half-done)' END), '' ORDER BY m.n)
        FILTER (WHERE v.revision IS NULL OR v.state <> 'applied')
    INTO total, todo, todo_names
    FROM (SELECT e->>'revision' AS revision, e->>'message' AS message, n
          FROM jsonb_array_elements(manifest) WITH ORDINALITY AS a (e, n)
         WHERE coalesce((e->>'selected')::boolean, false) AND NOT put_off ? (e->>'revision')) m
      LEFT JOIN jsonb_to_recordset(recorded) AS v (revision text, state text) USING (revision);
  SELECT string_agg(v.revision, ', ' ORDER BY v.revision)
    INTO ahead
    FROM jsonb_to_recordset(recorded) AS v (revision text, project text, kind text)
   WHERE v.project = 'linear' AND v.kind = 'revision'
     AND NOT EXISTS (SELECT FROM jsonb_array_elements(manifest) AS a (e) WHERE e->>'revision' = v.revision)
     AND NOT others ? v.revision;
  SELECT string_agg(format('%s  repeatable  %s', chr(10), m.e->>'message'), '' ORDER BY m.n) FILTER (WHERE NOT m.back),
      string_agg(m.e->>'message', ', ' ORDER BY m.n) FILTER (WHERE m.back)
    INTO again, kept
    FROM (SELECT a.e, a.n, NOT d.dropped AND coalesce(v.up LIKE 'sha256:%' AND mine ? v.revision, false) AS back
        FROM jsonb_array_elements(again_rows) WITH ORDINALITY AS a (e, n)
          LEFT JOIN jsonb_to_recordset(recorded) AS v (revision text, up text, variables text) ON v.revision = a.e->>'revision',
          LATERAL (SELECT EXISTS (SELECT FROM jsonb_array_elements(manifest) AS p (e)
              WHERE (p.e->>'selected')::boolean AND p.e->'recreates' ? (a.e->>'message')
                AND NOT EXISTS (SELECT FROM jsonb_to_recordset(recorded) AS w (revision text, state text)
                    WHERE w.revision = p.e->>'revision' AND w.state = 'applied')) AS dropped) d
       WHERE ahead IS NULL AND put_off = '[]'
         AND (v.revision IS NULL OR v.up <> a.e->>'up' OR v.variables IS DISTINCT FROM a.e->>'variables' OR d.dropped)) m;
  PERFORM set_config('signoff.repeat', (ahead IS NULL AND put_off = '[]')::text, false);
  IF todo > 0 THEN
    IF ahead IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: this database records revisions that this script''s tree does not know: %s', ahead),
        HINT = 'It was upgraded from a newer or another tree: compile from that one.';
    END IF;
    SELECT m.revision
      INTO r
      FROM jsonb_to_recordset(manifest) AS m (revision text, selected boolean)
     WHERE NOT coalesce(m.selected, false)
       AND NOT EXISTS (SELECT FROM jsonb_to_recordset(recorded) AS v (revision text, state text) WHERE v.revision = m.revision AND v.state = 'applied')
      LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = 'signoff: refused: this script starts after base'
          || format(', and revision %s is not applied here', r.revision),
        HINT = 'Run the release before this one first, or compile from where this database stands.';
    END IF;
    -- What comes after a revision on its line is not to be there before it: what is missing under something that is there, and under that.
    WITH RECURSIVE edge (a, b) AS MATERIALIZED (SELECT p, e->>'revision'
            FROM jsonb_array_elements(manifest) AS t (e), jsonb_array_elements_text(coalesce(e->'parents', '[]') || coalesce(e->'depends_on', '[]')) AS p),
      above (a, b) AS (SELECT a, b FROM edge UNION ALL SELECT p, l.b FROM jsonb_each(others) AS l (b, below), jsonb_array_elements_text(l.below) AS p),
      done AS (SELECT v.revision FROM jsonb_to_recordset(recorded) AS v (revision text)),
      hole (a, b) AS (SELECT e.a, e.b
          FROM above e
         WHERE e.a IS NOT NULL AND e.a NOT IN (SELECT d.revision FROM done d) AND e.b IN (SELECT d.revision FROM done d)
        UNION SELECT e.a, h.b FROM hole h JOIN above e ON e.b = h.a WHERE e.a IS NOT NULL AND e.a NOT IN (SELECT d.revision FROM done d)),
      late AS (SELECT m.e->>'revision' AS a, m.n, min(h.b) AS b
          FROM hole h JOIN jsonb_array_elements(manifest) WITH ORDINALITY AS m (e, n) ON m.e->>'revision' = h.a
         WHERE (m.e->>'selected')::boolean AND NOT put_off ? h.a
         GROUP BY 1, 2)
    SELECT (array_agg(l.a ORDER BY l.n))[1] AS a, (array_agg(l.b ORDER BY l.n))[1] AS b,
        string_agg(format('%s  %s is not applied here, and %s is', chr(10), l.a, l.b), '' ORDER BY l.n) AS told
      INTO r
      FROM late l;
    IF r.a IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s is not applied here, and %s, which stands on it, is', r.a, r.b),
        HINT = format('The order is strict: %2$s may rely on what %1$s does, and was applied without it, from another branch or an older tree. '
            'Where it may come late all the same, the developers compile with [migrations] order = "warn" or "any". All that is late:%3$s', r.a, r.b, r.told);
    END IF;
  END IF;
  said :=
      CASE WHEN todo = 0 AND again IS NULL THEN format('signoff: nothing to apply: all of %s revisions are applied here', total)
            ELSE format('signoff: %s of %s to apply here; %s already applied%s%s', todo, total, total - todo, todo_names, again) END
        || CASE WHEN kept IS NULL THEN ''
            ELSE format('%ssignoff: left as it is: %s. This release applied it before, and another text was applied since. '
                  'To bring this one back, change a comment in it and compile', chr(10), kept) END
        || CASE WHEN put_off = '[]' THEN ''
            ELSE (SELECT coalesce(format('%ssignoff: %s more of this script are put off', chr(10), nullif(count(*), 0)),
                    '')
                  FROM jsonb_array_elements_text(put_off) AS p (id)
                 WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(recorded) AS w (e) WHERE w.e->>'revision' = p.id AND w.e->>'state' = 'applied')) END;
  PERFORM set_config('jit', jit, true);
  PERFORM set_config('signoff.said', said, false);
  IF t IS NULL THEN
CREATE TABLE "public"."signoff_revision" (
  revision text PRIMARY KEY, project text NOT NULL, kind text NOT NULL CHECK (kind IN ('revision', 'repeatable')),
  parents text[] NOT NULL DEFAULT '{}', depends_on text[] NOT NULL DEFAULT '{}', message text NOT NULL, up text NOT NULL, up1 text NOT NULL, variables text,
  state text NOT NULL CHECK (state IN ('upgrading', 'applied', 'downgrading')), steps text[] NOT NULL DEFAULT '{}', bundle text, ticket text,
  applied_by text NOT NULL DEFAULT session_user, started_at timestamptz NOT NULL DEFAULT clock_timestamp(), applied_at timestamptz);
COMMENT ON TABLE "public"."signoff_revision" IS 'signoff_revision 1';
CREATE TABLE "public"."signoff_event" (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event text NOT NULL CHECK (event IN ('started', 'applied', 'reverting', 'reverted', 'stamped', 'unstamped')), project text NOT NULL, revision text NOT NULL,
    bundle text, ticket text, session_user_name text NOT NULL DEFAULT session_user, current_user_name text NOT NULL DEFAULT current_user,
    client_addr inet DEFAULT inet_client_addr(), application text DEFAULT current_setting('application_name'));
COMMENT ON TABLE "public"."signoff_event" IS 'signoff_event 1';
  END IF;
    IF obj_description(to_regclass('"public"."signoff_revision"'), 'pg_class')
          IS DISTINCT FROM 'signoff_revision 1'
        AND pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass('"public"."signoff_revision"')), 'USAGE') THEN
      COMMENT ON TABLE "public"."signoff_revision" IS 'signoff_revision 1';
    END IF;
  -- What a downgrade began here, and did nothing of, is on the record as before.
  FOR r IN UPDATE "public"."signoff_revision" v
    SET state = 'applied', steps = ARRAY(SELECT jsonb_array_elements_text(coalesce(m.e->'steps', '[]')))
    FROM jsonb_array_elements(manifest) AS m (e)
   WHERE v.revision = m.e->>'revision' AND (m.e->>'selected')::boolean AND NOT put_off ? v.revision
     AND v.state = 'downgrading' AND v.steps = '{}' RETURNING v.revision LOOP
    INSERT INTO "public"."signoff_event" (event, project, revision, bundle, ticket)
      VALUES ('applied', 'linear', r.revision,
        current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), ''));
    PERFORM set_config('signoff.said', concat_ws(chr(10), current_setting('signoff.said'),
      format('signoff: begun here, and nothing of it done; still applied: %s', r.revision)), false);
  END LOOP;
  PERFORM set_config('signoff.checked', 'yes', false);
  PERFORM set_config('role', who, true), set_config('search_path', path, true);
END $signoff$;
SELECT pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('signoff.said'), pg_catalog.chr(10))) AS signoff;

-- ── 1/3 ── 5f1d0c3a9b27 ── Players and countries ── one transaction
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.entry', '1', true);
  EXECUTE pg_catalog.current_setting('signoff.begin'); IF pg_catalog.current_setting('signoff.todo')::boolean THEN
-- from migrations/20240105_101500_5f1d0c3a9b27_players_and_countries.sql:7
EXECUTE $m0$CREATE TABLE country (
    code text PRIMARY KEY,
    name text NOT NULL,
    motto text
);$m0$;
-- from migrations/20240105_101500_5f1d0c3a9b27_players_and_countries.sql:12: rows of migrations/data/countries.csv
EXECUTE $m0$INSERT INTO country ("code", "name", "motto") OVERRIDING SYSTEM VALUE VALUES
  ('CI', 'Côte d''Ivoire', 'Union – Discipline – Travail'),
  ('FJ', 'Fiji', NULL),
  ('KI', 'Kiribati', ''),
  ('ZA', 'South Africa', '!ke e: ǀxarra ǁke; or
"Diverse people unite"')$m0$;
PERFORM pg_catalog.set_config('signoff.relation', 'country', true),
  pg_catalog.set_config('signoff.columns', '["code","name","motto"]', true); EXECUTE pg_catalog.current_setting('signoff.setval');
-- from migrations/20240105_101500_5f1d0c3a9b27_players_and_countries.sql:14
EXECUTE $m0$CREATE TABLE player (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    country text NOT NULL REFERENCES country,
    scores integer[] NOT NULL DEFAULT '{}',
    best integer NOT NULL DEFAULT 3
);$m0$;
EXECUTE pg_catalog.current_setting('signoff.commit'); END IF; END $signoff$;

-- ── 2/3 ── c07e4b6d11fa ── Index players by country ── 2 steps, of which outside a transaction: CREATE INDEX CONCURRENTLY player_country_idx ON player (country) · SHARE UPDATE EXCLUSIVE on player
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.entry', '2', true); EXECUTE pg_catalog.current_setting('signoff.begin_steps'); END $signoff$;
-- step 1 of 2: CREATE INDEX CONCURRENTLY player_country_idx ON player (country)
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.entry', '2', true), pg_catalog.set_config('signoff.step', '1', true),
  pg_catalog.set_config('signoff.guard', 'index', true), pg_catalog.set_config('signoff.relation', '"player"', true),
  pg_catalog.set_config('signoff.index', 'player_country_idx', true),
  pg_catalog.set_config('signoff.unique', 'false', true), pg_catalog.set_config('signoff.partial', 'false', true),
  pg_catalog.set_config('signoff.columns', '["country"]', true),
  pg_catalog.set_config('signoff.strict', 'true', true);
  EXECUTE pg_catalog.current_setting('signoff.bare');
EXECUTE pg_catalog.current_setting('signoff.bare_index'); END $signoff$;
DO $signoff$ BEGIN IF pg_catalog.current_setting('signoff.open', true) IS DISTINCT FROM 'c07e4b6d11fa 1' THEN
  PERFORM pg_catalog.set_config('signoff.shut',
      coalesce(nullif(pg_catalog.current_setting('signoff.shut', true), ''), pg_catalog.current_setting('default_transaction_read_only')), false),
    pg_catalog.set_config('default_transaction_read_only', 'on', false); END IF; END $signoff$;
-- from migrations/20240212_083000_c07e4b6d11fa_index_players_by_country.sql:7; IF NOT EXISTS is put in, so that it does no harm when it is sent again
-- Built while the game goes on.
CREATE INDEX CONCURRENTLY IF NOT EXISTS player_country_idx ON player (country);
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.entry', '2', true), pg_catalog.set_config('signoff.step', '1', true),
  pg_catalog.set_config('signoff.guard', 'index', true), pg_catalog.set_config('signoff.relation', '"player"', true),
  pg_catalog.set_config('signoff.index', 'player_country_idx', true),
  pg_catalog.set_config('signoff.unique', 'false', true), pg_catalog.set_config('signoff.partial', 'false', true),
  pg_catalog.set_config('signoff.columns', '["country"]', true);
  EXECUTE pg_catalog.current_setting('signoff.index_look');
  EXECUTE pg_catalog.current_setting('signoff.bare_done'); END $signoff$;
-- step 2 of 2: COMMENT ON INDEX player_country_idx IS 'for the league tables'
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.entry', '2', true), pg_catalog.set_config('signoff.step', '2', true);
  EXECUTE pg_catalog.current_setting('signoff.begin_step'); IF pg_catalog.current_setting('signoff.todo')::boolean THEN
-- from migrations/20240212_083000_c07e4b6d11fa_index_players_by_country.sql:9
EXECUTE $m0$COMMENT ON INDEX player_country_idx IS 'for the league tables';$m0$;
EXECUTE pg_catalog.current_setting('signoff.commit_step'); END IF; END $signoff$;
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.entry', '2', true); EXECUTE pg_catalog.current_setting('signoff.end_steps'); END $signoff$;

-- ── 3/3 ── 9a44e2d5806b ── Best scores, it's "`top n`" ── one transaction · ACCESS EXCLUSIVE on player
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.entry', '3', true);
  EXECUTE pg_catalog.current_setting('signoff.begin'); IF pg_catalog.current_setting('signoff.todo')::boolean THEN
-- from migrations/20240303_170102_9a44e2d5806b_best_scores.sql:7
EXECUTE $m0$CREATE FUNCTION best_scores(scores integer[], n integer) RETURNS integer[]
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT (ARRAY(SELECT s FROM unnest(scores) AS s ORDER BY s DESC))[1:n];
$$;$m0$;
-- from migrations/20240303_170102_9a44e2d5806b_best_scores.sql:12
EXECUTE $m0$ALTER TABLE player ADD COLUMN top integer[];$m0$;
-- from migrations/20240303_170102_9a44e2d5806b_best_scores.sql:13
EXECUTE $m0$UPDATE player SET top = scores[1:best] WHERE scores <> '{}'
;$m0$;
EXECUTE pg_catalog.current_setting('signoff.commit'); END IF; END $signoff$;

-- 4. Close: what was promised is there, or this fails. The session is as it was.
DO $signoff$
DECLARE
  n bigint; identifier text; receipt text; recorded jsonb; was text := pg_catalog.current_setting('search_path');
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF current_setting('signoff.checked', true) IS DISTINCT FROM 'yes' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = 'signoff: refused: the checks at the top of this script have not passed in this session',
      HINT = 'Mend what they said, and run the whole script again, from its first statement.';
  END IF;
  SELECT count(*)
    INTO n
    FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n)
      JOIN "public"."signoff_revision" v ON l.n <= 3 AND (l.line::jsonb->>'selected')::boolean
        AND v.revision = l.line::jsonb->>'revision' AND v.state = 'applied';
  IF n <> 3 THEN
    RAISE EXCEPTION USING ERRCODE = 'SO009',
      MESSAGE = format('signoff: failed: %s of 3 revisions are applied, and all should be', n),
      HINT = 'Run this script again; status.sql tells what is recorded.';
  END IF;
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
    INTO recorded
    FROM "public"."signoff_revision" v
   WHERE v.project = 'linear';
  IF has_function_privilege('pg_control_system()', 'EXECUTE') THEN SELECT s.system_identifier::text INTO identifier FROM pg_control_system() s; END IF;
  receipt := json_build_object('format', 1, 'project', 'linear', 'database', current_database(), 'system_identifier', identifier,
      'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'bundle', current_setting('signoff.bundle'),
      'ticket', nullif(current_setting('signoff.ticket', true), ''), 'revisions', recorded)::text;
  PERFORM set_config('signoff.said',
      format('signoff: done: 3 of 3 revisions are applied%s%s%s',
          CASE WHEN current_setting('signoff.probe', true) = 'open' THEN ', once the transaction that is open in this session is committed' END, chr(10),
          receipt), false);
  PERFORM set_config('statement_timeout', coalesce(nullif(current_setting('signoff.timeout', true), ''), current_setting('statement_timeout')), false);
  PERFORM set_config('signoff.' || s.name, '', false)
    FROM unnest(ARRAY['timeout', 'checked', 'first_run', 'ticket', 'rows', 'surroundings', 'lock', 'enter', 'own', 'restore', 'record', 'ended', 'begin',
            'commit']) AS s (name);
  PERFORM set_config('search_path', was, true); END $signoff$;
SELECT pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('signoff.said'), pg_catalog.chr(10))) AS signoff;
