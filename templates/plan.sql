{% include "script/header.sql" %}
{% include "script/client.sql" %}

{% include "script/machinery.sql" %}

{% include "script/session.sql" %}
{% include "script/rows.sql" %}
{% include "script/modes.sql" %}

{% include "script/server.sql" %}
{% include "script/running.sql" %}

{% include "script/state.sql" %}
{% include "script/needs.sql" %}
\echo 'signoff: nothing was changed'
\endif
