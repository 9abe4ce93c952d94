{# What is told of the tool's own table, behind what a script says. #}
  IF adopted <> '[]' THEN
    said := said || format({{ ("%ssignoff: applied by " ~ tool.word ~ ", and taken for applied: %s") | lit }}, chr(10),
        (SELECT string_agg(a.id, ', ' ORDER BY a.n) FROM (SELECT e->>'revision' AS id, n
              FROM jsonb_array_elements(manifest) WITH ORDINALITY AS m (e, n) WHERE adopted ? (e->>'revision')) a));
  END IF;
  IF older IS NOT NULL THEN
    said := said || format({{ ("%ssignoff: recorded by " ~ tool.word ~ ", and older than this tree: %s") | lit }}, chr(10), older);
  END IF;
  IF taken_back <> '[]' THEN
    said := said || format({{ ("%ssignoff: taken back by " ~ tool.word ~ ", and taken for not applied: %s") | lit }}, chr(10),
        (SELECT string_agg(b, ', ' ORDER BY b COLLATE "C") FROM jsonb_array_elements_text(taken_back) AS b));
  END IF;
