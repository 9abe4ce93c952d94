//! Sqitch: changes that are deployed, their tags and dependencies, and events, in a schema of its own. Its lock has a fixed
//! key.
//!
//! Who deployed is the login and where it came from: what a user's Sqitch config would say is not known.

use super::{ROWS, Scheme};

pub(super) const SCHEME: Scheme = Scheme {
    name: "sqitch",
    layout: "sqitch",
    schema: "sqitch",
    table: "changes",
    beside: &["tags", "dependencies", "events", "projects", "releases"],
    makes_schema: true,
    records: true,
    by_path: false,
    ..ROWS
};
