\set ON_ERROR_STOP on
\if true
-- signoff plan · branches · base → 48ac91d7e3b0 · 5 revisions
-- tree    sha256:12a7e76a5d5ade7f32dc437a1de1c7244f6fff5548feb51a1bdbb92c798778e5
-- bundle  sha256:1e306adb30683ab3914dce85c2a823f2c6e3a9dc05d8be14c2e622f3eed4e796
-- run     psql -X -d DATABASE -f plan.sql
-- It changes nothing.
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
\set signoff_open 'BEGIN :signoff_modes ;'
\set signoff_shut 'COMMIT;'
\set signoff_rest ':signoff_session'

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
    RAISE WARNING USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: transactions are read-only here',
      HINT = 'default_transaction_read_only is on for this server, database or role.';
  END IF;
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: this database is encoded in %s, and the script is UTF8', current_setting('server_encoding')),
      HINT = 'Only UTF8 databases are supported.';
  END IF;
  IF (SELECT s.reset_val FROM pg_settings s WHERE s.name = 'standard_conforming_strings') <> 'on' THEN
    RAISE WARNING USING ERRCODE = 'SO003',
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
END $signoff$;
SELECT 'signoff: a run is going on here now: '
      || pg_catalog.string_agg(pg_catalog.format('pid %s', l.pid)
              || CASE WHEN pg_catalog.cardinality(pg_catalog.pg_blocking_pids(l.pid)) > 0 THEN ', which waits for pid '
                    || pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(l.pid), ', ')
                  ELSE '' END, '; ') AS signoff_running, pg_catalog.count(*) > 0 AS signoff_runs
  FROM pg_catalog.pg_locks l,
    LATERAL (SELECT pg_catalog.hashtextextended('signoff:public.signoff_revision', 0) AS k) AS key
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
   AND l.classid::bigint = (key.k >> 32) & 4294967295 AND l.objid::bigint = key.k & 4294967295 \gset
\if :signoff_runs
\echo :signoff_running
\endif

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
  IF sure IS NOT NULL THEN RAISE WARNING USING ERRCODE = 'SO003', MESSAGE = 'signoff: refused: this is missing here:' || sure, HINT = how; END IF;
END $signoff$;
\endif
\echo 'signoff: nothing was changed'
\endif
