{# What several templates say: how a revision runs, and the surroundings its author asked for. #}
{% macro summary(line) %}{% if line.empty %}no SQL{% elif line.steps == 0 %}one transaction{% if line.modes %}, {{ line.modes }}{% endif %}{% elif line.bare %}{{ line.steps }} {{ "step" if line.steps == 1 else "steps" }}, {{ "of which " if line.bare | length < line.steps }}outside a transaction: {{ line.bare | join(", ") }}{% else %}{{ line.steps }} {{ "step" if line.steps == 1 else "steps" }}, a transaction each{% endif %}{% if line.lock %} · {{ line.lock.mode }} on {{ line.lock.on | join(", ") }}{% if line.lock.more %} and {{ line.lock.more }} more{% endif %}{% endif %}{% if line.own_settings %} · settings of its own{% endif %}{% if line.replaces %} · replaces {{ line.replaces | length }} others{% endif %}{% if line.irreversible %} · no way back: {{ line.irreversible }}{% endif %}{% endmacro %}
{% macro line(line, widths) %}  {{ line.number | padleft(widths.number) }}  {{ line.id | pad(widths.id) }}  {{ line.message | pad(widths.message) }}  {{ summary(line) }}{% endmacro %}
{% macro again(name, widths, direction) %}  {{ "·" | padleft(widths.number) }}  {{ "repeatable" | pad(widths.id) }}  {{ name | pad(widths.message) }}  {{ "where a reverted revision dropped it" if direction == "downgrade" else "where its text changed, or a revision dropped it" }}{% endmacro %}
{% macro surroundings(own) %}{% if own.search_path %}SET search_path = {{ own.search_path | path }};{% else %}RESET search_path;{% endif %}{% if own.lock_timeout %} SET lock_timeout = {{ own.lock_timeout | lit }};{% endif %}{% if own.statement_timeout %} SET statement_timeout = {{ own.statement_timeout | lit }};{% endif %}{% if own.role %} SET ROLE {{ own.role | ident }};{% endif %}{% endmacro %}
{# Which revision (a) must be done before which (b) in this direction, from the manifest in this variable. #}
{% macro edges(direction, numbered, manifest) %}edge (a, b) AS MATERIALIZED (SELECT {% if numbered %}lag(e->>'revision') OVER (ORDER BY n{{ " DESC" if direction == "downgrade" }}), e->>'revision'
            FROM jsonb_array_elements({{ manifest }}) WITH ORDINALITY AS t (e, n){% elif direction == "downgrade" %}e->>'revision', p
            FROM jsonb_array_elements({{ manifest }}) AS t (e), jsonb_array_elements_text(coalesce(e->'parents', '[]') || coalesce(e->'depends_on', '[]')) AS p{% else %}p, e->>'revision'
            FROM jsonb_array_elements({{ manifest }}) AS t (e), jsonb_array_elements_text(coalesce(e->'parents', '[]') || coalesce(e->'depends_on', '[]')) AS p{% endif %}){% endmacro %}
{% macro stops(by_steps, direction, single) %}if it stops here, {% if by_steps %}see to the error, then run again: it goes on at the step that failed{% else %}nothing of {{ "this script" if single else "it" }} is {{ "reverted" if direction == "downgrade" else "applied" }}: see to the error, then run again{% endif %}{% endmacro %}
{# Fires what is deferred, each constraint by its name and then back as it was made; SET CONSTRAINTS ALL would hold for what the transaction makes later, too.
   A name that a constraint which can't be deferred has as well can't be set back; a schema that is closed to us can't be named. #}
{% macro fire_each() %}  FOR c IN SELECT pg_catalog.format('%I.%I', n.nspname, k.conname) AS name,
        pg_catalog.bool_or(k.condeferred) AND pg_catalog.bool_and(k.condeferrable) AS deferred
      FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) k.connamespace
     WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE')
     GROUP BY 1 HAVING pg_catalog.bool_or(k.condeferrable) ORDER BY 1 LOOP
    EXECUTE pg_catalog.format('SET CONSTRAINTS %s IMMEDIATE', c.name);
    IF c.deferred THEN
      EXECUTE pg_catalog.format('SET CONSTRAINTS %s DEFERRED', c.name);
    END IF;
  END LOOP;{% endmacro %}
{# What a revision did to the reading of what comes after it: the names in its SQL are refused when compiling, but not what a function does. #}
{% macro reads_on(this) %}  IF current_setting('client_encoding') <> 'UTF8' OR current_setting('standard_conforming_strings') <> 'on' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = format('signoff: revision %s changed how the rest of its SQL is read: client_encoding or standard_conforming_strings',
        {{ this }}),
      HINT = 'It is rolled back. A DO block or a function of it runs RESET ALL or SET NAMES: take that out.';
  END IF;{% endmacro %}
{# What a step left that was begun here and is another one by now: its mark holds the oid of the table, index or partition, or of leftovers of before. #}
{% macro left_behind() %}    IF r.state <> 'applied' THEN
      SELECT string_agg(concat(chr(10), '      ', x.how), '' ORDER BY x.how)
        INTO over
        FROM unnest(r.steps) WITH ORDINALITY AS s (mark, n), string_to_array(coalesce(substring(s.mark from '[?]([0-9,]*)$'), ''), ',') AS oids,
          LATERAL (
            SELECT format('DROP INDEX CONCURRENTLY %I.%I;', n.nspname, c.relname) AS how
              FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE NOT i.indisvalid AND c.relkind = 'i'
               AND (i.indrelid::text = ANY (oids)
                   OR c.relname !~ '_cc(new|old)[0-9]*$' AND c.oid::text = ANY (oids)
                   OR c.relname ~ '_cc(new|old)[0-9]*$' AND c.oid::text <> ALL (oids)
                     AND NOT EXISTS (SELECT FROM pg_class k WHERE k.oid::text = ANY (oids) AND k.relkind <> 'i'))
            UNION ALL
            SELECT format('ALTER TABLE %s DETACH PARTITION %s FINALIZE;', h.inhparent::regclass, h.inhrelid::regclass)
              FROM pg_inherits h
             WHERE (to_jsonb(h)->>'inhdetachpending')::boolean AND h.inhrelid::text = ANY (oids)) x
       WHERE s.mark ~ '[?]' AND split_part(s.mark, '?', 1) IS DISTINCT FROM r.its_steps[s.n];
      IF over IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'SO006',
          MESSAGE = format('signoff: refused: a step of revision %s that was begun here was changed since, and what it left is still there', r.revision),
          HINT = 'Run this first, then the script again:' || over;
      END IF;
    END IF;{% endmacro %}
{# Around a repeatable of another schema: what has nothing to do with its text stops the script, which then runs again. #}
{% macro passes() %}  IF pg_catalog.left(SQLSTATE, 2) OPERATOR(pg_catalog.=) ANY (ARRAY['08', '40', '53', '57', '58', 'XX']::pg_catalog.text[])
      OR SQLSTATE OPERATOR(pg_catalog.=) ANY (ARRAY['42501', '55006', '55P03']::pg_catalog.text[]) THEN
    RAISE;
  END IF;{% endmacro %}
{# What the other direction began here, and did nothing of, goes back on the record as before. #}
{% macro take_back(direction, manifest, put_off, version_table) %}{% if direction == "downgrade" %}DELETE FROM {{ version_table }} v{% else %}UPDATE {{ version_table }} v
    SET state = 'applied', steps = ARRAY(SELECT jsonb_array_elements_text(coalesce(m.e->'steps', '[]'))){% endif %}

    {{ "USING" if direction == "downgrade" else "FROM" }} jsonb_array_elements({{ manifest }}) AS m (e)
   WHERE v.revision = m.e->>'revision' AND (m.e->>'selected')::boolean AND NOT {{ put_off }} ? v.revision
     AND v.state = {{ ("upgrading" if direction == "downgrade" else "downgrading") | lit }} AND v.steps = '{}' RETURNING v.revision{% endmacro %}
{# Refuses where the table t is of another kind or format. #}
{% macro known_format() %}    IF split_part(coalesce(obj_description(t, 'pg_class'), ''), ',', 1) <> 'signoff_revision 1' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = format('signoff: refused: table %s is not a version table of signoff, format 1', t),
        HINT = 'Name another in [version_table] name, or use the signoff that made it.';
    END IF;{% endmacro %}
{# Refuses: the row r is another project's. #}
{% macro other_project() %}      RAISE EXCEPTION USING ERRCODE = 'SO006',
        MESSAGE = format('signoff: refused: revision %s is recorded here for project %s', r.revision, r.project),
        HINT = 'If it is the same project, give it the same name: [project] name, or --project. If not, two projects need two version tables: '
          '[version_table] name.';{% endmacro %}
{# What of the revisions whose place others took is recorded, one by one. Stands behind a WITH that has `have`, the project's rows. #}
{% macro replaced(manifest) %}old AS (SELECT m.e->>'revision' AS successor, x.n, p.*
        FROM jsonb_array_elements({{ manifest }}) AS m (e), jsonb_array_elements(m.e->'replaces') WITH ORDINALITY AS x (e, n),
          jsonb_to_record(x.e) AS p (revision text, up text, up1 text, accept text[], within text[], whole boolean)),
    seen AS (SELECT o.*, h.state, h.state IS NOT NULL AS here,
          coalesce(o.whole, false) OR h.state IS NOT NULL OR EXISTS (SELECT FROM have i WHERE i.revision = ANY (o.within)) AS met,
          h.up <> o.up AND h.up1 <> o.up1 AND NOT coalesce(h.up = ANY (o.accept), false) AS other_text
        FROM old o LEFT JOIN have h USING (revision)){% endmacro %}
{# An event table of before `unstamped` learns the word. #}
{% macro learn_unstamped(event_table) %}    FOR r IN SELECT c.conname
        FROM pg_constraint c
       WHERE c.conrelid = to_regclass({{ event_table | lit }}) AND c.contype = 'c' AND pg_get_constraintdef(c.oid) ~ 'stamped'
         AND pg_get_constraintdef(c.oid) !~ 'unstamped' LOOP
      EXECUTE format('ALTER TABLE %2$s DROP CONSTRAINT %1$I, ADD CONSTRAINT %1$I CHECK (event = ANY (%3$L::text[]))', r.conname,
          to_regclass({{ event_table | lit }}), '{started,applied,reverting,reverted,stamped,unstamped}');
    END LOOP;{% endmacro %}
{# What a database has to expect that has what a revision replaces. #}
{% macro replaced_rows() %}Where those are recorded as applied, all of them, its row takes the place of theirs and nothing of it runs; where only a part of them is, the scripts refuse.{% endmacro %}
{# What a tool's table is to say: what is on our record as applied, and what the tool applied beyond it; each with what it stands on. #}
{% macro kept(tool) %}SELECT v.revision AS id, v.parents || v.depends_on AS below FROM {{ tool.ours }} v
         WHERE v.project = {{ tool.project | lit }} AND v.kind = 'revision' AND v.state <> 'upgrading'
        UNION ALL SELECT b.id, ARRAY(SELECT jsonb_array_elements_text(b.below))
          FROM jsonb_each(current_setting('signoff.beyond')::jsonb) AS b (id, below){% endmacro %}
{# The CRC-32 of some bytes, into the variable crc; a block has bytes, too. PostgreSQL has a function for it from 18 on. #}
{% macro crc32(bytes) %}
  bytes := {{ bytes }}; crc := 4294967295;
  FOR at IN 0 .. length(bytes) - 1 LOOP
    crc := crc # get_byte(bytes, at);
    FOR bit IN 1 .. 8 LOOP crc := (crc >> 1) # (3988292384 * (crc & 1)); END LOOP;
  END LOOP;
  crc := crc # 4294967295;
{% endmacro %}
{# What a tool's table holds, as one text to compare. #}
{% macro content(tool) %}SELECT md5(coalesce(string_agg(x::text, chr(10) ORDER BY x::text COLLATE "C"), ''))
        FROM {{ tool.table }} x{% endmacro %}
{# The revisions of the tree, each with what it stands on, into known; those on our own record as applied, into ours. A block has manifest, others
   and recorded. #}
{% macro standing(tool) %}
{% if tool.records is not none %}
    SELECT {{ tool.records | json | lit }}::jsonb || coalesce(jsonb_object_agg(e->>'revision', e->'record'), '{}')
      INTO records
      FROM jsonb_array_elements(manifest) AS a (e);
{% endif %}
    SELECT others || coalesce(jsonb_object_agg(e->>'revision', coalesce(e->'parents', '[]') || coalesce(e->'depends_on', '[]')), '{}')
      INTO known
      FROM jsonb_array_elements(manifest) AS a (e);
    SELECT coalesce(jsonb_object_agg(v.revision, v.state), '{}')
      INTO ours
      FROM jsonb_to_recordset(recorded) AS v (revision text, project text, kind text, state text)
     WHERE v.project = {{ tool.project | lit }} AND v.kind = 'revision' AND v.state <> 'upgrading';
{% endmacro %}
{# Rows of the event table; none, where there is no such table. #}
{% macro told_events(events, event_table) %}{% if events %}{{ event_table }}{% else %}(SELECT 0::int8 AS id, clock_timestamp() AS at, ''::text AS event, ''::text AS revision, ''::text AS bundle,
          ''::text AS ticket, ''::text AS session_user_name WHERE false){% endif %}{% endmacro %}
{# What our version table's comment says: its format, and the table of another tool that it was kept with. #}
{% macro format(tool) %}{{ ("signoff_revision 1" ~ (", kept with " ~ tool.table if tool else "")) | lit }}{% endmacro %}
{# The comment as it is from now on, where this run may set it. #}
{% macro keep_format(tool, version_table) %}
    IF obj_description(to_regclass({{ version_table | lit }}), 'pg_class')
          IS DISTINCT FROM {{ format(tool) }}
        AND pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass({{ version_table | lit }})), 'USAGE') THEN
      COMMENT ON TABLE {{ version_table }} IS {{ format(tool) }};
    END IF;
{% endmacro %}
