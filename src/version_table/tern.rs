//! tern: one row, the newest version, 0 where nothing is applied. Its lock has a fixed key.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "tern",
    layout: "tern",
    table: "schema_version",
    settles: true,
    by_path: false,
    ..ROWS
};
