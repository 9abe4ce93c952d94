//! A script's parts as statements and rows, and those as pieces to emit.

use super::places::Places;
use super::{Piece, Stated};
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::lex::{self, HazardKind};
use crate::name::Ident;
use crate::postgres::StatementKind;
use crate::source::{FileId, Span};
use crate::sql::{self, Objection, Protected, Statement, copy};
use crate::tree::{Data, OnConflict, Part, Script, Text};

/// Characters of a statement that stand for it in a line for people.
const WORDS: usize = 70;

/// A script whose statements were read.
pub(super) struct Reading<'a> {
    places: &'a Places<'a>,
    script: &'a Script,
    read: Vec<sql::Script>,
    /// Statements and rows in order.
    pub(super) items: Vec<Item>,
}

/// A statement, or the rows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    /// Index of the part it is in.
    pub(super) part: usize,
    /// Index of the statement in the part; `None` for rows.
    statement: Option<usize>,
}

/// Reads a script and reports what can't be carried. `None` where an error was.
pub(super) fn read<'a>(
    places: &'a Places<'a>,
    script: &'a Script,
    protected: &Protected,
    sink: &mut Sink,
) -> Option<Reading<'a>> {
    let mut read = Vec::with_capacity(script.parts.len());
    let mut items = Vec::new();
    let mut sound = true;
    for (part, stretch) in script.parts.iter().enumerate() {
        match stretch {
            Part::Sql(text) => {
                let statements = sql::read(&text.text);
                for objection in sql::objections(&text.text, &statements, protected) {
                    sound &= objection.severity != Severity::Error;
                    sink.push(diagnostic(text, objection));
                }
                items.extend((0..statements.statements.len()).map(|at| Item {
                    part,
                    statement: Some(at),
                }));
                read.push(statements);
            }
            Part::Data(_) => {
                items.push(Item {
                    part,
                    statement: None,
                });
                read.push(sql::Script::default());
            }
            // Scripts are read step by step.
            Part::Step(_) => read.push(sql::Script::default()),
        }
    }
    sound.then_some(Reading {
        places,
        script,
        read,
        items,
    })
}

/// An objection with its place in the files.
pub(super) fn diagnostic(text: &Text, objection: Objection) -> Diagnostic {
    let Objection {
        code,
        severity,
        range,
        message,
        help,
    } = objection;
    let diagnostic = match severity {
        Severity::Error => Diagnostic::error(code, message),
        Severity::Warning => Diagnostic::warning(code, message),
        Severity::Note => Diagnostic::note(code, message),
    };
    diagnostic.at(text.locate(range), "").help(help)
}

/// The items as pieces, neighbours joined as they are written. `None` where an error was reported.
pub(super) fn pieces(reading: &Reading<'_>, items: &[Item], sink: &mut Sink) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut run: Option<Run> = None;
    for item in items {
        let Some(statement) = reading.statement(*item) else {
            flush(reading, &mut run, &mut pieces);
            pieces.push(reading.rows(*item)?);
            continue;
        };
        let raw = &statement.raw;
        if raw.copy_data.is_some() {
            flush(reading, &mut run, &mut pieces);
            pieces.extend(comments(reading, *item));
            let text = reading.text(item.part);
            match copy::rows(&text.text, statement) {
                Ok(copy::Rows { target, columns, rows }) => pieces.push(Piece::Rows {
                    place: reading.place(*item),
                    why: "COPY … FROM stdin, as INSERTs: its data can't stand where a script may skip it".to_owned(),
                    table: target,
                    columns: columns.iter().map(|column| Ident::read(column).as_str().to_owned()).collect(),
                    rows,
                    key: Vec::new(),
                    on_conflict: OnConflict::Error,
                    advance: false,
                }),
                Err(objection) => {
                    sink.push(diagnostic(text, objection));
                    return None;
                }
            }
        } else if resets_all(statement) {
            flush(reading, &mut run, &mut pieces);
            pieces.extend(comments(reading, *item));
            let text = statement.slice(&reading.text(item.part).text);
            pieces.push(Piece::Reset {
                place: reading.place(*item),
                at: reading.span(*item),
                text: format!("{text};"),
            });
        } else if let Some(why) = carried(statement) {
            flush(reading, &mut run, &mut pieces);
            pieces.extend(comments(reading, *item));
            let text = statement.slice(&reading.text(item.part).text).to_owned();
            pieces.push(Piece::Carried {
                place: reading.place(*item),
                at: reading.span(*item),
                text,
                why,
            });
        } else {
            match &mut run {
                Some(open)
                    if open.part == item.part
                        && open.end == raw.lead
                        && open.file == reading.span(*item).file =>
                {
                    open.end = raw.after;
                    open.terminated = raw.terminated;
                }
                _ => {
                    flush(reading, &mut run, &mut pieces);
                    run = Some(Run {
                        part: item.part,
                        file: reading.span(*item).file,
                        start: raw.lead,
                        end: raw.after,
                        terminated: raw.terminated,
                    });
                }
            }
        }
    }
    flush(reading, &mut run, &mut pieces);
    Some(pieces)
}

/// A statement that the unit does in its own way, with the comments before it.
pub(super) fn lifted(reading: &Reading<'_>, item: Item, what: &'static str) -> Vec<Piece> {
    let place = reading.place(item);
    comments(reading, item)
        .into_iter()
        .chain([Piece::Lifted { place, what }])
        .collect()
}

/// The comments before a statement that is not emitted as it stands.
fn comments(reading: &Reading<'_>, item: Item) -> Option<Piece> {
    let raw = &reading.statement(item)?.raw;
    let text = reading.text(item.part);
    let slice = &text.text[raw.lead..raw.start];
    let blank = slice.len() - slice.trim_start().len();
    let place = reading
        .places
        .place(text.locate(raw.lead + blank..raw.start));
    let comments = slice.trim();
    (!comments.is_empty()).then(|| Piece::Sql {
        place,
        text: comments.to_owned(),
        statements: Vec::new(),
    })
}

/// Statements that are emitted as they stand, without a gap.
struct Run {
    part: usize,
    /// Where they stand: what is named above them is a place of this one.
    file: FileId,
    start: usize,
    end: usize,
    terminated: bool,
}

fn flush(reading: &Reading<'_>, run: &mut Option<Run>, pieces: &mut Vec<Piece>) {
    let Some(Run {
        part,
        file: _,
        start,
        end,
        terminated,
    }) = run.take()
    else {
        return;
    };
    let text = reading.text(part);
    let last = reading.read[part]
        .statements
        .last()
        .is_some_and(|statement| statement.raw.after == end);
    // After the last statement there is nothing but comments.
    let end = if last { text.text.len() } else { end };
    let slice = &text.text[start..end];
    // Whole lines stay whole: only blank lines before the first and white space after the last go.
    let blank = slice.len() - slice.trim_start().len();
    let first = slice[..blank].rfind('\n').map_or(0, |newline| newline + 1);
    let mut sql = slice[first..].trim_end().to_owned();
    if !terminated {
        // On a line of its own: the last line may end in a comment.
        sql.push_str("\n;");
    }
    let at = start + blank;
    let place = reading.places.place(text.locate(at..at + 1));
    let statements = stated(reading, part, start + first, sql.len());
    pieces.push(Piece::Sql {
        place,
        text: sql,
        statements,
    });
}

/// The statements of a piece of a part: the piece begins at `base` of the part's text and is `length` bytes long.
fn stated(reading: &Reading<'_>, part: usize, base: usize, length: usize) -> Vec<Stated> {
    let text = reading.text(part);
    let all = reading.read[part].statements.as_slice();
    let from = all.partition_point(|statement| statement.raw.start < base);
    let within = all[from..]
        .iter()
        .take_while(|statement| statement.raw.start < base + length);
    let mut stated: Vec<Stated> = within
        .map(|statement| {
            let raw = &statement.raw;
            let lead = raw.lead.max(base);
            let slice = &text.text[lead..raw.start];
            let first = raw.start - slice.trim_start().len();
            Stated {
                range: first - base..(raw.after - base).min(length),
                place: reading.places.place(text.locate(first..first + 1)),
                at: text.locate(statement.range()),
            }
        })
        .collect();
    // What follows the last one, comments or the `;` that was put there, is its own.
    if let Some(last) = stated.last_mut() {
        last.range.end = length;
    }
    stated
}

/// Whether a statement takes back what we set so that psql reads the script as we do.
fn resets_all(statement: &Statement) -> bool {
    let head = &statement.head;
    head.kind == StatementKind::Reset
        && head
            .setting
            .as_ref()
            .is_some_and(|setting| setting.name == "all")
}

/// Why psql (some version from 13 on) would not send the statement as it is written.
fn carried(statement: &Statement) -> Option<&'static str> {
    statement
        .raw
        .hazards
        .iter()
        .find_map(|hazard| match hazard.kind {
            HazardKind::Variable => Some("psql would put a variable's value into it"),
            HazardKind::AtomicBody => {
                Some("psql 13 would end it at the first semicolon of its body")
            }
            HazardKind::BeginDepth => Some("psql would take the next statements for a part of it"),
            HazardKind::EscapeContinuation => {
                Some("psql would end a string of it elsewhere than the server")
            }
            HazardKind::NumberTail => {
                Some("versions of psql cut the number in it in different places")
            }
            // Refused by `sql::objections`, or harmless to psql.
            HazardKind::Backslash
            | HazardKind::AfterCopy
            | HazardKind::Nul
            | HazardKind::CarriageReturn
            | HazardKind::HiddenInside
            | HazardKind::HiddenOutside => None,
        })
}

impl<'a> Reading<'a> {
    /// The parts that are SQL.
    pub(super) fn texts(&self) -> impl Iterator<Item = (usize, &'a Text, &sql::Script)> {
        self.script
            .parts
            .iter()
            .enumerate()
            .filter_map(|(part, stretch)| match stretch {
                Part::Sql(text) => Some((part, text, &self.read[part])),
                Part::Data(_) | Part::Step(_) => None,
            })
    }

    /// Whether rows of files stand in it.
    pub(super) fn has_data(&self) -> bool {
        self.items.iter().any(|item| item.statement.is_none())
    }

    /// The text of a part that is SQL.
    pub(super) fn text(&self, part: usize) -> &'a Text {
        match &self.script.parts[part] {
            Part::Sql(text) => text,
            Part::Data(_) | Part::Step(_) => unreachable!("rows have no statements"),
        }
    }

    /// The statement of an item; `None` for rows.
    pub(super) fn statement(&self, item: Item) -> Option<&Statement> {
        item.statement
            .map(|at| &self.read[item.part].statements[at])
    }

    /// The kind of its statement.
    pub(super) fn kind(&self, item: Item) -> Option<StatementKind> {
        self.statement(item).map(|statement| statement.head.kind)
    }

    /// Whether an item adds a value to an enum.
    pub(super) fn adds_enum_value(&self, item: Item) -> bool {
        self.statement(item)
            .is_some_and(|statement| sql::adds_enum_value(&self.text(item.part).text, statement))
    }

    /// Whether an item changes nothing but the session's settings.
    pub(super) fn only_session(&self, item: Item) -> bool {
        self.statement(item)
            .is_some_and(|statement| statement.head.only_session())
    }

    /// Whether an item sets the modes of transactions to come.
    pub(super) fn sets_modes(&self, item: Item) -> bool {
        let Some(statement) = self.statement(item) else {
            return false;
        };
        let named = statement
            .head
            .setting
            .as_ref()
            .is_some_and(|setting| setting.name.starts_with("default_transaction"));
        let words = statement
            .slice(&self.text(item.part).text)
            .split_whitespace()
            .take(3);
        let words: Vec<String> = words.map(str::to_lowercase).collect();
        statement.head.kind != StatementKind::Reset && named
            || words == ["set", "session", "characteristics"]
    }

    /// What of the session an item leaves behind or leans on.
    pub(super) fn session_state(&self, item: Item) -> Option<&'static str> {
        let statement = self.statement(item)?;
        sql::session_state(&self.text(item.part).text, statement)
    }

    /// Whether an item makes something temporary.
    pub(super) fn is_temporary(&self, item: Item) -> bool {
        self.statement(item)
            .is_some_and(|statement| statement.head.temporary)
    }

    /// Where an item stands.
    pub(super) fn span(&self, item: Item) -> Span {
        match (&self.script.parts[item.part], self.statement(item)) {
            (Part::Sql(text), Some(statement)) => text.locate(statement.range()),
            (Part::Data(Data { at, .. }) | Part::Step(at), _) => *at,
            (Part::Sql(_), None) => self.script.body,
        }
    }

    /// `path:line` of an item.
    pub(super) fn place(&self, item: Item) -> String {
        self.places.place(self.span(item))
    }

    /// The modes of a BEGIN or SET TRANSACTION, without comments; empty without any.
    pub(super) fn modes(&self, item: Item) -> String {
        let Some(range) = self
            .statement(item)
            .and_then(|statement| statement.head.modes.clone())
        else {
            return String::new();
        };
        let text = &self.text(item.part).text;
        let words = lex::tokens_in(text, range).filter(|token| !token.kind.is_trivia());
        words
            .map(|token| &text[token.range()])
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The first words of an item, for people.
    pub(super) fn first_words(&self, item: Item) -> String {
        let Some(statement) = self.statement(item) else {
            return "rows of a file".to_owned();
        };
        let mut words = String::new();
        for word in statement
            .slice(&self.text(item.part).text)
            .split_whitespace()
        {
            if words.chars().count() + word.chars().count() > WORDS {
                return words + " …";
            }
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
        words
    }

    fn rows(&self, item: Item) -> Option<Piece> {
        let Part::Data(data) = &self.script.parts[item.part] else {
            return None;
        };
        Some(Piece::Rows {
            place: self.place(item),
            why: format!("rows of {}", self.places.file(data.file)),
            table: data.table.clone(),
            columns: data.columns.clone(),
            rows: data.rows.clone(),
            key: data.key.clone(),
            on_conflict: data.on_conflict,
            advance: true,
        })
    }
}
