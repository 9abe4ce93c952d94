//! A step that was begun, and is another one by now: what it left is named before anything else is done, and nothing is
//! recorded over it.

use super::{Cut, Holder, cut};
use crate::postgres::made::{configured, refuses, run, set, tree, upgrade};
use crate::postgres::plain::{plain, session};
use crate::support::postgres::{Database, is_older_than};

/// What is invalid, and what is on its way out.
const LEFT: &str = "SELECT (SELECT count(*) FROM pg_index WHERE NOT indisvalid) \
    + (SELECT count(*) FROM pg_inherits h WHERE (to_jsonb(h)->>'inhdetachpending')::boolean)";

/// Both flavours refuse with these statements; they clear it, and the script runs.
#[track_caller]
fn cleared_by(database: &Database, script: &str, plainly: &str, statements: &[&str]) {
    let says = format!(
        "HINT:  Run this first, then the script again:\n      {}\n",
        statements.join("\n      ")
    );
    refuses(database, script, &says);
    let refused = session::Session::open(database)
        .stop_at_errors(plainly)
        .expect_err("refuses too");
    assert!(says.contains(&refused.hint), "{refused:?}");
    for statement in statements {
        database.query(statement);
    }
    assert_eq!(database.query(LEFT), "0");
    run(database, script);
}

#[test]
fn an_invalid_index_is_named() {
    let table = "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (1)";
    let build = "CREATE UNIQUE INDEX CONCURRENTLY u ON t (a)";
    for instead in [
        "SELECT 1",
        "CREATE UNIQUE INDEX IF NOT EXISTS u ON t (a)",
        "CREATE UNIQUE INDEX CONCURRENTLY v ON t (a)",
        "SET statement_timeout = 0;\nCREATE UNIQUE INDEX CONCURRENTLY u ON t (a)",
    ] {
        for by_psql in [true, false] {
            let project = tree(&[table, build]);
            let database = Database::create();
            if by_psql {
                let outcome = database.psql_stdin(&upgrade(&project, ""), &[]);
                outcome.code(3).stderr_has("could not create unique index");
            } else {
                let script = plain(&project, "");
                let mut session = session::Session::open(&database);
                session.stop_at_errors(&script).expect_err("not unique");
            }
            database.query("DELETE FROM t");
            // An invalid index of somebody else is no matter of this script's.
            database.query("CREATE TABLE other AS SELECT 1 AS x FROM generate_series(1, 2)");
            let other = "CREATE UNIQUE INDEX CONCURRENTLY o ON other (x)";
            database
                .psql_stdin(other, &[])
                .stderr_has("could not create");
            set(&project, 2, instead);
            let (script, plainly) = (upgrade(&project, ""), plain(&project, ""));
            let drop = "DROP INDEX CONCURRENTLY public.u;";
            let says = format!("HINT:  Run this first, then the script again:\n      {drop}\n");
            refuses(&database, &script, &says);
            let refused = session::Session::open(&database)
                .stop_at_errors(&plainly)
                .expect_err("refuses too");
            assert!(says.contains(&refused.hint), "{refused:?}");
            database.query(drop);
            run(&database, &script);
            let rows =
                "SELECT state, steps::text ~ '[?!]' FROM signoff_revision WHERE revision = 'rev2'";
            assert_eq!(database.query(rows), "applied|f", "{instead}");
            assert_eq!(database.query(LEFT), "1", "{instead}");
        }
    }
}

/// With another setting before it, it is another step: what the first left has endings that name it.
#[test]
fn leftovers_of_a_reindex_are_named() {
    let project = tree(&[
        "CREATE TABLE t (a int PRIMARY KEY);\nCREATE INDEX ta ON t (a)",
        "REINDEX TABLE CONCURRENTLY t",
    ]);
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    let holder = Holder::of(&database, "SELECT * FROM t");
    cut(&database, &upgrade(&project, ""), "REINDEX", Cut::Cancelled);
    drop(holder);
    set(
        &project,
        2,
        "SET statement_timeout = 0;\nREINDEX TABLE CONCURRENTLY t",
    );
    let script = upgrade(&project, "");
    refuses(
        &database,
        &script,
        "HINT:  Run this first, then the script again:\n",
    );
    let refused = database.psql_stdin(&script, &[]);
    let drops = refused.stderr.lines().map(str::trim_start);
    let drops: Vec<&str> = drops
        .filter(|line| line.starts_with("DROP INDEX CONCURRENTLY "))
        .collect();
    assert_eq!(drops.len(), 2, "{drops:?}");
    for drop in drops {
        database.query(drop);
    }
    run(&database, &script);
    assert_eq!(database.query(LEFT), "0");
}

#[test]
fn a_pending_detach_is_named() {
    if is_older_than(14, "DETACH PARTITION CONCURRENTLY") {
        return;
    }
    let project = configured(
        "[target]\nserver = 14\n",
        &[
            "CREATE TABLE p (a int) PARTITION BY LIST (a);\nCREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);\nINSERT INTO p VALUES (1)",
            "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
        ],
    );
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    let holder = Holder::of(&database, "SELECT * FROM p");
    cut(
        &database,
        &upgrade(&project, ""),
        "ALTER TABLE p DETACH",
        Cut::Cancelled,
    );
    drop(holder);
    set(&project, 2, "SELECT 1");
    cleared_by(
        &database,
        &upgrade(&project, ""),
        &plain(&project, ""),
        &["ALTER TABLE public.p DETACH PARTITION public.p1 FINALIZE;"],
    );
}
