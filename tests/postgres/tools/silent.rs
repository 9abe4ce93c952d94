//! Without an event table: everything else is as it was.

use super::*;
use crate::postgres::made::{changes_nothing, same};

fn sample(events: &str) -> Project {
    Project::sample().env("SIGNOFF_VERSION_TABLE_EVENTS", events)
}

#[test]
fn everything_runs_without_an_event_table() {
    for flavour in ["psql", "plain"] {
        let (told, silent) = (sample("true"), sample("false"));
        let script = |project: &Project, words: &[&str]| {
            let outcome = project.run(&[words, &["--flavour", flavour]].concat());
            outcome.success().stdout.clone()
        };
        let (one, other) = (Database::create(), Database::create());
        let tables =
            "SELECT count(*) FROM pg_class WHERE relname LIKE 'signoff_event%' AND relkind = 'r'";
        for words in [
            &["upgrade", "base:0b2c"][..],
            &["upgrade"],
            &["upgrade"],
            &["downgrade", "head:2249"],
            &["upgrade"],
            &["stamp", "head:2249"],
            &["stamp", "--purge", "head"],
        ] {
            run(&one, &script(&told, words));
            run(&other, &script(&silent, words));
            same(&words.join(" "), &one.rows(), &other.rows());
            same(&words.join(" "), &one.state(), &other.state());
        }
        assert_eq!(one.query(tables), "1");
        assert_eq!(other.query(tables), "0");
    }
}

/// Looks, a rehearsal, and status.sql.
#[test]
fn looks_without_an_event_table() {
    let silent = sample("false");
    silent.run(&["bundle", "--out", "out"]).success();
    let read = |file: &str| {
        let files = silent.files("out");
        let path = files.iter().find(|path| path.ends_with(file));
        silent.read(&format!("out/{}", path.expect("the bundle has it")))
    };
    let database = Database::create();
    let until = silent
        .run(&["upgrade", "base:0b2c"])
        .success()
        .stdout
        .clone();
    run(&database, &until);
    for file in ["plan.sql", "status.sql"] {
        changes_nothing(&database, || {
            run(&database, &read(file));
        });
    }
    let before = database.state();
    let rehearsed = database.psql_stdin(&read("upgrade.sql"), &["-v", "dry_run=1"]);
    rehearsed
        .success()
        .stdout_has("signoff: rehearsed: ")
        .stdout_lacks("NONE");
    same("what it was", &before, &database.state());
}

/// A revision that ends its own transaction is seen all the same.
#[test]
fn a_transaction_that_ended_is_seen() {
    let file = "--! revision = \"a1b2c3\"\n--! revises = []\n--! message = \"sly\"\n--! created = 2025-01-01T00:00:00Z\n\n\
        --! upgrade\nCREATE TABLE t (id int);\n\n--! downgrade\nDROP TABLE t;\n";
    let project = Project::new()
        .file(
            "signoff.toml",
            "[project]\nname = \"sly\"\n[version_table]\nevents = false\n",
        )
        .file("migrations/a1.sql", file);
    let database = Database::create();
    run(&database, &project.run(&["upgrade"]).success().stdout);
    let back = project
        .run(&["downgrade", "head:base"])
        .success()
        .stdout
        .clone();
    // As if something in it had ended the transaction and begun another.
    let ended = back.replace("\nDROP TABLE t;\n", "\nDROP TABLE t;\nCOMMIT; BEGIN;\n");
    assert_ne!(back, ended);
    let refused = database.psql_stdin(&ended, &[]);
    refused.code(3).stderr_has("ended its transaction");
}
