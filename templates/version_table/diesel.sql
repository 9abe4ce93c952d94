{# diesel: a row per version (`diesel_migrations`, `diesel/src/migration/setup_migration_table.sql`). #}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse) %}{% endmacro %}
{% macro applied(tool) %}SELECT x.version::text, NULL::boolean FROM {{ tool.table }} x{% endmacro %}
{% macro moved(tool, direction) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x WHERE x.version = m->>'revision'){% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (version) VALUES (m->>'revision');
{% endmacro %}
{% macro remove(tool) %}
    DELETE FROM {{ tool.table }} x WHERE x.version = m->>'revision';
{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
