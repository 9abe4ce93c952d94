//! REINDEX CONCURRENTLY: what a run that was cut off leaves is dropped, and nothing else.

use super::{Cut, Holder, cut, killed_after_last, run_after};
use crate::postgres::made::{changes_nothing, configured, run, tree, upgrade};
use crate::support::outcome;
use crate::support::postgres::{Database, is_older_than};
use crate::support::project::Project;

/// Every index but those of our own tables, and whether it is valid.
const SHAPE: &str = "SELECT string_agg(regexp_replace(c.relname, '_[0-9]+_', '_N_') || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END, ', ' ORDER BY c.relname COLLATE \"C\") \
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid LEFT JOIN pg_class o ON o.reltoastrelid = t.oid \
    WHERE (c.relnamespace = 'public'::regnamespace OR o.relnamespace = 'public'::regnamespace) AND t.relname NOT LIKE 'signoff%' AND coalesce(o.relname, '') NOT LIKE 'signoff%'";

const TABLES: &str = "CREATE TABLE t (x int, y text);\nCREATE INDEX a ON t (x);\nCREATE UNIQUE INDEX b ON t (x, y);\n\
    INSERT INTO t VALUES (1, 'one');\nCREATE TABLE u (x int PRIMARY KEY)";

/// A database at rev1.
#[track_caller]
fn before(project: &Project) -> Database {
    let database = Database::create();
    run(&database, &upgrade(project, "rev1"));
    database
}

/// Nothing is left that is invalid, except for these.
#[track_caller]
fn leaves(database: &Database, left: &str) {
    assert_eq!(
        database.query("SELECT coalesce(string_agg(indexrelid::regclass::text, ', '), '') FROM pg_index WHERE NOT indisvalid"),
        left
    );
}

/// A writer holds it before the build, a reader after the swap: then the old one is left over.
#[test]
fn what_is_left_of_a_rebuild_is_dropped() {
    for (statement, words) in [
        ("REINDEX INDEX CONCURRENTLY a", "REINDEX INDEX"),
        ("REINDEX TABLE CONCURRENTLY public.t", "REINDEX TABLE"),
        ("reindex (verbose)\n  table concurrently T", "reindex"),
        ("REINDEX SCHEMA CONCURRENTLY public", "REINDEX SCHEMA"),
    ] {
        let project = tree(&[TABLES, statement]);
        let script = upgrade(&project, "");
        for (held, ending) in [
            ("INSERT INTO t VALUES (2, 'two')", "a_ccnew (invalid)"),
            ("SELECT FROM t", "a_ccold (invalid)"),
        ] {
            for how in [Cut::Cancelled, Cut::Terminated] {
                let database = before(&project);
                let shape = database.query(SHAPE);
                let holder = Holder::of(&database, held);
                cut(&database, &script, words, how);
                assert!(database.query(SHAPE).contains(ending), "{statement}");
                // Twice, so that the second run has something of the first to drop and something of its own to leave.
                let again = if ending.contains("ccold") {
                    drop(holder);
                    run(&database, &script)
                } else {
                    cut(&database, &script, "DROP INDEX", how);
                    run_after(&database, &script, "DROP INDEX", holder)
                };
                again.success().stdout_has("done: 2 of 2");
                leaves(&database, "");
                assert_eq!(database.query(SHAPE), shape, "{statement}");
                changes_nothing(&database, || {
                    run(&database, &script).stdout_has("nothing to apply");
                });
            }
        }
    }
}

/// REINDEX DATABASE needs the database's name, so the script is made for this one.
#[test]
fn a_whole_database_is_rebuilt() {
    let database = Database::create();
    let project = tree(&[
        TABLES,
        &format!("REINDEX DATABASE CONCURRENTLY {}", database.name()),
    ]);
    run(&database, &upgrade(&project, "rev1"));
    let (script, shape) = (upgrade(&project, ""), database.query(SHAPE));
    let holder = Holder::of(&database, "INSERT INTO t VALUES (2, 'two')");
    cut(&database, &script, "REINDEX DATABASE", Cut::Terminated);
    assert_ne!(database.query(SHAPE), shape);
    drop(holder);
    run(&database, &script);
    leaves(&database, "");
    assert_eq!(database.query(SHAPE), shape);
}

/// What was left over before the step began is not its to drop, by whatever name.
#[test]
fn what_was_there_before_stays() {
    for statement in [
        "REINDEX INDEX CONCURRENTLY a",
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX SCHEMA CONCURRENTLY public",
    ] {
        let project = tree(&[TABLES, statement]);
        let database = before(&project);
        let script = upgrade(&project, "");
        database.query("INSERT INTO t VALUES (1, 'two')");
        database
            .psql_stdin("CREATE UNIQUE INDEX CONCURRENTLY a_ccnew ON t (x);", &[])
            .stderr_has("could not create unique index");
        leaves(&database, "a_ccnew");
        let oid = database.query("SELECT 'a_ccnew'::regclass::oid");
        let holder = Holder::of(&database, "INSERT INTO t VALUES (3, 'three')");
        for _ in 0..2 {
            let words = statement.split_at(13).0;
            let at = if database.query("SELECT to_regclass('a_ccnew1') IS NULL") == "t" {
                words
            } else {
                "DROP INDEX"
            };
            cut(&database, &script, at, Cut::Terminated);
            assert!(
                database
                    .query(SHAPE)
                    .contains("a_ccnew (invalid), a_ccnew1 (invalid)")
            );
        }
        drop(holder);
        run(&database, &script);
        leaves(&database, "a_ccnew");
        assert_eq!(database.query("SELECT 'a_ccnew'::regclass::oid"), oid);
    }
}

/// Other tables, other indexes of the same table, and valid ones are nobody's leftovers.
#[test]
fn other_indexes_are_not_touched() {
    let project = tree(&[TABLES, "REINDEX INDEX CONCURRENTLY a"]);
    let database = before(&project);
    let script = upgrade(&project, "");
    let holder = Holder::of(&database, "INSERT INTO t VALUES (2, 'two')");
    cut(&database, &script, "REINDEX INDEX", Cut::Terminated);
    drop(holder);
    // All of these after the step began.
    database.query("INSERT INTO u SELECT generate_series(1, 9)");
    for index in [
        "CREATE UNIQUE INDEX CONCURRENTLY a_ccnew1 ON u ((x / 2));",
        "CREATE UNIQUE INDEX CONCURRENTLY b_ccnew ON t ((1 / (x - 1)));",
        "CREATE UNIQUE INDEX CONCURRENTLY a_ccnewer ON t ((1 / (x - 1)));",
        "CREATE UNIQUE INDEX CONCURRENTLY ab_ccnew ON t ((1 / (x - 1)));",
    ] {
        database.psql_stdin(index, &[]).stderr_has("ERROR");
    }
    database.query("CREATE INDEX a_ccold ON t (y)");
    run(&database, &script);
    assert_eq!(
        database.query(SHAPE),
        "a, a_ccnew1 (invalid), a_ccnewer (invalid), a_ccold, ab_ccnew (invalid), b, b_ccnew (invalid), \
         pg_toast_N_index, u_pkey"
    );
}

/// What another session builds at this moment has the name of a leftover, and is none.
#[test]
fn what_somebody_is_building_is_not_dropped() {
    let project = tree(&[TABLES, "REINDEX INDEX CONCURRENTLY a"]);
    let database = before(&project);
    let (script, shape) = (upgrade(&project, ""), database.query(SHAPE));
    super::killed_before(&database, &script, "REINDEX INDEX");
    let holder = Holder::of(&database, "INSERT INTO t VALUES (2, 'two')");
    std::thread::scope(|scope| {
        let other = scope.spawn(|| database.psql_stdin("REINDEX TABLE CONCURRENTLY t;", &[]));
        let building = "SELECT min(index_relid::oid::text) FROM pg_stat_progress_create_index WHERE datname = current_database()";
        super::wait_for(&database, building);
        let oid = database.query("SELECT 'a_ccnew'::regclass::oid");
        // It is the REINDEX that waits for the table, and no DROP INDEX.
        cut(&database, &script, "REINDEX INDEX", Cut::Cancelled);
        assert_eq!(database.query("SELECT 'a_ccnew'::regclass::oid"), oid);
        drop(holder);
        other.join().expect("psql does not panic").success().quiet();
    });
    run(&database, &script).quiet();
    leaves(&database, "");
    assert_eq!(database.query(SHAPE), shape);
}

/// A name of 63 bytes has no room for `_ccnew`.
#[test]
fn names_are_cut_as_the_server_cuts_them() {
    for name in [
        "n".repeat(63),
        "n".repeat(58),
        "é".repeat(31),
        format!("o{}", "é".repeat(31)),
    ] {
        let project = tree(&[
            &format!("CREATE TABLE t (x int);\nCREATE INDEX \"{name}\" ON t (x)"),
            &format!("REINDEX INDEX CONCURRENTLY \"{name}\""),
        ]);
        let database = before(&project);
        let (script, shape) = (upgrade(&project, ""), database.query(SHAPE));
        let holder = Holder::of(&database, "INSERT INTO t VALUES (1)");
        cut(&database, &script, "REINDEX INDEX", Cut::Cancelled);
        assert_ne!(database.query(SHAPE), shape);
        drop(holder);
        run(&database, &script);
        assert_eq!(database.query(SHAPE), shape, "{name}");
    }
}

/// Names that psql, a format or a literal could read otherwise.
#[test]
fn odd_names_are_names() {
    let (table, index) = ("\"T's :x\"", "\"%I \\ \"\"it\"\" :'x' $m$\"");
    for (statement, words) in [
        (
            format!("REINDEX INDEX CONCURRENTLY \"My S\".{index}"),
            "REINDEX INDEX",
        ),
        (
            format!("REINDEX TABLE CONCURRENTLY \"My S\".{table}"),
            "REINDEX TABLE",
        ),
        (
            "REINDEX SCHEMA CONCURRENTLY \"My S\"".to_owned(),
            "REINDEX SCHEMA",
        ),
    ] {
        let project = tree(&[
            &format!(
                "CREATE SCHEMA \"My S\";\nCREATE TABLE \"My S\".{table} (x int);\nCREATE INDEX {index} ON \"My S\".{table} (x)"
            ),
            &statement,
        ]);
        let database = before(&project);
        let script = upgrade(&project, "");
        let holder = Holder::of(
            &database,
            &format!("INSERT INTO \"My S\".{table} VALUES (1)"),
        );
        cut(&database, &script, words, Cut::Terminated);
        assert_eq!(
            database.query("SELECT count(*) FROM pg_index WHERE NOT indisvalid"),
            "1"
        );
        drop(holder);
        run(&database, &script).quiet();
        leaves(&database, "");
    }
}

/// The partitions are rebuilt one by one, each with its own leftovers.
#[test]
fn partitions_are_looked_at_too() {
    if is_older_than(14, "REINDEX of a partitioned table, and its options") {
        return;
    }
    for (statement, words) in [
        ("REINDEX INDEX CONCURRENTLY i", "REINDEX INDEX"),
        ("REINDEX TABLE CONCURRENTLY p", "REINDEX TABLE"),
    ] {
        let project = tree(&[
            "CREATE TABLE p (x int) PARTITION BY LIST (x);\nCREATE INDEX i ON p (x);\n\
             CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);\nCREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)",
            statement,
        ]);
        let database = before(&project);
        let (script, shape) = (upgrade(&project, ""), database.query(SHAPE));
        let holder = Holder::of(&database, "SELECT FROM p2");
        cut(&database, &script, words, Cut::Terminated);
        leaves(&database, "p2_x_idx_ccold");
        drop(holder);
        run(&database, &script).quiet();
        leaves(&database, "");
        assert_eq!(database.query(SHAPE), shape);
    }
}

/// The index of a TOAST table is out of reach for the owner of the table: that is said, and does not stop the script.
#[test]
fn what_the_owner_may_not_drop_is_told() {
    let project = tree(&[TABLES, "REINDEX TABLE CONCURRENTLY t"]);
    let database = Database::create();
    database.query("CREATE ROLE toast_owner LOGIN NOSUPERUSER");
    database.query(&format!(
        "ALTER DATABASE {} OWNER TO toast_owner",
        database.name()
    ));
    let as_owner = |script: &str| {
        let mut psql = database.psql_as("toast_owner");
        outcome::run(psql.args(["-X", "-f", "-"]), script)
    };
    as_owner(&upgrade(&project, "rev1")).success();
    let script = upgrade(&project, "");
    let holder = Holder::of(&database, "INSERT INTO t VALUES (2, 'two')");
    std::thread::scope(|scope| {
        let first = scope.spawn(|| as_owner(&script));
        super::wait_for(
            &database,
            "SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database()",
        );
        database.query("SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()");
        first.join().expect("psql does not panic").code(3);
    });
    drop(holder);
    as_owner(&script)
        .success()
        .stderr_has("signoff: an earlier run of this step left what toast_owner may not drop: pg_toast.pg_toast_")
        .stderr_has("A superuser can drop it with DROP INDEX CONCURRENTLY");
    assert_eq!(
        database.query(SHAPE),
        "a, b, pg_toast_N_index, pg_toast_N_index_ccnew (invalid), u_pkey"
    );
}

/// Killed between the statement and its record: it is run again, and nothing of it is left.
#[test]
fn a_rebuild_that_was_not_recorded_is_repeated() {
    let project = tree(&[TABLES, "REINDEX TABLE CONCURRENTLY t"]);
    let database = before(&project);
    let (script, shape) = (upgrade(&project, ""), database.query(SHAPE));
    killed_after_last(&database, &script);
    run(&database, &script).quiet();
    assert_eq!(database.query(SHAPE), shape);
}

/// On PostgreSQL 13 the word in parentheses is a syntax error.
#[test]
fn an_option_that_13_does_not_know_is_refused_when_compiling() {
    if is_older_than(14, "REINDEX of a partitioned table, and its options") {
        return;
    }
    let statement = "REINDEX (CONCURRENTLY) TABLE t";
    tree(&[TABLES, statement])
        .run(&["upgrade"])
        .code(1)
        .stderr_has("error[newer-than-server]")
        .stderr_has("needs PostgreSQL 14")
        .stderr_has("[target] server = 14");
    let project = configured("[target]\nserver = 14\n", &[TABLES, statement]);
    let database = before(&project);
    let holder = Holder::of(&database, "INSERT INTO t VALUES (2, 'two')");
    let script = upgrade(&project, "");
    cut(&database, &script, "REINDEX (CONC", Cut::Terminated);
    drop(holder);
    run(&database, &script).quiet();
    leaves(&database, "");
}
