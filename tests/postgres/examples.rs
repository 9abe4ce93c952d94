//! The trees of other tools in `examples/`: what their pages say is so on a real server.

use super::made::{run, same};
use crate::support;
use crate::support::postgres::Database;
use crate::support::project::Project;

/// The example's tree where its page has it.
fn project(example: &str) -> Project {
    let from = support::root().join("examples").join(example);
    let project = Project::new();
    for file in support::all_files(&from) {
        let bytes = std::fs::read(from.join(&file)).expect("an example is readable");
        project.write(file.as_str(), &bytes);
    }
    project
}

/// The way up, once more, and back along the range that the page names to where an upgrade to there ends.
#[track_caller]
fn is_as_its_page_says(example: &str, layout: &str, back: Option<(&str, &str)>) {
    let project = project(example);
    let tree = ["--path", "db/migrations", "--layout", layout];
    let script = |arguments: &[&str]| {
        let outcome = project.run(&[arguments, &tree].concat());
        outcome.success().stdout.clone()
    };
    let up = script(&["upgrade"]);
    let database = Database::create();
    run(&database, &up);
    run(&database, &up).stdout_has("signoff: nothing to apply: all of ");
    if let Some((range, target)) = back {
        run(&database, &script(&["downgrade", range]));
        let straight = Database::create();
        if target != "base" {
            run(&straight, &script(&["upgrade", &format!("base:{target}")]));
        }
        same(example, &straight.state(), &database.state());
    }
}

/// The five lines that a new user types. The last one asks the tool itself, which is not here.
#[test]
fn the_lines_of_every_page() {
    let examples = support::root().join("examples");
    for example in std::fs::read_dir(examples).expect("there are examples") {
        let example = example.expect("the folder can be listed").file_name();
        let example = example.to_str().expect("is UTF-8");
        // It has a session and lines of its own, which tests/readme and tests/peers look at.
        if example == "from-alembic" {
            continue;
        }
        let project = project(example);
        let page = project.read("README.md");
        let block = page.split("```sh\n").nth(1);
        let block = block.and_then(|rest| rest.split("```").next());
        let lines: Vec<&str> = block.expect("a page has a block").lines().collect();
        let [signoff @ .., psql, _] = lines.as_slice() else {
            panic!("{example}: {lines:#?}");
        };
        assert_eq!(lines.len(), 5, "{example}");
        for line in signoff {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(words[0], "signoff", "{example}: {line}");
            project.run(&words[1..]).success();
        }
        assert!(psql.ends_with(" -f out/*/upgrade.sql"), "{example}: {psql}");
        let files = project.files("out");
        let script = files.iter().find(|file| file.ends_with("upgrade.sql"));
        let script = project.path("out").join(script.expect("a bundle has one"));
        let database = Database::create();
        database.psql_file(&script, &[]).success();
        let again = database.psql_file(&script, &[]);
        again
            .success()
            .stdout_has("signoff: nothing to apply: all of ");
        for told in [
            "**A database that ",
            "**A table elsewhere**",
            "**None of it**: `scheme = \"native\"`",
        ] {
            assert!(page.contains(told), "{example}: {told}");
        }
    }
}

#[test]
fn sqlx() {
    is_as_its_page_says("from-sqlx", "auto", None);
}

#[test]
fn diesel() {
    let back = ("head:20240210123000", "20240210123000");
    is_as_its_page_says("from-diesel", "auto", Some(back));
    is_as_its_page_says("from-diesel", "auto", Some(("head:base", "base")));
}

#[test]
fn prisma() {
    let back = ("head:-2", "20240402101500_orders");
    is_as_its_page_says("from-prisma", "auto", Some(back));
}

#[test]
fn supabase() {
    is_as_its_page_says("from-supabase", "supabase", None);
}

#[test]
fn drizzle() {
    is_as_its_page_says("from-drizzle", "auto", None);
}

/// The view of its repeatable is there after the way back too, and the way up again ends where the first one did.
#[test]
fn flyway() {
    is_as_its_page_says("from-flyway", "auto", None);
    let project = project("from-flyway");
    let script = |arguments: &[&str]| {
        let outcome = project.run(&[arguments, &["--path", "db/migrations"]].concat());
        outcome.success().stdout.clone()
    };
    let database = Database::create();
    run(&database, &script(&["upgrade"]));
    let whole = database.state();
    run(&database, &script(&["downgrade", "head:1.1"]));
    assert_eq!(database.query("SELECT count(*) FROM balance"), "0");
    run(&database, &script(&["upgrade"]));
    same("from-flyway", &whole, &database.state());
}

#[test]
fn liquibase() {
    is_as_its_page_says("from-liquibase", "auto", Some(("head:orders", "orders")));
    is_as_its_page_says("from-liquibase", "auto", Some(("head:base", "base")));
}

#[test]
fn sqitch() {
    is_as_its_page_says("from-sqitch", "auto", Some(("head:is_lent", "is_lent")));
    is_as_its_page_says("from-sqitch", "auto", Some(("head:base", "base")));
}
