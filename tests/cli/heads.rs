//! `signoff heads`

use insta::assert_snapshot;

use super::{CONFIG, branched, json, session, shop};
use crate::support::project::Project;

#[test]
fn one_and_several() {
    assert_snapshot!(session(&shop(), &[&["heads"], &["heads", "--json"]]));
    assert_snapshot!(
        "several",
        session(&branched(), &[&["heads"], &["heads", "--json"]])
    );
}

#[test]
fn an_empty_tree_has_none() {
    let project = Project::new()
        .file("signoff.toml", CONFIG)
        .file("migrations/.keep", "");
    assert_snapshot!(session(&project, &[&["heads"], &["-q", "heads"]]));
    let heads = json(project.run(&["heads", "--json"]).success());
    assert_eq!(heads["heads"].as_array().map(Vec::len), Some(0));
}
