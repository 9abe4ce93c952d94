//! `signoff branches`

use insta::assert_snapshot;

use super::{branched, session, shop};

#[test]
fn where_it_branches_and_into_what() {
    let all: &[&[&str]] = &[
        &["branches"],
        &["branches", "--verbose"],
        &["branches", "--json"],
    ];
    assert_snapshot!(session(&branched(), all));
    // A line has none.
    let outcome = shop().run(&["branches"]);
    assert_eq!(outcome.success().stdout, "");
}
