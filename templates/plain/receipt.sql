  IF has_function_privilege('pg_control_system()', 'EXECUTE') THEN SELECT s.system_identifier::text INTO identifier FROM pg_control_system() s; END IF;
  receipt := json_build_object('format', 1, 'project', {{ project | lit }}, 'database', current_database(), 'system_identifier', identifier,
      'at', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'bundle', current_setting('signoff.bundle'),
      'ticket', nullif(current_setting('signoff.ticket', true), ''), 'revisions', recorded)::text;
