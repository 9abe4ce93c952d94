{# The tool's own tables, as far as they are there. #}
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
