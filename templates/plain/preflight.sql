{# A plan says what would refuse and goes on: it may be read by somebody who may not write. #}
{% set refuse = "WARNING" if direction == "plan" else "EXCEPTION" %}
{% set changes = direction != "plan" %}
-- 3. Preflight. Nothing is changed before every check has passed. First, what a run that broke off left in this session is put back.
{% if changes %}
DO $signoff$ BEGIN
  EXECUTE pg_catalog.current_setting('signoff.restore');
  IF pg_catalog.current_setting('signoff.shut', true) <> '' THEN
    PERFORM pg_catalog.set_config('default_transaction_read_only', pg_catalog.current_setting('signoff.shut'), false);
  END IF;
  PERFORM pg_catalog.set_config('signoff.shut', '', false), pg_catalog.set_config('signoff.open', '', false),
    pg_catalog.set_config('signoff.probe', 'open', true),
    pg_catalog.set_config('signoff.timeout',
        coalesce(nullif(pg_catalog.current_setting('signoff.timeout', true), ''), pg_catalog.current_setting('statement_timeout')), false),
    pg_catalog.set_config('statement_timeout', {{ statement_timeout | lit }}, false);
END $signoff$;
{% endif %}
DO $signoff$
DECLARE
  t regclass; e regclass; word text;
  path text := pg_catalog.current_setting('search_path'); who text := pg_catalog.current_setting('role');
BEGIN
{% if has_steps and changes %}
  IF pg_catalog.current_setting('signoff.probe', true) = 'open' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO001',
      MESSAGE = 'signoff: refused: a transaction is open in this session',
      HINT = 'This script must be committed statement by statement: autocommit on, no BEGIN, and a client that sends one statement at a time.';
  END IF;
{% endif %}
{% if database %}
  IF pg_catalog.current_database() <> {{ database | lit }} THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = pg_catalog.format('signoff: refused: this is database %s, and the script is for %s', pg_catalog.current_database(), {{ database | lit }}),
      HINT = 'Connect to the right database.';
  END IF;
{% endif %}
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF 'on' <> ANY (SELECT unnest(ARRAY[s.setting, s.reset_val]) FROM pg_settings s WHERE s.name = 'standard_conforming_strings') THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: standard_conforming_strings is off in this session, or would be after a RESET',
      HINT = 'Run SET standard_conforming_strings = on; and then this script again; or connect with it on, where the database or the role sets it off.';
  END IF;
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
      HINT = 'default_transaction_read_only is on for this server, database, role or connection.';
  END IF;
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: this database is encoded in %s, and the script is UTF8', current_setting('server_encoding')),
      HINT = 'Only UTF8 databases are supported.';
  END IF;
  -- What stands in these quotes is an e with an acute accent, a newline, a long dash.
  IF 'é
–' <> chr(233) || chr(10) || chr(8211) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: the text of this script did not arrive as it is in the file',
      HINT = 'It is UTF-8 with LF at the ends of its lines: tell the client so.';
  END IF;
  SELECT string_agg('signoff.' || m, ', ')
    INTO word
    FROM unnest(ARRAY['dry_run', 'lock_timeout', 'lock_wait', 'until'{% for mode in modes_misspelt if mode | lower not in modes %}{% if loop.index0 % 8 == 0 %},
{{ "      " }}{% else %}, {% endif %}{{ mode | lit }}{% endfor %}]) AS m (m)
   WHERE current_setting('signoff.' || m.m, true) <> '';
  IF word IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO010',
      MESSAGE = format('signoff: refused: %s is not understood', word),
      HINT = 'What may be set before this script: signoff.ticket, signoff.first_run. RESET the other.';
  END IF;
  word := lower(coalesce(current_setting('signoff.first_run', true), ''));
  IF word NOT IN ('', '0', '1', 'off', 'on', 'false', 'true', 'no', 'yes') THEN RAISE EXCEPTION USING ERRCODE = 'SO010',
    MESSAGE = format('signoff: refused: first_run=%s is not understood', word), HINT = 'Write SET signoff.first_run = ''1'';, or RESET it.'; END IF;
  word := coalesce(current_setting('signoff.ticket', true), '');
  IF word <> btrim(word) OR word ~ '[[:cntrl:]]' OR length(word) > 200 THEN
    RAISE EXCEPTION USING ERRCODE = 'SO010',
      MESSAGE = format('signoff: refused: ticket=%s is not understood', word),
      HINT = 'A ticket is one line of at most 200 characters, with no blanks at its ends.';
  END IF;
{% if require_ticket and changes %}
  IF word = '' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO010',
      MESSAGE = 'signoff: refused: this script runs only with a ticket',
      HINT = 'Run SET signoff.ticket = ''...''; before it, the number under which the change was approved; nothing was changed.';
  END IF;
{% endif %}
{% if role %}
  PERFORM set_config('role', {{ role | lit }}, true);
{% endif %}
  t := to_regclass({{ version_table | lit }}); {% if events %}e := to_regclass({{ event_table | lit }});{% endif %}

{% if changes %}
  IF EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = pg_my_temp_schema() AND c.relkind IN ('r', 'p', 'v', 'S')) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: this session has temporary tables',
      HINT = 'A migration could take one for a real table of that name. Open a new session.';
  END IF;
{% endif %}
  IF to_regnamespace({{ schema_sql | lit }}) IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = {{ ("signoff: refused: there is no schema " ~ schema_sql ~ " for the version table") | lit }},
      HINT = 'Create it, or name another in [version_table] schema.';
  END IF;
{% if direction != "downgrade" %}
  IF t IS NULL AND NOT has_schema_privilege({{ schema_sql | lit }}::regnamespace, 'CREATE') THEN
    RAISE {{ refuse }} USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: %s may not create the version table in schema %s', current_user, {{ schema_sql | lit }}),
      HINT = 'Is this the right database? If it is, {% if role %}grant that role CREATE on the schema.{% else %}run as the owner of the schema, or set [target] role.{% endif %}';
  END IF;
{% endif %}
{% if not changes %}
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
  PERFORM set_config('signoff.checked', 'server', false), set_config('role', who, true), set_config('search_path', path, true); END $signoff$;
