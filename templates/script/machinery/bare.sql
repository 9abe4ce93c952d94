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
-- Before a look at the catalog: its own types and operators come first, and what the author's search_path finds stays visible.
SELECT $m$
DO $signoff$ BEGIN
  PERFORM pg_catalog.set_config('search_path', pg_catalog.rtrim(pg_catalog.concat('pg_catalog, ', pg_catalog.current_setting('search_path')), ', '), false);
END $signoff$;
$m$ AS signoff_see \gset
{% include "script/machinery/index.sql" %}
{% include "script/machinery/reindex.sql" %}
{% include "script/machinery/detach.sql" %}
{% include "script/machinery/objects.sql" %}
{% endif %}
