//! `signoff explain`

use insta::assert_snapshot;

use super::session;
use crate::support;
use crate::support::project::Project;

#[test]
fn what_there_is_to_explain() {
    assert_snapshot!(session(
        &Project::new(),
        &[
            &["explain"],
            &["explain", "revisions"],
            &["explain", "revision"],
            &["explain", "nothing"]
        ]
    ));
}

/// Every rule that has a page is explained by it.
#[test]
fn every_page_is_there() {
    let pages = support::all_files(&support::root().join("src/lint"));
    let pages = pages
        .into_iter()
        .filter(|path| path.extension() == Some("md"));
    let mut seen = 0;
    for page in pages {
        let text =
            std::fs::read_to_string(support::root().join("src/lint").join(&page)).expect("there");
        let rule = page.as_str().trim_end_matches(".md").replace('_', "-");
        let outcome = Project::new().run(&["explain", &rule]);
        assert_eq!(outcome.success().stdout, text);
        seen += 1;
    }
    assert!(seen > 2, "{seen}");
}
