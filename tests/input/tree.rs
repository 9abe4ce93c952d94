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
        &["V1_flyway.sql"],
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

/// What the tools of one file per migration refuse, and what no script can have of theirs.
#[test]
fn files_that_their_tools_refuse() {
    let mut told = String::new();
    for (layout, files) in [
        (
            "goose",
            &[
                (
                    "1_a.sql",
                    "-- +goose Up\n-- +goose ENVSUB ON\nCREATE SCHEMA ${APP};\n",
                ),
                ("2_b.go", "package migrations\n"),
                ("3_c.sql", "-- +goose Up\nSELECT 1\n"),
                ("4_d.sql", "-- +goose Up\n-- +goose Dwon\n"),
            ][..],
        ),
        ("dbmate", &[("1_a.sql", "-- migrate:up\nSELECT 1;\n")]),
        (
            "sql-migrate",
            &[("1.sql", "SELECT 0;\n-- +migrate Up\nSELECT 1;\n--done\n")],
        ),
        (
            "node-pg-migrate",
            &[
                ("1_a.js", "exports.up = 1\n"),
                ("2_b.sql", "SELECT 1;\n-- Down Migration\nSELECT 2;\n"),
            ],
        ),
        (
            "tern",
            &[
                ("1_a.sql", "CREATE TABLE {{.schema}}.t ();\n"),
                ("3_c.sql", "SELECT 3;\n"),
            ],
        ),
        (
            "graphile-migrate",
            &[
                (
                    "committed/000001.sql",
                    "--! Previous: -\n--! Hash: sha1:a\n\nSELECT ':USER', ':DATABASE_NAME';\n",
                ),
                (
                    "committed/000002.sql",
                    "--! Previous: sha1:x\n--! Hash: sha1:b\n\nSELECT 2;\n",
                ),
            ],
        ),
        (
            "refinery",
            &[
                ("V1.2__a.sql", "SELECT 1;\n"),
                ("V3__c.rs", "pub fn migration() {}\n"),
            ],
        ),
    ] {
        let project = Project::new();
        for (path, text) in files {
            project.write(&format!("db/{path}"), text.as_bytes());
        }
        let place = ["--path", "db", "--layout", layout];
        told += &session(&project, &[&[&["check"][..], &place].concat()]);
        assert_ne!(
            project.run(&[&["upgrade"][..], &place].concat()).code,
            0,
            "{layout}"
        );
    }
    assert_snapshot!(told);
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
