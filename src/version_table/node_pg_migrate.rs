//! node-pg-migrate: a row per file, in the order in which they ran. Its lock has a fixed key, and it fails at once where
//! somebody has it.

use super::Scheme;

pub(super) const SCHEME: Scheme = Scheme {
    name: "node-pg-migrate",
    layout: "node-pg-migrate",
    schema: "public",
    table: "pgmigrations",
    beside: &[],
    makes_schema: false,
    records: false,
    repeats: false,
    marks: false,
    settles: false,
    by_path: false,
};
