{# What several templates say: how a revision runs, and the surroundings its author asked for. #}
{% macro summary(line) %}{% if line.empty %}no SQL{% elif line.steps == 0 %}one transaction{% if line.modes %}, {{ line.modes }}{% endif %}{% elif line.bare %}{{ line.steps }} {{ "step" if line.steps == 1 else "steps" }}, {{ "of which " if line.bare | length < line.steps }}outside a transaction: {{ line.bare | join(", ") }}{% else %}{{ line.steps }} {{ "step" if line.steps == 1 else "steps" }}, a transaction each{% endif %}{% if line.lock %} · {{ line.lock.mode }} on {{ line.lock.on | join(", ") }}{% if line.lock.more %} and {{ line.lock.more }} more{% endif %}{% endif %}{% if line.own_settings %} · settings of its own{% endif %}{% if line.irreversible %} · no way back: {{ line.irreversible }}{% endif %}{% endmacro %}
{% macro line(line, widths) %}  {{ line.number | padleft(widths.number) }}  {{ line.id | pad(widths.id) }}  {{ line.message | pad(widths.message) }}  {{ summary(line) }}{% endmacro %}
{% macro again(name, widths, direction) %}  {{ "·" | padleft(widths.number) }}  {{ "repeatable" | pad(widths.id) }}  {{ name | pad(widths.message) }}  {{ "where a reverted revision dropped it" if direction == "downgrade" else "where its text changed, or a revision dropped it" }}{% endmacro %}
{% macro surroundings(own) %}{% if own.search_path %}SET search_path = {{ own.search_path | path }};{% else %}RESET search_path;{% endif %}{% if own.lock_timeout %} SET lock_timeout = {{ own.lock_timeout | lit }};{% endif %}{% if own.statement_timeout %} SET statement_timeout = {{ own.statement_timeout | lit }};{% endif %}{% if own.role %} SET ROLE {{ own.role | ident }};{% endif %}{% endmacro %}
{# Which revision (a) must be done before which (b) in this direction, from the manifest in the variable m. #}
{% macro edges(direction, numbered) %}edge (a, b) AS MATERIALIZED (SELECT {% if numbered %}lag(e->>'revision') OVER (ORDER BY n{{ " DESC" if direction == "downgrade" }}), e->>'revision'
            FROM jsonb_array_elements(m) WITH ORDINALITY AS t (e, n){% elif direction == "downgrade" %}e->>'revision', p
            FROM jsonb_array_elements(m) AS t (e), jsonb_array_elements_text(coalesce(e->'parents', '[]') || coalesce(e->'depends_on', '[]')) AS p{% else %}p, e->>'revision'
            FROM jsonb_array_elements(m) AS t (e), jsonb_array_elements_text(coalesce(e->'parents', '[]') || coalesce(e->'depends_on', '[]')) AS p{% endif %}){% endmacro %}
{% macro stops(by_steps, direction, single) %}{% if single %}if it stops here, nothing of this script is {{ "reverted" if direction == "downgrade" else "applied" }}: mend it, compile, run again{% elif by_steps %}if it stops here, run again: it goes on at the step that failed{% else %}if it stops here, nothing of it is {{ "reverted" if direction == "downgrade" else "applied" }}: mend it, compile, run again{% endif %}{% endmacro %}
{# Fires what is deferred, each constraint by its name and then back as it was made; SET CONSTRAINTS ALL would hold for what the transaction makes later, too.
   A name that a constraint which can't be deferred has as well can't be set back; a schema that is closed to us can't be named. #}
{% macro fire_each() %}  FOR c IN SELECT pg_catalog.format('%I.%I', n.nspname, k.conname) AS name,
        pg_catalog.bool_or(k.condeferred) AND pg_catalog.bool_and(k.condeferrable) AS deferred
      FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) k.connamespace
     WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE')
     GROUP BY 1 HAVING pg_catalog.bool_or(k.condeferrable) ORDER BY 1 LOOP
    EXECUTE pg_catalog.format('SET CONSTRAINTS %s IMMEDIATE', c.name);
    IF c.deferred THEN
      EXECUTE pg_catalog.format('SET CONSTRAINTS %s DEFERRED', c.name);
    END IF;
  END LOOP;{% endmacro %}
