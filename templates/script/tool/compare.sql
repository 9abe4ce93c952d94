{% import "script/words.sql" as words %}
{% import tool.template as theirs %}
{% set refuse = "WARNING" if title == "status" else "EXCEPTION" %}
{# What the tool's own table says is applied; ours follows it. Works on `recorded`, and leaves in adopted, taken_back and beyond what is to be
   written of it. #}
{{ words.standing(tool) }}{##}
  IF to_regclass({{ tool.table | lit }}) IS NULL THEN
{% if direction != "stamp" %}
    IF ours <> '{}' THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO008',
        MESSAGE = {{ ("signoff: refused: " ~ version_table ~ " records revisions here, and the table of " ~ tool.word ~ " is not there") | lit }},
        HINT = {{ ("It would be " ~ tool.table ~ ". Where " ~ tool.word ~ " is not used on this database, ") | lit }}
          'compile with [version_table] scheme = "native"; where it is to be from now on, the developers write a script with `signoff stamp`, '
          'which makes its table, too.';
    END IF;
{% endif %}
  ELSE
{{ theirs.sound(tool, refuse, direction) }}{##}
    seen := ({{ words.content(tool) }});
    SELECT coalesce(jsonb_object_agg(a.key, a.fits), '{}')
      INTO their
      FROM (
        {{ theirs.applied(tool) }}) a (key, fits);
    SELECT string_agg(k, ', ' ORDER BY k COLLATE "C") INTO over FROM jsonb_each_text(their) AS a (k, fits) WHERE fits = 'false';
    IF over IS NOT NULL THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO006',
        MESSAGE = format({{ ("signoff: refused: " ~ tool.word ~ " records another checksum than that of the file: %s") | lit }}, over),
        HINT = {{ ("The file was changed after it was applied, and " ~ tool.word ~ " has the sum of what ran. Compile from the tree that was applied; ") | lit }}
          {{ ("where the change is meant, see to the checksum in " ~ tool.table ~ " as " ~ tool.word ~ " has it, then run again.") | lit }};
    END IF;
{% if numbered %}
    -- What is older than the tree's first revision was taken out of the tree: nothing stands on it any more.
    SELECT e->>'revision' INTO first FROM jsonb_array_elements(manifest) AS a (e) LIMIT 1;
    SELECT string_agg(k, ', ' ORDER BY lpad(k, 40, '0'))
      INTO older
      FROM jsonb_object_keys(their) AS k
     WHERE NOT known ? k AND k ~ '^[0-9]+$' AND first ~ '^[0-9]+$' AND lpad(k, 40, '0') < lpad(first, 40, '0');
{% endif %}
    SELECT coalesce(jsonb_object_agg(t.key, coalesce(others->t.key, '[]')) FILTER (WHERE NOT t.known), '{}'),
        coalesce(jsonb_agg(t.key) FILTER (WHERE t.known), '[]')
      INTO beyond, adopted
      FROM (SELECT k AS key, known ? k AND NOT others ? k AS known
          FROM jsonb_object_keys(their) AS k
         WHERE {% if numbered %}k <> ALL (string_to_array(coalesce(older, ''), ', '))
           AND {% endif %}NOT EXISTS (SELECT FROM jsonb_to_recordset(recorded) AS v (revision text, state text) WHERE v.revision = k AND v.state <> 'upgrading')) t;
    SELECT coalesce(jsonb_agg(o.revision), '[]')
      INTO taken_back
      FROM jsonb_object_keys(ours) AS o (revision)
     WHERE NOT their ? o.revision AND known ? o.revision;
    IF adopted <> '[]' OR taken_back <> '[]' OR beyond <> '{}' THEN
      SELECT coalesce(jsonb_agg(a.e), '[]')
        INTO recorded
        FROM (SELECT x.e FROM jsonb_array_elements(recorded) AS x (e) WHERE NOT adopted ? (x.e->>'revision') AND NOT taken_back ? (x.e->>'revision')
          UNION ALL
          SELECT m.e || jsonb_build_object('project', {{ project | lit }}, 'state', 'applied', 'steps', '[]'::jsonb,
              'depends_on', coalesce(m.e->'depends_on', '[]'))
            FROM jsonb_array_elements(manifest) AS m (e)
           WHERE adopted ? (m.e->>'revision')
          UNION ALL
          SELECT jsonb_build_object('revision', b.id, 'project', {{ project | lit }}, 'kind', 'revision', 'state', 'applied', 'steps', '[]'::jsonb,
              'up', '', 'up1', '', 'parents', {{ "'[]'::jsonb" if numbered else "b.below" }}, 'depends_on', '[]'::jsonb)
            FROM jsonb_each(beyond) AS b (id, below)) a;
    END IF;
{% if tool.repeats and repeatables and direction in ["upgrade", "plan"] and title != "status" %}
    -- What is repeatable: the tool's newest run of it with this text counts, and one with another text makes it run again.
    SELECT coalesce(jsonb_object_agg(a.e->>'revision', CASE WHEN y.fits THEN a.e->>'up' ELSE 'to be compared again' END), '{}')
      INTO repeats
      FROM jsonb_array_elements(again_rows) AS a (e)
        JOIN (
        {{ theirs.runs(tool) }}) x ON x.description = a.e->'record'->>'description'
        LEFT JOIN jsonb_to_recordset(recorded) AS v (revision text, up text) ON v.revision = a.e->>'revision',
        LATERAL (SELECT coalesce(x.checksum::text = a.e->'record'->>'checksum' OR a.e->'record'->'also' @> to_jsonb(x.checksum), true) AS fits) y
     WHERE CASE WHEN y.fits THEN v.revision IS NULL ELSE v.up = a.e->>'up' END;
    IF repeats <> '{}' THEN
      SELECT jsonb_agg(u.e)
        INTO recorded
        FROM (SELECT x.e FROM jsonb_array_elements(recorded) AS x (e) WHERE NOT repeats ? (x.e->>'revision')
          UNION ALL
          SELECT a.e || jsonb_build_object('project', {{ project | lit }}, 'state', 'applied', 'steps', '[]'::jsonb, 'up', repeats->>(a.e->>'revision'))
            FROM jsonb_array_elements(again_rows) AS a (e)
           WHERE repeats ? (a.e->>'revision')) u;
    END IF;
{% endif %}
    fresh := fresh AND NOT EXISTS (SELECT FROM jsonb_object_keys(their) AS k WHERE known ? k);
{% if direction != "stamp" %}
    IF taken_back <> '[]' AND obj_description(to_regclass({{ version_table | lit }}), 'pg_class')
        IS DISTINCT FROM {{ words.format(tool) }} THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s records revisions as applied here that %s does not: %s',
            {{ version_table | lit }}, {{ tool.table | lit }},
            (SELECT string_agg(b, ', ' ORDER BY b COLLATE "C") FROM jsonb_array_elements_text(taken_back) AS b)),
        HINT = {{ ("Nothing was changed. Until now it was kept without the table of " ~ tool.word ~ ", so nobody can tell whether that took them back. ") | lit }}
          'Where they are applied, the developers write a script with `signoff stamp`, which records them in both tables.';
    END IF;
{% endif %}
  END IF;
