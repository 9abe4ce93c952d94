{# tern: one row, the newest version, 0 where nothing is applied (`migrate/migrate.go`). #}
{% import "script/words.sql" as words %}
{% import "version_table/golang-migrate.sql" as newest %}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (version int4 not null primary key);
    INSERT INTO {{ tool.table }} (version) VALUES (0);
{% endmacro %}
{% macro lock(tool) %}
  keys := keys || 9628173550095224;
{% endmacro %}
{% macro sound(tool, refuse, direction) %}{{ newest.gaps(tool, refuse) }}{% endmacro %}
{% macro applied(tool) %}SELECT k.id, NULL::boolean
          FROM {{ tool.table }} x, jsonb_object_keys(known) AS k (id)
         WHERE k.id::numeric <= x.version
        UNION SELECT x.version::text, NULL FROM {{ tool.table }} x WHERE x.version > 0{% endmacro %}
{% macro moved(tool, direction) %}(SELECT max(x.version) FROM {{ tool.table }} x) IS DISTINCT FROM
      (SELECT coalesce(max(k.id::numeric), 0) FROM (
        {{ words.kept(tool) }}) k){% endmacro %}
{% macro add(tool) %}{{ settle(tool) }}{% endmacro %}
{% macro remove(tool) %}{{ settle(tool) }}{% endmacro %}
{% macro settle(tool) %}
    UPDATE {{ tool.table }} x SET version = n.version
      FROM (SELECT coalesce(max(k.id::numeric), 0) AS version FROM (
        {{ words.kept(tool) }}) k) n
     WHERE x.version <> n.version;
    INSERT INTO {{ tool.table }} (version)
      SELECT coalesce(max(k.id::numeric), 0) FROM (
        {{ words.kept(tool) }}) k
       WHERE NOT EXISTS (SELECT FROM {{ tool.table }}) HAVING NOT EXISTS (SELECT FROM {{ tool.table }});
{% endmacro %}
