//! tern: one row, the newest version, 0 where nothing is applied. Its lock has a fixed key.

use super::Scheme;

pub(super) const SCHEME: Scheme = Scheme {
    name: "tern",
    layout: "tern",
    schema: "public",
    table: "schema_version",
    beside: &[],
    makes_schema: false,
    records: false,
    repeats: false,
    marks: false,
    settles: true,
    by_path: false,
};
