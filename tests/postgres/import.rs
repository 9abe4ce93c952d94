//! A tree of another tool, imported, does to a database what the tree itself does.

use super::made::{run, same};
use crate::support;
use crate::support::postgres::Database;
use crate::support::project::Project;

#[test]
fn every_example() {
    for example in [
        "dbmate",
        "drizzle",
        "flyway",
        "golang-migrate",
        "goose",
        "graphile-migrate",
        "liquibase",
        "node-pg-migrate",
        "prisma",
        "refinery",
        "sqitch",
        "sql-migrate",
        "supabase",
        "tern",
    ] {
        let from = support::root()
            .join("examples")
            .join(format!("from-{example}"));
        let project = Project::new();
        for file in support::all_files(&from) {
            let bytes = std::fs::read(from.join(&file)).expect("an example is readable");
            project.write(file.as_str(), &bytes);
        }
        let layout = ["--layout", example];
        project
            .run(&[&["import", "--from", "db/migrations"][..], &layout].concat())
            .success();
        let script = |tree: &[&str], range: &[&str]| {
            let outcome = project.run(&[range, &["--project", "x"], tree].concat());
            outcome.success().stdout.clone()
        };
        let theirs = &[&["--path", "db/migrations"][..], &layout].concat();
        let (straight, imported) = (Database::create(), Database::create());
        run(&straight, &script(theirs, &["upgrade"]));
        run(&imported, &script(&["--path", "migrations"], &["upgrade"]));
        same(example, &straight.state(), &imported.state());
        // The way back ends in the same place, or is refused by both.
        let back = |tree: &[&str]| {
            project.run(&[&["downgrade", "head:-1", "--project", "x"][..], tree].concat())
        };
        let (one, other) = (back(theirs), back(&["--path", "migrations"]));
        assert_eq!(one.code, other.code, "{example}\n{one}\n{other}");
        if one.code == 0 {
            run(&straight, &one.stdout);
            run(&imported, &other.stdout);
            same(example, &straight.state(), &imported.state());
        }
    }
}
