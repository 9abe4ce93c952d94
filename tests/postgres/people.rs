//! Who runs a script, and with whom: logins without rights, a common role, two operators at once.

use super::made::{changes_nothing, configured, downgrade, refuses, run, same, tree, upgrade};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;

/// Runs a script as this login.
#[track_caller]
fn run_as(database: &Database, user: &str, script: &str) -> Outcome {
    outcome::run(database.psql_as(user).args(["-X", "-f", "-"]), script)
}

/// Roles are the cluster's, so each test has its own.
#[track_caller]
fn roles(sql: &str) {
    let database = Database::create();
    database
        .psql_stdin(sql, &["-v", "ON_ERROR_STOP=1"])
        .success();
}

const THREE: [&str; 3] = [
    "CREATE TABLE t (x int)\n\n--! downgrade\nDROP TABLE t",
    "CREATE INDEX CONCURRENTLY i ON t (x)\n\n--! downgrade\nDROP INDEX CONCURRENTLY i",
    "CREATE SCHEMA app;\nCREATE TABLE app.u (x int);\n\n--! downgrade\nDROP SCHEMA app CASCADE",
];

/// The owner of a database needs nobody's help.
#[test]
fn an_owner_without_superuser_rights_runs_everything() {
    roles("CREATE ROLE plain_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE");
    let project = tree(
        &THREE
            .map(|text| format!("--! upgrade\n{text};\n"))
            .each_ref()
            .map(String::as_str),
    );
    project.run(&["bundle"]).success();
    let release = project
        .path("out")
        .read_dir_utf8()
        .expect("bundle makes out/");
    let release = release
        .map(|entry| entry.expect("out/ is readable").into_path())
        .find(|path| path.is_dir())
        .expect("bundle makes a folder");
    let database = Database::create_with("OWNER plain_owner");
    let empty = database.state();
    let psql = |name: &str| {
        let script = std::fs::read_to_string(release.join(name)).expect("the release holds it");
        run_as(&database, "plain_owner", &script)
    };
    psql("plan.sql").success().quiet();
    psql("upgrade.sql")
        .success()
        .quiet()
        .stdout_has("done: 3 of 3");
    psql("upgrade.sql")
        .success()
        .quiet()
        .stdout_has("nothing to apply");
    psql("status.sql")
        .success()
        .quiet()
        .stdout_has("3 of 3 revisions");
    assert_eq!(
        database.query(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('public', 'app')"
        ),
        "plain_owner"
    );
    psql("downgrade.sql").success().quiet();
    same("empty", &empty, &database.state());
}

/// Who may not write in the schema hears it before anything is changed.
#[test]
fn a_login_without_rights_is_refused() {
    roles("CREATE ROLE nobody_much LOGIN NOSUPERUSER; CREATE ROLE reader LOGIN NOSUPERUSER");
    let project = tree(&["CREATE TABLE t (x int)", "CREATE TABLE u (x int)"]);
    let database = Database::create();
    database.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let script = upgrade(&project, "");
    changes_nothing(&database, || {
        run_as(&database, "nobody_much", &script)
            .code(3)
            .stderr_has(
                "signoff: refused: nobody_much may not create the version table in schema \"public\"",
            );
    });
    run(&database, &upgrade(&project, "rev1"));
    for (grant, may_not) in [
        ("SELECT 1", "write"),
        (
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
            "write",
        ),
        (
            "GRANT INSERT, UPDATE ON signoff_revision TO reader",
            "write",
        ),
    ] {
        database.query(grant);
        changes_nothing(&database, || {
            run_as(&database, "reader", &script)
                .code(3)
                .stderr_has(&format!(
                    "signoff: refused: reader may not {may_not} the version table"
                ));
        });
    }
    // It may write what is recorded, but not do what the revision does.
    database.query("GRANT ALL ON ALL TABLES IN SCHEMA public TO reader; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO reader");
    changes_nothing(&database, || {
        run_as(&database, "reader", &script)
            .code(3)
            .stderr_has("revision rev2 needs CREATE on schema public");
    });
}

/// Without a role in the config the first login would own the tables, and the second be locked out.
#[test]
fn two_logins_run_as_the_configured_role() {
    roles(
        "CREATE ROLE \"App owner\" NOLOGIN; CREATE ROLE alice LOGIN IN ROLE \"App owner\"; \
         CREATE ROLE bob LOGIN NOINHERIT IN ROLE \"App owner\"; CREATE ROLE mallory LOGIN",
    );
    let project = configured(
        "[target]\nrole = \"App owner\"\n",
        &THREE
            .map(|text| format!("--! upgrade\n{text};\n"))
            .each_ref()
            .map(String::as_str),
    );
    let database = Database::create();
    database.query(&format!(
        "GRANT ALL ON DATABASE {} TO \"App owner\"",
        database.name()
    ));
    database.query("GRANT ALL ON SCHEMA public TO \"App owner\"");
    let script = upgrade(&project, "");
    changes_nothing(&database, || {
        run_as(&database, "mallory", &script)
            .code(3)
            .stderr_has("this script runs as role App owner, and mallory may not take that role");
    });
    run_as(&database, "alice", &upgrade(&project, "base:rev1"))
        .success()
        .quiet();
    run_as(&database, "bob", &script).success().quiet();
    assert_eq!(
        database.query(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('public', 'app')"
        ),
        "App owner"
    );
    assert_eq!(
        database.query("SELECT string_agg(revision || ' ' || applied_by, ', ' ORDER BY revision) FROM signoff_revision"),
        "rev1 alice, rev2 bob, rev3 bob"
    );
    assert_eq!(
        database.query(
            "SELECT DISTINCT session_user_name, current_user_name FROM signoff_event ORDER BY 1"
        ),
        "alice|App owner\nbob|App owner"
    );
    run_as(&database, "alice", &downgrade(&project, "rev3:rev1"))
        .success()
        .quiet();
    run_as(&database, "postgres", &script).success().quiet();
}

/// A role and a search_path of the header's own, for one revision.
#[test]
fn a_revisions_own_role_holds_for_it_alone() {
    roles("CREATE ROLE reporting NOLOGIN; CREATE ROLE deployer LOGIN IN ROLE reporting");
    let who = "AS SELECT current_user AS who, current_setting('search_path') AS path";
    let project = tree(&[
        "CREATE SCHEMA r; GRANT ALL ON SCHEMA r TO reporting",
        &format!(
            "--! role = \"reporting\"\n--! search_path = \"r\"\n--! upgrade\nCREATE TABLE own {who}"
        ),
        &format!(
            "--! role = \"reporting\"\n--! search_path = \"r\"\n--! upgrade {{ transaction = false }}\nCREATE TABLE steps {who};\nCREATE INDEX CONCURRENTLY i ON steps (who)"
        ),
        &format!("CREATE TABLE r.after {who}"),
    ]);
    let database = Database::create_with("OWNER deployer");
    database.query("ALTER SCHEMA public OWNER TO deployer");
    run_as(&database, "deployer", &upgrade(&project, ""))
        .success()
        .quiet();
    assert_eq!(
        database.query(
            "SELECT * FROM r.own UNION ALL SELECT * FROM r.steps UNION ALL SELECT * FROM r.after"
        ),
        "reporting|r\nreporting|r\ndeployer|\"$user\", public"
    );
    assert_eq!(
        database
            .query("SELECT tableowner FROM pg_tables WHERE schemaname = 'r' ORDER BY tablename"),
        "deployer\nreporting\nreporting"
    );
    assert_eq!(
        database.query("SELECT DISTINCT applied_by FROM signoff_revision"),
        "deployer"
    );
    run_as(&database, "deployer", &upgrade(&project, "")).stdout_has("nothing to apply");
}

/// Law 7: the second waits for the first, finds nothing to do, and both are content.
#[test]
fn two_runs_at_once_are_one_run() {
    let project = tree(&[
        "CREATE TABLE counter (n int);\nINSERT INTO counter VALUES (0);\nSELECT pg_sleep(0.3)",
        "--! upgrade { transaction = false }\nUPDATE counter SET n = n + 1;\nSELECT pg_sleep(0.3);\nCREATE INDEX CONCURRENTLY i ON counter (n);\nUPDATE counter SET n = n + 10",
        "UPDATE counter SET n = n + 100;\nSELECT pg_sleep(0.3)",
    ]);
    let script = upgrade(&project, "");
    let database = Database::create();
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| database.psql_stdin(&script, &[])))
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("a run does not panic"))
            .collect()
    });
    for outcome in &outcomes {
        outcome
            .success()
            .stdout_has("done: 3 of 3 revisions are applied");
    }
    let idle = outcomes
        .iter()
        .filter(|outcome| outcome.stdout.contains("nothing to apply"));
    assert_eq!(idle.count(), 2);
    let waited = outcomes.iter().filter(|outcome| {
        outcome.stderr.contains("another run holds the lock (pid ")
            && outcome.stderr.lines().count() == 1
    });
    assert_eq!(waited.count(), 2, "who waits is told so, once");
    assert_eq!(database.query("SELECT n FROM counter"), "111");
    assert_eq!(
        database.query(
            "SELECT count(*), count(DISTINCT revision) FROM signoff_event WHERE event = 'applied'"
        ),
        "3|3"
    );
}

/// Who waits too long is told for whom, and has changed nothing.
#[test]
fn a_run_that_gets_no_lock_names_the_holder() {
    let project = tree(&["CREATE TABLE t (x int)"]);
    let script = upgrade(&project, "");
    let database = Database::create();
    let mut holder = database
        .psql_as("postgres")
        .args(["-X", "-c", "SELECT pg_advisory_lock(hashtextextended('signoff:public.signoff_revision', 0)), pg_sleep(60)"])
        .env("PGAPPNAME", "the other one")
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("psql can be started");
    let here = "FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let held = format!("SELECT count(*) {here}");
    while database.query(&held) == "0" {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let before = database.everything();
    let outcome = database.psql_stdin(&script, &["-v", "lock_wait=300ms"]);
    outcome
        .code(3)
        .stderr_has("signoff: refused: another run holds the lock: pid ")
        .stderr_has("user postgres, from a local socket");
    same("before", &before, &database.everything());
    database.query(&format!("SELECT pg_terminate_backend(pid) {here}"));
    holder.wait().expect("psql ends");
    run(&database, &script).quiet();
}

/// A pooler that gives each transaction another session, or a DISCARD ALL, loses the lock; the next block sees that.
#[test]
fn a_session_that_lost_its_lock_goes_no_further() {
    let project = tree(&[
        "CREATE TABLE t (x int)",
        "DO $$ BEGIN EXECUTE 'SELECT pg_advisory_unlock' || '_all()'; END $$;\nCREATE TABLE u (x int)",
        "CREATE TABLE v (x int)",
    ]);
    let database = Database::create();
    let script = upgrade(&project, "");
    database
        .psql_stdin(&script, &[])
        .code(3)
        .stderr_has("signoff: refused: this session does not hold the signoff lock");
    assert_eq!(database.query("SELECT to_regclass('v') IS NULL"), "t");
    run(&database, &script).stdout_has("1 of 3 to apply here");
}

/// An event trigger sees the user's DDL once, and ours never after the first run.
#[test]
fn an_event_trigger_is_no_hindrance() {
    let project = tree(&["CREATE TABLE t (x int)", "ALTER TABLE t ADD y int"]);
    let database = Database::create();
    database.query(
        "CREATE SCHEMA audit; CREATE TABLE audit.log (tag text, id int GENERATED ALWAYS AS IDENTITY); \
         CREATE FUNCTION audit.note() RETURNS event_trigger LANGUAGE plpgsql AS \
         $$ BEGIN INSERT INTO audit.log (tag) VALUES (tg_tag); END $$; \
         CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION audit.note()",
    );
    let script = upgrade(&project, "");
    database
        .psql_stdin(&upgrade(&project, "rev1"), &["-v", "first_run=1"])
        .success();
    database.query("DELETE FROM audit.log");
    run(&database, &script);
    assert_eq!(
        database.query("SELECT string_agg(tag, ', ') FROM audit.log"),
        "ALTER TABLE"
    );
    changes_nothing(&database, || {
        run(&database, &script);
    });
}

/// One that forbids DDL is the server's refusal; nothing is there afterwards, and no half of our tables.
#[test]
fn an_event_trigger_that_forbids_leaves_nothing() {
    let project = tree(&["CREATE TABLE t (x int)"]);
    for forbidden in ["signoff_event", "signoff_revision", "t"] {
        let database = Database::create();
        database.query(&format!(
            "CREATE FUNCTION forbid() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.{forbidden}') \
             THEN RAISE EXCEPTION 'not on a Friday'; END IF; END $$; \
             CREATE EVENT TRIGGER forbid ON ddl_command_end EXECUTE FUNCTION forbid()"
        ));
        let script = upgrade(&project, "");
        if forbidden == "t" {
            database
                .psql_stdin(&script, &[])
                .code(3)
                .stderr_has("not on a Friday");
            assert_eq!(database.query("SELECT count(*) FROM signoff_revision"), "0");
        } else {
            refuses(&database, &script, "not on a Friday");
        }
        database.query("DROP EVENT TRIGGER forbid");
        run(&database, &script).stdout_has("done: 1 of 1");
    }
}
