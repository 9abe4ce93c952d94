{# golang-migrate: one row, the newest version, or none (`database/postgres/postgres.go`). #}
{% import "script/words.sql" as words %}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (version bigint not null primary key, dirty boolean not null);
{% endmacro %}
{% macro lock(tool) %}
  FOREACH name IN ARRAY ARRAY['/' || current_database(), current_database()] LOOP
{{ words.crc32("convert_to(" ~ (tool.schema | lit) ~ ", 'UTF8') || '\\x00' || convert_to(" ~ (tool.name | lit) ~ ", 'UTF8') || '\\x00' || convert_to(name, 'UTF8')") }}{##}
    keys := keys || ((crc * 1486364155) & 4294967295);
  END LOOP;
{% endmacro %}
{% macro sound(tool, refuse, direction) %}
    SELECT x.version INTO r FROM {{ tool.table }} x WHERE x.dirty LIMIT 1;
    IF FOUND THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: golang-migrate calls version %s dirty: a run of it was stopped half-way', r.version),
        HINT = 'See what of that migration is in the database, take it away or finish it, and say so with `migrate force VERSION`; then run again.';
    END IF;
{{ gaps(tool, refuse) }}{% endmacro %}
{# It knows a newest version only: where that fell below one of ours that was applied past a hole, nobody can tell what is there. #}
{% macro gaps(tool, refuse) %}
    IF EXISTS (SELECT FROM jsonb_object_keys(ours) AS o (id) WHERE o.id !~ '^[0-9]+$') THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO006',
        MESSAGE = 'signoff: refused: what is recorded here for this project is from another kind of tree: its revisions are no numbers',
        HINT = 'Compile from the tree that was applied, or give this one another [project] name and [version_table] name.';
    END IF;
    SELECT x.version, (SELECT string_agg(k.id, ', ') FROM jsonb_object_keys(known) AS k (id)
        WHERE k.id::numeric <= x.version AND NOT ours ? k.id) AS missing
      INTO r
      FROM {{ tool.table }} x
     WHERE x.version < (SELECT max(o.id::numeric) FROM jsonb_object_keys(ours) AS o (id));
    IF r.missing IS NOT NULL THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: {{ tool.word }} went back to version %s, and its table can''t tell whether %s is applied, which was not before',
            r.version, r.missing),
        HINT = 'See what is there. The developers write a script with `signoff stamp`, which says so to both tables.';
    END IF;
{% endmacro %}
{# What is missing below the newest version that is on our own record was not applied; where nothing is on it, golang-migrate vouches for all. #}
{% macro applied(tool) %}SELECT k.id, NULL::boolean
          FROM {{ tool.table }} x,
            LATERAL (SELECT coalesce(max(o.id::numeric), -1) AS newest FROM jsonb_object_keys(ours) AS o (id) WHERE o.id::numeric <= x.version) o,
            jsonb_object_keys(known) AS k (id)
         WHERE k.id::numeric <= x.version AND (ours ? k.id OR k.id::numeric > o.newest)
        UNION SELECT x.version::text, NULL FROM {{ tool.table }} x WHERE x.version >= 0{% endmacro %}
{% macro moved(tool, direction) %}(SELECT max(x.version) FROM {{ tool.table }} x) IS DISTINCT FROM
      (SELECT max(k.id::numeric) FROM (
        {{ words.kept(tool) }}) k){% endmacro %}
{% macro add(tool) %}{{ settle(tool) }}{% endmacro %}
{% macro remove(tool) %}{{ settle(tool) }}{% endmacro %}
{% macro settle(tool) %}
    WITH kept AS MATERIALIZED ({{ words.kept(tool) }}),
      newest AS (SELECT max(k.id::numeric) AS version FROM kept k),
      gone AS (DELETE FROM {{ tool.table }} x USING newest n WHERE x.version IS DISTINCT FROM n.version)
    INSERT INTO {{ tool.table }} (version, dirty)
      SELECT n.version, false FROM newest n
       WHERE n.version IS NOT NULL AND NOT EXISTS (SELECT FROM {{ tool.table }} x WHERE x.version = n.version);
{% endmacro %}
