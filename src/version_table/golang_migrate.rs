//! golang-migrate: one row, the newest version, and whether it was left half-done.
//!
//! The advisory lock's key is made from the names of schema, table and database (`database/util.go`,
//! `GenerateAdvisoryLockId`); the program takes the database's name from its URL, with the slash before it, and what is
//! embedded in other programs without: both are taken.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "golang-migrate",
    layout: "golang-migrate",
    table: "schema_migrations",
    settles: true,
    ..ROWS
};
