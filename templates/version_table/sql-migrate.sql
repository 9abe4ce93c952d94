{# sql-migrate: a row per file (`migrate.go`, and gorp's DDL). #}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (id text NOT NULL PRIMARY KEY, applied_at timestamp with time zone);
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse) %}{% endmacro %}
{% macro applied(tool) %}SELECT x.id, NULL::boolean FROM {{ tool.table }} x{% endmacro %}
{% macro moved(tool, direction) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x WHERE x.id = m->>'revision'){% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (id, applied_at) VALUES (m->>'revision', clock_timestamp());
{% endmacro %}
{% macro remove(tool) %}
    DELETE FROM {{ tool.table }} x WHERE x.id = m->>'revision';
{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
