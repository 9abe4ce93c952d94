//! `signoff downgrade`

use insta::assert_snapshot;

use super::upgrade::blocks;
use super::{branched, migration, session, shop};

#[test]
fn ranges() {
    let project = shop();
    let (a, b) = ("aaaa00000001", "bbbb00000002");
    for (range, expected) in [
        ("-1", &[b][..]),
        ("base", &[b, a]),
        ("head:base", &[b, a]),
        ("head:aaaa", &[b]),
        ("aaaa:base", &[a]),
    ] {
        let outcome = project.run(&["downgrade", range]);
        assert_eq!(
            blocks(&outcome.success().quiet().stdout),
            expected,
            "{range}"
        );
    }
}

#[test]
fn ranges_that_are_none() {
    assert_snapshot!(session(
        &shop(),
        &[
            &["downgrade"],
            &["downgrade", "base:head"],
            &["downgrade", "head:head"],
            &["downgrade", "nope"],
            &["downgrade", "-9"],
        ]
    ));
}

#[test]
fn several_heads() {
    let project = branched();
    assert_snapshot!(session(&project, &[&["downgrade", "-1"]]));
    let outcome = project.run(&["downgrade", "heads:bbbb"]);
    assert_eq!(
        blocks(&outcome.success().stdout),
        ["dddd00000004", "cccc00000003"]
    );
}

/// `bundle` stops above what can't be reverted; who asks to go over it is refused, with the reason of its author.
#[test]
fn over_what_has_no_way_back() {
    let project = shop()
        .file(
            "migrations/three.sql",
            "--! revision = \"cccc00000003\"\n--! revises = [\"bbbb00000002\"]\n--! message = \"Forget\"\n\n\
             --! upgrade\nDROP TABLE orders;\n\n--! downgrade { irreversible = \"the orders are gone\" }\n",
        )
        .file(
            "migrations/four.sql",
            &migration("dddd00000004", &["cccc00000003"], "More", "SELECT 1;", "SELECT 2;"),
        );
    assert_snapshot!(session(&project, &[&["downgrade", "head:base"]]));
    let outcome = project.run(&["downgrade", "head:cccc"]);
    assert_eq!(blocks(&outcome.success().stdout), ["dddd00000004"]);
}

#[test]
fn into_a_file() {
    let project = shop();
    let text = project.run(&["downgrade", "-1"]).success().stdout.clone();
    assert_eq!(
        project
            .run(&["downgrade", "-1", "-o", "down.sql"])
            .success()
            .stdout,
        ""
    );
    assert_eq!(project.read("down.sql"), text);
}
