//! Squashes: a database that has what was squashed, one that has the squash and one that has neither end the same.

use super::made::{changes_nothing, downgrade, refuses, same, tree, upgrade};
use super::plain::{plain, plain_down};
use crate::support::outcome::Outcome;
use crate::support::postgres::Database;
use crate::support::project::Project;

const EVENTS: &str = "SELECT coalesce(string_agg(event || ' ' || revision, ', ' ORDER BY id), '') FROM signoff_event";

/// Runs a script of either flavour that must succeed.
#[track_caller]
fn run(database: &Database, script: &str) -> Outcome {
    database
        .psql_stdin(script, &["-v", "ON_ERROR_STOP=1"])
        .success()
        .clone()
}

fn table(name: &str) -> String {
    format!(
        "--! upgrade\nCREATE TABLE {name} (x int);\nINSERT INTO {name} VALUES (1);\n\n--! downgrade\nDROP TABLE {name};\n"
    )
}

/// `rev1` to `rev5`; what is squashed in these tests is `rev2` to `rev4`.
fn five() -> Project {
    tree(&[
        &table("a"),
        &table("b"),
        "--! upgrade\nALTER TABLE b ADD COLUMN y int DEFAULT 7\n-- no semicolon\n\n--! downgrade\nALTER TABLE b DROP COLUMN y",
        &table("d"),
        &table("e"),
    ])
    .env("SOURCE_DATE_EPOCH", "1767102933")
}

fn squash(project: &Project, range: &str, id: &str) {
    project
        .run(&["squash", range, "-m", "Squashed", "--rev-id", id])
        .success();
}

/// The same tree by the script of either flavour, to its head.
const FLAVOURS: [fn(&Project, &str) -> String; 2] = [upgrade, plain];

/// Databases of the tree as it is now, one in each of these states; "" is one that has nothing.
fn databases<const N: usize>(project: &Project, states: [&str; N]) -> [(String, Database); N] {
    states.map(|state| {
        let database = Database::create();
        if !state.is_empty() {
            run(&database, &upgrade(project, state));
        }
        (state.to_owned(), database)
    })
}

/// The law: the same schema, the same rows, the same record.
#[test]
fn every_start_ends_the_same() {
    for flavour in FLAVOURS {
        let project = five();
        let old = databases(&project, ["", "rev1", "rev4", "rev5"]);
        squash(&project, "rev1:rev4", "squashed");
        let script = flavour(&project, "");
        let new = Database::create();
        run(&new, &upgrade(&project, "squashed"));
        run(&new, &script);
        for (state, database) in &old {
            run(database, &script);
            same(state, &new.state(), &database.state());
            assert_eq!(new.rows(), database.rows(), "from {state}");
            // And again: nothing.
            changes_nothing(database, || {
                run(database, &script).stdout_has("nothing to apply");
            });
        }
        let (_, database) = &old[3];
        assert_eq!(
            database.query(&EVENTS.replace(
                "FROM signoff_event",
                "FROM signoff_event WHERE event LIKE '%stamped'"
            )),
            "unstamped rev2, unstamped rev3, unstamped rev4, stamped squashed"
        );
    }
}

/// What is there in part is told, with what to do.
#[test]
fn status_tells_of_a_part() {
    let project = five();
    let [(_, database)] = databases(&project, ["rev3"]);
    squash(&project, "rev1:rev4", "squashed");
    for words in [
        &["bundle"][..],
        &["bundle", "--flavour", "plain", "--out", "plain"],
    ] {
        let folder = project.run(words).success().stdout.clone();
        let folder = folder.split_whitespace().nth(1).expect("a folder");
        run(&database, &project.read(&format!("{folder}/status.sql")))
            .stdout_has("not applied  squashed  Squashed  (of what it replaces there is rev2, rev3; not there, not done or another text: rev4)")
            .stdout_has("next: the scripts of this release refuse here");
    }
}

/// What a script says on a database that has the old ones, and that reading it changes nothing.
#[test]
fn it_says_what_it_does() {
    let project = five();
    let [(_, database)] = databases(&project, ["rev5"]);
    squash(&project, "rev1:rev4", "squashed");
    let says = "signoff: squashed is here as what it replaces (rev2, rev3, rev4): it is recorded in their place, and nothing of it runs";
    for words in [
        &["bundle"][..],
        &["bundle", "--flavour", "plain", "--out", "plain"],
    ] {
        let folder = project.run(words).success().stdout.clone();
        let folder = folder
            .split_whitespace()
            .nth(1)
            .expect("a folder")
            .to_owned();
        let head = project.read(&format!("{folder}/upgrade.sql"));
        assert!(
            head.contains("-- squashed replaces\n--   rev2\n--   rev3\n--   rev4\n"),
            "{head}"
        );
        let book = project.read(&format!("{folder}/README.md"));
        assert!(
            book.contains("squashed replaces rev2, rev3, rev4. "),
            "{book}"
        );
        changes_nothing(&database, || {
            run(&database, &project.read(&format!("{folder}/plan.sql"))).stdout_has(says);
            run(&database, &project.read(&format!("{folder}/status.sql")))
                .stdout_has("3 of 3 revisions")
                .stdout_has("squashed  Squashed  (as what it replaces: rev2, rev3, rev4)")
                .stdout_has("next: nothing")
                .stdout_lacks("(as what it replaces: )");
        });
    }
    let before = (database.state(), database.rows(), database.query(EVENTS));
    let script = upgrade(&project, "");
    database
        .psql_stdin(&script, &["-v", "dry_run=1"])
        .success()
        .stdout_has(says);
    let after = (database.state(), database.rows(), database.query(EVENTS));
    assert_eq!(before, after, "a rehearsal");
    run(&database, &upgrade(&project, "")).stdout_has(says);
}

/// A part of them is neither the one nor the other.
#[test]
fn a_part_of_them_is_refused() {
    for flavour in FLAVOURS {
        let project = five();
        let old = databases(&project, ["rev2", "rev3"]);
        let rest = upgrade(&project, "rev4");
        squash(&project, "rev1:rev4", "squashed");
        let script = flavour(&project, "");
        for (_, database) in &old {
            changes_nothing(database, || {
                database
                    .psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"])
                    .code(3)
                    .stderr_has(
                        "signoff: refused: revision squashed replaces several, of which rev2",
                    )
                    .stderr_has("with the release of before they were squashed");
            });
            // The way out that it names.
            run(database, &rest);
            run(database, &script);
            assert_eq!(database.query("SELECT count(*) FROM signoff_revision"), "3");
        }
    }
}

#[test]
fn another_text_of_what_was_squashed() {
    let project = five();
    let [(_, database)] = databases(&project, ["rev4"]);
    squash(&project, "rev1:rev4", "squashed");
    database.query(
        "UPDATE signoff_revision SET up = 'sha256:0', up1 = 'sha256:0' WHERE revision = 'rev3'",
    );
    refuses(
        &database,
        &upgrade(&project, ""),
        "signoff: refused: revision rev3, which squashed replaces by now, was applied here with another text",
    );
    database.query("UPDATE signoff_revision SET state = 'upgrading' WHERE revision = 'rev3'");
    refuses(
        &database,
        &upgrade(&project, ""),
        "signoff: refused: revision rev3, which squashed replaces by now, is half-done here",
    );
}

/// The way back goes over the squash, whatever the database has in its place.
#[test]
fn the_way_back() {
    for down in [downgrade, plain_down] {
        let project = five();
        let old = databases(&project, ["rev1", "rev5"]);
        let (_, one) = &old[0];
        let (_, five) = &old[1];
        squash(&project, "rev1:rev4", "squashed");
        run(five, &down(&project, "head:rev1"));
        same("rev1", &one.state(), &five.state());
        assert_eq!(one.rows(), five.rows());
    }
}

/// A range that begins above it, as the next release does.
#[test]
fn a_release_that_starts_after_it() {
    for flavour in FLAVOURS {
        let project = five();
        let [(_, database)] = databases(&project, ["rev4"]);
        squash(&project, "rev1:rev4", "squashed");
        run(&database, &flavour(&project, "squashed:"));
        assert_eq!(
            database.query("SELECT string_agg(revision || ' ' || parents::text, ', ' ORDER BY revision) FROM signoff_revision"),
            "rev1 {}, rev5 {squashed}, squashed {rev1}"
        );
    }
}

/// A squash of a squash: a database may be at any of the three.
#[test]
fn squashed_again() {
    for flavour in FLAVOURS {
        let project = five();
        let old = databases(&project, ["", "rev4", "rev5"]);
        let part = databases(&project, ["rev3"]);
        squash(&project, "rev1:rev3", "once");
        let after = databases(&project, ["rev4", "rev5"]);
        squash(&project, "base:rev4", "twice");
        let script = flavour(&project, "");
        let new = Database::create();
        run(&new, &script);
        for (state, database) in old.iter().chain(&after) {
            run(database, &script);
            same(state, &new.state(), &database.state());
            assert_eq!(new.rows(), database.rows(), "from {state}");
        }
        let (_, part) = &part[0];
        changes_nothing(part, || {
            part.psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"])
                .code(3)
                .stderr_has("revision twice replaces several, of which rev1, rev2, rev3 is applied here and rev4 is not");
        });
    }
}

/// Squashed or one after the other: the same, whatever a revision leaves behind or holds back to its end.
#[track_caller]
fn same_as_one_by_one(revisions: &[&str]) {
    for flavour in FLAVOURS {
        let project = tree(revisions).env("SOURCE_DATE_EPOCH", "1767102933");
        let last = format!("rev{}", revisions.len());
        let [(_, old), (_, new)] = databases(&project, [&last, ""]);
        squash(&project, &format!("base:{last}"), "squashed");
        let script = flavour(&project, "");
        for database in [&old, &new] {
            run(database, &script);
        }
        same("one by one", &old.state(), &new.state());
    }
}

#[test]
fn what_a_revision_leaves_behind() {
    same_as_one_by_one(&[
        "CREATE SCHEMA s1; DO $$ BEGIN SET search_path = s1; END $$",
        "CREATE TABLE users (x int)",
        "CREATE FUNCTION prep() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', 's1', false); END $$; \
         SELECT prep()",
        "CREATE TABLE more (x int); SET search_path = s1",
        "CREATE TABLE other (x int)",
    ]);
    same_as_one_by_one(&[
        "CREATE TABLE t (x int); SET LOCAL search_path = nowhere, public; SELECT set_config('lock_timeout', '1ms', false)",
        "ALTER TABLE t ADD COLUMN y int",
        "BEGIN; INSERT INTO t VALUES (1, 2); COMMIT",
        "INSERT INTO t VALUES (2, 2)",
    ]);
}

/// By psql only: no client but psql takes a temporary table away between revisions.
#[test]
fn a_temporary_table_is_gone_for_the_next() {
    let project = tree(&[
        "CREATE TABLE t (x int); INSERT INTO t VALUES (1); DO $$ BEGIN CREATE TEMP TABLE t AS SELECT 99 AS x; END $$",
        "ALTER TABLE t ADD COLUMN y int; INSERT INTO t VALUES (2, 2)",
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; INSERT INTO t VALUES (3, 3)",
        "BEGIN ISOLATION LEVEL SERIALIZABLE; INSERT INTO t VALUES (1, 2); COMMIT",
    ])
    .env("SOURCE_DATE_EPOCH", "1767102933");
    let [(_, old), (_, new)] = databases(&project, ["rev4", ""]);
    squash(&project, "base:rev4", "squashed");
    run(&new, &upgrade(&project, ""));
    same("one by one", &old.state(), &new.state());
}

/// What a deferred constraint holds back to the end of each revision, and what can't run in a transaction.
#[test]
fn steps_and_deferred_constraints() {
    let project = tree(&[
        "CREATE TABLE a (id int PRIMARY KEY, next int); \
         ALTER TABLE a ADD FOREIGN KEY (next) REFERENCES a DEFERRABLE INITIALLY DEFERRED",
        "INSERT INTO a VALUES (1, 2); INSERT INTO a VALUES (2, 1)",
        "ALTER TABLE a ADD COLUMN note text",
        "CREATE INDEX CONCURRENTLY a_note ON a (note)",
        "INSERT INTO a VALUES (3, 4); INSERT INTO a VALUES (4, 3)",
    ])
    .env("SOURCE_DATE_EPOCH", "1767102933");
    let old = databases(&project, ["", "rev5"]);
    squash(&project, "base:rev5", "squashed");
    let script = upgrade(&project, "");
    for (_, database) in &old {
        run(database, &script);
    }
    same("the old tree", &old[1].1.state(), &old[0].1.state());
    assert_eq!(old[1].1.rows(), old[0].1.rows());
    // It stops between its steps, and goes on there.
    let stopped = Database::create();
    let half = script.replace(
        "CREATE INDEX CONCURRENTLY a_note ON a (note)",
        "CREATE INDEX CONCURRENTLY a_note ON nowhere (note)",
    );
    stopped.psql_stdin(&half, &[]).code(3);
    run(&stopped, &script);
    same("the old tree", &old[1].1.state(), &stopped.state());
}

/// An event table that was made before anything could be forgotten.
#[test]
fn an_older_event_table_learns_the_word() {
    for flavour in FLAVOURS {
        let project = five();
        let [(_, one), (_, two)] = databases(&project, ["rev5", "rev5"]);
        for database in [&one, &two] {
            database.query(
                "ALTER TABLE signoff_event DROP CONSTRAINT signoff_event_event_check, ADD CONSTRAINT signoff_event_event_check \
                 CHECK (event IN ('started', 'applied', 'reverting', 'reverted', 'stamped'))",
            );
        }
        squash(&project, "rev1:rev4", "squashed");
        run(&one, &flavour(&project, ""));
        let stamp = project.run(&["stamp", "head:base"]);
        run(&two, &stamp.success().stdout);
        assert_eq!(two.query("SELECT count(*) FROM signoff_revision"), "0");
    }
}

/// The sample tree, with its merge, its rows of a file and its views.
#[test]
fn the_sample_tree() {
    for flavour in FLAVOURS {
        let project = Project::sample();
        let old = databases(&project, ["", "0b2c", "head"]);
        squash(&project, "base:0b2c", "release1");
        let script = flavour(&project, "");
        let mut ends = Vec::new();
        for (state, database) in &old {
            run(database, &script);
            ends.push((state, database.state(), database.rows()));
        }
        for (state, schema, rows) in &ends[1..] {
            same(state, &ends[0].1, schema);
            assert_eq!(&ends[0].2, rows, "from {state}");
        }
    }
}

/// A receipt of before tells of the squash; a stamp starts from it.
#[test]
fn receipts_and_stamps_know_it() {
    let project = five();
    let old = databases(&project, ["rev3", "rev4"]);
    let [half, whole] = [&old[0].1, &old[1].1];
    for (name, database) in [("half.json", half), ("whole.json", whole)] {
        let folder = project.run(&["bundle"]).success().stdout.clone();
        let folder = folder.split_whitespace().nth(1).expect("a folder");
        let status = run(database, &project.read(&format!("{folder}/status.sql"))).stdout;
        project.write(name, status.as_bytes());
    }
    squash(&project, "rev1:rev4", "squashed");
    project
        .run(&["current", "--receipt", "whole.json"])
        .success()
        .stdout_has("squashed");
    let script = project.run(&["upgrade", "current:head", "--receipt", "whole.json"]);
    run(whole, &script.success().stdout).stdout_has("1 of 1 to apply here");
    project
        .run(&["current", "--receipt", "half.json"])
        .code(2)
        .stderr_has(
            "squashed was squashed from several, of which rev2, rev3 is applied and rev4 is not",
        );
    // Both flavours; and purging asks nothing of what is there.
    let ids = "SELECT string_agg(revision, ' ' ORDER BY revision) FROM signoff_revision";
    for flavour in ["psql", "plain"] {
        let project = five();
        let [(_, whole), (_, half)] = databases(&project, ["rev4", "rev3"]);
        squash(&project, "rev1:rev4", "squashed");
        let stamp = |words: &[&str]| {
            let words = [&["stamp", "--flavour", flavour], words].concat();
            project.run(&words).success().stdout.clone()
        };
        run(&whole, &stamp(&["squashed:head"]));
        assert_eq!(whole.query(ids), "rev1 rev5 squashed");
        run(&half, &stamp(&["--purge", "squashed"]));
        assert_eq!(half.query(ids), "rev1 squashed");
    }
}
