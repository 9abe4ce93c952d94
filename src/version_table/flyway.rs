//! Flyway: a row per run of a script, with the CRC-32 of its lines; the newest of a version counts.
//!
//! What is reverted loses its rows, so that `flyway migrate` applies it again. Its lock is one of a transaction, whose key is
//! made from Java's hash of the table's name (`PostgreSQLConnection.java`); a session's lock of that key excludes it.

use super::Scheme;

pub(super) const SCHEME: Scheme = Scheme {
    name: "flyway",
    layout: "flyway",
    schema: "public",
    table: "flyway_schema_history",
    beside: &[],
    makes_schema: false,
    records: false,
    repeats: true,
    marks: false,
    settles: false,
    by_path: true,
};
