{% import "script/words.sql" as words %}
-- 3. What was typed with -v is checked before anything else: a value that is not understood refuses, and a name that is often typed by mistake.
-- psql can't list its variables, so the line that says what is in force is there to be read.
{% for mode in modes %}
\set signoff_typed_{{ mode }} :{{ mode }}
\unset {{ mode }}
{% endfor %}
SELECT coalesce(string_agg(t.name, ', '), '') AS signoff_misspelt,
  jsonb_strip_nulls(jsonb_build_object(
{% for mode in modes %}
{{ "    " }}{{ mode | lit }}, nullif(:'signoff_typed_{{ mode }}', {{ (":" ~ mode) | lit }}){{ "))" if loop.last else "," }}
{% endfor %}
    AS signoff_typed
  FROM (VALUES
{% for row in modes_misspelt | batch(4) %}
{{ "    " }}{% for mode in row %}({{ mode | lit }}, :{?{{ mode }}}){% if not loop.last %}, {% endif %}{% endfor %}{{ ")" if loop.last else "," }}
{% endfor %}
    AS t (name, typed)
 WHERE t.typed \gset
SET signoff.misspelt = :'signoff_misspelt'; SET signoff.typed = :'signoff_typed'; SET signoff.manifest = :'signoff_manifest';
DO $signoff$
DECLARE
  k text; v text; typed jsonb := current_setting('signoff.typed');
  given jsonb := {{ modes_default | json | lit }};
  found text[]; m jsonb := current_setting('signoff.manifest'); said text := '';
BEGIN
  PERFORM set_config('signoff.put_off', '[]', false);
  IF current_setting('signoff.misspelt') <> '' THEN
    RAISE EXCEPTION USING ERRCODE = 'SO010',
      MESSAGE = format('signoff: refused: -v %s is not understood', current_setting('signoff.misspelt')),
      HINT = 'The modes are {{ modes | join(", ") }}; nothing was changed.';
  END IF;
  FOR k, v IN SELECT * FROM jsonb_each_text(typed) ORDER BY 1 LOOP
    v := btrim(v);
    IF v = '' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO010', MESSAGE = format('signoff: refused: -v %s= has no value', k), HINT = 'Give it one, or leave it out.';
    END IF;
    IF k IN ('dry_run', 'first_run') THEN
      IF lower(v) NOT IN ('0', '1', 'off', 'on', 'false', 'true', 'no', 'yes') THEN RAISE EXCEPTION USING ERRCODE = 'SO010',
        MESSAGE = format('signoff: refused: %s=%s is not understood', k, v), HINT = format('Write -v %s=1, or leave it out.', k); END IF;
      v := lower(v) IN ('1', 'on', 'true', 'yes');
    ELSIF k IN ('lock_timeout', 'lock_wait') THEN
      BEGIN
        PERFORM set_config('lock_timeout', v, true);
        IF v !~ '^(0|[0-9.]+ *[a-z]+)$' THEN RAISE invalid_parameter_value; END IF;
      EXCEPTION WHEN invalid_parameter_value OR numeric_value_out_of_range THEN
        RAISE EXCEPTION USING ERRCODE = 'SO010',
          MESSAGE = format('signoff: refused: %s=%s is not understood', k, v),
          HINT = 'Write a number and its unit: 500ms, 10s, 2min.';
      END;
      IF k = 'lock_wait' THEN v := (SELECT s.setting || ' ms' FROM pg_settings s WHERE s.name = 'lock_timeout'); END IF;
    ELSIF k = 'ticket' THEN
      IF length(v) > 200 OR v ~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]' THEN
        RAISE EXCEPTION USING ERRCODE = 'SO010',
          MESSAGE = 'signoff: refused: this ticket is longer than 200 characters or holds a control character',
          HINT = 'Write it on one line, as the change board knows it.';
      END IF;
    ELSIF k = 'until' THEN
      SELECT array_agg(e->>'revision' ORDER BY n)
        INTO found
        FROM jsonb_array_elements(m) WITH ORDINALITY AS a (e, n)
       WHERE (e->>'selected')::boolean
         AND (e->>'revision' = v OR length(v) >= 4 AND starts_with(e->>'revision', v){% if numbered %} OR ltrim(e->>'revision', '0') = ltrim(v, '0'){% endif %});
      IF v = ANY (found) THEN found := ARRAY[v]; END IF;
      IF cardinality(found) IS DISTINCT FROM 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'SO010',
          MESSAGE = CASE WHEN found IS NULL THEN format('signoff: refused: until=%s names no revision of this script', v)
              ELSE format('signoff: refused: until=%s could be %s', v, array_to_string(found, ' or ')) END,
          HINT = 'Write the id of one revision that this script {{ "reverts" if direction == "downgrade" else "applies" }}, or at least four characters of it: '
          || (SELECT string_agg(CASE WHEN t.n <= 12 THEN t.e->>'revision' ELSE '...' END, ', ' ORDER BY t.n)
              FROM (SELECT x.e, row_number() OVER (ORDER BY x.n) AS n
                  FROM jsonb_array_elements(m) WITH ORDINALITY AS x (e, n)
                 WHERE (x.e->>'selected')::boolean) t
             WHERE t.n <= 13);
      END IF;
      v := found[1];
      PERFORM set_config('signoff.put_off', coalesce((
        WITH RECURSIVE {{ words.edges(direction, numbered, "m") }},
          wanted (r) AS (SELECT v UNION SELECT edge.a FROM wanted JOIN edge ON edge.b = wanted.r)
        SELECT jsonb_agg(e->>'revision')
          FROM jsonb_array_elements(m) AS t (e)
         WHERE (e->>'selected')::boolean AND NOT EXISTS (SELECT FROM wanted WHERE wanted.r = e->>'revision')), '[]')::text, false);
    END IF;
    given := given || jsonb_build_object(k, v);
    said := said || format(', %s=%s', k, CASE k WHEN 'lock_wait' THEN typed->>k ELSE v END);
  END LOOP;
{% if require_ticket and direction != "plan" %}
  IF given->>'ticket' = '' AND NOT (given->>'dry_run')::boolean THEN
    RAISE EXCEPTION USING ERRCODE = 'SO010',
      MESSAGE = 'signoff: refused: this script runs only with a ticket',
      HINT = 'Add -v ticket=..., the number under which the change was approved; nothing was changed.';
  END IF;
{% endif %}
  PERFORM set_config('signoff.given', given::text, false), set_config('signoff.first_run', given->>'first_run', false),
    set_config('signoff.lock_wait', given->>'lock_wait', false),
    set_config('signoff.said',
        format('signoff: database %s, user %s%s', current_database(), session_user,
              CASE WHEN current_user <> session_user THEN ' as ' || current_user ELSE '' END)
          || CASE WHEN said = '' THEN '; nothing asked with -v' ELSE said END, false);
END $signoff$;
SELECT g->>'dry_run' AS signoff_dry_run, g->>'lock_timeout' AS signoff_lock_timeout, g->>'ticket' AS signoff_ticket, g->>'until' AS signoff_until,
    current_setting('signoff.put_off') AS signoff_put_off, current_setting('signoff.said') AS signoff_said
  FROM (SELECT current_setting('signoff.given')::jsonb AS g) AS given \gset
SET lock_timeout = :'signoff_lock_timeout';
\echo :signoff_said
