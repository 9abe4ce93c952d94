//! Subscriptions: a publisher on a server of its own, and the slots that a run leaves there or takes with it.

use super::{Holder, killed_after_last, killed_before, wait_until};
use crate::postgres::made::{configured, run, tree, upgrade};
use crate::support::faults::{self, Fault};
use crate::support::postgres::server::Server;
use crate::support::postgres::{Database, is_older_than};
use crate::support::project::Project;

/// A publisher of a table in two publications.
fn publisher() -> Server {
    let server = Server::start();
    server.query("CREATE TABLE t (x int PRIMARY KEY)");
    server.query("CREATE PUBLICATION one FOR TABLE t");
    server.query("CREATE PUBLICATION \"Two\" FOR TABLE t");
    server
}

const TABLE: &str = "CREATE TABLE t (x int PRIMARY KEY)";

/// The subscriptions of this database with their publications.
const SHAPE: &str = "SELECT coalesce(string_agg(subname || ' ' || subpublications::text, ', '), '') FROM pg_subscription \
    WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())";
const SLOTS: &str = "SELECT coalesce(string_agg(slot_name, ', '), '') FROM pg_replication_slots";

fn creates(server: &Server, name: &str) -> String {
    format!(
        "CREATE SUBSCRIPTION {name} CONNECTION '{}' PUBLICATION one",
        server.conninfo()
    )
}

/// A database at rev1, with the table.
#[track_caller]
fn before(project: &Project) -> Database {
    let database = Database::create();
    run(&database, &upgrade(project, "rev1"));
    database
}

#[test]
fn a_subscription_is_created_once_and_dropped_once() {
    let server = publisher();
    let name = "sub_created";
    let project = tree(&[
        TABLE,
        &creates(&server, name),
        &format!("DROP SUBSCRIPTION {name}"),
    ]);
    let create = upgrade(&project, "rev2");
    let drop = upgrade(&project, "");

    let database = before(&project);
    killed_after_last(&database, &create);
    run(&database, &create).stdout_has("done: 2 of 2");
    assert_eq!(database.query(SHAPE), format!("{name} {{one}}"));
    assert_eq!(server.query(SLOTS), name);
    killed_after_last(&database, &drop);
    assert_eq!(database.query(SHAPE), "");
    run(&database, &drop).quiet().stdout_has("done: 3 of 3");
    assert_eq!(server.query(SLOTS), "");
    run(&database, &drop).stdout_has("nothing to apply");
}

/// The publisher makes the slot first, and waits there for a transaction of its own. Our backend ends meanwhile: nothing of the
/// subscription is here, and the publisher takes the unfinished slot away when it hears of it.
#[test]
fn a_subscription_that_was_cut_off_is_created_anew() {
    let server = publisher();
    let name = "sub_cut";
    let project = tree(&[TABLE, &creates(&server, name)]);
    let script = upgrade(&project, "");
    let database = before(&project);
    let holder = Holder::with(server.psql(), "INSERT INTO t VALUES (1)");
    std::thread::scope(|scope| {
        let first = scope.spawn(|| database.psql_stdin(&script, &[]));
        wait_until(|| server.query(SLOTS) == name);
        database.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE SUBSCRIPTION%' AND datname = current_database()",
        );
        first.join().expect("psql does not panic").code(2);
    });
    assert_eq!(database.query(SHAPE), "");
    drop(holder);
    wait_until(|| server.query(SLOTS).is_empty());
    run(&database, &script).stderr_has("was begun here before, and is not done");
    assert_eq!(database.query(SHAPE), format!("{name} {{one}}"));
    database.query(&format!("DROP SUBSCRIPTION {name}"));
}

/// Between the finished slot and the commit here there is a moment in which a run can leave the slot. It is too short to be met,
/// so the slot is made by hand.
#[test]
fn a_slot_that_a_killed_run_left_is_told() {
    let server = publisher();
    let name = "sub_slot";
    let project = tree(&[TABLE, &creates(&server, name)]);
    let script = upgrade(&project, "");
    let database = before(&project);
    killed_before(&database, &script, "CREATE SUBSCRIPTION");
    server.query(&format!(
        "SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')"
    ));
    database
        .psql_stdin(&script, &[])
        .code(3)
        .stderr_has("WARNING:  signoff: creating subscription sub_slot was begun here before, and is not done")
        .stderr_has("drop it there with pg_drop_replication_slot")
        .stderr_has("replication slot \"sub_slot\" already exists");
    server.query(&format!("SELECT pg_drop_replication_slot('{name}')"));
    run(&database, &script);
    database.query(&format!("DROP SUBSCRIPTION {name}"));
}

/// The slot is dropped on the publisher before the drop is committed here; so it may be gone already.
#[test]
fn a_slot_that_a_killed_run_dropped_is_told() {
    let server = publisher();
    let name = "sub_gone";
    let project = tree(&[
        TABLE,
        &creates(&server, name),
        &format!("DROP SUBSCRIPTION {name}"),
    ]);
    let database = Database::create();
    run(&database, &upgrade(&project, "rev2"));
    let script = upgrade(&project, "");
    killed_before(&database, &script, "DROP SUBSCRIPTION");
    database.query(&format!("ALTER SUBSCRIPTION {name} DISABLE"));
    server.query(&format!("DO $$ BEGIN WHILE (SELECT active FROM pg_replication_slots) LOOP PERFORM pg_sleep(0.01); END LOOP; PERFORM pg_drop_replication_slot('{name}'); END $$"));
    database
        .psql_stdin(&script, &[])
        .code(3)
        .stderr_has("WARNING:  signoff: dropping subscription sub_gone was begun here before, and is not done")
        .stderr_has("ALTER SUBSCRIPTION sub_gone SET (slot_name = NONE)")
        .stderr_has("replication slot \"sub_gone\" does not exist");
    database.query(&format!("ALTER SUBSCRIPTION {name} SET (slot_name = NONE)"));
    run(&database, &script);
    assert_eq!(database.query(SHAPE), "");
}

/// One that was there before, here or in another database, is not this step's.
#[test]
fn a_subscription_of_somebody_else_is_not_taken() {
    let server = publisher();
    let name = "sub_other";
    let project = tree(&[TABLE, &creates(&server, name)]);
    let script = upgrade(&project, "");
    let quiet = format!(
        "CREATE SUBSCRIPTION {name} CONNECTION 'dbname=nobody' PUBLICATION two WITH (connect = false, slot_name = NONE)"
    );
    let elsewhere = Database::create();
    elsewhere.psql_stdin(&quiet, &[]).success();
    let database = before(&project);
    database.psql_stdin(&quiet, &[]).success();
    for _ in 0..3 {
        database
            .psql_stdin(&script, &[])
            .code(3)
            .stderr_has(&format!("subscription \"{name}\" already exists"));
    }
    assert_eq!(database.query(SHAPE), format!("{name} {{two}}"));
    database.query(&format!("DROP SUBSCRIPTION {name}"));
    run(&database, &script);
    assert_eq!(database.query(SHAPE), format!("{name} {{one}}"));
    assert_eq!(elsewhere.query(SHAPE), format!("{name} {{two}}"));
    database.query(&format!("DROP SUBSCRIPTION {name}"));
    elsewhere.query(&format!("DROP SUBSCRIPTION {name}"));
}

/// Adding what is there fails, and so does dropping what is not; the others lead to the same state again.
#[test]
fn publications_are_added_and_dropped_once() {
    if is_older_than(14, "ADD and DROP PUBLICATION") {
        return;
    }
    let server = publisher();
    let name = "\"Sub list\"";
    let create = creates(&server, name) + " WITH (slot_name = sub_list)";
    let project = configured(
        "[target]\nserver = 14\n",
        &[
            TABLE,
            &create,
            &format!("ALTER SUBSCRIPTION {name} ADD PUBLICATION \"Two\""),
            &format!("ALTER SUBSCRIPTION {name} DROP PUBLICATION ONE"),
            &format!("ALTER SUBSCRIPTION {name} SET PUBLICATION one, \"Two\""),
            &format!("ALTER SUBSCRIPTION {name} REFRESH PUBLICATION"),
        ],
    );
    let database = Database::create();
    run(&database, &upgrade(&project, "rev2"));
    for (range, shape) in [
        ("rev3", "Sub list {one,Two}"),
        ("rev4", "Sub list {Two}"),
        ("rev5", "Sub list {one,Two}"),
        ("rev6", "Sub list {one,Two}"),
    ] {
        let script = upgrade(&project, range);
        let last = script.rfind("\nALTER SUBSCRIPTION").expect("it is there") + 1;
        let broken = faults::at(&script, last, Fault::Killed);
        database.psql_stdin(&broken, &[]).code(Fault::Killed.code());
        killed_after_last(&database, &script);
        assert_eq!(database.query(SHAPE), shape);
        run(&database, &script).quiet();
        assert_eq!(database.query(SHAPE), shape);
    }
    database.query(&format!("DROP SUBSCRIPTION {name}"));
}

/// What was in the list before the step began is the server's to complain about.
#[test]
fn a_publication_that_was_there_is_not_taken_for_added() {
    if is_older_than(14, "ADD and DROP PUBLICATION") {
        return;
    }
    let server = publisher();
    let name = "sub_twice";
    for (statement, says) in [
        (
            "ADD PUBLICATION one",
            "publication \"one\" is already in subscription",
        ),
        (
            "ADD PUBLICATION \"Two\", one",
            "publication \"one\" is already in subscription",
        ),
        (
            "DROP PUBLICATION one, \"Two\"",
            "publication \"Two\" is not in subscription",
        ),
    ] {
        let project = configured(
            "[target]\nserver = 14\n",
            &[
                TABLE,
                &creates(&server, name),
                &format!("ALTER SUBSCRIPTION {name} {statement}"),
            ],
        );
        let database = Database::create();
        run(&database, &upgrade(&project, "rev2"));
        let script = upgrade(&project, "");
        for _ in 0..3 {
            database.psql_stdin(&script, &[]).code(3).stderr_has(says);
            assert_eq!(database.query(SHAPE), format!("{name} {{one}}"));
        }
        database.query(&format!("DROP SUBSCRIPTION {name}"));
    }
}

/// Options of the slot on the publisher: the server refuses them in a transaction, and sets them again without complaint.
#[test]
fn options_of_a_slot_are_set_outside_a_transaction() {
    for (needs, option, shape) in [
        (
            17,
            "failover = true",
            "SELECT subfailover FROM pg_subscription WHERE subname = 'sub_option'",
        ),
        (
            18,
            "two_phase = false",
            "SELECT subtwophasestate = 'd' FROM pg_subscription WHERE subname = 'sub_option'",
        ),
    ] {
        if is_older_than(needs, "the option of ALTER SUBSCRIPTION") {
            continue;
        }
        let server = publisher();
        let alter = format!("ALTER SUBSCRIPTION sub_option SET ({option})");
        let project = configured(
            &format!("[target]\nserver = {needs}\n"),
            &[
                TABLE,
                &(creates(&server, "sub_option") + " WITH (two_phase = true)"),
                "ALTER SUBSCRIPTION sub_option DISABLE",
                &alter,
            ],
        );
        let database = Database::create();
        run(&database, &upgrade(&project, "rev3"));
        assert_eq!(database.query(shape), "f");
        // The server itself refuses it in a transaction.
        database
            .psql_stdin(&format!("BEGIN;\n{alter};"), &["-v", "ON_ERROR_STOP=1"])
            .code(3)
            .stderr_has("cannot run inside a transaction block");
        let script = upgrade(&project, "");
        killed_before(&database, &script, &alter);
        assert_eq!(database.query(shape), "f");
        killed_after_last(&database, &script);
        assert_eq!(database.query(shape), "t");
        run(&database, &script).stdout_has("done: 4 of 4");
        assert_eq!(database.query(shape), "t");
        database.query("DROP SUBSCRIPTION sub_option");
    }
}

/// A server that is too old for an option would stop half-way.
#[test]
fn what_older_servers_do_not_know_is_refused_when_compiling() {
    for (statement, server) in [
        ("ALTER SUBSCRIPTION s ADD PUBLICATION p", 14),
        ("ALTER SUBSCRIPTION s DROP PUBLICATION p", 14),
        ("ALTER SUBSCRIPTION s SET (failover = true)", 17),
        ("ALTER SUBSCRIPTION s SET (two_phase = false)", 18),
    ] {
        configured(
            &format!("[target]\nserver = {}\n", server - 1),
            &[statement],
        )
        .run(&["upgrade"])
        .code(1)
        .stderr_has("error[newer-than-server]")
        .stderr_has(&format!("[target] server = {server}"));
        configured(&format!("[target]\nserver = {server}\n"), &[statement])
            .run(&["upgrade"])
            .success();
    }
    tree(&["ALTER SUBSCRIPTION s SET PUBLICATION p"])
        .run(&["upgrade"])
        .success();
}
