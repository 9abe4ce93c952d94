//! dbmate: a row per version. It takes no lock.

use super::Scheme;

pub(super) const SCHEME: Scheme = Scheme {
    name: "dbmate",
    layout: "dbmate",
    schema: "public",
    table: "schema_migrations",
    beside: &[],
    makes_schema: true,
    records: false,
    repeats: false,
    marks: false,
    settles: false,
    by_path: true,
};
