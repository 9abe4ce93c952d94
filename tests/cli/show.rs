//! `signoff show`

use insta::assert_snapshot;

use super::{branched, session, shop};

#[test]
fn one_revision_or_several() {
    assert_snapshot!(session(
        &branched(),
        &[
            &["show", "bbbb"],
            &["show", "heads"],
            &["show", "cccc-1", "--json"],
            &["show", "head"],
            &["show", "base"],
            &["show", "aaaa:bbbb"],
            &["show", "zzzz"],
        ]
    ));
}

#[test]
fn whether_it_is_published() {
    let project = shop();
    let show = |project: &crate::support::project::Project| {
        project.run(&["show", "head"]).success().stdout.clone()
    };
    assert!(show(&project).contains("  published   no\n"));
    project.run(&["seal"]).success();
    assert!(show(&project).contains("  published   yes\n"));
}
