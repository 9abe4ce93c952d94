//! Revisions that share one transaction: a rehearsal, which is rolled back, and `--single-transaction`.

use super::made::{changes_nothing, downgrade, refuses_with, run, same, tree, upgrade, upgraded};
use super::modes::four;
use crate::support::outcome;
use crate::support::postgres::Database;
use crate::support::project::Project;

/// Everything but the sequence behind the events' numbers, which no rollback takes back.
pub(super) fn rehearses(database: &Database, script: &str, says: &[&str]) {
    let before = (database.state(), database.rows());
    let outcome = database.psql_stdin(script, &["-v", "dry_run=1"]);
    outcome.success();
    for words in says {
        outcome.stdout_has(words);
    }
    assert!(
        !outcome.stdout.contains("signoff: done"),
        "{}",
        outcome.stdout
    );
    same("before", &before.0, &database.state());
    same("before", &before.1, &database.rows());
}

/// A rehearsal runs what can be rolled back, names the rest, and leaves nothing behind.
#[test]
fn a_rehearsal_is_rolled_back() {
    let project = four();
    let up = upgrade(&project, "");
    let database = Database::create();
    let says = [
        "signoff: a rehearsal, rolled back at its end. It takes the real locks",
        "signoff: not rehearsed:\n  rev3  Step 3  (`CREATE INDEX CONCURRENTLY a_x ON a (x)` runs outside of a transaction)\n  rev4  Step 4  (comes after one that is not rehearsed)\n",
        "[1/4] rev1",
        "[2/4] rev2",
        "signoff: rehearsed: 2 of 4 that are still to be applied and all of it was rolled back: nothing was changed",
    ];
    rehearses(&database, &up, &says);
    assert_eq!(
        database.query("SELECT to_regclass('signoff_revision') IS NULL"),
        "t"
    );
    // What is applied for real is no obstacle any more.
    run(&database, &upgrade(&project, "rev3"));
    let outcome = database.psql_stdin(&up, &["-v", "dry_run=1"]);
    outcome.success().stdout_has("rehearsed: 1 of 1");
    assert!(
        !outcome.stdout.contains("not rehearsed"),
        "{}",
        outcome.stdout
    );
    run(&database, &up);
    rehearses(
        &database,
        &downgrade(&project, "head:base"),
        &[
            "[1/4] rev4",
            "rev3  Step 3  (`DROP INDEX CONCURRENTLY a_x` runs outside",
            "rev1  Step 1  (comes after",
            "rehearsed: 1 of 4",
        ],
    );
    // With `until`, no more than that.
    let outcome = Database::create().psql_stdin(&up, &["-v", "dry_run=1", "-v", "until=rev1"]);
    outcome.success().stdout_has("rehearsed: 1 of 4");
    assert!(!outcome.stdout.contains("[2/4]"), "{}", outcome.stdout);
}

/// An error in a rehearsal is the error that the real run would meet, and nothing is left of it either.
#[test]
fn a_rehearsal_finds_the_error() {
    let project = tree(&[
        "CREATE TABLE a (x int);\nINSERT INTO a VALUES (1), (1)",
        "ALTER TABLE a ADD UNIQUE (x)",
    ]);
    let database = Database::create();
    refuses_with(
        &database,
        &upgrade(&project, ""),
        &["-v", "dry_run=1"],
        "could not create unique index",
    );
}

/// A value that an enum gets counts only once it is committed, so what uses it can't be rehearsed.
#[test]
fn a_new_enum_value_is_not_rehearsed() {
    let project = tree(&[
        "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE t (m mood)",
        "ALTER TYPE mood ADD VALUE 'ok'",
        "INSERT INTO t VALUES ('ok')",
    ]);
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    rehearses(
        &database,
        &upgrade(&project, ""),
        &[
            "rev2  Step 2  (`ALTER TYPE mood ADD VALUE 'ok'` counts only once it is committed)",
            "rev3  Step 3  (comes after",
        ],
    );
    run(&database, &upgrade(&project, ""));
}

/// What a revision leaves behind in its session is not there in the next one, rehearsed or real.
#[test]
fn revisions_are_apart_in_a_rehearsal_too() {
    let project = tree(&[
        "CREATE SCHEMA s;\nSET search_path = s;\nCREATE TEMP TABLE t (x int);\nPREPARE p AS SELECT 1",
        "CREATE TABLE t (x int);\nINSERT INTO public.t VALUES (1);\nPREPARE p AS SELECT 2",
        "SET LOCAL lock_timeout = '1s';\nDO $$ BEGIN ASSERT current_setting('search_path') = '\"$user\", public'; END $$",
    ]);
    let up = upgrade(&project, "");
    rehearses(&Database::create(), &up, &["rehearsed: 3 of 3"]);
    run(&Database::create(), &up);
}

/// The whole range as one transaction: what fails at the end takes everything back.
#[test]
fn a_single_transaction_is_all_or_nothing() {
    let texts = [
        "CREATE TABLE a (x int)",
        "INSERT INTO a VALUES (1), (1)",
        "ALTER TABLE a ADD UNIQUE (x)",
    ];
    let project = tree(&texts);
    let single = |project: &Project, range: &str| {
        project
            .run(&["upgrade", "--single-transaction", range])
            .success()
            .stdout
            .clone()
    };
    let database = Database::create();
    let script = single(&project, "head");
    assert!(
        script.contains("-- All of it is one transaction: every revision is applied, or none is.")
    );
    refuses_with(&database, &script, &[], "could not create unique index");

    super::made::set(&project, 2, "INSERT INTO a VALUES (1), (2)");
    let script = single(&project, "head");
    rehearses(&database, &script, &["rehearsed: 3 of 3"]);
    run(&database, &script)
        .quiet()
        .stdout_has("signoff: done: 3 of 3");
    same("one by one", &upgraded(&project).state(), &database.state());
    same("one by one", &upgraded(&project).rows(), &database.rows());
    changes_nothing(&database, || {
        run(&database, &script).stdout_has("nothing to apply");
    });
    assert_eq!(
        database.query("SELECT count(DISTINCT xmin::text) FROM signoff_revision"),
        "1"
    );
}

#[test]
fn a_single_transaction_refuses_what_it_can_not_hold() {
    let project = four();
    let outcome = project.run(&["upgrade", "--single-transaction"]);
    outcome
        .code(1)
        .stderr_has("error[single-transaction]: revision rev3 can't share one transaction with the others: `CREATE INDEX CONCURRENTLY a_x ON a (x)` runs outside of a transaction")
        .stderr_has("migrations/3.sql:5");
    project.run(&["bundle", "--single-transaction"]).code(1);
    project
        .run(&["upgrade", "--single-transaction", "rev2"])
        .success();
    project
        .run(&["downgrade", "--single-transaction", "head:rev2"])
        .code(1)
        .stderr_has("DROP INDEX CONCURRENTLY a_x");
    let enums = tree(&[
        "CREATE TYPE mood AS ENUM ('sad')",
        "ALTER TYPE mood ADD VALUE 'ok'",
        "SELECT 'ok'::mood",
    ]);
    enums
        .run(&["upgrade", "--single-transaction"])
        .code(1)
        .stderr_has("revision rev2 can't share one transaction");
    let last = enums
        .run(&["upgrade", "--single-transaction", "rev2"])
        .success()
        .stdout
        .clone();
    run(&Database::create(), &last);
    // A repeatable comes after the last revision, in the same transaction.
    let view =
        "--! name = \"v\"\n\n--! apply\nCREATE OR REPLACE VIEW v AS SELECT 'ok'::mood AS m;\n";
    enums.write("migrations/repeatable/v.sql", view.as_bytes());
    std::fs::remove_file(enums.path("migrations/3.sql")).expect("it is there");
    enums
        .run(&["upgrade", "--single-transaction"])
        .code(1)
        .stderr_has("revision rev2 can't share one transaction");
    run(&Database::create(), &upgrade(&enums, ""));
    let modes = tree(&["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE a (x int)"]);
    modes
        .run(&["upgrade", "--single-transaction"])
        .code(1)
        .stderr_has("it asks for ISOLATION LEVEL SERIALIZABLE");
}

/// What is deferred in a revision fires at its end, and the next one finds the constraints as they were made.
#[test]
fn deferred_constraints_stay_deferred() {
    let project = tree(&[
        "CREATE TABLE p (i int PRIMARY KEY);\nCREATE TABLE c (i int REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO c VALUES (1);\nINSERT INTO p VALUES (1)",
    ]);
    rehearses(
        &Database::create(),
        &upgrade(&project, ""),
        &["rehearsed: 2 of 2"],
    );
    let script = project
        .run(&["upgrade", "--single-transaction"])
        .success()
        .stdout
        .clone();
    let database = Database::create();
    run(&database, &script);
    assert_eq!(database.query("SELECT count(*) FROM c"), "1");
    super::made::set(&project, 2, "INSERT INTO c VALUES (2)");
    let script = project
        .run(&["upgrade", "--single-transaction"])
        .success()
        .stdout
        .clone();
    refuses_with(
        &Database::create(),
        &script,
        &[],
        "violates foreign key constraint",
    );
}

/// A constraint may share its name with one that can't be deferred, or be in a schema that is closed to the role: neither is touched
/// by the migration, and neither stops a rehearsal.
#[test]
fn constraints_of_others_stop_no_rehearsal() {
    let database = Database::create();
    let before = "CREATE ROLE rehearser LOGIN;\n\
         CREATE TABLE a (x int PRIMARY KEY);\n\
         CREATE TABLE b (x int CONSTRAINT fk REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n\
         CREATE TABLE c (x int CONSTRAINT fk REFERENCES a);\n\
         CREATE SCHEMA hidden;\n\
         CREATE TABLE hidden.d (x int CONSTRAINT fk REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n\
         GRANT ALL ON SCHEMA public TO rehearser;";
    database.psql_stdin(before, &[]).success();
    let project = tree(&["CREATE TABLE n (x int)", "CREATE TABLE m (x int)"]);
    let single = project.run(&["upgrade", "--single-transaction"]);
    for (script, mode) in [
        (upgrade(&project, ""), "dry_run=1"),
        (single.success().stdout.clone(), "dry_run=0"),
    ] {
        let mut psql = database.psql_as("rehearser");
        let psql = psql.args(["-X", "-v", "first_run=1", "-v", mode, "-f", "-"]);
        outcome::run(psql, &script).success();
    }
}

/// No rollback takes a sequence back, so what sets one is not rehearsed.
#[test]
fn a_set_sequence_is_not_rehearsed() {
    let project = tree(&[
        "CREATE TABLE o (id serial PRIMARY KEY);\nINSERT INTO o SELECT FROM generate_series(1, 5)",
        "DELETE FROM o;\nSELECT setval('o_id_seq', 1, false)",
    ]);
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    rehearses(
        &database,
        &upgrade(&project, ""),
        &[
            "rev2  Step 2  (`SELECT setval('o_id_seq', 1, false)` sets a sequence",
            "rehearsed: NONE of 1",
        ],
    );
    database.query("INSERT INTO o DEFAULT VALUES");
}

/// What no rollback takes back is not rehearsed, wherever it is called: slots, other sessions, files, locks, signals.
#[test]
fn what_stays_is_not_rehearsed() {
    let slot = "makes, moves or drops a replication slot, which no rollback takes back)";
    let reasons = [
        (
            "SELECT pg_create_physical_replication_slot('signoff_dry')",
            slot,
        ),
        (
            "DO $$ BEGIN EXECUTE 'SELECT pg_catalog.\"pg_drop_replication_slot\" (''x'')'; END $$",
            slot,
        ),
        ("SELECT pg_replication_slot_advance('x', '0/0')", slot),
        (
            "SELECT pg_replication_origin_advance('x', '0/0')",
            "moves a replication origin",
        ),
        (
            "SELECT public.dblink_exec('', 'CREATE TABLE b ()')",
            "speaks to another session",
        ),
        (
            "SELECT lo_export(1, '/tmp/x')",
            "writes a file of the server",
        ),
        (
            "SELECT pg_advisory_lock(1)",
            "takes or gives back a lock of the session",
        ),
        ("SELECT pg_reload_conf()", "signals the server"),
        ("SELECT pg_switch_wal()", "writes to the server's log"),
        ("SELECT pg_stat_reset()", "resets statistics"),
        (
            "COPY a TO '/tmp/signoff_dry'",
            "writes a file or runs a program",
        ),
        (
            "COPY a FROM PROGRAM 'true'",
            "writes a file or runs a program",
        ),
    ];
    let database = Database::create();
    let table = "CREATE TABLE a (x int)";
    run(&database, &upgrade(&tree(&[table]), ""));
    for (sql, why) in reasons {
        let script = upgrade(&tree(&[table, sql, "CREATE TABLE c (x int)"]), "");
        let says = ["rehearsed: NONE of 2", "rev3  Step 3  (comes after"];
        rehearses(&database, &script, &[why, says[0], says[1]]);
    }
    let made = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'signoff_dry'";
    assert_eq!(database.query(made), "0");
    // What a rollback takes back is, and so is what only speaks of such a function.
    let harmless = "SELECT pg_advisory_xact_lock(1), pg_notify('a', 'b'), pg_replication_origin_create('signoff_dry');\n\
        REVOKE EXECUTE ON FUNCTION pg_stat_reset(), pg_reload_conf() FROM PUBLIC;\n\
        INSERT INTO a SELECT 1 WHERE 'dblink is not used' <> ''";
    let script = upgrade(&tree(&[table, harmless]), "");
    rehearses(&database, &script, &["rehearsed: 1 of 1"]);
}
