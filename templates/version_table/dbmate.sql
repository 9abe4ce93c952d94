{# dbmate: a row per version (formats of dbmate's `pkg/driver/postgres`). #}
{% import "version_table/rows.sql" as rows %}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (version varchar PRIMARY KEY);
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse, direction) %}{% endmacro %}
{% macro applied(tool) %}{{ rows.applied(tool, "x.version::text") }}{% endmacro %}
{% macro moved(tool, direction) %}{{ rows.moved(tool, direction, "x.version::text") }}{% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (version) VALUES (m->>'revision');
{% endmacro %}
{% macro remove(tool) %}{{ rows.remove(tool, "x.version::text") }}{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
