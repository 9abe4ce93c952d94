//! DETACH PARTITION … CONCURRENTLY: what is pending is finalized, and what is attached anew is left alone.

use super::{Cut, Holder, cut, killed_after_last, killed_before};
use crate::postgres::made::{changes_nothing, configured, run, tree, upgrade};
use crate::support::postgres::{Database, is_older_than};
use crate::support::project::Project;

const TABLE: &str = "CREATE TABLE p (x int) PARTITION BY LIST (x);\nCREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);\n\
    CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);\nINSERT INTO p VALUES (1), (2)";
const WORDS: &str = "ALTER TABLE";
/// The partitions, and whether their detach is pending.
const SHAPE: &str = "SELECT coalesce(string_agg(inhrelid::regclass || CASE WHEN inhdetachpending THEN ' (pending)' ELSE '' END, ', ' ORDER BY inhrelid), '') \
    FROM pg_inherits WHERE inhparent = 'p'::regclass";

fn project(statement: &str) -> Project {
    configured("[target]\nserver = 14\n", &[TABLE, statement])
}

#[track_caller]
fn before(project: &Project) -> Database {
    let database = Database::create();
    run(&database, &upgrade(project, "rev1"));
    assert_eq!(database.query(SHAPE), "p1, p2");
    database
}

#[test]
fn a_partition_is_detached_once() {
    if is_older_than(14, "DETACH PARTITION CONCURRENTLY") {
        return;
    }
    let project = project("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY");
    let script = upgrade(&project, "");
    let database = before(&project);
    run(&database, &script).quiet();
    assert_eq!(database.query(SHAPE), "p2");
    assert_eq!(database.query("SELECT x FROM p1"), "1");
    changes_nothing(&database, || {
        run(&database, &script).stdout_has("nothing to apply");
    });
    let database = before(&project);
    killed_before(&database, &script, "ALTER TABLE p DETACH");
    run(&database, &script).quiet();
    assert_eq!(database.query(SHAPE), "p2");
    let database = before(&project);
    killed_after_last(&database, &script);
    assert_eq!(database.query(SHAPE), "p2");
    run(&database, &script).quiet();
}

/// A reader of the parent holds it after the first of its two transactions.
#[test]
fn a_detach_that_was_cut_off_is_finalized() {
    if is_older_than(14, "DETACH PARTITION CONCURRENTLY") {
        return;
    }
    for statement in [
        "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
        "SET search_path = public;\nalter table if exists\n  only P detach partition \"p1\" concurrently",
    ] {
        let project = project(statement);
        let script = upgrade(&project, "");
        for how in [Cut::Cancelled, Cut::Terminated] {
            let database = before(&project);
            let holder = Holder::of(&database, "SELECT FROM p");
            let words = if statement.contains(WORDS) {
                WORDS
            } else {
                "alter table"
            };
            cut(&database, &script, words, how);
            assert_eq!(database.query(SHAPE), "p1 (pending), p2");
            drop(holder);
            run(&database, &script).quiet().stdout_has("done: 2 of 2");
            assert_eq!(database.query(SHAPE), "p2");
            assert_eq!(database.query("SELECT x FROM p1"), "1");
        }
    }
}

/// Names that psql could read otherwise.
#[test]
fn odd_names_are_names() {
    if is_older_than(14, "DETACH PARTITION CONCURRENTLY") {
        return;
    }
    let (table, partition) = ("\"P's :x\"", "\"1 \\ \"\"st\"\" :'x' $m$\"");
    let project = configured(
        "[target]\nserver = 14\n",
        &[
            &format!(
                "CREATE TABLE {table} (x int) PARTITION BY LIST (x);\nCREATE TABLE {partition} PARTITION OF {table} FOR VALUES IN (1)"
            ),
            &format!("ALTER TABLE {table} DETACH PARTITION {partition} CONCURRENTLY"),
        ],
    );
    let script = upgrade(&project, "");
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    let holder = Holder::of(&database, &format!("SELECT FROM {table}"));
    cut(&database, &script, WORDS, Cut::Terminated);
    drop(holder);
    run(&database, &script).quiet();
    assert_eq!(database.query("SELECT count(*) FROM pg_inherits"), "0");
}

/// Finalizing waits for readers too, and may be cut off.
#[test]
fn a_finalize_that_was_cut_off_is_repeated() {
    if is_older_than(14, "DETACH PARTITION CONCURRENTLY") {
        return;
    }
    let project = project("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY");
    let script = upgrade(&project, "");
    let database = before(&project);
    let holder = Holder::of(&database, "SELECT FROM p");
    cut(&database, &script, WORDS, Cut::Terminated);
    drop(holder);
    let holder = Holder::of(&database, "SELECT FROM p1");
    cut(&database, &script, WORDS, Cut::Cancelled);
    assert_eq!(database.query(SHAPE), "p1 (pending), p2");
    drop(holder);
    run(&database, &script).quiet();
    assert_eq!(database.query(SHAPE), "p2");
}

/// One that somebody else left pending is what this step is about; another one of the same parent is not.
#[test]
fn what_somebody_else_left_pending() {
    if is_older_than(14, "DETACH PARTITION CONCURRENTLY") {
        return;
    }
    let pending = |database: &Database, partition: &str| {
        let holder = Holder::of(database, "SELECT FROM p");
        let statement = format!("ALTER TABLE p DETACH PARTITION {partition} CONCURRENTLY;\n");
        let script = format!("\\set ON_ERROR_STOP on\n{statement}");
        cut(database, &script, WORDS, Cut::Cancelled);
        drop(holder);
    };
    let project = project("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY");
    let script = upgrade(&project, "");
    let database = before(&project);
    pending(&database, "p1");
    run(&database, &script).quiet();
    assert_eq!(database.query(SHAPE), "p2");

    let database = before(&project);
    pending(&database, "p2");
    for _ in 0..2 {
        database
            .psql_stdin(&script, &[])
            .code(3)
            .stderr_has("partition \"p2\" already pending detach");
        assert_eq!(database.query(SHAPE), "p1, p2 (pending)");
    }
    database.query("ALTER TABLE p DETACH PARTITION p2 FINALIZE");
    run(&database, &script).quiet();
}

/// A table that is no partition is the server's to complain about, however often it is tried; so is one that is not there.
#[test]
fn what_is_not_attached_is_not_done() {
    if is_older_than(14, "DETACH PARTITION CONCURRENTLY") {
        return;
    }
    let project = project("ALTER TABLE p DETACH PARTITION p3 CONCURRENTLY");
    let script = upgrade(&project, "");
    let database = before(&project);
    for _ in 0..2 {
        database
            .psql_stdin(&script, &[])
            .code(3)
            .stderr_has("relation \"p3\" does not exist");
    }
    database.query("CREATE TABLE p3 (x int)");
    for _ in 0..2 {
        database
            .psql_stdin(&script, &[])
            .code(3)
            .stderr_has("relation \"p3\" is not a partition of relation \"p\"");
    }
    database.query("ALTER TABLE p ATTACH PARTITION p3 FOR VALUES IN (3)");
    run(&database, &script).quiet();
    assert_eq!(database.query(SHAPE), "p1, p2");
}

/// It was detached, and not recorded; somebody attached another table of that name meanwhile.
#[test]
fn another_partition_of_that_name_stays() {
    if is_older_than(14, "DETACH PARTITION CONCURRENTLY") {
        return;
    }
    let project = project("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY");
    let script = upgrade(&project, "");
    let database = before(&project);
    killed_after_last(&database, &script);
    database.query("ALTER TABLE p1 RENAME TO p0");
    database.query("CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)");
    run(&database, &script).quiet();
    assert_eq!(database.query(SHAPE), "p2, p1");
}

/// PostgreSQL 13 has no such statement, and nobody said that there is no such server.
#[test]
fn on_13_it_is_refused_when_compiling() {
    tree(&[TABLE, "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY"])
        .run(&["upgrade"])
        .code(1)
        .stderr_has("error[newer-than-server]")
        .stderr_has("migrations/2.sql:5:1")
        .stderr_has("[target] server = 14");
}
