//! Odd trees in the layouts of other tools: whatever stands in them, no command panics or leaves something half done.

use super::unharmed;
use crate::support::project::Project;

/// Texts that a careless reader of bytes falls over.
const ODD: [&str; 9] = [
    "",
    "é",
    "\u{feff}SELECT 1",
    "\r\n-- é\r\n",
    "SELECT 'é${é}${é:ü}${', :'é', :\"é\", :é[1:é]; \\é é",
    "\\set é é\n\\set\n\\i é\n\\ir\n\\set 'é\n\\\\",
    "--changeset é:é é:\"é\n--rollback é\n--rollback\n--comment\n--property name:é value:\"é\n/* liquibase rollback\né",
    "--> statement-breakpoint é --> statement-breakpoint",
    "COMMIT; é; $é$",
];

/// The same text as every file of a tree.
fn tree(layout: &str, files: &[&str], text: &str) -> Project {
    let config = format!("[migrations]\nlayout = \"{layout}\"\n");
    let mut project = Project::new()
        .file("signoff.toml", &config)
        .file("out/mine.txt", "precious\n");
    for file in files {
        project = project.file(&format!("migrations/{file}"), text);
    }
    project
}

#[test]
fn odd_scripts() {
    for text in ODD {
        unharmed(&tree(
            "prisma",
            &["1_é/migration.sql", "1_é/down.sql"],
            text,
        ));
        unharmed(&tree("supabase", &["1_é.sql"], text));
        unharmed(&tree(
            "flyway",
            &["V1__é.sql", "U1__é.sql", "R__é.sql"],
            text,
        ));
        let drizzle = tree("drizzle", &["0_é.sql"], text);
        let journal = r#"{"dialect": "pg", "entries": [{"tag": "0_\u00e9", "when": 1}]}"#;
        unharmed(&drizzle.file("migrations/meta/_journal.json", journal));
        let headed = format!("--liquibase formatted sql\n--changeset é:1\n{text}");
        unharmed(&tree("liquibase", &["é.sql"], &headed));
        let sqitch = tree("sqitch", &["deploy/é.sql", "revert/é.sql"], text);
        let plan = "%project=é\n\né 2024-01-31T12:00:00Z É <é@example.com> # é\n";
        unharmed(&sqitch.file("migrations/sqitch.plan", plan));
    }
}

#[test]
fn odd_lists() {
    for text in ODD.into_iter().chain([
        "{",
        "<é>",
        "databaseChangeLog: é",
        "<databaseChangeLog><é é=é/>",
    ]) {
        unharmed(&tree(
            "prisma",
            &["migration_lock.toml", "1/migration.sql"],
            text,
        ));
        unharmed(&tree("drizzle", &["meta/_journal.json"], text));
        unharmed(&tree("flyway", &["V1__a.sql", "V1__a.sql.conf"], text));
        let lists = ["m.xml", "m.yaml", "m.json"];
        unharmed(&tree(
            "liquibase",
            &lists,
            &format!("{text} databaseChangeLog"),
        ));
        unharmed(&tree("sqitch", &["sqitch.plan", "sqitch.conf"], text));
        unharmed(&tree(
            "sqitch",
            &["sqitch.plan"],
            &format!("[é]\n{text} [é <\n"),
        ));
    }
}

/// Alembic's migrations are no SQL: what takes them over is said, and an empty folder is not seen in theirs.
#[test]
fn alembics_programs() {
    let says = "holds Alembic's migrations, which are programs and not SQL: `signoff import alembic --from DIR`";
    let revision = "revision = \"a1\"\ndown_revision = None\n\ndef upgrade():\n    pass\n";
    let project = Project::new().file("alembic/versions/a1_first.py", revision);
    for path in ["alembic", "alembic/versions"] {
        let refused = project.run(&["check", "--path", path]);
        refused.code(2).stderr_has(says);
    }
    let refused = project.run(&["check", "--path", "alembic", "--layout", "alembic"]);
    refused.code(2).stderr_has(says);
    let other = Project::new().file("tools/clean.py", "print(1)\n");
    let empty = other.run(&["check", "--path", "tools"]);
    empty.stderr_has("holds no migrations");
}
