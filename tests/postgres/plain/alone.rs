//! What runs outside a transaction stands alone: harmless when it is sent again, or refused by the compiler.

use super::super::made::{changes_nothing, run as psql, same, set, tree, upgrade};
use super::session::{Session, run};
use super::{plain, plain_down};
use crate::support::postgres::Database;

/// An index that can't be built, then the data is mended.
#[test]
fn a_build_that_fails_is_taken_up_again() {
    let project = tree(&[
        "CREATE TABLE a (a int);\nINSERT INTO a VALUES (1), (1)",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON a (a);\nCOMMENT ON INDEX i IS 'unique'",
    ]);
    let script = plain(&project, "");
    let database = Database::create();
    let mut session = Session::open(&database);
    let refused = session.stop_at_errors(&script).expect_err("fails");
    assert_eq!(refused.code, "23505");
    for _ in 0..2 {
        let refused = session.stop_at_errors(&script).expect_err("refuses");
        assert_eq!(
            (refused.code.as_str(), refused.hint.as_str()),
            (
                "SO005",
                "Run this first: DROP INDEX CONCURRENTLY public.i; then run the whole script again."
            )
        );
    }
    drop(session);
    // The other flavour drops what is left over, and fails as long as the rows are there.
    database
        .psql_stdin(&upgrade(&project, ""), &[])
        .code(3)
        .stderr_has("could not create unique index");
    database.query("DELETE FROM a WHERE ctid IN (SELECT ctid FROM a LIMIT 1)");
    database.query("DROP INDEX CONCURRENTLY public.i");
    run(&database, &script);
    let whole = Database::create();
    psql(&whole, &upgrade(&project, "base:rev1"));
    whole.query("DELETE FROM a WHERE ctid IN (SELECT ctid FROM a LIMIT 1)");
    psql(&whole, &upgrade(&project, ""));
    same("psql", &whole.state(), &database.state());
    same("psql", &whole.rows(), &database.rows());
}

/// IF NOT EXISTS is put in, and an index of that name is no success all the same.
#[test]
fn an_index_that_was_there_before_is_not_taken_for_ours() {
    for there in ["CREATE INDEX i ON a (b)", "CREATE INDEX i ON a (a)"] {
        let project = tree(&[
            "CREATE TABLE a (a int, b int)",
            "CREATE INDEX CONCURRENTLY i ON a (a)",
        ]);
        let database = Database::create();
        run(&database, &plain(&project, "base:rev1"));
        database.query(there);
        let mut session = Session::open(&database);
        let refused = session
            .stop_at_errors(&plain(&project, ""))
            .expect_err("refuses");
        assert_eq!(
            (refused.code.as_str(), refused.message.as_str()),
            ("42P07", "relation \"i\" already exists")
        );
        session.send("DROP INDEX i").expect("dropped");
        session.stop_at_errors(&plain(&project, "")).expect("runs");
    }
    // The author's own IF NOT EXISTS means what it says, as far as the index is the one.
    for (there, well) in [
        ("CREATE INDEX i ON a (b)", false),
        ("CREATE INDEX i ON a (a)", true),
    ] {
        let text = "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON a (a)";
        let project = tree(&["CREATE TABLE a (a int, b int)", text]);
        let script = plain(&project, "");
        assert!(!script.contains("is put in"));
        for flavour in ["plain", "psql"] {
            let database = Database::create();
            run(&database, &plain(&project, "base:rev1"));
            database.query(there);
            let done = if flavour == "plain" {
                Session::open(&database).stop_at_errors(&script).is_ok()
            } else {
                database.psql_stdin(&upgrade(&project, ""), &[]).code == 0
            };
            assert_eq!(done, well, "{flavour}: {there}");
        }
    }
}

/// What was done here and changed since is not done again: the server refuses the statement.
#[test]
fn what_is_gone_since_does_not_come_back() {
    let project = tree(&[
        "--! upgrade\nCREATE TABLE a (a int);\nCREATE INDEX j ON a (a);\n--! downgrade\nDROP TABLE a;\n",
        "--! upgrade\nCREATE INDEX CONCURRENTLY i ON a (a);\n--! downgrade\nDROP INDEX CONCURRENTLY i;\n",
        "--! upgrade\nDROP INDEX CONCURRENTLY j;\n--! downgrade\nCREATE INDEX CONCURRENTLY j ON a (a);\n",
    ]);
    let database = Database::create();
    let script = plain(&project, "");
    run(&database, &script);
    for change in [
        "DROP INDEX i",
        "CREATE INDEX i ON a (a); CREATE INDEX j ON a (a)",
    ] {
        database.query(change);
        changes_nothing(&database, || {
            let mut session = Session::open(&database);
            let refused = session.stop_at_errors(&script).expect_err("refused");
            assert_eq!(refused.code, "25006", "{change}");
            assert!(
                session
                    .notices()
                    .iter()
                    .any(|notice| notice.contains("the next statement is refused"))
            );
        });
        changes_nothing(&database, || {
            Session::open(&database).go_on(&script);
        });
    }
    // A downgrade is not stopped by it.
    database.query("DROP INDEX j");
    run(&database, &plain_down(&project, "rev3:rev1"));
    assert_eq!(
        database.query("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relname IN ('i', 'j')"),
        "j"
    );
}

/// DROP INDEX CONCURRENTLY: what is not there is an error, as it would be without IF EXISTS.
#[test]
fn an_index_to_drop_that_is_not_there() {
    let project = tree(&["CREATE TABLE a (a int)", "DROP INDEX CONCURRENTLY gone"]);
    let database = Database::create();
    let mut session = Session::open(&database);
    let refused = session
        .stop_at_errors(&plain(&project, ""))
        .expect_err("refuses");
    assert_eq!(refused.code, "42704");
    set(&project, 2, "DROP INDEX CONCURRENTLY IF EXISTS gone");
    session.stop_at_errors(&plain(&project, "")).expect("runs");
}

/// An index that was dropped by a step is not looked for by its name again.
#[test]
fn an_index_of_the_same_name_is_not_dropped_in_its_place() {
    let project = tree(&[
        "CREATE TABLE a (a int);\nCREATE INDEX i ON a (a)",
        "DROP INDEX CONCURRENTLY i",
    ]);
    let script = plain(&project, "");
    let database = Database::create();
    let mut session = Session::open(&database);
    for statement in super::session::statements(&script) {
        session.send(statement).expect("runs");
        if statement.contains("DROP INDEX CONCURRENTLY IF EXISTS i") {
            break;
        }
    }
    drop(session);
    database.query("CREATE INDEX i ON a (a)");
    let refused = Session::open(&database)
        .stop_at_errors(&script)
        .expect_err("refuses");
    assert_eq!(refused.code, "SO005");
    assert!(refused.message.contains("there is another of its name now"));
    database.query("ALTER INDEX i RENAME TO other");
    run(&database, &script);
    assert_eq!(
        database.query("SELECT to_regclass('other') IS NOT NULL"),
        "t"
    );
}

#[test]
fn vacuum_may_be_sent_again() {
    let project = tree(&[
        "CREATE TABLE a (a int)",
        "VACUUM (ANALYZE) a;\nCREATE TABLE b (a int)",
    ]);
    let script = plain(&project, "");
    assert!(script.contains("VACUUM is not refused"));
    let database = Database::create();
    run(&database, &script);
    changes_nothing(&database, || {
        run(&database, &script);
    });
    let whole = Database::create();
    psql(&whole, &upgrade(&project, ""));
    same("psql", &whole.rows(), &database.rows());
}

/// Each with its place, its reason, and what to do.
#[test]
fn what_can_not_be_sent_so_is_refused_by_the_compiler() {
    for (text, says) in [
        ("VACUUM FULL a", "VACUUM FULL outside a transaction"),
        (
            "ALTER SYSTEM SET work_mem = '5MB'",
            "ALTER SYSTEM outside a transaction",
        ),
        (
            "--! upgrade { transaction = false }\nREINDEX TABLE a;\n",
            "REINDEX TABLE outside a transaction",
        ),
        (
            "REINDEX SCHEMA public",
            "outside a transaction, in a script for clients that are not psql",
        ),
        (
            "SELECT 1 AS x INTO b",
            "SELECT … INTO can't run inside a DO block",
        ),
        (
            "PREPARE p AS SELECT 1",
            "PREPARE in a script for clients that are not psql",
        ),
        ("LISTEN news", "LISTEN in a script"),
        (
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "DECLARE CURSOR WITH HOLD in a script",
        ),
        ("RESET ALL", "RESET ALL in a script"),
        (
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nSELECT 1",
            "revision rev2 asks for ISOLATION LEVEL SERIALIZABLE",
        ),
        (
            "BEGIN ISOLATION LEVEL SERIALIZABLE;\nSELECT 1;\nCOMMIT",
            "revision rev2 asks for ISOLATION LEVEL SERIALIZABLE",
        ),
        (
            "CREATE INDEX CONCURRENTLY i ON a (a);\nDROP INDEX i",
            "i is changed again further on",
        ),
        (
            "CREATE INDEX CONCURRENTLY i ON a (a);\nDROP TABLE a",
            "a is changed again further on",
        ),
        (
            "CREATE INDEX CONCURRENTLY i ON a (a);\nALTER TABLE a RENAME TO b",
            "a is changed again further on",
        ),
        (
            "DROP INDEX CONCURRENTLY i;\nCREATE INDEX CONCURRENTLY i ON a (a)",
            "i is changed again further on",
        ),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY i ON a (a);\nALTER TABLE a ADD CONSTRAINT c UNIQUE USING INDEX i",
            "i is changed again further on",
        ),
        (
            "CREATE INDEX CONCURRENTLY i ON a (lower(\"A\"), b);\nALTER TABLE a ADD c int, DROP IF EXISTS \"A\"",
            "\"A\" is changed again further on",
        ),
        (
            "CREATE INDEX CONCURRENTLY i ON a (b) WHERE a > 1;\nALTER TABLE a DROP COLUMN a CASCADE",
            "a is changed again further on",
        ),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY i ON a (a);\nALTER TABLE a ADD UNIQUE USING INDEX i;\nALTER TABLE a DROP CONSTRAINT IF EXISTS i",
            "i is changed again further on",
        ),
        (
            "DROP INDEX CONCURRENTLY i;\nALTER TABLE a ADD CONSTRAINT i UNIQUE (a)",
            "i is changed again further on",
        ),
        (
            "DROP INDEX CONCURRENTLY i;\nCREATE TABLE b (a int, CONSTRAINT i PRIMARY KEY (a))",
            "i is changed again further on",
        ),
        (
            "DROP INDEX CONCURRENTLY i;\nALTER INDEX j RENAME TO i",
            "i is changed again further on",
        ),
        (
            "DROP INDEX CONCURRENTLY i;\nCREATE VIEW i AS SELECT 1",
            "i is changed again further on",
        ),
    ] {
        let project = tree(&["CREATE TABLE a (a int)", text]);
        project.run(&["upgrade"]).success();
        project
            .run(&["upgrade", "--flavour", "plain"])
            .code(1)
            .stderr_has("error[plain-flavour]")
            .stderr_has(says)
            .stderr_has("migrations/2.sql:")
            .stderr_has("help: ");
        project.run(&["bundle", "--flavour", "plain"]).code(1);
        assert!(!project.path("out").exists(), "{text}");
    }
}

/// The server keeps 63 bytes of a name.
#[test]
fn a_name_that_is_cut_is_found() {
    let name = "n".repeat(70);
    let project = tree(&[
        "CREATE TABLE t (a int)",
        &format!("CREATE INDEX CONCURRENTLY {name} ON t (a)"),
        &format!("DROP INDEX CONCURRENTLY {name}"),
    ]);
    for (before, range) in [("rev1", "base:rev2"), ("rev2", "rev2:rev3")] {
        let database = Database::create();
        psql(&database, &upgrade(&project, before));
        run(&database, &plain(&project, range));
    }
}

/// What leaves the index as it was made, under its name, is no reason to refuse.
#[test]
fn what_a_later_statement_leaves_alone() {
    let project = tree(&[
        "CREATE TABLE a (a int NOT NULL, b int, c int);\nCREATE INDEX j ON a (c)",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON a (a);\nALTER TABLE a ADD CONSTRAINT i PRIMARY KEY USING INDEX i;\n\
         ALTER TABLE a DROP COLUMN b, ADD CONSTRAINT k CHECK (a > 0), ALTER c DROP NOT NULL;\nALTER TABLE a DROP CONSTRAINT k",
        "DROP INDEX CONCURRENTLY j;\nALTER TABLE a ADD CONSTRAINT j CHECK (c > 0)",
    ]);
    let script = plain(&project, "");
    let database = Database::create();
    run(&database, &script);
    changes_nothing(&database, || {
        run(&database, &script);
    });
}
