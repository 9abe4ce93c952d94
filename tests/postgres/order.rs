//! A revision that is missing where one that comes after it is applied: refused, told of, or nothing, as the order says.

use super::made::{changes_nothing, refuses, refuses_with, run, upgrade, upgraded};
use super::plain::plain;
use crate::support::postgres::Database;
use crate::support::project::Project;

const RELEASE: &str = "--! revision = \"late\"\n--! revises = [\"base1\"]\n--! message = \"Late\"\n--! upgrade\nCREATE TABLE late (x int);\n";
const TREE: &str = "--! revision = \"late\"\n--! revises = [\"early\"]\n--! message = \"Late\"\n--! upgrade\nCREATE TABLE late (x int);\n";

/// A tree in whose release branch `late` stood on `base1`; in the whole one `early` is between them.
fn project() -> Project {
    Project::new()
        .file("signoff.toml", "[project]\nname = \"shop\"\n")
        .file(
            "migrations/1.sql",
            "--! revision = \"base1\"\n--! revises = []\n--! message = \"Base\"\n--! upgrade\nCREATE TABLE base1 (x int);\n",
        )
        .file("migrations/3.sql", RELEASE)
}

/// A database of the release branch, and the whole tree.
fn released() -> (Project, Database) {
    let project = project();
    let database = upgraded(&project);
    project.write("migrations/3.sql", TREE.as_bytes());
    project.write(
        "migrations/2.sql",
        b"--! revision = \"early\"\n--! revises = [\"base1\"]\n--! message = \"Early\"\n--! upgrade\nCREATE TABLE early (x int);\n",
    );
    (project, database)
}

fn order(project: &Project, order: &str) {
    let config = format!("[project]\nname = \"shop\"\n[migrations]\norder = \"{order}\"\n");
    project.write("signoff.toml", config.as_bytes());
}

#[test]
fn a_line_is_strict_where_nobody_says_otherwise() {
    let (project, database) = released();
    let says =
        "signoff: refused: revision early is not applied here, and late, which stands on it, is";
    for range in ["", "early", "base1:", "base1:early"] {
        refuses(&database, &upgrade(&project, range), says);
    }
    refuses(
        &database,
        &upgrade(&project, ""),
        "The order is strict: late may rely on what early does",
    );
    order(&project, "strict");
    refuses(&database, &upgrade(&project, ""), says);
    let script = plain(&project, "");
    changes_nothing(&database, || {
        database
            .psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"])
            .code(3)
            .stderr_has(says);
    });
}

#[test]
fn what_comes_late_is_told_of() {
    let (project, database) = released();
    order(&project, "warn");
    run(&database, &upgrade(&project, "early"))
        .stderr_has("WARNING:  signoff: applied late, for what stands on it is there already:\n  early is not applied here, and late is")
        .stdout_has("done: 2 of 2");
    assert_eq!(
        database.query("SELECT to_regclass('early') IS NOT NULL"),
        "t"
    );
    // Nothing is late any more.
    run(&database, &upgrade(&project, "")).quiet();
}

#[test]
fn what_comes_late_is_nothing_where_any_order_will_do() {
    let (project, database) = released();
    order(&project, "any");
    run(&database, &upgrade(&project, ""))
        .quiet()
        .stdout_has("signoff: 1 of 3 to apply here");
    order(&project, "strict");
    run(&database, &upgrade(&project, ""))
        .quiet()
        .stdout_has("nothing to apply");
}

/// The plain flavour says and does the same.
#[test]
fn plain_scripts_know_the_order() {
    let (project, database) = released();
    order(&project, "warn");
    let script = plain(&project, "");
    database
        .psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"])
        .success()
        .stderr_has("early is not applied here, and late is");
    assert_eq!(
        database.query("SELECT to_regclass('early') IS NOT NULL"),
        "t"
    );
}

/// What a run leaves for later does not come late in it.
#[test]
fn what_is_put_off_is_not_looked_at() {
    let (project, database) = released();
    project.write(
        "migrations/4.sql",
        b"--! revision = \"other\"\n--! revises = [\"base1\"]\n--! message = \"Other\"\n--! upgrade\nCREATE TABLE other (x int);\n",
    );
    let script = upgrade(&project, "heads");
    refuses_with(
        &database,
        &script,
        &["-v", "until=early"],
        "revision early is not applied here",
    );
    database
        .psql_stdin(&script, &["-v", "until=other"])
        .success()
        .stdout_has("3 of 4 revisions are applied");
}

/// Branches are free of each other: the younger one may be there first.
#[test]
fn branches_are_free() {
    let project = project();
    let database = upgraded(&project);
    project.write(
        "migrations/2.sql",
        b"--! revision = \"early\"\n--! revises = [\"base1\"]\n--! message = \"Early\"\n--! created = 2020-01-01T00:00:00Z\n--! upgrade\nCREATE TABLE early (x int);\n",
    );
    run(&database, &upgrade(&project, "heads"))
        .quiet()
        .stdout_has("done: 3 of 3");
}

/// A tree by numbers is one line; what becomes of a number that is missing is what the tree's own tool makes of it.
#[test]
fn numbers_are_a_line() {
    let project = Project::new()
        .file("signoff.toml", "[project]\nname = \"shop\"\n")
        .file("migrations/1_a.up.sql", "CREATE TABLE a (x int);")
        .file("migrations/3_c.up.sql", "CREATE TABLE c (x int);");
    let database = upgraded(&project);
    project.write("migrations/2_b.up.sql", b"CREATE TABLE b (x int);");
    let says = "revision 2 is not applied here, and 3, which comes after it, is";
    for range in ["", "2", "1:2"] {
        refuses(&database, &upgrade(&project, range), says);
    }
    order(&project, "warn");
    run(&database, &upgrade(&project, "")).stderr_has("2 is not applied here, and 3 is");
    order(&project, "strict");
    run(&database, &upgrade(&project, "")).quiet();
}

/// Several that are missing in a row, whatever of them a run is asked for.
#[test]
fn a_hole_may_be_wide() {
    let project = Project::new()
        .file("migrations/1_a.up.sql", "CREATE TABLE a (x int);")
        .file("migrations/4_d.up.sql", "CREATE TABLE d (x int);");
    order(&project, "strict");
    let database = upgraded(&project);
    project.write("migrations/2_b.up.sql", b"CREATE TABLE b (x int);");
    project.write("migrations/3_c.up.sql", b"CREATE TABLE c (x int);");
    let says = "signoff: refused: revision 2 is not applied here, and 4, which comes after it, is";
    for range in ["", "2", "3"] {
        refuses(&database, &upgrade(&project, range), says);
        changes_nothing(&database, || {
            database
                .psql_stdin(&plain(&project, range), &["-v", "ON_ERROR_STOP=1"])
                .code(3)
                .stderr_has(says);
        });
    }
    refuses_with(&database, &upgrade(&project, ""), &["-v", "until=2"], says);
    order(&project, "warn");
    run(&database, &upgrade(&project, ""))
        .stderr_has("2 is not applied here, and 4 is\n  3 is not applied here, and 4 is");
}

/// A branch goes to a database that has another one, and back, and leaves that alone.
#[test]
fn a_branch_beside_another() {
    let project = project();
    project.write(
        "migrations/2.sql",
        b"--! revision = \"side\"\n--! revises = [\"base1\"]\n--! message = \"Side\"\n--! upgrade\nCREATE TABLE side (x int);\n--! downgrade\nDROP TABLE side;\n",
    );
    for flavour in [upgrade, plain] {
        let database = Database::create();
        run(&database, &upgrade(&project, "late"));
        for script in [flavour(&project, "side"), upgrade(&project, "base1:side")] {
            database
                .psql_stdin(&script, &["-v", "ON_ERROR_STOP=1"])
                .success();
            assert_eq!(
                database.query("SELECT to_regclass('side') IS NOT NULL"),
                "t"
            );
        }
        run(&database, &super::made::downgrade(&project, "side:base1")).quiet();
        assert_eq!(
            database
                .query("SELECT string_agg(revision, ' ' ORDER BY revision) FROM signoff_revision"),
            "base1 late"
        );
    }
}

/// The text of a migration that makes a table, and how a project names it, by number.
type Naming = (&'static str, fn(&str) -> String, fn(&str) -> String);

const NAMINGS: &[Naming] = &[
    (
        "sqlx",
        |n| format!("{n}_t.sql"),
        |n| format!("CREATE TABLE t{n} (x int);\n"),
    ),
    (
        "diesel",
        |n| format!("{n}_t/up.sql"),
        |n| format!("CREATE TABLE t{n} (x int);\n"),
    ),
    (
        "goose",
        |n| format!("{n}_t.sql"),
        |n| format!("-- +goose Up\nCREATE TABLE t{n} (x int);\n"),
    ),
    (
        "dbmate",
        |n| format!("{n}_t.sql"),
        |n| format!("-- migrate:up\nCREATE TABLE t{n} (x int);\n-- migrate:down\n"),
    ),
    (
        "sql-migrate",
        |n| format!("{n}-t.sql"),
        |n| format!("-- +migrate Up\nCREATE TABLE t{n} (x int);\n"),
    ),
];

/// These tools apply what is missing, and so do their trees' scripts.
#[test]
fn a_number_that_came_late_is_applied_where_the_tool_does() {
    for (layout, name, text) in NAMINGS {
        let project = Project::new().file("signoff.toml", "[project]\nname = \"shop\"\n");
        let add = |n: &str| project.write(&format!("migrations/{}", name(n)), text(n).as_bytes());
        add("1");
        add("3");
        let database = upgraded(&project);
        add("2");
        run(&database, &upgrade(&project, ""))
            .stdout_has("signoff: 1 of 3 to apply here; 2 already applied")
            .stdout_has("done: 3 of 3");
        let made = database.query("SELECT to_regclass('t2') IS NOT NULL");
        assert_eq!(made, "t", "{layout}");
    }
}

/// What these tools' own checks refuse, a script refuses too.
const REFUSING: &[Naming] = &[
    (
        "node-pg-migrate",
        |n| format!("{n}_t.sql"),
        |n| format!("-- Up Migration\nCREATE TABLE t{n} (x int);\n"),
    ),
    (
        "refinery",
        |n| format!("V{n}__t.sql"),
        |n| format!("CREATE TABLE t{n} (x int);\n"),
    ),
];

#[test]
fn a_number_that_came_late_is_refused_where_the_tool_does() {
    for (layout, name, text) in REFUSING {
        let config = format!("[project]\nname = \"shop\"\n[migrations]\nlayout = \"{layout}\"\n");
        let project = Project::new().file("signoff.toml", &config);
        let add = |n: &str| project.write(&format!("migrations/{}", name(n)), text(n).as_bytes());
        add("1");
        add("3");
        let database = upgraded(&project);
        add("2");
        let script = upgrade(&project, "");
        refuses(&database, &script, " is not applied here, and ");
    }
}
