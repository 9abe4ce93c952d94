{% include "plain/header.sql" %}
{% include "plain/rows.sql" %}

{% include "plain/preflight.sql" %}
{% include "plain/state.sql" %}
