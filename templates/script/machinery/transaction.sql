{% import "script/words.sql" as words %}
{% if tool %}
{% import tool.template as theirs %}
{% endif %}
{% if has_transactions or (repeatables and direction == "upgrade") %}
-- One transaction: record first, then the revision's SQL, then make sure that the transaction is still ours.
SELECT $m$
:signoff_locked
:signoff_started
SET signoff.state = 'applied';
:signoff_open
:signoff_locked
:signoff_enter
{% if direction == "downgrade" %}
DELETE FROM {{ version_table }} WHERE revision = :'signoff_row'::jsonb->>'revision';
{% if tool %}
DO $signoff$ DECLARE m jsonb := current_setting('signoff.row'); r record; BEGIN
{{ theirs.remove(tool) }}{##}
END $signoff$;
{% endif %}
{% endif %}
:signoff_ended
:signoff_user
{% if not events %}
SELECT pg_catalog.pg_current_xact_id()::text AS signoff_xid \gset
{% endif %}
$m$ AS signoff_begin \gset
SELECT $m$
:signoff_fire
:signoff_own
SET signoff.row = :'signoff_row';
{% if not events %}
SET signoff.xid = :'signoff_xid';
{% endif %}
{% if tool %}
SET signoff.beyond = :'signoff_beyond';
{% endif %}
DO $signoff$ DECLARE this text := current_setting('signoff.row')::jsonb->>'revision';{% if tool %} m jsonb := current_setting('signoff.row');{% endif %} BEGIN
  IF {% if events %}NOT EXISTS (SELECT FROM {{ event_table }} e WHERE e.revision = this AND e.xmin = pg_current_xact_id()::xid){% else %}pg_current_xact_id()::text IS DISTINCT FROM current_setting('signoff.xid', true){% endif %}

     OR {{ "NOT " if direction == "upgrade" }}EXISTS (SELECT FROM {{ version_table }} v WHERE v.revision = this{{ " AND v.xmin = pg_current_xact_id()::xid" if direction == "upgrade" }}) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s ended its transaction or changed its own record', this),
      HINT = 'Look at what it did before running anything: status.sql tells what is recorded.';
  END IF;
{% if tool %}
{% include "script/tool/kept.sql" %}
{% endif %}
{{ words.reads_on('this') }}
{% if direction == "upgrade" %}
  UPDATE {{ version_table }} SET applied_at = clock_timestamp() WHERE revision = this;
{% endif %}
END $signoff$;
:signoff_shut
:signoff_rest
$m$ AS signoff_commit \gset
{% endif %}
