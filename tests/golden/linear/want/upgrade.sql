\set ON_ERROR_STOP on
\if true
-- signoff upgrade · linear · base → 9a44e2d5806b · 3 revisions
-- tree    sha256:4ba21bb7d0a6009439dd877a710a7897576aa4d7f700e45e3b96dc505fbcfc56
-- bundle  sha256:bf478aba92b54ae5c76c838c52c4f4680db16bd5acb42d59e67d9abe5d29999d
-- run     psql -X -d DATABASE -f upgrade.sql
-- first   psql -X -d DATABASE -f plan.sql       (says what would run here, and changes nothing)
-- read    section 5 is what changes the database. The others are the frame, the same in every script but for names: it checks,
--         records what is done in "public"."signoff_revision" and "public"."signoff_event", clears what a stopped run of section 5 left
--         (an invalid index, a pending detach), and writes nowhere else.
--
--   1  5f1d0c3a9b27  Players and countries        one transaction
--   2  c07e4b6d11fa  Index players by country     2 steps, of which outside a transaction: CREATE INDEX CONCURRENTLY player_country_idx ON player (country) · SHARE UPDATE EXCLUSIVE on player
--   3  9a44e2d5806b  Best scores, it's "`top n`"  one transaction · ACCESS EXCLUSIVE on player
-- 1. Client settings: no .psqlrc changes what this script does. (The \if of line 2 makes a cut-off copy of this file fail.)
\set AUTOCOMMIT on
\set ON_ERROR_ROLLBACK off
\set SINGLELINE off
\set SINGLESTEP off
\set FETCH_COUNT 0
\set ECHO none
\set QUIET on
\set VERBOSITY default
\set SHOW_CONTEXT never
\timing off
\o
\pset pager off
\pset format aligned
\pset tuples_only off
\pset expanded off
\encoding UTF8

-- 2. Machinery, written once: a psql variable holds each piece, and :name runs it.
\set signoff_bundle 'sha256:bf478aba92b54ae5c76c838c52c4f4680db16bd5acb42d59e67d9abe5d29999d'
-- Refuses where a transaction is open (psql -1, a BEGIN of the session): a setting made locally lives on only inside one.
SELECT $m$
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.probe', 'open', true); END $signoff$;
DO $signoff$ BEGIN
  IF pg_catalog.current_setting('signoff.probe', true) OPERATOR(pg_catalog.=) 'open' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO001',
      MESSAGE = 'signoff: refused: a transaction is open in this session',
      HINT = 'Run with psql -X, without -1 / --single-transaction, and outside of BEGIN.';
  END IF;
END $signoff$;
$m$ AS signoff_probe \gset
-- Takes back whatever a revision left behind in the session; keeps the lock. Our own statements see pg_catalog only.
\set signoff_lock_timeout '5s'
SELECT $m$
RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;
SET statement_timeout = '0'; SET idle_in_transaction_session_timeout = 0; CLOSE ALL; UNLISTEN *; DISCARD TEMP;
DISCARD SEQUENCES; DISCARD PLANS; DEALLOCATE ALL;
SET search_path = pg_catalog, pg_temp; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET client_min_messages = warning;
SET lock_timeout = :'signoff_lock_timeout'; SET application_name = 'signoff';
DO $signoff$ BEGIN
  -- PostgreSQL 17 brought it.
  IF pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL THEN PERFORM pg_catalog.set_config('transaction_timeout', '0', false); END IF;
END $signoff$;
$m$ AS signoff_clean \gset
SELECT $m$
:signoff_clean
:signoff_probe
$m$ AS signoff_session \gset
-- How a revision's transaction begins and ends, and what comes after it.
-- Fires what is deferred. Where revisions share a transaction, each constraint by its name and then back as it was made: the next revision finds it so.
\set signoff_fire 'SET CONSTRAINTS ALL IMMEDIATE;'
SELECT $m$
DO $signoff$ DECLARE c record; BEGIN
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
END $signoff$;
$m$ AS signoff_fire_each \gset
\set signoff_open 'BEGIN :signoff_modes ;'
\set signoff_shut 'COMMIT;'
\set signoff_rest ':signoff_session'
-- Refuses unless this session holds the lock (a transaction pooler, a DISCARD ALL).
SELECT $m$
DO $signoff$ DECLARE k bigint := hashtextextended('signoff:public.signoff_revision', 0); BEGIN
  IF NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.granted AND l.objsubid = 1
                 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                 AND l.classid::bigint = (k >> 32) & 4294967295 AND l.objid::bigint = k & 4294967295) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002', MESSAGE = 'signoff: refused: this session does not hold the signoff lock',
      HINT = 'Is a transaction pooler in between? Connect to the server itself and run again.'; END IF; END $signoff$;
$m$ AS signoff_locked \gset
-- The surroundings that the author of a revision expects, and the way back to ours, in whatever transaction is open.
\set signoff_user 'RESET search_path;'
\set signoff_own 'RESET SESSION AUTHORIZATION; RESET ROLE; SET search_path = pg_catalog, pg_temp;'
\set signoff_modes ''
-- Is this one still to be done?
SELECT $m$
SELECT NOT :'signoff_put_off'::jsonb ? (:'signoff_row'::jsonb->>'revision')
  AND NOT EXISTS (SELECT FROM "public"."signoff_revision" v WHERE v.revision = :'signoff_row'::jsonb->>'revision' AND v.state = 'applied')
    AS signoff_todo \gset$m$ AS signoff_look \gset
-- Says to the log that a revision begins, and that it ended; what failed is what started and did not end.
SELECT $m$
SET signoff.row = :'signoff_row'; SET signoff.bundle = :'signoff_bundle'; SET signoff.ticket = :'signoff_ticket';
INSERT INTO "public"."signoff_event" (event, project, revision, bundle, ticket)
  SELECT 'started', 'linear', :'signoff_row'::jsonb->>'revision', :'signoff_bundle', nullif(:'signoff_ticket', '');
$m$ AS signoff_started \gset
SELECT $m$
INSERT INTO "public"."signoff_event" (event, project, revision, bundle, ticket)
  SELECT 'applied', 'linear', :'signoff_row'::jsonb->>'revision', :'signoff_bundle', nullif(:'signoff_ticket', '');
$m$ AS signoff_ended \gset
-- Records a revision as (being) applied, after its parents; its unique key serialises two runs even without the lock.
SELECT $m$
DO $signoff$
DECLARE m jsonb := current_setting('signoff.row'); p text; goal text := current_setting('signoff.state');
BEGIN
  FOR p IN SELECT jsonb_array_elements_text(coalesce(m->'parents', '[]') || coalesce(m->'depends_on', '[]')) LOOP
    IF NOT EXISTS (SELECT FROM "public"."signoff_revision" v WHERE v.revision = p AND v.state = 'applied') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002', MESSAGE = format('signoff: refused: revision %s needs %s first', m->>'revision', p); END IF; END LOOP;
  INSERT INTO "public"."signoff_revision" AS v (revision, project, kind, parents, depends_on, message, up, up1, variables, state, bundle, ticket)
    SELECT r.revision, 'linear', coalesce(r.kind, 'revision'), coalesce(r.parents, '{}'), coalesce(r.depends_on, '{}'), r.message, r.up, r.up1,
      r.variables, goal, current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket'), '')
    FROM jsonb_to_record(m) AS r(revision text, kind text, parents text[], depends_on text[], message text, up text, up1 text, variables text)
    ON CONFLICT (revision) DO UPDATE SET parents = excluded.parents, depends_on = excluded.depends_on, message = excluded.message, up = excluded.up,
      up1 = excluded.up1, variables = excluded.variables, state = excluded.state,
      steps = CASE goal WHEN 'applied' THEN '{}' ELSE v.steps END, bundle = excluded.bundle, ticket = coalesce(excluded.ticket, v.ticket),
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
$m$ AS signoff_enter \gset
-- One transaction: record first, then the revision's SQL, then make sure that the transaction is still ours.
SELECT $m$
:signoff_locked
:signoff_started
SET signoff.state = 'applied';
:signoff_open
:signoff_locked
:signoff_enter
:signoff_ended
:signoff_user
$m$ AS signoff_begin \gset
SELECT $m$
:signoff_fire
:signoff_own
SET signoff.row = :'signoff_row';
DO $signoff$ DECLARE this text := current_setting('signoff.row')::jsonb->>'revision'; BEGIN
  IF NOT EXISTS (SELECT FROM "public"."signoff_event" e WHERE e.revision = this AND e.xmin = pg_current_xact_id()::xid)
     OR NOT EXISTS (SELECT FROM "public"."signoff_revision" v WHERE v.revision = this AND v.xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s ended its transaction or changed its own record', this),
      HINT = 'Look at what it did before running anything: status.sql tells what is recorded.';
  END IF;
  IF current_setting('client_encoding') <> 'UTF8' OR current_setting('standard_conforming_strings') <> 'on' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s changed how the rest of its SQL is read: client_encoding or standard_conforming_strings',
        this),
      HINT = 'It is rolled back. A DO block or a function of it runs RESET ALL or SET NAMES: take that out.';
  END IF;
  UPDATE "public"."signoff_revision" SET applied_at = clock_timestamp() WHERE revision = this;
END $signoff$;
:signoff_shut
:signoff_rest
$m$ AS signoff_commit \gset
-- Outside a transaction: progress is recorded step by step. A step that can run in a transaction is recorded in it;
-- a bare one is recorded as begun ("…?", or "…!" where what it makes was there before), run, checked, and recorded as done.
SELECT $m$
:signoff_locked
:signoff_started
SET signoff.state = 'upgrading';
BEGIN;
:signoff_locked
:signoff_enter
COMMIT;
:signoff_session
$m$ AS signoff_begin_steps \gset
SELECT $m$
SELECT v.steps[:signoff_step] IS DISTINCT FROM s.digest AS signoff_todo, coalesce(v.steps[:signoff_step] LIKE s.digest || '?%', false) AS signoff_begun,
    coalesce(substring(v.steps[:signoff_step] from '[?]([0-9]+)$'), '0') AS signoff_oid,
    coalesce(substring(v.steps[:signoff_step] from '[?]([0-9,]+)$'), '') AS signoff_before, '?' AS signoff_mark
  FROM "public"."signoff_revision" v,
    LATERAL (SELECT :'signoff_row'::jsonb->'steps'->>(:signoff_step - 1) AS digest) s
 WHERE v.revision = :'signoff_row'::jsonb->>'revision' \gset$m$ AS signoff_step_look \gset
SELECT $m$
SET signoff.row = :'signoff_row'; SET signoff.step = :'signoff_step';
DO $signoff$ DECLARE m jsonb := current_setting('signoff.row'); i int := current_setting('signoff.step'); mark text := current_setting('signoff.mark'); BEGIN
  UPDATE "public"."signoff_revision" SET steps = steps[1:i - 1] || (m->'steps'->>(i - 1) || mark)
   WHERE revision = m->>'revision' AND state = 'upgrading' AND cardinality(steps) >= i - 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: refused: step %s of revision %s comes out of turn', i, m->>'revision'),
      HINT = 'Run again: it goes on where it stands now.';
  END IF;
END $signoff$;
$m$ AS signoff_step_record \gset
SELECT $m$
SET signoff.mark = '';
BEGIN :signoff_modes ;
:signoff_locked
:signoff_step_record
:signoff_user
$m$ AS signoff_step_begin \gset
SELECT $m$
SET CONSTRAINTS ALL IMMEDIATE;
:signoff_own
SET signoff.row = :'signoff_row';
DO $signoff$ BEGIN
  IF NOT EXISTS (SELECT FROM "public"."signoff_revision" v
       WHERE v.revision = current_setting('signoff.row')::jsonb->>'revision' AND v.xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s ended its transaction or changed its own record', current_setting('signoff.row')::jsonb->>'revision'),
      HINT = 'Look at what it did before running anything: status.sql tells what is recorded.';
  END IF;
  IF current_setting('client_encoding') <> 'UTF8' OR current_setting('standard_conforming_strings') <> 'on' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s changed how the rest of its SQL is read: client_encoding or standard_conforming_strings',
        current_setting('signoff.row')::jsonb->>'revision'),
      HINT = 'It is rolled back. A DO block or a function of it runs RESET ALL or SET NAMES: take that out.';
  END IF;
END $signoff$;
COMMIT;
:signoff_session
$m$ AS signoff_step_commit \gset
SELECT $m$
:signoff_session
:signoff_locked
SET signoff.mark = :'signoff_mark';
:signoff_step_record
:signoff_user
$m$ AS signoff_bare \gset
SELECT $m$
:signoff_session
:signoff_locked
SET signoff.mark = '';
:signoff_step_record
$m$ AS signoff_bare_done \gset
-- Before a look at the catalog: its own types and operators come first, and what the author's search_path finds stays visible.
SELECT $m$
DO $signoff$ BEGIN
  PERFORM pg_catalog.set_config('search_path', pg_catalog.rtrim(pg_catalog.concat('pg_catalog, ', pg_catalog.current_setting('search_path')), ', '), false);
END $signoff$;
$m$ AS signoff_see \gset
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
SELECT $m$
BEGIN;
:signoff_locked
SET LOCAL signoff.row = :'signoff_row';
DO $signoff$ DECLARE m jsonb := current_setting('signoff.row'); BEGIN
  UPDATE "public"."signoff_revision" v SET state = 'applied', applied_at = clock_timestamp(),
      steps = v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]
   WHERE v.revision = m->>'revision' AND v.state = 'upgrading'
     AND to_jsonb(v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]) = coalesce(m->'steps', '[]');
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: refused: not every step of revision %s is recorded as done', m->>'revision'),
      HINT = 'Run again: it goes on where it stands now.';
  END IF;
END $signoff$;
:signoff_ended
COMMIT;
:signoff_session
$m$ AS signoff_end_steps \gset
-- After rows with given values of an identity or serial column, its sequence goes on behind the highest.
SELECT $m$
SET signoff.relation = :'signoff_table'; SET signoff.columns = :'signoff_columns';
DO $signoff$ DECLARE c text; s text; BEGIN
  FOR c IN SELECT pg_catalog.jsonb_array_elements_text(pg_catalog.current_setting('signoff.columns')::pg_catalog.jsonb) LOOP
    s := pg_catalog.pg_get_serial_sequence(pg_catalog.current_setting('signoff.relation'), c);
    IF s IS NOT NULL THEN
      EXECUTE pg_catalog.format('SELECT pg_catalog.setval(%1$L, pg_catalog.max(%2$I)) FROM %3$s HAVING pg_catalog.max(%2$I) >= (SELECT last_value FROM %4$s)',
          s, c, pg_catalog.current_setting('signoff.relation'), s);
    END IF;
  END LOOP;
END $signoff$;
$m$ AS signoff_setval \gset

-- A pooler that gives each transaction another session would lose our lock and leave our settings to strangers. Where psql's own name is
-- what the session started with, nobody is in between. Else: does a lock outlive its client? (No statement of ours heeds the caller's timeout.)
SET statement_timeout = 0;
:signoff_probe
RESET application_name;
SELECT pg_catalog.current_setting('application_name') OPERATOR(pg_catalog.=) 'psql' AS signoff_direct \gset
\if :signoff_direct
\else
\echo 'signoff: a pooler may be in between: connecting once more to see (without PGAPPNAME that is not needed)'
SELECT pg_catalog.pg_backend_pid() AS signoff_pid,
  pg_catalog.floor(pg_catalog.random() OPERATOR(pg_catalog.*) 2147483647)::pg_catalog.int4 AS signoff_mark \gset
SELECT pg_catalog.pg_try_advisory_lock(:signoff_pid, :signoff_mark) AS signoff_tried \gset
\connect -
\encoding UTF8
SET statement_timeout = 0;
SELECT pg_catalog.set_config('signoff.mark', pg_catalog.concat(:'signoff_pid', ' ', :'signoff_mark'), false) AS signoff_tried \gset
DO $signoff$
DECLARE
  mark pg_catalog.text := pg_catalog.current_setting('signoff.mark', true); held pg_catalog.bool := true; mine pg_catalog.bool; i pg_catalog.int4 := 0;
BEGIN
  PERFORM pg_catalog.set_config('signoff.mark', '', false); COMMIT;
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  -- A session that has ended, or was cleaned for the next client, lets go of it at once.
  WHILE held AND i < 100 LOOP
    SELECT count(*) > 0, coalesce(bool_or(l.pid = pg_backend_pid()), false)
      INTO held, mine
      FROM pg_locks l
     WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid::bigint = split_part(mark, ' ', 1)::bigint
       AND l.objid::bigint = split_part(mark, ' ', 2)::bigint;
    IF held AND NOT mine THEN PERFORM pg_sleep(0.05); i := i + 1; ELSE i := 100; END IF;
  END LOOP;
  IF mine THEN PERFORM pg_advisory_unlock(split_part(mark, ' ', 1)::int, split_part(mark, ' ', 2)::int); END IF;
  IF held OR coalesce(mark, '') = '' THEN
    RESET statement_timeout; COMMIT;
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: a pooler is in between that hands sessions on between transactions',
      HINT = 'Nothing was changed. Connect to the server itself, at its own host and port. '
        '(A pooler in session mode is fine where its server_reset_query is DISCARD ALL.)';
  END IF;
END $signoff$;
\endif
:signoff_session
-- The revisions, as they will be recorded: "selected" are this script's own, the others must be there already.
\set signoff_row_1 '{"revision":"5f1d0c3a9b27","kind":"revision","parents":[],"message":"Players and countries","up":"sha256:70205f810a6a94468b9841d6415c792e334bd3d7115ae3c6989df19481151771","up1":"sha256:473ad2346dc4e2e966e9603f8ec4c51a0c846491255cf96e35706ac2df66324c","selected":true}'
\set signoff_row_2 '{"revision":"c07e4b6d11fa","kind":"revision","parents":["5f1d0c3a9b27"],"message":"Index players by country","up":"sha256:176b65e3c4d333409b4ba577e6d78078949d3e7bf373ee7a13b4363da9ec44d3","up1":"sha256:bb58cc825a7a503a06e61d1771aadfbab813368119dab6550556c7661d990001","steps":["5dc8fb31869fee59","2efcc6e7d23798d5"],"selected":true}'
\set signoff_row_3 '{"revision":"9a44e2d5806b","kind":"revision","parents":["c07e4b6d11fa"],"message":"Best scores, it''s \\"`top n`\\"","up":"sha256:6098b2b8e1ff83b82b474de1f969ad6e9104f538bc8c19912e7886b54d68e116","up1":"sha256:82f3a876001cce7e903aa22f25840327b084436176e0f55d4dd20c1b1b8245a5","selected":true}'
SELECT coalesce(pg_catalog.jsonb_agg(e ORDER BY n), '[]') AS signoff_manifest
  FROM pg_catalog.unnest(ARRAY[:'signoff_row_1',:'signoff_row_2',:'signoff_row_3']::pg_catalog.jsonb[])
    WITH ORDINALITY AS t (e, n) \gset
-- 3. What was typed with -v is checked before anything else: a value that is not understood refuses, and a name that is often typed by mistake.
-- psql can't list its variables, so the line that says what is in force is there to be read.
\set signoff_typed_dry_run :dry_run
\unset dry_run
\set signoff_typed_first_run :first_run
\unset first_run
\set signoff_typed_lock_timeout :lock_timeout
\unset lock_timeout
\set signoff_typed_lock_wait :lock_wait
\unset lock_wait
\set signoff_typed_ticket :ticket
\unset ticket
\set signoff_typed_until :until
\unset until
SELECT coalesce(string_agg(t.name, ', '), '') AS signoff_misspelt,
  jsonb_strip_nulls(jsonb_build_object(
    'dry_run', nullif(:'signoff_typed_dry_run', ':dry_run'),
    'first_run', nullif(:'signoff_typed_first_run', ':first_run'),
    'lock_timeout', nullif(:'signoff_typed_lock_timeout', ':lock_timeout'),
    'lock_wait', nullif(:'signoff_typed_lock_wait', ':lock_wait'),
    'ticket', nullif(:'signoff_typed_ticket', ':ticket'),
    'until', nullif(:'signoff_typed_until', ':until')))
    AS signoff_typed
  FROM (VALUES
    ('DRY_RUN', :{?DRY_RUN}), ('DryRun', :{?DryRun}), ('Dry_run', :{?Dry_run}), ('FIRST_RUN', :{?FIRST_RUN}),
    ('LOCK_TIMEOUT', :{?LOCK_TIMEOUT}), ('LOCK_WAIT', :{?LOCK_WAIT}), ('Lock_timeout', :{?Lock_timeout}), ('Lock_wait', :{?Lock_wait}),
    ('TICKET', :{?TICKET}), ('Ticket', :{?Ticket}), ('UNTIL', :{?UNTIL}), ('Until', :{?Until}),
    ('change', :{?change}), ('change_id', :{?change_id}), ('dr_yrun', :{?dr_yrun}), ('dry', :{?dry}),
    ('dryRn', :{?dryRn}), ('dryRun', :{?dryRun}), ('dry_rn', :{?dry_rn}), ('dry_rnu', :{?dry_rnu}),
    ('dry_run_only', :{?dry_run_only}), ('dry_urn', :{?dry_urn}), ('dryrn', :{?dryrn}), ('dryrun', :{?dryrun}),
    ('dryun', :{?dryun}), ('dyr_run', :{?dyr_run}), ('first', :{?first}), ('firstRun', :{?firstRun}),
    ('first_rn', :{?first_rn}), ('first_time', :{?first_time}), ('firstrun', :{?firstrun}), ('force', :{?force}),
    ('itcket', :{?itcket}), ('lockTimeout', :{?lockTimeout}), ('lockWait', :{?lockWait}), ('lock_time', :{?lock_time}),
    ('lock_time_out', :{?lock_time_out}), ('lock_timeot', :{?lock_timeot}), ('lock_timout', :{?lock_timout}), ('lock_waits', :{?lock_waits}),
    ('locktimeout', :{?locktimeout}), ('lockwait', :{?lockwait}), ('lockwaits', :{?lockwaits}), ('noop', :{?noop}),
    ('nutil', :{?nutil}), ('plan', :{?plan}), ('plan_only', :{?plan_only}), ('preview', :{?preview}),
    ('rdy_run', :{?rdy_run}), ('rehearsal', :{?rehearsal}), ('rehearse', :{?rehearse}), ('rev', :{?rev}),
    ('revision', :{?revision}), ('simulate', :{?simulate}), ('single_transaction', :{?single_transaction}), ('stop_at', :{?stop_at}),
    ('target', :{?target}), ('tciket', :{?tciket}), ('test', :{?test}), ('ticekt', :{?ticekt}),
    ('ticketId', :{?ticketId}), ('ticket_id', :{?ticket_id}), ('ticket_no', :{?ticket_no}), ('ticket_nr', :{?ticket_nr}),
    ('ticket_number', :{?ticket_number}), ('tickets', :{?tickets}), ('tickt', :{?tickt}), ('tickte', :{?tickte}),
    ('tikcet', :{?tikcet}), ('tiket', :{?tiket}), ('till', :{?till}), ('tkt', :{?tkt}),
    ('to', :{?to}), ('unitl', :{?unitl}), ('unti', :{?unti}), ('until_', :{?until_}),
    ('until_rev', :{?until_rev}), ('until_revision', :{?until_revision}), ('untill', :{?untill}), ('untl', :{?untl}),
    ('untli', :{?untli}), ('up_to', :{?up_to}), ('util', :{?util}), ('utnil', :{?utnil}),
    ('wait', :{?wait}))
    AS t (name, typed)
 WHERE t.typed \gset
SET signoff.misspelt = :'signoff_misspelt'; SET signoff.typed = :'signoff_typed'; SET signoff.manifest = :'signoff_manifest';
DO $signoff$
DECLARE
  k text; v text; typed jsonb := current_setting('signoff.typed');
  given jsonb := '{"dry_run":false,"first_run":false,"lock_timeout":"5s","lock_wait":"30s","ticket":"","until":""}';
  found text[]; m jsonb := current_setting('signoff.manifest'); said text := '';
BEGIN
  PERFORM set_config('signoff.put_off', '[]', false);
  IF current_setting('signoff.misspelt') <> '' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO010',
      MESSAGE = format('signoff: refused: -v %s is not understood', current_setting('signoff.misspelt')),
      HINT = 'The modes are dry_run, first_run, lock_timeout, lock_wait, ticket, until; nothing was changed.';
  END IF;
  FOR k, v IN SELECT * FROM jsonb_each_text(typed) ORDER BY 1 LOOP
    v := btrim(v);
    IF v = '' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO010', MESSAGE = format('signoff: refused: -v %s= has no value', k), HINT = 'Give it one, or leave it out.';
    END IF;
    IF k IN ('dry_run', 'first_run') THEN
      IF lower(v) NOT IN ('0', '1', 'off', 'on', 'false', 'true', 'no', 'yes') THEN RAISE EXCEPTION USING ERRCODE = 'SO010',
        MESSAGE = format('signoff: refused: %s=%s is not understood', k, v), HINT = format('Write -v %s=1, or leave it out.', k); END IF;
      v := lower(v) IN ('1', 'on', 'true', 'yes');
    ELSIF k IN ('lock_timeout', 'lock_wait') THEN
      BEGIN
        PERFORM set_config('lock_timeout', v, true);
        IF v !~ '^(0|[0-9.]+ *[a-z]+)$' THEN RAISE invalid_parameter_value; END IF;
      EXCEPTION WHEN invalid_parameter_value OR numeric_value_out_of_range THEN
        RAISE EXCEPTION USING ERRCODE = 'SO010',
          MESSAGE = format('signoff: refused: %s=%s is not understood', k, v),
          HINT = 'Write a number and its unit: 500ms, 10s, 2min.';
      END;
      IF k = 'lock_wait' THEN v := (SELECT s.setting || ' ms' FROM pg_settings s WHERE s.name = 'lock_timeout'); END IF;
    ELSIF k = 'ticket' THEN
      IF length(v) > 200 OR v ~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]' THEN
        RAISE EXCEPTION USING ERRCODE = 'SO010',
          MESSAGE = 'signoff: refused: this ticket is longer than 200 characters or holds a control character',
          HINT = 'Write it on one line, as the change board knows it.';
      END IF;
    ELSIF k = 'until' THEN
      SELECT array_agg(e->>'revision' ORDER BY n)
        INTO found
        FROM jsonb_array_elements(m) WITH ORDINALITY AS a (e, n)
       WHERE (e->>'selected')::boolean
         AND (e->>'revision' = v OR length(v) >= 4 AND starts_with(e->>'revision', v));
      IF v = ANY (found) THEN found := ARRAY[v]; END IF;
      IF cardinality(found) IS DISTINCT FROM 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'SO010',
          MESSAGE = CASE WHEN found IS NULL THEN format('signoff: refused: until=%s names no revision of this script', v)
              ELSE format('signoff: refused: until=%s could be %s', v, array_to_string(found, ' or ')) END,
          HINT = 'Write the id of one revision that this script applies, or at least four characters of it: '
          || (SELECT string_agg(CASE WHEN t.n <= 12 THEN t.e->>'revision' ELSE '...' END, ', ' ORDER BY t.n)
              FROM (SELECT x.e, row_number() OVER (ORDER BY x.n) AS n
                  FROM jsonb_array_elements(m) WITH ORDINALITY AS x (e, n)
                 WHERE (x.e->>'selected')::boolean) t
             WHERE t.n <= 13);
      END IF;
      v := found[1];
      PERFORM set_config('signoff.put_off', coalesce((
        WITH RECURSIVE edge (a, b) AS MATERIALIZED (SELECT p, e->>'revision'
            FROM jsonb_array_elements(m) AS t (e), jsonb_array_elements_text(coalesce(e->'parents', '[]') || coalesce(e->'depends_on', '[]')) AS p),
          wanted (r) AS (SELECT v UNION SELECT edge.a FROM wanted JOIN edge ON edge.b = wanted.r)
        SELECT jsonb_agg(e->>'revision')
          FROM jsonb_array_elements(m) AS t (e)
         WHERE (e->>'selected')::boolean AND NOT EXISTS (SELECT FROM wanted WHERE wanted.r = e->>'revision')), '[]')::text, false);
    END IF;
    given := given || jsonb_build_object(k, v);
    said := said || format(', %s=%s', k, CASE k WHEN 'lock_wait' THEN typed->>k ELSE v END);
  END LOOP;
  PERFORM set_config('signoff.given', given::text, false), set_config('signoff.first_run', given->>'first_run', false),
    set_config('signoff.lock_wait', given->>'lock_wait', false),
    set_config('signoff.said',
        format('signoff: database %s, user %s%s', current_database(), session_user,
              CASE WHEN current_user <> session_user THEN ' as ' || current_user ELSE '' END)
          || CASE WHEN said = '' THEN '; nothing asked with -v' ELSE said END, false);
END $signoff$;
SELECT g->>'dry_run' AS signoff_dry_run, g->>'lock_timeout' AS signoff_lock_timeout, g->>'ticket' AS signoff_ticket, g->>'until' AS signoff_until,
    current_setting('signoff.put_off') AS signoff_put_off, current_setting('signoff.said') AS signoff_said
  FROM (SELECT current_setting('signoff.given')::jsonb AS g) AS given \gset
SET lock_timeout = :'signoff_lock_timeout';
\echo :signoff_said

-- 4. Preflight. Nothing is changed before every check has passed.
DO $signoff$ DECLARE t regclass; e regclass; c record; BEGIN
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
      HINT = 'default_transaction_read_only is on for this server, database or role.';
  END IF;
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: this database is encoded in %s, and the script is UTF8', current_setting('server_encoding')),
      HINT = 'Only UTF8 databases are supported.';
  END IF;
  IF (SELECT s.reset_val FROM pg_settings s WHERE s.name = 'standard_conforming_strings') <> 'on' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: standard_conforming_strings is off here where nothing else is said, so a RESET in a migration would turn text into commands',
      HINT = 'It is set for the server, the database, the role or in PGOPTIONS. For this run: PGOPTIONS=''-c standard_conforming_strings=on''.';
  END IF;
  IF to_regnamespace('"public"') IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: there is no schema "public" for the version table',
      HINT = 'Create it, or name another in [version_table] schema.';
  END IF;
  IF NOT has_schema_privilege('"public"'::regnamespace, 'USAGE') THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not look into schema %s, where the version table is', current_user, '"public"'),
      HINT = 'Run as the owner of the version table, or set [target] role.';
  END IF;
  t := to_regclass('"public"."signoff_revision"'); e := to_regclass('"public"."signoff_event"');
  FOR c IN SELECT r.oid, r.relname, r.relkind, r.relhasrules FROM pg_class r WHERE r.oid IN (t, e) LOOP
    IF c.relkind IN ('v', 'p', 'm') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s is not an ordinary table', c.relname),
        HINT = 'What is recorded must be in a table as this script makes it.';
    END IF;
    IF c.relkind = 'r' AND c.relhasrules AND EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s has rules, which may rewrite what is recorded', c.relname),
        HINT = 'Drop them.';
    END IF;
    IF row_security_active(c.oid) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO003',
        MESSAGE = format('signoff: refused: row-level security hides rows of %s from %s', c.relname, current_user),
        HINT = 'Run as its owner, or disable it there: ALTER TABLE ... NO FORCE ROW LEVEL SECURITY.';
    END IF;
  END LOOP;
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
END $signoff$;
-- One run at a time. Polled, never blocking: a blocked waiter makes another session's CREATE INDEX CONCURRENTLY fail.
SET statement_timeout = 0;
DO $signoff$
DECLARE
  k bigint := hashtextextended('signoff:public.signoff_revision', 0);
  until timestamptz := clock_timestamp() + current_setting('signoff.lock_wait')::interval; told boolean := false; h record;
BEGIN
  LOOP
    EXIT WHEN pg_try_advisory_lock(k);
    SELECT a.pid, a.usename, a.client_addr, a.backend_start INTO h FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
       AND l.classid::bigint = (k >> 32) & 4294967295 AND l.objid::bigint = k & 4294967295 LIMIT 1;
    IF clock_timestamp() >= until THEN
      RAISE EXCEPTION USING ERRCODE = 'SO004',
        MESSAGE = format('signoff: refused: another run holds the lock: pid %s, user %s, from %s, connected since %s', h.pid, h.usename,
            coalesce(h.client_addr::text, 'a local socket'), h.backend_start),
        HINT = CASE WHEN cardinality(pg_blocking_pids(h.pid)) > 0 THEN format('It waits for pid %s. ', array_to_string(pg_blocking_pids(h.pid), ', '))
              ELSE '' END
          || 'Nothing was changed. Wait for it to end, then run again, or wait longer with -v lock_wait=10min. '
            'A psql that was killed leaves its statement running on the server until that ends.';
    END IF;
    IF NOT told THEN RAISE WARNING 'signoff: another run holds the lock (pid %, user %): waiting for it', h.pid, h.usename; told := true; END IF;
    COMMIT; PERFORM pg_sleep(0.25); COMMIT;
  END LOOP;
END $signoff$;
SET statement_timeout = '0';

-- What is recorded here is compared with what this script was made from.
SELECT coalesce(pg_catalog.jsonb_agg(e ORDER BY n), '[]') AS signoff_again
  FROM pg_catalog.unnest(ARRAY[]::pg_catalog.jsonb[])
    WITH ORDINALITY AS t (e, n) \gset
SET signoff.again = :'signoff_again';
\set signoff_others '{}'
SET signoff.bundle = :'signoff_bundle'; SET signoff.others = :'signoff_others';
DO $signoff$
DECLARE
  manifest jsonb := current_setting('signoff.manifest'); others jsonb := current_setting('signoff.others');
  put_off jsonb := current_setting('signoff.put_off'); first_run boolean := current_setting('signoff.first_run');
  again_rows jsonb := current_setting('signoff.again');
  t regclass; r record; recorded jsonb := '[]'; fresh boolean; todo bigint; total bigint; todo_names text; ahead text; over text; said text;
  mine jsonb := '[]'; again text; kept text;
  jit text := pg_catalog.current_setting('jit');
BEGIN
  t := to_regclass('"public"."signoff_revision"');
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
      HINT = 'Is this the right database? If it is, and nothing of this tree is applied here yet, add -v first_run=1. '
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
  PERFORM set_config('signoff.summary', said, false);
END $signoff$;
SELECT pg_catalog.current_setting('signoff.summary') AS signoff_summary, pg_catalog.current_setting('signoff.repeat') AS signoff_repeat \gset
\echo :signoff_summary
\if :signoff_dry_run
SET signoff.apart = '[["c07e4b6d11fa","`CREATE INDEX CONCURRENTLY player_country_idx ON player (country)` runs outside of a transaction"]]';
DO $signoff$
DECLARE
  m jsonb := current_setting('signoff.manifest'); put_off jsonb := current_setting('signoff.put_off'); recorded jsonb := '{}'; skipped jsonb := '{}';
BEGIN
  IF to_regclass('"public"."signoff_revision"') IS NOT NULL THEN
    SELECT coalesce(jsonb_object_agg(v.revision, v.state), '{}') INTO recorded FROM "public"."signoff_revision" v;
  END IF;
  WITH RECURSIVE edge (a, b) AS MATERIALIZED (SELECT p, e->>'revision'
            FROM jsonb_array_elements(m) AS t (e), jsonb_array_elements_text(coalesce(e->'parents', '[]') || coalesce(e->'depends_on', '[]')) AS p),
      seed (r, why) AS (SELECT s->>0, s->>1
          FROM jsonb_array_elements(current_setting('signoff.apart')::jsonb) AS t (s)
         WHERE recorded->>(s->>0) IS DISTINCT FROM 'applied' AND NOT put_off ? (s->>0)),
      blocked (r) AS (SELECT r FROM seed UNION SELECT edge.b FROM blocked JOIN edge ON edge.a = blocked.r)
  SELECT coalesce(jsonb_object_agg(r, coalesce((SELECT why FROM seed WHERE seed.r = blocked.r), 'comes after one that is not rehearsed')), '{}')
    INTO skipped
    FROM blocked
   WHERE NOT put_off ? r AND EXISTS (SELECT FROM jsonb_array_elements(m) AS t (e) WHERE (e->>'selected')::boolean AND e->>'revision' = r);
  IF skipped <> '{}' THEN
    PERFORM set_config('signoff.repeat', 'false', false),
      set_config('signoff.put_off', (put_off || (SELECT jsonb_agg(k) FROM jsonb_object_keys(skipped) AS k))::text, false);
  END IF;
  PERFORM set_config('signoff.said',
      'signoff: a rehearsal, rolled back at its end. It takes the real locks and holds them until then, and what sequences gave out stays given out: '
        'it is meant for a copy.'
        || CASE WHEN skipped = '{}' THEN ''
            ELSE E'\nsignoff: not rehearsed:'
              || (SELECT string_agg(format(E'\n  %s  %s  (%s)', e->>'revision', e->>'message', skipped->>(e->>'revision')), '' ORDER BY n)
                  FROM jsonb_array_elements(m) WITH ORDINALITY AS t (e, n)
                 WHERE skipped ? (e->>'revision')) END, false);
END $signoff$;
SELECT current_setting('signoff.put_off') AS signoff_put_off, current_setting('signoff.repeat') AS signoff_repeat,
  current_setting('signoff.said') AS signoff_said \gset
\echo :signoff_said
\endif
RESET signoff.manifest;
-- What the revisions still to be done need of this server, as far as their SQL tells. Asked before anything is changed.
SELECT to_regclass('"public"."signoff_revision"') IS NOT NULL AS signoff_there \gset
\set signoff_recorded '{}'
\if :signoff_there
SELECT coalesce(jsonb_object_agg(v.revision, v.state), '{}') AS signoff_recorded FROM "public"."signoff_revision" v \gset
\endif
-- Numbers are those of the list at the top. What was begun passed this check then, and its finished steps may have given rights away.
SELECT coalesce(jsonb_object_agg(x.n, x.revision) FILTER (WHERE x.state IS NULL), '{}') AS signoff_pending,
    coalesce(jsonb_object_agg(x.n, x.revision), '{}') AS signoff_waiting, count(*) > 0 AS signoff_any
  FROM (SELECT y.*, :'signoff_recorded'::jsonb->>y.revision AS state
      FROM (SELECT m.e->>'revision' AS revision, row_number() OVER (ORDER BY m.n) AS n
          FROM jsonb_array_elements(:'signoff_manifest'::jsonb) WITH ORDINALITY AS m (e, n)
         WHERE (m.e->>'selected')::boolean) y) x
 WHERE NOT :'signoff_put_off'::jsonb ? x.revision AND x.state IS DISTINCT FROM 'applied' \gset
\if :signoff_any
\set signoff_missing '[]'
SELECT $m$
WITH todo AS (SELECT t.key::int AS n, t.value AS revision FROM jsonb_each_text(:'signoff_pending'::jsonb) AS t),
  line AS (SELECT q.n, q.e, q.e->>'need' AS need, q.e->>'schema' AS schema, q.e->>'name' AS name
      FROM jsonb_array_elements(:'signoff_needs'::jsonb) WITH ORDINALITY AS q (e, n)),
  asked AS (SELECT l.n, min(t.n) AS first
      FROM line l CROSS JOIN LATERAL jsonb_array_elements_text(l.e->'by') AS b (n) JOIN todo t ON t.n = b.n::int
        LEFT JOIN todo a ON a.n = (l.e->>'after')::int
     WHERE a.n IS NULL
      GROUP BY l.n),
  found AS (SELECT l.*, a.first, t.revision, :'signoff_who'::name AS who FROM line l JOIN asked a USING (n) JOIN todo t ON t.n = a.first),
  relation AS (SELECT f.n, c.oid, c.relowner AS owner, n.oid AS schema, n.nspname, n.nspowner, f.schema IS NULL AS by_path,
        CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind,
        coalesce((SELECT format('%I.%I', tn.nspname, tc.relname)
                  FROM pg_index i JOIN pg_class tc ON tc.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = tc.relnamespace
                 WHERE i.indexrelid = c.oid), format('%I.%I', n.nspname, c.relname)) AS name,
        row_number() OVER (PARTITION BY f.n ORDER BY array_position(:'signoff_path'::name[], n.nspname)) AS nth
      FROM found f JOIN pg_class c ON c.relname = f.name::name JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE f.need NOT IN ('own type', 'extension', 'role') AND (n.nspname = f.schema::name OR f.schema IS NULL AND n.nspname = ANY (:'signoff_path'::name[]))
  ),
  missing (sure, n, what, how) AS (
    SELECT true, f.n, NULL, NULL FROM found f WHERE false
    UNION ALL SELECT true, f.n, format('a schema to create in: none of the search_path of %s is there', f.who),
        'Set [target] search_path and compile, or ALTER ROLE ... SET search_path;'
      FROM found f
     WHERE f.need = 'create' AND f.schema IS NULL AND :'signoff_schema' = ''
    UNION ALL SELECT true, f.n, format('CREATE on schema %I', s.nspname), format('GRANT CREATE ON SCHEMA %I TO %I;', s.nspname, f.who)
      FROM found f JOIN pg_namespace s ON s.nspname = coalesce(f.schema, :'signoff_schema')::name
     WHERE f.need = 'create' AND NOT has_schema_privilege(f.who, s.oid, 'CREATE')
    UNION ALL SELECT true, f.n, format('USAGE on schema %I', r.nspname), format('GRANT USAGE ON SCHEMA %I TO %I;', r.nspname, f.who)
      FROM found f JOIN relation r USING (n)
     WHERE NOT r.by_path AND NOT has_schema_privilege(f.who, r.schema, 'USAGE')
    UNION ALL SELECT true, f.n, format('ownership of %s %s, which is %s''s', r.kind, r.name, pg_get_userbyid(r.owner)),
        format('ALTER %s %s OWNER TO %I;', r.kind, r.name, f.who)
      FROM found f JOIN relation r USING (n)
     WHERE r.nth = 1 AND f.need IN ('own', 'index', 'drop', 'own type') AND NOT pg_has_role(f.who, r.owner, 'USAGE')
       AND NOT (f.need = 'drop' AND pg_has_role(f.who, r.nspowner, 'USAGE'))
    UNION ALL SELECT true, f.n, format('CREATE on schema %I', r.nspname), format('GRANT CREATE ON SCHEMA %I TO %I;', r.nspname, f.who)
      FROM found f JOIN relation r USING (n)
     WHERE r.nth = 1 AND f.need = 'index' AND NOT has_schema_privilege(f.who, r.schema, 'CREATE')
    UNION ALL SELECT true, f.n, format('%s on %s', f.need, r.name), format('GRANT %s ON %s TO %I;', f.need, r.name, f.who)
      FROM found f JOIN relation r USING (n)
     WHERE r.nth = 1
       AND CASE WHEN f.need IN ('INSERT', 'UPDATE') THEN NOT has_any_column_privilege(f.who, r.oid, f.need)
           WHEN f.need IN ('DELETE', 'TRUNCATE', 'TRIGGER') THEN NOT has_table_privilege(f.who, r.oid, f.need) END
  ),
  once AS (SELECT DISTINCT ON (m.what, m.how) m.sure, m.what, m.how, f.first, f.revision
      FROM missing m JOIN found f USING (n)
      ORDER BY m.what, m.how, f.first)
SELECT :'signoff_missing'::jsonb || coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.first, o.what), '[]') AS signoff_missing
  FROM once o \gset$m$ AS signoff_ask \gset
-- "by": their numbers in the list at the top. While "after" is still to be done nobody asks, for it makes the object.
SELECT $m0$[
{"need":"create","by":[1,3]},
{"need":"index","name":"player","by":[2],"after":1},
{"need":"own","name":"player","by":[3],"after":1},
{"need":"UPDATE","name":"player","by":[3],"after":1}]$m0$ AS signoff_needs \gset
RESET search_path;
SELECT current_user AS signoff_who, coalesce(pg_catalog.current_schema()::pg_catalog.text, '') AS signoff_schema,
  pg_catalog.current_schemas(true)::pg_catalog.text AS signoff_path \gset
:signoff_session
:signoff_ask
SET signoff.missing = :'signoff_missing';
DO $signoff$ DECLARE sure text; how text; maybe text; maybe_how text; BEGIN
  SELECT string_agg(m.line, '' ORDER BY m.n) FILTER (WHERE m.sure), string_agg(m.how, E'\n       ' ORDER BY m.n) FILTER (WHERE m.sure),
      string_agg(m.line, '' ORDER BY m.n) FILTER (WHERE NOT m.sure), string_agg(m.how, E'\n       ' ORDER BY m.n) FILTER (WHERE NOT m.sure)
    INTO sure, how, maybe, maybe_how
    FROM (SELECT a.n, (a.e->>'sure')::boolean AS sure, a.e->>'how' AS how, format(E'\n  revision %s needs %s', a.e->>'revision', a.e->>'what') AS line
        FROM jsonb_array_elements(current_setting('signoff.missing')::jsonb) WITH ORDINALITY AS a (e, n)) m;
  IF maybe IS NOT NULL THEN RAISE WARNING USING MESSAGE = 'signoff: this may be missing here:' || maybe, HINT = maybe_how; END IF;
  IF sure IS NOT NULL THEN RAISE EXCEPTION USING ERRCODE = 'SO003', MESSAGE = 'signoff: refused: this is missing here:' || sure, HINT = how; END IF;
END $signoff$;
-- What runs CONCURRENTLY waits until older transactions have ended. Who has one open is told; nobody is stopped, and nothing refused.
SET signoff.pending = :'signoff_waiting'; SET statement_timeout = 0;
DO $signoff$ DECLARE waits text; said text; hidden text[]; BEGIN
  SELECT p.value
    INTO waits
    FROM jsonb_each_text(current_setting('signoff.pending')::jsonb) AS p
   WHERE p.key::int IN (2)
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
SET statement_timeout = '0';
\endif
\if :signoff_dry_run
-- A rehearsal is one transaction around everything, and it is rolled back at the close.
\set signoff_fire ':signoff_fire_each'
\set signoff_open ''
\set signoff_shut ''
\set signoff_rest ':signoff_clean'
BEGIN;
\endif
DO $signoff$ BEGIN IF to_regclass('"public"."signoff_revision"') IS NULL THEN
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
END IF; END $signoff$;
DO $signoff$ BEGIN
    IF obj_description(to_regclass('"public"."signoff_revision"'), 'pg_class')
          IS DISTINCT FROM 'signoff_revision 1'
        AND pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass('"public"."signoff_revision"')), 'USAGE') THEN
      COMMENT ON TABLE "public"."signoff_revision" IS 'signoff_revision 1';
    END IF;
END $signoff$;
-- What a downgrade began here, and did nothing of, is on the record as before.
WITH idle AS (
  UPDATE "public"."signoff_revision" v
    SET state = 'applied', steps = ARRAY(SELECT jsonb_array_elements_text(coalesce(m.e->'steps', '[]')))
    FROM jsonb_array_elements(:'signoff_manifest'::jsonb) AS m (e)
   WHERE v.revision = m.e->>'revision' AND (m.e->>'selected')::boolean AND NOT :'signoff_put_off'::jsonb ? v.revision
     AND v.state = 'downgrading' AND v.steps = '{}' RETURNING v.revision),
  told AS (INSERT INTO "public"."signoff_event" (event, project, revision, bundle, ticket)
    SELECT 'applied', 'linear', i.revision, :'signoff_bundle', nullif(:'signoff_ticket', '') FROM idle i)
SELECT count(*) > 0 AS signoff_idle, coalesce(string_agg(i.revision, ', '), '') AS signoff_idle_names FROM idle i \gset
\if :signoff_idle
\echo 'signoff: begun here, and nothing of it done; still applied:' :signoff_idle_names
\endif
SELECT count(*) AS signoff_before
  FROM jsonb_array_elements(:'signoff_manifest'::jsonb) AS a (e) LEFT JOIN "public"."signoff_revision" v ON v.revision = e->>'revision'
 WHERE (e->>'selected')::boolean AND v.state = 'applied' \gset
\set SHOW_CONTEXT errors

-- 5. The revisions, each as it is written, between lines that record it.

-- ── 1/3 ── 5f1d0c3a9b27 ── Players and countries ── one transaction
\set signoff_row :signoff_row_1
:signoff_look
\if :signoff_todo
\echo '[1/3] 5f1d0c3a9b27 Players and countries   (migrations/20240105_101500_5f1d0c3a9b27_players_and_countries.sql:7; if it stops here, nothing of it is applied: see to the error, then run again)'
:signoff_begin
-- from migrations/20240105_101500_5f1d0c3a9b27_players_and_countries.sql:7
CREATE TABLE country (
    code text PRIMARY KEY,
    name text NOT NULL,
    motto text
);
-- from migrations/20240105_101500_5f1d0c3a9b27_players_and_countries.sql:12: rows of migrations/data/countries.csv
INSERT INTO country ("code", "name", "motto") OVERRIDING SYSTEM VALUE VALUES
  ('CI', 'Côte d''Ivoire', 'Union – Discipline – Travail'),
  ('FJ', 'Fiji', NULL),
  ('KI', 'Kiribati', ''),
  ('ZA', 'South Africa', '!ke e: ǀxarra ǁke; or
"Diverse people unite"')
;
\set signoff_table 'country'
\set signoff_columns '["code","name","motto"]'
:signoff_setval
-- from migrations/20240105_101500_5f1d0c3a9b27_players_and_countries.sql:14
CREATE TABLE player (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    country text NOT NULL REFERENCES country,
    scores integer[] NOT NULL DEFAULT '{}',
    best integer NOT NULL DEFAULT 3
);
:signoff_commit
\endif

-- ── 2/3 ── c07e4b6d11fa ── Index players by country ── 2 steps, of which outside a transaction: CREATE INDEX CONCURRENTLY player_country_idx ON player (country) · SHARE UPDATE EXCLUSIVE on player
\set signoff_row :signoff_row_2
:signoff_look
\if :signoff_todo
\echo '[2/3] c07e4b6d11fa Index players by country   (migrations/20240212_083000_c07e4b6d11fa_index_players_by_country.sql:8; if it stops here, see to the error, then run again: it goes on at the step that failed)'
:signoff_begin_steps
-- step 1 of 2: CREATE INDEX CONCURRENTLY player_country_idx ON player (country)
\set signoff_step 1
:signoff_step_look
\if :signoff_todo
\echo '      step 1 of 2: CREATE INDEX CONCURRENTLY player_country_idx ON player (country)'
\set signoff_table '"player"'
\set signoff_index 'player_country_idx'
\set signoff_unique false
\set signoff_partial false
\set signoff_columns '["country"]'
:signoff_user
SET lock_timeout = 0;
:signoff_index_look
\if :signoff_leftover
\echo '      dropping what a failed build left:' :signoff_index_name
DROP INDEX CONCURRENTLY :signoff_index_name ;
\endif
\if :signoff_built
\else
:signoff_bare
SET lock_timeout = 0;
-- from migrations/20240212_083000_c07e4b6d11fa_index_players_by_country.sql:7
-- Built while the game goes on.
CREATE INDEX CONCURRENTLY player_country_idx ON player (country);
\endif
:signoff_index_look
:signoff_index_check
:signoff_bare_done
\endif
-- step 2 of 2: COMMENT ON INDEX player_country_idx IS 'for the league tables'
\set signoff_step 2
:signoff_step_look
\if :signoff_todo
\echo '      step 2 of 2: COMMENT ON INDEX player_country_idx IS ''for the league tables'''
:signoff_step_begin
-- from migrations/20240212_083000_c07e4b6d11fa_index_players_by_country.sql:9
COMMENT ON INDEX player_country_idx IS 'for the league tables';
:signoff_step_commit
\endif
:signoff_end_steps
\endif

-- ── 3/3 ── 9a44e2d5806b ── Best scores, it's "`top n`" ── one transaction · ACCESS EXCLUSIVE on player
\set signoff_row :signoff_row_3
:signoff_look
\if :signoff_todo
\echo '[3/3] 9a44e2d5806b Best scores, it''s "`top n`"   (migrations/20240303_170102_9a44e2d5806b_best_scores.sql:7; if it stops here, nothing of it is applied: see to the error, then run again)'
:signoff_begin
-- from migrations/20240303_170102_9a44e2d5806b_best_scores.sql:7
CREATE FUNCTION best_scores(scores integer[], n integer) RETURNS integer[]
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT (ARRAY(SELECT s FROM unnest(scores) AS s ORDER BY s DESC))[1:n];
$$;
ALTER TABLE player ADD COLUMN top integer[];
-- from migrations/20240303_170102_9a44e2d5806b_best_scores.sql:13, carried through \gexec: psql would put a variable's value into it
SELECT $m0$UPDATE player SET top = scores[1:best] WHERE scores <> '{}'$m0$ \gexec
:signoff_commit
\endif

-- 6. Close: no transaction is open, and what was promised is there, or this script fails.
:signoff_rest
:signoff_locked
SET signoff.manifest = :'signoff_manifest'; SET signoff.put_off = :'signoff_put_off'; SET signoff.rehearsal = :'signoff_dry_run';
SET signoff.before = :'signoff_before';
DO $signoff$
DECLARE
  put_off jsonb := current_setting('signoff.put_off'); promised bigint; n bigint; every bigint;
BEGIN
  SELECT count(*) FILTER (WHERE NOT put_off ? (e->>'revision')), count(*) FILTER (WHERE NOT put_off ? (e->>'revision') AND v.state = 'applied'),
      count(*) FILTER (WHERE v.state = 'applied')
    INTO promised, n, every
    FROM jsonb_array_elements(current_setting('signoff.manifest')::jsonb) AS a (e)
      LEFT JOIN "public"."signoff_revision" v ON v.revision = e->>'revision'
   WHERE (e->>'selected')::boolean;
  IF n <> promised THEN
    RAISE EXCEPTION USING ERRCODE = 'SO009',
      MESSAGE = format('signoff: failed: %s of %s revisions are applied, and all should be', n, promised),
      HINT = 'Run this script again; status.sql tells what is recorded.';
  END IF;
  PERFORM set_config('signoff.said',
      format('%s of 3 revisions are applied', every)
        || CASE WHEN put_off = '[]' THEN ''
          ELSE coalesce(E'\nsignoff: dropped, and applied again only when the rest is run: '
                || (SELECT string_agg(split_part(v.revision, ':', 2), ', ' ORDER BY v.revision)
                    FROM "public"."signoff_revision" v
                   WHERE v.kind = 'repeatable' AND v.up = 'to be applied again' AND v.project = 'linear'), '') END
      , false);
  IF current_setting('signoff.rehearsal')::boolean THEN
    n := every - current_setting('signoff.before')::bigint;
    PERFORM set_config('signoff.said',
      format('%s of %s that are still to be applied',
        CASE n WHEN 0 THEN 'NONE' ELSE n::text END, n + 3 - every), false);
  END IF;
END $signoff$;
SELECT current_setting('signoff.said') AS signoff_said \gset
\if :signoff_dry_run
SET CONSTRAINTS ALL IMMEDIATE;
ROLLBACK;
\echo 'signoff: rehearsed:' :signoff_said 'and all of it was rolled back: nothing was changed but what sequences gave out'
\else
SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS signoff_may_ask \gset
\set signoff_system ''
\if :signoff_may_ask
SELECT s.system_identifier::text AS signoff_system FROM pg_catalog.pg_control_system() s \gset
\endif
SELECT pg_catalog.json_build_object('format', 1, 'project', 'linear', 'database', pg_catalog.current_database(),
      'system_identifier', nullif(:'signoff_system', ''),
      'at', pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'bundle', :'signoff_bundle', 'ticket', nullif(:'signoff_ticket', ''),
      'revisions', (SELECT coalesce(pg_catalog.json_agg(
            pg_catalog.json_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
          FROM "public"."signoff_revision" v
         WHERE v.project = 'linear'))::text AS signoff_receipt \gset

\echo 'signoff: done:' :signoff_said
\echo :signoff_receipt
\endif
SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended('signoff:public.signoff_revision', 0)) AS signoff_unlocked \gset
\endif
