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
{% include "script/vouch.sql" %}
{% endif %}
{% if single %}
-- All of it is one transaction: every revision is {{ "reverted" if direction == "downgrade" else "applied" }}, or none is.
{% endif %}
{% for note in header_notes %}
-- {{ note | comment }}
{% endfor %}
--
{% include "script/contents.sql" %}
