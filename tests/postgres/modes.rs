//! What a DBA may type with `-v`: every value is judged before anything is touched, and does what it says.

use super::made::{
    changes_nothing, configured, downgrade, refuses_with, run, same, tree, upgrade, upgraded,
};
use super::rehearsal::rehearses;
use crate::support::postgres::Database;
use crate::support::project::Project;

/// Two tables, an index outside of a transaction, and what comes after it.
pub(super) fn four() -> Project {
    tree(&[
        "--! upgrade\nCREATE TABLE a (x int);\n\n--! downgrade\nDROP TABLE a;\n",
        "--! upgrade\nCREATE TABLE b (x int);\n\n--! downgrade\nDROP TABLE b;\n",
        "--! upgrade\nCREATE INDEX CONCURRENTLY a_x ON a (x);\n\n--! downgrade\nDROP INDEX CONCURRENTLY a_x;\n",
        "--! upgrade\nCREATE TABLE c (x int);\n\n--! downgrade\nDROP TABLE c;\n",
    ])
}

/// A tree that forks behind its first revision.
pub(super) fn fork() -> Project {
    let revision = |id: &str, parents: &str, sql: &str, down: &str| {
        format!(
            "--! revision = \"{id}\"\n--! revises = [{parents}]\n--! message = \"{id}\"\n--! upgrade\n{sql}\n--! downgrade\n{down}\n"
        )
    };
    Project::new()
        .file("signoff.toml", "[project]\nname = \"shop\"\n")
        .file(
            "migrations/1.sql",
            &revision("root", "", "CREATE TABLE root (x int);", "DROP TABLE root;"),
        )
        .file(
            "migrations/2.sql",
            &revision(
                "left1",
                "\"root\"",
                "CREATE TABLE left1 (x int);",
                "DROP TABLE left1;",
            ),
        )
        .file(
            "migrations/3.sql",
            &revision(
                "right1",
                "\"root\"",
                "CREATE INDEX CONCURRENTLY i ON root (x);",
                "DROP INDEX CONCURRENTLY i;",
            ),
        )
        .file(
            "migrations/4.sql",
            &revision(
                "left2",
                "\"left1\"",
                "CREATE TABLE left2 (x int);",
                "DROP TABLE left2;",
            ),
        )
        .file(
            "migrations/5.sql",
            &revision("both", "\"left2\", \"right1\"", "", ""),
        )
}

#[test]
fn a_mode_that_is_not_understood_refuses() {
    let project = four();
    let up = upgrade(&project, "");
    let down = downgrade(&project, "head:rev1");
    let database = Database::create();
    for misspelt in [
        "dryrun",
        "dry",
        "ticket_id",
        "tickets",
        "to",
        "up_to",
        "plan",
        "force",
        "first",
        "firstrun",
        "test",
        "TICKET",
        "DRY_RUN",
        "lockWait",
        "dry_rnu",
        "unitl",
        "tikcet",
    ] {
        for value in ["1", "", "CHG'0`1", "off", "ture"] {
            let variable = format!("{misspelt}={value}");
            let says = format!("refused: -v {misspelt} is not understood");
            refuses_with(&database, &up, &["-v", &variable], &says);
        }
    }
    for typed in [
        "dry_run=ture",
        "dry_run=2",
        "dry_run=1 OR 1",
        "first_run=maybe",
        "first_run=' OR true",
        "lock_timeout=10",
        "lock_timeout=soon",
        "lock_timeout=-1s",
        "lock_timeout=5.0",
        "lock_timeout=1e3",
        "lock_timeout=0x10",
        "lock_timeout=+5",
        "lock_timeout=1s'; DROP TABLE a",
        "lock_timeout=99999999999min",
        "lock_wait=5",
        "lock_wait=1e1",
        "lock_wait=1 s 2 s",
        "lock_wait=:ticket",
    ] {
        let (mode, value) = typed.split_once('=').expect("has one");
        let says = format!("signoff: refused: {mode}={value} is not understood");
        refuses_with(&database, &up, &["-v", typed], &says);
    }
    for mode in [
        "dry_run",
        "first_run",
        "lock_timeout",
        "lock_wait",
        "ticket",
        "until",
    ] {
        let variable = format!("{mode}=");
        let says = format!("refused: -v {mode}= has no value");
        refuses_with(&database, &up, &["-v", &variable], &says);
        run(&database, &up);
        refuses_with(&database, &down, &["-v", &variable], &says);
        run(&database, &downgrade(&project, "head:base"));
    }
    let long = format!("ticket={}", "x".repeat(201));
    for ticket in [
        long.as_str(),
        "ticket=a\nb",
        "ticket=a\u{202e}b",
        "ticket=\u{1b}[2J",
    ] {
        refuses_with(&database, &up, &["-v", ticket], "refused: this ticket");
    }
    for (until, says) in [
        ("rev", "until=rev names no revision"),
        ("nine", "until=nine names no revision"),
        (
            "five",
            "or at least four characters of it: rev1, rev2, rev3, rev4",
        ),
        ("base", "until=base names no revision"),
        ("rev%", "until=rev% names no revision"),
    ] {
        refuses_with(&database, &up, &["-v", &format!("until={until}")], says);
    }
}

#[test]
fn yes_and_no_have_many_spellings() {
    let up = upgrade(&four(), "");
    for value in ["1", "on", "YES", "true", " 1 ", "0", "off", "No"] {
        let database = Database::create();
        let variable = format!("first_run={value}");
        database.psql_stdin(&up, &["-v", &variable]).success();
    }
    let database = Database::create();
    database
        .psql_stdin(&up, &["-v", "dry_run=off"])
        .success()
        .stdout_has("dry_run=false")
        .stdout_has("signoff: done: 4 of 4");
}

#[test]
fn the_modes_in_force_are_said() {
    let database = Database::create();
    database
        .psql_stdin(
            &upgrade(&four(), ""),
            &["-v", "ticket=CHG-7 it's urgent", "-v", "lock_wait=2min", "-v", "lock_timeout=700ms", "-v", "until=rev2"],
        )
        .success()
        .stdout_has("signoff: database ")
        .stdout_has(", user postgres, lock_timeout=700ms, lock_wait=2min, ticket=CHG-7 it's urgent, until=rev2\n")
        .stdout_has("signoff: 2 of 2 to apply here; 0 already applied")
        .stdout_has("signoff: 2 more of this script are put off")
        .stdout_has("signoff: done: 2 of 4 revisions are applied\n");
}

#[test]
fn a_ticket_is_recorded() {
    let project = four();
    let database = Database::create();
    let up = upgrade(&project, "");
    let ticket = "CHG-7 \\o/ 'quoted' :n `x` $1";
    database
        .psql_stdin(
            &up,
            &["-v", &format!("ticket={ticket}"), "-v", "until=rev3"],
        )
        .success()
        .stdout_has(&format!("\"ticket\" : {}", serde_json::json!(ticket)));
    assert_eq!(
        database.query("SELECT DISTINCT ticket FROM signoff_revision"),
        ticket
    );
    assert_eq!(
        database.query("SELECT count(*), count(DISTINCT ticket), min(ticket) FROM signoff_event"),
        format!("6|1|{ticket}")
    );
    database
        .psql_stdin(&up, &[])
        .success()
        .stdout_has("\"ticket\" : null");
    assert_eq!(
        database.query("SELECT ticket IS NULL FROM signoff_revision WHERE revision = 'rev4'"),
        "t"
    );
    database
        .psql_stdin(&downgrade(&project, "head:rev2"), &["-v", "ticket=BACK"])
        .success();
    assert_eq!(
        database.query("SELECT string_agg(event || ' ' || revision, ', ' ORDER BY id) FROM signoff_event WHERE ticket = 'BACK'"),
        "reverting rev4, reverted rev4, reverting rev3, reverted rev3"
    );
}

#[test]
fn a_script_may_insist_on_a_ticket() {
    let project = configured(
        "[target]\nrequire_ticket = true\n",
        &["--! upgrade\nCREATE TABLE a (x int);\n\n--! downgrade\nDROP TABLE a;\n"],
    );
    let (up, down) = (upgrade(&project, ""), downgrade(&project, "head:base"));
    let database = Database::create();
    let says = "signoff: refused: this script runs only with a ticket";
    refuses_with(&database, &up, &[], says);
    rehearses(&database, &up, &["rehearsed: 1 of 1"]);
    database.psql_stdin(&up, &["-v", "ticket=1"]).success();
    refuses_with(&database, &down, &[], says);
    database.psql_stdin(&down, &["-v", "ticket=2"]).success();
}

#[test]
fn a_plain_script_may_insist_on_a_ticket_too() {
    let project = configured(
        "[target]\nrequire_ticket = true\n",
        &["--! upgrade\nCREATE TABLE a (x int);\n\n--! downgrade\nDROP TABLE a;\n"],
    );
    let script = |words: &[&str]| {
        let words = [words, &["--flavour", "plain"]].concat();
        project.run(&words).success().stdout.clone()
    };
    let database = Database::create();
    for script in [
        script(&["stamp", "head"]),
        script(&["upgrade"]),
        script(&["downgrade", "head:base"]),
    ] {
        let stop = ["-v", "ON_ERROR_STOP=1"];
        changes_nothing(&database, || {
            database
                .psql_stdin(&script, &stop)
                .code(3)
                .stderr_has("signoff: refused: this script runs only with a ticket");
        });
    }
    let with_ticket = format!("SET signoff.ticket = 'CHG-1';\n{}", script(&["upgrade"]));
    database
        .psql_stdin(&with_ticket, &["-v", "ON_ERROR_STOP=1"])
        .success();
    assert_eq!(
        database.query("SELECT ticket FROM signoff_revision"),
        "CHG-1"
    );
}

/// `until` applies a revision with all it stands on, and nothing else.
#[test]
fn until_applies_the_ancestors() {
    let project = fork();
    let up = upgrade(&project, "");
    let applied = |until: &str| {
        let database = Database::create();
        database
            .psql_stdin(&up, &["-v", &format!("until={until}")])
            .success();
        let ids = database
            .query("SELECT string_agg(revision, ' ' ORDER BY revision) FROM signoff_revision");
        // Then to the end, as if it had been one run.
        run(&database, &up).stdout_has("done: 5 of 5");
        same("in one run", &upgraded(&project).state(), &database.state());
        ids
    };
    assert_eq!(applied("root"), "root");
    assert_eq!(applied("left2"), "left1 left2 root");
    assert_eq!(applied("right"), "right1 root", "a prefix of one id");
    assert_eq!(applied("both"), "both left1 left2 right1 root");

    let database = Database::create();
    refuses_with(
        &database,
        &up,
        &["-v", "until=left"],
        "until=left could be left1 or left2",
    );
    // Done already: nothing is left of it, and nothing beyond it is touched.
    run(&database, &upgrade(&project, "left1"));
    database
        .psql_stdin(&up, &["-v", "until=left1"])
        .success()
        .stdout_has("nothing to apply: all of 2 revisions");
}

/// On the way back, `until` reverts a revision with all that stands on it.
#[test]
fn until_reverts_the_descendants() {
    let project = fork();
    let down = downgrade(&project, "both:base");
    let left = |until: &str| {
        let database = upgraded(&project);
        database
            .psql_stdin(&down, &["-v", &format!("until={until}")])
            .success();
        let ids = database
            .query("SELECT string_agg(revision, ' ' ORDER BY revision) FROM signoff_revision");
        run(&database, &down).stdout_has("done: 5 of 5");
        ids
    };
    assert_eq!(left("both"), "left1 left2 right1 root");
    assert_eq!(left("left1"), "right1 root");
    assert_eq!(left("right1"), "left1 left2 root");
    assert_eq!(left("root"), "");
}

/// Where a number orders the tree, `until` is everything up to there.
#[test]
fn until_follows_the_numbers() {
    let project = Project::copy_of("tests/golden/numbered/project");
    let up = upgrade(&project, "");
    let database = Database::create();
    let all: Vec<String> = up
        .lines()
        .filter_map(|line| line.strip_prefix("-- ── ")?.split(" ── ").nth(1))
        .map(str::to_owned)
        .collect();
    assert!(all.len() > 3, "{all:?}");
    // An id of less than four characters is taken whole.
    let third = all[2].as_str();
    database
        .psql_stdin(&up, &["-v", &format!("until={third}")])
        .success()
        .stdout_has(&format!("done: 3 of {} revisions are applied", all.len()));
    run(&database, &up);
    same("in one run", &upgraded(&project).state(), &database.state());
}

/// The DBA's patience with busy tables is the one typed, not the one compiled.
#[test]
fn lock_timeout_is_the_one_typed() {
    let project = tree(&["CREATE TABLE t AS SELECT current_setting('lock_timeout') AS is"]);
    let up = upgrade(&project, "");
    for (typed, is) in [
        ("lock_timeout=1234ms", "1234ms"),
        ("lock_timeout=2min", "2min"),
        ("lock_timeout=0", "0"),
    ] {
        let database = Database::create();
        database.psql_stdin(&up, &["-v", typed]).success();
        assert_eq!(database.query("SELECT \"is\" FROM t"), is);
    }
    assert_eq!(upgraded(&project).query("SELECT \"is\" FROM t"), "5s");
}
