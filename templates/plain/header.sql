{% import "script/words.sql" as words %}
{% set bare = namespace(vacuum=false, index=false) %}
{% for block in blocks %}{% for step in block.steps %}{% if step.kind == "repeatable" %}{% set bare.vacuum = true %}{% elif step.kind == "create_index" %}{% set bare.index = true %}{% endif %}{% endfor %}{% endfor %}
-- signoff {{ title }} · {{ project }} · {{ from }} → {{ to }} · {{ count }} {{ "revision" if count == 1 else "revisions" }} · plain SQL, for any client
-- tree    {{ tree_digest }}
-- bundle  {{ bundle_digest }}
-- run     all of it, from the first statement to the last, in one session of its own, autocommit on, stopping at the first error
{% if in_bundle and direction != "plan" %}
-- first   plan.sql, the same way       (says what would run here, and changes nothing)
{% endif %}
{% if direction == "stamp" %}
{% include "script/vouch.sql" %}
{% endif %}
{% if direction == "plan" %}
-- It changes nothing. Its last statement is a query, whose rows are the answer.
{% else %}
-- typed before, in the same session: SET signoff.ticket = 'CHG-1';  (is recorded)
{% if direction == "upgrade" %}
--                                    SET signoff.first_run = '1';  (there are tables, and nothing of this tree is applied)
{% endif %}
-- done    only when its last query says so, in the row "signoff: done: …"
--
-- It was compiled with --flavour plain. Where there is psql, the script without that protects more. What this one can't do:
{% if has_steps %}
-- - Statements here must be committed one by one. A client that sends the whole text as one message (the query tool of pgAdmin, psql -c, many
--   drivers), or with autocommit off, has one transaction around everything: this script refuses there (SO001), and such a statement would fail (25001).
{% else %}
-- - A client that sends the whole text as one message (the query tool of pgAdmin, psql -c, many drivers), or with autocommit off, has one transaction
--   around everything: all of it is applied or nothing, its locks are held to the end, and with autocommit off nothing is there before your COMMIT.
{% endif %}
-- - It has no rehearsal and no other mode: what psql is given with -v is not heard here.
-- - It can't make a client stop. After an error each block below refuses for itself, so nothing is applied out of turn or recorded that did not
--   happen; but what a client prints last is then no sign of anything but its own persistence.
-- - It holds its lock per statement, not between them. Two runs at once are kept apart by what is recorded, and one of them is refused (SO004, SO002).
{% if has_bare %}
-- - What runs outside a transaction can't be skipped, so it is sent again by a second run, where it finds nothing to do. Where it may not run, the
--   session is made read-only before it, and the server refuses it (25006).
{% if bare.index %}
--   An invalid index that a failed build left must be dropped by hand before the build is taken up; the error says the statement.
{% endif %}
{% if bare.vacuum %}
--   VACUUM is not refused: it does no harm; what it came to is for the client to show.
{% endif %}
{% endif %}
-- - {% if events %}A revision that failed leaves no line in {{ event_table }}, and {% endif %}statement_timeout counts for a revision as a whole.
-- - DateStyle, IntervalStyle, TimeZone as sent at connect, and what the client does with its own :parameters and ${variables},
--   are the client's: switch the latter off.
-- - A run that broke off leaves settings in its session. Run the whole script again there, or close the session. Not through a transaction pooler.
{% endif %}
{% for note in header_notes %}
-- {{ note | comment }}
{% endfor %}
--
{% include "script/contents.sql" %}
