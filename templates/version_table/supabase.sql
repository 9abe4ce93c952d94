{# Supabase: a row per version with its statements (`pkg/migration/history.go`). #}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (version text NOT NULL PRIMARY KEY, statements text[], name text);
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse) %}{% endmacro %}
{% macro applied(tool) %}SELECT x.version, NULL::boolean FROM {{ tool.table }} x{% endmacro %}
{% macro moved(tool, direction) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x WHERE x.version = m->>'revision'){% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (version, statements, name)
      VALUES (m->>'revision', ARRAY(SELECT jsonb_array_elements_text(m->'record'->'statements')), m->'record'->>'name');
{% endmacro %}
{% macro remove(tool) %}
    DELETE FROM {{ tool.table }} x WHERE x.version = m->>'revision';
{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
