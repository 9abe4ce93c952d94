{# Flyway: a row per run, of which the newest of a version counts (`flyway-core`, `schemahistory`); what it deletes or undoes is pending again. #}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (
      "installed_rank" INT NOT NULL, "version" VARCHAR(50), "description" VARCHAR(200) NOT NULL, "type" VARCHAR(20) NOT NULL,
      "script" VARCHAR(1000) NOT NULL, "checksum" INTEGER, "installed_by" VARCHAR(100) NOT NULL, "installed_on" TIMESTAMP NOT NULL DEFAULT now(),
      "execution_time" INTEGER NOT NULL, "success" BOOLEAN NOT NULL);
    ALTER TABLE {{ tool.table }} ADD CONSTRAINT {{ (tool.name ~ "_pk") | ident }} PRIMARY KEY ("installed_rank");
    CREATE INDEX {{ (tool.name ~ "_s_idx") | ident }} ON {{ tool.table }} ("success");
{% endmacro %}
{% macro lock(tool) %}
  -- Java's hash of the table's name, quotes and all.
  crc := 0;
  FOREACH name IN ARRAY string_to_array({{ tool.table | lit }}, NULL) LOOP crc := (crc * 31 + ascii(name)) & 4294967295; END LOOP;
  keys := keys || 77431708279161 + CASE WHEN crc >= 2147483648 THEN crc - 4294967296 ELSE crc END;
{% endmacro %}
{% macro parts(version) %}string_to_array(regexp_replace({{ version }}, '(\.0+)+$', ''), '.')::numeric[]{% endmacro %}
{# What a baseline stands for ran before Flyway came: it can't be reverted. #}
{% macro barred(tool, refuse) %}
    SELECT e->>'revision' AS id, x.version
      INTO r
      FROM jsonb_array_elements(manifest) AS a (e)
        JOIN {{ tool.table }} x ON x.type IN ('BASELINE', 'SQL_BASELINE')
          AND {{ parts("(e->>'revision')") }}
             <= {{ parts("x.version") }}
     WHERE (e->>'selected')::boolean AND NOT put_off ? (e->>'revision')
     LIMIT 1;
    IF FOUND THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s can''t be reverted here, the baseline %s of Flyway stands for it', r.id, r.version),
        HINT = 'Nothing was changed. The developers compile a downgrade that ends above the baseline: signoff downgrade FROM:' || r.version || '.';
    END IF;
{% endmacro %}
{% macro sound(tool, refuse, direction) %}
    SELECT coalesce(x.version, x.description) AS what INTO r FROM {{ tool.table }} x WHERE NOT x.success LIMIT 1;
    IF FOUND THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: Flyway records that migration %s failed', r.what),
        HINT = 'See what of it is in the database, take it away or finish it, and run `flyway repair`; then run again.';
    END IF;
{% if direction == "downgrade" %}
{{ barred(tool, refuse) }}{##}
{% endif %}
{% endmacro %}
{% macro applied(tool) %}SELECT y.version::text, y.checksum IS NULL OR e IS NULL OR y.checksum::text = e->'record'->>'checksum'
          FROM (SELECT DISTINCT ON (x.version) x.version, x.checksum, x.type FROM {{ tool.table }} x
               WHERE x.version IS NOT NULL ORDER BY x.version, x.installed_rank DESC) y
            LEFT JOIN jsonb_array_elements(manifest) AS a (e) ON e->>'revision' = y.version
         WHERE y.type NOT IN ('DELETE', 'BASELINE') AND y.type !~ '^UNDO'
        UNION SELECT k.id, NULL
          FROM {{ tool.table }} x, jsonb_object_keys(known) AS k (id)
         WHERE x.type IN ('BASELINE', 'SQL_BASELINE')
           AND {{ parts("k.id") }}
             <= {{ parts("x.version") }}{% endmacro %}
{% macro moved(tool, direction) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM (SELECT x.type FROM {{ tool.table }} x
       WHERE x.version = m->'record'->>'version' ORDER BY x.installed_rank DESC LIMIT 1) y WHERE y.type <> 'DELETE' AND y.type !~ '^UNDO'){% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }}
        (installed_rank, version, description, type, script, checksum, installed_by, installed_on, execution_time, success)
      SELECT coalesce((SELECT max(x.installed_rank) FROM {{ tool.table }} x), 0) + 1, m->'record'->>'version', m->'record'->>'description',
        m->'record'->>'type', m->'record'->>'script', (m->'record'->>'checksum')::int, current_user, now(), 0, true;
{% endmacro %}
{% macro remove(tool) %}
    DELETE FROM {{ tool.table }} x WHERE x.version = m->>'revision';
{% endmacro %}
{# Of each repeatable the newest run: its description, and the sum of what ran. #}
{% macro runs(tool) %}SELECT DISTINCT ON (x.description) x.description, x.checksum
          FROM {{ tool.table }} x
         WHERE x.version IS NULL AND x.type <> 'SCHEMA'
         ORDER BY x.description, x.installed_rank DESC{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
