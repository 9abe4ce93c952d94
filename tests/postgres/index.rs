//! CREATE and DROP INDEX CONCURRENTLY: what is left over, what is in the way, and what somebody else made.

use std::process::Stdio;

use super::made::{changes_nothing, downgrade, run, set, tree, upgrade, upgraded};
use crate::support::faults::{self, Fault};
use crate::support::outcome;
use crate::support::postgres::Database;
use crate::support::project::Project;

const TABLE: &str = "CREATE TABLE t (x int, y int)";

/// A table, and this statement on it.
fn on_table(statement: &str) -> Project {
    tree(&[
        TABLE,
        &format!("--! upgrade\n{statement};\n\n--! downgrade\nDROP INDEX CONCURRENTLY i;\n"),
    ])
}

/// A database at rev1.
fn with_table(project: &Project) -> Database {
    let database = Database::create();
    run(&database, &upgrade(project, "rev1"));
    database
}

const SHAPE: &str = "SELECT i.indexrelid::regclass, i.indrelid::regclass, i.indisunique, i.indisvalid FROM pg_index i \
                     JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace \
                     AND c.relname NOT LIKE 'signoff%' ORDER BY c.relname";

/// A unique build that failed leaves an invalid index, which IF NOT EXISTS would take for a good one.
#[test]
fn what_a_failed_build_left_is_built_anew() {
    for statement in [
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t (x)",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (x)",
        "create unique index concurrently\n  I\n  on public.T using btree (x)",
    ] {
        let project = on_table(statement);
        let database = with_table(&project);
        database.query("INSERT INTO t VALUES (1, 1), (1, 2)");
        let script = upgrade(&project, "");
        for _ in 0..2 {
            database
                .psql_stdin(&script, &[])
                .code(3)
                .stderr_has("could not create unique index \"i\"");
            assert_eq!(database.query(SHAPE), "i|t|t|f");
            assert_eq!(
                database.query("SELECT state FROM signoff_revision WHERE revision = 'rev2'"),
                "upgrading"
            );
        }
        database.query("DELETE FROM t WHERE y = 2");
        run(&database, &script).quiet();
        assert_eq!(database.query(SHAPE), "i|t|t|t", "{statement}");
        run(&database, &downgrade(&project, "rev2:rev1"));
        assert_eq!(database.query(SHAPE), "");
    }
}

/// An invalid index that somebody else left is no better.
#[test]
fn an_invalid_index_of_somebody_else_is_built_anew() {
    let project = on_table("CREATE INDEX CONCURRENTLY i ON t (x)");
    let database = with_table(&project);
    database.query("INSERT INTO t VALUES (1, 1), (1, 2)");
    let failed = database.psql_stdin("CREATE UNIQUE INDEX CONCURRENTLY i ON t (x);", &[]);
    failed.stderr_has("could not create unique index");
    assert_eq!(database.query(SHAPE), "i|t|t|f");
    run(&database, &upgrade(&project, ""));
    assert_eq!(database.query(SHAPE), "i|t|f|t");
}

/// A valid index that this step did not begin is nobody's to take for it, however often it is tried.
#[test]
fn a_valid_index_of_somebody_else_is_not_taken() {
    for made in [
        "CREATE INDEX i ON t (y)",
        "CREATE UNIQUE INDEX i ON t (x)",
        "CREATE INDEX i ON t (x)",
    ] {
        let project = on_table("CREATE INDEX CONCURRENTLY i ON t (x)");
        let database = with_table(&project);
        database.query(made);
        let shape = database.query(SHAPE);
        let script = upgrade(&project, "");
        for _ in 0..3 {
            database
                .psql_stdin(&script, &[])
                .code(3)
                .stderr_has("ERROR:  relation \"i\" already exists");
            assert_eq!(database.query(SHAPE), shape);
        }
        database.query("DROP INDEX i");
        run(&database, &script);
        assert_eq!(database.query(SHAPE), "i|t|f|t");
    }
}

/// The step was begun here and its client died before the server heard of it. An index that somebody made meanwhile
/// is taken for it only where it is the same.
#[test]
fn a_begun_build_takes_no_other_index_for_its_own() {
    let project = on_table("CREATE INDEX CONCURRENTLY i ON t (x, y)");
    let script = upgrade(&project, "");
    let statement = script
        .find("\nCREATE INDEX CONCURRENTLY i")
        .expect("it is there");
    let broken = faults::at(&script, statement + 1, Fault::Killed);
    let start = Database::create();
    start.psql_stdin(&broken, &[]).code(Fault::Killed.code());
    for made in [
        "CREATE INDEX i ON t (y)",
        "CREATE INDEX i ON t (x)",
        "CREATE INDEX i ON t (y, x)",
        "CREATE INDEX i ON t (x) INCLUDE (y)",
        "CREATE INDEX i ON t (x, (y + 1))",
        "CREATE UNIQUE INDEX i ON t (x, y)",
        "CREATE INDEX i ON t (x, y) WHERE x > 0",
    ] {
        let database = Database::clone_of(&start);
        database.query(made);
        let shape = database.query(SHAPE);
        for _ in 0..2 {
            let again = database.psql_stdin(&script, &[]);
            assert_eq!(again.code, 3, "{made}\n{again}");
            again.stderr_has("ERROR:  relation \"i\" already exists");
        }
        assert_eq!(database.query(SHAPE), shape, "{made}");
    }
    for made in ["CREATE INDEX i ON t (x, y)", "SELECT 1"] {
        let database = Database::clone_of(&start);
        database.query(made);
        run(&database, &script).quiet();
        assert_eq!(database.query(SHAPE), "i|t|f|t");
    }
}

/// IF NOT EXISTS is the author's word that a valid one will do.
#[test]
fn if_not_exists_takes_a_valid_index() {
    let project = on_table("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (x)");
    let database = with_table(&project);
    database.query("CREATE INDEX i ON t (x)");
    run(&database, &upgrade(&project, ""));
    assert_eq!(database.query(SHAPE), "i|t|f|t");
}

/// An index lives in the schema of its table, and so do tables: one of that name is no index.
#[test]
fn a_table_named_like_the_index_is_in_the_way() {
    let project = on_table("CREATE INDEX CONCURRENTLY i ON t (x)");
    let database = with_table(&project);
    database.query("CREATE TABLE i (a int PRIMARY KEY)");
    database.query("INSERT INTO i VALUES (7)");
    let script = upgrade(&project, "");
    for _ in 0..2 {
        database
            .psql_stdin(&script, &[])
            .code(3)
            .stderr_has("ERROR:  relation \"i\" already exists");
        assert_eq!(database.query("SELECT a FROM i"), "7");
    }
    database.query("ALTER TABLE i RENAME TO j");
    run(&database, &script);
    assert_eq!(database.query(SHAPE), "i|t|f|t\ni_pkey|j|t|t");
}

/// The probe looks by the table, so an index of that name elsewhere is not dropped, not even an invalid one.
#[test]
fn an_index_of_that_name_on_another_table_stays() {
    let project = on_table("CREATE INDEX CONCURRENTLY i ON t (x)");
    let database = with_table(&project);
    database.query("CREATE SCHEMA s");
    database.query("CREATE TABLE s.t (x int)");
    database.query("INSERT INTO s.t VALUES (1), (1)");
    let failed = database.psql_stdin("CREATE UNIQUE INDEX CONCURRENTLY i ON s.t (x);", &[]);
    failed.stderr_has("could not create unique index");
    database.query("CREATE TABLE u (x int)");
    run(&database, &upgrade(&project, ""));
    assert_eq!(database.query(SHAPE), "i|t|f|t");
    assert_eq!(
        database.query("SELECT indisvalid FROM pg_index WHERE indexrelid = 's.i'::regclass"),
        "f"
    );

    let database = with_table(&project);
    database.query("CREATE TABLE u (x int)");
    database.query("INSERT INTO u VALUES (1), (1)");
    database.psql_stdin("CREATE UNIQUE INDEX CONCURRENTLY i ON u (x);", &[]);
    assert_eq!(database.query(SHAPE), "i|u|t|f");
    database
        .psql_stdin(&upgrade(&project, ""), &[])
        .code(3)
        .stderr_has("ERROR:  relation \"i\" already exists");
    assert_eq!(database.query(SHAPE), "i|u|t|f");
}

/// Names that need quotes, a schema, and a search_path of the header.
#[test]
fn names_are_found_as_the_server_finds_them() {
    let project = tree(&[
        "CREATE SCHEMA \"My S\";\nCREATE TABLE \"My S\".\"T t\" (x int);\nINSERT INTO \"My S\".\"T t\" VALUES (1), (1)",
        "CREATE UNIQUE INDEX CONCURRENTLY \"I'm \"\"it\"\"\" ON \"My S\".\"T t\" (x)",
        "--! search_path = '\"My S\"'\n--! upgrade\nCREATE UNIQUE INDEX CONCURRENTLY \"Second\" ON ONLY \"T t\" (x) WHERE x > 0",
    ]);
    let database = Database::create();
    let script = upgrade(&project, "");
    database
        .psql_stdin(&script, &[])
        .code(3)
        .stderr_has("could not create unique index");
    database.query("DELETE FROM \"My S\".\"T t\"");
    run(&database, &script);
    assert_eq!(
        database.query(
            "SELECT string_agg(c.relname || i.indisvalid, ' ' ORDER BY c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
             WHERE i.indrelid = '\"My S\".\"T t\"'::regclass"
        ),
        "I'm \"it\"true Secondtrue"
    );
}

/// A dead client's CREATE INDEX runs on in the server, with the lock. The next run waits for both, and goes on.
#[test]
fn a_build_whose_client_died_is_taken_up() {
    let project = on_table("CREATE INDEX CONCURRENTLY i ON t (x)");
    let database = with_table(&project);
    let script = upgrade(&project, "");
    // An open transaction that has written to the table: CREATE INDEX CONCURRENTLY waits for its end.
    let mut holder = hold(&database, "INSERT INTO t VALUES (1, 1)", "3");
    let folder = Project::new().file("upgrade.sql", &script);
    let mut first = database
        .psql_as("postgres")
        .args(["-X", "-f", folder.path("upgrade.sql").as_str()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("psql can be started");
    wait_for(
        &database,
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%CREATE INDEX CONCURRENTLY i%' AND state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()",
    );
    first.kill().expect("psql can be killed");
    first.wait().expect("psql ends");
    run(&database, &script).stdout_has("done: 2 of 2");
    assert_eq!(database.query(SHAPE), "i|t|f|t");
    assert_eq!(
        database.query(
            "SELECT string_agg(event, ' ' ORDER BY id) FROM signoff_event WHERE revision = 'rev2'"
        ),
        "started started applied"
    );
    holder.wait().expect("psql ends");
}

/// Another session that does this and keeps its transaction open so long. It has done it when this returns.
#[track_caller]
fn hold(database: &Database, what: &str, seconds: &str) -> std::process::Child {
    let child = database
        .psql_as("postgres")
        .args(["-X", "-c", &format!("BEGIN; {what}")])
        .args(["-c", &format!("SELECT pg_sleep({seconds})"), "-c", "COMMIT"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("psql can be started");
    wait_for(database, &sleeping(seconds));
    child
}

/// Whether a session sleeps so long.
fn sleeping(seconds: &str) -> String {
    format!(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep({seconds})' \
         AND state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()"
    )
}

#[track_caller]
fn wait_for(database: &Database, one: &str) {
    for _ in 0..3000 {
        if database.query(one) != "0" {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("never happened: {one}");
}

/// A lock_timeout would leave an invalid index, so none holds while it is built; for everything else it does.
#[test]
fn a_build_waits_and_nothing_else_does() {
    let project = super::made::configured(
        "[target]\nlock_timeout = \"200ms\"\n",
        &[
            TABLE,
            "CREATE INDEX CONCURRENTLY i ON t (x)",
            "ALTER TABLE t ADD z int",
        ],
    );
    let database = with_table(&project);
    let mut writer = hold(&database, "INSERT INTO t VALUES (1, 1)", "1.2");
    run(&database, &upgrade(&project, "rev1:rev2")).quiet();
    assert_eq!(database.query(SHAPE), "i|t|f|t");
    writer.wait().expect("psql ends");

    let mut reader = hold(&database, "LOCK t IN SHARE MODE", "20");
    let script = upgrade(&project, "");
    database
        .psql_stdin(&script, &[])
        .code(3)
        .stderr_has("canceling statement due to lock timeout");
    database.query(&sleeping("20").replace("count(*)", "pg_terminate_backend(pid)"));
    reader.wait().expect("psql ends");
    run(&database, &script);
}

/// Between the drop and its record: the second run must not ask for an index that is gone. One that never was there
/// is the server's to complain about.
#[test]
fn a_drop_is_taken_up() {
    let project = on_table("CREATE INDEX CONCURRENTLY i ON t (x)");
    let database = upgraded(&project);
    let script = downgrade(&project, "rev2:rev1");
    let [stop] = faults::statements(&script)[..] else {
        panic!("one statement expected\n{script}");
    };
    let broken = faults::at(&script, stop, Fault::Killed);
    database.psql_stdin(&broken, &[]).code(Fault::Killed.code());
    database.wait_until_alone();
    assert_eq!(database.query(SHAPE), "");
    run(&database, &script).quiet();
    assert_eq!(database.query("SELECT count(*) FROM signoff_revision"), "1");

    let database = upgraded(&project);
    database.query("DROP INDEX i");
    for _ in 0..2 {
        database
            .psql_stdin(&script, &[])
            .code(3)
            .stderr_has("ERROR:  index \"i\" does not exist");
    }
}

/// When the one is dropped, another of its name comes into sight behind it on the search_path: that one stays.
#[test]
fn an_index_behind_the_dropped_one_stays() {
    let project = tree(&[
        "CREATE SCHEMA s;\nCREATE TABLE s.t (x int);\nCREATE INDEX i ON s.t (x);\nCREATE TABLE public.t (x int);\nCREATE INDEX i ON public.t (x)",
        "--! search_path = 's, public'\n--! upgrade\nDROP INDEX CONCURRENTLY i",
    ]);
    let database = upgraded(&project);
    assert_eq!(
        database.query("SELECT to_regclass('s.i') IS NULL, to_regclass('public.i')"),
        "t|i"
    );
}

/// Without a name nobody could say after a failure which index is meant.
#[test]
fn an_index_without_a_name_is_refused_when_compiling() {
    let project = tree(&[TABLE, "CREATE INDEX CONCURRENTLY ON t (x)"]);
    project
        .run(&["upgrade"])
        .code(1)
        .stderr_has("error[unnamed-index]")
        .stderr_has("migrations/2.sql:5:1");
}

/// A name with escapes is not read here, which is not to say that there is none.
#[test]
fn a_name_with_escapes_is_refused_when_compiling() {
    for text in [
        r#"CREATE INDEX CONCURRENTLY U&"d\0061t" ON t (x)"#,
        r#"CREATE INDEX CONCURRENTLY U&"d!0061t" UESCAPE '!' ON t (x)"#,
        r#"CREATE INDEX CONCURRENTLY i ON U&"\0074" (x)"#,
        r#"DROP INDEX CONCURRENTLY U&"d\0061t""#,
    ] {
        tree(&[TABLE, text])
            .run(&["upgrade"])
            .code(1)
            .stderr_has("error[escaped-name]")
            .stderr_has("a plain quoted name")
            .stderr_has("migrations/2.sql:5:1");
    }
    let plain = [
        TABLE,
        r#"CREATE INDEX CONCURRENTLY U&"dat" ON t (U&"\0078")"#,
    ];
    let database = upgraded(&tree(&plain));
    assert_eq!(database.query("SELECT to_regclass('dat')"), "dat");
}

/// A partitioned table has no concurrent build: the message is PostgreSQL's own, and what is there stays.
#[test]
fn a_build_that_the_server_refuses_says_so() {
    let project = tree(&[
        "CREATE TABLE t (x int) PARTITION BY LIST (x)",
        "CREATE INDEX CONCURRENTLY i ON t (x)",
    ]);
    let database = with_table(&project);
    let script = upgrade(&project, "");
    database
        .psql_stdin(&script, &[])
        .code(3)
        .stderr_has("cannot create index on partitioned table \"t\" concurrently");
    set(&project, 2, "CREATE INDEX i ON t (x)");
    let mended = upgrade(&project, "");
    // Nothing of it was done, so the author may mend it.
    run(&database, &mended);
    assert_eq!(database.query(SHAPE), "i|t|f|t");
    changes_nothing(&database, || {
        run(&database, &mended).stdout_has("nothing to apply");
    });
}

/// A second session that tries to take signoff's lock would make a build fail if it blocked.
#[test]
fn a_second_run_during_a_build_waits_and_disturbs_nothing() {
    let project = tree(&[
        "CREATE TABLE t (x int);\nINSERT INTO t SELECT g FROM generate_series(1, 1000) g",
        "CREATE FUNCTION slow(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.002); RETURN x; END $$",
        "CREATE INDEX CONCURRENTLY i ON t (slow(x))",
    ]);
    let script = upgrade(&project, "");
    let database = Database::create();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| database.psql_stdin(&script, &[])))
            .collect();
        let outcomes: Vec<outcome::Outcome> = runs
            .into_iter()
            .map(|run| run.join().expect("a run does not panic"))
            .collect();
        for outcome in &outcomes {
            outcome.success();
        }
    });
    assert_eq!(database.query(SHAPE), "i|t|f|t");
    assert_eq!(
        database.query("SELECT count(*) FROM signoff_event WHERE event = 'started'"),
        "3"
    );
}
