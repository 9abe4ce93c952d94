{% import "script/words.sql" as words %}
-- 2. Machinery, written once: a psql variable holds each piece, and :name runs it.
\set signoff_bundle {{ bundle_digest | psql }}
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
\set signoff_lock_timeout {{ lock_timeout | psql }}
SELECT $m$
RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;
SET statement_timeout = {{ statement_timeout | lit }}; SET idle_in_transaction_session_timeout = 0; CLOSE ALL; UNLISTEN *; DISCARD TEMP;
DISCARD SEQUENCES; DISCARD PLANS; DEALLOCATE ALL;
SET search_path = pg_catalog, pg_temp; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET client_min_messages = warning;
SET lock_timeout = :'signoff_lock_timeout'; SET application_name = 'signoff';
DO $signoff$ BEGIN
  -- PostgreSQL 17 brought it.
  IF pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL THEN PERFORM pg_catalog.set_config('transaction_timeout', '0', false); END IF;
END $signoff$;
{% if role %}
SET ROLE {{ role | ident }};
{% endif %}
$m$ AS signoff_clean \gset
SELECT $m$
:signoff_clean
:signoff_probe
$m$ AS signoff_session \gset
-- How a revision's transaction begins and ends, and what comes after it.
{% if acts %}
-- Fires what is deferred. Where revisions share a transaction, each constraint by its name and then back as it was made: the next revision finds it so.
\set signoff_fire 'SET CONSTRAINTS ALL IMMEDIATE;'
SELECT $m$
DO $signoff$ DECLARE c record; BEGIN
{{ words.fire_each() }}
END $signoff$;
$m$ AS signoff_fire_each \gset
{% endif %}
{% if single %}
\set signoff_fire ':signoff_fire_each'
\set signoff_open ''
\set signoff_shut ''
\set signoff_rest ':signoff_clean'
{% else %}
\set signoff_open 'BEGIN :signoff_modes ;'
\set signoff_shut 'COMMIT;'
\set signoff_rest ':signoff_session'
{% endif %}
{% if acts or direction == "stamp" %}
-- Refuses unless this session holds the lock (a transaction pooler, a DISCARD ALL).
SELECT $m$
DO $signoff$ DECLARE k bigint := hashtextextended({{ lock_name | lit }}, 0); BEGIN
  IF NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.granted AND l.objsubid = 1
                 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                 AND l.classid::bigint = (k >> 32) & 4294967295 AND l.objid::bigint = k & 4294967295) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002', MESSAGE = 'signoff: refused: this session does not hold the signoff lock',
      HINT = 'Is a transaction pooler in between? Connect to the server itself and run again.'; END IF; END $signoff$;
$m$ AS signoff_locked \gset
{% endif %}
{% if acts %}
-- The surroundings that the author of a revision expects, and the way back to ours, in whatever transaction is open.
\set signoff_user {{ words.surroundings(surroundings) | psql }}
\set signoff_own {% if role %}{{ ("RESET SESSION AUTHORIZATION; SET ROLE " ~ (role | ident) ~ "; SET search_path = pg_catalog, pg_temp;") | psql }}{% else %}'RESET SESSION AUTHORIZATION; RESET ROLE; SET search_path = pg_catalog, pg_temp;'{% endif %}

\set signoff_modes ''
-- Is this one still to be done?
SELECT $m$
{% if direction == "upgrade" %}
SELECT NOT :'signoff_put_off'::jsonb ? (:'signoff_row'::jsonb->>'revision')
  AND NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = :'signoff_row'::jsonb->>'revision' AND v.state = 'applied')
    AS signoff_todo \gset$m$ AS signoff_look \gset
{% else %}
SELECT NOT :'signoff_put_off'::jsonb ? (:'signoff_row'::jsonb->>'revision')
  AND EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = :'signoff_row'::jsonb->>'revision')
    AS signoff_todo \gset$m$ AS signoff_look \gset
{% endif %}
{% include "script/machinery/record.sql" %}
{% include "script/machinery/repeatable.sql" %}
{% include "script/machinery/transaction.sql" %}
{% include "script/machinery/steps.sql" %}
{% include "script/machinery/rows.sql" %}
{% endif %}
