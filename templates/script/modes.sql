-- 3. What was typed with -v is checked before anything else; a word that is not understood refuses.
:signoff_probe
{% include "script/database.sql" %}
:signoff_session
\if :{?first_run}
\else
\set first_run ''
\endif
SELECT concat_ws(', '{% for mode in modes_later %}, CASE WHEN :{?{{ mode }}} THEN {{ mode | lit }} END{% endfor %}) AS signoff_refused,
  concat_ws(', '{% for mode in modes_misspelt %}, CASE WHEN :{?{{ mode }}} THEN {{ mode | lit }} END{% endfor %}) AS signoff_misspelt,
  lower(:'first_run') AS signoff_first_run \gset
\unset first_run
SET signoff.refused = :'signoff_refused'; SET signoff.misspelt = :'signoff_misspelt'; SET signoff.first_run = :'signoff_first_run';
DO $signoff$ BEGIN
  IF current_setting('signoff.refused') <> '' THEN RAISE EXCEPTION USING ERRCODE = 'SO010', MESSAGE = format('signoff: refused: this script has no mode %s', current_setting('signoff.refused')),
    HINT = 'The one mode there is so far: -v first_run=1.'; END IF;
  IF current_setting('signoff.misspelt') <> '' THEN RAISE EXCEPTION USING ERRCODE = 'SO010', MESSAGE = format('signoff: refused: -v %s is not understood', current_setting('signoff.misspelt')),
    HINT = 'The one mode there is so far: -v first_run=1.'; END IF;
  IF current_setting('signoff.first_run') NOT IN ('', '0', '1', 'off', 'on', 'false', 'true', 'no', 'yes') THEN RAISE EXCEPTION USING ERRCODE = 'SO010',
    MESSAGE = format('signoff: refused: first_run=%s is not understood', current_setting('signoff.first_run')), HINT = 'Write -v first_run=1, or leave it out.'; END IF;
END $signoff$;
