{% include "script/header.sql" %}
{% include "script/client.sql" %}

{% include "script/machinery.sql" %}

{% include "script/session.sql" %}
{% include "script/rows.sql" %}
{% include "script/modes.sql" %}

{% include "script/server.sql" %}
{% include "script/lock.sql" %}

{% include "script/stamp.sql" %}
