{% if database %}
SET search_path = pg_catalog, pg_temp;
DO $signoff$ BEGIN IF current_database() <> {{ database | lit }} THEN RAISE EXCEPTION USING ERRCODE = 'SO003',
  MESSAGE = pg_catalog.format('signoff: refused: this is database %s, and the script is for %s', current_database(), {{ database | lit }}), HINT = 'Connect to the right database.'; END IF; END $signoff$;
{% endif %}
