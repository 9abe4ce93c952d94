//! node-pg-migrate: a row per file, in the order in which they ran. Its lock has a fixed key, and it fails at once where
//! somebody has it.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "node-pg-migrate",
    layout: "node-pg-migrate",
    table: "pgmigrations",
    by_path: false,
    ..ROWS
};
