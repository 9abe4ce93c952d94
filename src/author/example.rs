//! What `init --template example` writes beside an empty project: two revisions and a view, as a start to play with.

use jiff::{SignedDuration, Timestamp};

use super::{BadTemplate, New, NewFile, file_name};
use crate::name::RevisionId;

pub(super) fn files(
    template: &str,
    [table, index]: [&RevisionId; 2],
    created: Timestamp,
) -> Result<Vec<NewFile>, BadTemplate> {
    // A second apart, so that files by name stand as revisions do.
    let earlier = created.checked_sub(SignedDuration::from_secs(1));
    let earlier = earlier.unwrap_or(created);
    let file = |id: &RevisionId, created: Timestamp, message: &str, text: &str| {
        let date = created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let new = New {
            id,
            parents: &[],
            message,
            created: Some(created),
            labels: &[],
            depends_on: &[],
        };
        Ok(NewFile {
            path: format!("migrations/{}", file_name::file_name(template, &new)?).into(),
            text: text
                .replace("{table}", table.as_str())
                .replace("{index}", index.as_str())
                .replace("{date}", &date),
        })
    };
    Ok(vec![
        file(table, earlier, "users", TABLE)?,
        file(index, created, "index users by email", INDEX)?,
        NewFile {
            path: "migrations/repeatable/users_by_domain.sql".into(),
            text: VIEW.to_owned(),
        },
    ])
}

const TABLE: &str = r#"-- For signoff, not for `psql -f`: psql would run the upgrade and then the downgrade.
--! revision   = "{table}"
--! revises    = []
--! message    = "users"
--! created    = {date}
--! recreates  = ["users_by_domain"]

--! upgrade
CREATE TABLE users (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email  text NOT NULL
);

--! downgrade
-- The view of repeatable/users_by_domain.sql stands on the table, so it goes first; `recreates` above says so.
DROP VIEW IF EXISTS users_by_domain;
DROP TABLE users;
"#;

const INDEX: &str = r#"-- For signoff, not for `psql -f`: psql would run the upgrade and then the downgrade.
--! revision   = "{index}"
--! revises    = ["{table}"]
--! message    = "index users by email"
--! created    = {date}

--! upgrade
-- No transaction may be open around this, and nobody has to say so: the script runs it alone, and takes it up again
-- where it was cut off.
CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (lower(email));

--! downgrade
DROP INDEX CONCURRENTLY users_email_key;
"#;

const VIEW: &str = r#"-- For signoff: applied after the revisions wherever its text is another than what a database has.
--! name = "users_by_domain"

--! apply
CREATE OR REPLACE VIEW users_by_domain AS
SELECT split_part(email, '@', 2) AS domain, count(*) AS users
  FROM users
 GROUP BY split_part(email, '@', 2);
"#;
