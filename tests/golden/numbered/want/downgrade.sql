\set ON_ERROR_STOP on
\if true
-- signoff downgrade · numbered · 10 → 10 · 0 revisions
-- tree    sha256:b898e35a1ed381e284177dee2d7f5ad0139e8414e3ed81afa6d6f28b02d40fc7
-- bundle  sha256:f3f6991ec983cd9b854d303a299929ac03c7c2bce47014681c6aba49c744d359
-- run     psql -X -d DATABASE -f downgrade.sql
-- first   psql -X -d DATABASE -f plan.sql       (says what would run here, and changes nothing)
-- stops above 10: it has no downgrade
--
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
\set signoff_bundle 'sha256:f3f6991ec983cd9b854d303a299929ac03c7c2bce47014681c6aba49c744d359'
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
\set signoff_row_1 '{"revision":"1","kind":"revision","parents":[],"message":"notes","up":"sha256:f17d15b6317d9522a75c70e40677f329e137d6a26344f0ec67b8a6f70531d9c1","up1":"sha256:a2c89755ce78be51a0d8779b82ab128d228fec2576569ac92f790d5f74e2545c","selected":false}'
\set signoff_row_2 '{"revision":"2","kind":"revision","parents":[],"message":"authors","up":"sha256:646006a6c02b381ebce1afe090c0dc0c056f43ca6d088a678bc7d6d5f59ed26a","up1":"sha256:c2f9d251659477cb5f6d63d672a6ca2e560520104f93c35eafd5b3c61844f497","selected":false}'
\set signoff_row_3 '{"revision":"3","kind":"revision","parents":[],"message":"index authors","up":"sha256:2ab559ac2cf877e0ae6ccfe96bda405bb1f1b414854d4818cb60d5e5eee48806","up1":"sha256:9e6b18dbebeec434442c61c88c805888143c26cc17d0dad96dbb9271afa719eb","selected":false}'
\set signoff_row_4 '{"revision":"9","kind":"revision","parents":[],"message":"backfill authors","up":"sha256:19d469bf70934cabc96a8d65a704e06497fa2076c1fd757f676b2e12aa01775a","up1":"sha256:cdc18636e4c3c7046519739e28bb11ff6f0bcb28788080009a3abce9f3df9775","selected":false}'
\set signoff_row_5 '{"revision":"10","kind":"revision","parents":[],"message":"log","up":"sha256:03aa0013dc5468ef3dcef84c043a5e4e36d805a0b74b808ea706682dc67a5fae","up1":"sha256:40b059c45545e334c160da4e746ab7d0be09f590a310d9ae255fba6932dd920a","selected":false}'
SELECT coalesce(pg_catalog.jsonb_agg(e ORDER BY n), '[]') AS signoff_manifest
  FROM pg_catalog.unnest(ARRAY[:'signoff_row_1',:'signoff_row_2',:'signoff_row_3',:'signoff_row_4',:'signoff_row_5']::pg_catalog.jsonb[])
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
         AND (e->>'revision' = v OR length(v) >= 4 AND starts_with(e->>'revision', v) OR ltrim(e->>'revision', '0') = ltrim(v, '0'));
      IF v = ANY (found) THEN found := ARRAY[v]; END IF;
      IF cardinality(found) IS DISTINCT FROM 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'SO010',
          MESSAGE = CASE WHEN found IS NULL THEN format('signoff: refused: until=%s names no revision of this script', v)
              ELSE format('signoff: refused: until=%s could be %s', v, array_to_string(found, ' or ')) END,
          HINT = 'Write the id of one revision that this script reverts, or at least four characters of it: '
          || (SELECT string_agg(CASE WHEN t.n <= 12 THEN t.e->>'revision' ELSE '...' END, ', ' ORDER BY t.n)
              FROM (SELECT x.e, row_number() OVER (ORDER BY x.n) AS n
                  FROM jsonb_array_elements(m) WITH ORDINALITY AS x (e, n)
                 WHERE (x.e->>'selected')::boolean) t
             WHERE t.n <= 13);
      END IF;
      v := found[1];
      PERFORM set_config('signoff.put_off', coalesce((
        WITH RECURSIVE edge (a, b) AS MATERIALIZED (SELECT lag(e->>'revision') OVER (ORDER BY n DESC), e->>'revision'
            FROM jsonb_array_elements(m) WITH ORDINALITY AS t (e, n)),
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
  IF t IS NOT NULL
      AND NOT (has_table_privilege(t, 'SELECT') AND has_table_privilege(t, 'INSERT') AND has_table_privilege(t, 'UPDATE') AND has_table_privilege(t, 'DELETE')
          AND coalesce(has_table_privilege(e, 'SELECT') AND has_table_privilege(e, 'INSERT'), true)) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not write the version table %s and its event table', current_user, t),
      HINT = 'Run as its owner, or set [target] role.';
  END IF;
  IF to_regclass('"public"."schema_migrations"') IS NULL THEN
    DECLARE
      path text := current_setting('search_path'); first text;
    BEGIN
      PERFORM set_config('search_path', (SELECT s.reset_val FROM pg_settings s WHERE s.name = 'search_path'), true);
      first := current_schema();
      PERFORM set_config('search_path', path, true);
      IF first IS NOT NULL AND first <> 'public' THEN
        RAISE EXCEPTION USING ERRCODE = 'SO008',
          MESSAGE = format('signoff: refused: golang-migrate would keep its table in schema %s here, which is first on the search_path, and not in %s',
              first, 'public'),
          HINT = format('Nothing was changed. The developers say where it is: [version_table] tool_table = "%s.%s", and compile.',
              first, 'schema_migrations');
      END IF;
    END;
  END IF;
  IF to_regnamespace('"public"') IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: there is no schema "public", where golang-migrate keeps its table',
      HINT = 'Is this the right database? If it is, create the schema, or name another in [version_table] tool_table.';
  END IF;
  DECLARE part record; BEGIN
  FOR part IN SELECT r.oid, r.oid::regclass AS name, r.relkind
      FROM pg_class r
     WHERE r.oid = ANY (ARRAY[to_regclass('"public"."schema_migrations"')]) LOOP
    IF part.relkind NOT IN ('r', 'S') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s is not an ordinary table', part.name),
        HINT = 'It should be the table in which golang-migrate records what is applied; name another in [version_table] tool_table.';
    END IF;
    IF EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = part.oid) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s has rules, which may rewrite what is recorded', part.name),
        HINT = 'Drop them.';
    END IF;
    IF row_security_active(part.oid) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO003',
        MESSAGE = format('signoff: refused: row-level security hides rows of %s from %s', part.name, current_user),
        HINT = 'Run as its owner, or disable it there: ALTER TABLE ... NO FORCE ROW LEVEL SECURITY.';
    END IF;
    IF NOT has_table_privilege(part.oid, 'SELECT') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO003',
        MESSAGE = format('signoff: refused: %s may not read %s, the table of golang-migrate', current_user, part.name),
        HINT = 'Run as its owner, or grant that role rights on it.';
    END IF;
    IF NOT (has_table_privilege(part.oid, 'INSERT') AND has_table_privilege(part.oid, 'UPDATE') AND has_table_privilege(part.oid, 'DELETE')) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO003',
        MESSAGE = format('signoff: refused: %s may not write %s, the table of golang-migrate', current_user, part.name),
        HINT = 'Run as its owner, or grant that role rights on it.';
    END IF;
  END LOOP;
  END;
END $signoff$;
-- One run at a time. Polled, never blocking: a blocked waiter makes another session's CREATE INDEX CONCURRENTLY fail.
SET statement_timeout = 0;
DO $signoff$
DECLARE
  k bigint := hashtextextended('signoff:public.signoff_revision', 0);
  keys bigint[] := ARRAY[k]; bytes bytea; crc bigint; name text;
  until timestamptz := clock_timestamp() + current_setting('signoff.lock_wait')::interval; told boolean := false; h record;
BEGIN
  -- Its own lock, where golang-migrate takes one, comes behind ours.
  FOREACH name IN ARRAY ARRAY['/' || current_database(), current_database()] LOOP
  bytes := convert_to('public', 'UTF8') || '\x00' || convert_to('schema_migrations', 'UTF8') || '\x00' || convert_to(name, 'UTF8'); crc := 4294967295;
  FOR at IN 0 .. length(bytes) - 1 LOOP
    crc := crc # get_byte(bytes, at);
    FOR bit IN 1 .. 8 LOOP crc := (crc >> 1) # (3988292384 * (crc & 1)); END LOOP;
  END LOOP;
  crc := crc # 4294967295;
    keys := keys || ((crc * 1486364155) & 4294967295);
  END LOOP;
  FOREACH k IN ARRAY keys LOOP
  LOOP
    EXIT WHEN pg_try_advisory_lock(k);
    SELECT a.pid, a.usename, a.client_addr, a.backend_start INTO h FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
       AND l.classid::bigint = (k >> 32) & 4294967295 AND l.objid::bigint = k & 4294967295 LIMIT 1;
    IF clock_timestamp() >= until THEN
      RAISE EXCEPTION USING ERRCODE = 'SO004',
        MESSAGE = format('signoff: refused: another run holds the lock%s: pid %s, user %s, from %s, connected since %s',
            CASE WHEN k <> keys[1] THEN ' of golang-migrate' END, h.pid, h.usename,
            coalesce(h.client_addr::text, 'a local socket'), h.backend_start),
        HINT = CASE WHEN cardinality(pg_blocking_pids(h.pid)) > 0 THEN format('It waits for pid %s. ', array_to_string(pg_blocking_pids(h.pid), ', '))
              ELSE '' END
          || 'Nothing was changed. Wait for it to end, then run again, or wait longer with -v lock_wait=10min. '
            'A psql that was killed leaves its statement running on the server until that ends.';
    END IF;
    IF NOT told THEN RAISE WARNING 'signoff: another run holds the lock (pid %, user %): waiting for it', h.pid, h.usename; told := true; END IF;
    COMMIT; PERFORM pg_sleep(0.25); COMMIT;
  END LOOP;
  END LOOP;
  PERFORM set_config('signoff.keys', keys::text, false);
END $signoff$;
SELECT current_setting('signoff.keys') AS signoff_keys \gset
SET statement_timeout = '0';

-- What is recorded here is compared with what this script was made from.
\set signoff_others '{}'
SET signoff.bundle = :'signoff_bundle'; SET signoff.others = :'signoff_others';
DO $signoff$
DECLARE
  manifest jsonb := current_setting('signoff.manifest'); others jsonb := current_setting('signoff.others');
  put_off jsonb := current_setting('signoff.put_off'); first_run boolean := current_setting('signoff.first_run');
  t regclass; r record; recorded jsonb := '[]'; fresh boolean; todo bigint; total bigint; todo_names text; ahead text; over text; said text;
  records jsonb; known jsonb; ours jsonb; their jsonb := '{}'; adopted jsonb := '[]'; taken_back jsonb := '[]'; beyond jsonb := '{}'; seen text;
  first text; older text;
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
    SELECT coalesce(jsonb_agg(a.e) FILTER (WHERE NOT a.idle), '[]')
      INTO recorded
      FROM (SELECT x.e, x.e->>'state' = 'upgrading' AND x.e->'steps' = '[]'
            AND EXISTS (SELECT FROM jsonb_array_elements(manifest) AS p (e)
                WHERE (p.e->>'selected')::boolean AND p.e->>'revision' = x.e->>'revision' AND NOT put_off ? (p.e->>'revision')) AS idle
          FROM jsonb_array_elements(recorded) AS x (e)) a;
    SELECT recorded = '[]' AND NOT EXISTS (SELECT FROM "public"."signoff_event" e WHERE e.event IN ('applied', 'reverted', 'stamped')) INTO fresh;
  END IF;
    SELECT others || coalesce(jsonb_object_agg(e->>'revision', coalesce(e->'parents', '[]') || coalesce(e->'depends_on', '[]')), '{}')
      INTO known
      FROM jsonb_array_elements(manifest) AS a (e);
    SELECT coalesce(jsonb_object_agg(v.revision, v.state), '{}')
      INTO ours
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text, kind text, state text)
     WHERE v.project = 'numbered' AND v.kind = 'revision' AND v.state <> 'upgrading';
  IF to_regclass('"public"."schema_migrations"') IS NULL THEN
    IF ours <> '{}' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = 'signoff: refused: "public"."signoff_revision" records revisions here, and the table of golang-migrate is not there',
        HINT = 'It would be "public"."schema_migrations". Where golang-migrate is not used on this database, '
          'compile with [version_table] scheme = "native"; where it is to be from now on, the developers write a script with `signoff stamp`, '
          'which makes its table, too.';
    END IF;
  ELSE
    SELECT x.version INTO r FROM "public"."schema_migrations" x WHERE x.dirty LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: golang-migrate calls version %s dirty: a run of it was stopped half-way', r.version),
        HINT = 'See what of that migration is in the database, take it away or finish it, and say so with `migrate force VERSION`; then run again.';
    END IF;
    IF EXISTS (SELECT FROM jsonb_object_keys(ours) AS o (id) WHERE o.id !~ '^[0-9]+$') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = 'signoff: refused: what is recorded here for this project is from another kind of tree: its revisions are no numbers',
        HINT = 'Compile from the tree that was applied, or give this one another [project] name and [version_table] name.';
    END IF;
    SELECT x.version, (SELECT string_agg(k.id, ', ') FROM jsonb_object_keys(known) AS k (id)
        WHERE k.id::numeric <= x.version AND NOT ours ? k.id) AS missing
      INTO r
      FROM "public"."schema_migrations" x
     WHERE x.version < (SELECT max(o.id::numeric) FROM jsonb_object_keys(ours) AS o (id));
    IF r.missing IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: golang-migrate went back to version %s, and its table can''t tell whether %s is applied, which was not before',
            r.version, r.missing),
        HINT = 'See what is there. The developers write a script with `signoff stamp`, which says so to both tables.';
    END IF;
    seen := (SELECT md5(coalesce(string_agg(x::text, chr(10) ORDER BY x::text COLLATE "C"), ''))
        FROM "public"."schema_migrations" x);
    SELECT coalesce(jsonb_object_agg(a.key, a.fits), '{}')
      INTO their
      FROM (
        SELECT k.id, NULL::boolean
          FROM "public"."schema_migrations" x,
            LATERAL (SELECT coalesce(max(o.id::numeric), -1) AS newest FROM jsonb_object_keys(ours) AS o (id) WHERE o.id::numeric <= x.version) o,
            jsonb_object_keys(known) AS k (id)
         WHERE k.id::numeric <= x.version AND (ours ? k.id OR k.id::numeric > o.newest)
        UNION SELECT x.version::text, NULL FROM "public"."schema_migrations" x WHERE x.version >= 0) a (key, fits);
    SELECT string_agg(k, ', ' ORDER BY k COLLATE "C") INTO over FROM jsonb_each_text(their) AS a (k, fits) WHERE fits = 'false';
    IF over IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: golang-migrate records another checksum than that of the file: %s', over),
        HINT = 'The file was changed after it was applied, and golang-migrate has the sum of what ran. Compile from the tree that was applied; '
          'where the change is meant, see to the checksum in "public"."schema_migrations" as golang-migrate has it, then run again.';
    END IF;
    -- What is older than the tree's first revision was taken out of the tree: nothing stands on it any more.
    SELECT e->>'revision' INTO first FROM jsonb_array_elements(manifest) AS a (e) LIMIT 1;
    SELECT string_agg(k, ', ' ORDER BY lpad(k, 40, '0'))
      INTO older
      FROM jsonb_object_keys(their) AS k
     WHERE NOT known ? k AND k ~ '^[0-9]+$' AND first ~ '^[0-9]+$' AND lpad(k, 40, '0') < lpad(first, 40, '0');
    SELECT coalesce(jsonb_object_agg(t.key, coalesce(others->t.key, '[]')) FILTER (WHERE NOT t.known), '{}'),
        coalesce(jsonb_agg(t.key) FILTER (WHERE t.known), '[]')
      INTO beyond, adopted
      FROM (SELECT k AS key, known ? k AND NOT others ? k AS known
          FROM jsonb_object_keys(their) AS k
         WHERE k <> ALL (string_to_array(coalesce(older, ''), ', '))
           AND NOT EXISTS (SELECT FROM jsonb_to_recordset(recorded) AS v (revision text, state text) WHERE v.revision = k AND v.state <> 'upgrading')) t;
    SELECT coalesce(jsonb_agg(o.revision), '[]')
      INTO taken_back
      FROM jsonb_object_keys(ours) AS o (revision)
     WHERE NOT their ? o.revision AND known ? o.revision;
    IF adopted <> '[]' OR taken_back <> '[]' OR beyond <> '{}' THEN
      SELECT coalesce(jsonb_agg(a.e), '[]')
        INTO recorded
        FROM (SELECT x.e FROM jsonb_array_elements(recorded) AS x (e) WHERE NOT adopted ? (x.e->>'revision') AND NOT taken_back ? (x.e->>'revision')
          UNION ALL
          SELECT m.e || jsonb_build_object('project', 'numbered', 'state', 'applied', 'steps', '[]'::jsonb,
              'depends_on', coalesce(m.e->'depends_on', '[]'))
            FROM jsonb_array_elements(manifest) AS m (e)
           WHERE adopted ? (m.e->>'revision')
          UNION ALL
          SELECT jsonb_build_object('revision', b.id, 'project', 'numbered', 'kind', 'revision', 'state', 'applied', 'steps', '[]'::jsonb,
              'up', '', 'up1', '', 'parents', '[]'::jsonb, 'depends_on', '[]'::jsonb)
            FROM jsonb_each(beyond) AS b (id, below)) a;
    END IF;
    fresh := fresh AND NOT EXISTS (SELECT FROM jsonb_object_keys(their) AS k WHERE known ? k);
    IF taken_back <> '[]' AND obj_description(to_regclass('"public"."signoff_revision"'), 'pg_class')
        IS DISTINCT FROM 'signoff_revision 1, kept with "public"."schema_migrations"' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s records revisions as applied here that %s does not: %s',
            '"public"."signoff_revision"', '"public"."schema_migrations"',
            (SELECT string_agg(b, ', ' ORDER BY b COLLATE "C") FROM jsonb_array_elements_text(taken_back) AS b)),
        HINT = 'Nothing was changed. Until now it was kept without the table of golang-migrate, so nobody can tell whether that took them back. '
          'Where they are applied, the developers write a script with `signoff stamp`, which records them in both tables.';
    END IF;
  END IF;
  IF t IS NULL AND their = '{}' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO007',
      MESSAGE = 'signoff: refused: this database has no version table "public"."signoff_revision", so nothing is recorded as applied',
      HINT = 'Is this the right database?';
  END IF;
  FOR r IN SELECT v.*, m.up AS its_up, m.up1 AS its_up1, m.accept, m.steps AS its_steps, m.variables AS its_variables, m.selected
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text, state text, up text, up1 text, steps text[], variables text)
        JOIN jsonb_to_recordset(manifest)
          AS m (revision text, up text, up1 text, accept text[], steps text[], variables text, selected boolean) USING (revision) LOOP
    IF r.project <> 'numbered' THEN
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
        AND NOT (r.state = 'downgrading' AND coalesce(r.selected, false) AND NOT put_off ? r.revision) THEN
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
  SELECT count(*), count(*) FILTER (WHERE v.revision IS NOT NULL),
      string_agg(format('%s  %s  %s%s', chr(10), m.revision, m.message, CASE WHEN v.state <> 'applied' THEN '  (half-done)' END), '' ORDER BY m.n DESC)
        FILTER (WHERE v.revision IS NOT NULL)
    INTO total, todo, todo_names
    FROM (SELECT e->>'revision' AS revision, e->>'message' AS message, n
          FROM jsonb_array_elements(manifest) WITH ORDINALITY AS a (e, n)
         WHERE coalesce((e->>'selected')::boolean, false) AND NOT put_off ? (e->>'revision')) m
      LEFT JOIN jsonb_to_recordset(recorded) AS v (revision text, state text) USING (revision);
  SELECT string_agg(v.revision, ', ' ORDER BY v.revision)
    INTO ahead
    FROM jsonb_to_recordset(recorded) AS v (revision text, project text, kind text)
   WHERE v.project = 'numbered' AND v.kind = 'revision'
     AND NOT EXISTS (SELECT FROM jsonb_array_elements(manifest) AS a (e) WHERE e->>'revision' = v.revision)
     AND NOT others ? v.revision;
  PERFORM set_config('signoff.repeat', (ahead IS NULL AND put_off = '[]')::text, false);
  IF todo > 0 THEN
    IF ahead IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: this database records revisions that this script''s tree does not know: %s', ahead),
        HINT = 'It was upgraded from a newer or another tree: compile from that one.';
    END IF;
    SELECT v.revision
      INTO r
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text)
     WHERE v.project = 'numbered' AND '[]'::jsonb ? v.revision
      LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s is applied here and stands on what would be reverted', r.revision),
        HINT = 'Revert it first, with the downgrade.sql of its own release.';
    END IF;
  END IF;
  said :=
      CASE WHEN total = 0 THEN 'signoff: nothing to revert: there is no way back from 10'
            WHEN todo = 0 THEN format('signoff: nothing to revert: none of %s revisions is applied here', total)
            ELSE format('signoff: %s of %s to revert here; %s already reverted%s', todo, total, total - todo, todo_names) END
        || CASE WHEN put_off = '[]' THEN ''
            ELSE (SELECT coalesce(format('%ssignoff: %s more of this script are put off', chr(10), nullif(count(*), 0)), '')
                  FROM jsonb_array_elements_text(put_off) AS p (id)
                 WHERE EXISTS (SELECT FROM jsonb_array_elements(recorded) AS w (e) WHERE w.e->>'revision' = p.id)) END;
  IF adopted <> '[]' THEN
    said := said || format('%ssignoff: applied by golang-migrate, and taken for applied: %s', chr(10),
        (SELECT string_agg(a.id, ', ' ORDER BY a.n) FROM (SELECT e->>'revision' AS id, n
              FROM jsonb_array_elements(manifest) WITH ORDINALITY AS m (e, n) WHERE adopted ? (e->>'revision')) a));
  END IF;
  IF older IS NOT NULL THEN
    said := said || format('%ssignoff: recorded by golang-migrate, and older than this tree: %s', chr(10), older);
  END IF;
  IF taken_back <> '[]' THEN
    said := said || format('%ssignoff: taken back by golang-migrate, and taken for not applied: %s', chr(10),
        (SELECT string_agg(b, ', ' ORDER BY b COLLATE "C") FROM jsonb_array_elements_text(taken_back) AS b));
  END IF;
  PERFORM set_config('jit', jit, true);
  PERFORM set_config('signoff.summary', said, false),
    set_config('signoff.adopted', adopted::text, false), set_config('signoff.taken_back', taken_back::text, false),
    set_config('signoff.beyond', beyond::text, false), set_config('signoff.seen', seen, false);
END $signoff$;
SELECT pg_catalog.current_setting('signoff.summary') AS signoff_summary, pg_catalog.current_setting('signoff.repeat') AS signoff_repeat \gset
SELECT pg_catalog.current_setting('signoff.adopted') AS signoff_adopted, pg_catalog.current_setting('signoff.taken_back') AS signoff_taken_back,
  pg_catalog.current_setting('signoff.beyond') AS signoff_beyond, pg_catalog.current_setting('signoff.seen') AS signoff_seen \gset
\echo :signoff_summary
RESET signoff.manifest;
\if :signoff_dry_run
-- A rehearsal is one transaction around everything, and it is rolled back at the close.
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
COMMENT ON TABLE "public"."signoff_revision" IS 'signoff_revision 1, kept with "public"."schema_migrations"';
CREATE TABLE "public"."signoff_event" (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event text NOT NULL CHECK (event IN ('started', 'applied', 'reverting', 'reverted', 'stamped', 'unstamped')), project text NOT NULL, revision text NOT NULL,
    bundle text, ticket text, session_user_name text NOT NULL DEFAULT session_user, current_user_name text NOT NULL DEFAULT current_user,
    client_addr inet DEFAULT inet_client_addr(), application text DEFAULT current_setting('application_name'));
COMMENT ON TABLE "public"."signoff_event" IS 'signoff_event 1';
END IF; END $signoff$;
SET signoff.manifest = :'signoff_manifest'; SET signoff.adopted = :'signoff_adopted'; SET signoff.taken_back = :'signoff_taken_back';
SET signoff.beyond = :'signoff_beyond'; SET signoff.seen = :'signoff_seen'; SET signoff.bundle = :'signoff_bundle'; SET signoff.ticket = :'signoff_ticket';
DO $signoff$
DECLARE
  manifest jsonb := current_setting('signoff.manifest'); adopted jsonb := current_setting('signoff.adopted');
  taken_back jsonb := current_setting('signoff.taken_back'); seen text := current_setting('signoff.seen'); r record;
BEGIN
  IF to_regclass('"public"."schema_migrations"') IS NULL THEN
    CREATE TABLE "public"."schema_migrations" (version bigint not null primary key, dirty boolean not null);
  ELSIF adopted <> '[]' OR taken_back <> '[]' OR (SELECT max(x.version) FROM "public"."schema_migrations" x) IS DISTINCT FROM
      (SELECT max(k.id::numeric) FROM (
        SELECT v.revision AS id, v.parents || v.depends_on AS below FROM "public"."signoff_revision" v
         WHERE v.project = 'numbered' AND v.kind = 'revision' AND v.state <> 'upgrading'
        UNION ALL SELECT b.id, ARRAY(SELECT jsonb_array_elements_text(b.below))
          FROM jsonb_each(current_setting('signoff.beyond')::jsonb) AS b (id, below)) k) THEN
    LOCK TABLE "public"."schema_migrations" IN ACCESS EXCLUSIVE MODE;
    IF seen IS DISTINCT FROM (SELECT md5(coalesce(string_agg(x::text, chr(10) ORDER BY x::text COLLATE "C"), ''))
        FROM "public"."schema_migrations" x) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002',
        MESSAGE = 'signoff: refused: golang-migrate changed what it records a moment ago, in "public"."schema_migrations"',
        HINT = 'Nothing of the schema was changed. Run again, when it has ended: it goes on where it stands then.';
    END IF;
  END IF;
  IF adopted <> '[]' OR taken_back <> '[]' THEN
    FOR r IN SELECT c.conname
        FROM pg_constraint c
       WHERE c.conrelid = to_regclass('"public"."signoff_event"') AND c.contype = 'c' AND pg_get_constraintdef(c.oid) ~ 'stamped'
         AND pg_get_constraintdef(c.oid) !~ 'unstamped' LOOP
      EXECUTE format('ALTER TABLE %2$s DROP CONSTRAINT %1$I, ADD CONSTRAINT %1$I CHECK (event = ANY (%3$L::text[]))', r.conname,
          to_regclass('"public"."signoff_event"'), '{started,applied,reverting,reverted,stamped,unstamped}');
    END LOOP;
    DELETE FROM "public"."signoff_revision" v WHERE v.project = 'numbered' AND (adopted ? v.revision OR taken_back ? v.revision);
    INSERT INTO "public"."signoff_revision"
        (revision, project, kind, parents, depends_on, message, up, up1, variables, state, bundle, ticket, applied_at)
      SELECT m.revision, 'numbered', 'revision', m.parents, coalesce(m.depends_on, '{}'), m.message, m.up, m.up1, m.variables, 'applied',
        current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), ''), clock_timestamp()
      FROM jsonb_to_recordset(manifest) AS m (revision text, parents text[], depends_on text[], message text, up text, up1 text, variables text)
     WHERE adopted ? m.revision;
    INSERT INTO "public"."signoff_event" (event, project, revision, bundle, ticket)
      SELECT x.event, 'numbered', x.revision, current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), '')
      FROM (SELECT 'unstamped', b FROM jsonb_array_elements_text(taken_back) AS b
          UNION SELECT 'stamped', a FROM jsonb_array_elements_text(adopted) AS a) x (event, revision)
      ORDER BY x.event DESC, x.revision COLLATE "C";
  END IF;
    WITH kept AS MATERIALIZED (SELECT v.revision AS id, v.parents || v.depends_on AS below FROM "public"."signoff_revision" v
         WHERE v.project = 'numbered' AND v.kind = 'revision' AND v.state <> 'upgrading'
        UNION ALL SELECT b.id, ARRAY(SELECT jsonb_array_elements_text(b.below))
          FROM jsonb_each(current_setting('signoff.beyond')::jsonb) AS b (id, below)),
      newest AS (SELECT max(k.id::numeric) AS version FROM kept k),
      gone AS (DELETE FROM "public"."schema_migrations" x USING newest n WHERE x.version IS DISTINCT FROM n.version)
    INSERT INTO "public"."schema_migrations" (version, dirty)
      SELECT n.version, false FROM newest n
       WHERE n.version IS NOT NULL AND NOT EXISTS (SELECT FROM "public"."schema_migrations" x WHERE x.version = n.version);
    IF obj_description(to_regclass('"public"."signoff_revision"'), 'pg_class')
          IS DISTINCT FROM 'signoff_revision 1, kept with "public"."schema_migrations"'
        AND pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass('"public"."signoff_revision"')), 'USAGE') THEN
      COMMENT ON TABLE "public"."signoff_revision" IS 'signoff_revision 1, kept with "public"."schema_migrations"';
    END IF;
END $signoff$;
RESET signoff.manifest;
-- What an upgrade began here, and did nothing of, is on the record as before.
WITH idle AS (
  DELETE FROM "public"."signoff_revision" v
    USING jsonb_array_elements(:'signoff_manifest'::jsonb) AS m (e)
   WHERE v.revision = m.e->>'revision' AND (m.e->>'selected')::boolean AND NOT :'signoff_put_off'::jsonb ? v.revision
     AND v.state = 'upgrading' AND v.steps = '{}' RETURNING v.revision),
  told AS (INSERT INTO "public"."signoff_event" (event, project, revision, bundle, ticket)
    SELECT 'reverted', 'numbered', i.revision, :'signoff_bundle', nullif(:'signoff_ticket', '') FROM idle i)
SELECT count(*) > 0 AS signoff_idle, coalesce(string_agg(i.revision, ', '), '') AS signoff_idle_names FROM idle i \gset
\if :signoff_idle
\echo 'signoff: begun here, and nothing of it done; not applied:' :signoff_idle_names
\endif
\set SHOW_CONTEXT errors

-- 6. Close: no transaction is open, and what was promised is there, or this script fails.
:signoff_rest
SET signoff.manifest = :'signoff_manifest'; SET signoff.put_off = :'signoff_put_off'; SET signoff.rehearsal = :'signoff_dry_run';
SET signoff.others = :'signoff_others';
DO $signoff$
DECLARE
  put_off jsonb := current_setting('signoff.put_off'); promised bigint; n bigint; every bigint;
  manifest jsonb := current_setting('signoff.manifest'); others jsonb := current_setting('signoff.others'); recorded jsonb;
  records jsonb; known jsonb; ours jsonb;
BEGIN
  SELECT count(*) FILTER (WHERE NOT put_off ? (e->>'revision')), count(*) FILTER (WHERE NOT put_off ? (e->>'revision') AND v.revision IS NULL),
      count(*) FILTER (WHERE v.revision IS NULL)
    INTO promised, n, every
    FROM jsonb_array_elements(current_setting('signoff.manifest')::jsonb) AS a (e)
      LEFT JOIN "public"."signoff_revision" v ON v.revision = e->>'revision'
   WHERE (e->>'selected')::boolean;
  IF n <> promised THEN
    RAISE EXCEPTION USING ERRCODE = 'SO009',
      MESSAGE = format('signoff: failed: %s of %s revisions are reverted, and all should be', n, promised),
      HINT = 'Run this script again; status.sql tells what is recorded.';
  END IF;
  SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') INTO recorded FROM "public"."signoff_revision" v;
    SELECT others || coalesce(jsonb_object_agg(e->>'revision', coalesce(e->'parents', '[]') || coalesce(e->'depends_on', '[]')), '{}')
      INTO known
      FROM jsonb_array_elements(manifest) AS a (e);
    SELECT coalesce(jsonb_object_agg(v.revision, v.state), '{}')
      INTO ours
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text, kind text, state text)
     WHERE v.project = 'numbered' AND v.kind = 'revision' AND v.state <> 'upgrading';
  SELECT count(*)
    INTO n
    FROM jsonb_array_elements(manifest) AS a (e)
   WHERE (e->>'selected')::boolean AND NOT put_off ? (e->>'revision')
     AND e->>'revision' IN (SELECT x.key FROM (
        SELECT k.id, NULL::boolean
          FROM "public"."schema_migrations" x,
            LATERAL (SELECT coalesce(max(o.id::numeric), -1) AS newest FROM jsonb_object_keys(ours) AS o (id) WHERE o.id::numeric <= x.version) o,
            jsonb_object_keys(known) AS k (id)
         WHERE k.id::numeric <= x.version AND (ours ? k.id OR k.id::numeric > o.newest)
        UNION SELECT x.version::text, NULL FROM "public"."schema_migrations" x WHERE x.version >= 0) x (key, fits));
  IF n > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'SO009',
      MESSAGE = format('signoff: failed: %s of the revisions are not as they should be in %s', n, '"public"."schema_migrations"'),
      HINT = 'Did golang-migrate run at the same time, or a trigger? Run plan.sql: it tells what is applied by now.';
  END IF;
  PERFORM set_config('signoff.said',
      format('%s of 0 revisions are reverted', every)
      , false);
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
SELECT pg_catalog.json_build_object('format', 1, 'project', 'numbered', 'database', pg_catalog.current_database(),
      'system_identifier', nullif(:'signoff_system', ''),
      'at', pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'bundle', :'signoff_bundle', 'ticket', nullif(:'signoff_ticket', ''),
      'revisions', (SELECT coalesce(pg_catalog.json_agg(
            pg_catalog.json_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
          FROM "public"."signoff_revision" v
         WHERE v.project = 'numbered'))::text AS signoff_receipt \gset

\echo 'signoff: done:' :signoff_said
\echo 'signoff: this script stops above 10: it has no downgrade'
\echo :signoff_receipt
\endif
SELECT pg_catalog.bool_and(pg_catalog.pg_advisory_unlock(k)) AS signoff_unlocked FROM pg_catalog.unnest(:'signoff_keys'::pg_catalog.int8[]) AS k \gset
\endif
