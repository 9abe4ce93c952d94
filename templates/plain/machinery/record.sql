{% if tool %}
{% import tool.template as theirs %}
{% endif %}
{% if direction == "upgrade" %}
-- Records a revision as (being) applied, after its parents; its unique key serialises two runs even without the lock.
SET signoff.record = $m$
DO $signoff$ DECLARE m jsonb := current_setting('signoff.row'); p text; goal text := current_setting('signoff.state'); BEGIN
{% if tool %}
{% include "script/tool/held.sql" %}
{% endif %}
  FOR p IN SELECT jsonb_array_elements_text(coalesce(m->'parents', '[]') || coalesce(m->'depends_on', '[]')) LOOP
    IF NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = p AND v.state = 'applied') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002', MESSAGE = format('signoff: refused: revision %s needs %s first', m->>'revision', p); END IF; END LOOP;
{% if numbered %}
  SELECT e.row->>'revision'
    INTO p
    FROM (SELECT t.line::jsonb AS row
        FROM unnest((string_to_array(current_setting('signoff.rows'), chr(10)))[2:current_setting('signoff.entry')::int]) AS t (line)) e
   WHERE m->>'kind' = 'revision'
     AND NOT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = e.row->>'revision' AND v.state = 'applied')
    LIMIT 1;
  IF FOUND THEN RAISE EXCEPTION USING ERRCODE = 'SO002', MESSAGE = format('signoff: refused: revision %s needs %s first', m->>'revision', p); END IF;
{% endif %}
{% if events %}
  INSERT INTO {{ event_table }} (event, project, revision, bundle, ticket)
    SELECT 'started', {{ project | lit }}, m->>'revision', current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), '');
{% endif %}
  INSERT INTO {{ version_table }} AS v (revision, project, kind, parents, depends_on, message, up, up1, variables, state, bundle, ticket)
    SELECT r.revision, {{ project | lit }}, coalesce(r.kind, 'revision'), coalesce(r.parents, '{}'), coalesce(r.depends_on, '{}'), r.message, r.up, r.up1,
      r.variables, goal, current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), '')
    FROM jsonb_to_record(m) AS r(revision text, kind text, parents text[], depends_on text[], message text, up text, up1 text, variables text)
    ON CONFLICT (revision) DO UPDATE SET parents = excluded.parents, depends_on = excluded.depends_on, message = excluded.message, up = excluded.up,
      up1 = excluded.up1, variables = excluded.variables, state = excluded.state,
      steps = CASE goal WHEN 'applied' THEN '{}' ELSE v.steps END, bundle = excluded.bundle, ticket = excluded.ticket,
      applied_by = excluded.applied_by, started_at = excluded.started_at
   WHERE v.state = 'upgrading' OR v.kind = 'repeatable';
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = format('signoff: refused: revision %s was applied by another run a moment ago', m->>'revision'),
      HINT = 'Run again: it goes on where it stands now.';
  END IF;
{% if tool %}
  IF goal = 'applied'{% if repeatables and not tool.repeats %} AND m->>'kind' = 'revision'{% endif %} THEN
{{ theirs.add(tool) }}{##}
  END IF;
{% endif %}
  UPDATE {{ version_table }} SET up = 'to be applied again'
   WHERE kind = 'repeatable' AND revision IN (SELECT 'repeatable:' || jsonb_array_elements_text(coalesce(m->'recreates', '[]')));
END $signoff$;
$m$;
{% else %}
-- Refuses while something that is applied stands on this revision.
SET signoff.record = $m$
DO $signoff$ DECLARE m jsonb := current_setting('signoff.row'); c text; BEGIN
{% if tool %}
{% include "script/tool/held.sql" %}
{% endif %}
  SELECT v.revision INTO c FROM {{ version_table }} v WHERE m->>'revision' = ANY (v.parents || v.depends_on) LIMIT 1;
{% if numbered %}
  SELECT e.row->>'revision'
    INTO c
    FROM (SELECT t.line::jsonb AS row
        FROM unnest((string_to_array(current_setting('signoff.rows'), chr(10)))[current_setting('signoff.entry')::int + 2:{{ entries | length + 1 }}])
          AS t (line)) e
   WHERE EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = e.row->>'revision')
    LIMIT 1;
{% endif %}
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = format('signoff: refused: revision %s can''t be reverted, %s stands on it', m->>'revision', c),
      HINT = format('Revert %s first.', c);
  END IF;
{% if events %}
  INSERT INTO {{ event_table }} (event, project, revision, bundle, ticket)
    SELECT 'reverting', {{ project | lit }}, m->>'revision', current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), '');
{% endif %}
  UPDATE {{ version_table }} v
     SET up = CASE WHEN m->'recreates' ? split_part(v.revision, ':', 2) OR v.up = 'to be applied again' THEN 'to be applied again'
         ELSE 'to be compared again' END
   WHERE v.kind = 'repeatable' AND v.project = {{ project | lit }};
END $signoff$;
$m$;
{% endif %}
SET signoff.ended = $m$
DO $signoff$ BEGIN
{% if events %}
  INSERT INTO {{ event_table }} (event, project, revision, bundle, ticket)
    SELECT {{ ("applied" if direction == "upgrade" else "reverted") | lit }}, {{ project | lit }}, current_setting('signoff.row')::jsonb->>'revision', current_setting('signoff.bundle'),
      nullif(current_setting('signoff.ticket', true), '');
{% else %}
  NULL;
{% endif %}
END $signoff$;
$m$;
