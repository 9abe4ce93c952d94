//! Supabase's CLI: a row per version with the statements of its file, in a schema of its own. It takes no lock.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "supabase",
    layout: "supabase",
    schema: "supabase_migrations",
    table: "schema_migrations",
    makes_schema: true,
    by_path: false,
    ..ROWS
};
