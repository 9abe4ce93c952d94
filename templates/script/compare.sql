{% import "script/words.sql" as words %}
{# What is recorded here against what this script was made from; either refuses or says what will run. Stands in a DO block that declares
   t, manifest, others, again_rows, put_off, first_run and the variables below. #}
  -- The server can't guess how few rows these are, and would compile them for longer than they run.
  PERFORM set_config('jit', 'off', true);
  fresh := t IS NULL;
  IF t IS NOT NULL THEN
{{ words.known_format() }}
    SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') INTO recorded FROM {{ version_table }} v;
    -- What the other direction began here, and did nothing of, is no half-done revision: it is taken for what it was before.
    SELECT coalesce(jsonb_agg({{ "a.e" if direction == "downgrade" else "CASE WHEN a.idle THEN a.e || '{\"state\": \"applied\"}' ELSE a.e END" }}){% if direction == "downgrade" %} FILTER (WHERE NOT a.idle){% endif %}, '[]')
      INTO recorded
      FROM (SELECT x.e, x.e->>'state' = {{ ("upgrading" if direction == "downgrade" else "downgrading") | lit }} AND x.e->'steps' = '[]'
            AND EXISTS (SELECT FROM jsonb_array_elements(manifest) AS p (e)
                WHERE (p.e->>'selected')::boolean AND p.e->>'revision' = x.e->>'revision' AND NOT put_off ? (p.e->>'revision')) AS idle
          FROM jsonb_array_elements(recorded) AS x (e)) a;
    SELECT recorded = '[]' AND NOT EXISTS (SELECT FROM {{ words.told_events(events, event_table) }} e WHERE e.event IN ('applied', 'reverted', 'stamped')) INTO fresh;
{% if direction != "downgrade" %}
    SELECT coalesce(jsonb_agg(DISTINCT e.revision), '[]')
      INTO mine
      FROM {{ words.told_events(events, event_table) }} e
     WHERE e.event = 'applied' AND e.bundle = current_setting('signoff.bundle') AND e.revision LIKE 'repeatable:%';
{% endif %}
  END IF;
{% if tool %}
{% include "script/tool/compare.sql" %}
{% endif %}
{% if direction == "downgrade" %}
  IF t IS NULL{% if tool %} AND their = '{}'{% endif %} THEN
    RAISE EXCEPTION USING ERRCODE = 'SO007',
      MESSAGE = {{ ("signoff: refused: this database has no version table " ~ version_table ~ ", so nothing is recorded as applied") | lit }},
      HINT = 'Is this the right database?';
  END IF;
{% else %}
  IF fresh AND NOT first_run
      AND EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND c.oid <> coalesce(t, 0)
           AND c.oid <> coalesce(to_regclass({{ event_table | lit }}), 0)
{% if tool %}
{% for table in tool.tables %}
           AND c.oid <> coalesce(to_regclass({{ table | lit }}), 0)
{% endfor %}
{% endif %}
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO007',
      MESSAGE = 'signoff: refused: this database has tables, and nothing is recorded as applied in ' || {{ version_table | lit }},
      HINT = 'Is this the right database? If it is, and nothing of this tree is applied here yet, {{ how_first_run }}. '
        'Where another tool brought it to where a revision of this tree stands, the developers write a script with `signoff stamp`, which records that.'{% if tool %}

        || coalesce((SELECT string_agg(format(' Here is %s, a table of %s: is it that ([version_table] tool_table, --layout)?', c.oid::regclass, x.tool), '')
            FROM (VALUES {% for table, name in tool.tables_of %}({{ table | lit }}, {{ name | lit }}){% if not loop.last %},{% if loop.index % 3 == 0 %}

              {% else %} {% endif %}{% endif %}{% endfor %}) AS x (name, tool)
              JOIN pg_class c ON c.relname = x.name::name AND c.relkind = 'r'
                AND c.oid IS DISTINCT FROM to_regclass({{ tool.table | lit }})), ''){% endif %};
  END IF;
{% endif %}
{% if has_replaced %}
{% include "script/compare/replaced.sql" %}
{% endif %}
  FOR r IN SELECT v.*, m.up AS its_up, m.up1 AS its_up1, m.accept, m.steps AS its_steps, m.variables AS its_variables, m.selected
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text, state text, up text, up1 text, steps text[], variables text)
        JOIN jsonb_to_recordset(manifest)
          AS m (revision text, up text, up1 text, accept text[], steps text[], variables text, selected boolean) USING (revision) LOOP
    IF r.project <> {{ project | lit }} THEN
{{ words.other_project() }}
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
        AND NOT (r.state = {{ ("downgrading" if direction == "downgrade" else "upgrading") | lit }} AND coalesce(r.selected, false) AND NOT put_off ? r.revision) THEN
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
{{ words.left_behind() }}
  END LOOP;
{% if not numbered %}
  FOR r IN SELECT v.revision, p AS parent
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text, parents text[], depends_on text[]), unnest(v.parents || v.depends_on) AS p
     WHERE v.project = {{ project | lit }} AND NOT EXISTS (SELECT FROM jsonb_to_recordset(recorded) AS w (revision text, state text) WHERE w.revision = p)
      LIMIT 1 LOOP
    RAISE EXCEPTION USING ERRCODE = 'SO006',
      MESSAGE = format('signoff: refused: revision %s is recorded as applied before its parent %s', r.revision, r.parent),
      HINT = 'The version table was changed by hand or restored in part: find out what is really there.';
  END LOOP;
{% endif %}
  SELECT count(*), count(*) FILTER (WHERE v.revision IS {{ "NOT NULL" if direction == "downgrade" else "NULL OR v.state <> 'applied'" }}),
      string_agg(format('%s  %s  %s%s', chr(10), m.revision, m.message, CASE WHEN v.state <> 'applied' THEN '  (half-done)' END), '' ORDER BY m.n{{ " DESC" if direction == "downgrade" }})
        FILTER (WHERE v.revision IS {{ "NOT NULL" if direction == "downgrade" else "NULL OR v.state <> 'applied'" }})
    INTO total, todo, todo_names
    FROM (SELECT e->>'revision' AS revision, e->>'message' AS message, n
          FROM jsonb_array_elements(manifest) WITH ORDINALITY AS a (e, n)
         WHERE coalesce((e->>'selected')::boolean, false) AND NOT put_off ? (e->>'revision')) m
      LEFT JOIN jsonb_to_recordset(recorded) AS v (revision text, state text) USING (revision);
  SELECT string_agg(v.revision, ', ' ORDER BY v.revision)
    INTO ahead
    FROM jsonb_to_recordset(recorded) AS v (revision text, project text, kind text)
   WHERE v.project = {{ project | lit }} AND v.kind = 'revision'
     AND NOT EXISTS (SELECT FROM jsonb_array_elements(manifest) AS a (e) WHERE e->>'revision' = v.revision)
     AND NOT others ? v.revision;
{% if direction != "downgrade" %}
  SELECT string_agg(format('%s  repeatable  %s', chr(10), m.e->>'message'), '' ORDER BY m.n) FILTER (WHERE NOT m.back),
      string_agg(m.e->>'message', ', ' ORDER BY m.n) FILTER (WHERE m.back)
    INTO again, kept
    FROM (SELECT a.e, a.n, NOT d.dropped AND coalesce(v.up LIKE 'sha256:%' AND mine ? v.revision, false) AS back
        FROM jsonb_array_elements(again_rows) WITH ORDINALITY AS a (e, n)
          LEFT JOIN jsonb_to_recordset(recorded) AS v (revision text, up text, variables text) ON v.revision = a.e->>'revision',
          LATERAL (SELECT EXISTS (SELECT FROM jsonb_array_elements(manifest) AS p (e)
              WHERE (p.e->>'selected')::boolean AND p.e->'recreates' ? (a.e->>'message')
                AND NOT EXISTS (SELECT FROM jsonb_to_recordset(recorded) AS w (revision text, state text)
                    WHERE w.revision = p.e->>'revision' AND w.state = 'applied')) AS dropped) d
       WHERE ahead IS NULL AND put_off = '[]'
         AND (v.revision IS NULL OR v.up <> a.e->>'up' OR v.variables IS DISTINCT FROM a.e->>'variables' OR d.dropped)) m;
{% endif %}
  PERFORM set_config('signoff.repeat', (ahead IS NULL AND put_off = '[]')::text, false);
  IF todo > 0 THEN
    IF ahead IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: this database records revisions that this script''s tree does not know: %s', ahead),
        HINT = 'It was upgraded from a newer or another tree: compile from that one.';
    END IF;
{% if direction != "downgrade" %}
    SELECT m.revision
      INTO r
      FROM jsonb_to_recordset(manifest) AS m (revision text, selected boolean)
     WHERE NOT coalesce(m.selected, false)
       AND NOT EXISTS (SELECT FROM jsonb_to_recordset(recorded) AS v (revision text, state text) WHERE v.revision = m.revision AND v.state = 'applied')
      LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = {{ ("signoff: refused: this script starts after " ~ from) | lit }}
          || format(', and revision %s is not applied here', r.revision),
        HINT = 'Run the release before this one first, or compile from where this database stands.';
    END IF;
{% if order != "any" %}
    -- What comes after a revision on its line is not to be there before it: what is missing under something that is there, and under that.
    WITH RECURSIVE {{ words.edges("upgrade", numbered, "manifest") }},
      above (a, b) AS (SELECT a, b FROM edge UNION ALL SELECT p, l.b FROM jsonb_each(others) AS l (b, below), jsonb_array_elements_text(l.below) AS p),
      done AS (SELECT v.revision FROM jsonb_to_recordset(recorded) AS v (revision text)),
      hole (a, b) AS (SELECT e.a, e.b
          FROM above e
         WHERE e.a IS NOT NULL AND e.a NOT IN (SELECT d.revision FROM done d) AND e.b IN (SELECT d.revision FROM done d)
        UNION SELECT e.a, h.b FROM hole h JOIN above e ON e.b = h.a WHERE e.a IS NOT NULL AND e.a NOT IN (SELECT d.revision FROM done d)),
      late AS (SELECT m.e->>'revision' AS a, m.n, min(h.b) AS b
          FROM hole h JOIN jsonb_array_elements(manifest) WITH ORDINALITY AS m (e, n) ON m.e->>'revision' = h.a
         WHERE (m.e->>'selected')::boolean AND NOT put_off ? h.a
         GROUP BY 1, 2)
    SELECT (array_agg(l.a ORDER BY l.n))[1] AS a, (array_agg(l.b ORDER BY l.n))[1] AS b,
        string_agg(format('%s  %s is not applied here, and %s is', chr(10), l.a, l.b), '' ORDER BY l.n) AS told
      INTO r
      FROM late l;
    IF r.a IS NOT NULL THEN
{% if order == "strict" %}
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s is not applied here, and %s, which {{ "comes after it" if numbered else "stands on it" }}, is', r.a, r.b),
        HINT = format('The order is strict: %2$s may rely on what %1$s does, and was applied without it, from another branch or an older tree. '
            'Where it may come late all the same, the developers compile with [migrations] order = "warn" or "any". All that is late:%3$s', r.a, r.b, r.told);
{% else %}
      RAISE WARNING 'signoff: applied late, for what {{ "comes after it" if numbered else "stands on it" }} is there already:%', r.told;
{% endif %}
    END IF;
{% endif %}
{% else %}
    SELECT v.revision
      INTO r
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text)
     WHERE v.project = {{ project | lit }} AND {{ above | json | lit }}::jsonb ? v.revision
      LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s is applied here and stands on what would be reverted', r.revision),
        HINT = 'Revert it first, with the downgrade.sql of its own release.';
    END IF;
{% endif %}
  END IF;
{% if direction == "downgrade" %}
  said :=
      CASE WHEN total = 0 THEN {{ ("signoff: nothing to revert: there is no way back from " ~ from) | lit }}
            WHEN todo = 0 THEN format('signoff: nothing to revert: none of %s revisions is applied here', total)
            ELSE format('signoff: %s of %s to revert here; %s already reverted%s', todo, total, total - todo, todo_names) END
        || CASE WHEN put_off = '[]' THEN ''
            ELSE (SELECT coalesce(format('%ssignoff: %s more of this script are put off', chr(10), nullif(count(*), 0)), '')
                  FROM jsonb_array_elements_text(put_off) AS p (id)
                 WHERE EXISTS (SELECT FROM jsonb_array_elements(recorded) AS w (e) WHERE w.e->>'revision' = p.id)) END;
{% else %}
  said :=
      CASE WHEN todo = 0 AND again IS NULL THEN format('signoff: nothing to apply: all of %s revisions are applied here', total)
            ELSE format('signoff: %s of %s to apply here; %s already applied%s%s', todo, total, total - todo, todo_names, again) END
        || CASE WHEN kept IS NULL THEN ''
            ELSE format('%ssignoff: left as it is: %s. This release applied it before, and another text was applied since. '
                  'To bring this one back, change a comment in it and compile', chr(10), kept) END
        || CASE WHEN put_off = '[]' THEN ''
            ELSE (SELECT coalesce(format('%ssignoff: %s more of this script{{ ", and what is repeatable," if repeatables }} are put off', chr(10), nullif(count(*), 0)),
                    {{ "chr(10) || 'signoff: what is repeatable is put off'" if repeatables else "''" }})
                  FROM jsonb_array_elements_text(put_off) AS p (id)
                 WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(recorded) AS w (e) WHERE w.e->>'revision' = p.id AND w.e->>'state' = 'applied')) END;
{% endif %}
{% if has_replaced %}
  IF replaced <> '{}' THEN
    said := said || (SELECT string_agg(format('%ssignoff: %s is here as what it replaces (%s): it is recorded in their place{{ ", and nothing of it runs" if direction != "downgrade" }}',
              chr(10), x.successor, x.old), '' ORDER BY x.successor)
        FROM (SELECT t.value AS successor, string_agg(t.key, ', ' ORDER BY t.key COLLATE "C") AS old FROM jsonb_each_text(replaced) AS t GROUP BY 1) x);
  END IF;
{% endif %}
{% if tool %}
{% include "script/tool/said.sql" %}
{% endif %}
  PERFORM set_config('jit', jit, true);
