{% import "script/words.sql" as words %}
\set ON_ERROR_STOP on
\if true
-- signoff {{ title }} · {{ project }} · {{ from }} → {{ to }} · {{ count }} {{ "revision" if count == 1 else "revisions" }}
-- tree    {{ tree_digest }}
-- bundle  {{ bundle_digest }}
-- run     psql -X -d DATABASE -f {{ file }}
{% if in_bundle and direction != "plan" %}
-- first   psql -X -d DATABASE -f plan.sql       (says what would run here, and changes nothing)
{% endif %}
{% if direction == "plan" %}
-- It changes nothing.
{% endif %}
{% if acts %}
-- read    section 5 is what changes the database. The others are the frame, the same in every script but for names: it checks,
--         records what is done in {{ version_table | comment }}{% if events %} and {{ event_table | comment }}{% endif %}, clears what a stopped run of section 5 left
--         (an invalid index, a pending detach), and writes nowhere else{% if tool %} but in {{ tool.table | comment }}, as {{ tool.word }} does{% endif %}.
{% endif %}
{% if direction == "stamp" %}
-- It runs no migration: it says to {{ version_table | comment }} what is applied here, in one transaction, and writes nowhere else
{% if tool %}
-- but {% if events %}in {{ event_table | comment }} and, {% endif %}as {{ tool.word }} does, in {{ tool.table | comment }}.
-- Whoever runs it vouches that the schema is that of {{ to | comment }}.
{% else %}
{% if events %}
-- but in {{ event_table | comment }}. Whoever runs it vouches that the schema is that of {{ to | comment }}.
{% else %}
-- else. Whoever runs it vouches that the schema is that of {{ to | comment }}.
{% endif %}
{% endif %}
{% if stamp.purges %}
-- start   any: whatever this database records for the project is replaced
{% else %}
-- start   {{ from | comment }}: it refuses where this database records anything else for the project,
--         and does nothing where it records {{ to | comment }}
{% endif %}
{% endif %}
{% if single %}
-- All of it is one transaction: every revision is {{ "reverted" if direction == "downgrade" else "applied" }}, or none is.
{% endif %}
{% for note in header_notes %}
-- {{ note | comment }}
{% endfor %}
--
{% include "script/contents.sql" %}
