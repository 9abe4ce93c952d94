{% include "script/pooler.sql" %}
{% include "script/database.sql" %}
:signoff_session
