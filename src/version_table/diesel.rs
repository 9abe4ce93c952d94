//! diesel: a row per version. It takes no lock on the server.

use super::Scheme;

pub(super) const SCHEME: Scheme = Scheme {
    name: "diesel",
    layout: "diesel",
    schema: "public",
    table: "__diesel_schema_migrations",
    beside: &[],
    makes_schema: false,
    records: false,
    repeats: false,
    marks: false,
    settles: false,
    by_path: true,
};
