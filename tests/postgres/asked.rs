//! Of which revisions a script asks before it changes anything: of those that this run does, and of no others.

use super::made::{run, set, tree, upgrade};
use super::rights::{refuses_as, run_as, said};
use crate::support::postgres::Database;
use crate::support::project::Project;

/// A tree that forks and comes together again; the left branch alters what is somebody else's.
fn diamond() -> Project {
    let file = |id: &str, parents: &str, sql: &str| {
        format!(
            "--! revision = \"{id}\"\n--! revises = [{parents}]\n--! message = \"{id}\"\n--! upgrade\n{sql}\n"
        )
    };
    Project::new()
        .file("signoff.toml", "[project]\nname = \"shop\"\n")
        .file(
            "migrations/1.sql",
            &file("aaaa1", "", "CREATE TABLE mine (i int);"),
        )
        .file(
            "migrations/2.sql",
            &file("bbbb1", "\"aaaa1\"", "ALTER TABLE theirs ADD COLUMN x int;"),
        )
        .file(
            "migrations/3.sql",
            &file("cccc1", "\"aaaa1\"", "ALTER TABLE mine ADD COLUMN y int;"),
        )
        .file(
            "migrations/4.sql",
            &file("dddd1", "\"bbbb1\", \"cccc1\"", ""),
        )
}

#[test]
fn what_is_put_off_is_not_asked_for() {
    let database = Database::create();
    said(
        &database,
        "CREATE ROLE asked_one LOGIN; GRANT CREATE ON SCHEMA public TO asked_one; CREATE TABLE theirs (i int)",
    );
    let script = upgrade(&diamond(), "");
    refuses_as(
        &database,
        "asked_one",
        &script,
        &["revision bbbb1 needs ownership of TABLE public.theirs"],
    );
    let until = |id: &str| {
        let mut command = database.psql_as("asked_one");
        let until = format!("until={id}");
        command.args(["-X", "-v", "first_run=1", "-v", &until, "-f", "-"]);
        crate::support::outcome::run(&mut command, &script)
    };
    until("cccc1").success().stdout_has("done: 2 of 4");
    until("bbbb1").code(3).stderr_has("revision bbbb1 needs");
}

/// A step that is done may have given away what it needed; who takes the revision up is not asked for it again.
#[test]
fn what_is_half_done_is_not_asked_again() {
    let database = Database::create();
    said(
        &database,
        "CREATE ROLE asked_own; CREATE ROLE asked_two LOGIN NOINHERIT IN ROLE asked_own; GRANT CREATE ON SCHEMA public TO asked_two, asked_own",
    );
    let project = tree(&[
        "CREATE TABLE x (i int)",
        "ALTER TABLE x ADD j int;\nALTER TABLE x OWNER TO asked_own;\nCREATE TABLE y (i int);\nINSERT INTO y VALUES (1), (1);\nCREATE UNIQUE INDEX CONCURRENTLY yi ON y (i)",
    ]);
    let script = upgrade(&project, "");
    run_as(&database, "asked_two", &script)
        .code(3)
        .stderr_has("could not create unique index");
    said(&database, "DELETE FROM y WHERE ctid = '(0,1)'");
    run_as(&database, "asked_two", &script)
        .success()
        .stdout_has("done: 2 of 2");
}

/// With nothing of that name there, the server does not look whose the table is.
#[test]
fn a_drop_of_what_is_not_there_asks_for_nothing() {
    let database = Database::create();
    said(
        &database,
        "CREATE ROLE asked_three LOGIN; GRANT CREATE ON SCHEMA public TO asked_three; CREATE TABLE theirs (i int); GRANT TRIGGER ON theirs TO asked_three",
    );
    let project = tree(&[
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';\nDROP TRIGGER IF EXISTS trg ON theirs;\nCREATE TRIGGER trg BEFORE INSERT ON theirs EXECUTE FUNCTION f();\nDROP POLICY IF EXISTS p ON theirs",
    ]);
    run_as(&database, "asked_three", &upgrade(&project, "")).success();
}

/// What a revision drops for a repeatable to make anew stays dropped when the run stops before the end, and that is said.
#[test]
fn a_repeatable_that_stays_dropped_is_named() {
    let project = tree(&["CREATE TABLE t (i int)"]).file(
        "migrations/repeatable/v.sql",
        "--! name = \"v\"\n--! apply\nCREATE OR REPLACE VIEW v AS SELECT * FROM t;\n",
    );
    let database = Database::create();
    run(&database, &upgrade(&project, ""));
    set(&project, 3, "CREATE TABLE u (i int)");
    project.write(
        "migrations/2.sql",
        b"--! revision = \"rev2\"\n--! revises = [\"rev1\"]\n--! message = \"wider\"\n--! recreates = [\"v\"]\n--! upgrade\nDROP VIEW v;\nALTER TABLE t ALTER i TYPE bigint;\n",
    );
    let script = upgrade(&project, "");
    database
        .psql_stdin(&script, &["-v", "until=rev2"])
        .success()
        .stdout_has("signoff: dropped, and applied again only when the rest is run: v");
    run(&database, &script);
    assert_eq!(database.query("SELECT count(*) FROM v"), "0");
}

/// What `status.sql` says goes with what `upgrade.sql` does: it refuses another text.
#[test]
fn status_knows_another_text() {
    let project = tree(&["CREATE TABLE a (i int)"]);
    let database = Database::create();
    run(&database, &upgrade(&project, ""));
    set(&project, 1, "CREATE TABLE a (i int, j int)");
    let wrote = project.run(&["bundle"]).success().stdout.clone();
    let folder = project.path(wrote.split(' ').nth(1).expect("it says where"));
    database
        .psql_file(&folder.join("status.sql"), &[])
        .success()
        .stdout_has("OTHER TEXT   rev1")
        .stdout_has("next: ask the developers; the scripts of this release refuse here");
    database
        .psql_file(&folder.join("upgrade.sql"), &[])
        .code(3)
        .stderr_has("applied here with another text");
}
