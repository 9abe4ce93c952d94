{% import "script/words.sql" as words %}
{# Revisions whose place another one took count as that one, where all of them are applied. Works on `recorded`. #}
  FOR r IN WITH have AS MATERIALIZED (SELECT v.*
        FROM jsonb_to_recordset(recorded) AS v (revision text, project text, kind text, state text, up text, up1 text)
       WHERE v.project = {{ project | lit }} AND v.kind = 'revision'),
    {{ words.replaced("manifest") }}
    SELECT s.successor, string_agg(s.revision, ', ' ORDER BY s.n) FILTER (WHERE s.here) AS there,
        string_agg(s.revision, ', ' ORDER BY s.n) FILTER (WHERE NOT s.met) AS missing,
        string_agg(s.revision, ', ' ORDER BY s.n) FILTER (WHERE s.state <> 'applied') AS half,
        string_agg(s.revision, ', ' ORDER BY s.n) FILTER (WHERE s.other_text) AS other,
        jsonb_object_agg(s.revision, s.successor) FILTER (WHERE s.here) AS here, bool_or(EXISTS (SELECT FROM have h WHERE h.revision = s.successor)) AS itself
      FROM seen s
     GROUP BY s.successor HAVING bool_or(s.here) ORDER BY s.successor LOOP
    IF r.half IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s, which %s replaces by now, is half-done here', r.half, r.successor),
        HINT = 'Finish it first: run the script that holds it again.';
    END IF;
    IF r.itself THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s is recorded here, and so is %s, which it replaces', r.successor, r.there),
        HINT = 'The version table was changed by hand or restored in part: find out what is really there.';
    END IF;
    IF r.missing IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s replaces several, of which %s is applied here and %s is not', r.successor, r.there, r.missing),
        HINT = 'Nothing was changed. A database has all of them or none before this script runs: bring it there with the release of before they were '
          'squashed, or with its downgrade.sql.';
    END IF;
    IF r.other IS NOT NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s, which %s replaces by now, was applied here with another text', r.other, r.successor),
        HINT = 'Compile from the tree that was applied, or find out who changed a published migration.';
    END IF;
    replaced := replaced || r.here;
  END LOOP;
  IF replaced <> '{}' THEN
    SELECT jsonb_agg(a.e)
      INTO recorded
      FROM (SELECT x.e || jsonb_build_object(
              'parents', (SELECT coalesce(jsonb_agg(DISTINCT coalesce(replaced->>p.id, p.id)), '[]') FROM jsonb_array_elements_text(x.e->'parents') AS p (id)),
              'depends_on',
              (SELECT coalesce(jsonb_agg(DISTINCT coalesce(replaced->>p.id, p.id)), '[]') FROM jsonb_array_elements_text(x.e->'depends_on') AS p (id))) AS e
          FROM jsonb_array_elements(recorded) AS x (e)
         WHERE NOT replaced ? (x.e->>'revision')
        UNION ALL
        SELECT m.e || jsonb_build_object('project', {{ project | lit }}, 'state', 'applied', 'steps', '[]'::jsonb, 'depends_on', coalesce(m.e->'depends_on', '[]'))
          FROM jsonb_array_elements(manifest) AS m (e)
         WHERE EXISTS (SELECT FROM jsonb_each_text(replaced) AS t WHERE t.value = m.e->>'revision')) a;
  END IF;
