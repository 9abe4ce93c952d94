{# drizzle: a row per file that ran. It looks at the newest row alone, and passes older files over that have none: they did not run. From 1.0 on a row
   has a name, and that counts (`drizzle-orm`, `pg-core/dialect.ts`). #}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at bigint);
    IF EXISTS (SELECT FROM jsonb_array_elements(manifest) AS a (e) WHERE e->'record'->>'form' = 'folders') THEN
      ALTER TABLE {{ tool.table }} ADD COLUMN name text, ADD COLUMN applied_at timestamp with time zone DEFAULT now();
    END IF;
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse, direction) %}{% endmacro %}
{% macro at(record) %}coalesce({{ record }}->>'when', {{ record }}->>'created_at')::numeric{% endmacro %}
{# The row of a file: by its date, and where several have that, by the sum of its text as well. #}
{% macro row(tool, x, record) %}{{ x }}.created_at = {{ at(record) }}
             AND ({{ x }}.hash = {{ record }}->>'hash' OR (SELECT count(*) FROM {{ tool.table }} z WHERE z.created_at = {{ x }}.created_at) = 1){% endmacro %}
{% macro applied(tool) %}SELECT k.id, NULL::boolean
          FROM jsonb_each(records) AS k (id, record)
         WHERE EXISTS (SELECT FROM {{ tool.table }} x
             WHERE {{ row(tool, "x", "k.record") }}
               OR k.record->>'name' = to_jsonb(x)->>'name')
        UNION SELECT coalesce(to_jsonb(x)->>'name', x.created_at::text), NULL
          FROM {{ tool.table }} x
         WHERE NOT EXISTS (SELECT FROM jsonb_each(records) AS k (id, record)
             WHERE {{ at("k.record") }} = x.created_at OR k.record->>'name' = to_jsonb(x)->>'name'){% endmacro %}
{% macro moved(tool, direction) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x
       WHERE {{ row(tool, "x", "(m->'record')") }}){% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (hash, created_at)
      VALUES (m->'record'->>'hash', {{ at("(m->'record')") }});
    IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = {{ tool.table | lit }}::regclass AND a.attname = 'name') THEN
      UPDATE {{ tool.table }} x SET name = m->'record'->>'name'
       WHERE {{ row(tool, "x", "(m->'record')") }};
    END IF;
{% endmacro %}
{% macro remove(tool) %}
    DELETE FROM {{ tool.table }} x
     WHERE {{ row(tool, "x", "(m->'record')") }};
{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
