{% include "plain/header.sql" %}
{% include "plain/rows.sql" %}

{% include "plain/machinery/enter.sql" %}
{% include "plain/preflight.sql" %}
-- 4. What is recorded here is compared with where this stamp starts and with where it ends; then it is written, or nothing is.
DO $signoff$
DECLARE
  path text := pg_catalog.current_setting('search_path'); who text := pg_catalog.current_setting('role'); manifest jsonb;
  identifier text; receipt text;
{% include "script/stamp/variables.sql" %}
BEGIN
{% include "plain/checked.sql" %}
  EXECUTE current_setting('signoff.lock');
  SELECT coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n), '[]')
    INTO manifest
    FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n)
   WHERE l.line <> '';
{% include "script/stamp/record.sql" %}
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
    INTO recorded
    FROM {{ version_table }} v
   WHERE v.project = {{ project | lit }};
{% include "plain/receipt.sql" %}
  PERFORM set_config('signoff.said',
      format('signoff: done: %s%s%s%s', said,
          CASE WHEN current_setting('signoff.probe', true) = 'open' THEN ', once the transaction that is open in this session is committed' END, chr(10),
          receipt), false),
    set_config('statement_timeout', coalesce(nullif(current_setting('signoff.timeout', true), ''), current_setting('statement_timeout')), false);
  PERFORM set_config('signoff.' || s.name, '', false)
    FROM unnest(ARRAY['timeout', 'checked', 'first_run', 'ticket', 'rows', 'lock', 'enter', 'own', 'restore']) AS s (name);
  PERFORM set_config('role', who, true), set_config('search_path', path, true);
END $signoff$;
SELECT pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('signoff.said'), pg_catalog.chr(10))) AS signoff;
