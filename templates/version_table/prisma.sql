{# Prisma: a row per folder with the SHA-256 of its script; one that did not finish stops every command (`schema-engine`, `sql-schema-connector`). #}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (
      id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT,
      rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0);
{% endmacro %}
{% macro lock(tool) %}
  keys := keys || 72707369::bigint;
{% endmacro %}
{% macro sound(tool, refuse, direction) %}
    SELECT x.migration_name INTO r FROM {{ tool.table }} x WHERE x.finished_at IS NULL AND x.rolled_back_at IS NULL LIMIT 1;
    IF FOUND THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: Prisma records that migration %s failed', r.migration_name),
        HINT = format('See what of it is in the database, and say so with `prisma migrate resolve --rolled-back %1$s` or `--applied %1$s`; '
          'then run again.', r.migration_name);
    END IF;
{% endmacro %}
{% macro applied(tool) %}SELECT x.migration_name::text,
            bool_or(e IS NULL OR x.checksum = e->'record'->>'checksum' OR e->'record'->'also' ? x.checksum)
          FROM {{ tool.table }} x LEFT JOIN jsonb_array_elements(manifest) AS a (e) ON e->>'revision' = x.migration_name
         WHERE x.finished_at IS NOT NULL AND x.rolled_back_at IS NULL
         GROUP BY 1{% endmacro %}
{% macro moved(tool, direction) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x
       WHERE x.migration_name = m->>'revision' AND x.rolled_back_at IS NULL){% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
      VALUES (gen_random_uuid()::text, m->'record'->>'checksum', clock_timestamp(), m->>'revision', clock_timestamp(), 1);
{% endmacro %}
{% macro remove(tool) %}
    DELETE FROM {{ tool.table }} x WHERE x.migration_name = m->>'revision';
{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
