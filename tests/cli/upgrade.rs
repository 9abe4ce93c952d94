//! `signoff upgrade`

use insta::assert_snapshot;

use super::{branched, session, shop};
use crate::support::project::Project;

/// The ids of the revisions that a script holds, in order.
pub(super) fn blocks(script: &str) -> Vec<&str> {
    let heads = script
        .lines()
        .filter_map(|line| line.strip_prefix("-- ── "));
    heads.filter_map(|line| line.split(" ── ").nth(1)).collect()
}

/// Alembic's `upgrade head --sql` is typed by habit; a script is what is always written here.
#[test]
fn what_alembic_types_is_taken() {
    let project = shop();
    let text = |arguments: &[&str]| project.run(arguments).success().stdout.clone();
    assert_eq!(text(&["upgrade", "head", "--sql"]), text(&["upgrade"]));
    assert_eq!(
        text(&["downgrade", "head:base", "--sql"]),
        text(&["downgrade", "base"])
    );
}

#[test]
fn ranges() {
    let project = shop().file(
        "migrations/three.sql",
        &super::migration(
            "cccc00000003",
            &["bbbb00000002"],
            "x",
            "SELECT 3;",
            "SELECT -3;",
        ),
    );
    let (a, b, c) = ("aaaa00000001", "bbbb00000002", "cccc00000003");
    for (range, expected) in [
        ("", &[a, b, c][..]),
        ("head", &[a, b, c]),
        ("base:head", &[a, b, c]),
        ("bbbb", &[a, b]),
        ("+1", &[a]),
        ("aaaa:+1", &[b]),
        ("head-1", &[a, b]),
        ("-1", &[a, b]),
        ("aaaa+1", &[a, b]),
        ("bbbb00000002:heads", &[c]),
    ] {
        let arguments = if range.is_empty() {
            vec!["upgrade"]
        } else {
            vec!["upgrade", range]
        };
        let outcome = project.run(&arguments);
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
            &["upgrade", "head:base"],
            &["upgrade", "head:head"],
            &["upgrade", "nope"],
            &["upgrade", "aaaa00000009"],
            &["upgrade", "a:b:c"],
            &["upgrade", "+9"],
            &["upgrade", "x@head"],
        ]
    ));
}

#[test]
fn several_heads() {
    let project = branched();
    assert_snapshot!(session(
        &project,
        &[&["upgrade"], &["upgrade", "cccc:dddd"]]
    ));
    for range in ["heads", "base:heads"] {
        let script = project.run(&["upgrade", range]);
        assert_eq!(blocks(&script.success().stdout).len(), 4, "{range}");
    }
}

#[test]
fn into_a_file() {
    let project = shop();
    let text = project.run(&["upgrade"]).success().stdout.clone();
    let outcome = project.run(&["upgrade", "-o", "up.sql"]);
    assert_eq!(outcome.success().quiet().stdout, "");
    assert_eq!(project.read("up.sql"), text);
    // An older script is replaced, nothing lies beside it, and there is no half of one.
    project
        .run(&["upgrade", "+1", "--output", "up.sql"])
        .success();
    assert_eq!(blocks(&project.read("up.sql")), ["aaaa00000001"]);
    assert_eq!(project.files(".").len(), 4);
    // A folder that is not there is not made: a wrong name should be seen.
    let before = project.everything();
    for place in ["nowhere/up.sql", "migrations", "up.sql/x"] {
        project
            .run(&["upgrade", "-o", place])
            .code(2)
            .stderr_has(&format!("cannot write `{place}`"));
    }
    assert_eq!(project.everything(), before);
}

#[test]
fn to_a_device() {
    let project = shop();
    let text = project.run(&["upgrade"]).success().stdout.clone();
    let outcome = project.run(&["upgrade", "-o", "/dev/stdout"]);
    assert_eq!(outcome.success().stdout, text);
}

/// The promise of the README: one command, no config, whatever the layout.
#[test]
fn of_any_tree_by_its_path() {
    let project = Project::new()
        .file("signoff.toml", "broken, and not read")
        .file("db/2_b.up.sql", "SELECT 2")
        .file("db/10_c.up.sql", "SELECT 10")
        .file("db/1_a.up.sql", "SELECT 1");
    let outcome = project.run(&["upgrade", "--path", "db"]);
    assert_eq!(blocks(&outcome.success().stdout), ["1", "2", "10"]);
    let same = project.run(&["upgrade", "--path", "db", "--layout", "golang-migrate"]);
    assert_eq!(same.success().stdout, outcome.stdout);
    project
        .run(&["upgrade", "--path", "db", "--layout", "native"])
        .code(1)
        .stderr_has("error[missing-header]");
    let same = project.run(&["--path", "./db/", "upgrade"]);
    assert_eq!(same.success().stdout, outcome.stdout);
}

/// `-o` meets a file that somebody else wrote, and the tree itself.
#[test]
fn no_script_is_written_over_what_is_none() {
    let project = shop()
        .file("notes.sql", "SELECT 'mine';\n")
        .file("signoff.toml", "[project]\nname = \"shop\"\n");
    let before = project.everything();
    for (file, why) in [
        ("notes.sql", "is no script that signoff wrote"),
        ("migrations/one.sql", "among the migrations"),
        ("migrations/new.sql", "among the migrations"),
        ("signoff.toml", "is no script that signoff wrote"),
    ] {
        let outcome = project.run(&["upgrade", "-o", file]);
        outcome
            .code(2)
            .stderr_has(why)
            .stderr_has("nothing was changed");
        assert_eq!(project.everything(), before, "{file}");
    }
}
