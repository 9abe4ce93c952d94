-- signoff status · linear · base → 9a44e2d5806b · 3 revisions · plain SQL, for any client
-- tree    sha256:4ba21bb7d0a6009439dd877a710a7897576aa4d7f700e45e3b96dc505fbcfc56
-- bundle  sha256:a0a1dfdf8cdea2208d44ed620b4611d0adb85e8ebcc4edcc392d9bddb19141b2
-- run     all of it, from the first statement to the last, in one session of its own, autocommit on, stopping at the first error
-- It changes nothing. Its last statement is a query, whose rows are the answer.
--
--   1  5f1d0c3a9b27  Players and countries        one transaction
--   2  c07e4b6d11fa  Index players by country     2 steps, of which outside a transaction: CREATE INDEX CONCURRENTLY player_country_idx ON player (country) · SHARE UPDATE EXCLUSIVE on player
--   3  9a44e2d5806b  Best scores, it's "`top n`"  one transaction · ACCESS EXCLUSIVE on player
-- 1. The revisions, as they will be recorded: "selected" are this script's own, the others must be there already.
SET signoff.checked = '';
SET signoff.bundle = 'sha256:a0a1dfdf8cdea2208d44ed620b4611d0adb85e8ebcc4edcc392d9bddb19141b2';
SET signoff.rows = $m0$
{"revision":"5f1d0c3a9b27","kind":"revision","parents":[],"message":"Players and countries","up":"sha256:70205f810a6a94468b9841d6415c792e334bd3d7115ae3c6989df19481151771","up1":"sha256:473ad2346dc4e2e966e9603f8ec4c51a0c846491255cf96e35706ac2df66324c","selected":true}
{"revision":"c07e4b6d11fa","kind":"revision","parents":["5f1d0c3a9b27"],"message":"Index players by country","up":"sha256:176b65e3c4d333409b4ba577e6d78078949d3e7bf373ee7a13b4363da9ec44d3","up1":"sha256:bb58cc825a7a503a06e61d1771aadfbab813368119dab6550556c7661d990001","steps":["5dc8fb31869fee59","2efcc6e7d23798d5"],"selected":true}
{"revision":"9a44e2d5806b","kind":"revision","parents":["c07e4b6d11fa"],"message":"Best scores, it's \"`top n`\"","up":"sha256:6098b2b8e1ff83b82b474de1f969ad6e9104f538bc8c19912e7886b54d68e116","up1":"sha256:82f3a876001cce7e903aa22f25840327b084436176e0f55d4dd20c1b1b8245a5","selected":true}
$m0$;

-- What the steps of a revision are, by its state.
SET signoff.step_names = $m0$
{"c07e4b6d11fa":{"downgrading":["DROP INDEX CONCURRENTLY player_country_idx"],"upgrading":["CREATE INDEX CONCURRENTLY player_country_idx ON player (country)","COMMENT ON INDEX player_country_idx IS 'for the league tables'"]}}
$m0$;
DO $signoff$
DECLARE
  path text := pg_catalog.current_setting('search_path'); who text := pg_catalog.current_setting('role'); t regclass; said text; repeated text;
  next text; others text; running text; identifier text; receipt text; recorded json := '[]'; manifest jsonb; again jsonb; last text;
  step_names jsonb := current_setting('signoff.step_names'); jit text := pg_catalog.current_setting('jit');
BEGIN
  PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('jit', 'off', true);
  SELECT 'signoff: a run is going on here now: pid ' || string_agg(l.pid::text, ', ')
    INTO running
    FROM pg_locks l,
      LATERAL (SELECT hashtextextended('signoff:public.signoff_revision', 0) AS k) AS key
   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
     AND l.classid::bigint = (key.k >> 32) & 4294967295 AND l.objid::bigint = key.k & 4294967295;
  t := to_regclass('"public"."signoff_revision"');
  IF t IS NULL THEN
    said := format('signoff: there is no version table %s in database %s: nothing of this tree is recorded as applied', '"public"."signoff_revision"',
        current_database());
    next := 'next: is this the right database? If it is, run plan.sql, then upgrade.sql';
  ELSE
    IF split_part(coalesce(obj_description(t, 'pg_class'), ''), ',', 1) <> 'signoff_revision 1' THEN
      RAISE EXCEPTION USING ERRCODE = 'SO008',
        MESSAGE = 'signoff: refused: table "public"."signoff_revision" is not a version table of signoff, format 1',
        HINT = 'Name another in [version_table] name, or use the signoff that made it.';
    END IF;
    SELECT coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n) FILTER (WHERE l.n <= 3), '[]'),
        coalesce(jsonb_agg(l.line::jsonb ORDER BY l.n) FILTER (WHERE l.n > 3), '[]')
      INTO manifest, again
      FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) WITH ORDINALITY AS l (line, n);
    SELECT e.event INTO last FROM "public"."signoff_event" e WHERE e.revision NOT LIKE 'repeatable:%' ORDER BY e.id DESC LIMIT 1;
WITH m AS (SELECT e->>'revision' AS revision, e->>'message' AS message, e, n
        FROM jsonb_array_elements(manifest) WITH ORDINALITY AS a (e, n)),
    tried AS (SELECT DISTINCT ON (e.revision) e.revision, e.event,
          format('%s UTC by %s%s', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), e.session_user_name, ', ticket ' || e.ticket) AS told
        FROM "public"."signoff_event" e
        ORDER BY e.revision, e.id DESC),
    s AS (SELECT m.*, v.state,
          v.steps, v.revision IS NOT NULL AND v.project <> 'linear' AS foreign_project,
          v.state = 'applied' AND v.up <> e->>'up' AND v.up1 <> e->>'up1' AND NOT coalesce(e->'accept' ? v.up, false)
            OR v.up = e->>'up' AND v.variables IS DISTINCT FROM e->>'variables' AS other_text, t.event, t.told
        FROM m LEFT JOIN "public"."signoff_revision" v ON v.revision = m.revision
          LEFT JOIN tried t ON t.revision = m.revision)
SELECT format('signoff: %s of %s revisions of this release and before it are applied in database %s', count(*) FILTER (WHERE s.state = 'applied'), count(*),
        current_database())
    || coalesce(string_agg(format('%s  %s  %s  %s', chr(10),
                    rpad(CASE WHEN s.foreign_project THEN 'NOT OURS'
                            WHEN s.other_text THEN 'OTHER TEXT'
                            WHEN s.state IS NULL THEN 'not applied'
                            WHEN s.state = 'applied' THEN 'applied'
                            ELSE 'HALF-DONE' END, 11), s.revision, s.message)
                || CASE WHEN s.state IN ('upgrading', 'downgrading') THEN format('  (%s; last run %s)', s.state, s.told)
                    WHEN s.event IN ('started', 'reverting')
                      THEN format('  (%s %s, %s)', s.event, s.told,
                          CASE WHEN (running IS NOT NULL) THEN 'and has not ended yet' ELSE 'and it did not end: all of it was rolled back' END)
                    ELSE '' END
                || CASE WHEN s.state IN ('upgrading', 'downgrading')
                      THEN (SELECT coalesce(string_agg(format('%s               step %s of %s  %s  %s', chr(10), i,
                                      (SELECT count(*) FROM jsonb_array_elements(step_names->s.revision->s.state)),
                                      rpad(CASE WHEN s.steps[i::int4] IS NULL THEN 'to do' WHEN s.steps[i::int4] ~ '[?!]' THEN 'BEGUN' ELSE 'done' END, 5),
                                      name), '' ORDER BY i),
                              format('%s               steps done: %s', chr(10), (SELECT count(*) FROM unnest(s.steps) AS d WHERE d !~ '[?!]')))
                          FROM jsonb_array_elements_text(step_names->s.revision->s.state) WITH ORDINALITY AS names (name, i))
                    ELSE '' END, '' ORDER BY s.n), '') AS signoff_status,
  CASE WHEN (running IS NOT NULL) THEN 'next: wait for the run that is going on; then ask again'
      WHEN bool_or(s.foreign_project OR s.other_text)
        THEN 'next: ask the developers; the scripts of this release refuse here: '
          'what is recorded is another project''s, or was applied with another text or other variables'
      WHEN bool_or(s.state = 'downgrading') THEN 'next: see to what stopped it, then run downgrade.sql again; it goes on at the step that failed'
      WHEN bool_or(s.state = 'upgrading') THEN 'next: see to what stopped it, then run upgrade.sql again; it goes on at the step that failed'
      WHEN last = 'reverting' THEN 'next: see to what stopped it, then run downgrade.sql again; it goes on where it stopped'
      WHEN bool_or(s.state IS NULL) AND last = 'reverted'
        THEN 'next: nothing, if this release was to be taken back: the last run was a downgrade; upgrade.sql would apply it again'
      WHEN bool_or(s.state IS NULL) THEN 'next: run plan.sql, then upgrade.sql; it begins with the first that is not applied'
      ELSE 'next: nothing; all of this release is applied' END AS signoff_next
      INTO said, next
      FROM s;
    SELECT format('also recorded here, and not part of this release:%s%s', chr(10),
          string_agg(format('  %s  %s', v.revision, v.state), chr(10) ORDER BY v.revision COLLATE "C"))
      INTO others
      FROM "public"."signoff_revision" v
     WHERE v.kind = 'revision'
       AND NOT EXISTS (SELECT FROM unnest(string_to_array(btrim(current_setting('signoff.rows'), chr(10)), chr(10))) AS l (line)
           WHERE l.line::jsonb->>'revision' = v.revision
             OR l.line::jsonb->'replaces' @> jsonb_build_array(jsonb_build_object('revision', v.revision)))
      HAVING count(*) > 0;
    SELECT coalesce(json_agg(json_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
      INTO recorded
      FROM "public"."signoff_revision" v
     WHERE v.project = 'linear';
  END IF;
  IF has_function_privilege('pg_control_system()', 'EXECUTE') THEN SELECT s.system_identifier::text INTO identifier FROM pg_control_system() s; END IF;
  receipt := json_build_object('format', 1, 'project', 'linear', 'database', current_database(), 'system_identifier', identifier,
      'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'bundle', current_setting('signoff.bundle'),
      'ticket', nullif(current_setting('signoff.ticket', true), ''), 'revisions', recorded)::text;
  PERFORM set_config('signoff.said', concat_ws(chr(10), running, said, repeated, next, others, receipt), false),
    set_config('role', who, true), set_config('jit', jit, true), set_config('search_path', path, true); END $signoff$;
SELECT pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('signoff.said'), pg_catalog.chr(10))) AS signoff;
