//! dbmate: a row per version. It takes no lock.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "dbmate",
    layout: "dbmate",
    table: "schema_migrations",
    makes_schema: true,
    ..ROWS
};
