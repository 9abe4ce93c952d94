{# refinery: a row per version with a SipHash-1-3 of its name, version and text, whose form goes by the width of versions (`refinery_core/src/runner.rs`). #}
{% import "version_table/rows.sql" as rows %}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (version int4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255));
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse, direction) %}{% endmacro %}
{% macro applied(tool) %}SELECT x.version::text, x.checksum IN (e->'record'->>'checksum', e->'record'->>'checksum_int8')
          FROM {{ tool.table }} x LEFT JOIN jsonb_array_elements(manifest) AS a (e) ON e->>'revision' = x.version::text{% endmacro %}
{% macro moved(tool, direction) %}{{ rows.moved(tool, direction, "x.version::text") }}{% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (version, name, applied_on, checksum)
      VALUES ((m->>'revision')::bigint, m->'record'->>'name', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        (SELECT CASE a.atttypid WHEN 'int8'::regtype THEN m->'record'->>'checksum_int8' ELSE m->'record'->>'checksum' END
           FROM pg_attribute a WHERE a.attrelid = {{ tool.table | lit }}::regclass AND a.attname = 'version'));
{% endmacro %}
{% macro remove(tool) %}{{ rows.remove(tool, "x.version::text") }}{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
