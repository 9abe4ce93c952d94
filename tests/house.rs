//! The house rules that the compiler does not hold: who may use whom, and what is absent where.
//!
//! Reads `src/` as text, comments and literals blanked. When a test here fails, either the code is in the wrong
//! room or the table below is wrong; ARCHITECTURE.md tells which, and both change in one commit.

mod reader;

use camino::Utf8PathBuf;

use reader::{blanked, lines_with, used_rooms};

/// The rooms in reading order: who may use whom. `(room, rooms it may use)`
const ROOMS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("name", &[]),
    ("diagnostic", &["source"]),
    ("lex", &["source"]),
    ("postgres", &["name"]),
    ("config", &["source", "diagnostic"]),
    ("tree", &["source", "name", "diagnostic", "lex", "config"]),
    ("graph", &["source", "name", "diagnostic", "tree"]),
    (
        "seal",
        &["source", "diagnostic", "lex", "config", "tree", "graph"],
    ),
    ("since", &["diagnostic", "tree", "graph", "seal"]),
    ("receipt", &["diagnostic", "tree", "graph", "seal"]),
    ("sql", &["source", "name", "diagnostic", "lex", "postgres"]),
    ("lint", LINT),
    ("version_table", &["name", "tree", "graph", "postgres"]),
    ("plan", ABOVE_PLAN),
    ("render", RENDER),
    ("bundle", BUNDLE),
    (
        "author",
        &[
            "source",
            "name",
            "diagnostic",
            "lex",
            "tree",
            "graph",
            "sql",
        ],
    ),
    ("compile", COMPILE),
    ("cli", CLI),
    // lib.rs only lists the rooms.
    ("lib", &[]),
    ("main", &["cli"]),
];

/// Rules see what was read, and nothing of what will be emitted.
const LINT: &[&str] = &[
    "source",
    "name",
    "diagnostic",
    "lex",
    "postgres",
    "config",
    "tree",
    "graph",
    "sql",
];

const ABOVE_PLAN: &[&str] = &[
    "source",
    "name",
    "diagnostic",
    "lex",
    "postgres",
    "config",
    "tree",
    "graph",
    "seal",
    "sql",
    "version_table",
];

/// Templates show what the plan decided: plan and below.
const RENDER: &[&str] = &[
    "source",
    "name",
    "diagnostic",
    "lex",
    "postgres",
    "config",
    "tree",
    "graph",
    "seal",
    "sql",
    "version_table",
    "plan",
];

const BUNDLE: &[&str] = &[
    "source",
    "name",
    "diagnostic",
    "lex",
    "postgres",
    "config",
    "tree",
    "graph",
    "seal",
    "sql",
    "version_table",
    "plan",
    "render",
];

/// Every stage, and nothing that is not one.
const COMPILE: &[&str] = &[
    "source",
    "name",
    "diagnostic",
    "lex",
    "postgres",
    "config",
    "tree",
    "graph",
    "seal",
    "since",
    "sql",
    "lint",
    "version_table",
    "plan",
    "render",
    "bundle",
];

/// Library calls, the types it prints, and the templates that it hands in. A command that reaches for SQL does a
/// stage's work.
const CLI: &[&str] = &[
    "source",
    "name",
    "diagnostic",
    "config",
    "tree",
    "graph",
    "seal",
    "since",
    "lint",
    "plan",
    "render",
    "bundle",
    "author",
    "compile",
    "receipt",
];

/// Names that belong to few rooms. `(name as it stands in code, rooms, reason)`
const FENCED: &[(&str, &[&str], &str)] = &[
    (
        "sqlparser::",
        &["sql"],
        "its tree changes with every release",
    ),
    (
        "squawk_syntax::",
        &["sql"],
        "its tree changes with every release",
    ),
    ("minijinja::", &["render"], "templates speak in one place"),
    ("clap::", &["cli"], "the library has no command line"),
    (
        "clap_complete::",
        &["cli"],
        "the library has no command line",
    ),
    ("anstream::", &["cli"], "no stage prints"),
    (
        "std::fs",
        FILES,
        "no stage between the two disks touches a file",
    ),
    (
        "walkdir::",
        FILES,
        "no stage between the two disks touches a file",
    ),
    ("SystemTime", &["cli"], "a date is an input"),
    ("Instant::", &[], "time belongs to benches"),
    ("Timestamp::now", &["cli"], "a date is an input"),
    ("Zoned::now", &["cli"], "a date is an input"),
    ("env::", &["cli", "main"], "the environment is an input"),
    (
        "std::process",
        &["main", "cli"],
        "the program starts nothing but an editor, git and Alembic's Python, for who asks for it",
    ),
    ("std::net", &[], "the tool opens no network connection"),
    ("HashMap", &[], "output order is public"),
    ("HashSet", &[], "output order is public"),
    (
        "super::super::",
        &[],
        "a path from the crate shows which room is meant",
    ),
];

/// Rooms that may touch the disk.
const FILES: &[&str] = &["tree", "bundle", "config", "cli"];

/// Past this, a file asks for a room.
const MOST_LINES: usize = 500;

/// A file below `src/`.
struct Source {
    path: Utf8PathBuf,
    room: String,
    text: String,
    /// The text with comments and literals blanked, line by line the same.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = crate::support::root().join("src");
    crate::support::files(&root, "rs")
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(root.join(&path)).expect("a source is readable");
            let first = path
                .components()
                .next()
                .expect("a path has a part")
                .as_str();
            Source {
                room: first.trim_end_matches(".rs").to_owned(),
                code: blanked(&text),
                text,
                path,
            }
        })
        .collect()
}

/// Fails with every complaint, one a line.
#[track_caller]
fn agree(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn rooms_use_only_whom_they_may() {
    let mut complaints = Vec::new();
    for source in sources() {
        let Some((room, may)) = ROOMS.iter().find(|(room, _)| *room == source.room) else {
            complaints.push(format!(
                "src/{}: no such room in tests/house.rs",
                source.path
            ));
            continue;
        };
        for (line, used) in used_rooms(&source.code) {
            // `crate::room` in its own room is home.
            if used != *room && !may.contains(&used.as_str()) {
                complaints.push(format!(
                    "src/{}:{line}: {room} may not use {used}",
                    source.path
                ));
            }
        }
    }
    agree(&complaints);
}

#[test]
fn the_table_is_ordered() {
    for (index, (room, may)) in ROOMS.iter().enumerate() {
        for used in *may {
            let at = ROOMS.iter().position(|(other, _)| other == used);
            let at = at.unwrap_or_else(|| panic!("{room} may use {used}, which is no room"));
            assert!(
                at < index,
                "{room} may use {used}, which comes later: a circle"
            );
        }
    }
}

#[test]
fn what_is_fenced_stays_in_its_room() {
    let mut complaints = Vec::new();
    for source in sources() {
        for (name, rooms, reason) in FENCED {
            if rooms.contains(&source.room.as_str()) {
                continue;
            }
            for line in lines_with(&source.code, name) {
                complaints.push(format!(
                    "src/{}:{line}: {name} not here: {reason}",
                    source.path
                ));
            }
        }
    }
    agree(&complaints);
}

#[test]
fn no_file_is_too_long() {
    let root = crate::support::root();
    let mut complaints = Vec::new();
    for folder in ["src", "tests"] {
        for path in crate::support::files(&root.join(folder), "rs") {
            let text = std::fs::read_to_string(root.join(folder).join(&path)).expect("is readable");
            let lines = text.lines().count();
            if lines > MOST_LINES {
                complaints.push(format!(
                    "{folder}/{path}: {lines} lines; it asks for a room"
                ));
            }
        }
    }
    agree(&complaints);
}

#[test]
fn every_module_says_what_it_does() {
    let silent = sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| format!("src/{}: no `//!` on the first line", source.path))
        .collect::<Vec<_>>();
    agree(&silent);
}

#[test]
fn no_room_is_a_mod_rs() {
    let wrong = sources()
        .into_iter()
        .filter(|source| source.path.file_name() == Some("mod.rs"))
        .map(|source| format!("src/{}: `foo.rs` beside a folder `foo/`", source.path))
        .collect::<Vec<_>>();
    agree(&wrong);
}

/// A template that no table names would be dead text, or worse: a copy that somebody edits in vain.
#[test]
fn every_template_is_in_the_table() {
    let render = sources()
        .into_iter()
        .filter(|source| source.room == "render")
        .map(|source| source.text)
        .collect::<String>();
    let forgotten = crate::support::all_files(&crate::support::root().join("templates"))
        .into_iter()
        .filter(|path| !render.contains(path.as_str()))
        .map(|path| format!("templates/{path}: render does not name it"))
        .collect::<Vec<_>>();
    agree(&forgotten);
}
