//! Flyway: a row per run of a script, with the CRC-32 of its lines; the newest of a version counts.
//!
//! What is reverted loses its rows, so that `flyway migrate` applies it again. Its lock is one of a transaction, whose key is
//! made from Java's hash of the table's name (`PostgreSQLConnection.java`); a session's lock of that key excludes it.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "flyway",
    layout: "flyway",
    table: "flyway_schema_history",
    repeats: true,
    ..ROWS
};
