{% import "script/words.sql" as words %}
{% macro insert(part, batch) %}INSERT INTO {{ part.table }}{% if part.columns %} ({{ part.columns | idents }}){% endif %} OVERRIDING SYSTEM VALUE VALUES
{% for row in batch %}
  ({% for cell in row %}{% if cell is none %}NULL{% else %}{{ cell | lit }}{% endif %}{% if not loop.last %}, {% endif %}{% endfor %}){% if not loop.last %},
{% endif %}{% endfor %}
{% if part.conflict == "nothing" %}

ON CONFLICT ({{ part.key | idents }}) DO NOTHING{% elif part.conflict == "update" %}

ON CONFLICT ({{ part.key | idents }}) DO UPDATE SET {% for column in part.updates %}{{ column | ident }} = excluded.{{ column | ident }}{% if not loop.last %}, {% endif %}{% endfor %}{% endif %}{% endmacro %}
{% macro statements(parts) %}{% for part in parts %}{% if part.kind == "sql" %}
-- from {{ part.place | comment }}
EXECUTE {{ part.text | dollar }};
{% elif part.kind == "lifted" %}
-- from {{ part.place | comment }}: {{ part.what | comment }}
{% elif part.kind == "rows" %}
-- from {{ part.place | comment }}: {{ part.why | comment }}
{% if not part.advance and part.cells %}
PERFORM pg_catalog.set_config('signoff.relation', {{ part.table | lit }}, true),
  pg_catalog.set_config('signoff.cells', '{{ 0 if part.columns else part.cells }}', true); EXECUTE pg_catalog.current_setting('signoff.copy_check');
{% endif %}
{% for batch in part.batches %}
EXECUTE {{ insert(part, batch) | dollar }};
{% endfor %}
{% if part.advance %}
PERFORM pg_catalog.set_config('signoff.relation', {{ part.table | lit }}, true),
  pg_catalog.set_config('signoff.columns', {{ part.columns | json | lit }}, true); EXECUTE pg_catalog.current_setting('signoff.setval');
{% endif %}
{% endif %}{% endfor %}{% endmacro %}
{% macro entry(number, own, surroundings) %}PERFORM pg_catalog.set_config('signoff.entry', '{{ number }}', true){% if own %},
  pg_catalog.set_config('signoff.mine', {{ words.surroundings(surroundings) | lit }}, true){% endif %}{% endmacro %}
{% macro transaction(number, own, surroundings, parts) %} BEGIN {{ entry(number, own, surroundings) }};
  EXECUTE pg_catalog.current_setting('signoff.begin'); IF pg_catalog.current_setting('signoff.todo')::boolean THEN
{{ statements(parts) }}EXECUTE pg_catalog.current_setting('signoff.commit'); END IF; END {% endmacro %}
{% macro step_transaction(block, step, at) %} BEGIN {{ entry(block.entry, block.line.own_settings, block.surroundings) }}, pg_catalog.set_config('signoff.step', '{{ at }}', true);
  EXECUTE pg_catalog.current_setting('signoff.begin_step'); IF pg_catalog.current_setting('signoff.todo')::boolean THEN
{{ statements(step.session) }}{{ statements(step.parts) }}EXECUTE pg_catalog.current_setting('signoff.commit_step'); END IF; END {% endmacro %}
{% macro guard(step) %}{% if step.kind == "create_index" %},
  pg_catalog.set_config('signoff.guard', 'index', true), pg_catalog.set_config('signoff.relation', {{ step.table | lit }}, true),
  pg_catalog.set_config('signoff.index', {{ step.name | lit }}, true),
  pg_catalog.set_config('signoff.unique', '{{ "true" if step.unique else "false" }}', true), pg_catalog.set_config('signoff.partial', '{{ "true" if step.partial else "false" }}', true),
  pg_catalog.set_config('signoff.columns', {{ step.columns | json | lit }}, true){% elif step.kind == "drop" %},
  pg_catalog.set_config('signoff.guard', 'drop', true), pg_catalog.set_config('signoff.index', {{ step.name | lit }}, true){% else %},
  pg_catalog.set_config('signoff.guard', '', true){% endif %}{% endmacro %}
{% macro before(block, step, at) %} BEGIN {{ entry(block.entry, block.line.own_settings, block.surroundings) }}, pg_catalog.set_config('signoff.step', '{{ at }}', true){{ guard(step) }},
  pg_catalog.set_config('signoff.strict', '{{ "true" if step.parts | selectattr("kind", "equalto", "carried") | list else "false" }}', true);
  EXECUTE pg_catalog.current_setting('signoff.bare');
{{ statements(step.session) }}EXECUTE pg_catalog.current_setting('signoff.bare_{{ "index" if step.kind == "create_index" else "drop" if step.kind == "drop" else "again" }}'); END {% endmacro %}
{% macro gate(block, at) %} BEGIN IF pg_catalog.current_setting('signoff.open', true) IS DISTINCT FROM {{ (block.line.id ~ " " ~ at) | lit }} THEN
  PERFORM pg_catalog.set_config('signoff.shut',
      coalesce(nullif(pg_catalog.current_setting('signoff.shut', true), ''), pg_catalog.current_setting('default_transaction_read_only')), false),
    pg_catalog.set_config('default_transaction_read_only', 'on', false); END IF; END {% endmacro %}
{% macro after(block, step, at) %} BEGIN {{ entry(block.entry, block.line.own_settings, block.surroundings) }}, pg_catalog.set_config('signoff.step', '{{ at }}', true){{ guard(step) }};
{% if step.kind == "create_index" %}
  EXECUTE pg_catalog.current_setting('signoff.index_look');
{% endif %}
  EXECUTE pg_catalog.current_setting('signoff.bare_done'); END {% endmacro %}
{% macro bare(parts) %}{% for part in parts %}{% if part.kind == "lifted" %}
-- from {{ part.place | comment }}: {{ part.what | comment }}
{% else %}
-- from {{ part.place | comment }}{% if part.kind == "carried" %}; {{ part.why }}{% endif %}

{{ part.text }}
{% endif %}{% endfor %}{% endmacro %}
{% macro timeout(value) %}{% if value %}
SET statement_timeout = {{ value | lit }};
{% endif %}{% endmacro %}
{% for block in blocks %}

-- ── {{ loop.index }}/{{ count }} ── {{ block.line.id | comment }} ── {{ block.line.message | comment }} ── {{ words.summary(block.line) | comment }}
{{ timeout(block.surroundings.statement_timeout) }}{% if block.by_steps %}
{% set own = block.line.own_settings %}
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.entry', '{{ block.entry }}', true); EXECUTE pg_catalog.current_setting('signoff.begin_steps'); END $signoff$;
{% for step in block.steps %}
-- step {{ loop.index }} of {{ block.steps | length }}: {{ step.summary | comment }}
{% if step.kind == "transaction" %}
DO {{ step_transaction(block, step, loop.index) | body }};
{% else %}
DO {{ before(block, step, loop.index) | body }};
DO {{ gate(block, loop.index) | body }};
{{ bare(step.parts) }}DO {{ after(block, step, loop.index) | body }};
{% endif %}
{% endfor %}
DO $signoff$ BEGIN PERFORM pg_catalog.set_config('signoff.entry', '{{ block.entry }}', true); EXECUTE pg_catalog.current_setting('signoff.end_steps'); END $signoff$;
{% else %}
DO {{ transaction(block.entry, block.line.own_settings, block.surroundings, block.parts) | body }};
{% endif %}
{% if block.surroundings.statement_timeout %}{{ timeout(statement_timeout) }}{% endif %}
{% endfor %}
{% if repeatables %}

-- ── Repeatables: {{ "applied again wherever the text recorded here is another" if direction == "upgrade" else "those that a reverted revision dropped" }} ──
{% for repeatable in repeatables %}
-- {{ repeatable.name | comment }}
{% set number = entries | length + loop.index %}
{{ timeout(repeatable.surroundings.statement_timeout) }}{% if direction == "upgrade" %}
DO {{ transaction(number, repeatable.own_settings, repeatable.surroundings, repeatable.parts) | body }};
{% else %}
{% set reapply %} BEGIN {{ entry(number, repeatable.own_settings, repeatable.surroundings) }};
  EXECUTE pg_catalog.current_setting('signoff.reapply'); IF pg_catalog.current_setting('signoff.todo')::boolean THEN
BEGIN
{{ statements(repeatable.parts) }}PERFORM pg_catalog.set_config('signoff.reapplied', 'yes', true);
EXCEPTION WHEN OTHERS THEN
{{ words.passes() }}
  RAISE WARNING USING MESSAGE = pg_catalog.format('signoff: %s was not applied again: %s', {{ repeatable.name | lit }}, SQLERRM),
    HINT = 'Its present text does not fit the older schema. The next upgrade applies it.'; END;
EXECUTE pg_catalog.current_setting('signoff.reapply_done'); END IF; END {% endset %}
DO {{ reapply | body }};
{% endif %}
{% if repeatable.surroundings.statement_timeout %}{{ timeout(statement_timeout) }}{% endif %}
{% endfor %}
{% endif %}
