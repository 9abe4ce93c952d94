  t regclass; recorded jsonb := '[]'; there boolean; differs text; changes jsonb; said text; n bigint; r record;
{% if has_replaced %}
  replaced jsonb := '{}'; gone bigint;
{% endif %}
  jit text := pg_catalog.current_setting('jit');
