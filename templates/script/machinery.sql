{% import "script/words.sql" as words %}
-- 2. Machinery, written once: a psql variable holds each piece, and :name runs it.
\set signoff_bundle {{ bundle_digest | psql }}
-- Refuses where a transaction is open (psql -1, a BEGIN of the session): a setting made locally lives on only inside one.
SELECT $m$
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.probe', 'open', true); END $signoff$;
DO $signoff$ BEGIN IF pg_catalog.current_setting('signoff.probe', true) OPERATOR(pg_catalog.=) 'open' THEN RAISE EXCEPTION USING ERRCODE = 'SO001',
  MESSAGE = 'signoff: refused: a transaction is open in this session', HINT = 'Run without -1 / --single-transaction and outside of BEGIN.'; END IF; END $signoff$;
$m$ AS signoff_probe \gset
-- Takes back whatever a revision left behind in the session; keeps the lock. Our own statements see pg_catalog only.
SELECT $m$
RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; UNLISTEN *; DISCARD TEMP; DISCARD SEQUENCES; DISCARD PLANS; DEALLOCATE ALL;
SET search_path = pg_catalog, pg_temp; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET client_min_messages = warning;
SET lock_timeout = {{ lock_timeout | lit }}; SET statement_timeout = {{ statement_timeout | lit }}; SET application_name = 'signoff';{% if role %} SET ROLE {{ role | ident }};{% endif %}

:signoff_probe
$m$ AS signoff_session \gset
{% if acts %}
-- The surroundings that the author of a revision expects, and the way back to ours, in whatever transaction is open.
\set signoff_user {{ words.surroundings(surroundings) | psql }}
\set signoff_own {% if role %}{{ ("RESET SESSION AUTHORIZATION; SET ROLE " ~ (role | ident) ~ "; SET search_path = pg_catalog, pg_temp;") | psql }}{% else %}'RESET SESSION AUTHORIZATION; RESET ROLE; SET search_path = pg_catalog, pg_temp;'{% endif %}

\set signoff_modes ''
-- Refuses unless this session holds the lock (a transaction pooler, a DISCARD ALL).
SELECT $m$
DO $signoff$ DECLARE k bigint := hashtextextended({{ lock_name | lit }}, 0); BEGIN
  IF NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_backend_pid() AND l.granted AND l.objsubid = 1
                 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
                 AND l.classid::bigint = (k >> 32) & 4294967295 AND l.objid::bigint = k & 4294967295) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002', MESSAGE = 'signoff: refused: this session does not hold the signoff lock',
      HINT = 'Is a transaction pooler in between? Connect to the server itself and run again.'; END IF; END $signoff$;
$m$ AS signoff_locked \gset
-- Is this one still to be done?
SELECT $m$
{% if direction == "upgrade" %}
SELECT NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = :'signoff_row'::jsonb->>'revision' AND v.state = 'applied') AS signoff_todo \gset$m$ AS signoff_look \gset
{% else %}
SELECT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = :'signoff_row'::jsonb->>'revision') AS signoff_todo \gset$m$ AS signoff_look \gset
{% endif %}
-- Says to the log that a revision begins; what failed is what started and did not end.
SELECT $m$
SET signoff.row = :'signoff_row'; SET signoff.bundle = :'signoff_bundle';
INSERT INTO {{ event_table }} (event, project, revision, bundle) SELECT {{ ("started" if direction == "upgrade" else "reverting") | lit }}, {{ project | lit }}, :'signoff_row'::jsonb->>'revision', current_setting('signoff.bundle');
$m$ AS signoff_started \gset
{% if direction == "upgrade" %}
-- Records a revision as (being) applied, after its parents; its unique key serialises two runs even without the lock.
SELECT $m$
DO $signoff$
DECLARE m jsonb := current_setting('signoff.row'); p text; goal text := current_setting('signoff.state');
BEGIN
  FOR p IN SELECT jsonb_array_elements_text(coalesce(m->'parents', '[]') || coalesce(m->'depends_on', '[]')) LOOP
    IF NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = p AND v.state = 'applied') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002', MESSAGE = format('signoff: refused: revision %s needs %s first', m->>'revision', p); END IF; END LOOP;
  INSERT INTO {{ version_table }} AS v (revision, project, kind, parents, depends_on, message, up, up1, variables, state, bundle)
  SELECT r.revision, {{ project | lit }}, coalesce(r.kind, 'revision'), coalesce(r.parents, '{}'), coalesce(r.depends_on, '{}'), r.message, r.up, r.up1, r.variables, goal, current_setting('signoff.bundle')
    FROM jsonb_to_record(m) AS r(revision text, kind text, parents text[], depends_on text[], message text, up text, up1 text, variables text)
  ON CONFLICT (revision) DO UPDATE SET parents = excluded.parents, depends_on = excluded.depends_on, message = excluded.message, up = excluded.up, up1 = excluded.up1,
    variables = excluded.variables, state = excluded.state, bundle = excluded.bundle, applied_by = excluded.applied_by, started_at = excluded.started_at
    WHERE v.state = 'upgrading' OR v.kind = 'repeatable';
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002', MESSAGE = format('signoff: refused: revision %s was applied by another run a moment ago', m->>'revision'), HINT = 'Run again: it goes on where it stands now.'; END IF;
  UPDATE {{ version_table }} SET up = 'to be applied again' WHERE kind = 'repeatable' AND revision IN (SELECT 'repeatable:' || jsonb_array_elements_text(coalesce(m->'recreates', '[]')));
END $signoff$;
$m$ AS signoff_enter \gset
{% else %}
-- Refuses while something that is applied stands on this revision.
SELECT $m$
DO $signoff$
DECLARE m jsonb := current_setting('signoff.row'); c text;
BEGIN
  SELECT v.revision INTO c FROM {{ version_table }} v WHERE m->>'revision' = ANY (v.parents || v.depends_on) LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'SO002', MESSAGE = format('signoff: refused: revision %s can''t be reverted, %s stands on it', m->>'revision', c),
    HINT = format('Revert %s first.', c); END IF;
  UPDATE {{ version_table }} v SET up = CASE WHEN m->'recreates' ? split_part(v.revision, ':', 2) OR v.up = 'to be applied again' THEN 'to be applied again' ELSE 'to be compared again' END
   WHERE v.kind = 'repeatable' AND v.project = {{ project | lit }};
END $signoff$;
$m$ AS signoff_enter \gset
{% endif %}
{% if repeatables and direction == "downgrade" %}
-- A repeatable that a reverted revision dropped is applied again if it fits the older schema; if not, the next upgrade does it.
SELECT $m$
SELECT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = :'signoff_row'::jsonb->>'revision' AND v.up = 'to be applied again') AS signoff_todo \gset$m$ AS signoff_look_repeatable \gset
SELECT $m$
BEGIN;
:signoff_locked
SET LOCAL signoff.sql = :'signoff_sql'; SET LOCAL signoff.row = :'signoff_row';
:signoff_user
DO $signoff$ BEGIN
  EXECUTE pg_catalog.current_setting('signoff.sql');
  PERFORM pg_catalog.set_config('signoff.reapplied', 'yes', true);
EXCEPTION WHEN OTHERS THEN
  RAISE WARNING USING MESSAGE = pg_catalog.format('signoff: %s was not applied again: %s', pg_catalog.current_setting('signoff.row')::pg_catalog.jsonb->>'message', SQLERRM), HINT = 'Its present text does not fit the older schema. The next upgrade applies it.';
END $signoff$;
:signoff_own
UPDATE {{ version_table }} SET up = :'signoff_row'::jsonb->>'up' WHERE revision = :'signoff_row'::jsonb->>'revision' AND current_setting('signoff.reapplied', true) = 'yes';
COMMIT;
:signoff_session
$m$ AS signoff_reapply \gset
{% endif %}
{% if repeatables and direction == "upgrade" %}
-- A repeatable is to be done where another text is recorded; not where this very bundle applied it before, and a later one another text.
SELECT $m$
SELECT :signoff_repeat AND NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = :'signoff_row'::jsonb->>'revision' AND (v.up = :'signoff_row'::jsonb->>'up' AND v.variables IS NOT DISTINCT FROM :'signoff_row'::jsonb->>'variables'
  OR v.up LIKE 'sha256:%' AND EXISTS (SELECT FROM {{ event_table }} e WHERE e.event = 'applied' AND e.bundle = :'signoff_bundle' AND e.revision = v.revision))) AS signoff_todo \gset$m$ AS signoff_look_repeatable \gset
{% endif %}
{% if has_transactions or (repeatables and direction == "upgrade") %}
-- One transaction: record first, then the revision's SQL, then make sure that the transaction is still ours.
SELECT $m$
:signoff_locked
:signoff_started
SET signoff.state = 'applied';
BEGIN :signoff_modes ;
:signoff_locked
:signoff_enter
{% if direction == "downgrade" %}
DELETE FROM {{ version_table }} WHERE revision = :'signoff_row'::jsonb->>'revision';
{% endif %}
INSERT INTO {{ event_table }} (event, project, revision, bundle) SELECT {{ ("applied" if direction == "upgrade" else "reverted") | lit }}, {{ project | lit }}, :'signoff_row'::jsonb->>'revision', current_setting('signoff.bundle');
:signoff_user
$m$ AS signoff_begin \gset
SELECT $m$
SET CONSTRAINTS ALL IMMEDIATE;
:signoff_own
SET signoff.row = :'signoff_row';
DO $signoff$ DECLARE this text := current_setting('signoff.row')::jsonb->>'revision'; BEGIN
  IF NOT EXISTS (SELECT FROM {{ event_table }} e WHERE e.revision = this AND e.xmin = pg_current_xact_id()::xid)
     OR {{ "NOT " if direction == "upgrade" }}EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = this{{ " AND v.xmin = pg_current_xact_id()::xid" if direction == "upgrade" }}) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005', MESSAGE = format('signoff: revision %s ended its transaction or changed its own record', this), HINT = 'Look at what it did before running anything: status.sql tells what is recorded.'; END IF;
{% if direction == "upgrade" %}
  UPDATE {{ version_table }} SET applied_at = clock_timestamp() WHERE revision = this;
{% endif %}
END $signoff$;
COMMIT;
:signoff_session
$m$ AS signoff_commit \gset
{% endif %}
{% if has_steps %}
-- Outside a transaction: progress is recorded step by step. A step that can run in a transaction is recorded in it;
-- a bare one is recorded as begun ("…?", or "…!" where what it makes was there before), run, checked, and recorded as done.
SELECT $m$
:signoff_locked
:signoff_started
SET signoff.state = 'upgrading';
BEGIN;
:signoff_locked
:signoff_enter
{% if direction == "downgrade" %}
UPDATE {{ version_table }} SET state = 'downgrading', steps = '{}' WHERE revision = :'signoff_row'::jsonb->>'revision' AND state <> 'downgrading';
{% endif %}
COMMIT;
:signoff_session
$m$ AS signoff_begin_steps \gset
SELECT $m$
SELECT v.steps[:signoff_step] IS DISTINCT FROM s.digest AS signoff_todo, coalesce(v.steps[:signoff_step] LIKE s.digest || '?%', false) AS signoff_begun,
  coalesce(substring(v.steps[:signoff_step] from '[?]([0-9]+)$'), '0') AS signoff_oid, '?' AS signoff_mark
  FROM {{ version_table }} v, LATERAL (SELECT :'signoff_row'::jsonb->'steps'->>(:signoff_step - 1) AS digest) s WHERE v.revision = :'signoff_row'::jsonb->>'revision' \gset$m$ AS signoff_step_look \gset
SELECT $m$
SET signoff.row = :'signoff_row'; SET signoff.step = :'signoff_step';
DO $signoff$ DECLARE m jsonb := current_setting('signoff.row'); i int := current_setting('signoff.step'); mark text := current_setting('signoff.mark'); BEGIN
  UPDATE {{ version_table }} SET steps = steps[1:i - 1] || (m->'steps'->>(i - 1) || mark)
   WHERE revision = m->>'revision' AND state = {{ ("upgrading" if direction == "upgrade" else "downgrading") | lit }} AND cardinality(steps) >= i - 1;
  IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'SO005', MESSAGE = format('signoff: refused: step %s of revision %s comes out of turn', i, m->>'revision'), HINT = 'Run again: it goes on where it stands now.'; END IF;
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
DO $signoff$ BEGIN IF NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = current_setting('signoff.row')::jsonb->>'revision' AND v.xmin = pg_current_xact_id()::xid) THEN
  RAISE EXCEPTION USING ERRCODE = 'SO005', MESSAGE = format('signoff: revision %s ended its transaction or changed its own record', current_setting('signoff.row')::jsonb->>'revision'), HINT = 'Look at what it did before running anything: status.sql tells what is recorded.'; END IF; END $signoff$;
COMMIT;
:signoff_session
$m$ AS signoff_step_commit \gset
{% if has_bare %}
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
-- An index that is invalid and that nobody is building is left over; a valid one counts only where this step was begun here.
SELECT $m$
SELECT coalesce(pg_catalog.bool_or(NOT x.valid AND NOT x.building), false) AS signoff_leftover, coalesce(pg_catalog.bool_or(x.valid AND x.fits AND :'signoff_begun'), false) AS signoff_built,
  coalesce(pg_catalog.bool_or(x.valid AND x.fits), false) AS signoff_fits, CASE WHEN pg_catalog.bool_or(x.valid AND NOT :'signoff_begun') THEN '!' ELSE '?' END AS signoff_mark, pg_catalog.min(x.name) AS signoff_index_name
  FROM (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, i.indisvalid AS valid,
    i.indisunique = :'signoff_unique' AND (i.indpred IS NOT NULL) = :'signoff_partial' AND i.indnkeyatts = pg_catalog.jsonb_array_length(:'signoff_columns')
      AND NOT EXISTS (SELECT FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, n) LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
        WHERE k.n <= i.indnkeyatts AND coalesce(a.attname::text, '') <> :'signoff_columns'::pg_catalog.jsonb->>(k.n::int4 - 1)) AS fits,
    EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.datid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()) AND (p.index_relid = i.indexrelid
      OR p.index_relid IS NULL AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid = p.pid AND l.locktype = 'relation' AND l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock'))) AS building
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE i.indrelid = pg_catalog.to_regclass(:'signoff_table') AND c.relname = :'signoff_index') x \gset$m$ AS signoff_index_look \gset
SELECT $m$
SET signoff.relation = :'signoff_table'; SET signoff.index = :'signoff_index'; SET signoff.fits = :'signoff_fits';
DO $signoff$ BEGIN IF pg_catalog.current_setting('signoff.fits') OPERATOR(pg_catalog.<>) 't' THEN
  RAISE EXCEPTION USING ERRCODE = 'SO005', MESSAGE = pg_catalog.format('signoff: there is no valid index %s on %s as this step makes it', pg_catalog.current_setting('signoff.index'), pg_catalog.current_setting('signoff.relation')),
    HINT = 'If an index of that name was there before, rename or drop it. Then run again: what is left over is dropped, and it is built anew.'; END IF; END $signoff$;
$m$ AS signoff_index_check \gset
-- An index to drop is remembered by its oid: when that is gone, it was dropped, and no other of its name is touched.
SELECT $m$
SELECT :'signoff_begun' AND :signoff_oid <> 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = :signoff_oid) AS signoff_dropped,
  coalesce('?' || pg_catalog.to_regclass(:'signoff_index')::oid::text, '!') AS signoff_mark \gset$m$ AS signoff_drop_look \gset
{% endif %}
SELECT $m$
BEGIN;
:signoff_locked
SET LOCAL signoff.row = :'signoff_row';
DO $signoff$ DECLARE m jsonb := current_setting('signoff.row'); BEGIN
{% if direction == "upgrade" %}
  UPDATE {{ version_table }} v SET state = 'applied', applied_at = clock_timestamp(), steps = v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]
   WHERE v.revision = m->>'revision' AND v.state = 'upgrading' AND to_jsonb(v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]) = coalesce(m->'steps', '[]');
{% else %}
  DELETE FROM {{ version_table }} v WHERE v.revision = m->>'revision' AND v.state = 'downgrading' AND to_jsonb(v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]) = coalesce(m->'steps', '[]');
{% endif %}
  IF NOT FOUND THEN RAISE EXCEPTION USING ERRCODE = 'SO005', MESSAGE = format('signoff: refused: not every step of revision %s is recorded as done', m->>'revision'), HINT = 'Run again: it goes on where it stands now.'; END IF; END $signoff$;
INSERT INTO {{ event_table }} (event, project, revision, bundle) SELECT {{ ("applied" if direction == "upgrade" else "reverted") | lit }}, {{ project | lit }}, :'signoff_row'::jsonb->>'revision', :'signoff_bundle';
COMMIT;
:signoff_session
$m$ AS signoff_end_steps \gset
{% endif %}
{% if has_copy %}
-- What COPY does and an INSERT would not: it knows no rules, and without a column list it fills all columns but the generated ones.
SELECT $m$
SET signoff.relation = :'signoff_table'; SET signoff.cells = :'signoff_cells';
DO $signoff$ DECLARE n bigint; generated bigint; BEGIN
  SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE a.attgenerated <> '') INTO n, generated FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = pg_catalog.current_setting('signoff.relation')::pg_catalog.regclass AND a.attnum > 0 AND NOT a.attisdropped;
  IF EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = pg_catalog.current_setting('signoff.relation')::pg_catalog.regclass AND w.ev_type = '3') THEN RAISE EXCEPTION USING ERRCODE = 'SO005',
    MESSAGE = pg_catalog.format('signoff: %s has a rule for INSERT, and COPY would not heed it', pg_catalog.current_setting('signoff.relation')), HINT = 'Write the rows as INSERT in the migration, as they are meant, and compile again.'; END IF;
  IF pg_catalog.current_setting('signoff.cells')::int8 > 0 AND (generated > 0 OR n <> pg_catalog.current_setting('signoff.cells')::int8) THEN RAISE EXCEPTION USING ERRCODE = 'SO005', MESSAGE = pg_catalog.format('signoff: the COPY into %s has rows of %s values, and the table has %s columns, %s of them generated',
    pg_catalog.current_setting('signoff.relation'), pg_catalog.current_setting('signoff.cells'), n, generated), HINT = 'Name the columns in the COPY of the migration, and compile again.'; END IF; END $signoff$;
$m$ AS signoff_copy_check \gset
{% endif %}
{% if has_data %}
-- After rows with given values of an identity or serial column, its sequence goes on behind the highest.
SELECT $m$
SET signoff.relation = :'signoff_table'; SET signoff.columns = :'signoff_columns';
DO $signoff$ DECLARE c text; s text; BEGIN
  FOR c IN SELECT pg_catalog.jsonb_array_elements_text(pg_catalog.current_setting('signoff.columns')::pg_catalog.jsonb) LOOP
    s := pg_catalog.pg_get_serial_sequence(pg_catalog.current_setting('signoff.relation'), c);
    IF s IS NOT NULL THEN EXECUTE pg_catalog.format('SELECT pg_catalog.setval(%1$L, pg_catalog.max(%2$I)) FROM %3$s HAVING pg_catalog.max(%2$I) >= (SELECT last_value FROM %4$s)', s, c, pg_catalog.current_setting('signoff.relation'), s); END IF; END LOOP; END $signoff$;
$m$ AS signoff_setval \gset
{% endif %}
{% endif %}
