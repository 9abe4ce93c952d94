{# A plan says what would refuse and goes on: it may be read by somebody who may not write. #}
{% set refuse = "WARNING" if direction == "plan" else "EXCEPTION" %}
-- 4. Preflight. Nothing is changed before every check has passed.
DO $signoff$ DECLARE t regclass; e regclass; c record; BEGIN
  IF current_setting('server_version_num')::int < {{ server_min }}0000 THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: this server is PostgreSQL %s, and the script was compiled for {{ server_min }} and later', current_setting('server_version')),
      HINT = 'Compile with [target] server set to this server''s version.';
  END IF;
  IF current_setting('server_version_num')::int >= 190000 THEN
    RAISE WARNING 'signoff: this server is PostgreSQL %, later than any this script was tried on (13 to 18)', current_setting('server_version');
  END IF;
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003', MESSAGE = 'signoff: refused: this server is a standby', HINT = 'Connect to the primary.';
  END IF;
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE {{ refuse }} USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: transactions are read-only here',
      HINT = 'default_transaction_read_only is on for this server, database or role.';
  END IF;
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: this database is encoded in %s, and the script is UTF8', current_setting('server_encoding')),
      HINT = 'Only UTF8 databases are supported.';
  END IF;
  IF (SELECT s.reset_val FROM pg_settings s WHERE s.name = 'standard_conforming_strings') <> 'on' THEN
    RAISE {{ refuse }} USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: standard_conforming_strings is off here where nothing else is said, so a RESET in a migration would turn text into commands',
      HINT = 'It is set for the server, the database, the role or in PGOPTIONS. For this run: PGOPTIONS=''-c standard_conforming_strings=on''.';
  END IF;
  IF to_regnamespace({{ schema_sql | lit }}) IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = {{ ("signoff: refused: there is no schema " ~ schema_sql ~ " for the version table") | lit }},
      HINT = 'Create it, or name another in [version_table] schema.';
  END IF;
  IF NOT has_schema_privilege({{ schema_sql | lit }}::regnamespace, 'USAGE') THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not look into schema %s, where the version table is', current_user, {{ schema_sql | lit }}),
      HINT = '{% if role %}Grant that role USAGE on the schema.{% else %}Run as the owner of the version table, or set [target] role.{% endif %}';
  END IF;
  t := to_regclass({{ version_table | lit }}); {% if events %}e := to_regclass({{ event_table | lit }});{% endif %}

  FOR c IN SELECT r.oid, r.relname, r.relkind, r.relhasrules FROM pg_class r WHERE r.oid IN (t, e) LOOP
    IF c.relkind IN ('v', 'p', 'm') THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s is not an ordinary table', c.relname),
        HINT = 'What is recorded must be in a table as this script makes it.';
    END IF;
    IF c.relkind = 'r' AND c.relhasrules AND EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: %s has rules, which may rewrite what is recorded', c.relname),
        HINT = 'Drop them.';
    END IF;
    IF row_security_active(c.oid) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO003',
        MESSAGE = format('signoff: refused: row-level security hides rows of %s from %s', c.relname, current_user),
        HINT = 'Run as its owner, or disable it there: ALTER TABLE ... NO FORCE ROW LEVEL SECURITY.';
    END IF;
  END LOOP;
{% if direction != "downgrade" %}
  IF t IS NULL AND NOT has_schema_privilege({{ schema_sql | lit }}::regnamespace, 'CREATE') THEN
    RAISE {{ refuse }} USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not create the version table in schema %s', current_user, {{ schema_sql | lit }}),
      HINT = 'Is this the right database? If it is, {% if role %}grant that role CREATE on the schema.{% else %}run as the owner of the schema, or set [target] role.{% endif %}';
  END IF;
{% endif %}
{% if direction == "plan" %}
  IF t IS NOT NULL AND NOT (has_table_privilege(t, 'SELECT') AND coalesce(has_table_privilege(e, 'SELECT'), true)) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not read the version table %s and its event table', current_user, t),
      HINT = '{% if role %}Grant that role rights on it.{% else %}Run as its owner, or set [target] role.{% endif %}';
  END IF;
{% endif %}
  IF t IS NOT NULL
      AND NOT (has_table_privilege(t, 'SELECT') AND has_table_privilege(t, 'INSERT') AND has_table_privilege(t, 'UPDATE') AND has_table_privilege(t, 'DELETE')
          AND coalesce(has_table_privilege(e, 'SELECT') AND has_table_privilege(e, 'INSERT'), true)) THEN
    RAISE {{ refuse }} USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not write the version table %s and its event table', current_user, t),
      HINT = '{% if role %}Grant that role rights on it.{% else %}Run as its owner, or set [target] role.{% endif %}';
  END IF;
{% if tool %}
{% include "script/tool/preflight.sql" %}
{% endif %}
END $signoff$;
