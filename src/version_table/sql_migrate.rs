//! sql-migrate: a row per file. It takes no lock.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "sql-migrate",
    layout: "sql-migrate",
    table: "gorp_migrations",
    ..ROWS
};
