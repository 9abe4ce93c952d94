//! `sqitch.plan`, line by line, and what of `sqitch.conf` says where things lie (sqitch 1.3).

use camino::{Utf8Path, Utf8PathBuf};

use crate::config::table::is_unprintable;
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};

/// Where things lie, relative to the tree's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) plan: Utf8PathBuf,
    pub(super) deploy: Utf8PathBuf,
    pub(super) revert: Utf8PathBuf,
    pub(super) extension: String,
}

/// A line of the plan that is a change.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) name: String,
    pub(super) at: Span,
    /// As they are written, with their places.
    pub(super) needs: Vec<(String, Span)>,
    pub(super) planned: Planned,
    /// Tags that stand between it and the next change.
    pub(super) tags: Vec<Tag>,
}

/// A line of the plan that is a tag.
#[derive(Debug)]
pub(super) struct Tag {
    /// Without `@`.
    pub(super) name: String,
    pub(super) planned: Planned,
}

/// When a line was planned, by whom, and what for.
#[derive(Debug)]
pub(super) struct Planned {
    /// As written: `2024-01-31T12:00:00Z`.
    pub(super) at: String,
    pub(super) name: String,
    pub(super) email: String,
    /// With the lines that `\n` stands for.
    pub(super) note: String,
}

impl Planned {
    /// The note as one line of prose.
    pub(super) fn message(&self) -> String {
        self.note.replace(is_unprintable, " ")
    }
}

/// A plan.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) project: String,
    /// As written; empty where there is none.
    pub(super) uri: String,
    pub(super) changes: Vec<Change>,
}

impl Home {
    /// As `sqitch.conf` says, or as sqitch has it by itself.
    pub(super) fn of(conf: Option<FileId>, sources: &Sources, sink: &mut Sink) -> Self {
        let (mut top, mut plan, mut deploy, mut revert) = (String::new(), None, None, None);
        let mut extension = "sql".to_owned();
        let mut section = String::new();
        let mut at = 0;
        let text = conf.map_or("", |file| sources.text(file));
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let said = line.trim();
            if let Some(name) = said.strip_prefix('[') {
                section = name.trim_end_matches(']').to_ascii_lowercase();
                continue;
            }
            let Some((key, value)) = said
                .split_once('=')
                .filter(|_| !said.starts_with(['#', ';']))
            else {
                continue;
            };
            let value = value.trim().trim_matches('"').to_owned();
            let key = key.trim().to_ascii_lowercase();
            let moves = matches!(
                key.as_str(),
                "top_dir"
                    | "plan_file"
                    | "deploy_dir"
                    | "revert_dir"
                    | "extension"
                    | "reworked_dir"
                    | "reworked_deploy_dir"
                    | "reworked_revert_dir"
            );
            let mut refuse = |code, told: String, help: &str| {
                let place = conf.map(|file| Span::new(file, start..start + line.trim_end().len()));
                let diagnostic = Diagnostic::error(code, told).help(help);
                sink.push(match place {
                    Some(place) => diagnostic.at(place, ""),
                    None => diagnostic,
                });
            };
            match (section.as_str(), key.as_str()) {
                ("core", "engine") if value != "pg" => refuse(
                    "other-database",
                    format!("this tree is for {value}, and signoff writes scripts for PostgreSQL"),
                    "name the plan of a PostgreSQL database",
                ),
                ("core", "top_dir") => top = value,
                ("core", "plan_file") => plan = Some(value),
                ("core", "deploy_dir") => deploy = Some(value),
                ("core", "revert_dir") => revert = Some(value),
                ("core", "extension") => extension = value,
                _ if moves => refuse(
                    "sqitch-conf",
                    format!(
                        "`{key}` of [{section}] moves files for some databases or directions only"
                    ),
                    "keep one place for all, under [core]",
                ),
                _ => {}
            }
        }
        let top = tidy(&top);
        Self {
            plan: plan.map_or_else(|| top.join("sqitch.plan"), |path| tidy(&path)),
            deploy: deploy.map_or_else(|| top.join("deploy"), |path| tidy(&path)),
            revert: revert.map_or_else(|| top.join("revert"), |path| tidy(&path)),
            extension,
        }
    }

    /// The file of a change, or of what it was before it was reworked under a tag.
    pub(super) fn script(&self, folder: &Utf8Path, name: &str, tag: Option<&str>) -> Utf8PathBuf {
        let tag = tag.map_or_else(String::new, |tag| format!("@{tag}"));
        folder.join(format!("{name}{tag}.{}", self.extension))
    }
}

/// A path without `.` and `..`, for the files of the tree are known so.
pub(super) fn tidy(path: &str) -> Utf8PathBuf {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Utf8PathBuf::from(parts.join("/"))
}

/// Reads a plan. What sqitch would not read is reported.
pub(super) fn read(file: FileId, sources: &Sources, sink: &mut Sink) -> Plan {
    let mut plan = Plan::default();
    let mut from = 0;
    for line in sources.text(file).split_inclusive('\n') {
        let start = from + line.len() - line.trim_start().len();
        from += line.len();
        let said = line.trim();
        let whole = Span::new(file, start..start + said.len());
        if said.is_empty() || said.starts_with('#') {
            continue;
        }
        if let Some(pragma) = said.strip_prefix('%') {
            let said = pragma.split('#').next().unwrap_or_default();
            match said
                .split_once('=')
                .map(|(key, value)| (key.trim(), value.trim()))
            {
                Some(("project", value)) => value.clone_into(&mut plan.project),
                Some(("uri", value)) => value.clone_into(&mut plan.uri),
                _ => {}
            }
            continue;
        }
        let name = said.split_whitespace().next().unwrap_or_default();
        if let Some(tag) = name.strip_prefix('@') {
            let Some(planned) = planned(&said[name.len()..]) else {
                sink.push(bad_line(
                    whole,
                    "this is no line of a plan: a tag has a name, a date and a planner",
                ));
                continue;
            };
            let name = tag.to_owned();
            match plan.changes.last_mut() {
                Some(change) => change.tags.push(Tag { name, planned }),
                None => sink.push(bad_line(whole, "a tag stands before any change")),
            }
            continue;
        }
        if name.starts_with('-') {
            sink.push(bad_line(
                whole,
                "a line of the plan that reverts a change can't be kept",
            ));
            continue;
        }
        let bare = said.strip_prefix('+').map_or(said, str::trim_start);
        let at = start + said.len() - bare.len();
        let name = bare.split_whitespace().next().unwrap_or_default();
        let rest_at = at + name.len();
        let rest = &said[rest_at - start..];
        let mut needs = Vec::new();
        let mut tail = rest;
        if let Some(open) = rest
            .find('[')
            .filter(|open| rest[..*open].trim().is_empty())
        {
            let Some(close) = rest.find(']') else {
                sink.push(bad_line(
                    whole,
                    "what a change requires is not closed by `]`",
                ));
                continue;
            };
            let mut word_at = open + 1;
            for word in rest[open + 1..close].split_inclusive(char::is_whitespace) {
                let bare = word.trim_end();
                let place = rest_at + word_at;
                word_at += word.len();
                if !bare.is_empty() {
                    needs.push((bare.to_owned(), Span::new(file, place..place + bare.len())));
                }
            }
            tail = &rest[close + 1..];
        }
        let Some(planned) = planned(tail).filter(|_| !name.is_empty()) else {
            sink.push(bad_line(
                whole,
                "this is no line of a plan: a change has a name, a date and a planner",
            ));
            continue;
        };
        plan.changes.push(Change {
            name: name.to_owned(),
            at: Span::new(file, at..at + name.len()),
            needs,
            planned,
            tags: Vec::new(),
        });
    }
    plan
}

fn bad_line(at: Span, told: &str) -> Diagnostic {
    Diagnostic::error("bad-plan", told)
        .at(at, "")
        .because("the plan alone says what is deployed, and in which order")
        .help("write it as sqitch does: `name [requires] 2024-01-31T12:00:00Z Planner <planner@example.com> # note`")
}

/// What stands behind name and needs: `2024-01-31T12:00:00Z Planner <planner@example.com> # note` (`Plan::_parse`).
fn planned(text: &str) -> Option<Planned> {
    const DATE: &str = "0000-00-00T00:00:00Z";
    let is_blank = |char| matches!(char, ' ' | '\t');
    let (said, note) = text.split_once('#').unwrap_or((text, ""));
    let said = said.trim_matches(is_blank);
    let (at, rest) = said.split_at_checked(DATE.len())?;
    let fits = |(byte, wanted): (u8, u8)| match wanted {
        b'0' => byte.is_ascii_digit(),
        sign => byte == sign,
    };
    at.bytes().zip(DATE.bytes()).all(fits).then_some(())?;
    let (name, email) = rest.trim_start_matches(is_blank).split_once('<')?;
    // One blank before the bracket is no part of the name, others are.
    let name = name.strip_suffix(is_blank)?;
    let email = email.strip_suffix('>')?;
    let fits = !name.is_empty() && !email.is_empty() && !email.contains('>');
    fits.then(|| Planned {
        at: at.to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        note: unescaped(note.trim()),
    })
}

/// `\n`, `\r` and `\\` as what they stand for (`Plan/Line.pm`).
fn unescaped(note: &str) -> String {
    let mut text = String::new();
    let mut chars = note.chars();
    while let Some(char) = chars.next() {
        let meant = match (char, chars.as_str().chars().next()) {
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('r')) => Some('\r'),
            ('\\', Some('\\')) => Some('\\'),
            _ => None,
        };
        if meant.is_some() {
            chars.next();
        }
        text.push(meant.unwrap_or(char));
    }
    text
}
