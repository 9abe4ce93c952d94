//! The session of examples/from-alembic/README.md is what is printed, command by command, and ends with the tree beside it.

use std::collections::VecDeque;

use crate::support;
use crate::support::postgres::Database;
use crate::support::project::Project;

const EXAMPLE: &str = "examples/from-alembic";
/// When the tutorial's revisions were written.
const WRITTEN: [(&str, &str); 4] = [
    ("1975ea83b712", "1320752427"),
    ("ae1027a6acf", "1320755856"),
    ("27c6a30d7c24", "1416488591"),
    ("53fffde5ad5", "1416490310"),
];
/// Lines that are left out.
const MORE: &str = "…";

#[test]
fn the_session_is_real() {
    let root = support::root().join(EXAMPLE);
    let readme = std::fs::read_to_string(root.join("README.md")).expect("there is one");
    let tree = root.join("db/migrations");
    let mut project = Project::new();
    let database = Database::create();
    for (typed, shown) in commands(&readme) {
        let mut words = words(&typed);
        let kept = kept(&mut words);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let id = words.iter().skip_while(|word| **word != "--rev-id").nth(1);
        let written = WRITTEN.iter().find(|(of, _)| Some(of) == id);
        if let Some((_, seconds)) = written {
            project = project.env("SOURCE_DATE_EPOCH", seconds);
        }
        let outcome = match words.as_slice() {
            ["signoff", arguments @ ..] => project.run(arguments),
            ["psql", "-X", "-d", "shop", "-f", file] => {
                let outcome = database.psql_file(&project.path(file), &[]);
                outcome.success();
                outcome
            }
            _ => panic!("what is `{typed}`?"),
        };
        let printed = format!("{}{}", outcome.stderr, outcome.stdout);
        let printed = printed.replace(database.name(), "shop");
        if let Some((file, _)) = &kept {
            project.write(file, outcome.stdout.as_bytes());
        }
        match kept {
            Some((_, Shown::No)) => {
                outcome.success().quiet();
            }
            Some((_, Shown::Yes)) | None => agree(&typed, &shown, &printed),
        }
        // What its author writes into the new file stands beside the README.
        if written.is_some() {
            let new = printed.trim();
            let name = new.rsplit('/').next().expect("a name");
            let text = std::fs::read(tree.join(name)).expect("the example has the file");
            project.write(new, &text);
        }
        if words[1] == "init" {
            let config = project.read("signoff.toml");
            let name = config.lines().find(|line| line.starts_with("name = "));
            let config = config.replace(name.expect("a name"), "name = \"shop\"");
            project.write("signoff.toml", config.as_bytes());
        }
    }
    let there = |files: Vec<camino::Utf8PathBuf>| -> Vec<String> {
        let sql = files.iter().filter(|file| file.extension() == Some("sql"));
        sql.map(|file| file.file_name().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(
        there(project.files("migrations")),
        there(support::all_files(&tree))
    );
}

/// Each command with the lines below it.
fn commands(readme: &str) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    for block in readme.split("```console\n").skip(1) {
        for line in block.lines().take_while(|line| *line != "```") {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(typed), _) => commands.push((typed.to_owned(), Vec::new())),
                (None, Some((_, shown))) => shown.push(line.to_owned()),
                (None, None) => panic!("a block begins with a command, not with {line}"),
            }
        }
    }
    assert!(commands.len() > 30, "{}", commands.len());
    commands
}

/// As a shell takes a line apart; quotes stand around whole words.
fn words(typed: &str) -> Vec<String> {
    let quoted = typed.split('"').enumerate();
    let words = quoted.flat_map(|(at, part)| {
        if at % 2 == 1 {
            vec![part.to_owned()]
        } else {
            part.split_whitespace().map(str::to_owned).collect()
        }
    });
    words.collect()
}

#[derive(Clone, Copy)]
enum Shown {
    Yes,
    No,
}

/// The file that takes what is printed, cut off the command.
fn kept(words: &mut Vec<String>) -> Option<(String, Shown)> {
    let end = words.len();
    let shown = match words.get(end.checked_sub(2)?)?.as_str() {
        ">" => Shown::No,
        "tee" => Shown::Yes,
        _ => return None,
    };
    let file = words.pop()?;
    words.pop();
    if words.last().is_some_and(|word| word == "|") {
        words.pop();
    }
    Some((file, shown))
}

/// Line by line; `…` is any number of lines.
#[track_caller]
fn agree(typed: &str, shown: &[String], printed: &str) {
    let mut left: VecDeque<String> = printed
        .lines()
        .filter(|line| !line.is_empty())
        .map(undated)
        .collect();
    let mut skip = false;
    for line in shown.iter().filter(|line| !line.is_empty()) {
        if line == MORE {
            skip = true;
            continue;
        }
        let line = undated(line);
        while skip && left.front().is_some_and(|next| *next != line) {
            left.pop_front();
        }
        assert_eq!(left.pop_front(), Some(line), "{typed}:\n{printed}");
        skip = false;
    }
    assert!(
        skip || left.is_empty(),
        "{typed}: the README leaves out {left:?}"
    );
}

/// Without the moment at which a script ran.
fn undated(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        if word.len() == 20 && word.ends_with('Z') && word.contains('T') {
            "DATE"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
