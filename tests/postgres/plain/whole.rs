//! What a plain script makes is what the psql script makes: up, twice, down, and taken in turns.

use super::super::laws::{BRANCHES, Case, LINEAR, NUMBERED, SAMPLE};
use super::super::made::{
    changes_nothing, configured, downgrade, run as psql, same, tree, upgrade,
};
use super::session::{Session, run, statements};
use super::{plain, plain_down};
use crate::support::faults::{self, Fault};
use crate::support::postgres::{Database, is_older_than};
use crate::support::project::Project;
use crate::support::straight;

const EVENTS: &str =
    "SELECT event, project, revision FROM public.signoff_event ORDER BY revision, id";

/// Everything that both flavours must agree on.
#[track_caller]
fn agree(what: &str, psql: &Database, plain: &Database) {
    same(what, &psql.state(), &plain.state());
    same(what, &psql.rows(), &plain.rows());
    same(what, &psql.query(EVENTS), &plain.query(EVENTS));
}

/// Laws 1, 2 and 3 with the psql flavour as oracle.
#[track_caller]
fn the_same_as_psql(case: &Case) {
    let project = case.project();
    let (one, other) = (Database::create(), Database::create());
    psql(&one, &upgrade(&project, ""));
    let script = plain(&project, "");
    assert!(
        !script.contains("\\set") && !script.contains("\\if"),
        "a command of psql"
    );
    let rows = run(&other, &script);
    assert!(rows[0].contains(" to apply here; 0 already applied"));
    agree("psql", &one, &other);
    assert_eq!(
        other.query("SELECT count(*) FROM signoff_revision WHERE applied_at IS NULL OR bundle !~ '^sha256:[0-9a-f]{64}$'"),
        "0"
    );
    changes_nothing(&other, || {
        let rows = run(&other, &script);
        assert!(rows[0].starts_with("signoff: nothing to apply: all of "));
    });
    // psql as a dumb sender, too.
    for stop in ["0", "1"] {
        changes_nothing(&other, || {
            let said = other.psql_stdin(&script, &["-v", &format!("ON_ERROR_STOP={stop}")]);
            said.success().stdout_has("signoff: done: ");
        });
    }

    project.run(&["bundle"]).success();
    project
        .run(&["bundle", "--flavour", "plain", "--out", "plain"])
        .success();
    let (released, plainly) = (release(&project, "out"), release(&project, "plain"));
    for (name, words) in [
        ("plan.sql", "nothing to apply"),
        ("status.sql", "next: nothing; all of this release"),
    ] {
        changes_nothing(&other, || {
            let mut session = Session::open(&other);
            let rows = session.stop_at_errors(&plainly(name)).expect("answers");
            assert!(rows.iter().any(|row| row.contains(words)), "{rows:?}");
        });
    }
    // Repeatables that fit no more are told in warnings; both flavours agree on what becomes of them.
    psql(&one, &released("downgrade.sql"));
    run(&other, &plainly("downgrade.sql"));
    agree("psql, down", &one, &other);
    changes_nothing(&other, || {
        let rows = run(&other, &plainly("downgrade.sql"));
        assert!(rows[0].starts_with("signoff: nothing to revert"));
    });
    psql(&one, &released("upgrade.sql"));
    run(&other, &plainly("upgrade.sql"));
    agree("psql, up again", &one, &other);
}

/// The texts of a release below a folder.
fn release<'p>(project: &'p Project, below: &str) -> impl Fn(&str) -> String + 'p {
    let folder = project.path(below);
    let mut folders = folder.read_dir_utf8().expect("a release was written");
    let folder = folders
        .find_map(|entry| Some(entry.ok()?.into_path()).filter(|path| path.is_dir()))
        .expect("it is a folder");
    move |name| std::fs::read_to_string(folder.join(name)).expect("it is in the release")
}

#[test]
fn sample_tree() {
    the_same_as_psql(&SAMPLE);
}

#[test]
fn linear() {
    the_same_as_psql(&LINEAR);
}

#[test]
fn branches() {
    if is_older_than(14, "[target] server of the project") {
        return;
    }
    the_same_as_psql(&BRANCHES);
}

#[test]
fn numbered() {
    the_same_as_psql(&NUMBERED);
}

/// Whoever begins, whoever goes on.
#[test]
fn both_flavours_go_on_from_each_other() {
    for case in [&SAMPLE, &LINEAR, &NUMBERED] {
        let project = case.project();
        let migrations = straight::migrations(&project);
        let whole = Database::create();
        psql(&whole, &upgrade(&project, ""));
        let half = migrations[migrations.len() / 2].id.clone();
        let below = format!("base:{half}");
        let (one, other) = (Database::create(), Database::create());
        psql(&one, &upgrade(&project, &below));
        run(&one, &plain(&project, ""));
        agree("psql alone", &whole, &one);
        run(&other, &plain(&project, &below));
        psql(&other, &upgrade(&project, ""));
        agree("psql alone", &whole, &other);
    }
}

const SAYS: &str = "SELECT revision, bundle, ticket, applied_by FROM signoff_revision UNION ALL SELECT revision, bundle, ticket, session_user_name FROM signoff_event";

#[test]
fn a_ticket_is_recorded_once() {
    let project = tree(&[
        "CREATE TABLE a (a int)",
        "--! upgrade { transaction = false }\nUPDATE a SET a = 1;\nCREATE INDEX CONCURRENTLY i ON a (a);\n",
    ]);
    let database = Database::create();
    let mut session = Session::open(&database);
    session.send("SET signoff.ticket = 'CHG-1'").expect("set");
    let script = plain(&project, "");
    let rows = session.stop_at_errors(&script).expect("done");
    assert!(
        rows.last()
            .is_some_and(|receipt| receipt.contains("\"ticket\" : \"CHG-1\"")),
        "{rows:?}"
    );
    let bundle = script
        .lines()
        .find_map(|line| line.strip_prefix("-- bundle  "))
        .expect("the header has it");
    let said = database.query(SAYS);
    assert_eq!(said.lines().count(), 6);
    for line in said.lines() {
        assert!(
            line.ends_with(&format!("|{bundle}|CHG-1|postgres")),
            "{line}"
        );
    }
    // It counts for one run.
    assert_eq!(
        session.value("SELECT current_setting('signoff.ticket')"),
        ""
    );
    assert_eq!(
        database.query("SELECT count(*) FROM signoff_event WHERE ticket IS NULL"),
        "0"
    );
}

/// A script without steps may come as one message, and is one transaction then.
#[test]
fn one_message_is_one_transaction() {
    let project = tree(&["CREATE TABLE a (a int)", "CREATE TABLE b (a int)"]);
    let (one, other) = (Database::create(), Database::create());
    psql(&one, &upgrade(&project, ""));
    let mut session = Session::open(&other);
    let rows = session.send(&plain(&project, "")).expect("done");
    let done = "signoff: done: 2 of 2 revisions are applied, once the transaction that is open in this session is committed";
    assert!(rows.iter().any(|row| row == done), "{rows:?}");
    agree("psql", &one, &other);

    super::super::made::set(&project, 3, "CREATE TABLE c (a int);\nSELECT 1/0");
    super::super::made::set(&project, 4, "CREATE TABLE d (a int)");
    let refused = session.send(&plain(&project, "")).expect_err("fails");
    assert_eq!(refused.code, "22012");
    agree("before", &one, &other);

    // With autocommit off nothing is there before the COMMIT.
    let third = Database::create();
    let mut session = Session::open(&third);
    session.send("BEGIN").expect("begins");
    session
        .stop_at_errors(&plain(&project, "base:rev2"))
        .expect("runs");
    session.send("ROLLBACK").expect("ends");
    assert_eq!(
        third.query("SELECT to_regclass('signoff_revision') IS NULL"),
        "t"
    );
}

/// What is deferred fires at the end of its revision, and the next one finds its constraints as they were made.
#[test]
fn deferred_constraints_stay_deferred_in_one_message() {
    let project = tree(&[
        "CREATE TABLE p (i int PRIMARY KEY);\nCREATE TABLE c (i int REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO c VALUES (1);\nINSERT INTO p VALUES (1)",
        "CREATE TABLE d (i int REFERENCES p DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO d VALUES (2);\nINSERT INTO p VALUES (2)",
    ]);
    let database = Database::create();
    let mut session = Session::open(&database);
    session.send(&plain(&project, "")).expect("done");
    assert_eq!(session.value("SELECT count(*) FROM c, d"), "1");

    super::super::made::set(&project, 2, "INSERT INTO c VALUES (7)");
    super::super::made::set(&project, 3, "INSERT INTO p VALUES (7)");
    let database = Database::create();
    changes_nothing(&database, || {
        let refused = Session::open(&database)
            .send(&plain(&project, ""))
            .expect_err("nothing mends it later");
        assert_eq!(refused.code, "23503", "{refused:?}");
    });
}

#[test]
fn a_script_with_steps_refuses_an_open_transaction() {
    let project = tree(&[
        "CREATE TABLE a (a int)",
        "CREATE INDEX CONCURRENTLY i ON a (a)",
    ]);
    let script = plain(&project, "");
    let database = Database::create();
    changes_nothing(&database, || {
        let refused = Session::open(&database).send(&script).expect_err("refuses");
        assert_eq!(refused.code, "SO001", "{refused:?}");
        let mut session = Session::open(&database);
        session.send("BEGIN").expect("begins");
        let refused = session.stop_at_errors(&script).expect_err("refuses");
        assert_eq!(refused.code, "SO001", "{refused:?}");
    });
}

/// The settings of a session.
const ALL: &str = "SELECT string_agg(name || '=' || setting, chr(10) ORDER BY name) FROM pg_settings WHERE name !~ '^(signoff|plpgsql|transaction_)'";

/// What the author sets for the session counts to the end of the revision, and the client has its own back.
#[test]
fn the_session_is_as_it_was() {
    let project = tree(&[
        "SET search_path = s;\nCREATE SCHEMA s;\nSET TimeZone = 'Asia/Tokyo';\nSELECT set_config('work_mem', '5MB', false);\n\
         CREATE TABLE t AS SELECT current_setting('TimeZone') AS tz, current_setting('work_mem') AS wm, current_setting('enable_seqscan') AS es;\n\
         CREATE TEMP TABLE u (a int);\nRESET TimeZone;\nSET ROLE maker;",
        "CREATE TABLE u AS SELECT current_setting('TimeZone') AS tz, current_setting('search_path') AS sp, current_user AS cu;",
        "SET maintenance_work_mem = '3MB';\nSET search_path = public;\nCREATE INDEX CONCURRENTLY i ON u (tz);\nCREATE TABLE v AS SELECT current_setting('maintenance_work_mem') AS m;",
    ]);
    let database = Database::create();
    database
        .query("DO $$ BEGIN CREATE ROLE maker; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    let mut session = Session::open(&database);
    let own = "SET search_path = elsewhere; SET TimeZone = 'Europe/Paris'; SET enable_seqscan = off; SET statement_timeout = '1h'; SET maintenance_work_mem = '7MB'";
    session.send(own).expect("set");
    let before = session.value(ALL);
    session.stop_at_errors(&plain(&project, "")).expect("done");
    same("the client's settings", &before, &session.value(ALL));
    assert_eq!(session.value("SELECT current_user"), "postgres");
    assert_eq!(
        database.query("SELECT tz, wm, es FROM s.t UNION ALL SELECT tz, sp, cu FROM public.u UNION ALL SELECT m, NULL, NULL FROM v"),
        "Asia/Tokyo|5MB|on\nUTC|\"$user\", public|postgres\n3MB||"
    );
    // The psql flavour agrees.
    let other = Database::create();
    psql(&other, &upgrade(&project, ""));
    agree("psql", &other, &database);
}

/// What the checks set for themselves is taken back as well: in one message, or in a transaction of the client's, it would last.
#[test]
fn the_session_is_as_it_was_in_one_transaction() {
    let database = Database::create();
    database.query(
        "DO $$ BEGIN CREATE ROLE one_maker; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    );
    database.query("GRANT ALL ON SCHEMA public TO one_maker");
    let project = configured(
        "[target]\nrole = \"one_maker\"\n",
        &[
            "CREATE TABLE a (a int)",
            "CREATE TABLE b (a int);\nSET search_path = s;\nSET TimeZone = 'Asia/Tokyo';",
        ],
    );
    project.run(&["bundle", "--flavour", "plain"]).success();
    let released = release(&project, "out");
    let mut session = Session::open(&database);
    session
        .send("SET search_path = elsewhere; SET TimeZone = 'Europe/Paris'")
        .expect("set");
    let before = session.value(ALL);
    for name in [
        "upgrade.sql",
        "upgrade.sql",
        "plan.sql",
        "status.sql",
        "downgrade.sql",
    ] {
        session.send(&released(name)).expect(name);
        same(name, &before, &session.value(ALL));
        assert_eq!(session.value("SELECT current_user"), "postgres", "{name}");
    }
    session.send("BEGIN").expect("begins");
    for name in ["status.sql", "plan.sql", "upgrade.sql", "status.sql"] {
        session.stop_at_errors(&released(name)).expect(name);
        same(name, &before, &session.value(ALL));
        assert_eq!(session.value("SELECT current_user"), "postgres", "{name}");
    }
}

/// Half-done by one flavour, finished by the other, either way and in both directions.
#[test]
fn what_is_half_done_is_finished_by_the_other_flavour() {
    const STEPS: &str = "--! upgrade { transaction = false }\n\
        UPDATE counter SET n = n + 1;\nCREATE INDEX CONCURRENTLY i ON counter (n);\nUPDATE counter SET n = n + 10;\n\n\
        --! downgrade { transaction = false }\n\
        UPDATE counter SET n = n - 10;\nDROP INDEX CONCURRENTLY i;\nUPDATE counter SET n = n - 1;\n";
    let project = tree(&[
        "--! upgrade\nCREATE TABLE counter (n int);\nINSERT INTO counter VALUES (0);\n--! downgrade\nDROP TABLE counter;\n",
        STEPS,
    ]);
    let range = "rev2:rev1";
    let by_psql = [upgrade(&project, ""), downgrade(&project, range)];
    let plainly = [plain(&project, ""), plain_down(&project, range)];
    // One database goes up and down again, stopped each time somewhere else.
    let database = Database::create();
    let look = || {
        let index =
            "(SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('i') AND indisvalid)";
        let counter = database.query(&format!("SELECT n, {index} FROM counter"));
        counter + "\n" + &database.rows()
    };
    psql(&database, &upgrade(&project, "base:rev1"));
    let low = look();
    psql(&database, &by_psql[0]);
    let high = look();
    psql(&database, &by_psql[1]);
    assert_eq!(look(), low);
    let all = |back: usize| statements(&plainly[back]);
    let first = |back: usize| {
        let is_block = |one: &&str| one.contains("'signoff.begin_steps');");
        all(back).iter().position(is_block).expect("has one")
    };
    for k in 0..all(0).len().max(all(1).len()) - first(0).min(first(1)) {
        for (back, want) in [(0, &high), (1, &low)] {
            let mut session = Session::open(&database);
            for statement in all(back).into_iter().take(first(back) + k) {
                session.send(statement).expect("runs");
            }
            drop(session);
            psql(&database, &by_psql[back]);
            assert_eq!(&look(), want, "stopped after {k}");
        }
    }
    let stops = by_psql.each_ref().map(|script| faults::stops(script));
    let mut stopped = 0;
    for at in 0..stops[0].len().max(stops[1].len()) {
        for (back, want) in [(0, &high), (1, &low)] {
            if let Some(stop) = stops[back].get(at) {
                let broken = faults::at(&by_psql[back], *stop, Fault::Killed);
                // What is skipped is not stopped in.
                let killed = database.psql_stdin(&broken, &[]).code == Fault::Killed.code();
                stopped += usize::from(killed);
                database.wait_until_alone();
            }
            run(&database, &plainly[back]);
            assert_eq!(&look(), want, "stopped at {at}");
        }
    }
    assert!(stopped > 6, "stopped at {stopped} places");
}
