//! Migrations run straight, one after the other, without `signoff`: what law 1 compares a release with.
//!
//! Reads native files naively, by their lines; a tree of the tests never has a directive inside a function body.

use camino::Utf8PathBuf;

use super::postgres::Database;
use super::project::Project;

/// One migration of a project, in the order in which the project runs them.
#[derive(Debug, Clone)]
pub(crate) struct Migration {
    /// Its revision.
    pub(crate) id: String,
    /// What it stands on.
    pub(crate) parents: Vec<String>,
    /// Whether it has a way back.
    pub(crate) reversible: bool,
    /// The file that holds its upgrade.
    file: Utf8PathBuf,
}

/// The project's migrations as `signoff history` orders them, the first to run first.
#[track_caller]
pub(crate) fn migrations(project: &Project) -> Vec<Migration> {
    let history = project.run(&["history", "--json"]).success().stdout.clone();
    let history: serde_json::Value = serde_json::from_str(&history).expect("history prints JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("is text").to_owned();
    let revisions = history["revisions"].as_array().expect("is a list");
    let read = |revision: &serde_json::Value| {
        let file = text(&revision["file"]);
        let down = match file.strip_suffix(".up.sql") {
            Some(stem) => project.path(&format!("{stem}.down.sql")).exists(),
            None => project.read(&file).contains("\n--! downgrade"),
        };
        Migration {
            id: text(&revision["id"]),
            parents: revision["parents"]
                .as_array()
                .expect("is a list")
                .iter()
                .map(text)
                .collect(),
            reversible: down && revision["irreversible"].is_null(),
            file: file.into(),
        }
    };
    revisions.iter().map(read).collect()
}

/// Runs one migration's upgrade.
#[track_caller]
pub(crate) fn up(database: &Database, project: &Project, migration: &Migration) {
    let text = project.read(migration.file.as_str());
    if migration.file.as_str().ends_with(".up.sql") {
        // golang-migrate sends the whole file as one message.
        database.run_raw(&text).success();
    } else {
        native(database, project, &text, "upgrade");
    }
}

/// Runs the project's repeatables, in the order given.
#[track_caller]
pub(crate) fn repeatables(database: &Database, project: &Project, files: &[&str]) {
    for file in files {
        native(database, project, &project.read(file), "apply");
    }
}

/// Runs a section of a native file with psql, its CSV files with psql's own \copy.
#[track_caller]
fn native(database: &Database, project: &Project, text: &str, section: &str) {
    let mut script = String::from("\\set ON_ERROR_STOP on\n");
    let config = project.read("signoff.toml");
    if let Some(path) = value(&config, "search_path") {
        script.extend(["SET search_path = ", path, ";\n"]);
    }
    let mut inside = false;
    for line in text.lines() {
        let Some(directive) = line.strip_prefix("--! ") else {
            if inside {
                script += &line.replace("${support_mail}", "help@example.com");
                script.push('\n');
            }
            continue;
        };
        match directive.split(' ').next() {
            Some("data") if inside => {
                let file = value(directive, "file").expect("data names its file");
                let table = value(directive, "table").expect("data names its table");
                let path = project.path("migrations").join(file);
                let csv = std::fs::read_to_string(&path).expect("a CSV of the tree is readable");
                let columns = csv.lines().next().expect("the first row names the columns");
                let path = path.as_str();
                script.extend(["\\copy ", table, " (", columns, ") FROM '", path, "'"]);
                script.push_str(" WITH (FORMAT csv, HEADER true)\n");
            }
            word => inside = word == Some(section),
        }
    }
    database.psql_stdin(&script, &["-q"]).success();
}

/// What stands quoted after `name = `.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("{name} = \""))?;
    rest.split('"').next()
}
