{% include "script/header.sql" %}
{% include "script/client.sql" %}

{% include "script/machinery.sql" %}

{% include "script/session.sql" %}
{% include "script/running.sql" %}
\set signoff_ticket ''
SELECT pg_catalog.to_regclass({{ version_table | lit }}) IS NOT NULL AS signoff_there \gset
\if :signoff_there
DO $signoff$ BEGIN
  IF coalesce(obj_description({{ version_table | lit }}::regclass, 'pg_class'), '') <> 'signoff_revision 1' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO008',
      MESSAGE = {{ ("signoff: refused: table " ~ version_table ~ " is not a version table of signoff, format 1") | lit }},
      HINT = 'Name another in [version_table] name, or use the signoff that made it.';
  END IF;
END $signoff$;
{% include "script/rows.sql" %}
{% if repeatables %}
{% include "script/again.sql" %}
{% endif %}
{% if step_names %}
-- What the steps of a revision are, by its state.
\set signoff_step_names {{ step_names | json | psql }}
{% else %}
\set signoff_step_names '{}'
{% endif %}
SELECT coalesce((SELECT e.event FROM {{ event_table }} e WHERE e.revision NOT LIKE 'repeatable:%' ORDER BY e.id DESC LIMIT 1), '')
  AS signoff_last \gset
WITH m AS (SELECT e->>'revision' AS revision, e->>'message' AS message, e, n
        FROM jsonb_array_elements(:'signoff_manifest'::jsonb) WITH ORDINALITY AS a (e, n)),
    tried AS (SELECT DISTINCT ON (e.revision) e.revision, e.event,
          format('%s UTC by %s%s', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), e.session_user_name, ', ticket ' || e.ticket) AS told
        FROM {{ event_table }} e
        ORDER BY e.revision, e.id DESC),
    s AS (SELECT m.*, v.state, v.steps, v.revision IS NOT NULL AND v.project <> {{ project | lit }} AS foreign_project,
          v.state = 'applied' AND v.up <> e->>'up' AND v.up1 <> e->>'up1' AND NOT coalesce(e->'accept' ? v.up, false)
            OR v.up = e->>'up' AND v.variables IS DISTINCT FROM e->>'variables' AS other_text, t.event, t.told
        FROM m LEFT JOIN {{ version_table }} v ON v.revision = m.revision LEFT JOIN tried t ON t.revision = m.revision)
SELECT format('signoff: %s of %s revisions of this release and before it are applied in database %s', count(*) FILTER (WHERE s.state = 'applied'), count(*),
        current_database())
    || coalesce(string_agg(format(E'\n  %s  %s  %s',
                    rpad(CASE WHEN s.foreign_project THEN 'NOT OURS'
                            WHEN s.other_text THEN 'OTHER TEXT'
                            WHEN s.state IS NULL THEN 'not applied'
                            WHEN s.state = 'applied' THEN 'applied'
                            ELSE 'HALF-DONE' END, 11), s.revision, s.message)
                || CASE WHEN s.state IN ('upgrading', 'downgrading') THEN format('  (%s since %s)', s.state, s.told)
                    WHEN s.event IN ('started', 'reverting')
                      THEN format('  (%s %s, %s)', s.event, s.told,
                          CASE WHEN :'signoff_runs' THEN 'and has not ended yet' ELSE 'and it did not end: all of it was rolled back' END)
                    ELSE '' END
                || CASE WHEN s.state IN ('upgrading', 'downgrading')
                      THEN (SELECT coalesce(string_agg(format(E'\n               step %s of %s  %s  %s', i,
                                      (SELECT count(*) FROM jsonb_array_elements(:'signoff_step_names'::jsonb->s.revision->s.state)),
                                      rpad(CASE WHEN s.steps[i::int4] IS NULL THEN 'to do' WHEN s.steps[i::int4] ~ '[?!]' THEN 'BEGUN' ELSE 'done' END, 5),
                                      name), '' ORDER BY i),
                              format(E'\n               %s steps are done', (SELECT count(*) FROM unnest(s.steps) AS d WHERE d !~ '[?!]')))
                          FROM jsonb_array_elements_text(:'signoff_step_names'::jsonb->s.revision->s.state) WITH ORDINALITY AS names (name, i))
                    ELSE '' END, '' ORDER BY s.n), '') AS signoff_status,
  CASE WHEN :'signoff_runs' THEN 'next: wait for the run that is going on; then ask again'
      WHEN bool_or(s.foreign_project OR s.other_text)
        THEN 'next: ask the developers; the scripts of this release refuse here: '
          'what is recorded is another project''s, or was applied with another text or other variables'
      WHEN bool_or(s.state = 'downgrading') THEN 'next: run downgrade.sql again; it goes on at the step that failed'
      WHEN bool_or(s.state = 'upgrading') THEN 'next: run upgrade.sql again; it goes on at the step that failed'
      WHEN :'signoff_last' = 'reverting' THEN 'next: run downgrade.sql again; it goes on where it stopped'
      WHEN bool_or(s.state IS NULL) AND :'signoff_last' = 'reverted'
        THEN 'next: nothing, if this release was to be taken back: the last run was a downgrade; upgrade.sql would apply it again'
      WHEN bool_or(s.state IS NULL) THEN 'next: run plan.sql, then upgrade.sql; it begins with the first that is not applied'
{% if repeatables %}
      WHEN EXISTS (SELECT FROM jsonb_array_elements(:'signoff_again'::jsonb) AS a (e)
         WHERE NOT EXISTS (SELECT FROM {{ version_table }} v
             WHERE v.revision = e->>'revision'
               AND (v.up = e->>'up' AND v.variables IS NOT DISTINCT FROM e->>'variables'
                 OR v.up LIKE 'sha256:%' AND EXISTS (SELECT FROM {{ event_table }} x
                     WHERE x.event = 'applied' AND x.bundle = :'signoff_bundle' AND x.revision = v.revision))))
        THEN 'next: run plan.sql, then upgrade.sql; a repeatable is not applied, or with another text'
{% endif %}
      ELSE 'next: nothing; all of this release is applied' END AS signoff_next
  FROM s \gset
\echo :signoff_status
{% if repeatables %}
SELECT string_agg(format('  %s  repeatable  %s',
            rpad(CASE WHEN v.revision IS NULL THEN 'not applied'
                    WHEN v.up = 'to be applied again' THEN 'DROPPED'
                    WHEN v.up = e->>'up' AND v.variables IS NOT DISTINCT FROM e->>'variables' THEN 'applied'
                    ELSE 'other text' END, 11), e->>'message'), E'\n' ORDER BY n) AS signoff_repeatables
  FROM jsonb_array_elements(:'signoff_again'::jsonb) WITH ORDINALITY AS a (e, n)
    LEFT JOIN {{ version_table }} v ON v.revision = e->>'revision' \gset
\echo :signoff_repeatables
{% endif %}
\echo :signoff_next
SELECT coalesce(string_agg(format('  %s  %s', v.revision, v.state), E'\n' ORDER BY v.revision COLLATE "C"), '') AS signoff_others,
    count(*) > 0 AS signoff_has_others
  FROM {{ version_table }} v
 WHERE v.kind = 'revision' AND NOT EXISTS (SELECT FROM jsonb_array_elements(:'signoff_manifest'::jsonb) AS a (e) WHERE e->>'revision' = v.revision) \gset
\if :signoff_has_others
\echo 'also recorded here, and not part of this release:'
\echo :signoff_others
\endif
{% set nothing_recorded = false %}
{% include "script/receipt.sql" %}

\echo :signoff_receipt
\else
SELECT pg_catalog.format('signoff: there is no version table %s in database %s: nothing of this tree is recorded as applied',
    {{ version_table | lit }}, pg_catalog.current_database()) AS signoff_status \gset
\echo :signoff_status
{% set nothing_recorded = true %}
{% include "script/receipt.sql" %}

\echo :signoff_receipt
\endif
\endif
