{% import "script/words.sql" as words %}
{% set refuse = "WARNING" if direction == "plan" else "EXCEPTION" %}
{% set take = "CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END" %}
\set signoff_missing '[]'
SELECT $m$
WITH todo AS (SELECT t.key::int AS n, t.value AS revision FROM jsonb_each_text(:'signoff_pending'::jsonb) AS t),
  line AS (SELECT q.n, q.e, q.e->>'need' AS need, q.e->>'schema' AS schema, q.e->>'name' AS name
      FROM jsonb_array_elements(:'signoff_needs'::jsonb) WITH ORDINALITY AS q (e, n)),
  asked AS (SELECT l.n, min(t.n) AS first
      FROM line l CROSS JOIN LATERAL jsonb_array_elements_text(l.e->'by') AS b (n) JOIN todo t ON t.n = b.n::int
        LEFT JOIN todo a ON a.n = (l.e->>'after')::int
     WHERE a.n IS NULL
{% if needs.unsure %}
       AND t.n <= coalesce((SELECT min(u.n) FROM todo u WHERE u.n IN ({{ needs.unsure | join(", ") }})), t.n)
{% endif %}
      GROUP BY l.n),
  found AS (SELECT l.*, a.first, t.revision, :'signoff_who'::name AS who FROM line l JOIN asked a USING (n) JOIN todo t ON t.n = a.first),
{% if needs.relations or "own type" in needs.kinds %}
  relation AS (SELECT f.n, c.oid, c.relowner AS owner, n.oid AS schema, n.nspname, n.nspowner, f.schema IS NULL AS by_path,
        CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind,
        coalesce((SELECT format('%I.%I', tn.nspname, tc.relname)
                  FROM pg_index i JOIN pg_class tc ON tc.oid = i.indrelid JOIN pg_namespace tn ON tn.oid = tc.relnamespace
                 WHERE i.indexrelid = c.oid), format('%I.%I', n.nspname, c.relname)) AS name,
        row_number() OVER (PARTITION BY f.n ORDER BY array_position(:'signoff_path'::name[], n.nspname)) AS nth
      FROM found f JOIN pg_class c ON c.relname = f.name::name JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE f.need NOT IN ('own type', 'extension', 'role') AND (n.nspname = f.schema::name OR f.schema IS NULL AND n.nspname = ANY (:'signoff_path'::name[]))
{% if "own type" in needs.kinds %}
    UNION ALL SELECT f.n, y.oid, y.typowner, n.oid, n.nspname, n.nspowner, f.schema IS NULL, 'TYPE', format('%I.%I', n.nspname, y.typname),
        row_number() OVER (PARTITION BY f.n ORDER BY array_position(:'signoff_path'::name[], n.nspname))
      FROM found f JOIN pg_type y ON y.typname = f.name::name JOIN pg_namespace n ON n.oid = y.typnamespace
     WHERE f.need = 'own type' AND (n.nspname = f.schema::name OR f.schema IS NULL AND n.nspname = ANY (:'signoff_path'::name[]))
{% endif %}
  ),
{% endif %}
  missing (sure, n, what, how) AS (
    SELECT true, f.n, NULL, NULL FROM found f WHERE false
{% if "create" in needs.kinds %}
    UNION ALL SELECT true, f.n, format('a schema to create in: none of the search_path of %s is there', f.who),
        'Set [target] search_path and compile, or ALTER ROLE ... SET search_path;'
      FROM found f
     WHERE f.need = 'create' AND f.schema IS NULL AND :'signoff_schema' = ''
    UNION ALL SELECT true, f.n, format('CREATE on schema %I', s.nspname), format('GRANT CREATE ON SCHEMA %I TO %I;', s.nspname, f.who)
      FROM found f JOIN pg_namespace s ON s.nspname = coalesce(f.schema, :'signoff_schema')::name
     WHERE f.need = 'create' AND NOT has_schema_privilege(f.who, s.oid, 'CREATE')
{% endif %}
{% if "database" in needs.kinds %}
    UNION ALL SELECT true, f.n, format('CREATE on database %I', current_database()), format('GRANT CREATE ON DATABASE %I TO %I;', current_database(), f.who)
      FROM found f
     WHERE f.need = 'database' AND NOT has_database_privilege(f.who, current_database(), 'CREATE')
{% endif %}
{% if "own schema" in needs.kinds %}
    UNION ALL SELECT true, f.n, format('ownership of SCHEMA %I, which is %s''s', s.nspname, pg_get_userbyid(s.nspowner)),
        format('ALTER SCHEMA %I OWNER TO %I;', s.nspname, f.who)
      FROM found f JOIN pg_namespace s ON s.nspname = f.schema::name
     WHERE f.need = 'own schema' AND NOT pg_has_role(f.who, s.nspowner, 'USAGE')
{% endif %}
{% if needs.relations or "own type" in needs.kinds %}
    UNION ALL SELECT true, f.n, format('USAGE on schema %I', r.nspname), format('GRANT USAGE ON SCHEMA %I TO %I;', r.nspname, f.who)
      FROM found f JOIN relation r USING (n)
     WHERE NOT r.by_path AND NOT has_schema_privilege(f.who, r.schema, 'USAGE')
    UNION ALL SELECT true, f.n, format('ownership of %s %s, which is %s''s', r.kind, r.name, pg_get_userbyid(r.owner)),
        format('ALTER %s %s OWNER TO %I;', r.kind, r.name, f.who)
      FROM found f JOIN relation r USING (n)
     WHERE r.nth = 1 AND f.need IN ('own', 'index', 'drop', 'own type') AND NOT pg_has_role(f.who, r.owner, 'USAGE')
       AND NOT (f.need = 'drop' AND pg_has_role(f.who, r.nspowner, 'USAGE'))
{% endif %}
{% if "index" in needs.kinds %}
    UNION ALL SELECT true, f.n, format('CREATE on schema %I', r.nspname), format('GRANT CREATE ON SCHEMA %I TO %I;', r.nspname, f.who)
      FROM found f JOIN relation r USING (n)
     WHERE r.nth = 1 AND f.need = 'index' AND NOT has_schema_privilege(f.who, r.schema, 'CREATE')
{% endif %}
{% if needs.privileges %}
    UNION ALL SELECT true, f.n, format('%s on %s', f.need, r.name), format('GRANT %s ON %s TO %I;', f.need, r.name, f.who)
      FROM found f JOIN relation r USING (n)
     WHERE r.nth = 1
       AND CASE WHEN f.need IN ('INSERT', 'UPDATE') THEN NOT has_any_column_privilege(f.who, r.oid, f.need)
           WHEN f.need IN ('DELETE', 'TRUNCATE', 'TRIGGER') THEN NOT has_table_privilege(f.who, r.oid, f.need) END
{% endif %}
{% if "role" in needs.kinds %}
    UNION ALL SELECT true, f.n, format('role %I, which is not there', f.name), format('CREATE ROLE %I; GRANT %I TO %I;', f.name, f.name, session_user)
      FROM found f
     WHERE f.need = 'role' AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = f.name::name)
    UNION ALL SELECT true, f.n, format('role %I, which %s may not take', f.name, session_user), format('GRANT %I TO %I;', f.name, session_user)
      FROM found f JOIN pg_roles r ON r.rolname = f.name::name
     WHERE f.need = 'role' AND NOT pg_has_role(session_user, r.oid, {{ take }})
{% endif %}
{% if "extension" in needs.kinds %}
    UNION ALL SELECT m.sure, f.n, m.what, m.how
      FROM found f JOIN pg_roles r ON r.rolname = f.who LEFT JOIN pg_available_extensions o ON o.name = f.name::name
        LEFT JOIN pg_available_extension_versions v ON v.name = o.name AND v.version = coalesce(f.e->>'version', o.default_version),
        LATERAL (
          SELECT true AS sure, format('extension %I, which this server does not have', f.name) AS what,
              format('Install the package that brings extension %I on the database server.', f.name) AS how
           WHERE o.name IS NULL
          UNION ALL SELECT true, format('version %s of extension %I, which this server does not have', f.e->>'version', f.name),
              format('Install a package with this version of extension %I. Here are: %s.', f.name,
                  (SELECT string_agg(w.version, ', ' ORDER BY w.version) FROM pg_available_extension_versions w WHERE w.name = o.name))
           WHERE o.name IS NOT NULL AND v.name IS NULL AND f.e ? 'version'
          UNION ALL SELECT true, format('CREATE on database %I', current_database()), format('GRANT CREATE ON DATABASE %I TO %I;', current_database(), f.who)
           WHERE v.superuser AND v.trusted AND NOT r.rolsuper AND NOT has_database_privilege(f.who, current_database(), 'CREATE')
          UNION ALL SELECT false, format('a superuser for extension %I, which is not trusted', f.name),
              format('Let a superuser say CREATE EXTENSION %I; or leave it, if this server lets %I do that.', f.name, f.who)
           WHERE v.superuser AND NOT v.trusted AND NOT r.rolsuper) m
     WHERE f.need = 'extension' AND NOT EXISTS (SELECT FROM pg_extension x WHERE x.extname = f.name::name)
{% endif %}
  ),
  once AS (SELECT DISTINCT ON (m.what, m.how) m.sure, m.what, m.how, f.first, f.revision
      FROM missing m JOIN found f USING (n)
      ORDER BY m.what, m.how, f.first)
SELECT :'signoff_missing'::jsonb || coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.first, o.what), '[]') AS signoff_missing
  FROM once o \gset$m$ AS signoff_ask \gset
-- "by": their numbers in the list at the top. While "after" is still to be done nobody asks, for it makes the object.
{% if needs.unsure %}
-- What follows {{ needs.unsure | join(", ") }} is not asked for while that is to be done: it may change rights or names.
{% endif %}
{% for group in needs.groups %}
{% set list %}[{% for line in group.lines %}

{{ line }}{% if not loop.last %},{% endif %}{% endfor %}]{% endset %}
SELECT {{ list | dollar }} AS signoff_needs \gset
{% if group.surroundings.role %}
SELECT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = {{ group.surroundings.role | lit }}::name AND pg_has_role(session_user, r.oid, {{ take }}))
  AS signoff_may \gset
\if :signoff_may
{% endif %}
{{ words.surroundings(group.surroundings) }}
SELECT current_user AS signoff_who, coalesce(pg_catalog.current_schema()::pg_catalog.text, '') AS signoff_schema,
  pg_catalog.current_schemas(true)::pg_catalog.text AS signoff_path \gset
:signoff_session
:signoff_ask
{% if group.surroundings.role %}
\endif
{% endif %}
{% endfor %}
SET signoff.missing = :'signoff_missing';
DO $signoff$ DECLARE sure text; how text; maybe text; maybe_how text; BEGIN
  SELECT string_agg(m.line, '' ORDER BY m.n) FILTER (WHERE m.sure), string_agg(m.how, E'\n       ' ORDER BY m.n) FILTER (WHERE m.sure),
      string_agg(m.line, '' ORDER BY m.n) FILTER (WHERE NOT m.sure), string_agg(m.how, E'\n       ' ORDER BY m.n) FILTER (WHERE NOT m.sure)
    INTO sure, how, maybe, maybe_how
    FROM (SELECT a.n, (a.e->>'sure')::boolean AS sure, a.e->>'how' AS how, format(E'\n  revision %s needs %s', a.e->>'revision', a.e->>'what') AS line
        FROM jsonb_array_elements(current_setting('signoff.missing')::jsonb) WITH ORDINALITY AS a (e, n)) m;
  IF maybe IS NOT NULL THEN RAISE WARNING USING MESSAGE = 'signoff: this may be missing here:' || maybe, HINT = maybe_how; END IF;
  IF sure IS NOT NULL THEN RAISE {{ refuse }} USING ERRCODE = 'SO003', MESSAGE = 'signoff: refused: this is missing here:' || sure, HINT = how; END IF;
END $signoff$;
