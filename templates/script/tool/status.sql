-- What the table of {{ tool.word }} says is applied.
SET signoff.manifest = :'signoff_manifest';
DO $signoff$
DECLARE
  manifest jsonb := current_setting('signoff.manifest');
{% include "script/tool/look.sql" %}
END $signoff$;
SELECT current_setting('signoff.recorded') AS signoff_recorded, current_setting('signoff.tool') AS signoff_tool \gset
RESET signoff.manifest;
