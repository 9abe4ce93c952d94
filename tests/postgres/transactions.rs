//! Transactions: what must be whole is whole, and nobody else's transaction is around it.

use super::made::{changes_nothing, refuses, refuses_with, run, tree, upgrade, upgraded};
use crate::support::postgres::Database;

/// `SELECT 1` and our COMMIT became one statement once, and the script reported success while all rolled back.
#[test]
fn a_last_statement_without_its_semicolon_is_ended() {
    for last in [
        "CREATE TABLE last (a int)",
        "CREATE TABLE last (a int) -- the last one",
        "CREATE TABLE last (a int) /* the last\none */",
        "CREATE TABLE last (a int)\n-- and no more",
        "CREATE TABLE last (a int) --",
        "CREATE TABLE last (a int);;\n;",
    ] {
        for section in ["", "--! upgrade { transaction = false }\n"] {
            let text = format!("{section}CREATE TABLE first (a int);\n{last}");
            let database = upgraded(&tree(&[&text, "CREATE TABLE next (a int)"]));
            assert_eq!(
                database.query(
                    "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class \
                     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                ),
                "first last next signoff_event signoff_revision",
                "{text}"
            );
            assert_eq!(
                database.query("SELECT count(*) FROM signoff_revision WHERE state = 'applied'"),
                "2",
                "{text}"
            );
        }
    }
}

#[test]
fn a_failure_in_the_last_statement_leaves_nothing_of_the_revision() {
    let project = tree(&[
        "CREATE TABLE a (a int)",
        "CREATE TABLE b (a int); SELECT 1/0",
    ]);
    let database = Database::create();
    let script = upgrade(&project, "");
    let failed = database.psql_stdin(&script, &[]);
    failed.code(3).stderr_has("division by zero");
    failed.stdout_has("[2/2] rev2 Step 2");
    assert_eq!(
        database.query("SELECT to_regclass('a') IS NOT NULL, to_regclass('b') IS NULL"),
        "t|t"
    );
    assert_eq!(
        database.query("SELECT string_agg(revision, ' ') FROM signoff_revision"),
        "rev1"
    );
    // What failed is what started and did not end.
    assert_eq!(
        database.query("SELECT string_agg(revision || event, ' ' ORDER BY id) FROM signoff_event"),
        "rev1started rev1applied rev2started"
    );
}

/// psql's line numbers lead from an error to the user's file: the marker above says file and line.
#[test]
fn a_failure_can_be_found_in_the_migration() {
    let project = tree(&["CREATE TABLE a (a int);\n\nSELECT\n  1/0;\n"]);
    let script = upgrade(&project, "");
    let failed = Database::create().psql_stdin(&script, &[]);
    let line = failed
        .code(3)
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("psql:<stdin>:")?.split(':').next())
        .and_then(|number| number.parse::<usize>().ok())
        .expect("psql names a line");
    let lines: Vec<&str> = script.lines().collect();
    assert_eq!(lines[line - 1], "  1/0;");
    let marker = lines[..line]
        .iter()
        .rposition(|line| line.starts_with("-- from "))
        .expect("a marker stands above");
    assert_eq!(lines[marker], "-- from migrations/1.sql:5");
    // The line below the marker is line 5 of the file, so psql's line is this one.
    let here = 5 + (line - 1) - (marker + 1);
    assert_eq!(
        project.read("migrations/1.sql").lines().nth(here - 1),
        Some("  1/0;")
    );
}

#[test]
fn a_transaction_around_it_refuses() {
    let project = tree(&["CREATE TABLE a (a int)"]);
    let database = Database::create();
    let script = upgrade(&project, "");
    let says = "signoff: refused: a transaction is open in this session";
    refuses_with(&database, &script, &["-1"], says);
    refuses_with(&database, &script, &["--single-transaction"], says);
    refuses(&database, &format!("BEGIN;\n{script}"), says);
    refuses(&database, &format!("BEGIN;\nSAVEPOINT s;\n{script}"), says);
    refuses(
        &database,
        &format!("\\set AUTOCOMMIT off\nSELECT 1;\n{script}"),
        says,
    );
    run(&database, &script);
    refuses_with(&database, &script, &["-1"], says);
}

#[test]
fn a_constraint_that_waits_for_the_commit_takes_all_back() {
    let project = tree(&[
        "CREATE TABLE parent (id int PRIMARY KEY);\n\
         CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TABLE beside (a int);\nINSERT INTO child VALUES (7)",
    ]);
    let database = Database::create();
    let script = upgrade(&project, "");
    run(&database, &upgrade(&project, "rev1"));
    let state = database.state();
    for _ in 0..2 {
        database
            .psql_stdin(&script, &[])
            .code(3)
            .stderr_has("violates foreign key constraint");
        assert_eq!(database.state(), state);
        assert_eq!(database.query("SELECT count(*) FROM signoff_revision"), "1");
    }
    database.query("INSERT INTO parent VALUES (7)");
    run(&database, &script).stdout_has("done: 2 of 2 revisions are applied");
}

/// The server would find it at our COMMIT, but ours asks before.
#[test]
fn a_revision_that_changes_its_own_record_is_taken_back() {
    let gone =
        |what: &str| format!("DO $$ BEGIN EXECUTE 'DELETE FROM public.' || '{what}'; END $$");
    let project = tree(&["CREATE TABLE a (a int)"]);
    let database = upgraded(&project);
    for table in ["signoff_revision", "signoff_event"] {
        super::made::set(&project, 2, &gone(table));
        let state = database.state();
        database
            .psql_stdin(&upgrade(&project, ""), &[])
            .code(3)
            .stderr_has("signoff: revision rev2 ended its transaction or changed its own record");
        assert_eq!(database.state(), state);
        assert_eq!(
            database.query("SELECT revision, state FROM signoff_revision"),
            "rev1|applied"
        );
    }
}

/// Own transactions in a file that golang-migrate runs well.
#[test]
fn own_blocks_become_steps_that_run_once() {
    let project = tree(&[
        "CREATE TABLE counter (n int);\nINSERT INTO counter VALUES (0)",
        "--! upgrade { transaction = false }\n\
         BEGIN ISOLATION LEVEL SERIALIZABLE;\n\
         UPDATE counter SET n = n + 1;\n\
         COMMIT;\n\
         BEGIN;\n\
         UPDATE counter SET n = n + 10;\n\
         END;\n",
    ]);
    let database = upgraded(&project);
    assert_eq!(database.query("SELECT n FROM counter"), "11");
    changes_nothing(&database, || {
        run(&database, &upgrade(&project, ""));
    });
}

/// The author's isolation level is in force, and the machinery's own queries come first all the same.
#[test]
fn the_authors_transaction_modes_are_kept() {
    for text in [
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE;\n\
         CREATE TABLE mode AS SELECT current_setting('transaction_isolation') AS m;",
        "BEGIN ISOLATION LEVEL SERIALIZABLE;\n\
         CREATE TABLE mode AS SELECT current_setting('transaction_isolation') AS m;\n\
         COMMIT;",
        "START TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n\
         CREATE TABLE mode AS SELECT current_setting('transaction_isolation') AS m;\n\
         COMMIT",
    ] {
        let after = "CREATE TABLE after AS SELECT current_setting('transaction_isolation') AS m;";
        let database = upgraded(&tree(&[text, after]));
        assert_eq!(
            database.query("SELECT m FROM mode UNION ALL SELECT m FROM after"),
            "serializable\nread committed"
        );
    }
}

/// transaction_timeout ends the session of whoever takes longer, so it counts no more here than statement_timeout does.
#[test]
fn nobodys_transaction_timeout_ends_a_run() {
    if crate::support::postgres::is_older_than(17, "transaction_timeout") {
        return;
    }
    let project = tree(&[
        "CREATE TABLE t (x int);\nSELECT pg_sleep(1.5);",
        "CREATE INDEX CONCURRENTLY i ON t (x);",
    ]);
    for plainly in [false, true] {
        let database = Database::create();
        let limit = format!(
            "ALTER DATABASE {} SET transaction_timeout = '1s'",
            database.name()
        );
        database.query(&limit);
        if plainly {
            super::plain::session::run(&database, &super::plain::plain(&project, ""));
        } else {
            run(&database, &upgrade(&project, ""));
        }
        assert_eq!(
            database.query("SELECT count(*) FROM signoff_revision WHERE state = 'applied'"),
            "2"
        );
    }
}

/// Our record could not be written in it, so that the script would stop there whenever it is run.
#[test]
fn a_transaction_that_reads_only_is_refused_when_compiling() {
    for text in [
        "BEGIN READ ONLY;\nSELECT 1;\nCOMMIT",
        "START TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ /* */ ONLY;\nSELECT 1;\nCOMMIT",
        "SELECT 1;\nBEGIN READ ONLY;\nSELECT 1;\nCOMMIT;\nCREATE TABLE b (x int)",
        "SET TRANSACTION READ ONLY;\nSELECT 1",
        "SELECT 1;\nSET TRANSACTION READ ONLY",
        "SET transaction_read_only = on;\nSELECT 1",
        "SELECT set_config('transaction_read_only', 'on', true)",
        "SET LOCAL transaction_read_only TO 'true';\nSELECT 1",
        "--! upgrade { transaction = false }\nSET transaction_read_only = 1;\nSELECT 1",
    ] {
        tree(&["CREATE TABLE a (x int)", text])
            .run(&["upgrade"])
            .code(1)
            .stderr_has("error[read-only]")
            .stderr_has("migrations/2.sql:");
    }
    for text in [
        "BEGIN READ ONLY, READ WRITE;\nCREATE TABLE a (x int);\nCOMMIT",
        "SET transaction_read_only = off;\nCREATE TABLE a (x int)",
    ] {
        upgraded(&tree(&[text]));
    }
}

/// PostgreSQL makes a logical slot only where the transaction has written nothing, and ours has.
#[test]
fn a_logical_slot_is_not_made_in_our_transaction() {
    let slot = "pg_create_logical_replication_slot('signoff_made', 'pgoutput')";
    for text in [
        &format!("SELECT {slot}"),
        &format!("SELECT 1 FROM pg_catalog.{slot}"),
        &format!("DO $$ BEGIN PERFORM {slot}; END $$"),
        &format!("--! upgrade {{ transaction = false }}\nSELECT {slot}"),
        "SELECT PG_COPY_logical_replication_slot('a', 'b')",
    ] {
        tree(&[text])
            .run(&["upgrade"])
            .code(1)
            .stderr_has("error[logical-slot]")
            .stderr_has("migrations/1.sql:");
    }
    let database = upgraded(&tree(&[
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_create_logical_replication_slot('x', 'y'); END $$;\n\
         GRANT EXECUTE ON FUNCTION pg_copy_logical_replication_slot(name, name) TO PUBLIC",
        &format!(
            "--! allow = {{ no-recovery = \"looks first\" }}\n--! upgrade\nDO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'signoff_made') THEN PERFORM {slot}; END IF; COMMIT; END $$"
        ),
    ]));
    let made = "SELECT pg_drop_replication_slot('signoff_made') IS NOT NULL";
    assert_eq!(database.query(made), "t");
}
