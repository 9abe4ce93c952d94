-- 4. Close: what was promised is there, or this fails. The session is as it was.
DO $signoff$
DECLARE
  n bigint; identifier text; receipt text; recorded jsonb; was text := pg_catalog.current_setting('search_path');
{% if tool %}
  manifest jsonb; others jsonb := {{ others | json | lit }}; put_off jsonb := '[]';
  records jsonb; known jsonb; ours jsonb;
{% endif %}
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  IF current_setting('signoff.checked', true) IS DISTINCT FROM 'yes' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO002',
      MESSAGE = 'signoff: refused: the checks at the top of this script have not passed in this session',
      HINT = 'Mend what they said, and run the whole script again, from its first statement.';
  END IF;
{% if role %}
  PERFORM set_config('signoff.role', current_setting('role'), true), set_config('role', {{ role | lit }}, true);
{% endif %}
  SELECT count(*)
    INTO n
    FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n)
      JOIN {{ version_table }} v ON l.n <= {{ entries | length }} AND (l.line::jsonb->>'selected')::boolean
        AND v.revision = l.line::jsonb->>'revision'{{ " AND v.state = 'applied'" if direction == "upgrade" }};
  IF n <> {{ count if direction == "upgrade" else 0 }} THEN
    RAISE EXCEPTION USING ERRCODE = 'SO009',
      MESSAGE = format('signoff: failed: %s of {{ count }} revisions are applied, and {{ "all" if direction == "upgrade" else "none" }} should be', n),
      HINT = 'Run this script again; status.sql tells what is recorded.';
  END IF;
{% if tool %}
  SELECT coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n) FILTER (WHERE l.n <= {{ entries | length }}), '[]')
    INTO manifest
    FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n);
{% include "script/tool/promised.sql" %}
{% endif %}
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
    INTO recorded
    FROM {{ version_table }} v
   WHERE v.project = {{ project | lit }};
{% include "plain/receipt.sql" %}
  PERFORM set_config('signoff.said',
      format('signoff: done: {{ count }} of {{ count }} revisions are {{ "applied" if direction == "upgrade" else "reverted" }}%s%s%s',
          CASE WHEN current_setting('signoff.probe', true) = 'open' THEN ', once the transaction that is open in this session is committed' END, chr(10),
          receipt), false);
  PERFORM set_config('statement_timeout', coalesce(nullif(current_setting('signoff.timeout', true), ''), current_setting('statement_timeout')), false);
{% if role %}
  PERFORM set_config('role', current_setting('signoff.role'), true);
{% endif %}
  PERFORM set_config('signoff.' || s.name, '', false)
    FROM unnest(ARRAY['timeout', 'checked', 'first_run', 'ticket', 'rows', 'surroundings', 'lock', 'enter', 'own', 'restore', 'record', 'ended', 'begin',
            'commit']) AS s (name);
  PERFORM set_config('search_path', was, true); END $signoff$;
SELECT pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('signoff.said'), pg_catalog.chr(10))) AS signoff;
