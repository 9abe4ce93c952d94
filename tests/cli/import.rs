//! `signoff import`

use insta::assert_snapshot;

use super::{CONFIG, migration, session};
use crate::support;
use crate::support::project::Project;

/// goose's example, as its page has it.
fn goose() -> Project {
    let project = Project::new().env("SOURCE_DATE_EPOCH", "1767102933");
    let from = support::root().join("examples/from-goose");
    for file in support::all_files(&from) {
        let bytes = std::fs::read(from.join(&file)).expect("an example is readable");
        project.write(file.as_str(), &bytes);
    }
    project
}

/// The file of an imported revision.
#[track_caller]
fn file(project: &Project, part: &str) -> String {
    let files = project.files("migrations");
    let found = files.iter().find(|file| file.as_str().contains(part));
    format!("migrations/{}", found.expect("is there"))
}

#[test]
fn a_tree_of_another_tool() {
    let project = goose();
    let before = project.everything();
    let import = ["import", "--from", "db/migrations"];
    let dry = session(&project, &[&[&import[..], &["--dry-run"]].concat()]);
    assert_eq!(project.everything(), before);
    assert_snapshot!(dry + &session(&project, &[&import, &["check"], &import]));
    let text = project.read(&file(&project, "0001"));
    assert_snapshot!("the_file_of_a_revision", text);
    for (path, bytes) in before {
        assert_eq!(project.everything()[&path], bytes, "{path}");
    }
}

/// What was edited here, what is published, and what the tool has changed since.
#[test]
fn once_more() {
    let project = goose();
    let import = ["import", "goose", "--from", "db/migrations"];
    project.run(&import).success();
    project.run(&["seal"]).success();
    let sum = project.read("migrations/signoff.sum");
    let kept: Vec<&str> = sum
        .lines()
        .filter(|line| !line.starts_with("0003"))
        .collect();
    project.write(
        "migrations/signoff.sum",
        (kept.join("\n") + "\n").as_bytes(),
    );
    // The first is published; the second, too, and edited in the tool's tree; the third is free.
    let theirs = |part: &str| {
        let files = project.files("db/migrations");
        let found = files.iter().find(|file| file.as_str().contains(part));
        format!("db/migrations/{}", found.expect("is there"))
    };
    let append = |path: &str, text: &str| {
        project.write(path, (project.read(path) + text).as_bytes());
    };
    append(&theirs("2_"), "SELECT 2;\n");
    append(&theirs("3_"), "SELECT 3;\n");
    let second = project.read(&file(&project, "0002"));
    let told = session(&project, &[&import]);
    assert_eq!(project.read(&file(&project, "0002")), second);
    let third = file(&project, "0003");
    assert!(project.read(&third).contains("SELECT 3;"));
    // Now somebody edits the third, and the tool has another one again.
    append(&third, "-- mine\n");
    append(&theirs("3_"), "SELECT 4;\n");
    let told = told + &session(&project, &[&import]);
    assert!(project.read(&third).ends_with("-- mine\n"));
    // Gone in the tool's tree, here to stay.
    std::fs::remove_file(project.path(&theirs("3_"))).expect("removed");
    assert_snapshot!(told + &session(&project, &[&import]));
    assert!(project.read(&third).ends_with("-- mine\n"));
}

#[test]
fn what_is_not_imported() {
    let project = goose()
        .env("PATH", "/nowhere")
        .file("backend/alembic.ini", "[alembic]\n")
        .file(
            "own/a.sql",
            &migration("aaaa00000001", &[], "A", "SELECT 1;", ""),
        )
        .file("odd/1_a.up.sql", "SELECT 1;\n\\d\n")
        .file("empty/x.txt", "");
    let before = project.everything();
    assert_snapshot!(session(
        &project,
        &[
            &["import"],
            &["import", "--from", "backend"],
            &["import", "--from", "db"],
            &[
                "import",
                "--from",
                "db/migrations",
                "--path",
                "db/migrations/new"
            ],
            &["import", "--from", "own"],
            &["import", "--from", "nowhere"],
            &["import", "--from", "empty"],
            &["import", "gose", "--from", "db/migrations"],
            &["import", "alembic"],
            &["import", "alembic", "--alembic", "flask db"],
            &[
                "import",
                "alembic",
                "--alembic",
                "poetry-of-nobody run alembic"
            ],
            &[
                "import",
                "alembic",
                "--alembic",
                "python -m alembic",
                "--from",
                "nowhere"
            ],
        ]
    ));
    assert_eq!(project.everything(), before);
}

/// The config speaks of the tree that is written; its layout may still be the one of before.
#[test]
fn a_config_that_still_names_the_other_layout() {
    let config = format!("{CONFIG}\n[migrations]\npath = \"sql\"\nlayout = \"goose\"\n");
    let project = goose().file("signoff.toml", &config);
    project
        .run(&["import", "--from", "db/migrations"])
        .success()
        .stdout_has("signoff.toml says layout = \"goose\": take that out");
    assert_eq!(project.files("sql").len(), 4);
    project.write(
        "signoff.toml",
        config.replace("layout = \"goose\"\n", "").as_bytes(),
    );
    project.run(&["check"]).success();
}

/// A revision whose SQL nobody knows is no empty one, whatever is done with it.
#[test]
fn an_upgrade_that_is_not_written() {
    let gap = migration("bbbb00000002", &["aaaa00000001"], "Gap", "", "SELECT 1;").replace(
        "--! upgrade",
        "--! upgrade { unwritten = \"it reads the database\" }",
    );
    let project = Project::new()
        .env("SOURCE_DATE_EPOCH", "1767102933")
        .file("signoff.toml", CONFIG)
        .file(
            "migrations/a.sql",
            &migration("aaaa00000001", &[], "A", "SELECT 1;", "SELECT 1;"),
        )
        .file("migrations/b.sql", &gap)
        .file(
            "migrations/c.sql",
            &migration(
                "cccc00000003",
                &["bbbb00000002"],
                "C",
                "SELECT 1;",
                "SELECT 1;",
            ),
        );
    let before = project.everything();
    assert_snapshot!(session(&project, &[&["check"], &["show", "bbbb"]]));
    for refused in [
        &["seal"][..],
        &["upgrade"],
        &["bundle"],
        &["stamp", "head"],
        &["stamp", "--purge", "head"],
        &["squash", "base:head", "-m", "x"],
    ] {
        let outcome = project.run(refused);
        assert_ne!(outcome.code, 0, "{outcome}");
        outcome.stderr_has("the upgrade of `bbbb00000002` is not written: it reads the database");
    }
    assert_eq!(project.everything(), before);
    // Beside it everything goes on.
    project.run(&["upgrade", "aaaa"]).success();
    project.run(&["upgrade", "bbbb:head"]).success();
    project.run(&["downgrade", "head:aaaa"]).success();
    project.run(&["history"]).success();
    let written = gap.replace(" { unwritten = \"it reads the database\" }", "\nSELECT 2;");
    project.write("migrations/b.sql", written.as_bytes());
    project.run(&["check"]).success();
    let both = gap.replace("database\" }", "database\" }\nSELECT 2;");
    project.write("migrations/b.sql", both.as_bytes());
    let none = gap.replace("it reads the database", " ");
    project.write("migrations/d.sql", none.replace("bbbb", "dddd").as_bytes());
    assert_snapshot!("an_upgrade_that_is_both", session(&project, &[&["check"]]));
}
