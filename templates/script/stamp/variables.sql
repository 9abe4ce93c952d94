  t regclass; recorded jsonb := '[]'; there boolean; differs text; changes jsonb; said text; n bigint; r record;
{% if has_replaced %}
  replaced jsonb := '{}'; gone bigint;
{% endif %}
{% if tool %}
{% include "script/tool/variables.sql" %}
  others jsonb := {{ others | json | lit }}; fresh boolean := false; over text; m jsonb;
{% endif %}
  jit text := pg_catalog.current_setting('jit');
