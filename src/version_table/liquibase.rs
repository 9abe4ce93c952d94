//! Liquibase: a row per changeset, with the sum of its SQL, and a lock that is a row of a table of its own.
//!
//! Holding that table's lock in a transaction makes Liquibase wait for its end; what runs step by step sets the row, as
//! Liquibase does, and a run that takes the revision up again knows it for its own.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "liquibase",
    layout: "liquibase",
    table: "databasechangelog",
    beside: &["databasechangeloglock"],
    records: true,
    marks: true,
    ..ROWS
};
