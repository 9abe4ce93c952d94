-- signoff plan · linear · base → 9a44e2d5806b · 3 revisions · plain SQL, for any client
-- tree    sha256:4ba21bb7d0a6009439dd877a710a7897576aa4d7f700e45e3b96dc505fbcfc56
-- bundle  sha256:a0a1dfdf8cdea2208d44ed620b4611d0adb85e8ebcc4edcc392d9bddb19141b2
-- run     all of it, from the first statement to the last, in one session of its own, autocommit on, stopping at the first error
-- It changes nothing. Its last statement is a query, whose rows are the answer.
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

-- 3. Preflight. Nothing is changed before every check has passed. First, what a run that broke off left in this session is put back.
DO $signoff$
DECLARE
  t regclass; e regclass; word text;
  path text := pg_catalog.current_setting('search_path'); who text := pg_catalog.current_setting('role');
BEGIN
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
    RAISE WARNING USING ERRCODE = 'SO003',
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
  IF to_regnamespace('"public"') IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: there is no schema "public" for the version table',
      HINT = 'Create it, or name another in [version_table] schema.';
  END IF;
  IF t IS NULL AND NOT has_schema_privilege('"public"'::regnamespace, 'CREATE') THEN
    RAISE WARNING USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not create the version table in schema %s', current_user, '"public"'),
      HINT = 'Is this the right database? If it is, run as the owner of the schema, or set [target] role.';
  END IF;
  IF t IS NOT NULL AND NOT (has_table_privilege(t, 'SELECT') AND coalesce(has_table_privilege(e, 'SELECT'), true)) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not read the version table %s and its event table', current_user, t),
      HINT = 'Run as its owner, or set [target] role.';
  END IF;
  IF t IS NOT NULL
      AND NOT (has_table_privilege(t, 'SELECT') AND has_table_privilege(t, 'INSERT') AND has_table_privilege(t, 'UPDATE') AND has_table_privilege(t, 'DELETE')
          AND coalesce(has_table_privilege(e, 'SELECT') AND has_table_privilege(e, 'INSERT'), true)) THEN
    RAISE WARNING USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not write the version table %s and its event table', current_user, t),
      HINT = 'Run as its owner, or set [target] role.';
  END IF;
  PERFORM set_config('signoff.checked', 'server', false), set_config('role', who, true), set_config('search_path', path, true); END $signoff$;
-- What is recorded here is compared with what this script was made from.
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
  SELECT string_agg(l.pid::text, ', ') INTO ahead FROM pg_locks l, LATERAL (SELECT hashtextextended('signoff:public.signoff_revision', 0) AS k) AS key
   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
     AND l.classid::bigint = (key.k >> 32) & 4294967295 AND l.objid::bigint = key.k & 4294967295;
  PERFORM set_config('signoff.said',
        concat_ws(chr(10), 'signoff: a run is going on here now: pid ' || ahead, current_setting('signoff.said'), 'signoff: nothing was changed'), false),
    set_config('signoff.checked', '', false);
  PERFORM set_config('role', who, true), set_config('search_path', path, true);
END $signoff$;
SELECT pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('signoff.said'), pg_catalog.chr(10))) AS signoff;
