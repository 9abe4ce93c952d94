//! Made-up native trees of a few revisions in a row, and the assertions about their scripts.

use crate::support::outcome::Outcome;
use crate::support::postgres::Database;
use crate::support::project::Project;

/// A project with these revisions, each on the one before: `rev1`, `rev2`, …. A text is the SQL of an upgrade, or,
/// where it holds a directive, all the sections.
pub(super) fn tree(revisions: &[&str]) -> Project {
    configured("", revisions)
}

/// The same, with more lines in signoff.toml.
pub(super) fn configured(config: &str, revisions: &[&str]) -> Project {
    let project = Project::new().file(
        "signoff.toml",
        &format!("[project]\nname = \"shop\"\n{config}"),
    );
    for (before, text) in revisions.iter().enumerate() {
        set(&project, before + 1, text);
    }
    project
}

/// Writes revision `n` of such a project, or writes it anew.
pub(super) fn set(project: &Project, n: usize, text: &str) {
    let parents = if n == 1 {
        String::new()
    } else {
        format!("\"rev{}\"", n - 1)
    };
    let section = if text.contains("--! upgrade") {
        ""
    } else {
        "--! upgrade\n"
    };
    let file = format!(
        "--! revision = \"rev{n}\"\n--! revises = [{parents}]\n--! message = \"Step {n}\"\n{section}{text}"
    );
    project.write(&format!("migrations/{n}.sql"), file.as_bytes());
}

/// `signoff upgrade RANGE`; an empty range is base:head.
#[track_caller]
pub(super) fn upgrade(project: &Project, range: &str) -> String {
    let outcome = if range.is_empty() {
        project.run(&["upgrade"])
    } else {
        project.run(&["upgrade", range])
    };
    outcome.success().stdout.clone()
}

/// `signoff downgrade RANGE`.
#[track_caller]
pub(super) fn downgrade(project: &Project, range: &str) -> String {
    project.run(&["downgrade", range]).success().stdout.clone()
}

/// A database on which a whole tree was run.
#[track_caller]
pub(super) fn upgraded(project: &Project) -> Database {
    let database = Database::create();
    run(&database, &upgrade(project, ""));
    database
}

/// Runs a script that must succeed.
#[track_caller]
pub(crate) fn run(database: &Database, script: &str) -> Outcome {
    database.psql_stdin(script, &[]).success().clone()
}

/// Runs a script that must refuse with these words, and must have changed nothing at all (law 8).
#[track_caller]
pub(super) fn refuses(database: &Database, script: &str, says: &str) {
    refuses_with(database, script, &[], says);
}

/// The same, with more arguments for psql.
#[track_caller]
pub(super) fn refuses_with(database: &Database, script: &str, arguments: &[&str], says: &str) {
    changes_nothing(database, || {
        database
            .psql_stdin(script, arguments)
            .code(3)
            .stderr_has(says);
    });
}

/// Whatever this does, everything that pg_dump can tell of the database is afterwards as it was before.
#[track_caller]
pub(crate) fn changes_nothing(database: &Database, what: impl FnOnce()) {
    let before = database.everything();
    what();
    database.wait_until_alone();
    same("what it was", &before, &database.everything());
}

/// Two dumps are the same; else the first line in which they differ, with those around it.
#[track_caller]
pub(crate) fn same(what: &str, want: &str, made: &str) {
    if want == made {
        return;
    }
    let (wanted, made): (Vec<&str>, Vec<&str>) = (want.lines().collect(), made.lines().collect());
    let differs = wanted.iter().zip(&made).take_while(|(a, b)| a == b).count();
    let around = |lines: &[&str]| {
        let from = differs.saturating_sub(8).min(lines.len());
        lines[from..lines.len().min(differs + 8)].join("\n")
    };
    panic!(
        "not the same as {what}, from line {}\n--- want\n{}\n--- made\n{}",
        differs + 1,
        around(&wanted),
        around(&made)
    );
}
