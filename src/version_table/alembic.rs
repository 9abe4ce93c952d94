//! Alembic: one row per head, and nothing of what is below it.
//!
//! A revision replaces the rows of its parents and of what it depends on; so the rows are always those revisions that no
//! applied one stands on (`alembic/runtime/migration.py`, `HeadMaintainer`). Alembic itself takes no lock.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "alembic",
    layout: "native",
    table: "alembic_version",
    settles: true,
    ..ROWS
};
