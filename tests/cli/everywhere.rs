//! What every command has: colour, quiet, and the exit code that the help promises.

use insta::assert_snapshot;

use super::{migration, session, shop};
use crate::support::project::Project;

const ESCAPE: char = '\u{1b}';

/// A tree with a warning and, with `mistake`, an error.
fn tree(mistake: &str) -> Project {
    let three = "--! revision = \"cccc00000003\"\n--! revises = [\"bbbb00000002\"]\n--! message = \"x\"\n\n--! upgrade\nSELECT 1;\n";
    shop().file("migrations/three.sql", &format!("{three}{mistake}"))
}

#[test]
fn colour_is_for_terminals_and_for_who_asks() {
    let colours = |project: &Project, arguments: &[&str]| {
        let outcome = project.run_on_a_terminal(arguments);
        (
            outcome.stdout.contains(ESCAPE),
            outcome.stderr.contains(ESCAPE),
        )
    };
    let project = tree("\\i x\n");
    assert_eq!(colours(&project, &["check"]), (false, true));
    assert_eq!(colours(&project, &["history"]), (true, false));
    assert_eq!(
        colours(&project, &["history", "--color", "never"]),
        (false, false)
    );
    assert_eq!(
        colours(&project, &["--color=never", "check"]),
        (false, false)
    );
    assert_eq!(
        colours(&project, &["check", "--path", "nope"]),
        (false, true)
    );
    let asked_not_to = tree("\\i x\n").env("NO_COLOR", "1");
    assert_eq!(colours(&asked_not_to, &["check"]), (false, false));
    assert_eq!(colours(&asked_not_to, &["history"]), (false, false));
    assert_eq!(colours(&asked_not_to, &["--help"]), (false, false));
    assert_eq!(
        colours(&asked_not_to, &["check", "--color", "always"]),
        (false, true)
    );
    // https://no-color.org: an empty one does not count.
    let empty = tree("").env("NO_COLOR", "");
    assert_eq!(colours(&empty, &["history"]), (true, false));

    // No terminal: only who asks gets it.
    let outcome = project.run(&["check"]);
    assert!(!outcome.stderr.contains(ESCAPE), "{outcome}");
    let outcome = project.run(&["check", "--color", "always"]);
    assert!(outcome.stderr.contains(ESCAPE), "{outcome}");
    // A script or a document is never coloured.
    for arguments in [
        &["upgrade"][..],
        &["downgrade", "aaaa:base"],
        &["history", "--json"],
        &["heads", "--json"],
        &["config", "--json"],
    ] {
        let mut words = arguments.to_vec();
        words.extend(["--color", "always"]);
        let outcome = tree("").run_on_a_terminal(&words);
        assert!(!outcome.success().stdout.contains(ESCAPE), "{outcome}");
    }
}

/// Text of the tree can't steer the terminal it is shown on.
#[test]
fn no_text_of_the_tree_steers_the_terminal() {
    let nasty = "\u{1b}[2J\u{1b}]0;title\u{7}";
    let project = shop()
        .file(
            "migrations/three.sql",
            &migration(
                "cccc",
                &["bbbb00000002"],
                "x",
                &format!("SELECT '{nasty}'; \\i {nasty}"),
                "",
            ),
        )
        .file(&format!("migrations/{nasty}.sql"), "SELECT 1;")
        .file(
            "migrations/five.sql",
            &format!("--! {nasty} = 1\n--! revision = {nasty}\n"),
        );
    for arguments in [
        &["check"][..],
        &["history"],
        &["heads"],
        &["upgrade"],
        &["bundle"],
        &["upgrade", nasty],
        &["heads", "--path", nasty],
        &["heads", "--layout", nasty],
    ] {
        let outcome = project.run(arguments);
        assert!(outcome.code != 0, "{outcome}");
        assert!(
            !outcome.stderr.contains([ESCAPE, '\u{7}']),
            "{:?}",
            outcome.stderr
        );
        assert!(
            !outcome.stdout.contains([ESCAPE, '\u{7}']),
            "{:?}",
            outcome.stdout
        );
    }
}

#[test]
fn quiet_leaves_answers_and_errors() {
    let project = tree("");
    assert_snapshot!(session(
        &project,
        &[
            &["check", "-q"],
            &["heads", "-q"],
            &["seal", "-q"],
            &["bundle", "-q"],
            &["upgrade", "-q", "-o", "up.sql"],
            &["upgrade", "-q", "nope"],
        ]
    ));
    let loud = project.run(&["upgrade"]).success().stdout.clone();
    assert_eq!(
        project
            .run(&["upgrade", "--quiet"])
            .success()
            .quiet()
            .stdout,
        loud
    );
}

/// 0: clean, or warnings only. 1: errors found. 2: could not run.
#[test]
fn exit_codes() {
    let all = |project: &Project, expected: &[(&[&str], i32)]| {
        for (arguments, code) in expected {
            project.run(arguments).code(*code);
        }
    };
    all(
        &tree(""),
        &[
            (&["check"], 0),
            (&["upgrade"], 0),
            (&["bundle"], 0),
            (&["heads"], 0),
            (&["history"], 0),
            (&["config"], 0),
            (&["seal"], 0),
        ],
    );
    // An error in the SQL: whoever reads no SQL does not mind it.
    all(
        &tree("\\i x\n"),
        &[
            (&["check"], 1),
            (&["upgrade"], 1),
            (&["bundle"], 1),
            (&["upgrade", "+1"], 0),
            (&["heads"], 0),
            (&["history"], 0),
        ],
    );
    // An error in the tree itself.
    all(
        &tree("--! nonsense\n"),
        &[
            (&["check"], 1),
            (&["upgrade"], 1),
            (&["bundle"], 1),
            (&["heads"], 1),
            (&["history"], 1),
            (&["seal"], 1),
            (&["revision", "-m", "x"], 1),
        ],
    );
    // Could not run: no tree, no such thing, a wrong word.
    let none = Project::new();
    for arguments in [
        &["check"][..],
        &["upgrade"],
        &["downgrade", "-1"],
        &["bundle"],
        &["heads"],
        &["history"],
        &["seal"],
        &["revision", "-m", "x"],
        &[],
    ] {
        none.run(arguments).code(2);
    }
    all(
        &shop(),
        &[
            (&["upgrade", "nope"], 2),
            (&["nope"], 2),
            (&["heads", "--nope"], 2),
        ],
    );
}

#[test]
fn an_empty_folder_says_how_to_begin() {
    assert_snapshot!(session(
        &Project::new(),
        &[
            &["heads"],
            &["check"],
            &["upgrade"],
            &["bundle"],
            &["seal"],
            &["revision", "-m", "x"]
        ]
    ));
}
