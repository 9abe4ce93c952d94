{# node-pg-migrate: a row per file, in the order in which they ran (`src/runner.ts`). #}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
{% endmacro %}
{% macro lock(tool) %}
  keys := keys || 7241865325823964;
{% endmacro %}
{% macro sound(tool, refuse) %}{% endmacro %}
{% macro applied(tool) %}SELECT x.name::text, NULL::boolean FROM {{ tool.table }} x{% endmacro %}
{% macro moved(tool, direction) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x WHERE x.name = m->>'revision'){% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (name, run_on) VALUES (m->>'revision', now());
{% endmacro %}
{% macro remove(tool) %}
    DELETE FROM {{ tool.table }} x WHERE x.name = m->>'revision';
{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
