//! Revisions outside a transaction: each step runs once, and what stands half-done is nobody else's to go on with.

use super::made::{downgrade, refuses, run, same, set, tree, upgrade, upgraded};
use crate::support::faults::{self, Fault};
use crate::support::postgres::Database;
use crate::support::project::Project;

const COUNTER: &str = "--! upgrade\nCREATE TABLE counter (n int);\nINSERT INTO counter VALUES (0);\n\n\
    --! downgrade\nDROP TABLE counter;\n";

/// A revision of three steps that count, and back.
const STEPS: &str = "--! upgrade { transaction = false }\n\
    UPDATE counter SET n = n + 1;\n\
    UPDATE counter SET n = n + 10;\n\
    UPDATE counter SET n = n + 100;\n\n\
    --! downgrade { transaction = false }\n\
    UPDATE counter SET n = n - 100;\n\
    UPDATE counter SET n = n - 10;\n\
    UPDATE counter SET n = n - 1;\n";

fn steps() -> Project {
    tree(&[COUNTER, STEPS])
}

/// Runs the script until right after its user statement `k`.
#[track_caller]
fn stop_after(database: &Database, script: &str, k: usize, fault: Fault) {
    let broken = faults::at(script, faults::statements(script)[k - 1], fault);
    database.psql_stdin(&broken, &[]).code(fault.code());
    database.wait_until_alone();
}

/// The half-done UPDATE: killed before its record it ran twice once, and skipped when it was recorded too early.
#[test]
fn an_update_that_was_stopped_before_its_record_runs_once() {
    let project = steps();
    let script = upgrade(&project, "rev1:rev2");
    let back = downgrade(&project, "rev2:rev1");
    for fault in [Fault::Killed, Fault::Error] {
        for k in 1..=3 {
            let database = Database::create();
            run(&database, &upgrade(&project, "rev1"));
            stop_after(&database, &script, k, fault);
            // The statement and its record share a transaction: neither is there.
            let done = ["0", "1", "11"][k - 1];
            assert_eq!(database.query("SELECT n FROM counter"), done);
            assert_eq!(
                database.query(
                    "SELECT state, cardinality(steps) FROM signoff_revision WHERE revision = 'rev2'"
                ),
                format!("upgrading|{}", k - 1)
            );
            run(&database, &script);
            assert_eq!(database.query("SELECT n FROM counter"), "111");
            stop_after(&database, &back, k, fault);
            assert_eq!(
                database.query("SELECT n FROM counter"),
                ["111", "11", "1"][k - 1]
            );
            run(&database, &back);
            assert_eq!(database.query("SELECT n FROM counter"), "0");
        }
    }
}

/// A statement that nothing can be said about after a failure is refused, unless the author says that twice is as
/// good as once.
#[test]
fn a_bare_statement_without_recovery_is_refused_when_compiling() {
    let text = "--! upgrade\nDO $$ BEGIN INSERT INTO t VALUES (1); COMMIT; END $$";
    let project = tree(&[text]);
    project
        .run(&["upgrade"])
        .code(1)
        .stderr_has("error[no-recovery]")
        .stderr_has("migrations/1.sql:5:1");
    let project = tree(&[&format!(
        "--! allow = {{ no-recovery = \"dropped first\" }}\n{text}"
    )]);
    project.run(&["upgrade"]).success();
}

/// Running it twice is harmless: a step of this kind is run again when its end was not seen.
#[test]
fn a_repeatable_statement_is_run_again() {
    let project = tree(&[
        COUNTER,
        "VACUUM counter;\nREINDEX SCHEMA public;\nUPDATE counter SET n = n + 1",
    ]);
    let script = upgrade(&project, "");
    let whole = upgraded(&project);
    assert_eq!(whole.query("SELECT n FROM counter"), "1");
    let statements = faults::statements(&script).len();
    assert_eq!(statements, 5);
    let database = Database::create();
    for k in 3..=statements {
        stop_after(&database, &script, k, Fault::Killed);
    }
    run(&database, &script);
    assert_eq!(database.query("SELECT n FROM counter"), "1");
    same("at once", &whole.rows(), &database.rows());
}

/// Once a step failed, its author mends it. What is done stays done.
#[test]
fn a_step_that_failed_may_be_mended() {
    let project = tree(&[
        COUNTER,
        "--! upgrade { transaction = false }\nUPDATE counter SET n = n + 1;\nUPDATE countre SET n = n + 10;\n",
    ]);
    let database = Database::create();
    database
        .psql_stdin(&upgrade(&project, ""), &[])
        .code(3)
        .stderr_has("relation \"countre\" does not exist");
    set(
        &project,
        2,
        "--! upgrade { transaction = false }\n-- A comment is no change.\nUPDATE counter   SET n = n + 1;\n\
         UPDATE counter SET n = n + 10;\nUPDATE counter SET n = n + 100;\n",
    );
    let mended = upgrade(&project, "");
    run(&database, &mended).stdout_has("done: 2 of 2");
    assert_eq!(database.query("SELECT n FROM counter"), "111");
    run(&database, &mended).stdout_has("nothing to apply");
}

#[test]
fn a_step_that_is_done_may_not_be_changed() {
    let project = steps();
    let database = Database::create();
    stop_after(&database, &upgrade(&project, ""), 5, Fault::Killed);
    assert_eq!(database.query("SELECT n FROM counter"), "11");
    for text in [
        STEPS.replace("n + 1;", "n + 2;"),
        STEPS.replace("UPDATE counter SET n = n + 1;\n", ""),
        STEPS.replace(
            "{ transaction = false }\nUPDATE counter SET n = n + 1;",
            "\nUPDATE counter SET n = n + 1;",
        ),
        STEPS.replace(
            "UPDATE counter SET n = n + 10;\nUPDATE counter SET n = n + 100;\n",
            "",
        ),
    ] {
        set(&project, 2, &text);
        refuses(
            &database,
            &upgrade(&project, ""),
            "signoff: refused: a step of revision rev2 that is done here was changed since",
        );
    }
    set(&project, 2, STEPS);
    run(&database, &upgrade(&project, ""));
    assert_eq!(database.query("SELECT n FROM counter"), "111");
}

/// Half-done is neither up nor down, so only the same direction goes on.
#[test]
fn the_other_direction_refuses_what_is_half_done() {
    let project = steps();
    let (up, down) = (upgrade(&project, ""), downgrade(&project, "rev2:rev1"));
    let says = "signoff: refused: revision rev2 is half-done here";
    for k in 4..=5 {
        let database = Database::create();
        stop_after(&database, &up, k, Fault::Killed);
        refuses(&database, &down, says);
        refuses(
            &database,
            &downgrade(&project, "rev1:base"),
            "signoff: refused: revision rev2 is applied here and stands on what would be reverted",
        );
        run(&database, &up);
        assert_eq!(database.query("SELECT n FROM counter"), "111");
    }
    for k in 2..=3 {
        let database = upgraded(&project);
        stop_after(&database, &down, k, Fault::Killed);
        refuses(&database, &up, says);
        run(&database, &down);
        assert_eq!(database.query("SELECT n FROM counter"), "0");
    }
}

/// How a script is run, and the scripts for both ways.
type Flavour<'a> = (&'a dyn Fn(&Database, &str) -> String, &'a str, &'a str);

/// Begun, and stopped before anything of it was done: nobody has to finish it before going the other way.
#[test]
fn the_other_direction_takes_back_what_only_began() {
    let project = steps();
    let (up, down) = (upgrade(&project, ""), downgrade(&project, "rev2:base"));
    let psql = |database: &Database, script: &str| run(database, script).stdout.clone();
    let plainly = |database: &Database, script: &str| {
        let rows = super::plain::session::run(database, script);
        rows.join("\n")
    };
    let plain_up = super::plain::plain(&project, "");
    let plain_down = super::plain::plain_down(&project, "rev2:base");
    let runs: [Flavour; 2] = [(&psql, &up, &down), (&plainly, &plain_up, &plain_down)];
    for (run, again, back) in runs {
        let database = Database::create();
        stop_after(&database, &up, 3, Fault::Killed);
        let said = run(&database, back);
        assert!(
            said.contains("begun here, and nothing of it done; not applied: rev2"),
            "{said}"
        );
        assert_eq!(
            database.query(
                "SELECT to_regclass('counter') IS NULL, (SELECT count(*) FROM signoff_revision)"
            ),
            "t|0"
        );
        assert_eq!(
            database.query("SELECT string_agg(event, ' ' ORDER BY id) FROM signoff_event WHERE revision = 'rev2'"),
            "started reverted"
        );

        let database = upgraded(&project);
        let rows = database.rows();
        stop_after(&database, &down, 1, Fault::Killed);
        let said = run(&database, again);
        assert!(
            said.contains("begun here, and nothing of it done; still applied: rev2"),
            "{said}"
        );
        assert_eq!(database.query("SELECT n FROM counter"), "111");
        same("before the downgrade", &rows, &database.rows());
    }
}

/// The server refuses a value of an enum in the transaction that adds it.
#[test]
fn a_value_that_is_added_is_committed_before_it_is_used() {
    let project = tree(&[
        "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE person (m mood)",
        "ALTER TYPE mood ADD VALUE 'glad';\n\
         ALTER TYPE mood ADD VALUE IF NOT EXISTS 'it''s';\n\
         INSERT INTO person VALUES ('glad');\n\
         ALTER TABLE person ALTER m SET DEFAULT 'it''s';\n\
         CREATE INDEX glad ON person (m) WHERE m = 'glad';\n",
        "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
    ]);
    let script = upgrade(&project, "");
    let whole = upgraded(&project);
    assert_eq!(whole.query("SELECT m FROM person"), "glad");
    for stop in faults::statements(&script) {
        for fault in [Fault::Killed, Fault::Error] {
            let database = Database::create();
            database
                .psql_stdin(&faults::at(&script, stop, fault), &[])
                .code(fault.code());
            run(&database, &script);
            same("at once", &whole.state(), &database.state());
            same("at once", &whole.rows(), &database.rows());
        }
    }
}

/// What a step sets for the session holds for the steps after it, in the run that takes them up too.
#[test]
fn a_setting_counts_for_the_steps_after_it_whenever_they_run() {
    let project = tree(&[
        "CREATE SCHEMA s;\nCREATE TABLE s.t (x text);\nCREATE TABLE public.t (x text)",
        "--! upgrade { transaction = false }\n\
         SET search_path = s;\n\
         INSERT INTO t VALUES ('first');\n\
         SET application_name = 'mine';\n\
         INSERT INTO t SELECT current_setting('application_name');\n\
         CREATE INDEX CONCURRENTLY i ON t (x);\n\
         INSERT INTO t VALUES ('last');\n",
        "INSERT INTO t VALUES ('after')",
    ]);
    let script = upgrade(&project, "");
    let whole = upgraded(&project);
    assert_eq!(
        whole.query("SELECT string_agg(x, ' ') FROM s.t"),
        "first mine last"
    );
    assert_eq!(whole.query("SELECT x FROM public.t"), "after");
    for stop in faults::stops(&script) {
        let database = Database::create();
        database
            .psql_stdin(&faults::at(&script, stop, Fault::Killed), &[])
            .code(Fault::Killed.code());
        run(&database, &script);
        same("at once", &whole.state(), &database.state());
        same("at once", &whole.rows(), &database.rows());
    }
}
