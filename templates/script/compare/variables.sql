  t regclass; r record; recorded jsonb := '[]'; fresh boolean; todo bigint; total bigint; todo_names text; ahead text; over text; said text;
{% if has_replaced %}
  replaced jsonb := '{}'; gone bigint;
{% endif %}
{% if tool %}
{% include "script/tool/variables.sql" %}
{% endif %}
{% if direction != "downgrade" %}
  mine jsonb := '[]'; again text; kept text;
{% endif %}
  jit text := pg_catalog.current_setting('jit');
