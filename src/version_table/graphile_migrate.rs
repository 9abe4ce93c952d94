//! graphile-migrate: a row per committed migration, with its chained hash, in a schema of its own. Its lock has a fixed key, and
//! it fails at once where somebody has it.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "graphile-migrate",
    layout: "graphile-migrate",
    schema: "graphile_migrate",
    table: "migrations",
    beside: &["current"],
    makes_schema: true,
    by_path: false,
    ..ROWS
};
