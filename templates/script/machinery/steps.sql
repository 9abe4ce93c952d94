{% import "script/words.sql" as words %}
{% if tool %}
{% import tool.template as theirs %}
{% endif %}
{% if has_steps %}
-- Outside a transaction: progress is recorded step by step. A step that can run in a transaction is recorded in it;
-- a bare one is recorded as begun ("…?", or "…!" where what it makes was there before), run, checked, and recorded as done.
SELECT $m$
:signoff_locked
:signoff_started
SET signoff.state = 'upgrading';
BEGIN;
:signoff_locked
:signoff_enter
{% if direction == "downgrade" %}
UPDATE {{ version_table }} SET state = 'downgrading', steps = '{}'
 WHERE revision = :'signoff_row'::jsonb->>'revision' AND state <> 'downgrading';
{% endif %}
{% if tool and tool.marks %}
DO $signoff$ BEGIN
{{ theirs.mark(tool) }}{##}
END $signoff$;
{% endif %}
COMMIT;
:signoff_session
$m$ AS signoff_begin_steps \gset
SELECT $m$
SELECT v.steps[:signoff_step] IS DISTINCT FROM s.digest AS signoff_todo, coalesce(v.steps[:signoff_step] LIKE s.digest || '?%', false) AS signoff_begun,
    coalesce(substring(v.steps[:signoff_step] from '[?]([0-9]+)$'), '0') AS signoff_oid,
    coalesce(substring(v.steps[:signoff_step] from '[?]([0-9,]+)$'), '') AS signoff_before, '?' AS signoff_mark
  FROM {{ version_table }} v,
    LATERAL (SELECT :'signoff_row'::jsonb->'steps'->>(:signoff_step - 1) AS digest) s
 WHERE v.revision = :'signoff_row'::jsonb->>'revision' \gset$m$ AS signoff_step_look \gset
SELECT $m$
SET signoff.row = :'signoff_row'; SET signoff.step = :'signoff_step';
DO $signoff$ DECLARE m jsonb := current_setting('signoff.row'); i int := current_setting('signoff.step'); mark text := current_setting('signoff.mark'); BEGIN
  UPDATE {{ version_table }} SET steps = steps[1:i - 1] || (m->'steps'->>(i - 1) || mark)
   WHERE revision = m->>'revision' AND state = {{ ("upgrading" if direction == "upgrade" else "downgrading") | lit }} AND cardinality(steps) >= i - 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: refused: step %s of revision %s comes out of turn', i, m->>'revision'),
      HINT = 'Run again: it goes on where it stands now.';
  END IF;
END $signoff$;
$m$ AS signoff_step_record \gset
{% if has_step_transactions %}
SELECT $m$
SET signoff.mark = '';
BEGIN :signoff_modes ;
:signoff_locked
:signoff_step_record
:signoff_user
$m$ AS signoff_step_begin \gset
SELECT $m$
SET CONSTRAINTS ALL IMMEDIATE;
:signoff_own
SET signoff.row = :'signoff_row';
DO $signoff$ BEGIN
  IF NOT EXISTS (SELECT FROM {{ version_table }} v
       WHERE v.revision = current_setting('signoff.row')::jsonb->>'revision' AND v.xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s ended its transaction or changed its own record', current_setting('signoff.row')::jsonb->>'revision'),
      HINT = 'Look at what it did before running anything: status.sql tells what is recorded.';
  END IF;
{{ words.reads_on("current_setting('signoff.row')::jsonb->>'revision'") }}
END $signoff$;
COMMIT;
:signoff_session
$m$ AS signoff_step_commit \gset
{% endif %}
{% include "script/machinery/bare.sql" %}
SELECT $m$
BEGIN;
:signoff_locked
SET LOCAL signoff.row = :'signoff_row';
{% if tool %}
SET LOCAL signoff.beyond = :'signoff_beyond';
{% endif %}
DO $signoff$ DECLARE m jsonb := current_setting('signoff.row');{% if tool %} this text := m->>'revision'; r record;{% endif %} BEGIN
{% if tool %}
{% include "script/tool/held.sql" %}
{% endif %}
{% if direction == "upgrade" %}
  UPDATE {{ version_table }} v SET state = 'applied', applied_at = clock_timestamp(),
      steps = v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]
   WHERE v.revision = m->>'revision' AND v.state = 'upgrading'
     AND to_jsonb(v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]) = coalesce(m->'steps', '[]');
{% else %}
  DELETE FROM {{ version_table }} v
   WHERE v.revision = m->>'revision' AND v.state = 'downgrading'
     AND to_jsonb(v.steps[1:jsonb_array_length(coalesce(m->'steps', '[]'))]) = coalesce(m->'steps', '[]');
{% endif %}
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: refused: not every step of revision %s is recorded as done', m->>'revision'),
      HINT = 'Run again: it goes on where it stands now.';
  END IF;
{% if tool %}
{{ theirs.add(tool) if direction == "upgrade" else theirs.remove(tool) }}{##}
{% include "script/tool/kept.sql" %}
{% endif %}
END $signoff$;
:signoff_ended
COMMIT;
:signoff_session
$m$ AS signoff_end_steps \gset
{% endif %}
