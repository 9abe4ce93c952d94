//! The tree as a whole: none, an empty one, one that nobody can tell the layout of.

use insta::assert_snapshot;

use super::{GOOD, project, refused, unharmed};
use crate::cli::{CONFIG, session};
use crate::support::project::Project;

#[test]
fn two_files_with_one_id() {
    let project = project(GOOD.as_bytes()).file("migrations/deep/er/copy.sql", GOOD);
    assert_snapshot!(refused(&project));
}

#[test]
fn no_folder() {
    let project = Project::new()
        .file("signoff.toml", CONFIG)
        .file("out/mine.txt", "mine");
    assert_snapshot!(refused(&project));
    let project = Project::new()
        .file("signoff.toml", CONFIG)
        .file("migrations", "a file");
    assert_snapshot!("a_file_in_its_place", refused(&project));
    assert_snapshot!(
        "by_path",
        session(&Project::new(), &[&["upgrade", "--path", "db/migrations"]])
    );
}

#[test]
fn an_empty_tree() {
    let project = Project::new()
        .file("signoff.toml", CONFIG)
        .file("migrations/notes.txt", "nothing yet");
    unharmed(&project);
    assert_snapshot!(session(
        &project,
        &[
            &["check"],
            &["heads"],
            &["history"],
            &["upgrade"],
            &["downgrade", "base"],
            &["bundle"],
            &["seal"]
        ]
    ));
}

#[test]
fn layouts_that_can_not_be_told() {
    let tree = |files: &[&str]| {
        let project = Project::new();
        for path in files {
            project.write(&format!("db/{path}"), b"SELECT 1;\n");
        }
        project
    };
    let mut told = String::new();
    for files in [
        &["schema.sql"][..],
        &["1_a.up.sql", "20240101000000_b.sql"],
        &["1_a.up.sql", "2024-01-01-000000_x/up.sql"],
        &["V1__flyway.sql"],
    ] {
        let project = tree(files);
        told += &session(&project, &[&["check", "--path", "db"]]);
        assert_ne!(
            project.run(&["upgrade", "--path", "db"]).code,
            0,
            "{files:?}"
        );
    }
    told += &session(
        &tree(&["1_a.up.sql"]),
        &[&["check", "--path", "db", "--layout", "goose"]],
    );
    assert_snapshot!(told);
}

/// Numbers that two files share, in the layouts that go by number.
#[test]
fn one_number_twice() {
    let project = Project::new()
        .file("db/1_a.up.sql", "SELECT 1;")
        .file("db/01_b.up.sql", "SELECT 2;")
        .file("db/2_c.up.sql", "SELECT 3;");
    assert_snapshot!(session(&project, &[&["check", "--path", "db"]]));
    project.run(&["upgrade", "--path", "db"]).code(1);
}

/// A tree as deep as the disk takes, a file as long as nobody writes: read all the same.
#[test]
fn large_and_deep() {
    let project = project(GOOD.as_bytes());
    let deep = "d/".repeat(60);
    project.write(
        &format!("migrations/{deep}two.sql"),
        GOOD.replace("aaaa00000001", "bbbb00000002")
            .replace("[]", "[\"aaaa00000001\"]")
            .as_bytes(),
    );
    let body = format!("SELECT {}1{};\n", "(".repeat(20_000), ")".repeat(20_000));
    let many = "INSERT INTO customer VALUES (1);\n".repeat(20_000);
    project.write(
        "migrations/three.sql",
        GOOD.replace("aaaa00000001", "cccc00000003")
            .replace("[]", "[\"bbbb00000002\"]")
            .replace("CREATE TABLE", &format!("{body}{many}CREATE TABLE"))
            .as_bytes(),
    );
    for command in ["check", "upgrade", "bundle", "heads"] {
        let outcome = project.run(&[command]);
        assert!((0..=1).contains(&outcome.code), "{}", outcome.stderr);
        assert!(!outcome.stderr.contains("panicked"), "{}", outcome.stderr);
    }
    project.run(&["upgrade"]).success();
}

/// Texts that are longer than any column, line or name.
#[test]
fn long_words() {
    let long = "x".repeat(100_000);
    let project = project(
        GOOD.replace("Customers", &long)
            .replace("customer", &long)
            .as_bytes(),
    );
    for arguments in super::COMMANDS {
        let outcome = project.run(arguments);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    }
    let id = super::with("aaaa00000001", &long);
    super::refused(&id);
    let directive = super::with("--! downgrade", &format!("--! {long}"));
    super::refused(&directive);
}

#[test]
fn names_that_can_not_be_shown() {
    use std::os::unix::ffi::OsStrExt as _;
    for name in [
        &b"caf\xe9.sql"[..],
        b"a\nb.sql",
        b"a\x1b[2Jb.sql",
        "a\u{202e}lqs.sql".as_bytes(),
    ] {
        let project = project(GOOD.as_bytes());
        let path = project
            .path("migrations")
            .into_std_path_buf()
            .join(std::ffi::OsStr::from_bytes(name));
        if std::fs::write(&path, GOOD.replace("aaaa00000001", "bbbb00000002")).is_err() {
            // A disk that takes no such name needs no test of it.
            continue;
        }
        let told = refused(&project);
        assert!(told.contains("error[bad-file-name]"), "{told}");
        assert!(!told.contains(['\u{1b}', '\u{202e}']), "{told:?}");
    }
}
