-- The revisions, as they will be recorded: "selected" are this script's own, the others must be there already.
{% for entry in entries %}
\set signoff_row_{{ loop.index }} {{ entry.row | psql }}
{% endfor %}
{% include "script/manifest.sql" %}
{% for repeatable in repeatables %}
\set signoff_repeat_{{ loop.index }} {{ repeatable.row | psql }}
{% endfor %}
