-- 1. The revisions, as they will be recorded: "selected" are this script's own, the others must be there already.
SET signoff.checked = '';
SET signoff.bundle = '{{ bundle_digest }}';
{% set lines %}

{% for entry in entries %}
{{ entry.row }}
{% endfor %}
{% for repeatable in repeatables %}
{{ repeatable.row }}
{% endfor %}
{% endset %}
SET signoff.rows = {{ lines | dollar }};
