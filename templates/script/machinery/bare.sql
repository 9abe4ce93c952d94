{% if has_bare %}
SELECT $m$
:signoff_session
:signoff_locked
SET signoff.mark = :'signoff_mark';
:signoff_step_record
:signoff_user
$m$ AS signoff_bare \gset
SELECT $m$
:signoff_session
:signoff_locked
SET signoff.mark = '';
:signoff_step_record
$m$ AS signoff_bare_done \gset
{% include "script/machinery/index.sql" %}
{% include "script/machinery/reindex.sql" %}
{% include "script/machinery/detach.sql" %}
{% include "script/machinery/objects.sql" %}
{% endif %}
