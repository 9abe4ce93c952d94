//! A plain script refuses where a psql script does, with the same code and the same words, and changes as little.

use super::super::made::{changes_nothing, configured, set, tree, upgrade, upgraded};
use super::session::{Refused, Session, run};
use super::{plain, plain_down};
use crate::support::postgres::{Database, Standby};
use crate::support::project::Project;

/// Both flavours refuse here with this code, and with the same message.
#[track_caller]
fn both_refuse(database: &Database, project: &Project, code: &str) -> Refused {
    let mut said = None;
    changes_nothing(database, || {
        let mut session = Session::open(database);
        let refused = session
            .stop_at_errors(&plain(project, ""))
            .expect_err("the plain script refuses");
        assert_eq!(refused.code, code, "{refused:?}");
        database
            .psql_stdin(&upgrade(project, ""), &[])
            .code(3)
            .stderr_has(&refused.message);
        said = Some(refused);
    });
    // A client that goes on changes nothing either.
    changes_nothing(database, || {
        Session::open(database).go_on(&plain(project, ""));
    });
    said.expect("it was said")
}

fn two() -> Project {
    tree(&["CREATE TABLE a (a int)", "CREATE TABLE b (a int)"])
}

#[test]
fn a_database_that_is_another() {
    let project = configured(
        "[target]\ndatabase = \"somewhere_else\"\n",
        &["CREATE TABLE a (a int)"],
    );
    both_refuse(&Database::create(), &project, "SO003");
}

#[test]
fn a_database_that_takes_no_writes() {
    let database = Database::create();
    let off = format!(
        "ALTER DATABASE {} SET default_transaction_read_only = on",
        database.name()
    );
    database.query(&off);
    let refused = both_refuse(&database, &two(), "SO003");
    assert_eq!(
        refused.message,
        "signoff: refused: transactions are read-only here"
    );
}

#[test]
fn a_standby() {
    let standby = Standby::start();
    for script in [plain(&two(), ""), upgrade(&two(), "")] {
        standby
            .psql_stdin(&format!("\\set ON_ERROR_STOP on\n{script}"))
            .code(3)
            .stderr_has("signoff: refused: this server is a standby");
    }
}

#[test]
fn a_database_in_another_encoding() {
    let database = Database::create_with("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'");
    let project = two();
    changes_nothing(&database, || {
        let refused = Session::open(&database)
            .stop_at_errors(&plain(&project, ""))
            .expect_err("refuses");
        // Which of the two it is depends on the client: the text may not reach the check.
        assert!(
            ["SO003", "22P05"].contains(&refused.code.as_str()),
            "{refused:?}"
        );
    });
}

#[test]
fn no_schema_for_the_version_table() {
    let project = configured(
        "[version_table]\nschema = \"nowhere\"\n",
        &["CREATE TABLE a (a int)"],
    );
    both_refuse(&Database::create(), &project, "SO003");
}

#[test]
fn somebody_without_rights() {
    let database = Database::create();
    database.query("DO $$ BEGIN CREATE ROLE plain_guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    database.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let project = two();
    let refused = Session::open_as(&database, "plain_guest")
        .stop_at_errors(&plain(&project, ""))
        .expect_err("refuses");
    assert_eq!(
        (refused.code.as_str(), refused.message.as_str()),
        (
            "SO003",
            "signoff: refused: plain_guest may not create the version table in schema \"public\""
        )
    );
    run(&database, &plain(&project, ""));
    let refused = Session::open_as(&database, "plain_guest")
        .stop_at_errors(&plain(&project, ""))
        .expect_err("refuses");
    assert!(
        refused
            .message
            .starts_with("signoff: refused: plain_guest may not write the version table")
    );
}

#[test]
fn a_table_that_is_not_ours() {
    let database = Database::create();
    database.query("CREATE TABLE signoff_revision (a int)");
    both_refuse(&database, &two(), "SO008");
}

#[test]
fn a_database_with_tables_that_were_never_ours() {
    let database = Database::create();
    database.query("CREATE TABLE theirs (a int)");
    let project = two();
    let refused = both_refuse(&database, &project, "SO007");
    assert!(refused.hint.contains("SET signoff.first_run = '1';"));
    for (said, code) in [("'maybe'", "SO010"), ("'0'", "SO007"), ("'yes '", "SO010")] {
        changes_nothing(&database, || {
            let mut session = Session::open(&database);
            session
                .send(&format!("SET signoff.first_run = {said}"))
                .expect("set");
            let refused = session
                .stop_at_errors(&plain(&project, ""))
                .expect_err("refuses");
            assert_eq!(refused.code, code, "{said}");
        });
    }
    let mut session = Session::open(&database);
    session.send("SET signoff.first_run = '1'").expect("set");
    session.stop_at_errors(&plain(&project, "")).expect("runs");
    assert_eq!(
        session.value("SELECT current_setting('signoff.first_run')"),
        ""
    );
}

#[test]
fn what_is_mistyped() {
    let database = Database::create();
    let project = two();
    for typed in [
        "signoff.firstrun = '1'",
        "signoff.dry_run = '1'",
        "signoff.until = 'rev1'",
        "signoff.ticket_id = 'x'",
        "signoff.ticket = ' x'",
        "signoff.ticket = E'a\\nb'",
    ] {
        changes_nothing(&database, || {
            let mut session = Session::open(&database);
            session.send(&format!("SET {typed}")).expect("set");
            let refused = session
                .stop_at_errors(&plain(&project, ""))
                .expect_err("refuses");
            assert_eq!(refused.code, "SO010", "{typed}");
        });
    }
}

/// A client that reads the file in another encoding, or writes other line ends.
#[test]
fn a_text_that_was_changed_on_the_way() {
    let script = plain(&two(), "");
    let database = Database::create();
    for changed in [script.replace('é', "Ã©"), script.replace('\n', "\r\n")] {
        changes_nothing(&database, || {
            let refused = Session::open(&database)
                .stop_at_errors(&changed)
                .expect_err("refuses");
            assert_eq!(
                refused.message,
                "signoff: refused: the text of this script did not arrive as it is in the file"
            );
        });
    }
    changes_nothing(&database, || {
        let mut session = Session::open(&database);
        session
            .send("SET standard_conforming_strings = off")
            .expect("set");
        let refused = session.stop_at_errors(&script).expect_err("refuses");
        assert_eq!(refused.code, "SO003");
        drop(session);
        let mut session = Session::open(&database);
        session.send("CREATE TEMP TABLE a (a int)").expect("made");
        let refused = session.stop_at_errors(&script).expect_err("refuses");
        assert_eq!(
            refused.message,
            "signoff: refused: this session has temporary tables"
        );
    });
}

#[test]
fn what_is_recorded_is_something_else() {
    let project = two();
    let database = upgraded(&project);
    set(&project, 1, "CREATE TABLE a (a bigint)");
    both_refuse(&database, &project, "SO006");
    // Other comments are a notice.
    set(&project, 1, "-- The first.\nCREATE TABLE a (a int)");
    let mut session = Session::open(&database);
    session.stop_at_errors(&plain(&project, "")).expect("runs");
    assert!(session.notices().iter().any(
        |notice| notice == "signoff: revision rev1 was applied here with other comments or an accepted earlier text"
    ));
    set(&project, 1, "CREATE TABLE a (a int)");

    for change in [
        "UPDATE signoff_revision SET project = 'other'",
        "UPDATE signoff_revision SET state = 'upgrading' WHERE revision = 'rev2'; INSERT INTO signoff_revision SELECT 'rev0', project, kind, parents, depends_on, message, up, up1, variables, 'applied' FROM signoff_revision WHERE revision = 'rev1'",
        "DELETE FROM signoff_revision WHERE revision = 'rev1'",
        "UPDATE signoff_revision SET state = 'downgrading', steps = '{0123456789abcdef}' WHERE revision = 'rev2'",
    ] {
        let database = upgraded(&project);
        database.query(change);
        both_refuse(&database, &project, "SO006");
    }
}

#[test]
fn a_range_that_does_not_begin_here() {
    let project = two();
    let database = Database::create();
    changes_nothing(&database, || {
        let refused = Session::open(&database)
            .stop_at_errors(&plain(&project, "rev1:rev2"))
            .expect_err("refuses");
        assert_eq!(
            refused.message,
            "signoff: refused: this script starts after rev1, and revision rev1 is not applied here"
        );
    });
}

#[test]
fn a_downgrade_under_what_stands_on_it() {
    let project = tree(&[
        "--! upgrade\nCREATE TABLE a (a int);\n--! downgrade\nDROP TABLE a;\n",
        "--! upgrade\nCREATE TABLE b (a int);\n--! downgrade\nDROP TABLE b;\n",
    ]);
    let database = Database::create();
    let down = plain_down(&project, "rev1:base");
    changes_nothing(&database, || {
        let refused = Session::open(&database)
            .stop_at_errors(&down)
            .expect_err("refuses");
        assert_eq!(refused.code, "SO007");
    });
    run(&database, &plain(&project, ""));
    changes_nothing(&database, || {
        let refused = Session::open(&database)
            .stop_at_errors(&down)
            .expect_err("refuses");
        assert_eq!(
            refused.message,
            "signoff: refused: revision rev2 is applied here and stands on what would be reverted"
        );
    });
}

#[test]
fn a_revision_that_changes_its_own_record_is_taken_back() {
    for table in ["signoff_revision", "signoff_event"] {
        let text = format!(
            "CREATE TABLE b (a int);\nDO $$ BEGIN EXECUTE 'DELETE FROM public.' || '{table}'; END $$"
        );
        let project = tree(&["CREATE TABLE a (a int)", &text]);
        let database = Database::create();
        let refused = Session::open(&database)
            .stop_at_errors(&plain(&project, ""))
            .expect_err("refuses");
        assert_eq!(refused.code, "SO005", "{refused:?}");
        assert_eq!(
            database.query("SELECT revision FROM signoff_revision"),
            "rev1"
        );
        assert_eq!(database.query("SELECT to_regclass('b') IS NULL"), "t");
    }
}

/// As the role of the config, whoever runs it.
#[test]
fn a_role_does_everything() {
    let database = Database::create();
    database.query(
        "DO $$ BEGIN CREATE ROLE plain_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    );
    database.query("GRANT CREATE ON SCHEMA public TO plain_owner");
    let project = configured(
        "[target]\nrole = \"plain_owner\"\n",
        &[
            "CREATE TABLE a (a int)",
            "CREATE INDEX CONCURRENTLY i ON a (a)",
        ],
    );
    let mut session = Session::open(&database);
    session.stop_at_errors(&plain(&project, "")).expect("runs");
    assert_eq!(session.value("SELECT current_user"), "postgres");
    assert_eq!(
        database.query("SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
        "plain_owner"
    );
}
