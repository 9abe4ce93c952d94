//! A formatted SQL file, line by line as Liquibase reads it (`AbstractFormattedChangeLogParser` of 4 and 5): it looks at
//! lines and knows no SQL, so a line that looks like a directive is one, wherever it stands.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};

/// What stands between one `--changeset` and the next.
#[derive(Debug)]
pub(super) struct Changeset {
    pub(super) author: String,
    pub(super) id: String,
    /// The `id` in the file.
    pub(super) at: Span,
    /// `name:value` of the header line, in order.
    pub(super) attributes: Vec<(String, String, Span)>,
    pub(super) comment: String,
    /// Lines of SQL, each with its line end.
    pub(super) sql: Vec<Span>,
    /// Stretches of rollback SQL; `None` where nothing is said.
    pub(super) rollback: Option<Vec<Span>>,
    /// `--rollback` lines, whole.
    pub(super) rollback_lines: Vec<Span>,
}

/// A file's changesets, and its `--property` lines.
#[derive(Debug, Default)]
pub(super) struct Cut {
    /// The path that the first line gives the file.
    pub(super) logical_path: Option<String>,
    pub(super) changesets: Vec<Changeset>,
    pub(super) properties: Vec<(String, String)>,
}

/// Whether a text is formatted SQL, by its first line that is not blank.
pub(super) fn is_formatted(text: &str) -> bool {
    let first = text
        .trim_start_matches('\u{feff}')
        .lines()
        .find(|line| !line.trim().is_empty());
    first
        .and_then(|line| directive(line))
        .and_then(|rest| strip_word(rest, "liquibase"))
        .is_some_and(|rest| strip_word(rest.trim_start(), "formatted").is_some())
}

/// Cuts a file. What can't be kept is reported.
pub(super) fn cut(file: FileId, sources: &Sources, sink: &mut Sink) -> Cut {
    let text = sources.text(file);
    let mut cut = Cut::default();
    let mut lines = lines(text).peekable();
    let mut is_first = true;
    while let Some(range) = lines.next() {
        let line = &text[range.clone()];
        let span = |range: Range<usize>| Span::new(file, range);
        let whole = span(range.start..range.start + line.trim_end().len());
        if is_first && !line.trim().is_empty() {
            is_first = false;
            let said = attributes(line, range.start, file).into_iter();
            cut.logical_path = said
                .filter(|(name, _, _)| name == "logicalFilePath")
                .map(|(_, path, _)| path)
                .next();
            continue;
        }
        // `/* liquibase rollback` up to `*/`.
        if is_rollback_block(line) {
            let Some(changeset) = cut.changesets.last_mut() else {
                continue;
            };
            let stretches = changeset.rollback.get_or_insert_default();
            let mut end = None;
            for inner in lines.by_ref() {
                let close = text[inner.clone()].find("*/");
                let stop = close.map_or(inner.end, |at| inner.start + at);
                stretches.push(span(inner.start..stop));
                if close.is_some() {
                    end = Some(inner.end);
                    break;
                }
            }
            changeset
                .rollback_lines
                .push(span(range.start..end.unwrap_or(text.len())));
            continue;
        }
        let Some(rest) = directive(line) else {
            if let Some(changeset) = cut.changesets.last_mut() {
                changeset.sql.push(span(range));
            } else if !line.trim().is_empty() {
                sink.push(
                    Diagnostic::error(
                        "before-changesets",
                        "SQL stands before the first `--changeset`, and liquibase never runs it",
                    )
                    .at(whole, "")
                    .help("put it into a changeset, or remove it"),
                );
            }
            continue;
        };
        let offset = range.start + line.len() - rest.len();
        if let Some(header) = strip_word(rest, "changeset") {
            let at = offset + rest.len() - header.len();
            match changeset(header, at, file) {
                Some(changeset) => cut.changesets.push(changeset),
                None => sink.push(
                    Diagnostic::error("bad-changeset", "a changeset needs an author and an id")
                        .at(whole, "")
                        .because("liquibase refuses the file")
                        .help("write `--changeset author:id`"),
                ),
            }
            continue;
        }
        if let Some(property) = strip_word(rest, "property") {
            cut.property(property, whole, sink);
            continue;
        }
        let lower = rest.to_ascii_lowercase();
        let refused = if lower.starts_with("precondition") {
            Some((
                "preconditions",
                "a precondition is asked of the database when liquibase runs",
                "a release decides by what it has recorded alone: take the precondition out, and write SQL that is right in every database (IF NOT EXISTS, a DO block)",
            ))
        } else if lower.starts_with("ignorelines:") {
            Some((
                "ignoreLines",
                "which lines count is said by this line",
                "take the lines out that liquibase is to ignore",
            ))
        } else {
            None
        };
        if let Some((name, why, help)) = refused {
            sink.push(
                Diagnostic::error("liquibase-directive", format!("`{name}` can't be kept"))
                    .at(whole, "")
                    .because(why)
                    .help(help),
            );
            continue;
        }
        let Some(changeset) = cut.changesets.last_mut() else {
            continue;
        };
        if let Some(sql) = strip_word(rest, "rollback") {
            let sql = sql.trim_start();
            let start = offset + rest.len() - sql.len();
            changeset.rollback_lines.push(whole);
            let stretches = changeset.rollback.get_or_insert_default();
            let said = sql.trim().to_ascii_lowercase();
            if said.starts_with("changesetid:") {
                sink.push(
                    Diagnostic::error(
                        "liquibase-directive",
                        "a rollback by another changeset can't be kept",
                    )
                    .at(whole, "")
                    .because(
                        "what it would run stands in another place, and may have changed since",
                    )
                    .help("write the SQL itself behind --rollback"),
                );
            } else if !matches!(said.as_str(), "empty" | "not required") {
                stretches.push(span(start..range.end));
            }
        } else if let Some(comment) = sentence(line, "comment") {
            comment.trim().clone_into(&mut changeset.comment);
        } else if sentence(line, "validchecksum").is_none() {
            changeset.sql.push(span(range));
        }
    }
    cut
}

impl Cut {
    /// `--property name:x value:y`. The first that says a name counts.
    fn property(&mut self, text: &str, whole: Span, sink: &mut Sink) {
        let (mut name, mut value) = (None, None);
        for (key, said, at) in attributes(text, 0, whole.file) {
            match key.as_str() {
                "name" => name = Some(said),
                // Quotes are nothing to it here: the value ends with the word.
                "value" => {
                    let word = text[at.range()].split_whitespace().next();
                    let said = word.and_then(|word| word.split_once(':'));
                    value = said.map(|(_, said)| said.to_owned());
                }
                "global" if said == "true" => {}
                "dbms" if super::is_for_postgres(&said) => {}
                _ => {
                    let told = format!("a property with `{key}` can't be kept");
                    sink.push(
                        Diagnostic::error("liquibase-directive", told)
                            .at(whole, "")
                            .because("whether it counts is decided when liquibase runs")
                            .help("take the property out, and give its value under [variables] in signoff.toml"),
                    );
                    return;
                }
            }
        }
        if let (Some(name), Some(value)) = (name, value) {
            self.properties.push((name, value));
        }
    }
}

fn changeset(header: &str, at: usize, file: FileId) -> Option<Changeset> {
    let text = header.trim_end();
    let start = text.len() - text.trim_start().len();
    let (author, rest) = if text[start..].starts_with('"') {
        let end = text[start + 1..].find('"')? + start + 1;
        let rest = text[end + 1..].strip_prefix(':')?;
        (&text[start + 1..end], rest)
    } else {
        text[start..].split_once(':')?
    };
    let rest_at = text.len() - rest.trim_start().len();
    let rest = rest.trim_start();
    let (id, id_at, after) = if let Some(inner) = rest.strip_prefix('"') {
        let end = inner.find('"')?;
        (&inner[..end], rest_at + 1, rest_at + 2 + end)
    } else {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        (&rest[..end], rest_at, rest_at + end)
    };
    let author = author.trim();
    (!author.is_empty() && !id.is_empty()).then(|| Changeset {
        author: author.to_owned(),
        id: id.to_owned(),
        at: Span::new(file, at + id_at..at + id_at + id.len()),
        attributes: attributes(&text[after..], at + after, file),
        comment: String::new(),
        sql: Vec::new(),
        rollback: None,
        rollback_lines: Vec::new(),
    })
}

/// `name:value` and `name:"a value"`, anywhere on a line; what stands between is passed over.
fn attributes(text: &str, at: usize, file: FileId) -> Vec<(String, String, Span)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(skip) = text[from..].find(|char: char| !char.is_whitespace()) {
        let start = from + skip;
        let stop = text[start..]
            .find(char::is_whitespace)
            .map_or(text.len(), |end| start + end);
        let Some((name, value)) = text[start..stop].split_once(':') else {
            from = stop;
            continue;
        };
        let value_at = start + name.len() + 1;
        let quoted = value
            .starts_with('"')
            .then(|| text[value_at + 1..].find('"'))
            .flatten();
        let (value, end) = match quoted {
            Some(length) => (
                &text[value_at + 1..value_at + 1 + length],
                value_at + length + 2,
            ),
            None => (value, stop),
        };
        let span = Span::new(file, at + start..at + end);
        found.push((name.to_owned(), value.to_owned(), span));
        from = end;
    }
    found
}

/// What follows the `--` of a line that begins with it.
fn directive(line: &str) -> Option<&str> {
    Some(line.trim_start().strip_prefix("--")?.trim_start())
}

/// The rest behind a word, in any case, and white space or the end.
fn strip_word<'l>(text: &'l str, word: &str) -> Option<&'l str> {
    let head = text.get(..word.len())?;
    let rest = &text[word.len()..];
    let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
    (head.eq_ignore_ascii_case(word) && ends).then_some(rest)
}

/// What stands behind a word and a blank, where the line begins with its dashes. Otherwise Liquibase takes the line for SQL.
fn sentence<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let rest = line.strip_prefix("--")?.trim_start();
    let (head, rest) = rest.split_at_checked(word.len())?;
    let rest = rest.strip_prefix(':').unwrap_or(rest).strip_prefix(' ')?;
    head.eq_ignore_ascii_case(word).then_some(rest)
}

fn is_rollback_block(line: &str) -> bool {
    let words: Vec<String> = line
        .split_whitespace()
        .map(str::to_ascii_lowercase)
        .collect();
    words.join(" ").starts_with("/* liquibase rollback")
}

/// The lines of a text, each with its end.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        start..at
    })
}
