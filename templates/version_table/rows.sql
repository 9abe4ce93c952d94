{# What is common to tables with a row per revision that is known by its id: `key` is that column of x, as text. #}
{% macro applied(tool, key) %}SELECT {{ key }}, NULL::boolean FROM {{ tool.table }} x{% endmacro %}
{% macro moved(tool, direction, key) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x WHERE {{ key }} = m->>'revision'){% endmacro %}
{% macro remove(tool, key) %}
    DELETE FROM {{ tool.table }} x WHERE {{ key }} = m->>'revision';
{% endmacro %}
