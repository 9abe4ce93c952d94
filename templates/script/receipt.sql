SELECT pg_catalog.json_build_object('format', 1, 'project', {{ project | lit }}, 'database', pg_catalog.current_database(),
  'system_identifier', (SELECT s.system_identifier::text FROM pg_catalog.pg_control_system() s), 'at', pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'bundle', :'signoff_bundle', 'ticket', NULL, 'revisions', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('id', v.revision, 'up', v.up, 'state', v.state) ORDER BY v.revision COLLATE "C"), '[]')
  FROM {{ version_table }} v WHERE v.project = {{ project | lit }}))::text AS signoff_receipt \gset
