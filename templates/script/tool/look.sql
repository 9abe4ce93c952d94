{# What is applied by the tool's table and our record, into the settings signoff.recorded and signoff.tool. Stands in a DECLARE block, behind its
   own variables; manifest is there. #}
  others jsonb := {{ others | json | lit }}; recorded jsonb := '[]'; fresh boolean := true; over text; r record;
{% include "script/tool/variables.sql" %}
BEGIN
  IF to_regclass({{ version_table | lit }}) IS NOT NULL THEN
    SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') INTO recorded FROM {{ version_table }} v;
  END IF;
  IF to_regclass({{ tool.table | lit }}) IS NOT NULL AND row_security_active(to_regclass({{ tool.table | lit }})) THEN
    RAISE WARNING 'signoff: row-level security hides rows of % from %: what is told here may be less than what is applied',
      {{ tool.table | lit }}, current_user;
  END IF;
{% include "script/tool/compare.sql" %}
  PERFORM set_config('signoff.recorded', recorded::text, false),
    set_config('signoff.tool', {{ ("signoff: " ~ tool.word ~ " records as applied, in " ~ tool.table ~ ": ") | lit }}
        || CASE WHEN to_regclass({{ tool.table | lit }}) IS NULL THEN 'nothing, there is no such table'
          WHEN their = '{}' THEN 'nothing'
          ELSE (SELECT string_agg(k, ', ' ORDER BY k COLLATE "C") FROM jsonb_object_keys(their) AS k) END, false);
