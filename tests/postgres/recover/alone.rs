//! What the database decides: a statement that is refused in a transaction where its table is partitioned, and only there.

use super::{Cut, Holder, cut, killed_after_last};
use crate::postgres::made::{run, tree, upgrade, upgraded};
use crate::support::postgres::{Database, is_older_than};

const TABLES: &str = "CREATE TABLE t (x int);\nCREATE INDEX ti ON t (x);\n\
    CREATE TABLE p (x int) PARTITION BY LIST (x);\nCREATE INDEX pi ON p (x);\nCREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)";

/// Alone in its revision it runs bare, so it does not matter what the table is.
#[test]
fn alone_it_runs_on_whatever_there_is() {
    if is_older_than(14, "REINDEX of a partitioned table") {
        return;
    }
    for statement in [
        "REINDEX TABLE t",
        "REINDEX TABLE p",
        "REINDEX INDEX ti",
        "REINDEX INDEX pi",
        "CLUSTER t USING ti",
        "SET maintenance_work_mem = '2MB';\nCLUSTER p USING pi",
    ] {
        if statement.contains("CLUSTER p") && is_older_than(15, "CLUSTER of a partitioned table") {
            continue;
        }
        let project = tree(&[TABLES, statement]);
        let script = upgrade(&project, "");
        let database = Database::create();
        run(&database, &upgrade(&project, "rev1"));
        killed_after_last(&database, &script);
        run(&database, &script).quiet().stdout_has("done: 2 of 2");
        run(&database, &script).stdout_has("nothing to apply");
    }
}

/// Cut off where it waits for a reader, it is run again.
#[test]
fn a_rebuild_that_was_cut_off_is_repeated() {
    if is_older_than(14, "REINDEX of a partitioned table") {
        return;
    }
    let project = tree(&[TABLES, "REINDEX TABLE p"]);
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    let script = upgrade(&project, "");
    let holder = Holder::of(&database, "INSERT INTO p1 VALUES (1)");
    cut(&database, &script, "REINDEX TABLE", Cut::Terminated);
    drop(holder);
    run(&database, &script).quiet();
}

/// With others it stays atomic: on a plain table it works, on a partitioned one nothing of the revision is applied, and the
/// compiler said so.
#[test]
fn among_others_it_stays_in_their_transaction() {
    if is_older_than(14, "REINDEX of a partitioned table") {
        return;
    }
    let revision = |statement: &str| format!("CREATE TABLE u (x int);\n{statement}");
    let project = tree(&[TABLES, &revision("REINDEX TABLE t")]);
    project
        .run(&["upgrade"])
        .success()
        .stderr_has("warning[maybe-in-a-transaction]")
        .stderr_has("migrations/2.sql:6:1");
    upgraded(&project);
    let project = tree(&[TABLES, &revision("REINDEX TABLE p")]);
    let script = upgrade(&project, "");
    let database = Database::create();
    for _ in 0..2 {
        database
            .psql_stdin(&script, &[])
            .code(3)
            .stderr_has("REINDEX TABLE cannot run inside a transaction block");
        assert_eq!(database.query("SELECT to_regclass('u') IS NULL"), "t");
    }
    // His own transaction, of this statement alone, is no other.
    tree(&[TABLES, "BEGIN;\nREINDEX TABLE p;\nCOMMIT"])
        .run(&["upgrade"])
        .success()
        .stderr_has("warning[maybe-in-a-transaction]");
    // The author's way out.
    let pinned = format!(
        "--! upgrade {{ transaction = false }}\n{}",
        revision("REINDEX TABLE p")
    );
    run(&database, &upgrade(&tree(&[TABLES, &pinned]), "")).quiet();
    // And the author's word that it is a plain table.
    tree(&[
        TABLES,
        &format!(
            "--! allow = {{ maybe-in-a-transaction = \"a plain table\" }}\n--! upgrade\n{}",
            revision("REINDEX TABLE t")
        ),
    ])
    .run(&["upgrade"])
    .success()
    .quiet();
}
