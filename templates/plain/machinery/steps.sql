{% if tool %}
{% import tool.template as theirs %}
{% endif %}
{% if has_steps %}
{% set going = "upgrading" if direction == "upgrade" else "downgrading" %}
-- Outside a transaction: progress is recorded step by step. A step that can run in a transaction is recorded in it;
-- a bare one is recorded as begun ("…?", or "…!" where what it makes was there before), run, checked, and recorded as done.
SET signoff.begin_steps = $m$
DO $signoff$ DECLARE m jsonb; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.enter');
  m := current_setting('signoff.row');
{% if direction == "upgrade" %}
  IF EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = m->>'revision' AND v.state = 'applied') THEN
    RAISE NOTICE 'signoff: % % is applied already', m->>'revision', m->>'message';
    RETURN;
  END IF;
{% else %}
  IF NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = m->>'revision') THEN
    RAISE NOTICE 'signoff: % % is not applied', m->>'revision', m->>'message';
    RETURN;
  END IF;
{% endif %}
  RAISE NOTICE 'signoff: {{ "applying" if direction == "upgrade" else "reverting" }} % % step by step', m->>'revision', m->>'message';
  PERFORM set_config('signoff.state', 'upgrading', true);
  EXECUTE current_setting('signoff.record');
{% if direction == "downgrade" %}
  UPDATE {{ version_table }} SET state = 'downgrading', steps = '{}' WHERE revision = m->>'revision' AND state <> 'downgrading';
{% endif %}
{% if tool and tool.marks %}
{{ theirs.mark(tool) }}{##}
{% endif %}
END $signoff$;
$m$;
-- Is it this step's turn? It is done, or the ones before it are, or this refuses.
SET signoff.turn = $m$
DO $signoff$ DECLARE m jsonb; i int; state text; steps text[]; digest text; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.enter');
  m := current_setting('signoff.row'); i := current_setting('signoff.step'); digest := m->'steps'->>(i - 1);
  SELECT v.state, v.steps INTO state, steps FROM {{ version_table }} v WHERE v.revision = m->>'revision';
  PERFORM set_config('signoff.todo', 'no', true), set_config('signoff.begun', '', true);
  IF {{ "state = 'applied'" if direction == "upgrade" else "state IS NULL" }} OR state = {{ going | lit }} AND steps[i] = digest THEN RETURN; END IF;
  IF state IS DISTINCT FROM {{ going | lit }}
      OR EXISTS (SELECT FROM generate_series(1, i - 1) AS n (n) WHERE steps[n.n] IS DISTINCT FROM m->'steps'->>(n.n - 1)) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = format('signoff: refused: step %s of revision %s waits for what is before it', i, m->>'revision'),
      HINT = 'Mend what failed there, and run the whole script again: it goes on where it stands now.';
  END IF;
  PERFORM set_config('signoff.todo', 'yes', true),
    set_config('signoff.begun',
        CASE WHEN steps[i] LIKE digest || '?%' THEN coalesce(substring(steps[i] from '[?]([0-9]+)$'), '0') WHEN steps[i] = digest || '!' THEN '!' ELSE '' END,
        true);
END $signoff$;
$m$;
SET signoff.record_step = $m$
DO $signoff$ DECLARE m jsonb := pg_catalog.current_setting('signoff.row'); i int := pg_catalog.current_setting('signoff.step'); BEGIN
  UPDATE {{ version_table }} SET steps = steps[1:i - 1] || (m->'steps'->>(i - 1) || current_setting('signoff.mark'))
   WHERE revision = m->>'revision' AND state = {{ going | lit }};
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: refused: step %s of revision %s comes out of turn', i, m->>'revision'),
      HINT = 'Run again: it goes on where it stands now.';
  END IF;
END $signoff$;
$m$;
SET signoff.begin_step = $m$
DO $signoff$ BEGIN
  EXECUTE pg_catalog.current_setting('signoff.turn');
  IF current_setting('signoff.todo')::boolean THEN
    PERFORM set_config('signoff.mark', '', true);
    EXECUTE current_setting('signoff.record_step');
    EXECUTE current_setting('signoff.now'); END IF; END $signoff$;
$m$;
SET signoff.commit_step = $m$
DO $signoff$ DECLARE this text; BEGIN
  SET CONSTRAINTS ALL IMMEDIATE;
  EXECUTE pg_catalog.current_setting('signoff.own');
  this := current_setting('signoff.row')::jsonb->>'revision';
  IF NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = this AND v.xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s ended its transaction or changed its own record', this),
      HINT = 'Look at what it did before running anything: status.sql tells what is recorded.';
  END IF;
  EXECUTE current_setting('signoff.restore');
  EXECUTE 'DISCARD TEMP'; EXECUTE 'DISCARD SEQUENCES'; END $signoff$;
$m$;
{% if has_bare %}
-- Before a bare step: this session gets the author's surroundings until the step is recorded; what it had is remembered.
SET signoff.bare = $m$
DO $signoff$ DECLARE was jsonb; r record; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.turn');
  was := current_setting('signoff.was');
  PERFORM set_config('signoff.was', was::text, false), set_config('signoff.open', '', false);
  FOR r IN SELECT s.name, s.setting FROM pg_settings s WHERE s.setting <> was->>s.name AND s.name <> 'search_path' LOOP
    PERFORM set_config(r.name, r.setting, false);
  END LOOP;
  EXECUTE current_setting('signoff.now') || ' SET lock_timeout = 0;'; END $signoff$;
$m$;
-- Lets the server run it: without this the session is read-only (what stands before the step sees to that).
SET signoff.let = $m$
DO $signoff$
DECLARE
  m pg_catalog.jsonb := pg_catalog.current_setting('signoff.row'); path text := pg_catalog.current_setting('search_path');
  role text := pg_catalog.current_setting('role');
BEGIN
  IF pg_catalog.current_setting('signoff.todo')::boolean THEN
    EXECUTE pg_catalog.current_setting('signoff.own');
    EXECUTE pg_catalog.current_setting('signoff.record_step');
    PERFORM pg_catalog.set_config('role', role, false), pg_catalog.set_config('search_path', path, false); END IF;
  PERFORM pg_catalog.set_config('signoff.open',
      pg_catalog.format('%s %s', pg_catalog.jsonb_extract_path_text(m, 'revision'), pg_catalog.current_setting('signoff.step')), false);
END $signoff$;
$m$;
SET signoff.bare_done = $m$
DO $signoff$ DECLARE m jsonb; i int; begun text; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.turn');
  m := current_setting('signoff.row'); i := current_setting('signoff.step'); begun := current_setting('signoff.begun');
  IF current_setting('signoff.todo')::boolean THEN
    IF begun = '' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002',
        MESSAGE = format('signoff: refused: step %s of revision %s has not begun', i, m->>'revision'),
        HINT = 'Mend what failed before it, and run the whole script again: it goes on where it stands now.';
    END IF;
    IF current_setting('signoff.guard') = 'index' AND NOT current_setting('signoff.fits')::boolean THEN
      RAISE EXCEPTION USING ERRCODE = 'SO005',
        MESSAGE = format('signoff: there is no valid index %s on %s as this step makes it', current_setting('signoff.index'),
            current_setting('signoff.relation')),
        HINT = 'If an index of that name was there before, rename or drop it. Then run the whole script again.';
    END IF;
    IF current_setting('signoff.guard') = 'drop' AND EXISTS (SELECT FROM pg_class c WHERE c.oid::text = begun) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO005',
        MESSAGE = format('signoff: index %s is still there', current_setting('signoff.index')),
        HINT = 'Run the whole script again: it is dropped then.';
    END IF;
    PERFORM set_config('signoff.mark', '', true);
    EXECUTE current_setting('signoff.record_step'); END IF;
  PERFORM set_config('signoff.open', '', false);
  EXECUTE current_setting('signoff.restore'); END $signoff$;
$m$;
-- What is there of an index to build.
SET signoff.index_look = $m$
DO $signoff$ DECLARE x record; BEGIN
  SELECT coalesce(pg_catalog.bool_or(NOT y.valid AND NOT y.building), false) AS leftover, coalesce(pg_catalog.bool_or(y.building), false) AS building,
      coalesce(pg_catalog.bool_or(y.valid), false) AS valid, coalesce(pg_catalog.bool_or(y.valid AND y.fits), false) AS fits, pg_catalog.min(y.name) AS name
    INTO x
    FROM (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, i.indisvalid AS valid,
          i.indisunique = pg_catalog.current_setting('signoff.unique')::pg_catalog.bool
            AND (i.indpred IS NOT NULL) = pg_catalog.current_setting('signoff.partial')::pg_catalog.bool
            AND i.indnkeyatts = pg_catalog.jsonb_array_length(pg_catalog.current_setting('signoff.columns')::pg_catalog.jsonb)
            AND NOT EXISTS (SELECT FROM pg_catalog.unnest(i.indkey::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, n)
                    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
                 WHERE k.n <= i.indnkeyatts
                   AND coalesce(a.attname::text, '') <> pg_catalog.current_setting('signoff.columns')::pg_catalog.jsonb->>(k.n::int4 - 1)) AS fits,
          NOT i.indisvalid
            AND EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                 WHERE p.datid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
                   AND (p.index_relid = i.indexrelid
                       OR p.index_relid IS NULL
                         AND EXISTS (SELECT FROM pg_catalog.pg_locks l
                             WHERE l.pid = p.pid AND l.locktype = 'relation' AND l.relation = i.indrelid AND l.mode = 'ShareUpdateExclusiveLock')))
              AS building
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE i.indrelid = pg_catalog.to_regclass(pg_catalog.current_setting('signoff.relation'))
         AND c.relname = pg_catalog.current_setting('signoff.index')::pg_catalog.name) y;
  PERFORM pg_catalog.set_config('signoff.leftover', x.leftover::text, true), pg_catalog.set_config('signoff.building', x.building::text, true),
    pg_catalog.set_config('signoff.valid', x.valid::text, true), pg_catalog.set_config('signoff.fits', x.fits::text, true),
    pg_catalog.set_config('signoff.index_name', coalesce(x.name, ''), true);
END $signoff$;
$m$;
-- Before CREATE INDEX CONCURRENTLY IF NOT EXISTS: what would make it fail without IF NOT EXISTS fails here; a leftover must go first.
SET signoff.bare_index = $m$
DO $signoff$ DECLARE begun pg_catalog.bool := pg_catalog.current_setting('signoff.begun') NOT IN ('', '!'); name text; valid pg_catalog.bool; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.index_look');
  name := pg_catalog.current_setting('signoff.index_name'); valid := pg_catalog.current_setting('signoff.valid');
  IF NOT pg_catalog.current_setting('signoff.todo')::pg_catalog.bool THEN
    IF name = '' THEN
      RAISE WARNING 'signoff: index % was built here and is gone since: the next statement is refused, so that it does not come back',
        pg_catalog.current_setting('signoff.index');
      RETURN;
    END IF;
    EXECUTE pg_catalog.current_setting('signoff.let'); RETURN; END IF;
  IF pg_catalog.current_setting('signoff.building')::pg_catalog.bool THEN
    RAISE EXCEPTION USING ERRCODE = 'SO004',
      MESSAGE = pg_catalog.format('signoff: refused: index %s is being built in another session right now', name),
      HINT = 'Wait for it to end, then run the whole script again.';
  END IF;
  IF pg_catalog.current_setting('signoff.leftover')::pg_catalog.bool THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = pg_catalog.format('signoff: index %s is invalid: it is left over from a build that failed', name),
      HINT = pg_catalog.format('Run this first: DROP INDEX CONCURRENTLY %s; then run the whole script again.', name);
  END IF;
  IF valid AND pg_catalog.current_setting('signoff.strict')::pg_catalog.bool
      AND NOT (begun AND pg_catalog.current_setting('signoff.fits')::pg_catalog.bool) THEN
    RAISE EXCEPTION USING ERRCODE = '42P07',
      MESSAGE = pg_catalog.format('relation "%s" already exists', pg_catalog.current_setting('signoff.index')),
      HINT = 'An index of that name was there before this step: rename or drop it. Then run the whole script again.';
  END IF;
  PERFORM pg_catalog.set_config('signoff.mark', CASE WHEN valid AND NOT begun THEN '!'
    ELSE pg_catalog.concat('?', pg_catalog.to_regclass(pg_catalog.current_setting('signoff.relation'))::pg_catalog.oid) END, true);
  EXECUTE pg_catalog.current_setting('signoff.let'); END $signoff$;
$m$;
-- Before DROP INDEX CONCURRENTLY IF EXISTS: the index is remembered by its oid, and no other of its name is dropped.
SET signoff.bare_drop = $m$
DO $signoff$
DECLARE
  begun text := pg_catalog.current_setting('signoff.begun'); i pg_catalog.oid := pg_catalog.to_regclass(pg_catalog.current_setting('signoff.index'));
  dropped pg_catalog.bool;
BEGIN
  IF NOT pg_catalog.current_setting('signoff.todo')::pg_catalog.bool THEN
    IF i IS NOT NULL THEN
      RAISE WARNING 'signoff: index % was dropped here, and there is another of its name since: the next statement is refused, so that it stays',
        pg_catalog.current_setting('signoff.index');
      RETURN;
    END IF;
    EXECUTE pg_catalog.current_setting('signoff.let'); RETURN; END IF;
  dropped := begun NOT IN ('', '!', '0') AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid::text = begun);
  IF dropped AND i IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = pg_catalog.format('signoff: index %s was dropped by this step, and there is another of its name now',
          pg_catalog.current_setting('signoff.index')),
      HINT = 'Rename that one while the whole script is run again.';
  END IF;
  IF i IS NULL AND NOT dropped AND pg_catalog.current_setting('signoff.strict')::pg_catalog.bool THEN
    RAISE EXCEPTION USING ERRCODE = '42704',
      MESSAGE = pg_catalog.format('index %s does not exist', pg_catalog.current_setting('signoff.index')),
      HINT = 'Is this the right database? What did drop it?';
  END IF;
  PERFORM pg_catalog.set_config('signoff.mark', CASE WHEN dropped THEN '?' || begun ELSE coalesce('?' || i::text, '!') END, true);
  EXECUTE pg_catalog.current_setting('signoff.let'); END $signoff$;
$m$;
-- Before what does no harm when it runs again.
SET signoff.bare_again = $m$
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.mark', '?', true); EXECUTE pg_catalog.current_setting('signoff.let'); END $signoff$;
$m$;
{% endif %}
SET signoff.end_steps = $m$
DO $signoff$ DECLARE m jsonb;{% if tool %} this text; r record;{% endif %} BEGIN
  EXECUTE pg_catalog.current_setting('signoff.enter');
  m := current_setting('signoff.row');{% if tool %} this := m->>'revision';{% endif %}

{% if direction == "upgrade" %}
  IF EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = m->>'revision' AND v.state = 'applied') THEN RETURN; END IF;
{% if tool %}
{% include "script/tool/held.sql" %}
{% endif %}
  UPDATE {{ version_table }} v SET state = 'applied', applied_at = clock_timestamp(),
      steps = v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]
   WHERE v.revision = m->>'revision' AND v.state = 'upgrading'
     AND to_jsonb(v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]) = coalesce(m->'steps', '[]');
{% else %}
  IF NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = m->>'revision') THEN RETURN; END IF;
{% if tool %}
{% include "script/tool/held.sql" %}
{% endif %}
  DELETE FROM {{ version_table }} v
   WHERE v.revision = m->>'revision' AND v.state = 'downgrading'
     AND to_jsonb(v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]) = coalesce(m->'steps', '[]');
{% endif %}
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: refused: not every step of revision %s is recorded as done', m->>'revision'),
      HINT = 'Mend what failed, and run the whole script again: it goes on where it stands now.';
  END IF;
{% if tool %}
{{ theirs.add(tool) if direction == "upgrade" else theirs.remove(tool) }}{##}
{% include "script/tool/kept.sql" %}
{% endif %}
  EXECUTE current_setting('signoff.ended'); END $signoff$;
$m$;
{% endif %}
