{% if database or role %}
RESET SESSION AUTHORIZATION; SET search_path = pg_catalog, pg_temp;
DO $signoff$ BEGIN
{% if database %}
  IF current_database() <> {{ database | lit }} THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: this is database %s, and the script is for %s', current_database(), {{ database | lit }}),
      HINT = 'Connect to the right database.';
  END IF;
{% endif %}
{% if role %}
  IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = {{ role | lit }}::name) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = 'signoff: refused: this script runs as role ' || {{ role | lit }} || ', and there is no such role here',
      HINT = 'Is this the right server? If it is, create the role, or name another in [target] role.';
  END IF;
  IF NOT pg_has_role(session_user, {{ role | lit }}::name,
      CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO003',
      MESSAGE = format('signoff: refused: this script runs as role %s, and %s may not take that role', {{ role | lit }}, session_user),
      HINT = format('Connect as a member of it, or let its administrator say: GRANT %I TO %I;', {{ role | lit }}, session_user);
  END IF;
{% endif %}
END $signoff$;
{% endif %}
