{# graphile-migrate: a row per committed migration with its chained hash (`src/migration.ts`). #}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (
      hash text PRIMARY KEY, previous_hash text REFERENCES {{ tool.table }}, filename text NOT NULL, date timestamptz NOT NULL DEFAULT now());
    CREATE TABLE IF NOT EXISTS {{ tool.tables[1] }} (
      filename text PRIMARY KEY DEFAULT 'current.sql', content text NOT NULL, date timestamptz NOT NULL DEFAULT now());
{% endmacro %}
{% macro lock(tool) %}
  keys := keys || 4727445306447283;
{% endmacro %}
{% macro sound(tool, refuse, direction) %}{% endmacro %}
{% macro applied(tool) %}SELECT substring(x.filename from '^[0-9]+'), x.hash = e->'record'->>'hash'
          FROM {{ tool.table }} x
            LEFT JOIN jsonb_array_elements(manifest) AS a (e) ON e->>'revision' = substring(x.filename from '^[0-9]+'){% endmacro %}
{% macro moved(tool, direction) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x WHERE x.filename = (m->>'revision') || '.sql'){% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (hash, previous_hash, filename)
      VALUES (m->'record'->>'hash', m->'record'->>'previous_hash', m->'record'->>'filename');
{% endmacro %}
{% macro remove(tool) %}
    DELETE FROM {{ tool.table }} x WHERE x.filename = (m->>'revision') || '.sql';
{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
