{# Supabase: a row per version with its statements (`pkg/migration/history.go`). #}
{% import "version_table/rows.sql" as rows %}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (version text NOT NULL PRIMARY KEY, statements text[], name text);
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse, direction) %}{% endmacro %}
{% macro applied(tool) %}{{ rows.applied(tool, "x.version") }}{% endmacro %}
{% macro moved(tool, direction) %}{{ rows.moved(tool, direction, "x.version") }}{% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (version, statements, name)
      VALUES (m->>'revision', ARRAY(SELECT jsonb_array_elements_text(m->'record'->'statements')), m->'record'->>'name');
{% endmacro %}
{% macro remove(tool) %}{{ rows.remove(tool, "x.version") }}{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
