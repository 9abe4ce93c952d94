{# The tool's own tables, as far as they are there. #}
{% if tool.guessed %}
  IF to_regclass({{ tool.table | lit }}) IS NULL THEN
    DECLARE
      path text := current_setting('search_path'); first text;
    BEGIN
      PERFORM set_config('search_path', {% if surroundings.search_path %}{{ surroundings.search_path | path | lit }}{% else %}(SELECT s.reset_val FROM pg_settings s WHERE s.name = 'search_path'){% endif %}, true);
      first := current_schema();
      PERFORM set_config('search_path', path, true);
      IF first IS NOT NULL AND first <> {{ tool.schema | lit }} THEN
        RAISE {{ refuse }} USING ERRCODE = 'SO008',
          MESSAGE = format('signoff: refused: {{ tool.word }} would keep its table in schema %s here, which is first on the search_path, and not in %s',
              first, {{ tool.schema | lit }}),
          HINT = format('Nothing was changed. The developers say where it is: [version_table] tool_table = "%s.%s", and compile.',
              first, {{ tool.name | lit }});
      END IF;
    END;
  END IF;
{% endif %}
{% if tool.makes_schema %}
  IF to_regnamespace({{ tool.schema_sql | lit }}) IS NULL AND NOT has_database_privilege(current_database(), 'CREATE') THEN
    RAISE {{ refuse }} USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not create the schema %s, where {{ tool.word }} keeps its table', current_user, {{ tool.schema_sql | lit }}),
      HINT = 'Create it, or grant that role CREATE on the database.';
  END IF;
{% else %}
  IF to_regnamespace({{ tool.schema_sql | lit }}) IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = {{ ("signoff: refused: there is no schema " ~ tool.schema_sql ~ ", where " ~ tool.word ~ " keeps its table") | lit }},
      HINT = 'Is this the right database? If it is, create the schema, or name another in [version_table] tool_table.';
  END IF;
{% endif %}
{% if direction != "downgrade" %}
  IF to_regclass({{ tool.table | lit }}) IS NULL
      AND NOT coalesce(has_schema_privilege(to_regnamespace({{ tool.schema_sql | lit }}), 'CREATE'), true) THEN
    RAISE {{ refuse }} USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not create the table of {{ tool.word }} in schema %s', current_user, {{ tool.schema_sql | lit }}),
      HINT = 'Is this the right database? If it is, grant that role CREATE on the schema.';
  END IF;
{% endif %}
  DECLARE part record; BEGIN
  FOR part IN SELECT r.oid, r.oid::regclass AS name, r.relkind
      FROM pg_class r
     WHERE r.oid = ANY (ARRAY[{% for table in tool.tables %}to_regclass({{ table | lit }}){% if not loop.last %}{% if loop.index % 3 == 0 %},
         {% else %}, {% endif %}{% endif %}{% endfor %}]) LOOP
    IF part.relkind NOT IN ('r', 'S') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s is not an ordinary table', part.name),
        HINT = 'It should be the table in which {{ tool.word }} records what is applied; name another in [version_table] tool_table.';
    END IF;
    IF EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = part.oid) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s has rules, which may rewrite what is recorded', part.name),
        HINT = 'Drop them.';
    END IF;
    IF row_security_active(part.oid) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO003',
        MESSAGE = format('signoff: refused: row-level security hides rows of %s from %s', part.name, current_user),
        HINT = 'Run as its owner, or disable it there: ALTER TABLE ... NO FORCE ROW LEVEL SECURITY.';
    END IF;
    IF NOT has_table_privilege(part.oid, 'SELECT') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO003',
        MESSAGE = format('signoff: refused: %s may not read %s, the table of {{ tool.word }}', current_user, part.name),
        HINT = 'Run as its owner, or grant that role rights on it.';
    END IF;
    IF NOT (has_table_privilege(part.oid, 'INSERT') AND has_table_privilege(part.oid, 'UPDATE') AND has_table_privilege(part.oid, 'DELETE')) THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO003',
        MESSAGE = format('signoff: refused: %s may not write %s, the table of {{ tool.word }}', current_user, part.name),
        HINT = 'Run as its owner, or grant that role rights on it.';
    END IF;
  END LOOP;
  END;
