//! goose: a row per version, the newest of a version counts, and the row of version 0 must be there.
//!
//! Its program takes no lock; what is embedded in other programs may take one of a fixed key (`lock/postgres.go`).

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "goose",
    layout: "goose",
    table: "goose_db_version",
    ..ROWS
};
