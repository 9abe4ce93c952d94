//! Stopped anywhere, by whatever, and run again; and a client that can't be stopped.

use std::time::{Duration, Instant};

use super::super::laws::{LINEAR, SAMPLE};
use super::super::made::{run as psql, same, set, tree, upgrade};
use super::plain;
use super::session::{Session, run, start, statements};
use crate::support::postgres::Database;

/// Law 4: the client goes away after any statement.
#[test]
fn a_client_that_goes_away_anywhere_may_come_back() {
    for case in [&LINEAR, &SAMPLE] {
        let project = case.project();
        let script = plain(&project, "");
        let whole = Database::create();
        psql(&whole, &upgrade(&project, ""));
        let (state, rows) = (whole.state(), whole.rows());
        let all = statements(&script);
        // One database that is stopped after one statement more each time.
        let database = Database::create();
        for k in 0..all.len() {
            let mut session = Session::open(&database);
            for statement in &all[..k] {
                session.send(statement).expect("runs");
            }
        }
        run(&database, &script);
        same("at once", &state, &database.state());
        same("at once", &rows, &database.rows());
    }
}

/// A backend that is ended in the middle of a revision takes all of it back, and of the one that runs alone its part.
#[test]
fn a_backend_that_is_terminated_leaves_nothing_half_recorded() {
    let project = tree(&[
        "CREATE TABLE a (a int);\nINSERT INTO a VALUES (1)",
        "CREATE TABLE b (a int);\nSELECT pg_advisory_xact_lock(7);\nCREATE TABLE c (a int)",
        "CREATE INDEX CONCURRENTLY i ON a (a)",
    ]);
    let script = plain(&project, "");
    let whole = Database::create();
    psql(&whole, &upgrade(&project, ""));
    let database = Database::create();

    let mut holder = Session::open(&database);
    holder.send("SELECT pg_advisory_lock(7)").expect("held");
    let victim = Session::open(&database);
    let ended = start(victim, script.clone());
    terminate(&database, "wait_event = 'advisory'");
    assert!(ended.recv().expect("it ends").is_err());
    assert_eq!(
        database.query("SELECT string_agg(revision, ' ') FROM signoff_revision"),
        "rev1"
    );
    assert_eq!(database.query("SELECT to_regclass('b') IS NULL"), "t");
    drop(holder);

    // CREATE INDEX CONCURRENTLY waits for a transaction that is older and holds the table.
    let mut writer = Session::open(&database);
    writer
        .send("BEGIN; INSERT INTO a VALUES (2)")
        .expect("written");
    let ended = start(Session::open(&database), script.clone());
    terminate(
        &database,
        "wait_event_type = 'Lock' AND query LIKE '%CREATE INDEX CONCURRENTLY%'",
    );
    assert!(ended.recv().expect("it ends").is_err());
    writer.send("ROLLBACK").expect("ends");
    drop(writer);
    database.wait_until_alone();
    assert_eq!(
        database.query(
            "SELECT state, steps[1] ~ '[?][0-9]+$' FROM signoff_revision WHERE revision = 'rev3'"
        ),
        "upgrading|t"
    );
    let invalid = database.query("SELECT count(*) FROM pg_index WHERE NOT indisvalid");
    if invalid == "1" {
        let mut session = Session::open(&database);
        let refused = session.stop_at_errors(&script).expect_err("refuses");
        assert_eq!(refused.code, "SO005");
        assert_eq!(
            refused.hint,
            "Run this first: DROP INDEX CONCURRENTLY public.i; then run the whole script again."
        );
        session
            .send("DROP INDEX CONCURRENTLY public.i")
            .expect("dropped");
        session
            .stop_at_errors(&script)
            .expect("in the same session");
    } else {
        run(&database, &script);
    }
    same("at once", &whole.state(), &database.state());
    same("at once", &whole.rows(), &database.rows());
}

/// DROP INDEX CONCURRENTLY is cancelled, and a client that goes on does not have it recorded.
#[test]
fn a_drop_that_was_cancelled_is_not_done() {
    let project = tree(&[
        "CREATE TABLE a (a int);\nCREATE INDEX i ON a (a)",
        "DROP INDEX CONCURRENTLY i",
        "CREATE TABLE b (a int)",
    ]);
    let script = plain(&project, "");
    let database = Database::create();
    run(&database, &plain(&project, "base:rev1"));
    let mut writer = Session::open(&database);
    writer
        .send("BEGIN; INSERT INTO a VALUES (2)")
        .expect("written");
    let mut session = Session::open(&database);
    let sent = script.clone();
    let client = std::thread::spawn(move || session.go_on(&sent));
    signal(
        "pg_cancel_backend",
        &database,
        "wait_event_type = 'Lock' AND query LIKE '%DROP INDEX CONCURRENTLY%'",
    );
    let refused = client.join().expect("it ends");
    let codes: Vec<&str> = refused.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["57014", "SO005", "SO005", "SO002", "SO009"]);
    assert_eq!(
        database
            .query("SELECT steps[1] ~ '[?][0-9]+$' FROM signoff_revision WHERE revision = 'rev2'"),
        "t"
    );
    writer.send("ROLLBACK").expect("ends");
    run(&database, &script);
    assert_eq!(database.query("SELECT to_regclass('i') IS NULL"), "t");
}

#[track_caller]
fn terminate(database: &Database, whom: &str) {
    signal("pg_terminate_backend", database, whom);
}

/// Sends somebody a signal, as soon as there is somebody.
#[track_caller]
fn signal(what: &str, database: &Database, whom: &str) {
    let begun = Instant::now();
    let kill = format!(
        "SELECT count({what}(pid)) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid() AND {whom}",
        database.name()
    );
    while database.query(&kill) == "0" {
        assert!(begun.elapsed() < Duration::from_mins(1), "nobody waits");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A client that goes on after an error applies nothing later, and records nothing that did not happen.
#[test]
fn a_client_that_goes_on_gets_no_further() {
    let good = [
        "CREATE TABLE a (a int);\nINSERT INTO a VALUES (1), (1)",
        "CREATE TABLE b (a int)",
        "CREATE INDEX CONCURRENTLY i ON a (a)",
        "CREATE TABLE c (a int)",
    ];
    for (broken, text, applied, state) in [
        (2, "CREATE TABLE b (a int);\nSELECT 1/0", "rev1", ""),
        (
            3,
            "CREATE UNIQUE INDEX CONCURRENTLY i ON a (a);\nCREATE TABLE late (a int)",
            "rev1 rev2",
            "upgrading",
        ),
        (
            3,
            "CREATE INDEX CONCURRENTLY i ON nowhere (a)",
            "rev1 rev2",
            "upgrading",
        ),
        (
            3,
            "--! upgrade { transaction = false }\nSELECT 1/0;\nCREATE INDEX CONCURRENTLY i ON a (a);\nCREATE TABLE late (a int)",
            "rev1 rev2",
            "upgrading",
        ),
        (
            3,
            "DROP INDEX CONCURRENTLY nowhere;\nCREATE TABLE late (a int)",
            "rev1 rev2",
            "upgrading",
        ),
    ] {
        let project = tree(&good);
        set(&project, broken, text);
        let database = Database::create();
        let mut session = Session::open(&database);
        let script = plain(&project, "");
        let refused = session.go_on(&script);
        assert!(refused.len() > 1, "{text}: {refused:?}");
        // The dumb way to send it, too: psql that does not stop.
        database.psql_stdin(&script, &[]).code(0);
        assert_eq!(
            database.query("SELECT string_agg(revision, ' ' ORDER BY revision) FROM signoff_revision WHERE state = 'applied'"),
            applied,
            "{text}"
        );
        assert_eq!(
            database.query("SELECT state FROM signoff_revision WHERE state <> 'applied'"),
            state,
            "{text}"
        );
        assert_eq!(
            database.query(
                "SELECT count(*) FROM signoff_revision v, unnest(v.steps) s WHERE s !~ '[?!][0-9]*$'"
            ),
            "0",
            "{text}"
        );
        assert_eq!(
            database.query("SELECT to_regclass('c') IS NULL AND to_regclass('late') IS NULL AND NOT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('i') AND indisvalid)"),
            "t",
            "{text}"
        );
        // The cause is mended, and the same session may go on: its door is open again.
        set(&project, broken, good[broken - 1]);
        if database.query("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == "1" {
            session
                .send(
                    "SET default_transaction_read_only = off; DROP INDEX CONCURRENTLY IF EXISTS i",
                )
                .ok();
            session.send("DROP INDEX CONCURRENTLY IF EXISTS i").ok();
        }
        session
            .stop_at_errors(&plain(&project, ""))
            .unwrap_or_else(|refused| panic!("{text}: {refused:?}"));
        assert_eq!(session.value("SHOW default_transaction_read_only"), "off");
        let whole = Database::create();
        psql(&whole, &upgrade(&project, ""));
        same("at once", &whole.state(), &database.state());
    }
}

/// The first statement fails, and a client sends all the others: nothing at all happens.
#[test]
fn without_its_checks_nothing_runs() {
    let project = tree(&[
        "CREATE TABLE a (a int)",
        "CREATE INDEX CONCURRENTLY i ON a (a)",
        "CREATE TABLE b (a int)",
    ]);
    let script = plain(&project, "");
    let database = Database::create();
    database.query("CREATE TABLE a (a int); CREATE TABLE theirs (a int)");
    let before = database.everything();
    let all = statements(&script);
    let mut session = Session::open(&database);
    // There are tables, so the check of the state refuses; then without what stands above it.
    assert!(
        session
            .go_on(&script)
            .iter()
            .any(|refused| refused.code == "SO007")
    );
    drop(session);
    for from in 1..all.len() {
        // Sent by itself it is anybody's statement.
        if all[from].contains("\nCREATE INDEX CONCURRENTLY IF") {
            continue;
        }
        let mut session = Session::open(&database);
        for statement in &all[from..] {
            session.send(statement).ok();
        }
        drop(session);
        database.wait_until_alone();
        same("before", &before, &database.everything());
    }
}

/// Law 7: of two at once one is refused, names the other, and goes on from there.
#[test]
fn two_at_once_are_kept_apart() {
    let project = tree(&[
        "CREATE TABLE a (a int)",
        "SELECT pg_advisory_xact_lock(7);\nCREATE TABLE b (a int)",
        "CREATE INDEX CONCURRENTLY i ON b (a)",
    ]);
    let (script, by_psql) = (plain(&project, ""), upgrade(&project, ""));
    let database = Database::create();
    let mut holder = Session::open(&database);
    holder.send("SELECT pg_advisory_lock(7)").expect("held");
    let mut first = Session::open(&database);
    let pid = first.value("SELECT pg_backend_pid()");
    let ended = start(first, script.clone());
    let begun = Instant::now();
    while database.query("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()") == "0" {
        assert!(begun.elapsed() < Duration::from_mins(1), "nobody waits");
        std::thread::sleep(Duration::from_millis(10));
    }
    let refused = Session::open(&database)
        .stop_at_errors(&script)
        .expect_err("refused");
    assert_eq!(refused.code, "SO004");
    assert!(
        refused.message.starts_with(&format!(
            "signoff: refused: another run holds the lock: pid {pid}, user postgres"
        )),
        "{refused:?}"
    );
    holder.send("SELECT pg_advisory_unlock(7)").expect("let go");
    ended.recv().expect("it ends").expect("well");
    run(&database, &script);

    // And the psql flavour's lock keeps a plain run out.
    holder
        .send("SELECT pg_advisory_lock(hashtextextended('signoff:public.signoff_revision', 0))")
        .expect("held");
    let refused = Session::open(&database)
        .stop_at_errors(&script)
        .expect_err("refused");
    assert_eq!(refused.code, "SO004");
    holder
        .send("SELECT pg_advisory_unlock_all()")
        .expect("let go");
    psql(&database, &by_psql);
}
