\set ON_ERROR_STOP on
\if true
-- signoff status · branches · base → 48ac91d7e3b0 · 5 revisions
-- tree    sha256:12a7e76a5d5ade7f32dc437a1de1c7244f6fff5548feb51a1bdbb92c798778e5
-- bundle  sha256:1e306adb30683ab3914dce85c2a823f2c6e3a9dc05d8be14c2e622f3eed4e796
-- run     psql -X -d DATABASE -f status.sql
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
SELECT pg_catalog.to_regclass('"public"."signoff_revision"') IS NOT NULL AS signoff_there \gset
\if :signoff_there
DO $signoff$ BEGIN
  IF split_part(coalesce(obj_description('"public"."signoff_revision"'::regclass, 'pg_class'), ''), ',', 1) <> 'signoff_revision 1' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO008',
      MESSAGE = 'signoff: refused: table "public"."signoff_revision" is not a version table of signoff, format 1',
      HINT = 'Name another in [version_table] name, or use the signoff that made it.';
  END IF;
END $signoff$;
SELECT coalesce(pg_catalog.jsonb_agg(e ORDER BY n), '[]') AS signoff_again
  FROM pg_catalog.unnest(ARRAY[:'signoff_repeat_1', :'signoff_repeat_2']::pg_catalog.jsonb[])
    WITH ORDINALITY AS t (e, n) \gset
\set signoff_step_names '{}'
SELECT coalesce((SELECT e.event FROM "public"."signoff_event" e WHERE e.revision NOT LIKE 'repeatable:%' ORDER BY e.id DESC LIMIT 1), '')
  AS signoff_last \gset
WITH m AS (SELECT e->>'revision' AS revision, e->>'message' AS message, e, n
        FROM jsonb_array_elements(:'signoff_manifest'::jsonb) WITH ORDINALITY AS a (e, n)),
    tried AS (SELECT DISTINCT ON (e.revision) e.revision, e.event,
          format('%s UTC by %s%s', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), e.session_user_name, ', ticket ' || e.ticket) AS told
        FROM "public"."signoff_event" e
        ORDER BY e.revision, e.id DESC),
    s AS (SELECT m.*, v.state,
          v.steps, v.revision IS NOT NULL AND v.project <> 'branches' AS foreign_project,
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
      WHEN EXISTS (SELECT FROM jsonb_array_elements(:'signoff_again'::jsonb) AS a (e)
         WHERE NOT EXISTS (SELECT FROM "public"."signoff_revision" v
             WHERE v.revision = e->>'revision'
               AND (v.up = e->>'up' AND v.variables IS NOT DISTINCT FROM e->>'variables'
                 OR v.up LIKE 'sha256:%' AND EXISTS (SELECT FROM "public"."signoff_event" x
                     WHERE x.event = 'applied' AND x.bundle = :'signoff_bundle' AND x.revision = v.revision))))
        THEN 'next: run plan.sql, then upgrade.sql; a repeatable is not applied, or with another text'
      ELSE 'next: nothing; all of this release is applied' END AS signoff_next
  FROM s \gset
\echo :signoff_status
SELECT string_agg(format('  %s  repeatable  %s',
            rpad(CASE WHEN v.revision IS NULL THEN 'not applied'
                    WHEN v.up = 'to be applied again' THEN 'DROPPED' WHEN v.up = 'to be compared again' THEN 'to compare'
                    WHEN v.up = e->>'up' AND v.variables IS NOT DISTINCT FROM e->>'variables' THEN 'applied'
                    ELSE 'other text' END, 11), e->>'message'), E'\n' ORDER BY n) AS signoff_repeatables
  FROM jsonb_array_elements(:'signoff_again'::jsonb) WITH ORDINALITY AS a (e, n)
    LEFT JOIN "public"."signoff_revision" v ON v.revision = e->>'revision' \gset
\echo :signoff_repeatables
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
SELECT pg_catalog.json_build_object('format', 1, 'project', 'branches', 'database', pg_catalog.current_database(),
      'system_identifier', nullif(:'signoff_system', ''),
      'at', pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'bundle', :'signoff_bundle', 'ticket', nullif(:'signoff_ticket', ''),
      'revisions', (SELECT coalesce(pg_catalog.json_agg(
            pg_catalog.json_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
          FROM "public"."signoff_revision" v
         WHERE v.project = 'branches'))::text AS signoff_receipt \gset

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
SELECT pg_catalog.json_build_object('format', 1, 'project', 'branches', 'database', pg_catalog.current_database(),
      'system_identifier', nullif(:'signoff_system', ''),
      'at', pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
      'bundle', :'signoff_bundle', 'ticket', nullif(:'signoff_ticket', ''),
      'revisions', '[]'::pg_catalog.json)::text AS signoff_receipt \gset

\echo :signoff_receipt
\endif
\endif
