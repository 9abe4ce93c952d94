//! Alembic itself, online, against what `signoff import alembic` makes of the same project.
//!
//! `SIGNOFF_ALEMBIC` names the program, of an environment that has psycopg2 as well.

use std::process::Command;

use crate::postgres::made::same;
use crate::support;
use crate::support::outcome;
use crate::support::postgres::{Database, socket};
use crate::support::project::Project;

fn alembic() -> String {
    std::env::var("SIGNOFF_ALEMBIC").unwrap_or_else(|_| "alembic".to_owned())
}

/// A project below `tests/alembic`, in a folder of its own.
fn project(name: &str) -> Project {
    let from = support::root().join("tests/alembic").join(name);
    let project = Project::new();
    for file in support::all_files(&from) {
        let bytes = std::fs::read(from.join(&file)).expect("a fixture is readable");
        project.write(file.as_str(), &bytes);
    }
    project
}

#[track_caller]
fn online(project: &Project, database: &Database, arguments: &[&str]) {
    let url = format!(
        "postgresql+psycopg2://postgres@/{}?host={}",
        database.name(),
        socket()
    );
    let mut command = Command::new(alembic());
    command
        .args(arguments)
        .current_dir(project.path(""))
        .env("DB_URL", url);
    outcome::run(&mut command, "").success();
}

/// What a database holds, without Alembic's own table.
#[track_caller]
fn state(database: &Database, table: &str) -> String {
    database.query(&format!("DROP TABLE IF EXISTS {table}"));
    database.state()
}

#[test]
#[ignore = "needs Alembic: SIGNOFF_ALEMBIC names it"]
fn up_and_back_as_alembic() {
    for (name, table) in [
        ("whole", "alembic_version"),
        ("branches", "alembic_version"),
        ("schema", "meta.versions"),
    ] {
        let project = project(name);
        let (straight, imported) = (Database::create(), Database::create());
        if name == "schema" {
            // env.py makes the schema too late for Alembic's own look at its table.
            straight.query("CREATE SCHEMA meta");
        }
        project
            .run(&["import", "alembic", "--alembic", &alembic()])
            .success();
        project.run(&["check"]).success();
        let script = |words: &[&str]| project.run(words).success().stdout.clone();
        online(&project, &straight, &["upgrade", "heads"]);
        imported
            .psql_stdin(&script(&["upgrade", "heads"]), &[])
            .success();
        same(name, &state(&straight, table), &imported.state());
        imported
            .psql_stdin(&script(&["downgrade", "heads:base"]), &[])
            .success();
        let empty = Database::create();
        if name == "schema" {
            empty.query("CREATE SCHEMA meta");
        }
        same(name, &empty.state(), &imported.state());
    }
}

/// One that reads the database and one that does nothing offline are told as such, and the rest goes through.
#[test]
#[ignore = "needs Alembic: SIGNOFF_ALEMBIC names it"]
fn gaps_are_gaps() {
    let project = project("gaps");
    let outcome = project.run(&["import", "alembic", "--alembic", &alembic()]);
    outcome
        .success()
        .stderr_has("`aaa100000003` is there without its SQL: `alembic upgrade --sql` stops at alembic/versions/aaa100000003_reads.py:18")
        .stderr_has("`aaa100000005` is there without its SQL: upgrade() in ");
    assert_eq!(project.files("migrations").len(), 5);
    project.run(&["check"]).code(1).stderr_has("2 errors");
}

/// The lines of examples/from-alembic that take a repository to its first bundle.
#[test]
#[ignore = "needs Alembic: SIGNOFF_ALEMBIC names it"]
fn the_five_lines_are_real() {
    let readme = support::root().join("examples/from-alembic/README.md");
    let readme = std::fs::read_to_string(readme).expect("there is one");
    let lines = readme.split("```sh\n").nth(1).expect("there is a block");
    let project = project("whole");
    for line in lines.lines().take_while(|line| *line != "```") {
        let mut words: Vec<&str> = line.split(' ').skip(1).collect();
        let alembic = alembic();
        if words == ["import", "alembic"] {
            words.extend(["--alembic", &alembic]);
        }
        project.run(&words).success();
    }
    let script = project.files("out");
    let script = script
        .iter()
        .find(|file| file.as_str().ends_with("/upgrade.sql"));
    let script = project.path("out").join(script.expect("a bundle has one"));
    Database::create().psql_file(&script, &[]).success();
}
