{% import "script/words.sql" as words %}
{% if single %}
-- From here to the close, everything is one transaction.
BEGIN;
{% else %}
\if :signoff_dry_run
-- A rehearsal is one transaction around everything, and it is rolled back at the close.
{% if acts %}
\set signoff_fire ':signoff_fire_each'
{% endif %}
\set signoff_open ''
\set signoff_shut ''
\set signoff_rest ':signoff_clean'
BEGIN;
\endif
{% endif %}
{% if direction == "upgrade" or tool %}
DO $signoff$ BEGIN IF to_regclass({{ version_table | lit }}) IS NULL THEN
{% include "script/tables.sql" %}
END IF; END $signoff$;
{% endif %}
{% if not tool %}
DO $signoff$ BEGIN
{{ words.keep_format(tool, version_table) }}{##}
END $signoff$;
{% else %}
SET signoff.manifest = :'signoff_manifest'; SET signoff.adopted = :'signoff_adopted'; SET signoff.taken_back = :'signoff_taken_back';
SET signoff.beyond = :'signoff_beyond'; SET signoff.seen = :'signoff_seen'; SET signoff.bundle = :'signoff_bundle'; SET signoff.ticket = :'signoff_ticket';
{% if tool.repeats and repeatables and direction == "upgrade" %}
SET signoff.repeats = :'signoff_repeats'; SET signoff.again = :'signoff_again';
{% endif %}
DO $signoff$
DECLARE
{% if tool.repeats and repeatables and direction == "upgrade" %}
  repeats jsonb := current_setting('signoff.repeats'); again_rows jsonb := current_setting('signoff.again');
{% endif %}
  manifest jsonb := current_setting('signoff.manifest'); adopted jsonb := current_setting('signoff.adopted');
  taken_back jsonb := current_setting('signoff.taken_back'); seen text := current_setting('signoff.seen'); r record;
BEGIN
{% include "script/tool/adopt.sql" %}
END $signoff$;
RESET signoff.manifest;
{% endif %}
{% set manifest = ":'signoff_manifest'::jsonb" %}{% set put_off = ":'signoff_put_off'::jsonb" %}
-- What {{ "an upgrade" if direction == "downgrade" else "a downgrade" }} began here, and did nothing of, is on the record as before.
WITH idle AS (
  {{ words.take_back(direction, manifest, put_off, version_table) }}){% if events %},
  told AS (INSERT INTO {{ event_table }} (event, project, revision, bundle, ticket)
    SELECT {{ ("reverted" if direction == "downgrade" else "applied") | lit }}, {{ project | lit }}, i.revision, :'signoff_bundle', nullif(:'signoff_ticket', '') FROM idle i){% endif %}

SELECT count(*) > 0 AS signoff_idle, coalesce(string_agg(i.revision, ', '), '') AS signoff_idle_names FROM idle i \gset
\if :signoff_idle
\echo 'signoff: begun here, and nothing of it done; {{ "not applied" if direction == "downgrade" else "still applied" }}:' :signoff_idle_names
\endif
{% if tool and tool.marks %}
{% import tool.template as theirs %}
DO $signoff$ BEGIN
{{ theirs.release(tool) }}{##}
END $signoff$;
{% endif %}
{% if has_replaced %}
SET signoff.manifest = :'signoff_manifest'; SET signoff.replaced = :'signoff_replaced'; SET signoff.bundle = :'signoff_bundle';
SET signoff.ticket = :'signoff_ticket';
DO $signoff$
DECLARE manifest jsonb := current_setting('signoff.manifest'); replaced jsonb := current_setting('signoff.replaced'); gone bigint; r record;
BEGIN
  IF replaced <> '{}' THEN
{% include "script/replace.sql" %}
{% if tool %}
{% import tool.template as theirs %}
{{ theirs.settle(tool) }}{##}
{% endif %}
  END IF;
END $signoff$;
RESET signoff.manifest;
{% endif %}
{% if acts %}
SELECT count(*) AS signoff_before
  FROM jsonb_array_elements(:'signoff_manifest'::jsonb) AS a (e) LEFT JOIN {{ version_table }} v ON v.revision = e->>'revision'
 WHERE (e->>'selected')::boolean AND {{ "v.state = 'applied'" if direction == "upgrade" else "v.revision IS NULL" }} \gset
{% endif %}
