-- 5. What is recorded here is compared with where this stamp starts and with where it ends; then it is written, or nothing is.
SET signoff.bundle = :'signoff_bundle'; SET signoff.ticket = :'signoff_ticket';
BEGIN;
:signoff_locked
DO $signoff$
DECLARE
  manifest jsonb := current_setting('signoff.manifest');
{% include "script/stamp/variables.sql" %}
BEGIN
{% include "script/stamp/record.sql" %}
  PERFORM set_config('signoff.said', said, false);
END $signoff$;
SELECT current_setting('signoff.said') AS signoff_said \gset
\if :signoff_dry_run
ROLLBACK;
\echo 'signoff: rehearsed, and rolled back: nothing was changed.' :signoff_said
\else
{% set nothing_recorded = false %}{% set recorded_in = version_table ~ " v" %}
{% include "script/receipt.sql" %}

COMMIT;
:signoff_session
\echo 'signoff: done:' :signoff_said
\echo :signoff_receipt
\endif
{% include "script/unlock.sql" %}
\endif
