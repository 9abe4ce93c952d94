//! Every help text, and that each shows how the command is typed.

use insta::assert_snapshot;

use super::session;
use crate::support::project::Project;

const COMMANDS: [&str; 21] = [
    "init",
    "import",
    "revision",
    "merge",
    "squash",
    "rebase",
    "edit",
    "seal",
    "check",
    "history",
    "heads",
    "branches",
    "current",
    "show",
    "upgrade",
    "downgrade",
    "stamp",
    "bundle",
    "explain",
    "config",
    "completions",
];

#[test]
fn of_the_program() {
    let project = Project::new();
    assert_snapshot!(session(&project, &[&["--help"]]));
    // Both spellings, and the short one, say the same; nothing is found out only by the long one.
    let long = project.run(&["--help"]).success().stdout.clone();
    assert_eq!(project.run(&["help"]).success().stdout, long);
    for command in COMMANDS {
        assert!(long.contains(&format!("\n  {command} ")), "{command}");
    }
}

#[test]
fn of_the_commands() {
    let project = Project::new();
    for command in COMMANDS {
        let outcome = project.run(&[command, "--help"]);
        outcome
            .success()
            .quiet()
            .stdout_has("Examples:\n  signoff ")
            .stdout_has("--color <WHEN>");
        assert_snapshot!(format!("of_{command}"), outcome.stdout);
        assert!(
            outcome
                .stdout
                .lines()
                .all(|line| line.chars().count() <= 100),
            "{command}: wider than 100 columns"
        );
    }
}

#[test]
fn version() {
    let project = Project::new();
    let version = format!("signoff {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(project.run(&["--version"]).success().stdout, version);
}

#[test]
fn what_is_typed_wrong() {
    let project = Project::new();
    assert_snapshot!(session(
        &project,
        &[
            &["hedas"],
            &["heads", "--jsn"],
            &["revision"],
            &["downgrade"],
            &["seal", "--reseal", "aaaa"],
            &["seal", "--reason", "typo"],
            &["heads", "--color", "sometimes"],
            &["upgrade", "a:b", "c"],
        ],
    ));
}
