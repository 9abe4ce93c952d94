//! Bad input: each gives a clear error or is simply right; no panic, nothing half-written, nothing overwritten.

mod bytes;
mod disk;
mod layouts;
mod native;
mod tree;

use crate::cli::said;
use crate::support::project::Project;

/// A migration without a mistake; the tests put theirs into it.
const GOOD: &str = "--! revision = \"aaaa00000001\"\n--! revises = []\n--! message = \"Customers\"\n\n\
                    --! upgrade\nCREATE TABLE customer (id bigint PRIMARY KEY);\n\n\
                    --! downgrade\nDROP TABLE customer;\n";

/// Every command that reads the tree, by what it needs of it.
const COMMANDS: [&[&str]; 9] = [
    &["check"],
    &["check", "--json"],
    &["history"],
    &["heads", "--json"],
    &["upgrade"],
    &["upgrade", "-o", "up.sql"],
    &["downgrade", "base"],
    &["bundle"],
    &["seal"],
];

/// A project with this one migration, and an older bundle in `out/`.
fn project(migration: &[u8]) -> Project {
    let project = Project::new()
        .file("signoff.toml", crate::cli::CONFIG)
        .file("out/mine.txt", "precious\n");
    project.write("migrations/one.sql", migration);
    project
}

/// What `check` says of a project which no command may make anything of. Every command is run: none panics, each ends
/// with an exit code that it promises, and what fails leaves every file as it was.
#[track_caller]
fn refused(project: &Project) -> String {
    let checked = project.run(&["check"]);
    assert_ne!(checked.code, 0, "{checked}");
    unharmed(project);
    for arguments in [&["upgrade"][..], &["bundle"]] {
        let outcome = project.run(arguments);
        assert_ne!(outcome.code, 0, "{outcome}");
        assert_eq!(outcome.stdout, "", "half of a script\n{outcome}");
    }
    said(&["check"], &checked)
}

/// Runs every command: none panics, and what fails leaves every file as it was.
#[track_caller]
fn unharmed(project: &Project) {
    for arguments in COMMANDS {
        let before = project.everything();
        let outcome = project.run(arguments);
        assert!(!outcome.stderr.contains("panicked"), "{outcome}");
        assert!((0..=2).contains(&outcome.code), "{outcome}");
        if outcome.code != 0 {
            assert!(
                outcome.stderr.contains("error") || arguments.contains(&"--json"),
                "{outcome}"
            );
            assert!(
                project.everything() == before,
                "something changed\n{outcome}"
            );
        }
    }
}

/// The same text with one mistake in it.
#[track_caller]
fn with(from: &str, to: &str) -> Project {
    assert!(GOOD.contains(from), "{from:?}");
    project(GOOD.replacen(from, to, 1).as_bytes())
}

/// Without a mistake everything goes well, or the tests here would show nothing.
#[test]
fn the_good_one_is_good() {
    let project = project(GOOD.as_bytes());
    for arguments in COMMANDS {
        project.run(arguments).success();
    }
    assert!(project.path("out/mine.txt").exists());
    assert_eq!(project.files("out").len(), 8);
}
