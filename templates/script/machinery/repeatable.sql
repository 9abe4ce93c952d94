{% import "script/words.sql" as words %}
{% if repeatables and direction == "downgrade" %}
-- A repeatable that a reverted revision dropped is applied again if it fits the older schema; if not, the next upgrade does it.
SELECT $m$
SELECT EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = :'signoff_row'::jsonb->>'revision' AND v.up = 'to be applied again')
  AS signoff_todo \gset$m$ AS signoff_look_repeatable \gset
SELECT $m$
:signoff_open
:signoff_locked
SET LOCAL signoff.sql = :'signoff_sql'; SET LOCAL signoff.row = :'signoff_row';
:signoff_user
DO $signoff$ BEGIN
  EXECUTE pg_catalog.current_setting('signoff.sql');
  PERFORM pg_catalog.set_config('signoff.reapplied', 'yes', true);
EXCEPTION WHEN OTHERS THEN
{{ words.passes() }}
  RAISE WARNING USING
    MESSAGE = pg_catalog.format('signoff: %s was not applied again: %s', pg_catalog.current_setting('signoff.row')::pg_catalog.jsonb->>'message', SQLERRM),
    HINT = 'Its present text does not fit the older schema. The next upgrade applies it.';
END $signoff$;
:signoff_own
UPDATE {{ version_table }} SET up = :'signoff_row'::jsonb->>'up'
 WHERE revision = :'signoff_row'::jsonb->>'revision' AND current_setting('signoff.reapplied', true) = 'yes';
:signoff_shut
:signoff_rest
$m$ AS signoff_reapply \gset
{% endif %}
{% if repeatables and direction == "upgrade" %}
-- A repeatable is to be done where another text is recorded; not where this very bundle applied it before, and a later one another text.
SELECT $m$
SELECT :signoff_repeat
  AND NOT EXISTS (SELECT FROM {{ version_table }} v
       WHERE v.revision = :'signoff_row'::jsonb->>'revision'
         AND (v.up = :'signoff_row'::jsonb->>'up' AND v.variables IS NOT DISTINCT FROM :'signoff_row'::jsonb->>'variables'
             OR v.up LIKE 'sha256:%'
               AND EXISTS (SELECT FROM {{ words.told_events(events, event_table) }} e
                   WHERE e.event = 'applied' AND e.bundle = :'signoff_bundle' AND e.revision = v.revision)))
    AS signoff_todo \gset$m$ AS signoff_look_repeatable \gset
{% endif %}
