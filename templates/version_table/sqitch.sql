{# Sqitch: changes, tags, dependencies and events in a schema of its own (`App::Sqitch`, `Engine/pg.sql` and `Role/DBIEngine.pm`). #}
{% macro in(tool, table) %}{{ tool.schema_sql }}.{{ table }}{% endmacro %}
{% macro described(tool, table, what, columns) %}
    COMMENT ON TABLE {{ in(tool, table) }} IS '{{ what }}';
{% for column in columns %}
    COMMENT ON COLUMN {{ in(tool, table) }}.{{ column[0] }} IS '{{ column[1] }}';
{% endfor %}{% endmacro %}
{% macro tables(tool) %}
    COMMENT ON SCHEMA {{ tool.schema_sql }} IS 'Sqitch database deployment metadata v1.1.';
    CREATE TABLE {{ in(tool, "releases") }} (
      version REAL PRIMARY KEY, installed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), installer_name TEXT NOT NULL, installer_email TEXT NOT NULL);
    CREATE TABLE {{ in(tool, "projects") }} (
      project TEXT PRIMARY KEY, uri TEXT NULL UNIQUE, created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), creator_name TEXT NOT NULL,
      creator_email TEXT NOT NULL);
    CREATE TABLE {{ in(tool, "changes") }} (
      change_id TEXT PRIMARY KEY, script_hash TEXT NULL, change TEXT NOT NULL,
      project TEXT NOT NULL REFERENCES {{ in(tool, "projects") }} (project) ON UPDATE CASCADE, note TEXT NOT NULL DEFAULT '',
      committed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), committer_name TEXT NOT NULL, committer_email TEXT NOT NULL,
      planned_at TIMESTAMPTZ NOT NULL, planner_name TEXT NOT NULL, planner_email TEXT NOT NULL, UNIQUE (project, script_hash));
    CREATE TABLE {{ in(tool, "tags") }} (
      tag_id TEXT PRIMARY KEY, tag TEXT NOT NULL, project TEXT NOT NULL REFERENCES {{ in(tool, "projects") }} (project) ON UPDATE CASCADE,
      change_id TEXT NOT NULL REFERENCES {{ in(tool, "changes") }} (change_id) ON UPDATE CASCADE, note TEXT NOT NULL DEFAULT '',
      committed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), committer_name TEXT NOT NULL, committer_email TEXT NOT NULL,
      planned_at TIMESTAMPTZ NOT NULL, planner_name TEXT NOT NULL, planner_email TEXT NOT NULL, UNIQUE (project, tag));
    CREATE TABLE {{ in(tool, "dependencies") }} (
      change_id TEXT NOT NULL REFERENCES {{ in(tool, "changes") }} (change_id) ON UPDATE CASCADE ON DELETE CASCADE, type TEXT NOT NULL,
      dependency TEXT NOT NULL, dependency_id TEXT NULL REFERENCES {{ in(tool, "changes") }} (change_id) ON UPDATE CASCADE
        CONSTRAINT dependencies_check CHECK ((type = 'require' AND dependency_id IS NOT NULL) OR (type = 'conflict' AND dependency_id IS NULL)),
      PRIMARY KEY (change_id, dependency));
    CREATE TABLE {{ in(tool, "events") }} (
      event TEXT NOT NULL CONSTRAINT events_event_check CHECK (event IN ('deploy', 'revert', 'fail', 'merge')), change_id TEXT NOT NULL,
      change TEXT NOT NULL, project TEXT NOT NULL REFERENCES {{ in(tool, "projects") }} (project) ON UPDATE CASCADE, note TEXT NOT NULL DEFAULT '',
      requires TEXT[] NOT NULL DEFAULT '{}', conflicts TEXT[] NOT NULL DEFAULT '{}', tags TEXT[] NOT NULL DEFAULT '{}',
      committed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), committer_name TEXT NOT NULL, committer_email TEXT NOT NULL,
      planned_at TIMESTAMPTZ NOT NULL, planner_name TEXT NOT NULL, planner_email TEXT NOT NULL, PRIMARY KEY (change_id, committed_at));
{{ described(tool, "releases", "Sqitch registry releases.", [["version", "Version of the Sqitch registry."],
  ["installed_at", "Date the registry release was installed."], ["installer_name", "Name of the user who installed the registry release."],
  ["installer_email", "Email address of the user who installed the registry release."]]) }}{##}
{{ described(tool, "projects", "Sqitch projects deployed to this database.", [["project", "Unique Name of a project."], ["uri", "Optional project URI"],
  ["created_at", "Date the project was added to the database."], ["creator_name", "Name of the user who added the project."],
  ["creator_email", "Email address of the user who added the project."]]) }}{##}
{{ described(tool, "changes", "Tracks the changes currently deployed to the database.", [["change_id", "Change primary key."],
  ["script_hash", "Deploy script SHA-1 hash."], ["change", "Name of a deployed change."],
  ["project", "Name of the Sqitch project to which the change belongs."], ["note", "Description of the change."],
  ["committed_at", "Date the change was deployed."], ["committer_name", "Name of the user who deployed the change."],
  ["committer_email", "Email address of the user who deployed the change."], ["planned_at", "Date the change was added to the plan."],
  ["planner_name", "Name of the user who planed the change."], ["planner_email", "Email address of the user who planned the change."]]) }}{##}
{{ described(tool, "tags", "Tracks the tags currently applied to the database.", [["tag_id", "Tag primary key."], ["tag", "Project-unique tag name."],
  ["project", "Name of the Sqitch project to which the tag belongs."], ["change_id", "ID of last change deployed before the tag was applied."],
  ["note", "Description of the tag."], ["committed_at", "Date the tag was applied to the database."],
  ["committer_name", "Name of the user who applied the tag."], ["committer_email", "Email address of the user who applied the tag."],
  ["planned_at", "Date the tag was added to the plan."], ["planner_name", "Name of the user who planed the tag."],
  ["planner_email", "Email address of the user who planned the tag."]]) }}{##}
{{ described(tool, "dependencies", "Tracks the currently satisfied dependencies.", [["change_id", "ID of the depending change."],
  ["type", "Type of dependency."], ["dependency", "Dependency name."], ["dependency_id", "Change ID the dependency resolves to."]]) }}{##}
{{ described(tool, "events", "Contains full history of all deployment events.", [["event", "Type of event."], ["change_id", "Change ID."],
  ["change", "Change name."], ["project", "Name of the Sqitch project to which the change belongs."], ["note", "Description of the change."],
  ["requires", "Array of the names of required changes."], ["conflicts", "Array of the names of conflicting changes."],
  ["tags", "Tags associated with the change."], ["committed_at", "Date the event was committed."],
  ["committer_name", "Name of the user who committed the event."], ["committer_email", "Email address of the user who committed the event."],
  ["planned_at", "Date the event was added to the plan."], ["planner_name", "Name of the user who planed the change."],
  ["planner_email", "Email address of the user who plan planned the change."]]) }}{##}
    INSERT INTO {{ in(tool, "releases") }} (version, installer_name, installer_email)
      VALUES (1.1, session_user, {{ email() }});
{% endmacro %}
{# Sqitch takes it from its user's config; this script knows who is logged in, and from where. #}
{% macro email() %}session_user || '@' || coalesce(host(inet_client_addr()), 'localhost'){% endmacro %}
{% macro lock(tool) %}
  keys := keys || 75474063::bigint;
{% endmacro %}
{% macro sound(tool, refuse, direction) %}{% endmacro %}
{% macro applied(tool) %}SELECT coalesce(k.id, x.change || ' (change ' || left(x.change_id, 10) || ')'), NULL::boolean
          FROM {{ tool.table }} x LEFT JOIN jsonb_each(records) AS k (id, record) ON k.record->>'change_id' = x.change_id
         WHERE x.project IN (SELECT k.record->>'project' FROM jsonb_each(records) AS k (id, record)){% endmacro %}
{% macro moved(tool, direction) %}{{ "NOT " if direction == "downgrade" }}EXISTS (SELECT FROM {{ tool.table }} x WHERE x.change_id = m->'record'->>'change_id'){% endmacro %}
{% macro texts(of) %}ARRAY(SELECT jsonb_array_elements_text(m->'record'->'{{ of }}')){% endmacro %}
{% macro planned(of) %}session_user, {{ email() }},
        ({{ of }}->>'planned_at')::timestamptz, {{ of }}->>'planner_name', {{ of }}->>'planner_email'{% endmacro %}
{% macro add(tool) %}
    INSERT INTO {{ in(tool, "projects") }} (project, uri, creator_name, creator_email)
      VALUES (m->'record'->>'project', m->'record'->>'uri', session_user, {{ email() }})
      ON CONFLICT (project) DO NOTHING;
    INSERT INTO {{ in(tool, "changes") }}
        (change_id, script_hash, change, project, note, committer_name, committer_email, planned_at, planner_name, planner_email)
      VALUES (m->'record'->>'change_id', m->'record'->>'script_hash', m->'record'->>'change', m->'record'->>'project', m->'record'->>'note',
        {{ planned("(m->'record')") }});
    INSERT INTO {{ in(tool, "dependencies") }} (change_id, type, dependency, dependency_id)
      SELECT m->'record'->>'change_id', d->>'type', d->>'dependency', coalesce(d->>'dependency_id', {{ foreign(tool) }})
        FROM jsonb_array_elements(m->'record'->'dependencies') AS d;
    INSERT INTO {{ in(tool, "tags") }}
        (tag_id, tag, project, change_id, note, committer_name, committer_email, planned_at, planner_name, planner_email)
      SELECT g->>'tag_id', g->>'tag', m->'record'->>'project', m->'record'->>'change_id', g->>'note',
        {{ planned("g") }}
        FROM jsonb_array_elements(m->'record'->'tags') AS g;
    INSERT INTO {{ in(tool, "events") }} (event, change_id, change, project, note, requires, conflicts, tags,
        committer_name, committer_email, planned_at, planner_name, planner_email)
      VALUES ('deploy', m->'record'->>'change_id', m->'record'->>'change', m->'record'->>'project', m->'record'->>'note',
        {{ texts("requires") }}, {{ texts("conflicts") }},
        ARRAY(SELECT g->>'tag' FROM jsonb_array_elements(m->'record'->'tags') AS g),
        {{ planned("(m->'record')") }});
{% endmacro %}
{# What a change requires of another project is known by the database alone. #}
{% macro foreign(tool) %}(SELECT x.change_id FROM {{ tool.table }} x
          WHERE d->>'type' = 'require' AND x.project = split_part(d->>'dependency', ':', 1)
            AND x.change = split_part(split_part(d->>'dependency', ':', 2), '@', 1)
          ORDER BY x.committed_at DESC LIMIT 1){% endmacro %}
{% macro remove(tool) %}
    SELECT x.project, x.change
      INTO r
      FROM {{ in(tool, "dependencies") }} d JOIN {{ tool.table }} x ON x.change_id = d.change_id
     WHERE d.dependency_id = m->'record'->>'change_id' LIMIT 1;
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: change %s is required by %s:%s, which is deployed here', m->>'revision', r.project, r.change),
        HINT = 'Revert that first.';
    END IF;
    INSERT INTO {{ in(tool, "events") }} (event, change_id, change, project, note, requires, conflicts, tags,
        committer_name, committer_email, planned_at, planner_name, planner_email)
      SELECT 'revert', x.change_id, x.change, x.project, x.note,
        ARRAY(SELECT d.dependency FROM {{ in(tool, "dependencies") }} d WHERE d.change_id = x.change_id AND d.type = 'require'),
        ARRAY(SELECT d.dependency FROM {{ in(tool, "dependencies") }} d WHERE d.change_id = x.change_id AND d.type = 'conflict'),
        ARRAY(SELECT g.tag FROM {{ in(tool, "tags") }} g WHERE g.change_id = x.change_id),
        session_user, {{ email() }}, x.planned_at, x.planner_name, x.planner_email
        FROM {{ in(tool, "changes") }} x WHERE x.change_id = m->'record'->>'change_id';
    DELETE FROM {{ in(tool, "tags") }} x WHERE x.change_id = m->'record'->>'change_id';
    DELETE FROM {{ in(tool, "dependencies") }} x WHERE x.change_id = m->'record'->>'change_id';
    DELETE FROM {{ in(tool, "changes") }} x WHERE x.change_id = m->'record'->>'change_id';
{% endmacro %}
{% macro settle(tool) %}{% endmacro %}
