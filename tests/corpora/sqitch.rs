//! A tree of Sqitch's: its plan read once more, and its scripts run by psql, each in a session of its own.

use camino::{Utf8Path, Utf8PathBuf};

use super::migrations::Migration;
use crate::support::postgres::{Database, RanRaw};
use crate::support::project::Project;

/// A copy of a project, `path` below `project`, in which rows that a program makes of a file stand as they are: a release
/// holds no programs, and no others could be compared.
pub(super) fn prepare(from: &Utf8Path, project: &Project, path: &str) -> Utf8PathBuf {
    for file in crate::support::all_files(from) {
        let of_plan = file.starts_with("deploy") || file.starts_with("revert");
        if !of_plan && file.extension() != Some("plan") && file.extension() != Some("conf") {
            continue;
        }
        let text = std::fs::read_to_string(from.join(&file)).expect("a corpus is readable");
        let lines = text.split_inclusive('\n').map(|line| with_rows(from, line));
        let text: String = lines.collect();
        project.write(&format!("{path}/{file}"), text.as_bytes());
    }
    project.path(path)
}

/// `\copy t from program 'sed ''s/\\/\\\\/g'' < file | tr -d ''\n'''` as a COPY of the one row that this makes.
fn with_rows(from: &Utf8Path, line: &str) -> String {
    let Some((target, program)) = line
        .trim_start()
        .strip_prefix("\\copy ")
        .and_then(|rest| rest.split_once(" from program "))
    else {
        return line.to_owned();
    };
    let file = program
        .split(['<', '|'])
        .nth(1)
        .expect("a file is read")
        .trim();
    let row = std::fs::read_to_string(from.join(file)).expect("a corpus is readable");
    let row = row.replace('\\', "\\\\").replace('\n', "");
    format!("COPY {target} FROM stdin;\n{row}\n\\.\n")
}

/// The changes in the plan's order. What psql runs is a path.
pub(super) fn migrations(folder: &Utf8Path) -> Vec<Migration> {
    let plan = std::fs::read_to_string(folder.join("sqitch.plan")).expect("there is a plan");
    let names: Vec<&str> = plan
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| !name.starts_with(['%', '#']))
        .collect();
    let mut migrations: Vec<Migration> = Vec::new();
    for (at, name) in names
        .iter()
        .enumerate()
        .filter(|(_, name)| !name.starts_with('@'))
    {
        let time = 1 + names[..at].iter().filter(|other| other == &name).count();
        let next = names[at + 1..].iter().position(|other| other == name);
        let before: &[&str] = next.map_or(&[], |next| &names[at + 1..at + 1 + next]);
        let tags = before.iter().rev().filter(|tag| tag.starts_with('@'));
        let tagged = tags
            .map(|tag| format!("{name}{tag}.sql"))
            .find(|file| folder.join("deploy").join(file).exists());
        let file = tagged.unwrap_or_else(|| format!("{name}.sql"));
        let revert = folder.join("revert").join(&file);
        migrations.push(Migration {
            id: match time {
                1 => (*name).to_owned(),
                time => format!("{name}#{time}"),
            },
            name: file.trim_end_matches(".sql").to_owned(),
            up: vec![folder.join("deploy").join(&file).into_string()],
            down: revert.exists().then(|| vec![revert.into_string()]),
            files: Vec::new(),
        });
    }
    migrations
}

/// Runs scripts one after the other, up to the first that fails.
pub(super) fn run(database: &Database, paths: &[&str]) -> RanRaw {
    const DONE: &str = "-- one script done --";
    let scripts = paths
        .iter()
        .map(|path| format!("\\connect\n\\i {path}\n\\echo '{DONE}'\n"));
    let script: String = scripts.collect();
    let outcome = database.psql_stdin(&script, &["-q", "-v", "ON_ERROR_STOP=1"]);
    let done = outcome.stdout.lines().filter(|line| *line == DONE).count();
    RanRaw { done, outcome }
}
