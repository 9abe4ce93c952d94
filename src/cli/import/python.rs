//! Alembic, asked through the Python that it is installed for. Its migrations are programs, so only it can tell what they run.
//!
//! No file is written for it, no shell reads a word, and what it asks for on standard input is not there.
#![expect(
    clippy::disallowed_methods,
    reason = "the edge where Alembic is started, for who asks for it"
)]

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use crate::author;
use crate::author::import::alembic::{self, Answer, Known, Ran};
use crate::cli::disk;

/// What is run: it tells the graph and what revisions run, as lines of JSON.
const PROGRAM: &str = include_str!("alembic.py");

/// How many run at a time: each imports the project's models, and machines have two cores at least.
const AT_A_TIME: usize = 2;

/// A project, and how Alembic is asked about it.
#[derive(Debug)]
pub(super) struct Project {
    /// Where Alembic is started.
    folder: Utf8PathBuf,
    /// The same, as people name it, or the config file in it.
    shown: Utf8PathBuf,
    /// What stands before the paths that Alembic tells, for people here.
    below: Utf8PathBuf,
    /// The Python, and words before it (`poetry run python`).
    python: Vec<String>,
    /// What stands behind `alembic`.
    flags: Vec<String>,
}

/// What Alembic told.
#[derive(Debug)]
pub(super) struct Told {
    /// Parents first.
    pub(super) known: Vec<Known>,
    /// In the same order; those that Python did not survive are not there.
    pub(super) ran: Vec<Ran>,
}

impl Project {
    /// The project of a folder or of a config file in it, asked with `command`, the words by which people run Alembic.
    pub(super) fn new(
        cwd: &Utf8Path,
        environment: &BTreeMap<String, String>,
        from: &Utf8Path,
        command: &str,
    ) -> Result<Self, String> {
        let words: Vec<&str> = command.split_whitespace().collect();
        let is = |word: &str, wanted: &str| {
            let name = Utf8Path::new(word).file_name().unwrap_or(word);
            name.strip_suffix(".exe").unwrap_or(name) == wanted
        };
        // Flask-Migrate is a command of Flask.
        let flask = |at: &usize| is(words[*at], "flask") && words.get(*at + 1) == Some(&"db");
        let found = (0..words.len()).find(|at| is(words[*at], "alembic") || flask(at));
        let Some(at) = found else {
            return Err(format!(
                "--alembic is the command that you run Alembic with, such as \"poetry run alembic\", .venv/bin/alembic or \"flask db\", and `{}` is none",
                command.escape_debug()
            ));
        };
        let python = match (&words[..at], words[at]) {
            ([before @ .., "-m"], _) => before.iter().map(|word| (*word).to_owned()).collect(),
            ([], word) => vec![python_of(cwd, environment, word)?],
            (before, word) => {
                let beside = Utf8Path::new(word).with_file_name("python");
                let words = before.iter().map(|word| (*word).to_owned());
                words.chain([beside.into_string()]).collect()
            }
        };
        let mut flags: Vec<String> = words[at + 1..]
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
        let real = cwd.join(from);
        let mut below = from;
        let folder = if real.is_dir() {
            real
        } else if real.is_file() {
            below = from.parent().unwrap_or(Utf8Path::new(""));
            let name = from.file_name().unwrap_or("alembic.ini").to_owned();
            flags.extend(["-c".to_owned(), name]);
            real.parent().map_or(real.clone(), Utf8Path::to_owned)
        } else {
            return Err(format!(
                "there is no `{from}`; --from is the folder in which you run Alembic, or its alembic.ini"
            ));
        };
        Ok(Self {
            folder,
            shown: from.to_owned(),
            below: if below == "." { "" } else { below.as_str() }.into(),
            python,
            flags,
        })
    }

    /// The whole graph, and what each revision runs.
    pub(super) fn ask(&self) -> Result<Told, String> {
        let output = self.run(&[])?;
        let mut known = Vec::new();
        let mut whole = false;
        for answer in answers(&output) {
            match answer {
                Answer::Known(one) => known.push(one.under(&self.below)),
                Answer::Whole { .. } => whole = true,
                Answer::Failed {
                    failed,
                    reason,
                    python,
                } => return Err(self.failed(&failed, &reason, &python, &output)),
                Answer::Begins { .. } | Answer::Ran(_) => {}
            }
        }
        if !whole {
            return Err(self.failed(
                "Python does not tell the project's revisions",
                "",
                "",
                &output,
            ));
        }
        // Alembic tells heads first.
        known.reverse();
        let ids: Vec<&str> = known.iter().map(|one| one.revision.as_str()).collect();
        let half = ids.len().div_ceil(AT_A_TIME).max(1);
        let parts = std::thread::scope(|scope| {
            let parts = ids.chunks(half).map(|part| scope.spawn(|| self.ran(part)));
            let parts: Vec<_> = parts.collect();
            parts
                .into_iter()
                .map(|part| {
                    part.join()
                        .unwrap_or_else(|_| Err("a thread ended".to_owned()))
                })
                .collect::<Result<Vec<_>, String>>()
        })?;
        let ran: Vec<Ran> = parts.into_iter().flatten().collect();
        if let Some(reason) = alembic::fails_everywhere(&ran) {
            return Err(format!(
                "Alembic tells nothing of any migration: {}; env.py is run offline, as `alembic upgrade head --sql` does it: make that run first",
                author::one_line(reason)
            ));
        }
        Ok(Told { known, ran })
    }

    /// What these revisions run. Where Python does not survive one, the rest is asked again.
    fn ran(&self, ids: &[&str]) -> Result<Vec<Ran>, String> {
        let mut ran: Vec<Ran> = Vec::new();
        let mut next = 0;
        while next < ids.len() {
            let output = self.run(&ids[next..])?;
            let before = next;
            for answer in answers(&output) {
                match answer {
                    Answer::Begins { .. } => next += 1,
                    Answer::Ran(one) => ran.push(*one),
                    Answer::Failed {
                        failed,
                        reason,
                        python,
                    } => return Err(self.failed(&failed, &reason, &python, &output)),
                    Answer::Known(_) | Answer::Whole { .. } => {}
                }
            }
            if next == before {
                return Err(self.failed("Python does not begin", "", "", &output));
            }
        }
        Ok(ran)
    }

    fn run(&self, ids: &[&str]) -> Result<Output, String> {
        let (program, before) = self
            .python
            .split_first()
            .ok_or("there is no Python to run")?;
        let mut command = Command::new(program);
        command
            .args(before)
            .args(["-c", PROGRAM])
            .args(&self.flags)
            .arg("--")
            .args(ids)
            .current_dir(&self.folder)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.output().map_err(|error| {
            format!(
                "`{}` can't be started: {error}; say with --alembic how you run Alembic, such as --alembic \"poetry run alembic\"",
                self.python.join(" ")
            )
        })
    }

    /// What does not go, with the words of Python that help.
    fn failed(&self, what: &str, reason: &str, python: &str, output: &Output) -> String {
        const LINES: usize = 3;
        let stderr = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = stderr
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let last = &lines[lines.len().saturating_sub(LINES)..];
        let reason = if reason.is_empty() {
            last.iter()
                .map(|line| line.trim())
                .collect::<Vec<_>>()
                .join(" / ")
        } else {
            reason.to_owned()
        };
        let python = if python.is_empty() {
            self.python.join(" ")
        } else {
            python.to_owned()
        };
        format!(
            "{what}: {} (asked {python} in `{}`); see to it that `alembic history` runs there: --from names another folder, and --alembic the command by which you run it",
            if reason.is_empty() {
                "it says nothing".to_owned()
            } else {
                author::one_line(&reason)
            },
            self.shown
        )
    }
}

fn answers(output: &Output) -> Vec<Answer> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(alembic::answer).collect()
}

/// The Python of a program `alembic`: the one that its first line names, else the one beside it.
fn python_of(
    cwd: &Utf8Path,
    environment: &BTreeMap<String, String>,
    word: &str,
) -> Result<String, String> {
    let folders = environment.get("PATH").map_or("", String::as_str);
    let program = if word.contains(['/', '\\']) {
        Some(cwd.join(word))
    } else {
        let folders = std::env::split_paths(folders);
        let programs = folders.filter_map(|folder| {
            let folder = Utf8PathBuf::from_path_buf(folder).ok()?;
            Some(cwd.join(folder).join(word))
        });
        programs.into_iter().find(|program| program.is_file())
    };
    let Some(program) = program.filter(|program| program.is_file()) else {
        return Err(format!(
            "there is no program `{word}`; activate the environment that Alembic is installed in, or say how you run it: --alembic .venv/bin/alembic, --alembic \"poetry run alembic\""
        ));
    };
    let text = disk::bytes(cwd, &program).unwrap_or_default();
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    let named = first.strip_prefix("#!").map(str::trim);
    if let Some(named) = named.filter(|named| {
        let name = Utf8Path::new(named).file_name().unwrap_or_default();
        name.starts_with("python") && !named.contains(' ')
    }) {
        return Ok(named.to_owned());
    }
    // A long path stands in another line, and Windows has a program of its own.
    let beside = ["python", "python3", "python.exe"].map(|name| program.with_file_name(name));
    let beside = beside.into_iter().find(|python| python.is_file());
    Ok(beside.map_or_else(|| "python3".to_owned(), Utf8PathBuf::into_string))
}
