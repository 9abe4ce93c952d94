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
