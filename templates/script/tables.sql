{% import "script/words.sql" as words %}
{# The version table and the event table, in a DO block. #}
CREATE TABLE {{ version_table }} (
  revision text PRIMARY KEY, project text NOT NULL, kind text NOT NULL CHECK (kind IN ('revision', 'repeatable')),
  parents text[] NOT NULL DEFAULT '{}', depends_on text[] NOT NULL DEFAULT '{}', message text NOT NULL, up text NOT NULL, up1 text NOT NULL, variables text,
  state text NOT NULL CHECK (state IN ('upgrading', 'applied', 'downgrading')), steps text[] NOT NULL DEFAULT '{}', bundle text, ticket text,
  applied_by text NOT NULL DEFAULT session_user, started_at timestamptz NOT NULL DEFAULT clock_timestamp(), applied_at timestamptz);
COMMENT ON TABLE {{ version_table }} IS {{ words.format(tool) }};
{% if events %}
CREATE TABLE {{ event_table }} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    event text NOT NULL CHECK (event IN ('started', 'applied', 'reverting', 'reverted', 'stamped', 'unstamped')), project text NOT NULL, revision text NOT NULL,
    bundle text, ticket text, session_user_name text NOT NULL DEFAULT session_user, current_user_name text NOT NULL DEFAULT current_user,
    client_addr inet DEFAULT inet_client_addr(), application text DEFAULT current_setting('application_name'));
COMMENT ON TABLE {{ event_table }} IS 'signoff_event 1';
{% endif %}
