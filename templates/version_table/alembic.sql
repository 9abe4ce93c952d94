{# Alembic: a row per head, nothing of what is below it (`alembic/runtime/migration.py`). #}
{% import "script/words.sql" as words %}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {{ (tool.name ~ "_pkc") | ident }} PRIMARY KEY (version_num));
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse, direction) %}{% endmacro %}
{% macro applied(tool) %}WITH RECURSIVE edge (id, below) AS MATERIALIZED (SELECT k.id, p
              FROM jsonb_each(known) AS k (id, below), jsonb_array_elements_text(k.below) AS p),
          have (id) AS (SELECT x.version_num::text FROM {{ tool.table }} x UNION SELECT e.below FROM have h JOIN edge e ON e.id = h.id)
        SELECT h.id, NULL::boolean FROM have h{% endmacro %}
{% macro heads(tool) %}kept AS MATERIALIZED ({{ words.kept(tool) }}),
        head (id) AS MATERIALIZED (SELECT k.id FROM kept k WHERE k.id NOT IN (SELECT b FROM kept w, unnest(w.below) AS b)){% endmacro %}
{% macro moved(tool, direction) %}EXISTS (WITH {{ heads(tool) }}
      SELECT FROM head h FULL JOIN {{ tool.table }} x ON x.version_num::text = h.id WHERE h.id IS NULL OR x.version_num IS NULL){% endmacro %}
{% macro add(tool) %}{{ settle(tool) }}{% endmacro %}
{% macro remove(tool) %}{{ settle(tool) }}{% endmacro %}
{% macro settle(tool) %}
    WITH {{ heads(tool) }},
      gone AS (DELETE FROM {{ tool.table }} x WHERE x.version_num::text NOT IN (SELECT h.id FROM head h))
    INSERT INTO {{ tool.table }} (version_num) SELECT h.id FROM head h WHERE h.id NOT IN (SELECT x.version_num::text FROM {{ tool.table }} x);
{% endmacro %}
