{% if has_copy %}
-- What COPY does and an INSERT would not: it knows no rules, and without a column list it fills all columns but the generated ones.
SET signoff.copy_check = $m$
DO $signoff$
DECLARE
  n bigint; generated bigint; t pg_catalog.regclass := pg_catalog.current_setting('signoff.relation')::pg_catalog.regclass;
  cells pg_catalog.int8 := pg_catalog.current_setting('signoff.cells');
BEGIN
  SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE a.attgenerated <> '')
    INTO n, generated
    FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = t AND a.attnum > 0 AND NOT a.attisdropped;
  IF EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = t AND w.ev_type = '3') THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = pg_catalog.format('signoff: %s has a rule for INSERT, and COPY would not heed it', pg_catalog.current_setting('signoff.relation')),
      HINT = 'Write the rows as INSERT in the migration, as they are meant, and compile again.';
  END IF;
  IF cells > 0 AND (generated > 0 OR n <> cells) THEN
    RAISE EXCEPTION USING ERRCODE = 'SO005',
      MESSAGE = pg_catalog.format('signoff: the COPY into %s has rows of %s values, and the table has %s columns, %s of them generated',
          pg_catalog.current_setting('signoff.relation'), cells, n, generated),
      HINT = 'Name the columns in the COPY of the migration, and compile again.';
  END IF;
END $signoff$;
$m$;
{% endif %}
{% if has_data %}
-- After rows with given values of an identity or serial column, its sequence goes on behind the highest.
SET signoff.setval = $m$
DO $signoff$ DECLARE c text; s text; BEGIN
  FOR c IN SELECT pg_catalog.jsonb_array_elements_text(pg_catalog.current_setting('signoff.columns')::pg_catalog.jsonb) LOOP
    s := pg_catalog.pg_get_serial_sequence(pg_catalog.current_setting('signoff.relation'), c);
    IF s IS NOT NULL THEN
      EXECUTE pg_catalog.format('SELECT pg_catalog.setval(%1$L, pg_catalog.max(%2$I)) FROM %3$s HAVING pg_catalog.max(%2$I) >= (SELECT last_value FROM %4$s)',
          s, c, pg_catalog.current_setting('signoff.relation'), s);
    END IF;
  END LOOP;
END $signoff$;
$m$;
{% endif %}
