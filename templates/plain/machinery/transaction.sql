{% import "script/words.sql" as words %}
{% if tool %}
{% import tool.template as theirs %}
{% endif %}
-- One revision, one statement, one transaction: record first, then the revision's SQL, then make sure that the record is still ours.
SET signoff.begin = $m$
DO $signoff$ DECLARE m jsonb;{% if tool %} r record;{% endif %} BEGIN
  EXECUTE pg_catalog.current_setting('signoff.enter');
  m := current_setting('signoff.row');
{% if direction == "upgrade" %}
  IF m->>'kind' = 'repeatable' THEN
    IF NOT current_setting('signoff.repeat')::boolean
        OR EXISTS (SELECT FROM {{ version_table }} v
           WHERE v.revision = m->>'revision'
             AND (v.up = m->>'up' AND v.variables IS NOT DISTINCT FROM m->>'variables'
                 OR v.up LIKE 'sha256:%'
                   AND EXISTS (SELECT FROM {{ words.told_events(events, event_table) }} e
                       WHERE e.event = 'applied' AND e.bundle = current_setting('signoff.bundle') AND e.revision = v.revision))) THEN
      PERFORM set_config('signoff.todo', 'no', true);
      EXECUTE current_setting('signoff.restore');
      RETURN;
    END IF;
    IF EXISTS (SELECT FROM generate_series(1, {{ entries | length }}) AS n (n),
          LATERAL (SELECT split_part(current_setting('signoff.rows'), chr(10), n.n + 1)::jsonb AS row) e
        WHERE NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = e.row->>'revision' AND v.state = 'applied')) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002',
        MESSAGE = format('signoff: refused: repeatable %s comes after every revision, and not all are applied', m->>'message'),
        HINT = 'Run the whole script again.';
    END IF;
  ELSIF EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = m->>'revision' AND v.state = 'applied') THEN
    RAISE NOTICE 'signoff: % % is applied already', m->>'revision', m->>'message';
    PERFORM set_config('signoff.todo', 'no', true);
    EXECUTE current_setting('signoff.restore');
    RETURN;
  END IF;
{% else %}
  IF NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = m->>'revision') THEN
    RAISE NOTICE 'signoff: % % is not applied', m->>'revision', m->>'message';
    PERFORM set_config('signoff.todo', 'no', true);
    EXECUTE current_setting('signoff.restore');
    RETURN;
  END IF;
{% endif %}
  RAISE NOTICE 'signoff: {{ "applying" if direction == "upgrade" else "reverting" }} % %', m->>'revision', m->>'message';
  PERFORM set_config('signoff.state', 'applied', true);
  EXECUTE current_setting('signoff.record');
{% if direction == "downgrade" %}
  DELETE FROM {{ version_table }} WHERE revision = m->>'revision';
{% if tool %}
{{ theirs.remove(tool) }}{##}
{% endif %}
{% endif %}
  EXECUTE current_setting('signoff.ended');
{% if not events %}
  PERFORM set_config('signoff.xid', pg_current_xact_id()::text, true);
{% endif %}
  PERFORM set_config('signoff.todo', 'yes', true);
  EXECUTE current_setting('signoff.now'); END $signoff$;
$m$;
SET signoff.commit = $m$
DO $signoff$ DECLARE this text; c record;{% if tool %} m jsonb := pg_catalog.current_setting('signoff.row');{% endif %} BEGIN
{{ words.fire_each() }}
  EXECUTE pg_catalog.current_setting('signoff.own');
  this := current_setting('signoff.row')::jsonb->>'revision';
  IF {% if events %}NOT EXISTS (SELECT FROM {{ event_table }} e WHERE e.revision = this AND e.xmin = pg_current_xact_id()::xid){% else %}pg_current_xact_id()::text IS DISTINCT FROM current_setting('signoff.xid', true){% endif %}

     OR {{ "NOT " if direction == "upgrade" }}EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = this{{ " AND v.xmin = pg_current_xact_id()::xid" if direction == "upgrade" }}) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s ended its transaction or changed its own record', this),
      HINT = 'Look at what it did before running anything: status.sql tells what is recorded.';
  END IF;
{% if tool %}
{% include "script/tool/kept.sql" %}
{% endif %}
{% if direction == "upgrade" %}
  UPDATE {{ version_table }} SET applied_at = clock_timestamp() WHERE revision = this;
{% endif %}
  EXECUTE current_setting('signoff.restore');
  EXECUTE 'DISCARD TEMP'; EXECUTE 'DISCARD SEQUENCES'; END $signoff$;
$m$;
{% if repeatables and direction == "downgrade" %}
-- A repeatable that a reverted revision dropped is applied again if it fits the older schema; if not, the next upgrade does it.
SET signoff.reapply = $m$
DO $signoff$ DECLARE m jsonb; BEGIN
  EXECUTE pg_catalog.current_setting('signoff.enter');
  m := current_setting('signoff.row');
  PERFORM set_config('signoff.reapplied', '', true),
    set_config('signoff.todo',
      EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = m->>'revision' AND v.up = 'to be applied again')::text, true);
  EXECUTE current_setting(CASE WHEN current_setting('signoff.todo')::boolean THEN 'signoff.now' ELSE 'signoff.restore' END); END $signoff$;
$m$;
SET signoff.reapply_done = $m$
DO $signoff$ BEGIN
  EXECUTE pg_catalog.current_setting('signoff.own');
  UPDATE {{ version_table }} SET up = current_setting('signoff.row')::jsonb->>'up'
   WHERE revision = current_setting('signoff.row')::jsonb->>'revision' AND current_setting('signoff.reapplied') = 'yes';
  EXECUTE current_setting('signoff.restore');
  EXECUTE 'DISCARD TEMP'; EXECUTE 'DISCARD SEQUENCES'; END $signoff$;
$m$;
{% endif %}
