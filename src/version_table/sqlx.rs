//! sqlx: a row per version, with the SHA-384 of its file.
//!
//! Its program takes no lock; what is embedded in other programs takes one whose key is made from the database's name
//! (`sqlx-postgres/src/migrate.rs`).

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "sqlx",
    layout: "sqlx",
    table: "_sqlx_migrations",
    ..ROWS
};
