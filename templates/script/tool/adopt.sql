{% import "script/words.sql" as words %}
{% import tool.template as theirs %}
{# Makes the tool's table where it is missing, and brings our record in line with it. Stands in a DO block that declares manifest, adopted,
   taken_back, seen and r, and has signoff.beyond, signoff.bundle and signoff.ticket. #}
  IF to_regclass({{ tool.table | lit }}) IS NULL THEN
{% if tool.makes_schema %}
    IF to_regnamespace({{ tool.schema_sql | lit }}) IS NULL THEN
      CREATE SCHEMA {{ tool.schema_sql }};
    END IF;
{% endif %}
{{ theirs.tables(tool) }}{##}
  ELSIF adopted <> '[]' OR taken_back <> '[]'{% if tool.settles %} OR {{ theirs.moved(tool, direction) }}{% endif %} THEN
    LOCK TABLE {{ tool.table }} IN ACCESS EXCLUSIVE MODE;
    IF seen IS DISTINCT FROM ({{ words.content(tool) }}) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002',
        MESSAGE = {{ ("signoff: refused: " ~ tool.word ~ " changed what it records a moment ago, in " ~ tool.table) | lit }},
        HINT = 'Nothing of the schema was changed. Run again, when it has ended: it goes on where it stands then.';
    END IF;
  END IF;
  IF adopted <> '[]' OR taken_back <> '[]' THEN
{% if events %}
{{ words.learn_unstamped(event_table) }}
{% endif %}
    DELETE FROM {{ version_table }} v WHERE v.project = {{ project | lit }} AND (adopted ? v.revision OR taken_back ? v.revision);
    INSERT INTO {{ version_table }}
        (revision, project, kind, parents, depends_on, message, up, up1, variables, state, bundle, ticket, applied_at)
      SELECT m.revision, {{ project | lit }}, 'revision', m.parents, coalesce(m.depends_on, '{}'), m.message, m.up, m.up1, m.variables, 'applied',
        current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), ''), clock_timestamp()
      FROM jsonb_to_recordset(manifest) AS m (revision text, parents text[], depends_on text[], message text, up text, up1 text, variables text)
     WHERE adopted ? m.revision;
{% if events %}
    INSERT INTO {{ event_table }} (event, project, revision, bundle, ticket)
      SELECT x.event, {{ project | lit }}, x.revision, current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), '')
      FROM (SELECT 'unstamped', b FROM jsonb_array_elements_text(taken_back) AS b
          UNION SELECT 'stamped', a FROM jsonb_array_elements_text(adopted) AS a) x (event, revision)
      ORDER BY x.event DESC, x.revision COLLATE "C";
{% endif %}
  END IF;
{% if tool.repeats and repeatables and direction == "upgrade" %}
  INSERT INTO {{ version_table }} (revision, project, kind, message, up, up1, variables, state, bundle, ticket, applied_at)
    SELECT a.revision, {{ project | lit }}, 'repeatable', a.message, repeats->>a.revision, a.up1, a.variables, 'applied',
      current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), ''), clock_timestamp()
    FROM jsonb_to_recordset(again_rows) AS a (revision text, message text, up1 text, variables text)
   WHERE repeats ? a.revision
    ON CONFLICT (revision) DO UPDATE SET up = excluded.up;
{% endif %}
{{ theirs.settle(tool) }}{##}
{{ words.keep_format(tool, version_table) }}{##}
