//! `signoff` without a command.

use insta::assert_snapshot;

use super::{session, shop};
use crate::support::project::Project;

#[test]
fn an_empty_folder_says_how_to_begin() {
    assert_snapshot!(session(&Project::new(), &[&[]]));
}

#[test]
fn a_project_shows_what_can_be_typed() {
    let outcome = shop().run(&[]);
    outcome
        .code(2)
        .stdout_has("Usage: signoff")
        .stdout_has("Examples:");
}

/// A config that can't be read is a project all the same: `signoff init` would be wrong advice.
#[test]
fn a_broken_project_is_not_told_to_begin() {
    let project = Project::new().file("signoff.toml", "[project");
    let outcome = project.run(&[]);
    outcome.code(2).stdout_has("Usage: signoff");
    assert!(!outcome.stderr.contains("signoff init"), "{outcome}");
}
