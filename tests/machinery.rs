//! How much of an emitted script is not the author's: a board reads all of it.

use crate::support;
use crate::support::project::Project;

/// Lines of ours around a transactional revision, its title and place included.
const MOST: usize = 10;

/// Title and lines of ours of every revision that is one transaction.
fn transactional(script: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for block in script.split("\n-- ── ").skip(1) {
        let title = block.lines().next().unwrap_or_default().to_owned();
        if !block.contains("\n:signoff_begin\n") {
            continue;
        }
        let block = block.split("\n\\endif\n").next().unwrap_or_default();
        let ours = |line: &&str| {
            line.starts_with('\\') || line.starts_with(":signoff_") || line.starts_with("-- from ")
        };
        // The title, and the \endif that the split took.
        found.push((title, block.lines().filter(ours).count() + 2));
    }
    found
}

#[test]
fn a_transactional_revision_has_at_most_ten_lines_of_machinery() {
    let sample = Project::copy_of("migrations");
    let outcome = sample.run(&["upgrade", "--path", "."]);
    outcome.success();
    let revisions = transactional(&outcome.stdout);
    assert_eq!(
        revisions.len(),
        9,
        "eight revisions and the repeatables: {revisions:?}"
    );
    for (title, lines) in revisions {
        // Rows of a file are three lines more, each where they stand.
        let rows = if title.contains("Merchant categories ──") {
            5
        } else {
            0
        };
        assert!(lines <= MOST + rows, "{lines} lines around {title}");
        assert!(
            lines >= 7,
            "{lines} lines around {title}: the count is wrong"
        );
    }
}

/// How wide a line of ours may be, so that a board reads it on a screen or a page.
const WIDEST: usize = 160;

/// Lines of ours that are wider, with their numbers. Out of the count is what holds data and can't be broken: psql's
/// commands, rows of JSON, the list at the top, the title and place of a revision; and the author's own SQL.
fn wide(script: &str) -> Vec<(usize, &str)> {
    let theirs_end = [
        ":signoff_",
        "\\",
        "EXECUTE pg_catalog.",
        "PERFORM pg_catalog.",
        "DO $signoff",
    ];
    let data = ["\\", "{\"", "-- ── ", "-- from "];
    let mut found = Vec::new();
    let mut theirs = false;
    for (at, line) in script.lines().enumerate() {
        theirs = line.starts_with("-- from ")
            || theirs && !theirs_end.iter().any(|start| line.starts_with(start));
        let listed = line.strip_prefix("--  ").is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.starts_with(|first: char| first.is_ascii_digit()) || rest.starts_with('·')
        });
        if line.chars().count() > WIDEST
            && !theirs
            && !listed
            && !data.iter().any(|start| line.starts_with(start))
        {
            found.push((at + 1, line));
        }
    }
    found
}

/// Every kind of step that psql can be given.
const STEPS: [&str; 12] = [
    "CREATE TABLE t (a int, b text)",
    "CREATE INDEX CONCURRENTLY ti ON t (a)",
    "DROP INDEX CONCURRENTLY ti",
    "REINDEX INDEX CONCURRENTLY tj",
    "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
    "CREATE DATABASE d",
    "CREATE TABLESPACE s LOCATION '/srv/s'",
    "CREATE SUBSCRIPTION u CONNECTION 'host=h' PUBLICATION w",
    "ALTER SUBSCRIPTION u ADD PUBLICATION x",
    "DROP SUBSCRIPTION u",
    "CREATE EXTENSION hstore",
    "VACUUM t",
];

/// Every kind of step that other clients can be given.
const PLAIN_STEPS: [&str; 5] = [
    "CREATE TABLE t (a int, b text)",
    "CREATE INDEX CONCURRENTLY ti ON t (a)",
    "DROP INDEX CONCURRENTLY tj",
    "CREATE EXTENSION hstore",
    "VACUUM t",
];

/// A revision with settings of its own for each step, for one database, one role, and with a ticket only.
fn with_steps(steps: &[&str]) -> Project {
    let config = "[project]\nname = \"payment-backend\"\n[migrations]\npath = \"migrations\"\n[target]\nserver = \"14\"\n\
        database = \"payments\"\nrole = \"payment_backend_owner\"\nrequire_ticket = true\n\
        [version_table]\nschema = \"release_history\"\n";
    let mut project = Project::new().file("signoff.toml", config);
    let mut revises = String::new();
    for (n, step) in steps.iter().enumerate() {
        let text = format!(
            "--! revision = \"{n:012}\"\n--! revises = [{revises}]\n--! message = \"r{n}\"\n\
             --! created = 2025-01-01T00:00:00Z\n--! lock_timeout = \"1min\"\n\n--! upgrade\n{step};\n\n\
             --! downgrade\nSELECT 1;\n"
        );
        project = project.file(&format!("migrations/{n:02}.sql"), &text);
        revises = format!("\"{n:012}\"");
    }
    project
}

/// Every tool has lines of its own; its table may be anywhere.
#[test]
fn no_line_about_a_table_of_another_tool_is_wider_than_a_page() {
    let examples = support::root().join("examples");
    let mut scripts = 0;
    for tool in std::fs::read_dir(&examples).expect("there are examples") {
        let tool = tool.expect("the folder can be listed").file_name();
        let tool = tool.to_str().expect("is UTF-8");
        let project = Project::copy_of(&format!("examples/{tool}"));
        let layout = tool.strip_prefix("from-").expect("is named like that");
        let layout = if layout == "alembic" {
            "native"
        } else {
            layout
        };
        let of = ["--path", "db/migrations", "--layout", layout];
        for command in [&["bundle"][..], &["bundle", "--flavour", "plain"]] {
            let out = format!("out{}", command.len());
            let command = [command, &of, &["--out", &out]].concat();
            project.run(&command).success();
            for file in project.files(&out) {
                if file.extension() == Some("sql") {
                    scripts += 1;
                    let found = project.read(&format!("{out}/{file}"));
                    let found = wide(&found);
                    assert!(found.is_empty(), "{tool}, {command:?}, {file}: {found:#?}");
                }
            }
        }
        for words in [&["--purge", "head"][..], &["base:head"]] {
            scripts += 1;
            let stamp = project.run(&[&["stamp"], words, &of].concat());
            let found = wide(&stamp.success().stdout);
            assert!(found.is_empty(), "{tool}, {words:?}: {found:#?}");
        }
    }
    assert!(scripts >= 10 * 17, "ten of each tool: {scripts}");
}

#[test]
fn no_line_of_ours_is_wider_than_a_page() {
    const PSQL: &[&str] = &["bundle"];
    const PLAIN: &[&str] = &["bundle", "--flavour", "plain"];
    const SINGLE: &[&str] = &["bundle", "--single-transaction"];
    let golden = |case: &str| Project::copy_of(&format!("tests/golden/{case}/project"));
    let squashed = Project::sample();
    squashed
        .run(&["squash", "base:0b2c", "-m", "First release"])
        .success();
    let mut scripts = 0;
    for (name, project, commands) in [
        ("sample", Project::sample(), &[PSQL, PLAIN][..]),
        ("squashed", squashed, &[PSQL, PLAIN]),
        ("linear", golden("linear"), &[PSQL, PLAIN]),
        ("branches", golden("branches"), &[PSQL, PLAIN, SINGLE]),
        ("numbered", golden("numbered"), &[PSQL, PLAIN]),
        ("every step", with_steps(&STEPS), &[PSQL]),
        ("every plain step", with_steps(&PLAIN_STEPS), &[PLAIN]),
    ] {
        for (n, command) in commands.iter().enumerate() {
            let out = format!("out{n}");
            project
                .run(&[command, &["--out", &out][..]].concat())
                .success();
            for file in project.files(&out) {
                if file.extension() == Some("sql") {
                    scripts += 1;
                    let script = project.read(&format!("{out}/{file}"));
                    let found = wide(&script);
                    assert!(found.is_empty(), "{name}, {command:?}, {file}: {found:#?}");
                }
            }
            if name == "every step" || name == "every plain step" {
                let flavour = if command.contains(&"plain") {
                    "plain"
                } else {
                    "psql"
                };
                for words in [&["--purge", "head"][..], &["head:000000000000"]] {
                    scripts += 1;
                    let stamp = project.run(&[&["stamp", "--flavour", flavour], words].concat());
                    let found = wide(&stamp.success().stdout);
                    assert!(found.is_empty(), "{name}, {words:?}: {found:#?}");
                }
            }
        }
    }
    assert_eq!(
        scripts,
        13 * 4 + 4,
        "four scripts of each bundle, two stamps of each flavour"
    );
}

#[test]
fn machinery_is_defined_once() {
    let script =
        std::fs::read_to_string(support::root().join("tests/golden/linear/want/upgrade.sql"))
            .expect("a golden file");
    let mut names: Vec<&str> = script
        .lines()
        .filter_map(|line| line.strip_prefix("$m$ AS ")?.strip_suffix(" \\gset"))
        .collect();
    assert!(names.len() > 5, "{names:?}");
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "one is defined twice");
}

#[test]
fn the_run_book_is_replaceable_and_the_machinery_is_not() {
    let project = Project::copy_of("tests/golden/linear/project");
    let config = project.read("signoff.toml") + "\n[render]\ntemplates = \"ours\"\n";
    let project = project
        .file("signoff.toml", &config)
        .file(
            "ours/runbook.md",
            "call the team of {{ project }} about {{ bundle_digest }}\n",
        )
        .file("ours/upgrade.sql", "-- nothing at all\n");
    project.run(&["bundle"]).success();
    let files = project.files("out");
    let text = |name: &str| {
        let file = files
            .iter()
            .find(|file| file.ends_with(name))
            .expect("it is in the bundle");
        project.read(&format!("out/{file}"))
    };
    assert!(
        text("README.md").starts_with("call the team of "),
        "{}",
        text("README.md")
    );
    assert!(text("upgrade.sql").contains(":signoff_begin"));

    let broken = project.file("ours/runbook.md", "{{ nobody }}\n{{ bundle_digest }}\n");
    broken
        .run(&["bundle"])
        .code(2)
        .stderr_has("runbook.md")
        .stderr_has("line 1");
}
