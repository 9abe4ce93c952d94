{% import "script/words.sql" as words %}
{# What is applied, half-done and tried, and what to do next: two columns of the query over s. Told of: the revisions, the names of steps by revision and
   state, whether a run is going on, the last event, repeatables and the bundle, each as SQL. #}
WITH m AS (SELECT e->>'revision' AS revision, e->>'message' AS message, e, n
        FROM jsonb_array_elements({{ told.manifest }}) WITH ORDINALITY AS a (e, n)),
    tried AS (SELECT DISTINCT ON (e.revision) e.revision, e.event,
          format('%s UTC by %s%s', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), e.session_user_name, ', ticket ' || e.ticket) AS told
        FROM {{ words.told_events(events, event_table) }} e
        ORDER BY e.revision, e.id DESC),
{% if has_replaced %}
    have AS (SELECT v.* FROM {{ told.table }} v WHERE v.project = {{ project | lit }} AND v.kind = 'revision'),
    {{ words.replaced(told.manifest) }},
    whole AS (SELECT s.successor, string_agg(s.revision, ', ' ORDER BY s.n) FILTER (WHERE s.here) AS names,
          string_agg(s.revision, ', ' ORDER BY s.n) FILTER (WHERE NOT s.met OR s.state <> 'applied' OR s.other_text) AS missing
        FROM seen s
       GROUP BY s.successor HAVING bool_or(s.here)),
{% endif %}
    s AS (SELECT m.*, {% if has_replaced %}coalesce(v.state, CASE WHEN w.names IS NOT NULL AND w.missing IS NULL THEN 'applied' END) AS state,
          w.names AS instead, w.missing{% else %}v.state{% endif %},
          v.steps, v.revision IS NOT NULL AND v.project <> {{ project | lit }} AS foreign_project,
          v.state = 'applied' AND v.up <> e->>'up' AND v.up1 <> e->>'up1' AND NOT coalesce(e->'accept' ? v.up, false)
            OR v.up = e->>'up' AND v.variables IS DISTINCT FROM e->>'variables' AS other_text, t.event, t.told
        FROM m LEFT JOIN {{ told.table }} v ON v.revision = m.revision
          LEFT JOIN tried t ON t.revision = m.revision{% if has_replaced %}

          LEFT JOIN whole w ON w.successor = m.revision{% endif %})
SELECT format('signoff: %s of %s revisions of this release and before it are applied in database %s', count(*) FILTER (WHERE s.state = 'applied'), count(*),
        current_database())
    || coalesce(string_agg(format('%s  %s  %s  %s', chr(10),
                    rpad(CASE WHEN s.foreign_project THEN 'NOT OURS'
                            WHEN s.other_text THEN 'OTHER TEXT'
                            WHEN s.state IS NULL THEN 'not applied'
                            WHEN s.state = 'applied' THEN 'applied'
                            ELSE 'HALF-DONE' END, 11), s.revision, s.message)
{% if has_replaced %}
                || CASE WHEN s.missing IS NOT NULL
                      THEN format('  (of what it replaces there is %s; not there, not done or another text: %s)', s.instead, s.missing)
                    WHEN s.instead IS NOT NULL THEN format('  (as what it replaces: %s)', s.instead)
                    ELSE '' END
{% endif %}
                || CASE WHEN s.state IN ('upgrading', 'downgrading') THEN format('  (%s; last run %s)', s.state, s.told)
                    WHEN s.event IN ('started', 'reverting')
                      THEN format('  (%s %s, %s)', s.event, s.told,
                          CASE WHEN {{ told.runs }} THEN 'and has not ended yet' ELSE 'and it did not end: all of it was rolled back' END)
                    ELSE '' END
                || CASE WHEN s.state IN ('upgrading', 'downgrading')
                      THEN (SELECT coalesce(string_agg(format('%s               step %s of %s  %s  %s', chr(10), i,
                                      (SELECT count(*) FROM jsonb_array_elements({{ told.steps }}->s.revision->s.state)),
                                      rpad(CASE WHEN s.steps[i::int4] IS NULL THEN 'to do' WHEN s.steps[i::int4] ~ '[?!]' THEN 'BEGUN' ELSE 'done' END, 5),
                                      name), '' ORDER BY i),
                              format('%s               steps done: %s', chr(10), (SELECT count(*) FROM unnest(s.steps) AS d WHERE d !~ '[?!]')))
                          FROM jsonb_array_elements_text({{ told.steps }}->s.revision->s.state) WITH ORDINALITY AS names (name, i))
                    ELSE '' END, '' ORDER BY s.n), '') AS signoff_status,
  CASE WHEN {{ told.runs }} THEN 'next: wait for the run that is going on; then ask again'
{% if tool %}
      WHEN to_regclass({{ tool.table | lit }}) IS NULL AND bool_or(s.state IS NOT NULL)
        THEN {{ ("next: ask the developers; the scripts of this release refuse here, for the table of " ~ tool.word ~ " is not there") | lit }}
{% endif %}
{% if has_replaced %}
      WHEN bool_or(s.missing IS NOT NULL)
        THEN 'next: the scripts of this release refuse here, for a part of what was squashed is there: finish it with the release of before'
{% endif %}
      WHEN bool_or(s.foreign_project OR s.other_text)
        THEN 'next: ask the developers; the scripts of this release refuse here: '
          'what is recorded is another project''s, or was applied with another text or other variables'
      WHEN bool_or(s.state = 'downgrading') THEN 'next: see to what stopped it, then run downgrade.sql again; it goes on at the step that failed'
      WHEN bool_or(s.state = 'upgrading') THEN 'next: see to what stopped it, then run upgrade.sql again; it goes on at the step that failed'
      WHEN {{ told.last }} = 'reverting' THEN 'next: see to what stopped it, then run downgrade.sql again; it goes on where it stopped'
      WHEN bool_or(s.state IS NULL) AND {{ told.last }} = 'reverted'
        THEN 'next: nothing, if this release was to be taken back: the last run was a downgrade; upgrade.sql would apply it again'
      WHEN bool_or(s.state IS NULL) THEN 'next: run plan.sql, then upgrade.sql; it begins with the first that is not applied'
{% if repeatables %}
      WHEN EXISTS (SELECT FROM jsonb_array_elements({{ told.again }}) AS a (e)
         WHERE NOT EXISTS (SELECT FROM {{ told.table }} v
             WHERE v.revision = e->>'revision'
               AND (v.up = e->>'up' AND v.variables IS NOT DISTINCT FROM e->>'variables'
                 OR v.up LIKE 'sha256:%' AND EXISTS (SELECT FROM {{ words.told_events(events, event_table) }} x
                     WHERE x.event = 'applied' AND x.bundle = {{ told.bundle }} AND x.revision = v.revision))))
        THEN 'next: run plan.sql, then upgrade.sql; a repeatable is not applied, or with another text'
{% endif %}
      ELSE 'next: nothing; all of this release is applied' END AS signoff_next
