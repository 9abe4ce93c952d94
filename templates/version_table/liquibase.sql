{# Liquibase: a row per changeset with its sum, and a table of one row that is its lock (`liquibase-standard`, `changelog/`, `lockservice/`). #}
{% macro tables(tool) %}
    CREATE TABLE {{ tool.table }} (
      id VARCHAR(255) NOT NULL, author VARCHAR(255) NOT NULL, filename VARCHAR(255) NOT NULL, dateexecuted TIMESTAMP WITHOUT TIME ZONE NOT NULL,
      orderexecuted INTEGER NOT NULL, exectype VARCHAR(10) NOT NULL, md5sum VARCHAR(35), description VARCHAR(255), comments VARCHAR(255), tag VARCHAR(255),
      liquibase VARCHAR(20), contexts VARCHAR(255), labels VARCHAR(255), deployment_id VARCHAR(10));
    CREATE TABLE IF NOT EXISTS {{ tool.tables[1] }} (
      id INTEGER NOT NULL, locked BOOLEAN NOT NULL, lockgranted TIMESTAMP WITHOUT TIME ZONE, lockedby VARCHAR(255),
      CONSTRAINT databasechangeloglock_pkey PRIMARY KEY (id));
    INSERT INTO {{ tool.tables[1] }} (id, locked) VALUES (1, false) ON CONFLICT DO NOTHING;
{% endmacro %}
{% macro lock(tool) %}{% endmacro %}
{% macro sound(tool, refuse, direction) %}
    SELECT x.lockedby, x.lockgranted INTO r FROM {{ tool.tables[1] }} x WHERE x.locked AND x.lockedby IS DISTINCT FROM 'signoff' LIMIT 1;
    IF FOUND THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO004',
        MESSAGE = format('signoff: refused: Liquibase has its lock, %s, since %s', r.lockedby, r.lockgranted),
        HINT = 'Wait for it to end, then run again. Where it was killed, `liquibase release-locks` gives the lock back.';
    END IF;
    SELECT x.filename AS theirs, k.record->>'filename' AS ours, x.id
      INTO r
      FROM {{ tool.table }} x JOIN jsonb_each(records) AS k (id, record) ON (k.record->>'id', k.record->>'author') = (x.id, x.author)
     WHERE NOT EXISTS (SELECT FROM jsonb_each(records) AS o (id, record)
           WHERE (o.record->>'id', o.record->>'author', o.record->>'filename') = (x.id, x.author, x.filename))
       AND NOT EXISTS (SELECT FROM {{ tool.table }} y
           WHERE (y.id, y.author, y.filename) = (k.record->>'id', k.record->>'author', k.record->>'filename'))
     LIMIT 1;
    IF FOUND THEN
      RAISE {{ refuse }} USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: Liquibase records changeset %s of %s, and in this tree it is in %s', r.id, r.theirs, r.ours),
        HINT = 'Where the file is the same, the developers say what its paths begin with in [migrations] tool_path, and compile.';
    END IF;
{% endmacro %}
{# Its table is for many changelogs: rows that this tree does not have are theirs. #}
{% macro applied(tool) %}SELECT k.id, coalesce(x.md5sum NOT LIKE '9:%' OR x.md5sum = k.record->>'md5sum', true)
          FROM {{ tool.table }} x JOIN jsonb_each(records) AS k (id, record)
              ON (k.record->>'id', k.record->>'author', k.record->>'filename') = (x.id, x.author, x.filename){% endmacro %}
{% macro here() %}(x.id, x.author, x.filename) = (m->'record'->>'id', m->'record'->>'author', m->'record'->>'filename'){% endmacro %}
{% macro moved(tool, direction) %}EXISTS (SELECT FROM {{ tool.tables[1] }} x WHERE x.locked AND x.lockedby IS DISTINCT FROM 'signoff')
      OR {{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x
         WHERE {{ here() }}){% endmacro %}
{# A revision by steps keeps Liquibase out until it is done, as its own lock would. #}
{% macro mark(tool) %}
    UPDATE {{ tool.tables[1] }} SET locked = true, lockedby = 'signoff', lockgranted = now() WHERE id = 1;
{% endmacro %}
{% macro release(tool) %}
    UPDATE {{ tool.tables[1] }} SET locked = false, lockedby = NULL, lockgranted = NULL WHERE locked AND lockedby = 'signoff'
       AND NOT EXISTS (SELECT FROM {{ tool.ours }} v WHERE v.state <> 'applied');
{% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ tool.table }} (id, author, filename, dateexecuted, orderexecuted, exectype, md5sum, description, comments, liquibase,
        contexts, labels, deployment_id)
      SELECT m->'record'->>'id', m->'record'->>'author', m->'record'->>'filename', now(),
        coalesce((SELECT max(x.orderexecuted) FROM {{ tool.table }} x), 0) + 1, 'EXECUTED', m->'record'->>'md5sum', m->'record'->>'description',
        m->'record'->>'comments', 'signoff', m->'record'->>'contexts', m->'record'->>'labels',
        right(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text, 10);
{{ release(tool) }}{% endmacro %}
{% macro remove(tool) %}
    DELETE FROM {{ tool.table }} x WHERE {{ here() }};
{{ release(tool) }}{% endmacro %}
{% macro settle(tool) %}{{ release(tool) }}{% endmacro %}
