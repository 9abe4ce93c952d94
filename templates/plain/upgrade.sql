{% include "plain/header.sql" %}
{% include "plain/rows.sql" %}

{% include "plain/machinery.sql" %}

{% include "plain/preflight.sql" %}
{% include "plain/state.sql" %}
{% include "plain/blocks.sql" %}

{% include "plain/close.sql" %}
