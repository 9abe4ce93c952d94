//! The plain flavour: what psql scripts do, by any client that sends SQL.
//!
//! The client is the `postgres` crate, statement by statement and the whole text as one message, or psql as a dumb
//! sender. The oracle is the psql flavour.

mod alone;
mod attack;
mod refusals;
pub(in crate::postgres) mod session;
mod stops;
mod whole;

use crate::support::project::Project;

/// `signoff upgrade RANGE --flavour plain`; an empty range is base:head.
#[track_caller]
pub(in crate::postgres) fn plain(project: &Project, range: &str) -> String {
    let words: &[&str] = if range.is_empty() { &[] } else { &[range] };
    let all = [&["upgrade", "--flavour", "plain"], words].concat();
    project.run(&all).success().stdout.clone()
}

/// `signoff downgrade RANGE --flavour plain`.
#[track_caller]
pub(in crate::postgres) fn plain_down(project: &Project, range: &str) -> String {
    let outcome = project.run(&["downgrade", range, "--flavour", "plain"]);
    outcome.success().stdout.clone()
}
