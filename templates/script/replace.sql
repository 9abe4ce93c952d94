{% import "script/words.sql" as words %}
{# Rows of what was squashed give way to the row of what took its place. Stands in a DO block that declares manifest, replaced,
   gone and r. #}
{% if events %}
{{ words.learn_unstamped(event_table) }}
{% endif %}
    INSERT INTO {{ version_table }}
        (revision, project, kind, parents, depends_on, message, up, up1, variables, state, steps, bundle, ticket, started_at, applied_at)
      SELECT m.revision, {{ project | lit }}, 'revision', m.parents, coalesce(m.depends_on, '{}'), m.message, m.up, m.up1, m.variables, 'applied',
        coalesce(m.steps, '{}'), current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), ''), min(v.started_at), max(v.applied_at)
      FROM jsonb_to_recordset(manifest) AS m (revision text, parents text[], depends_on text[], message text, up text, up1 text, variables text,
          steps text[])
        JOIN jsonb_each_text(replaced) AS t ON t.value = m.revision JOIN {{ version_table }} v ON v.revision = t.key
      GROUP BY m.revision, m.parents, m.depends_on, m.message, m.up, m.up1, m.variables, m.steps;
    UPDATE {{ version_table }} v
       SET parents = ARRAY(SELECT coalesce(replaced->>p.id, p.id) FROM unnest(v.parents) WITH ORDINALITY AS p (id, n) GROUP BY 1 ORDER BY min(p.n)),
         depends_on = ARRAY(SELECT coalesce(replaced->>p.id, p.id) FROM unnest(v.depends_on) WITH ORDINALITY AS p (id, n) GROUP BY 1 ORDER BY min(p.n))
     WHERE v.project = {{ project | lit }} AND EXISTS (SELECT FROM unnest(v.parents || v.depends_on) AS p (id) WHERE replaced ? p.id);
    UPDATE {{ version_table }} v
       SET parents = m.parents, depends_on = coalesce(m.depends_on, '{}')
      FROM jsonb_to_recordset(manifest) AS m (revision text, parents text[], depends_on text[])
     WHERE v.project = {{ project | lit }} AND v.revision = m.revision AND v.parents <> m.parents AND v.parents <@ m.parents AND v.parents @> m.parents;
    DELETE FROM {{ version_table }} v WHERE v.project = {{ project | lit }} AND replaced ? v.revision;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone <> (SELECT count(*) FROM jsonb_object_keys(replaced)) THEN
      RAISE EXCEPTION USING ERRCODE = 'SO002',
        MESSAGE = 'signoff: refused: what is recorded here was changed by another run a moment ago',
        HINT = 'Run again: it goes on where it stands now.';
    END IF;
{% if events %}
    INSERT INTO {{ event_table }} (event, project, revision, bundle, ticket)
      SELECT x.event, {{ project | lit }}, x.revision, current_setting('signoff.bundle'), nullif(current_setting('signoff.ticket', true), '')
      FROM (SELECT 'unstamped', t.key FROM jsonb_each_text(replaced) AS t
          UNION SELECT 'stamped', t.value FROM jsonb_each_text(replaced) AS t) x (event, revision)
      ORDER BY x.event DESC, x.revision COLLATE "C";
{% endif %}
