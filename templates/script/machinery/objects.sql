{% if guards.objects %}
-- What is created counts only where this step was begun here; what is dropped is remembered by its oid: when that is gone, it was dropped, and no
-- other of its name is touched.
{% for verb, object in guards.objects %}
{% if object == "index" %}
{% set catalog = "pg_catalog.pg_class" %}{% set named = "c.oid = pg_catalog.to_regclass(:'signoff_name')" %}
{% elif object == "database" %}
{% set catalog = "pg_catalog.pg_database" %}{% set named = "c.datname = :'signoff_name'" %}
{% elif object == "tablespace" %}
{% set catalog = "pg_catalog.pg_tablespace" %}{% set named = "c.spcname = :'signoff_name'" %}
{% else %}
{% set catalog = "pg_catalog.pg_subscription" %}{% set named = "c.subname = :'signoff_name' AND c.subdbid = (SELECT d.oid
      FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())" %}
{% endif %}
SELECT $m$
:signoff_see
{% if verb == "create" %}
SELECT :'signoff_begun' AND x.oid IS NOT NULL AS signoff_done, CASE WHEN x.oid IS NOT NULL AND NOT :'signoff_begun' THEN '!' ELSE '?' END AS signoff_mark,
  x.oid IS NOT NULL AS signoff_fits
{% else %}
SELECT :'signoff_begun' AND :signoff_oid <> 0 AND NOT EXISTS (SELECT FROM {{ catalog }} c WHERE c.oid = :signoff_oid) AS signoff_done,
  coalesce('?' || x.oid::text, '!') AS signoff_mark, x.oid IS NULL OR '?' || x.oid::text <> :'signoff_mark' AS signoff_fits
{% endif %}
  FROM (SELECT (SELECT c.oid FROM {{ catalog }} c WHERE {{ named }}) AS oid) x \gset$m$ AS signoff_{{ verb }}_{{ object }} \gset
{% if object == "tablespace" and verb == "create" %}
SELECT $m$
SET signoff.name = :'signoff_name';
DO $signoff$ BEGIN
  RAISE WARNING USING
    MESSAGE = pg_catalog.format('signoff: tablespace %s was begun here before, and is not there', pg_catalog.current_setting('signoff.name')),
    HINT = 'If the server says now that its directory is in use: that run made a PG_… folder in it. See that it is empty, remove it, and run again.';
END $signoff$;
$m$ AS signoff_create_tablespace_again \gset
{% elif object == "subscription" %}
SELECT $m$
SET signoff.name = :'signoff_name';
DO $signoff$ BEGIN
  RAISE WARNING USING
    MESSAGE = pg_catalog.format('signoff: {{ "creating" if verb == "create" else "dropping" }} subscription %s was begun here before, and is not done',
      pg_catalog.current_setting('signoff.name')),
{% if verb == "create" %}
    HINT = 'If the server says now that its replication slot already exists: that run made it. '
      'See on the publisher (pg_replication_slots) that nobody uses it, drop it there with pg_drop_replication_slot, and run again.';
END $signoff$;
{% else %}
    HINT = pg_catalog.format('If the server says now that its replication slot does not exist: that run dropped it. '
      'ALTER SUBSCRIPTION %1$I DISABLE; ALTER SUBSCRIPTION %1$I SET (slot_name = NONE); and run again.', pg_catalog.current_setting('signoff.name'));
END $signoff$;
{% endif %}
$m$ AS signoff_{{ verb }}_subscription_again \gset
{% endif %}
{% endfor %}
{% endif %}
{% if guards.publications %}
-- Publications that are to be added to a subscription, or dropped from it: all or none of them must be in its list.
SELECT $m$
:signoff_see
SELECT :'signoff_begun' AND x.n = x.goal AS signoff_done, x.n = x.goal AS signoff_fits,
    CASE WHEN :'signoff_begun' OR x.n = x.every - x.goal THEN '?' ELSE '!' END AS signoff_mark
  FROM (SELECT count(*) AS every, count(*) FILTER (WHERE p.name = ANY (s.subpublications)) AS n,
        CASE :'signoff_goal' WHEN 'add' THEN count(*) ELSE 0 END AS goal
      FROM pg_catalog.jsonb_array_elements_text(:'signoff_publications') AS p (name)
        LEFT JOIN pg_catalog.pg_subscription s ON s.subname = :'signoff_name'
          AND s.subdbid = (SELECT d.oid
              FROM pg_catalog.pg_database d
             WHERE d.datname = pg_catalog.current_database())) x \gset$m$ AS signoff_publications_look \gset
{% endif %}
{% if guards.objects or guards.detach or guards.publications %}
SELECT $m$
SET signoff.what = :'signoff_what'; SET signoff.fits = :'signoff_fits'; SET signoff.done = :'signoff_done';
DO $signoff$ BEGIN
  IF pg_catalog.current_setting('signoff.fits') OPERATOR(pg_catalog.<>) 't' AND pg_catalog.current_setting('signoff.done') OPERATOR(pg_catalog.<>) 't' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = pg_catalog.format('signoff: the catalog does not show what this step does: %s', pg_catalog.current_setting('signoff.what')),
      HINT = 'Somebody else changes it at this moment? Look at it, then run again: the step is taken up.';
  END IF;
END $signoff$;
$m$ AS signoff_check \gset
{% endif %}
