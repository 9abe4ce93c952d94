  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF current_setting('signoff.checked', true) IS DISTINCT FROM 'server' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = 'signoff: refused: the checks at the top of this script have not passed in this session',
      HINT = 'Mend what they said, and run the whole script again, from its first statement.';
  END IF;
{% if role %}
  PERFORM set_config('role', {{ role | lit }}, true);
{% endif %}
