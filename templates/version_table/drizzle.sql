{# drizzle: a row per file; what is older than the newest row counts as run. From 1.0 on a row has a name, and that counts (`drizzle-orm`, `pg-core/dialect.ts`). #}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint);
    IF EXISTS (SELECT FROM jsonb_array_elements(manifest) AS a (e) WHERE e->'record'->>'form' = 'folders') THEN
      ALTER TABLE {{ tool.table }} ADD COLUMN name text, ADD COLUMN applied_at timestamp with time zone DEFAULT now();
    END IF;
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse) %}{% endmacro %}
{% macro at(record) %}coalesce({{ record }}->>'when', {{ record }}->>'created_at')::numeric{% endmacro %}
{% macro applied(tool) %}SELECT k.id, NULL::boolean
          FROM (SELECT max(x.created_at) AS at, jsonb_agg(to_jsonb(x)->>'name') AS names, count(to_jsonb(x)->>'name') > 0 AS named
              FROM {{ tool.table }} x) x,
            LATERAL (SELECT coalesce(max({{ at("o.record") }}), -1) AS newest
              FROM jsonb_each(records) AS o (id, record)
             WHERE ours ? o.id AND {{ at("o.record") }} <= x.at) o,
            jsonb_each(records) AS k (id, record)
         WHERE CASE WHEN x.named AND k.record->>'form' = 'folders' THEN x.names ? (k.record->>'name')
             ELSE {{ at("k.record") }} <= x.at
               AND (ours ? k.id OR {{ at("k.record") }} > o.newest) END
        UNION SELECT coalesce(to_jsonb(x)->>'name', x.created_at::text), NULL
          FROM {{ tool.table }} x
         WHERE NOT EXISTS (SELECT FROM jsonb_each(records) AS k (id, record)
             WHERE {{ at("k.record") }} = x.created_at OR k.record->>'name' = to_jsonb(x)->>'name'){% endmacro %}
{% macro moved(tool, direction) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x
       WHERE x.created_at = {{ at("(m->'record')") }}){% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (hash, created_at)
      VALUES (m->'record'->>'hash', {{ at("(m->'record')") }});
    IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = {{ tool.table | lit }}::regclass AND a.attname = 'name') THEN
      UPDATE {{ tool.table }} x SET name = m->'record'->>'name'
       WHERE x.created_at = {{ at("(m->'record')") }};
    END IF;
{% endmacro %}
{% macro remove(tool) %}
    DELETE FROM {{ tool.table }} x WHERE x.created_at = {{ at("(m->'record')") }};
{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
