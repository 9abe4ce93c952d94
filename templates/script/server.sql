-- 4. Preflight. Nothing is changed before every check has passed.
DO $signoff$ DECLARE t regclass := to_regclass({{ version_table | lit }}); BEGIN
  IF current_setting('server_version_num')::int < {{ server_min }}0000 THEN RAISE EXCEPTION USING ERRCODE = 'SO003',
    MESSAGE = format('signoff: refused: this server is PostgreSQL %s, and the script was compiled for {{ server_min }} and later', current_setting('server_version')), HINT = 'Compile with [target] server set to this server''s version.'; END IF;
  IF current_setting('server_version_num')::int >= 190000 THEN RAISE WARNING 'signoff: this server is PostgreSQL %, later than any this script was tried on (13 to 18)', current_setting('server_version'); END IF;
{% if database %}
  IF current_database() <> {{ database | lit }} THEN RAISE EXCEPTION USING ERRCODE = 'SO003',
    MESSAGE = format('signoff: refused: this is database %s, and the script is for %s', current_database(), {{ database | lit }}), HINT = 'Connect to the right database.'; END IF;
{% endif %}
  IF pg_is_in_recovery() THEN RAISE EXCEPTION USING ERRCODE = 'SO003', MESSAGE = 'signoff: refused: this server is a standby', HINT = 'Connect to the primary.'; END IF;
{% if direction != "plan" %}
  IF current_setting('transaction_read_only') = 'on' THEN RAISE EXCEPTION USING ERRCODE = 'SO003', MESSAGE = 'signoff: refused: transactions are read-only here',
    HINT = 'default_transaction_read_only is on for this server, database or role.'; END IF;
{% endif %}
  IF current_setting('server_encoding') <> 'UTF8' THEN RAISE EXCEPTION USING ERRCODE = 'SO003',
    MESSAGE = format('signoff: refused: this database is encoded in %s, and the script is UTF8', current_setting('server_encoding')), HINT = 'Only UTF8 databases are supported.'; END IF;
  IF to_regnamespace({{ schema_sql | lit }}) IS NULL THEN RAISE EXCEPTION USING ERRCODE = 'SO003',
    MESSAGE = {{ ("signoff: refused: there is no schema " ~ schema_sql ~ " for the version table") | lit }}, HINT = 'Create it, or name another in [version_table] schema.'; END IF;
{% if direction != "plan" %}
  IF t IS NULL AND NOT has_schema_privilege({{ schema_sql | lit }}::regnamespace, 'CREATE') THEN RAISE EXCEPTION USING ERRCODE = 'SO003',
    MESSAGE = format('signoff: refused: %s may not create the version table in schema %s', current_user, {{ schema_sql | lit }}), HINT = 'Run as the owner of the schema, or set [target] role.'; END IF;
  IF t IS NOT NULL AND NOT (has_table_privilege(t, 'SELECT') AND has_table_privilege(t, 'INSERT') AND has_table_privilege(t, 'UPDATE') AND has_table_privilege(t, 'DELETE')) THEN RAISE EXCEPTION USING ERRCODE = 'SO003',
    MESSAGE = format('signoff: refused: %s may not write the version table %s', current_user, t), HINT = 'Run as its owner, or set [target] role.'; END IF;
{% endif %}
END $signoff$;
