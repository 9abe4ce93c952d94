{# node-pg-migrate: a row per file, in the order in which they ran (`src/runner.ts`). #}
{% import "version_table/rows.sql" as rows %}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
{% endmacro %}
{% macro lock(tool) %}
  keys := keys || 7241865325823964;
{% endmacro %}
{% macro sound(tool, refuse, direction) %}{% endmacro %}
{% macro applied(tool) %}{{ rows.applied(tool, "x.name::text") }}{% endmacro %}
{% macro moved(tool, direction) %}{{ rows.moved(tool, direction, "x.name::text") }}{% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (name, run_on) VALUES (m->>'revision', now());
{% endmacro %}
{% macro remove(tool) %}{{ rows.remove(tool, "x.name::text") }}{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
