//! sql-migrate: a row per file. It takes no lock.

use super::Scheme;

pub(super) const SCHEME: Scheme = Scheme {
    name: "sql-migrate",
    layout: "sql-migrate",
    schema: "public",
    table: "gorp_migrations",
    beside: &[],
    makes_schema: false,
    records: false,
    repeats: false,
    marks: false,
    settles: false,
    by_path: true,
};
