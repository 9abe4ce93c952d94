//! `signoff history`, and the graph's story when it does not fit.

use insta::assert_snapshot;

use super::{branched, json, migration, session, shop};
use crate::support::project::Project;

fn tree() -> Project {
    branched()
        .file(
            "migrations/five.sql",
            "--! revision = \"eeee00000005\"\n--! revises = [\"cccc00000003\", \"dddd00000004\"]\n\
             --! message = \"Both together\"\n--! created = 2025-12-30T13:55:33Z\n--! labels = [\"billing\", \"x\"]\n\n\
             --! upgrade\nDROP TABLE refund;\n\n--! downgrade { irreversible = \"refunds are kept nowhere else\" }\n",
        )
        .file(
            "migrations/six.sql",
            "--! revision = \"ffff00000006\"\n--! revises = []\n--! depends_on = [\"bbbb00000002\"]\n\
             --! message = \"Reports\"\n\n--! upgrade\nSELECT 1;\n\n--! downgrade\n",
        )
}

#[test]
fn of_a_tree_with_all_there_is() {
    assert_snapshot!(session(&tree(), &[&["history"], &["history", "--verbose"]]));
}

#[test]
fn a_range_and_a_drawing_for_a_page() {
    let tree = tree();
    assert_snapshot!(session(
        &tree,
        &[
            &["history", "-r", "bbbb:eeee"],
            &["history", "-r", "-1:"],
            &["history", "--rev-range", ":cccc"],
            &["history", "-r", "x@base:heads"],
            &["history", "-r", "ffff"],
            &["history", "-r", "eeee:cccc"],
            &["history", "-r", "nobody:"],
            &["history", "--mermaid", "-r", "dddd:heads"],
        ]
    ));
}

#[test]
fn json_is_oldest_first() {
    let outcome = tree().run(&["history", "--json"]);
    let revisions = json(outcome.success())["revisions"].clone();
    let revisions = revisions.as_array().expect("a list");
    let ids: Vec<&str> = revisions
        .iter()
        .map(|revision| revision["id"].as_str().expect("an id"))
        .collect();
    let at = |id: &str| {
        ids.iter()
            .position(|other| *other == id)
            .expect("is listed")
    };
    assert!(at("aaaa00000001") < at("bbbb00000002") && at("bbbb00000002") < at("ffff00000006"));
    assert_snapshot!(outcome.stdout);
}

#[test]
fn colour_marks_ids_and_heads() {
    let project = shop();
    let plain = project.run(&["history"]).success().stdout.clone();
    let coloured = project.run(&["history", "--color", "always"]);
    let text = &coloured.success().stdout;
    assert!(text.contains("\u{1b}[33mbbbb00000002\u{1b}[0m"), "{text:?}");
    assert_eq!(anstream_strip(text), plain);
}

/// The text without its colours.
fn anstream_strip(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain += before;
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}

#[test]
fn a_circle_is_told_whole() {
    let project = Project::new()
        .file(
            "migrations/a.sql",
            &migration("aaaa", &["cccc"], "a", "", ""),
        )
        .file(
            "migrations/b.sql",
            &migration("bbbb", &["aaaa"], "b", "", ""),
        )
        .file(
            "migrations/c.sql",
            &migration("cccc", &["bbbb"], "c", "", ""),
        )
        .file("migrations/d.sql", &migration("dddd", &[], "d", "", ""));
    assert_snapshot!(session(&project, &[&["history", "--path", "migrations"]]));
}

#[test]
fn missing_parents_and_ids_that_stand_twice() {
    let project = Project::new()
        .file("migrations/a.sql", &migration("aaaa", &[], "a", "", ""))
        .file(
            "migrations/b.sql",
            &migration("bbbb0", &["aaab"], "b", "", ""),
        )
        .file(
            "migrations/c.sql",
            &migration("cccc", &["aaaa"], "c", "", ""),
        )
        .file(
            "migrations/d.sql",
            &migration("cccc", &["aaaa"], "d", "", ""),
        )
        .file(
            "migrations/e.sql",
            &migration("eeee", &["eeee"], "e", "", ""),
        );
    let outcome = project.run(&["history", "--path", "migrations"]);
    outcome.code(1);
    assert_snapshot!(outcome.stderr);
}

/// A date before the parent's is odd and no more: the history is told, with a note, and exit code 0.
#[test]
fn a_date_before_the_parents_is_a_note() {
    let dated = |text: String, date: &str| {
        text.replace("\n\n--! up", &format!("\n--! created = {date}\n\n--! up"))
    };
    let (a, b) = (
        migration("aaaa", &[], "a", "", ""),
        migration("bbbb", &["aaaa"], "b", "", ""),
    );
    let project = Project::new()
        .file("migrations/a.sql", &dated(a, "2025-02-01T00:00:00Z"))
        .file("migrations/b.sql", &dated(b, "2025-01-01T00:00:00Z"));
    assert_snapshot!(session(
        &project,
        &[
            &["history", "--path", "migrations"],
            &["history", "--path", "migrations", "--quiet"],
        ]
    ));
}
