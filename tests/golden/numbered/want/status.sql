\set ON_ERROR_STOP on
\if true
-- signoff status · numbered · base → 10 · 5 revisions
-- tree    sha256:b898e35a1ed381e284177dee2d7f5ad0139e8414e3ed81afa6d6f28b02d40fc7
-- bundle  sha256:f3f6991ec983cd9b854d303a299929ac03c7c2bce47014681c6aba49c744d359
-- run     psql -X -d DATABASE -f status.sql
-- It changes nothing.
--
--   1  1   notes             one transaction
--   2  2   authors           one transaction · ACCESS EXCLUSIVE on note
--   3  3   index authors     1 step, outside a transaction: CREATE INDEX CONCURRENTLY IF NOT EXISTS note_author_idx ON note … · SHARE UPDATE EXCLUSIVE on note
--   4  9   backfill authors  2 steps, a transaction each · ACCESS EXCLUSIVE on note
--   5  10  log               one transaction · no way back: it has no downgrade
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
SET jit = off;
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
\set signoff_ticket ''
-- The revisions, as they will be recorded: "selected" are this script's own, the others must be there already.
\set signoff_row_1 '{"revision":"1","kind":"revision","parents":[],"message":"notes","up":"sha256:f17d15b6317d9522a75c70e40677f329e137d6a26344f0ec67b8a6f70531d9c1","up1":"sha256:a2c89755ce78be51a0d8779b82ab128d228fec2576569ac92f790d5f74e2545c","selected":true}'
\set signoff_row_2 '{"revision":"2","kind":"revision","parents":[],"message":"authors","up":"sha256:646006a6c02b381ebce1afe090c0dc0c056f43ca6d088a678bc7d6d5f59ed26a","up1":"sha256:c2f9d251659477cb5f6d63d672a6ca2e560520104f93c35eafd5b3c61844f497","selected":true}'
\set signoff_row_3 '{"revision":"3","kind":"revision","parents":[],"message":"index authors","up":"sha256:2ab559ac2cf877e0ae6ccfe96bda405bb1f1b414854d4818cb60d5e5eee48806","up1":"sha256:9e6b18dbebeec434442c61c88c805888143c26cc17d0dad96dbb9271afa719eb","steps":["644a180c71f5b15f"],"selected":true}'
\set signoff_row_4 '{"revision":"9","kind":"revision","parents":[],"message":"backfill authors","up":"sha256:19d469bf70934cabc96a8d65a704e06497fa2076c1fd757f676b2e12aa01775a","up1":"sha256:cdc18636e4c3c7046519739e28bb11ff6f0bcb28788080009a3abce9f3df9775","steps":["13873df4e607a3c6","83d6039f122e03bc"],"selected":true}'
\set signoff_row_5 '{"revision":"10","kind":"revision","parents":[],"message":"log","up":"sha256:03aa0013dc5468ef3dcef84c043a5e4e36d805a0b74b808ea706682dc67a5fae","up1":"sha256:40b059c45545e334c160da4e746ab7d0be09f590a310d9ae255fba6932dd920a","selected":true}'
SELECT coalesce(pg_catalog.jsonb_agg(e ORDER BY n), '[]') AS signoff_manifest
  FROM pg_catalog.unnest(ARRAY[:'signoff_row_1',:'signoff_row_2',:'signoff_row_3',:'signoff_row_4',:'signoff_row_5']::pg_catalog.jsonb[])
    WITH ORDINALITY AS t (e, n) \gset
SELECT pg_catalog.to_regclass('"public"."signoff_revision"') IS NOT NULL AS signoff_there \gset
-- What the table of golang-migrate says is applied.
SET signoff.manifest = :'signoff_manifest';
DO $signoff$
DECLARE
  manifest jsonb := current_setting('signoff.manifest');
  others jsonb := '{}'; recorded jsonb := '[]'; fresh boolean := true; over text; r record;
  records jsonb; known jsonb; ours jsonb; their jsonb := '{}'; adopted jsonb := '[]'; taken_back jsonb := '[]'; beyond jsonb := '{}'; seen text;
  first text; older text;
BEGIN
  IF to_regclass('"public"."signoff_revision"') IS NOT NULL THEN
    SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') INTO recorded FROM "public"."signoff_revision" v;
  END IF;
  IF to_regclass('"public"."schema_migrations"') IS NOT NULL AND row_security_active(to_regclass('"public"."schema_migrations"')) THEN
    RAISE WARNING 'signoff: row-level security hides rows of % from %: what is told here may be less than what is applied',
      '"public"."schema_migrations"', current_user;
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
      RAISE WARNING USING ERRCODE = 'SO008',
        MESSAGE = 'signoff: refused: "public"."signoff_revision" records revisions here, and the table of golang-migrate is not there',
        HINT = 'It would be "public"."schema_migrations". Where golang-migrate is not used on this database, '
          'compile with [version_table] scheme = "native"; where it is to be from now on, the developers write a script with `signoff stamp`, '
          'which makes its table, too.';
    END IF;
  ELSE
    SELECT x.version INTO r FROM "public"."schema_migrations" x WHERE x.dirty LIMIT 1;
    IF FOUND THEN
      RAISE WARNING USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: golang-migrate calls version %s dirty: a run of it was stopped half-way', r.version),
        HINT = 'See what of that migration is in the database, take it away or finish it, and say so with `migrate force VERSION`; then run again.';
    END IF;
    IF EXISTS (SELECT FROM jsonb_object_keys(ours) AS o (id) WHERE o.id !~ '^[0-9]+$') THEN
      RAISE WARNING USING ERRCODE = 'SO006',
        MESSAGE = 'signoff: refused: what is recorded here for this project is from another kind of tree: its revisions are no numbers',
        HINT = 'Compile from the tree that was applied, or give this one another [project] name and [version_table] name.';
    END IF;
    SELECT x.version, (SELECT string_agg(k.id, ', ') FROM jsonb_object_keys(known) AS k (id)
        WHERE k.id::numeric <= x.version AND NOT ours ? k.id) AS missing
      INTO r
      FROM "public"."schema_migrations" x
     WHERE x.version < (SELECT max(o.id::numeric) FROM jsonb_object_keys(ours) AS o (id));
    IF r.missing IS NOT NULL THEN
      RAISE WARNING USING ERRCODE = 'SO006',
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
      RAISE WARNING USING ERRCODE = 'SO006',
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
      RAISE WARNING USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s records revisions as applied here that %s does not: %s',
            '"public"."signoff_revision"', '"public"."schema_migrations"',
            (SELECT string_agg(b, ', ' ORDER BY b COLLATE "C") FROM jsonb_array_elements_text(taken_back) AS b)),
        HINT = 'Nothing was changed. Until now it was kept without the table of golang-migrate, so nobody can tell whether that took them back. '
          'Where they are applied, the developers write a script with `signoff stamp`, which records them in both tables.';
    END IF;
  END IF;
  PERFORM set_config('signoff.recorded', recorded::text, false),
    set_config('signoff.tool', 'signoff: golang-migrate records as applied, in "public"."schema_migrations": '
        || CASE WHEN to_regclass('"public"."schema_migrations"') IS NULL THEN 'nothing, there is no such table'
          WHEN their = '{}' THEN 'nothing'
          ELSE (SELECT string_agg(k, ', ' ORDER BY k COLLATE "C") FROM jsonb_object_keys(their) AS k) END, false);
END $signoff$;
SELECT current_setting('signoff.recorded') AS signoff_recorded, current_setting('signoff.tool') AS signoff_tool \gset
RESET signoff.manifest;
\if :signoff_there
DO $signoff$ BEGIN
  IF split_part(coalesce(obj_description('"public"."signoff_revision"'::regclass, 'pg_class'), ''), ',', 1) <> 'signoff_revision 1' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO008',
      MESSAGE = 'signoff: refused: table "public"."signoff_revision" is not a version table of signoff, format 1',
      HINT = 'Name another in [version_table] name, or use the signoff that made it.';
  END IF;
END $signoff$;
-- What the steps of a revision are, by its state.
\set signoff_step_names '{"3":{"upgrading":["CREATE INDEX CONCURRENTLY IF NOT EXISTS note_author_idx ON note …"]},"9":{"upgrading":["UPDATE note SET author = ''nobody'' WHERE author IS NULL","ALTER TABLE note ALTER COLUMN author SET NOT NULL"]}}'
SELECT coalesce((SELECT e.event FROM "public"."signoff_event" e WHERE e.revision NOT LIKE 'repeatable:%' ORDER BY e.id DESC LIMIT 1), '')
  AS signoff_last \gset
WITH m AS (SELECT e->>'revision' AS revision, e->>'message' AS message, e, n
        FROM jsonb_array_elements(:'signoff_manifest'::jsonb) WITH ORDINALITY AS a (e, n)),
    tried AS (SELECT DISTINCT ON (e.revision) e.revision, e.event,
          format('%s UTC by %s%s', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), e.session_user_name, ', ticket ' || e.ticket) AS told
        FROM "public"."signoff_event" e
        ORDER BY e.revision, e.id DESC),
    s AS (SELECT m.*, v.state,
          v.steps, v.revision IS NOT NULL AND v.project <> 'numbered' AS foreign_project,
          v.state = 'applied' AND v.up <> e->>'up' AND v.up1 <> e->>'up1' AND NOT coalesce(e->'accept' ? v.up, false)
            OR v.up = e->>'up' AND v.variables IS DISTINCT FROM e->>'variables' AS other_text, t.event, t.told
        FROM m LEFT JOIN jsonb_populate_recordset(NULL::"public"."signoff_revision", :'signoff_recorded'::jsonb) v ON v.revision = m.revision
          LEFT JOIN tried t ON t.revision = m.revision)
SELECT format('signoff: %s of %s revisions of this release and before it are applied in database %s', count(*) FILTER (WHERE s.state = 'applied'), count(*),
        current_database())
    || coalesce(string_agg(format('%s  %s  %s  %s', chr(10),
                    rpad(CASE WHEN s.foreign_project THEN 'NOT OURS'
                            WHEN s.other_text THEN 'OTHER TEXT'
                            WHEN s.state IS NULL THEN 'not applied'
                            WHEN s.state = 'applied' THEN 'applied'
                            ELSE 'HALF-DONE' END, 11), s.revision, s.message)
                || CASE WHEN s.state IN ('upgrading', 'downgrading') THEN format('  (%s; last run %s)', s.state, s.told)
                    WHEN s.event IN ('started', 'reverting')
                      THEN format('  (%s %s, %s)', s.event, s.told,
                          CASE WHEN :'signoff_runs' THEN 'and has not ended yet' ELSE 'and it did not end: all of it was rolled back' END)
                    ELSE '' END
                || CASE WHEN s.state IN ('upgrading', 'downgrading')
                      THEN (SELECT coalesce(string_agg(format('%s               step %s of %s  %s  %s', chr(10), i,
                                      (SELECT count(*) FROM jsonb_array_elements(:'signoff_step_names'::jsonb->s.revision->s.state)),
                                      rpad(CASE WHEN s.steps[i::int4] IS NULL THEN 'to do' WHEN s.steps[i::int4] ~ '[?!]' THEN 'BEGUN' ELSE 'done' END, 5),
                                      name), '' ORDER BY i),
                              format('%s               steps done: %s', chr(10), (SELECT count(*) FROM unnest(s.steps) AS d WHERE d !~ '[?!]')))
                          FROM jsonb_array_elements_text(:'signoff_step_names'::jsonb->s.revision->s.state) WITH ORDINALITY AS names (name, i))
                    ELSE '' END, '' ORDER BY s.n), '') AS signoff_status,
  CASE WHEN :'signoff_runs' THEN 'next: wait for the run that is going on; then ask again'
      WHEN to_regclass('"public"."schema_migrations"') IS NULL AND bool_or(s.state IS NOT NULL)
        THEN 'next: ask the developers; the scripts of this release refuse here, for the table of golang-migrate is not there'
      WHEN bool_or(s.foreign_project OR s.other_text)
        THEN 'next: ask the developers; the scripts of this release refuse here: '
          'what is recorded is another project''s, or was applied with another text or other variables'
      WHEN bool_or(s.state = 'downgrading') THEN 'next: see to what stopped it, then run downgrade.sql again; it goes on at the step that failed'
      WHEN bool_or(s.state = 'upgrading') THEN 'next: see to what stopped it, then run upgrade.sql again; it goes on at the step that failed'
      WHEN :'signoff_last' = 'reverting' THEN 'next: see to what stopped it, then run downgrade.sql again; it goes on where it stopped'
      WHEN bool_or(s.state IS NULL) AND :'signoff_last' = 'reverted'
        THEN 'next: nothing, if this release was to be taken back: the last run was a downgrade; upgrade.sql would apply it again'
      WHEN bool_or(s.state IS NULL) THEN 'next: run plan.sql, then upgrade.sql; it begins with the first that is not applied'
      ELSE 'next: nothing; all of this release is applied' END AS signoff_next
  FROM s \gset
\echo :signoff_status
\echo :signoff_next
SELECT coalesce(string_agg(format('  %s  %s', v.revision, v.state), E'\n' ORDER BY v.revision COLLATE "C"), '') AS signoff_others,
    count(*) > 0 AS signoff_has_others
  FROM jsonb_populate_recordset(NULL::"public"."signoff_revision", :'signoff_recorded'::jsonb) v
 WHERE v.kind = 'revision' AND NOT EXISTS (SELECT FROM jsonb_array_elements(:'signoff_manifest'::jsonb) AS a (e)
         WHERE e->>'revision' = v.revision OR e->'replaces' @> jsonb_build_array(jsonb_build_object('revision', v.revision))) \gset
\if :signoff_has_others
\echo 'also recorded here, and not part of this release:'
\echo :signoff_others
\endif
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
          FROM jsonb_populate_recordset(NULL::"public"."signoff_revision", :'signoff_recorded'::jsonb) v
         WHERE v.project = 'numbered'))::text AS signoff_receipt \gset

\echo :signoff_receipt
\else
SELECT pg_catalog.format('signoff: there is no version table %s in database %s: nothing of this tree is recorded as applied by signoff',
    '"public"."signoff_revision"', pg_catalog.current_database()) AS signoff_status \gset
\echo :signoff_status
\echo :signoff_tool
\echo 'next: is this the right database? If it is, run plan.sql, then upgrade.sql'
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
          FROM jsonb_to_recordset(:'signoff_recorded'::jsonb) AS v (revision text, project text, up text, state text)
         WHERE v.project = 'numbered'))::text AS signoff_receipt \gset

\echo :signoff_receipt
\endif
\endif
