//! `signoff stamp`: the record changes and nothing else does, from the state that it names and from no other.

use super::made::{
    changes_nothing, configured, downgrade, refuses, refuses_with, run, same, tree, upgrade,
    upgraded,
};
use super::plain::session;
use crate::support::postgres::Database;
use crate::support::project::Project;

const IDS: &str =
    "SELECT coalesce(string_agg(revision, ' ' ORDER BY revision), '-') FROM signoff_revision";
const EVENTS: &str =
    "SELECT string_agg(event || ' ' || revision, ', ' ORDER BY id) FROM signoff_event";

fn table(name: &str) -> String {
    format!("--! upgrade\nCREATE TABLE {name} (x int);\n\n--! downgrade\nDROP TABLE {name};\n")
}

fn three() -> Project {
    tree(&[&table("a"), &table("b"), &table("c")])
}

fn stamp(project: &Project, words: &[&str]) -> String {
    let outcome = project.run(&[&["stamp"], words].concat());
    outcome.success().stdout.clone()
}

fn plain(project: &Project, words: &[&str]) -> String {
    stamp(project, &[words, &["--flavour", "plain"]].concat())
}

/// A database that another tool brought to where `rev2` stands is taken over, and goes on from there.
#[test]
fn what_another_tool_did_is_taken_over() {
    let project = three();
    let straight = upgraded(&project);
    for script in [stamp(&project, &["rev2"]), plain(&project, &["base:rev2"])] {
        let database = Database::create();
        database.query("CREATE TABLE a (x int)");
        database.query("CREATE TABLE b (x int)");
        refuses(
            &database,
            &upgrade(&project, ""),
            "the developers write a script with `signoff stamp`",
        );
        run(&database, &script)
            .quiet()
            .stdout_has("signoff: done: 2 recorded, 0 forgotten, and nothing was run")
            .stdout_has("\"id\"");
        assert_eq!(database.query(EVENTS), "stamped rev1, stamped rev2");
        run(&database, &upgrade(&project, ""))
            .quiet()
            .stdout_has("signoff: 1 of 3 to apply here; 2 already applied");
        assert_eq!(database.rows(), straight.rows());
        run(&database, &downgrade(&project, "head:base")).quiet();
        assert_eq!(database.query("SELECT to_regclass('a') IS NULL"), "t");
    }
}

/// Twice is once.
#[test]
fn a_second_stamp_has_nothing_to_do() {
    let project = three();
    for script in [stamp(&project, &["rev2"]), plain(&project, &["rev2"])] {
        let database = Database::create();
        run(&database, &script).quiet();
        changes_nothing(&database, || {
            run(&database, &script)
                .quiet()
                .stdout_has("nothing to record: what this database records is rev2 already");
        });
    }
}

#[test]
fn both_ways_and_sideways() {
    let project = three();
    project.write(
        "migrations/side.sql",
        b"--! revision = \"side\"\n--! revises = [\"rev1\"]\n--! message = \"Side\"\n--! upgrade\nCREATE TABLE side (x int);\n",
    );
    let database = Database::create();
    run(&database, &stamp(&project, &["rev3"])).quiet();
    let before = database.dump();
    run(&database, &stamp(&project, &["rev3:rev1"]))
        .quiet()
        .stdout_has("0 recorded, 2 forgotten");
    assert_eq!(database.query(IDS), "rev1");
    run(&database, &stamp(&project, &["rev1:rev2"])).quiet();
    assert_eq!(database.query(IDS), "rev1 rev2");
    run(&database, &plain(&project, &["rev2:side"]))
        .quiet()
        .stdout_has("1 recorded, 1 forgotten");
    assert_eq!(database.query(IDS), "rev1 side");
    // Alembic's way to name several.
    run(&database, &stamp(&project, &["side:rev3,side"])).quiet();
    assert_eq!(database.query(IDS), "rev1 rev2 rev3 side");
    run(&database, &stamp(&project, &["heads:base"])).quiet();
    assert_eq!(database.query(IDS), "-");
    same("the schema before", &before, &database.dump());
    assert_eq!(
        database.query(EVENTS),
        "stamped rev1, stamped rev2, stamped rev3, unstamped rev3, unstamped rev2, stamped rev2, unstamped rev2, stamped side, \
         stamped rev2, stamped rev3, unstamped side, unstamped rev3, unstamped rev2, unstamped rev1"
    );
}

/// It says how the database differs from what it starts from, and leaves it.
#[test]
fn any_other_start_is_refused() {
    let project = three();
    let database = Database::create();
    run(&database, &upgrade(&project, "rev1"));
    for script in [stamp(&project, &["rev3"]), plain(&project, &["rev3"])] {
        let says = "signoff: refused: this database does not record what this stamp starts from, which is base";
        changes_nothing(&database, || {
            database
                .psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"])
                .code(3)
                .stderr_has(says)
                .stderr_has("rev1 is recorded here, and the stamp does not start from it");
        });
    }
    refuses(
        &database,
        &stamp(&project, &["rev2:rev3"]),
        "rev2 is not recorded here",
    );
    // What is unknown to the tree is not forgotten in silence.
    database.query(
        "INSERT INTO signoff_revision (revision, project, kind, message, up, up1, state) \
         VALUES ('other', 'shop', 'revision', 'x', 'sha256:0', 'sha256:0', 'applied')",
    );
    refuses(
        &database,
        &stamp(&project, &["rev1:rev3"]),
        "other is recorded here, and the stamp does not start from it",
    );
    database.query("DELETE FROM signoff_revision WHERE revision = 'other'");
    database.query("UPDATE signoff_revision SET up = 'sha256:0', up1 = 'sha256:0'");
    refuses(
        &database,
        &stamp(&project, &["rev1:rev3"]),
        "rev1 was applied here with another text or other variables",
    );
}

/// What a stopped run left half-done and somebody finished by hand.
#[test]
fn purge_starts_from_anything() {
    let project = tree(&[
        &table("a"),
        "CREATE INDEX CONCURRENTLY i ON a (x); SELECT 1 / 0",
        &table("c"),
    ]);
    for flavour in [stamp, plain] {
        let database = Database::create();
        let stopped = upgrade(&project, "rev2");
        database
            .psql_stdin(&stopped, &[])
            .code(3)
            .stderr_has("division by zero");
        database.query(
            "INSERT INTO signoff_revision (revision, project, kind, message, up, up1, state) VALUES \
               ('gone', 'shop', 'revision', 'x', 'sha256:0', 'sha256:0', 'applied'), \
               ('theirs', 'store', 'revision', 'x', 'sha256:0', 'sha256:0', 'applied')",
        );
        let kept = "SELECT applied_at FROM signoff_revision WHERE revision = 'rev1'";
        let applied_at = database.query(kept);
        refuses(
            &database,
            &stamp(&project, &["rev1:rev2"]),
            "rev2 is half-done here (upgrading)",
        );
        run(&database, &flavour(&project, &["--purge", "rev2"]))
            .quiet()
            .stdout_has("1 recorded, 2 forgotten");
        assert_eq!(
            database.query("SELECT string_agg(revision || ' ' || state, ', ' ORDER BY revision) FROM signoff_revision"),
            "rev1 applied, rev2 applied, theirs applied"
        );
        // What fits stays as it is.
        assert_eq!(database.query(kept), applied_at);
        run(&database, &upgrade(&project, ""))
            .quiet()
            .stdout_has("1 of 3 to apply");
        run(&database, &flavour(&project, &["--purge", "base"])).quiet();
        assert_eq!(database.query(IDS), "theirs");
    }
}

/// What stays on record stands where the tree has it now: what it stood on may be gone.
#[test]
fn purge_puts_right_what_stays() {
    let project = three();
    for flavour in [stamp, plain] {
        let database = Database::create();
        run(&database, &upgrade(&project, ""));
        database.query("UPDATE signoff_revision SET revision = 'gone' WHERE revision = 'rev2'");
        database.query("UPDATE signoff_revision SET parents = '{gone}' WHERE revision = 'rev3'");
        run(&database, &flavour(&project, &["--purge", "head"]))
            .stdout_has("1 recorded, 1 forgotten");
        assert_eq!(
            database.query("SELECT parents FROM signoff_revision WHERE revision = 'rev3'"),
            "{rev2}"
        );
        run(&database, &upgrade(&project, "")).stdout_has("nothing to apply");
        run(&database, &downgrade(&project, "head:base"));
    }
    // Where only that is wrong, too.
    let database = upgraded(&project);
    database.query("UPDATE signoff_revision SET parents = '{gone}' WHERE revision = 'rev3'");
    run(&database, &stamp(&project, &["--purge", "head"]));
    run(&database, &upgrade(&project, "")).stdout_has("nothing to apply");
}

#[test]
fn revisions_of_another_project() {
    let project = three();
    let database = upgraded(&project);
    project.write("signoff.toml", b"[project]\nname = \"store\"\n");
    for words in [&["rev2"][..], &["--purge", "rev2"]] {
        refuses(
            &database,
            &stamp(&project, words),
            "revision rev1 is recorded here for project shop",
        );
    }
}

#[test]
fn modes() {
    let project = configured(
        "[target]\nrequire_ticket = true\n",
        &[&table("a"), &table("b")],
    );
    let script = stamp(&project, &["head"]);
    let database = Database::create();
    refuses(&database, &script, "this script runs only with a ticket");
    for mode in ["until=rev1", "first_run=1", "dryrun=1", "ticket="] {
        refuses_with(&database, &script, &["-v", mode], "signoff: refused: ");
    }
    changes_nothing(&database, || {
        database
            .psql_stdin(&script, &["-v", "dry_run=1"])
            .success()
            .stdout_has("signoff: rehearsed, and rolled back: nothing was changed. 2 recorded");
    });
    database
        .psql_stdin(&script, &["-v", "ticket=CHG-7"])
        .success();
    assert_eq!(
        database.query("SELECT string_agg(DISTINCT ticket, ',') FROM (TABLE signoff_revision) r NATURAL JOIN (SELECT ticket FROM signoff_event) e"),
        "CHG-7"
    );
}

/// What is repeatable is looked at again by the next upgrade: who knows what stands there now.
#[test]
fn repeatables_are_compared_again() {
    let project = three();
    project.write(
        "migrations/repeatable/v.sql",
        b"--! name = \"v\"\n--! apply\nCREATE OR REPLACE VIEW v AS SELECT 1 AS x;\n",
    );
    let database = upgraded(&project);
    database.query("DROP VIEW v");
    run(&database, &stamp(&project, &["rev3:rev2"])).quiet();
    database.query("DROP TABLE c");
    run(&database, &upgrade(&project, ""))
        .quiet()
        .stdout_has("[repeatable] v");
    assert_eq!(database.query("SELECT to_regclass('v') IS NOT NULL"), "t");
}

/// It is one transaction: what keeps it from ending keeps it from beginning.
#[test]
fn all_of_it_or_nothing() {
    let project = three();
    let database = upgraded(&project);
    database.query(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS \
           $$ BEGIN IF old.revision = 'rev2' THEN RETURN NULL; END IF; RETURN old; END $$",
    );
    database.query("CREATE TRIGGER keep BEFORE DELETE ON signoff_revision FOR EACH ROW EXECUTE FUNCTION keep()");
    let (rows, events) = (database.rows(), database.query(EVENTS));
    for script in [
        stamp(&project, &["rev3:base"]),
        plain(&project, &["rev3:base"]),
    ] {
        database
            .psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"])
            .code(3)
            .stderr_has("signoff: failed: 1 revisions are recorded, and 0 should be");
        assert_eq!(database.rows(), rows);
        assert_eq!(database.query(EVENTS), events);
    }
}

/// By a client that is not psql, statement by statement; the session is afterwards as it was.
#[test]
fn plain_scripts_by_any_client() {
    let project = three();
    let database = Database::create();
    let mut client = session::Session::open(&database);
    let settings = "SELECT string_agg(name || '=' || setting, chr(10) ORDER BY name) FROM pg_settings WHERE name !~ '^(signoff|plpgsql)[.]'";
    let before = client.value(settings);
    let said = client
        .stop_at_errors(&plain(&project, &["head"]))
        .expect("it runs");
    assert!(
        said.iter().any(|line| line.contains("3 recorded")),
        "{said:?}"
    );
    same("the settings before", &before, &client.value(settings));
    assert_eq!(database.query(IDS), "rev1 rev2 rev3");
}

/// A stamp waits for a run that is going on, and says for whom.
#[test]
fn one_at_a_time() {
    let project = three();
    let database = Database::create();
    let mut client = session::Session::open(&database);
    client.value(
        "SELECT pg_advisory_lock(hashtextextended('signoff:public.signoff_revision', 0)) IS NULL",
    );
    database
        .psql_stdin(&stamp(&project, &["head"]), &["-v", "lock_wait=100ms"])
        .code(3)
        .stderr_has("signoff: refused: another run holds the lock");
    database
        .psql_stdin(&plain(&project, &["head"]), &["-v", "ON_ERROR_STOP=1"])
        .code(3)
        .stderr_has("signoff: refused: another run holds the lock");
}
