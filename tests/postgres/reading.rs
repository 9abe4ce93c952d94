//! How psql reads a script must not change half-way: strings with backslashes, another encoding.

use super::hostile::{project, psql};
use super::made::{changes_nothing, refuses, run, tree, upgrade};
use crate::support::outcome;
use crate::support::postgres::Database;

/// Where a RESET would go back to backslashes in strings, a function of a migration could make psql read the rest otherwise.
#[test]
fn strings_that_a_reset_would_change_are_refused() {
    let script = upgrade(&project(), "");
    let says =
        "signoff: refused: standard_conforming_strings is off here where nothing else is said";
    let database = Database::create();
    changes_nothing(&database, || {
        let mut command = psql(&database, "postgres");
        command.env("PGOPTIONS", "-c standard_conforming_strings=off");
        let outcome = outcome::run(command.args(["-f", "-"]), &script);
        outcome.code(3).stderr_has(says);
    });
    database.query(&format!(
        "ALTER DATABASE {} SET standard_conforming_strings = off",
        database.name()
    ));
    refuses(&database, &script, says);
    let mut command = psql(&database, "postgres");
    command.env("PGOPTIONS", "-c standard_conforming_strings=on");
    outcome::run(command.args(["-f", "-"]), &script).success();
}

/// What a DO block or a function does to the encoding is seen at the end of its revision, before anything of it is committed.
#[test]
fn a_changed_encoding_is_rolled_back() {
    for text in [
        "DO $$ BEGIN RESET ALL; END $$;\nCREATE TABLE t AS SELECT 'é' AS x;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'reset all'; RETURN 1; END $$;\nSELECT f();\nCREATE TABLE t AS SELECT 'é' AS x;",
        "DO $$ BEGIN SET NAMES 'LATIN1'; END $$;\nCREATE TABLE t AS SELECT 'é' AS x;",
    ] {
        for options in ["", "--! upgrade { transaction = false }\n"] {
            let project = tree(&["CREATE TABLE a (x int)", &format!("{options}{text}")]);
            let database = Database::create();
            run(&database, &upgrade(&project, "rev1"));
            let mut command = psql(&database, "postgres");
            command.env("PGCLIENTENCODING", "LATIN1");
            let outcome = outcome::run(command.args(["-f", "-"]), &upgrade(&project, ""));
            outcome.code(3).stderr_has(
                "signoff: revision rev2 changed how the rest of its SQL is read: client_encoding or standard_conforming_strings",
            );
            assert_eq!(
                database.query("SELECT state FROM signoff_revision WHERE revision = 'rev2'"),
                if options.is_empty() { "" } else { "upgrading" }
            );
            if options.is_empty() {
                assert_eq!(database.query("SELECT to_regclass('t') IS NULL"), "t");
            }
        }
    }
}
