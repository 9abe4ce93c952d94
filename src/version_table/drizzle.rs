//! drizzle: a row per file, with its SHA-256 and the date that the journal has of it. What is older than the newest row counts
//! as run. It takes no lock.

use super::Scheme;

pub(super) const SCHEME: Scheme = Scheme {
    name: "drizzle",
    layout: "drizzle",
    schema: "drizzle",
    table: "__drizzle_migrations",
    beside: &[],
    makes_schema: true,
    records: true,
    repeats: false,
    marks: false,
    settles: false,
    by_path: false,
};
