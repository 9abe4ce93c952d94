\set ON_ERROR_STOP on
\if true
-- signoff status · linear · base → 9a44e2d5806b · 3 revisions
-- tree    sha256:4ba21bb7d0a6009439dd877a710a7897576aa4d7f700e45e3b96dc505fbcfc56
-- bundle  sha256:bf478aba92b54ae5c76c838c52c4f4680db16bd5acb42d59e67d9abe5d29999d
-- run     psql -X -d DATABASE -f status.sql
-- It changes nothing.
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
\set signoff_row_1 '{"revision":"5f1d0c3a9b27","kind":"revision","parents":[],"message":"Players and countries","up":"sha256:70205f810a6a94468b9841d6415c792e334bd3d7115ae3c6989df19481151771","up1":"sha256:473ad2346dc4e2e966e9603f8ec4c51a0c846491255cf96e35706ac2df66324c","selected":true}'
\set signoff_row_2 '{"revision":"c07e4b6d11fa","kind":"revision","parents":["5f1d0c3a9b27"],"message":"Index players by country","up":"sha256:176b65e3c4d333409b4ba577e6d78078949d3e7bf373ee7a13b4363da9ec44d3","up1":"sha256:bb58cc825a7a503a06e61d1771aadfbab813368119dab6550556c7661d990001","steps":["5dc8fb31869fee59","2efcc6e7d23798d5"],"selected":true}'
\set signoff_row_3 '{"revision":"9a44e2d5806b","kind":"revision","parents":["c07e4b6d11fa"],"message":"Best scores, it''s \\"`top n`\\"","up":"sha256:6098b2b8e1ff83b82b474de1f969ad6e9104f538bc8c19912e7886b54d68e116","up1":"sha256:82f3a876001cce7e903aa22f25840327b084436176e0f55d4dd20c1b1b8245a5","selected":true}'
SELECT coalesce(pg_catalog.jsonb_agg(e ORDER BY n), '[]') AS signoff_manifest
  FROM pg_catalog.unnest(ARRAY[:'signoff_row_1',:'signoff_row_2',:'signoff_row_3']::pg_catalog.jsonb[])
    WITH ORDINALITY AS t (e, n) \gset
SELECT pg_catalog.to_regclass('"public"."signoff_revision"') IS NOT NULL AS signoff_there \gset
\if :signoff_there
DO $signoff$ BEGIN
  IF split_part(coalesce(obj_description('"public"."signoff_revision"'::regclass, 'pg_class'), ''), ',', 1) <> 'signoff_revision 1' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO008',
      MESSAGE = 'signoff: refused: table "public"."signoff_revision" is not a version table of signoff, format 1',
      HINT = 'Name another in [version_table] name, or use the signoff that made it.';
  END IF;
END $signoff$;
-- What the steps of a revision are, by its state.
\set signoff_step_names '{"c07e4b6d11fa":{"downgrading":["DROP INDEX CONCURRENTLY player_country_idx"],"upgrading":["CREATE INDEX CONCURRENTLY player_country_idx ON player (country)","COMMENT ON INDEX player_country_idx IS ''for the league tables''"]}}'
SELECT coalesce((SELECT e.event FROM "public"."signoff_event" e WHERE e.revision NOT LIKE 'repeatable:%' ORDER BY e.id DESC LIMIT 1), '')
  AS signoff_last \gset
WITH m AS (SELECT e->>'revision' AS revision, e->>'message' AS message, e, n
        FROM jsonb_array_elements(:'signoff_manifest'::jsonb) WITH ORDINALITY AS a (e, n)),
    tried AS (SELECT DISTINCT ON (e.revision) e.revision, e.event,
          format('%s UTC by %s%s', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), e.session_user_name, ', ticket ' || e.ticket) AS told
        FROM "public"."signoff_event" e
        ORDER BY e.revision, e.id DESC),
    s AS (SELECT m.*, v.state,
          v.steps, v.revision IS NOT NULL AND v.project <> 'linear' AS foreign_project,
          v.state = 'applied' AND v.up <> e->>'up' AND v.up1 <> e->>'up1' AND NOT coalesce(e->'accept' ? v.up, false)
            OR v.up = e->>'up' AND v.variables IS DISTINCT FROM e->>'variables' AS other_text, t.event, t.told
        FROM m LEFT JOIN "public"."signoff_revision" v ON v.revision = m.revision
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
  FROM "public"."signoff_revision" v
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
SELECT pg_catalog.json_build_object('format', 1, 'project', 'linear', 'database', pg_catalog.current_database(),
      'system_identifier', nullif(:'signoff_system', ''),
      'at', pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'bundle', :'signoff_bundle', 'ticket', nullif(:'signoff_ticket', ''),
      'revisions', (SELECT coalesce(pg_catalog.json_agg(
            pg_catalog.json_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
          FROM "public"."signoff_revision" v
         WHERE v.project = 'linear'))::text AS signoff_receipt \gset

\echo :signoff_receipt
\else
SELECT pg_catalog.format('signoff: there is no version table %s in database %s: nothing of this tree is recorded as applied',
    '"public"."signoff_revision"', pg_catalog.current_database()) AS signoff_status \gset
\echo :signoff_status
\echo 'next: is this the right database? If it is, run plan.sql, then upgrade.sql'
SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS signoff_may_ask \gset
\set signoff_system ''
\if :signoff_may_ask
SELECT s.system_identifier::text AS signoff_system FROM pg_catalog.pg_control_system() s \gset
\endif
SELECT pg_catalog.json_build_object('format', 1, 'project', 'linear', 'database', pg_catalog.current_database(),
      'system_identifier', nullif(:'signoff_system', ''),
      'at', pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'bundle', :'signoff_bundle', 'ticket', nullif(:'signoff_ticket', ''),
      'revisions', '[]'::pg_catalog.json)::text AS signoff_receipt \gset

\echo :signoff_receipt
\endif
\endif
