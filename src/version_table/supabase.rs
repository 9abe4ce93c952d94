//! Supabase's CLI: a row per version with the statements of its file, in a schema of its own. It takes no lock.

use super::Scheme;

pub(super) const SCHEME: Scheme = Scheme {
    name: "supabase",
    layout: "supabase",
    schema: "supabase_migrations",
    table: "schema_migrations",
    beside: &[],
    makes_schema: true,
    records: false,
    repeats: false,
    marks: false,
    settles: false,
    by_path: false,
};
