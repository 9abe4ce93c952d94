//! ADD VALUE, and what uses the value in the same revision.

use crate::postgres::made::{configured, run, same, tree, upgrade, upgraded};
use crate::support::faults::{self, Fault};
use crate::support::postgres::Database;

const CREATED: &str = "CREATE TYPE mood AS ENUM ('sad');\nALTER TYPE mood ADD VALUE 'glad';\nCREATE TABLE person (m mood DEFAULT 'glad')";

fn steps(server: u16, revision: &str) -> usize {
    let project = configured(&format!("[target]\nserver = {server}\n"), &[revision]);
    let script = upgrade(&project, "");
    script.matches(":signoff_step_begin\n").count()
}

/// Before PostgreSQL 17 a value of an enum is not to be used in the transaction that adds it, even where that creates the
/// enum; from 17 on it is, as long as it is one transaction.
#[test]
fn an_enum_of_the_same_transaction_is_let_off_from_17_on() {
    for (server, revision, want) in [
        (13, CREATED, 2),
        (16, CREATED, 2),
        (17, CREATED, 0),
        (18, CREATED, 0),
        (
            18,
            "ALTER TYPE mood ADD VALUE 'glad';\nINSERT INTO person VALUES ('glad')",
            2,
        ),
        (
            18,
            &CREATED.replace("CREATE TYPE mood", "CREATE TYPE app.mood"),
            2,
        ),
        // Another cut, or a statement that runs bare, may part the enum from its value.
        (
            18,
            &format!("{CREATED};\nALTER TYPE size ADD VALUE 'big';\nSELECT 'big'"),
            3,
        ),
        (
            18,
            &CREATED.replace(
                "ALTER TYPE",
                "CREATE INDEX CONCURRENTLY i ON t (x);\nALTER TYPE",
            ),
            3,
        ),
    ] {
        assert_eq!(steps(server, revision), want, "{server}: {revision}");
    }
}

#[test]
fn a_new_enum_is_made_and_used_on_this_server() {
    let project = tree(&[CREATED]);
    let script = upgrade(&project, "");
    let whole = upgraded(&project);
    for stop in faults::statements(&script) {
        let database = Database::create();
        database
            .psql_stdin(&faults::at(&script, stop, Fault::Killed), &[])
            .code(Fault::Killed.code());
        run(&database, &script);
        same("at once", &whole.state(), &database.state());
        same("at once", &whole.rows(), &database.rows());
    }
}

/// IF NOT EXISTS takes a value that is there; without it the server complains, and nothing is applied.
#[test]
fn a_value_that_is_there() {
    let used = "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'sad';\nCREATE TABLE person (m mood DEFAULT 'sad')";
    let database = upgraded(&tree(&["CREATE TYPE mood AS ENUM ('sad')", used]));
    assert_eq!(database.query("SELECT enum_range(NULL::mood)"), "{sad}");

    let project = tree(&[
        "CREATE TYPE mood AS ENUM ('sad')",
        &used.replace(" IF NOT EXISTS", ""),
    ]);
    let database = Database::create();
    for _ in 0..2 {
        database
            .psql_stdin(&upgrade(&project, ""), &[])
            .code(3)
            .stderr_has("enum label \"sad\" already exists");
    }
    assert_eq!(database.query("SELECT to_regclass('person') IS NULL"), "t");
}

/// psql, with a transaction for each statement, runs these; so does a script, however the value is added and used.
#[test]
fn a_value_is_committed_before_it_is_used_in_whatever_way() {
    let before = "CREATE TYPE mood AS ENUM ('sad');\nCREATE TYPE pair AS (n int, m mood);\nCREATE TABLE person (m mood);\nCREATE TABLE pairs (p pair)";
    let add = "ALTER TYPE mood ADD VALUE 'ok'";
    let use_ = "INSERT INTO person VALUES ('ok')";
    for (add, used) in [
        (add, "COPY person FROM stdin;\nsad\nok\n\\.\n"),
        (add, "COPY person FROM PROGRAM 'echo ok'"),
        (
            add,
            "INSERT INTO person SELECT m FROM json_to_record('{\"m\":\"ok\"}') AS j (m mood)",
        ),
        (add, "INSERT INTO pairs VALUES ('(1,ok)')"),
        (
            add,
            "DO $$ BEGIN INSERT INTO pairs VALUES ('(1,\"ok\")'); END $$",
        ),
        (add, "INSERT INTO person VALUES (U&'\\006fk')"),
        ("ALTER TYPE mood ADD VALUE U&'\\006fk'", use_),
        (
            "DO $$ BEGIN ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok'; END $$",
            use_,
        ),
        (
            "DO $$ BEGIN EXECUTE 'ALTER TYPE mood ADD VALUE ''ok'''; END $$",
            use_,
        ),
        (
            "DO $$ BEGIN EXECUTE format('ALTER TYPE %I ADD VALUE %L', 'mood', 'o' || 'k'); END $$",
            use_,
        ),
    ] {
        let text = format!("{add};\n{used}");
        let straight = Database::create();
        straight.run_raw(before).success();
        straight
            .psql_stdin(&format!("{text};\n"), &["-v", "ON_ERROR_STOP=1"])
            .success();
        let project = tree(&[before, &text]);
        let database = upgraded(&project);
        let people =
            "SELECT (SELECT string_agg(m::text, ' ') FROM person), (SELECT p::text FROM pairs)";
        assert_eq!(database.query(people), straight.query(people), "{text}");
        // Nor can it be rehearsed, or share a transaction with what uses it.
        let database = Database::create();
        run(&database, &upgrade(&project, "rev1"));
        database
            .psql_stdin(&upgrade(&project, ""), &["-v", "dry_run=1"])
            .success()
            .stdout_has("not rehearsed:\n  rev2");
    }
    let body = "DO $$ BEGIN ALTER TYPE mood ADD VALUE 'ok'; END $$";
    tree(&[before, body, use_])
        .run(&["upgrade", "--single-transaction"])
        .code(1)
        .stderr_has("revision rev2 can't share one transaction");
}
