//! Databases and tablespaces: they are the whole server's, found by name when created and by oid when dropped.

use super::{killed_after_last, killed_before};
use crate::postgres::made::{run, tree, upgrade};
use crate::support::faults::{self, Fault};
use crate::support::postgres::Database;
use crate::support::postgres::server::Server;

/// A name that no other test has; names are the whole cluster's.
fn more(database: &Database) -> String {
    format!("{}_more", database.name())
}

fn databases(name: &str) -> String {
    format!("SELECT oid FROM pg_database WHERE datname = '{name}'")
}

#[test]
fn a_database_is_created_once() {
    let base = Database::create();
    let name = more(&base);
    let script = upgrade(
        &tree(&[&format!("CREATE DATABASE {name} TEMPLATE template0")]),
        "",
    );
    for killed in [
        killed_after_last as fn(&Database, &str),
        |database, script| {
            killed_before(database, script, "CREATE DATABASE");
        },
    ] {
        let database = Database::create();
        killed(&database, &script);
        run(&database, &script).quiet();
        run(&database, &script).stdout_has("nothing to apply");
        assert_ne!(database.query(&databases(&name)), "");
        base.query(&format!("DROP DATABASE {name}"));
    }
}

/// A database that was there before is not this step's, however often it is tried.
#[test]
fn a_database_of_somebody_else_is_not_taken() {
    let database = Database::create();
    let name = more(&database);
    let script = upgrade(
        &tree(&[&format!("CREATE DATABASE {name} TEMPLATE template0")]),
        "",
    );
    database.query(&format!("CREATE DATABASE {name} TEMPLATE template0"));
    let oid = database.query(&databases(&name));
    for _ in 0..3 {
        database
            .psql_stdin(&script, &[])
            .code(3)
            .stderr_has(&format!("database \"{name}\" already exists"));
    }
    assert_eq!(database.query(&databases(&name)), oid);
    database.query(&format!("DROP DATABASE {name}"));
    run(&database, &script).quiet();
    database.query(&format!("DROP DATABASE {name}"));
}

/// When it was dropped and not recorded, a new one of that name is somebody else's.
#[test]
fn a_database_is_dropped_once() {
    let base = Database::create();
    let name = more(&base);
    let script = upgrade(&tree(&[&format!("DROP DATABASE {name}")]), "");
    let create = format!("CREATE DATABASE {name} TEMPLATE template0");

    let database = Database::create();
    base.query(&create);
    killed_after_last(&database, &script);
    assert_eq!(base.query(&databases(&name)), "");
    run(&database, &script).quiet();

    let database = Database::create();
    base.query(&create);
    killed_before(&database, &script, "DROP DATABASE");
    run(&database, &script).quiet();
    assert_eq!(base.query(&databases(&name)), "");

    let database = Database::create();
    base.query(&create);
    killed_after_last(&database, &script);
    base.query(&create);
    let oid = base.query(&databases(&name));
    run(&database, &script).quiet();
    assert_eq!(base.query(&databases(&name)), oid);
    base.query(&format!("DROP DATABASE {name}"));

    let database = Database::create();
    for _ in 0..2 {
        database
            .psql_stdin(&script, &[])
            .code(3)
            .stderr_has(&format!("database \"{name}\" does not exist"));
    }
}

/// A database that was never there: IF EXISTS is the author's word that this will do.
#[test]
fn if_exists_takes_a_database_that_is_not_there() {
    let database = Database::create();
    let name = more(&database);
    let script = upgrade(&tree(&[&format!("DROP DATABASE IF EXISTS {name}")]), "");
    killed_after_last(&database, &script);
    run(&database, &script).stdout_has("done: 1 of 1");
}

/// Runs a script on a server of its own until its client is killed there.
#[track_caller]
fn killed_at(server: &Server, script: &str, stop: usize) {
    let broken = faults::at(script, stop, Fault::Killed);
    server.psql_stdin(&broken).code(Fault::Killed.code());
}

#[test]
fn a_tablespace_is_created_and_dropped_once() {
    let server = Server::start();
    let folder = server.folder().join("data/../space");
    // The server's own user makes the folder, so that it is the server's.
    let mkdir = format!("COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; mkdir -m 700 {folder}'");
    server.query(&mkdir);
    let project = tree(&[
        &format!("CREATE TABLESPACE \"New space\" LOCATION '{folder}'"),
        "DROP TABLESPACE \"New space\"",
    ]);
    let spaces = "SELECT count(*) FROM pg_tablespace WHERE spcname = 'New space'";
    let create = upgrade(&project, "rev1");
    let stop = faults::statements(&create)[0];
    killed_at(&server, &create, stop);
    assert_eq!(server.query(spaces), "1");
    server.psql_stdin(&create).success().quiet();

    let drop = upgrade(&project, "");
    let stop = *faults::statements(&drop).last().expect("two statements");
    killed_at(&server, &drop, stop);
    assert_eq!(server.query(spaces), "0");
    server.psql_stdin(&drop).success().quiet();
    server
        .psql_stdin(&drop)
        .success()
        .stdout_has("nothing to apply");
}

/// A run that died while it made the tablespace leaves a folder that the server does not take twice: that is told.
#[test]
fn a_folder_that_a_killed_run_left_is_told() {
    let server = Server::start();
    let folder = server.folder().join("data/../space");
    let script = upgrade(
        &tree(&[&format!("CREATE TABLESPACE space LOCATION '{folder}'")]),
        "",
    );
    let place = script.find("\nCREATE TABLESPACE").expect("it is there") + 1;
    killed_at(&server, &script, place);
    let version = "SELECT 'PG_' || split_part(current_setting('server_version'), '.', 1) || '_' || catalog_version_no FROM pg_control_system()";
    let left = folder.join(server.query(version));
    server.query(&format!(
        "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; mkdir -p -m 700 {left}'"
    ));
    server
        .psql_stdin(&script)
        .code(3)
        .stderr_has("WARNING:  signoff: tablespace space was begun here before, and is not there")
        .stderr_has("See that it is empty, remove it, and run again")
        .stderr_has("already in use as a tablespace");
    server.query(&format!(
        "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; rmdir {left}'"
    ));
    server.psql_stdin(&script).success();
}

/// What names the state it leads to is run again.
#[test]
fn settings_of_the_server_and_the_place_of_a_database() {
    let server = Server::start();
    let folder = server.folder().join("data/../space");
    server.query(&format!(
        "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; mkdir -m 700 {folder}'"
    ));
    server.query(&format!("CREATE TABLESPACE space LOCATION '{folder}'"));
    server.query("CREATE DATABASE moved");
    let project = tree(&[
        "ALTER SYSTEM SET work_mem = '5MB'",
        "ALTER DATABASE moved SET TABLESPACE space",
    ]);
    let script = upgrade(&project, "");
    for stop in faults::statements(&script) {
        killed_at(&server, &script, stop);
    }
    server.psql_stdin(&script).success().quiet();
    assert_eq!(
        server.query("SELECT setting FROM pg_file_settings WHERE name = 'work_mem'"),
        "5MB"
    );
    assert_eq!(
        server.query("SELECT spcname FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace WHERE datname = 'moved'"),
        "space"
    );
}

/// They are the server's: with other statements of a file they could not be rolled back.
#[test]
fn they_stand_alone_in_their_revision() {
    for statement in [
        "CREATE DATABASE a",
        "DROP DATABASE a",
        "CREATE TABLESPACE a LOCATION '/a'",
        "DROP TABLESPACE a",
        "ALTER DATABASE a SET TABLESPACE b",
        "ALTER SYSTEM SET work_mem = '5MB'",
    ] {
        tree(&[&format!("{statement};\nCREATE TABLE t (x int)")])
            .run(&["upgrade"])
            .code(1)
            .stderr_has("error[server-wide]");
    }
}
