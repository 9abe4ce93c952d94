//! The way back from where a run stopped, and what a downgrade applies again.

use super::made::{downgrade, run, set, tree, upgrade, upgraded};
use super::modes::fork;
use super::recover::Holder;
use crate::support::postgres::Database;

const IDS: &str =
    "SELECT coalesce(string_agg(revision, ' ' ORDER BY revision), '') FROM signoff_revision";

/// What a run that was stopped has applied is reverted, wherever the script would end if everything were there.
#[test]
fn a_part_is_reverted() {
    let project = fork();
    let up = upgrade(&project, "");
    // It ends at left2: what is above, and the other side, goes.
    let down = downgrade(&project, "both:left2");
    for (until, left) in [
        ("right1", "root"),
        ("left1", "left1 root"),
        ("both", "left1 left2 root"),
    ] {
        let database = Database::create();
        database
            .psql_stdin(&up, &["-v", &format!("until={until}")])
            .success();
        run(&database, &down);
        assert_eq!(database.query(IDS), left, "{until}");
        run(&database, &down).stdout_has("nothing to revert");
        run(&database, &up).stdout_has("done: 5 of 5");
    }
}

/// A view that a revision alters what it reads of.
fn with_view() -> crate::support::project::Project {
    let project = tree(&["CREATE TABLE t (x int);\nCREATE TABLE other (x int)"]);
    let text = "--! upgrade\nDROP VIEW IF EXISTS v;\nALTER TABLE t ADD y int;\n--! downgrade\nDROP VIEW v;\nALTER TABLE t DROP y;\n";
    set(&project, 2, text);
    let text = project.read("migrations/2.sql");
    let text = text.replace("--! message", "--! recreates = [\"v\"]\n--! message");
    project.write("migrations/2.sql", text.as_bytes());
    project.file(
        "migrations/repeatable/v.sql",
        "--! name = \"v\"\n--! apply\nCREATE VIEW v AS SELECT t.x FROM t, other;\n",
    )
}

/// A lock that is not to be had says nothing about the text of a repeatable: the script stops, and finishes when run again.
#[test]
fn a_busy_table_does_not_cost_a_view() {
    let project = with_view();
    let down = downgrade(&project, "rev2:rev1");
    let plain_down = super::plain::plain_down(&project, "rev2:rev1");
    for plainly in [false, true] {
        let database = upgraded(&project);
        let holder = Holder::of(&database, "LOCK TABLE other");
        if plainly {
            let mut session = super::plain::session::Session::open(&database);
            let script = plain_down.replace("'5s'", "'300ms'");
            let refused = session.stop_at_errors(&script).expect_err("it is busy");
            assert_eq!(refused.code, "55P03");
        } else {
            database
                .psql_stdin(&down, &["-v", "lock_timeout=300ms"])
                .code(3)
                .stderr_has("canceling statement due to lock timeout");
        }
        drop(holder);
        assert_eq!(database.query("SELECT to_regclass('v') IS NULL"), "t");
        if plainly {
            super::plain::session::run(&database, &plain_down);
        } else {
            run(&database, &down);
        }
        assert_eq!(database.query("SELECT count(*) FROM v"), "0");
        assert_eq!(database.query(IDS), "repeatable:v rev1");
    }
}

/// Up, back and up again: the view is dropped and applied again each time, and nothing else is said of it.
#[test]
fn a_recreated_view_is_not_left_as_it_is() {
    let project = with_view();
    let (up, down) = (upgrade(&project, ""), downgrade(&project, "rev2:rev1"));
    let database = Database::create();
    for _ in 0..2 {
        let outcome = run(&database, &up);
        assert!(!outcome.stdout.contains("left as it is"), "{outcome}");
        assert_eq!(database.query("SELECT count(*) FROM v"), "0");
        run(&database, &down);
        assert_eq!(database.query("SELECT count(*) FROM v"), "0");
    }
}

/// What a run prints, and `status.sql` at any time, is what the next release is compiled from.
#[test]
fn the_receipt_leads_to_the_next_release() {
    let project = fork();
    project.write(
        "signoff.toml",
        b"[project]\nname = \"shop\"\n[environments.prod]\nreceipt = \"deploy/prod.txt\"\n",
    );
    project.run(&["bundle"]).success();
    let database = Database::create();
    let first = database.psql_stdin(&upgrade(&project, ""), &["-v", "until=left1"]);
    project.write("deploy/prod.txt", first.success().stdout.as_bytes());
    project
        .run(&["current", "prod"])
        .success()
        .stdout_has("\n  left1 (prod)  left1\n")
        .stdout_has("\n  behind by 3\n");
    run(&database, &upgrade(&project, "prod:right1,left1"));
    let status = run(&database, &project.read("out/shop-base-both/status.sql"));
    project.write("deploy/prod.txt", status.stdout.as_bytes());
    let rest = upgrade(&project, "prod:head");
    assert!(!rest.contains("CREATE TABLE left1") && rest.contains("CREATE TABLE left2"));
    let last = run(&database, &rest);
    project.write("deploy/prod.txt", last.stdout.as_bytes());
    let outcome = project.run(&["current", "prod", "--check-heads"]);
    outcome.success().stdout_has("everything is applied");
    run(&database, &downgrade(&project, "prod:base"));
    assert_eq!(database.query(IDS), "");
}
