{% import "script/words.sql" as words %}
{% macro statements(parts) %}{% for part in parts %}{% if part.kind == "sql" %}
-- from {{ part.place | comment }}
{{ part.text }}
{% elif part.kind == "lifted" %}
-- from {{ part.place | comment }}: {{ part.what | comment }}
{% elif part.kind == "reset" %}
-- from {{ part.place | comment }}; psql must go on reading as it does
{{ part.text }}
SET standard_conforming_strings = on; SET client_encoding = 'UTF8';
{% elif part.kind == "carried" %}
-- from {{ part.place | comment }}, carried through \gexec: {{ part.why }}
SELECT {{ part.text | dollar }} \gexec
{% elif part.kind == "rows" %}
-- from {{ part.place | comment }}: {{ part.why | comment }}
{% if not part.advance and part.cells %}
\set signoff_table {{ part.table | psql }}
\set signoff_cells {{ 0 if part.columns else part.cells }}
:signoff_copy_check
{% endif %}
{% for batch in part.batches %}
INSERT INTO {{ part.table }}{% if part.columns %} ({{ part.columns | idents }}){% endif %} OVERRIDING SYSTEM VALUE VALUES
{% for row in batch %}
  ({% for cell in row %}{% if cell is none %}NULL{% else %}{{ cell | lit }}{% endif %}{% if not loop.last %}, {% endif %}{% endfor %}){% if not loop.last %},{% endif %}

{% endfor %}
{% if part.conflict == "nothing" %}
ON CONFLICT ({{ part.key | idents }}) DO NOTHING
{% elif part.conflict == "update" %}
ON CONFLICT ({{ part.key | idents }}) DO UPDATE SET {% for column in part.updates %}{{ column | ident }} = excluded.{{ column | ident }}{% if not loop.last %}, {% endif %}{% endfor %}

{% endif %}
;
{% endfor %}
{% if part.advance %}
\set signoff_table {{ part.table | psql }}
\set signoff_columns {{ part.columns | json | psql }}
:signoff_setval
{% endif %}
{% endif %}{% endfor %}{% endmacro %}
{% if blocks %}

-- 5. The revisions, each as it is written, between lines that record it.
{% endif %}
{% for block in blocks %}

-- ── {{ loop.index }}/{{ count }} ── {{ block.line.id | comment }} ── {{ block.line.message | comment }} ── {{ words.summary(block.line) | comment }}
\set signoff_row :signoff_row_{{ block.entry }}
:signoff_look
\if :signoff_todo
\echo {{ ("[" ~ loop.index ~ "/" ~ count ~ "] " ~ block.line.id ~ " " ~ block.line.message ~ "   (" ~ block.place ~ "; " ~ words.stops(block.by_steps, direction, single) ~ ")") | psql }}
{% if block.line.own_settings %}
\set signoff_user {{ words.surroundings(block.surroundings) | psql }}
{% endif %}
{% if block.by_steps %}
:signoff_begin_steps
{% for step in block.steps %}
-- step {{ loop.index }} of {{ block.steps | length }}: {{ step.summary | comment }}
\set signoff_step {{ loop.index }}
:signoff_step_look
\if :signoff_todo
{% if block.steps | length > 1 %}
\echo {{ ("      step " ~ loop.index ~ " of " ~ block.steps | length ~ ": " ~ step.summary) | psql }}
{% endif %}
{% if step.kind == "transaction" %}
{% if step.modes %}
\set signoff_modes {{ step.modes | psql }}
{% endif %}
:signoff_step_begin
{% if step.modes %}
\set signoff_modes ''
{% endif %}
{{ statements(step.session) }}{{ statements(step.parts) }}:signoff_step_commit
{% elif step.kind == "create_index" %}
\set signoff_table {{ step.table | psql }}
\set signoff_index {{ step.name | psql }}
\set signoff_unique {{ "true" if step.unique else "false" }}
\set signoff_partial {{ "true" if step.partial else "false" }}
\set signoff_columns {{ step.columns | json | psql }}
:signoff_user
{{ statements(step.session) }}SET lock_timeout = 0;
:signoff_index_look
\if :signoff_leftover
\echo '      dropping what a failed build left:' :signoff_index_name
DROP INDEX CONCURRENTLY :signoff_index_name ;
\endif
\if :signoff_built
\else
:signoff_bare
SET lock_timeout = 0;
{{ statements(step.session) }}{{ statements(step.parts) }}\endif
:signoff_index_look
:signoff_index_check
:signoff_bare_done
{% elif step.kind == "reindex" %}
\set signoff_scope {{ step.object | psql }}
\set signoff_name {{ step.name | psql }}
:signoff_user
{{ statements(step.session) }}SET lock_timeout = 0;
:signoff_reindex_look
:signoff_reindex_clean
:signoff_bare
SET lock_timeout = 0;
{{ statements(step.session) }}{{ statements(step.parts) }}:signoff_reindex_again
:signoff_reindex_check
:signoff_bare_done
{% elif step.kind == "detach" %}
\set signoff_what {{ step.summary | psql }}
\set signoff_table {{ step.table | psql }}
\set signoff_name {{ step.name | psql }}
:signoff_user
{{ statements(step.session) }}:signoff_detach_look
\if :signoff_done
\else
:signoff_bare
{{ statements(step.session) }}\if :signoff_pending
ALTER TABLE :signoff_table DETACH PARTITION :signoff_name FINALIZE;
\else
{{ statements(step.parts) }}\endif
\endif
:signoff_detach_look
:signoff_check
:signoff_bare_done
{% elif step.kind in ["create", "drop", "publications"] %}
{% set look = "publications_look" if step.kind == "publications" else step.kind ~ "_" ~ step.object %}
\set signoff_what {{ step.summary | psql }}
\set signoff_name {{ step.name | psql }}
{% if step.kind == "publications" %}
\set signoff_goal {{ step.object | psql }}
\set signoff_publications {{ step.publications | json | psql }}
{% endif %}
:signoff_user
{{ statements(step.session) }}:signoff_{{ look }}
\if :signoff_done
\else
{% if look in ["create_tablespace", "create_subscription", "drop_subscription"] %}
\if :signoff_begun
:signoff_{{ look }}_again
\endif
{% endif %}
:signoff_bare
{% if step.object == "index" %}
SET lock_timeout = 0;
{% endif %}
{{ statements(step.session) }}{{ statements(step.parts) }}\endif
:signoff_{{ look }}
:signoff_check
:signoff_bare_done
{% elif step.kind == "repeatable" %}
:signoff_bare
{{ statements(step.session) }}{{ statements(step.parts) }}:signoff_bare_done
{% endif %}
\endif
{% endfor %}
:signoff_end_steps
{% else %}
{% if block.modes %}
\set signoff_modes {{ block.modes | psql }}
{% endif %}
:signoff_begin
{% if block.modes %}
\set signoff_modes ''
{% endif %}
{{ statements(block.parts) }}:signoff_commit
{% endif %}
{% if block.line.own_settings %}
\set signoff_user {{ words.surroundings(surroundings) | psql }}
{% endif %}
\endif
{% endfor %}
{% if repeatables %}

-- ── Repeatables: {{ "applied again wherever the text recorded here is another" if direction == "upgrade" else "those that a reverted revision dropped" }} ──
{% for repeatable in repeatables %}
\set signoff_row :signoff_repeat_{{ loop.index }}
:signoff_look_repeatable
\if :signoff_todo
\echo {{ ("[repeatable] " ~ repeatable.name ~ "   (" ~ repeatable.place ~ "; " ~ (words.stops(false, direction, single) if direction == "upgrade" else "its present text, over the older schema") ~ ")") | psql }}
{% if repeatable.own_settings %}
\set signoff_user {{ words.surroundings(repeatable.surroundings) | psql }}
{% endif %}
{% if direction == "upgrade" %}
:signoff_begin
{{ statements(repeatable.parts) }}:signoff_commit
{% else %}
-- from {{ repeatable.place | comment }}
SELECT {{ repeatable.text | dollar }} AS signoff_sql \gset
:signoff_reapply
{% endif %}
{% if repeatable.own_settings %}
\set signoff_user {{ words.surroundings(surroundings) | psql }}
{% endif %}
\endif
{% endfor %}
{% endif %}
