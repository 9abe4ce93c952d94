\set ON_ERROR_STOP on
\if true
-- signoff upgrade · branches · base → 48ac91d7e3b0 · 5 revisions
-- tree    sha256:12a7e76a5d5ade7f32dc437a1de1c7244f6fff5548feb51a1bdbb92c798778e5
-- bundle  sha256:1e306adb30683ab3914dce85c2a823f2c6e3a9dc05d8be14c2e622f3eed4e796
-- run     psql -X -d DATABASE -f upgrade.sql
-- first   psql -X -d DATABASE -f plan.sql       (says what would run here, and changes nothing)
-- read    section 5 is what changes the database. The others are the frame, the same in every script but for names: it checks,
--         records what is done in "public"."signoff_revision" and "public"."signoff_event", clears what a stopped run of section 5 left
--         (an invalid index, a pending detach), and writes nowhere else.
--
--   1  0d3f7a91c2e4  Orders                       one transaction · no way back: the orders are kept nowhere else
--   2  b6c8d20e7f15  Invoices                     one transaction
--   3  71e9a4c05d38  Support contact of an order  one transaction · ACCESS EXCLUSIVE on orders
--   4  e2b5f6087c9d  Merge billing and support    no SQL
--   5  48ac91d7e3b0  Amounts with cents           one transaction · ACCESS EXCLUSIVE on customer_rank, customer_total, orders
--   ·  repeatable    customer_total               where its text changed, or a revision dropped it
--   ·  repeatable    a_rank                       where its text changed, or a revision dropped it
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
\set signoff_bundle 'sha256:1e306adb30683ab3914dce85c2a823f2c6e3a9dc05d8be14c2e622f3eed4e796'
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
\set signoff_lock_timeout '2s'
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
\set signoff_user 'SET search_path = "shop", "public";'
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
  SELECT 'started', 'branches', :'signoff_row'::jsonb->>'revision', :'signoff_bundle', nullif(:'signoff_ticket', '');
$m$ AS signoff_started \gset
SELECT $m$
INSERT INTO "public"."signoff_event" (event, project, revision, bundle, ticket)
  SELECT 'applied', 'branches', :'signoff_row'::jsonb->>'revision', :'signoff_bundle', nullif(:'signoff_ticket', '');
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
    SELECT r.revision, 'branches', coalesce(r.kind, 'revision'), coalesce(r.parents, '{}'), coalesce(r.depends_on, '{}'), r.message, r.up, r.up1,
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
-- A repeatable is to be done where another text is recorded; not where this very bundle applied it before, and a later one another text.
SELECT $m$
SELECT :signoff_repeat
  AND NOT EXISTS (SELECT FROM "public"."signoff_revision" v
       WHERE v.revision = :'signoff_row'::jsonb->>'revision'
         AND (v.up = :'signoff_row'::jsonb->>'up' AND v.variables IS NOT DISTINCT FROM :'signoff_row'::jsonb->>'variables'
             OR v.up LIKE 'sha256:%'
               AND EXISTS (SELECT FROM "public"."signoff_event" e
                   WHERE e.event = 'applied' AND e.bundle = :'signoff_bundle' AND e.revision = v.revision)))
    AS signoff_todo \gset$m$ AS signoff_look_repeatable \gset
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
\set signoff_row_1 '{"revision":"0d3f7a91c2e4","kind":"revision","parents":[],"message":"Orders","up":"sha256:3ef0d217a8708ba2bbb2dfdd825d0e01c598fe26bff388bb97d8e9c0e2abc2e0","up1":"sha256:b97a75879247227ee670c7234c1f657d1cdf053493b9aee7e29681578c0e2e42","selected":true}'
\set signoff_row_2 '{"revision":"b6c8d20e7f15","kind":"revision","parents":["0d3f7a91c2e4"],"message":"Invoices","up":"sha256:161d1bb0a57b2253021456bd745739d3137aa008e309312e008d4221030e301d","up1":"sha256:7ab469a01f376fbc8e8f029352320ed496699753f2c620bde890a8b81653d7db","selected":true}'
\set signoff_row_3 '{"revision":"71e9a4c05d38","kind":"revision","parents":["0d3f7a91c2e4"],"message":"Support contact of an order","up":"sha256:e9e8f4b410fa9237a37fb22edd08222692877d2755fba5324520131afb2976f3","up1":"sha256:d425acc07d9ee533ba53ace4d34146bf147fcce8371904adb4e24bd241eacb14","variables":"sha256:0aa9b43ebbe87143904704d3559ac972cb177a17a632da4a2d7fd2fde113c6e5","selected":true}'
\set signoff_row_4 '{"revision":"e2b5f6087c9d","kind":"revision","parents":["b6c8d20e7f15","71e9a4c05d38"],"message":"Merge billing and support","up":"sha256:01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b","up1":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","selected":true}'
\set signoff_row_5 '{"revision":"48ac91d7e3b0","kind":"revision","parents":["e2b5f6087c9d"],"message":"Amounts with cents","up":"sha256:a6a58f4989211af1056f786b218d66c9033b40a1acf4392a2c0d18cf689e8d49","up1":"sha256:3ad150fb469a3f6767f06e05ebcf00091f1a1e6f2f945335f2fa76e3f28ce82b","recreates":["customer_total","a_rank"],"selected":true}'
SELECT coalesce(pg_catalog.jsonb_agg(e ORDER BY n), '[]') AS signoff_manifest
  FROM pg_catalog.unnest(ARRAY[:'signoff_row_1',:'signoff_row_2',:'signoff_row_3',:'signoff_row_4',:'signoff_row_5']::pg_catalog.jsonb[])
    WITH ORDINALITY AS t (e, n) \gset
\set signoff_repeat_1 '{"revision":"repeatable:customer_total","kind":"repeatable","parents":[],"message":"customer_total","up":"sha256:72c1219e308d674d89f6f2c7b3032d9b3f78cf61c020c50c1f89e10922473b3a","up1":"sha256:87547114ff5e1691a71ae6f9787583254a5fbf36f7977a1f17aef3f824012296","selected":false}'
\set signoff_repeat_2 '{"revision":"repeatable:a_rank","kind":"repeatable","parents":[],"message":"a_rank","up":"sha256:90c323303ffd71188e91f29f4213124ff3608a4727e1b0f26af53e9be4d70f4b","up1":"sha256:adf5a77a2ca6b686049568390d3c90ea6e16d141da620eb6e2222de8b9d6eac7","selected":false}'
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
  given jsonb := '{"dry_run":false,"first_run":false,"lock_timeout":"2s","lock_wait":"30s","ticket":"","until":""}';
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
  IF current_setting('server_version_num')::int < 140000 THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: this server is PostgreSQL %s, and the script was compiled for 14 and later', current_setting('server_version')),
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
  FROM pg_catalog.unnest(ARRAY[:'signoff_repeat_1', :'signoff_repeat_2']::pg_catalog.jsonb[])
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
    IF r.project <> 'branches' THEN
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
     WHERE v.project = 'branches' AND NOT EXISTS (SELECT FROM jsonb_to_recordset(recorded) AS w (revision text, state text) WHERE w.revision = p)
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
   WHERE v.project = 'branches' AND v.kind = 'revision'
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
            ELSE (SELECT coalesce(format('%ssignoff: %s more of this script, and what is repeatable, are put off', chr(10), nullif(count(*), 0)),
                    chr(10) || 'signoff: what is repeatable is put off')
                  FROM jsonb_array_elements_text(put_off) AS p (id)
                 WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(recorded) AS w (e) WHERE w.e->>'revision' = p.id AND w.e->>'state' = 'applied')) END;
  PERFORM set_config('jit', jit, true);
  PERFORM set_config('signoff.summary', said, false);
END $signoff$;
SELECT pg_catalog.current_setting('signoff.summary') AS signoff_summary, pg_catalog.current_setting('signoff.repeat') AS signoff_repeat \gset
\echo :signoff_summary
\if :signoff_dry_run
SET signoff.apart = '[]';
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
                 WHERE skipped ? (e->>'revision')) || E'\n  what is repeatable' END, false);
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
    UNION ALL SELECT true, f.n, format('CREATE on database %I', current_database()), format('GRANT CREATE ON DATABASE %I TO %I;', current_database(), f.who)
      FROM found f
     WHERE f.need = 'database' AND NOT has_database_privilege(f.who, current_database(), 'CREATE')
    UNION ALL SELECT true, f.n, format('USAGE on schema %I', r.nspname), format('GRANT USAGE ON SCHEMA %I TO %I;', r.nspname, f.who)
      FROM found f JOIN relation r USING (n)
     WHERE NOT r.by_path AND NOT has_schema_privilege(f.who, r.schema, 'USAGE')
    UNION ALL SELECT true, f.n, format('ownership of %s %s, which is %s''s', r.kind, r.name, pg_get_userbyid(r.owner)),
        format('ALTER %s %s OWNER TO %I;', r.kind, r.name, f.who)
      FROM found f JOIN relation r USING (n)
     WHERE r.nth = 1 AND f.need IN ('own', 'index', 'drop', 'own type') AND NOT pg_has_role(f.who, r.owner, 'USAGE')
       AND NOT (f.need = 'drop' AND pg_has_role(f.who, r.nspowner, 'USAGE'))
  ),
  once AS (SELECT DISTINCT ON (m.what, m.how) m.sure, m.what, m.how, f.first, f.revision
      FROM missing m JOIN found f USING (n)
      ORDER BY m.what, m.how, f.first)
SELECT :'signoff_missing'::jsonb || coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.first, o.what), '[]') AS signoff_missing
  FROM once o \gset$m$ AS signoff_ask \gset
-- "by": their numbers in the list at the top. While "after" is still to be done nobody asks, for it makes the object.
SELECT $m0$[
{"need":"database","by":[1]},
{"need":"create","by":[2],"after":1},
{"need":"own","name":"orders","by":[3,5],"after":1},
{"need":"drop","name":"customer_rank","by":[5]},
{"need":"drop","name":"customer_total","by":[5]}]$m0$ AS signoff_needs \gset
SET search_path = "shop", "public";
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
    SELECT 'applied', 'branches', i.revision, :'signoff_bundle', nullif(:'signoff_ticket', '') FROM idle i)
SELECT count(*) > 0 AS signoff_idle, coalesce(string_agg(i.revision, ', '), '') AS signoff_idle_names FROM idle i \gset
\if :signoff_idle
\echo 'signoff: begun here, and nothing of it done; still applied:' :signoff_idle_names
\endif
SELECT count(*) AS signoff_before
  FROM jsonb_array_elements(:'signoff_manifest'::jsonb) AS a (e) LEFT JOIN "public"."signoff_revision" v ON v.revision = e->>'revision'
 WHERE (e->>'selected')::boolean AND v.state = 'applied' \gset
\set SHOW_CONTEXT errors

-- 5. The revisions, each as it is written, between lines that record it.

-- ── 1/5 ── 0d3f7a91c2e4 ── Orders ── one transaction · no way back: the orders are kept nowhere else
\set signoff_row :signoff_row_1
:signoff_look
\if :signoff_todo
\echo '[1/5] 0d3f7a91c2e4 Orders   (migrations/20230901_080000_0d3f7a91c2e4_orders.sql:7; if it stops here, nothing of it is applied: see to the error, then run again)'
:signoff_begin
-- from migrations/20230901_080000_0d3f7a91c2e4_orders.sql:7
CREATE SCHEMA shop;
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer text NOT NULL,
    amount integer NOT NULL
);
:signoff_commit
\endif

-- ── 2/5 ── b6c8d20e7f15 ── Invoices ── one transaction
\set signoff_row :signoff_row_2
:signoff_look
\if :signoff_todo
\echo '[2/5] b6c8d20e7f15 Invoices   (migrations/20230911_091500_b6c8d20e7f15_invoices.sql:8; if it stops here, nothing of it is applied: see to the error, then run again)'
:signoff_begin
-- from migrations/20230911_091500_b6c8d20e7f15_invoices.sql:8
CREATE TABLE invoice (
    id bigint PRIMARY KEY,
    order_id bigint NOT NULL REFERENCES orders,
    sent_on date
);
:signoff_commit
\endif

-- ── 3/5 ── 71e9a4c05d38 ── Support contact of an order ── one transaction · ACCESS EXCLUSIVE on orders
\set signoff_row :signoff_row_3
:signoff_look
\if :signoff_todo
\echo '[3/5] 71e9a4c05d38 Support contact of an order   (migrations/20230914_160000_71e9a4c05d38_support_contact.sql:9; if it stops here, nothing of it is applied: see to the error, then run again)'
:signoff_begin
-- from migrations/20230914_160000_71e9a4c05d38_support_contact.sql:9
ALTER TABLE orders ADD COLUMN support text NOT NULL DEFAULT 'help@example.com';
:signoff_commit
\endif

-- ── 4/5 ── e2b5f6087c9d ── Merge billing and support ── no SQL
\set signoff_row :signoff_row_4
:signoff_look
\if :signoff_todo
\echo '[4/5] e2b5f6087c9d Merge billing and support   (migrations/20230920_110000_e2b5f6087c9d_merge_billing_and_support.sql:7; if it stops here, nothing of it is applied: see to the error, then run again)'
:signoff_begin
:signoff_commit
\endif

-- ── 5/5 ── 48ac91d7e3b0 ── Amounts with cents ── one transaction · ACCESS EXCLUSIVE on customer_rank, customer_total, orders
\set signoff_row :signoff_row_5
:signoff_look
\if :signoff_todo
\echo '[5/5] 48ac91d7e3b0 Amounts with cents   (migrations/20231002_070000_48ac91d7e3b0_amounts_in_cents.sql:8; if it stops here, nothing of it is applied: see to the error, then run again)'
:signoff_begin
-- from migrations/20231002_070000_48ac91d7e3b0_amounts_in_cents.sql:8
DROP VIEW IF EXISTS customer_rank, customer_total;
ALTER TABLE orders ALTER COLUMN amount TYPE numeric(12, 2);
:signoff_commit
\endif

-- ── Repeatables: applied again wherever the text recorded here is another ──
\set signoff_row :signoff_repeat_1
:signoff_look_repeatable
\if :signoff_todo
\echo '[repeatable] customer_total   (migrations/repeatable/customer_total.sql:4; if it stops here, nothing of it is applied: see to the error, then run again)'
:signoff_begin
-- from migrations/repeatable/customer_total.sql:4
CREATE OR REPLACE VIEW customer_total AS
SELECT customer, sum(amount) AS total FROM orders GROUP BY customer;
:signoff_commit
\endif
\set signoff_row :signoff_repeat_2
:signoff_look_repeatable
\if :signoff_todo
\echo '[repeatable] a_rank   (migrations/repeatable/a_rank.sql:5; if it stops here, nothing of it is applied: see to the error, then run again)'
:signoff_begin
-- from migrations/repeatable/a_rank.sql:5
CREATE OR REPLACE VIEW customer_rank AS
SELECT customer, rank() OVER (ORDER BY total DESC) AS place FROM customer_total;
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
      format('%s of 5 revisions are applied', every)
        || CASE WHEN put_off = '[]' THEN ''
          ELSE coalesce(E'\nsignoff: dropped, and applied again only when the rest is run: '
                || (SELECT string_agg(split_part(v.revision, ':', 2), ', ' ORDER BY v.revision)
                    FROM "public"."signoff_revision" v
                   WHERE v.kind = 'repeatable' AND v.up = 'to be applied again' AND v.project = 'branches'), '') END
      , false);
  IF current_setting('signoff.rehearsal')::boolean THEN
    n := every - current_setting('signoff.before')::bigint;
    PERFORM set_config('signoff.said',
      format('%s of %s that are still to be applied',
        CASE n WHEN 0 THEN 'NONE' ELSE n::text END, n + 5 - every), false);
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
SELECT pg_catalog.json_build_object('format', 1, 'project', 'branches', 'database', pg_catalog.current_database(),
      'system_identifier', nullif(:'signoff_system', ''),
      'at', pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'bundle', :'signoff_bundle', 'ticket', nullif(:'signoff_ticket', ''),
      'revisions', (SELECT coalesce(pg_catalog.json_agg(
            pg_catalog.json_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
          FROM "public"."signoff_revision" v
         WHERE v.project = 'branches'))::text AS signoff_receipt \gset

\echo 'signoff: done:' :signoff_said
\echo :signoff_receipt
\endif
SELECT pg_catalog.pg_advisory_unlock(pg_catalog.hashtextextended('signoff:public.signoff_revision', 0)) AS signoff_unlocked \gset
\endif
