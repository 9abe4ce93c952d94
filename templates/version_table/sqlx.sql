{# sqlx: a row per version with the SHA-384 of its file (`sqlx-postgres/src/migrate.rs`). #}
{% import "version_table/rows.sql" as rows %}
{% import "script/words.sql" as words %}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (
      version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), success BOOLEAN NOT NULL,
      checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL);
{% endmacro %}
{% macro lock(tool) %}
{{ words.crc32("convert_to(current_database(), 'UTF8')") }}{##}
  keys := keys || 1026731422 * crc;
{% endmacro %}
{% macro sound(tool, refuse, direction) %}
    SELECT x.version INTO r FROM {{ tool.table }} x WHERE NOT x.success LIMIT 1;
    IF FOUND THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: sqlx calls version %s dirty: a run of it was stopped half-way', r.version),
        HINT = 'See what of that migration is in the database, take it away or finish it, and delete or set success in that row; then run again.';
    END IF;
{% endmacro %}
{% macro applied(tool) %}SELECT x.version::text, encode(x.checksum, 'hex') = a.e->'record'->>'checksum'
          FROM {{ tool.table }} x LEFT JOIN jsonb_array_elements(manifest) AS a (e) ON a.e->>'revision' = x.version::text
         WHERE x.success{% endmacro %}
{% macro moved(tool, direction) %}{{ rows.moved(tool, direction, "x.version::text") }}{% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (version, description, success, checksum, execution_time)
      VALUES ((m->>'revision')::bigint, m->'record'->>'description', true, decode(m->'record'->>'checksum', 'hex'), -1);
{% endmacro %}
{% macro remove(tool) %}{{ rows.remove(tool, "x.version::text") }}{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
