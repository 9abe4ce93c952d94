//! drizzle: a row per file, with its SHA-256 and the date that the journal has of it. What is older than the newest row counts
//! as run. It takes no lock.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "drizzle",
    layout: "drizzle",
    schema: "drizzle",
    table: "__drizzle_migrations",
    makes_schema: true,
    records: true,
    by_path: false,
    ..ROWS
};
