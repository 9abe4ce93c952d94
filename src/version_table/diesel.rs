//! diesel: a row per version. It takes no lock on the server.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "diesel",
    layout: "diesel",
    table: "__diesel_schema_migrations",
    ..ROWS
};
