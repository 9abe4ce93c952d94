{# sql-migrate: a row per file (`migrate.go`, and gorp's DDL). #}
{% import "version_table/rows.sql" as rows %}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (id text NOT NULL PRIMARY KEY, applied_at timestamp with time zone);
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse, direction) %}{% endmacro %}
{% macro applied(tool) %}{{ rows.applied(tool, "x.id") }}{% endmacro %}
{% macro moved(tool, direction) %}{{ rows.moved(tool, direction, "x.id") }}{% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (id, applied_at) VALUES (m->>'revision', clock_timestamp());
{% endmacro %}
{% macro remove(tool) %}{{ rows.remove(tool, "x.id") }}{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
