:signoff_probe
{% include "script/database.sql" %}
:signoff_session
