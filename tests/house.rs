//! The house rules that the compiler does not hold: who may use whom, and what is absent where.
//!
//! Reads `src/` as text, comments and literals blanked. When a test here fails, either the code is in the wrong
//! room or the table below is wrong; ARCHITECTURE.md tells which, and both change in one commit.

use camino::Utf8PathBuf;

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
    ("seal", &["source", "diagnostic", "lex", "tree", "graph"]),
    ("sql", &["source", "name", "diagnostic", "lex", "postgres"]),
    ("lint", LINT),
    ("version_table", &["name", "tree", "graph", "postgres"]),
    ("plan", ABOVE_PLAN),
    ("render", RENDER),
    ("bundle", BUNDLE),
    ("author", &["name", "tree", "graph", "sql"]),
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
    "lint",
    "plan",
    "render",
    "bundle",
    "author",
    "compile",
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
        "the program starts no other program",
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

/// Rooms named by `crate::room`, `crate::{room::…, room::…}` or `signoff::room`, with their lines.
fn used_rooms(code: &str) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    for start in ["crate::", "signoff::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            // `$crate::` is the same place; `my_crate::` is another one.
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let line = line_of(code, at);
            let rest = &code[at + start.len()..];
            used.extend(heads(rest).into_iter().map(|room| (line, room)));
        }
    }
    used
}

/// The first names of a path or of a group of paths.
fn heads(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![ident(rest)];
    };
    let mut depth = 0_usize;
    let mut heads = vec![ident(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(ident(&group[at + 1..])),
            _ => (),
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn ident(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The lines on which a name stands as a name of its own.
fn lines_with(code: &str, name: &str) -> Vec<usize> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name)
        .filter(|(at, _)| !code[..*at].chars().next_back().is_some_and(word))
        .filter(|(at, _)| {
            let after = code[at + name.len()..].chars().next();
            name.ends_with(':') || !after.is_some_and(word)
        })
        .map(|(at, _)| line_of(code, at))
        .collect()
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The source with every comment and literal replaced by blanks, newlines kept.
fn blanked(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if c == '"' {
            string(rest)
        } else if c == '\'' {
            character(rest)
        } else if c == 'r' && !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            raw_string(rest)
        } else {
            0
        };
        if length == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            let (literal, after) = rest.split_at(length);
            code.extend(literal.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = after;
        }
    }
    code
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => (),
        }
    }
    text.len()
}

/// The length of a character literal; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    let Some((_, first)) = chars.next() else {
        return 0;
    };
    if first == '\\' {
        chars.next();
        return chars.find(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1);
    }
    match chars.next() {
        Some((at, '\'')) => at + 1,
        _ => 0,
    }
}

/// The length of a raw string; 0 for a name that begins with `r`.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    let open = 1 + hashes + 1;
    if text.as_bytes().get(open - 1) != Some(&b'"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    text[open..]
        .find(&close)
        .map_or(text.len(), |at| open + at + close.len())
}

#[test]
fn the_reader_of_sources_sees_code_and_nothing_else() {
    let code = blanked(concat!(
        "// crate::a\n/* crate::b /* */ crate::c */ use crate::d;\n",
        "let x = \"crate::e \\\" crate::f\"; let y = 'y'; let q = '\"'; f::<'static>(crate::g);\n",
        "let r = r#\"crate::h \" \"#; use crate::{i::{self, j}, k as l};\n",
        "let n = '\\''; use signoff::m; other_crate::n; $crate::o;\n",
    ));
    let rooms: Vec<_> = used_rooms(&code);
    let expected = [(2, "d"), (3, "g"), (4, "i"), (4, "k"), (5, "o"), (5, "m")];
    assert_eq!(rooms, expected.map(|(line, room)| (line, room.to_owned())));
    assert_eq!(
        lines_with("a std::fs\nstd::fsx my_std::fs std::fs::read", "std::fs"),
        [1, 2]
    );
}
