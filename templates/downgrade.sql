{% include "script/header.sql" %}
{% include "script/client.sql" %}

{% include "script/machinery.sql" %}

{% include "script/session.sql" %}
{% include "script/rows.sql" %}
{% include "script/modes.sql" %}

{% include "script/server.sql" %}
{% include "script/lock.sql" %}

{% include "script/state.sql" %}
{% include "script/needs.sql" %}
{% include "script/create.sql" %}
\set SHOW_CONTEXT errors
{% include "script/blocks.sql" %}

{% include "script/close.sql" %}
