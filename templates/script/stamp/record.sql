{% import "script/words.sql" as words %}
{# Takes what is recorded from one state to the other, or refuses. Stands in a DO block that declares manifest and the variables beside this. #}
  -- The server can't guess how few rows these are, and would compile them for longer than they run.
  PERFORM set_config('jit', 'off', true);
  t := to_regclass({{ version_table | lit }});
  IF t IS NOT NULL THEN
{{ words.known_format() }}
    SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') INTO recorded FROM {{ version_table }} v;
  END IF;
{% if tool %}
{% include "script/tool/compare.sql" %}
{% endif %}
{% if has_replaced and not stamp.purges %}
{% include "script/compare/replaced.sql" %}
{% endif %}
  FOR r IN SELECT v.revision, v.project
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text) JOIN jsonb_to_recordset(manifest) AS m (revision text) USING (revision)
     WHERE v.project <> {{ project | lit }} LOOP
{{ words.other_project() }}
  END LOOP;
  WITH want AS (SELECT m.*, a.n
        FROM jsonb_array_elements(manifest) WITH ORDINALITY AS a (e, n),
          jsonb_to_record(a.e) AS m (revision text, up text, up1 text, accept text[], variables text, selected boolean, before boolean,
            parents text[], depends_on text[])),
    have AS (SELECT v.*
        FROM jsonb_to_recordset(recorded) AS v (revision text, project text, kind text, state text, up text, up1 text, variables text, parents text[],
            depends_on text[])
       WHERE v.project = {{ project | lit }} AND v.kind = 'revision'),
    x AS (SELECT revision, w.n, coalesce(w.selected, false) AS after, coalesce(w.before, false) AS before, h.state IS NOT NULL AS here, h.state,
          h.up = w.up AND h.variables IS NOT DISTINCT FROM w.variables
            OR h.up <> w.up AND (h.up1 = w.up1 OR coalesce(h.up = ANY (w.accept), false)) AS fits,
          coalesce(w.selected AND NOT (h.parents @> w.parents AND h.parents <@ w.parents AND h.depends_on @> coalesce(w.depends_on, '{}')
              AND h.depends_on <@ coalesce(w.depends_on, '{}')), false) AS moved
        FROM want w FULL JOIN have h USING (revision)),
    y AS (SELECT x.*, x.here AND (x.state <> 'applied' OR NOT coalesce(x.fits, true)) AS unsound
        FROM x)
  SELECT coalesce(bool_and(y.here = y.after AND NOT y.unsound AND NOT y.moved), true),
      string_agg(format('%s  %s %s', chr(10), y.revision,
              CASE WHEN NOT y.here THEN 'is not recorded here' WHEN y.state <> 'applied' THEN format('is half-done here (%s)', y.state)
                  WHEN NOT y.before THEN 'is recorded here, and the stamp does not start from it'
                  ELSE 'was applied here with another text or other variables' END), '' ORDER BY y.n, y.revision COLLATE "C")
        FILTER (WHERE y.here <> y.before OR y.unsound),
      coalesce(jsonb_agg(jsonb_build_object('revision', y.revision, 'forget', y.here AND (NOT y.after OR y.unsound),
              'record', y.after AND (NOT y.here OR y.unsound)) ORDER BY y.n, y.revision COLLATE "C")
            FILTER (WHERE y.here <> y.after OR y.unsound), '[]')
    INTO there, differs, changes
    FROM y;
{% if not stamp.purges %}
  IF NOT there AND differs IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO006',
      MESSAGE = {{ ("signoff: refused: this database does not record what this stamp starts from, which is " ~ from) | lit }},
      HINT = 'Nothing was changed. Compile the stamp from where this database stands (signoff stamp FROM:TO), or with --purge, which replaces '
        'whatever is recorded. It differs in' || differs;
  END IF;
{% endif %}
  IF t IS NULL THEN
{% include "script/tables.sql" %}
  END IF;
{% if tool %}
  PERFORM set_config('signoff.beyond', beyond::text, true);
{% include "script/tool/adopt.sql" %}
{% endif %}
{% if has_replaced %}
  IF replaced <> '{}' THEN
{% include "script/replace.sql" %}
  END IF;
{% endif %}
  IF there THEN
    said := {{ ("nothing to record: what this database records is " ~ to ~ " already") | lit }};
  ELSE
{% if events %}
{{ words.learn_unstamped(event_table) }}
{% endif %}
    WITH f AS (SELECT c.e->>'revision' AS revision, c.n
          FROM jsonb_array_elements(changes) WITH ORDINALITY AS c (e, n)
         WHERE (c.e->>'forget')::boolean),
      gone AS (DELETE FROM {{ version_table }} v USING f WHERE v.revision = f.revision AND v.project = {{ project | lit }} RETURNING v.revision)
{% if events %}
    INSERT INTO {{ event_table }} (event, project, revision, bundle, ticket)
      SELECT 'unstamped', {{ project | lit }}, f.revision, current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), '')
      FROM f JOIN gone USING (revision)
      ORDER BY f.n DESC;
{% else %}
    SELECT count(*) INTO n FROM gone;
{% endif %}
    WITH s AS (SELECT m.*, c.n
          FROM jsonb_array_elements(changes) WITH ORDINALITY AS c (e, n)
            JOIN jsonb_to_recordset(manifest) AS m (revision text, parents text[], depends_on text[], message text, up text, up1 text, variables text)
              ON m.revision = c.e->>'revision'
         WHERE (c.e->>'record')::boolean),
      made AS (INSERT INTO {{ version_table }}
          (revision, project, kind, parents, depends_on, message, up, up1, variables, state, bundle, ticket, applied_at)
        SELECT s.revision, {{ project | lit }}, 'revision', s.parents, coalesce(s.depends_on, '{}'), s.message, s.up, s.up1, s.variables, 'applied',
          current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), ''), clock_timestamp()
        FROM s
        ORDER BY s.n
        RETURNING revision)
{% if events %}
    INSERT INTO {{ event_table }} (event, project, revision, bundle, ticket)
      SELECT 'stamped', {{ project | lit }}, s.revision, current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), '')
      FROM s JOIN made USING (revision)
      ORDER BY s.n;
{% else %}
    SELECT count(*) INTO n FROM made;
{% endif %}
{% if tool %}
{% import tool.template as theirs %}
{% if not tool.settles %}
    FOR m IN SELECT coalesce(a.e, jsonb_build_object('revision', c.e->>'revision'{% if tool.records is not none %}, 'record', records->(c.e->>'revision'){% endif %}))
        FROM jsonb_array_elements(changes) WITH ORDINALITY AS c (e, n)
          LEFT JOIN jsonb_array_elements(manifest) AS a (e) ON a.e->>'revision' = c.e->>'revision'
       WHERE (c.e->>'forget')::boolean ORDER BY c.n DESC LOOP
{{ theirs.remove(tool) }}{##}
    END LOOP;
{% endif %}
{% endif %}
    -- What stays stands where the tree has it now.
    UPDATE {{ version_table }} v
       SET parents = m.parents, depends_on = coalesce(m.depends_on, '{}')
      FROM jsonb_to_recordset(manifest) AS m (revision text, parents text[], depends_on text[], selected boolean)
     WHERE m.selected AND v.revision = m.revision AND v.project = {{ project | lit }}
       AND (v.parents, v.depends_on) IS DISTINCT FROM (m.parents, coalesce(m.depends_on, '{}'));
    -- What is repeatable may be another now, or gone: the next upgrade compares it.
    UPDATE {{ version_table }} SET up = 'to be compared again'
     WHERE kind = 'repeatable' AND project = {{ project | lit }} AND up <> 'to be applied again';
    SELECT count(*)
      INTO n
      FROM {{ version_table }} v
     WHERE v.project = {{ project | lit }} AND v.kind = 'revision' AND v.state = 'applied';
    IF n <> {{ entries | selectattr("selected") | list | length }} THEN
      RAISE EXCEPTION USING ERRCODE = 'SO009',
        MESSAGE = format('signoff: failed: %s revisions are recorded, and {{ entries | selectattr("selected") | list | length }} should be', n),
        HINT = 'All of it is rolled back. Is there a trigger on the version table?';
    END IF;
    SELECT format('%s recorded, %s forgotten, and nothing was run', count(*) FILTER (WHERE (c.e->>'record')::boolean),
            count(*) FILTER (WHERE (c.e->>'forget')::boolean))
      INTO said
      FROM jsonb_array_elements(changes) AS c (e);
  END IF;
{% if tool %}
{% import tool.template as theirs %}
  PERFORM set_config('signoff.beyond', '{}', true);
{% if not tool.settles %}
  FOR m IN SELECT a.e
      FROM jsonb_array_elements(manifest) WITH ORDINALITY AS a (e, n)
     WHERE (a.e->>'selected')::boolean AND a.e->>'revision' NOT IN (SELECT x.key FROM (
        {{ theirs.applied(tool) }}) x (key, fits))
     ORDER BY a.n LOOP
{{ theirs.add(tool) }}{##}
  END LOOP;
{% endif %}
{{ theirs.settle(tool) }}{##}
  SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') INTO recorded FROM {{ version_table }} v;
{{ words.standing(tool) }}{##}
  SELECT string_agg(coalesce(x.key, e->>'revision'), ', ')
    INTO over
    FROM (
        {{ theirs.applied(tool) }}) x (key, fits)
      FULL JOIN (SELECT a.e FROM jsonb_array_elements(manifest) AS a (e) WHERE (a.e->>'selected')::boolean) s ON s.e->>'revision' = x.key
   WHERE (x.key IS NULL OR s.e IS NULL){% if numbered %} AND coalesce(x.key, '') <> ALL (string_to_array(coalesce(older, ''), ', ')){% endif %};
  IF over IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO009',
      MESSAGE = format('signoff: failed: what is recorded in %s is another than that of this stamp: %s', {{ tool.table | lit }}, over),
      HINT = {{ ("All of it is rolled back. What no file of the tree has, and what a baseline stands for, only " ~ tool.word ~ " or a hand can take out.") | lit }};
  END IF;
{% if numbered %}
  older := NULL;
{% endif %}
{% include "script/tool/said.sql" %}
{% endif %}
{% if has_replaced %}
  IF replaced <> '{}' THEN
    said := format('%s; recorded in the place of what it replaces: %s', CASE WHEN there THEN 'nothing was run' ELSE said END,
        (SELECT string_agg(DISTINCT t.value, ', ') FROM jsonb_each_text(replaced) AS t));
  END IF;
{% endif %}
  PERFORM set_config('jit', jit, true);
