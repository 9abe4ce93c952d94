//! goose: `1_name.sql` with `-- +goose Up`, and `-- +goose Down` where there is a way back.
//!
//! Read in goose v3.27 (`internal/sqlparser/parser.go`, `migrate.go`, `provider_collect.go`). A name is cut at its first
//! `_`, and what stands before it is a number from 1 up; order is by number. An annotation is a line that begins with
//! `--` and holds `+goose`; `NO TRANSACTION` speaks for both directions, wherever it stands. goose ends a statement where a
//! line ends in `;`, and refuses one that does not end; `StatementBegin` and `StatementEnd` make one of several lines.
//! Here statements end where PostgreSQL ends them, which takes all that goose takes. Lines of statements under `ENVSUB ON`
//! are filled in as they are read, before a statement's end is looked for.

mod envsub;

use std::ops::Range;

use camino::Utf8Path;

use self::envsub::Found;
use super::filled::Filled;
use super::sections::{self, Half, Halves, Line, Named, Tool, Whole};
use super::{Contents, Input, numbered};
use crate::diagnostic::{Diagnostic, Sink};
use crate::tree::Error;
use crate::tree::disk::File;
use crate::tree::variables::Spot;

const TOOL: Tool<i64> = Tool {
    name: "goose",
    named,
    cut,
    drops: is_annotation,
    values: "goose takes them from its environment (`ENVSUB ON`), and makes them empty where that has none; a release never looks there by itself",
};

/// Whether a file has an annotation.
pub(super) fn claims(file: &File) -> bool {
    super::marked(file, |text| {
        text.contains("+goose") && sections::lines(text).any(|line| is_annotation(line.text))
    })
}

pub(super) fn read(input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    sections::refuse_programs(&input, TOOL.name, is_program, sink);
    sections::refuse_folders(
        &input,
        TOOL.name,
        |path| path.extension() == Some("sql"),
        sink,
    );
    for file in &input.folder.files {
        let is_sql = file.path.extension() == Some("sql") && !file.path.as_str().contains('/');
        if is_sql && named(&file.path).is_none() {
            let path = input.folder.show(&file.path);
            let told = format!(
                "`{path}` does not begin with a number from 1 up and `_`, and goose refuses the whole folder for it"
            );
            sink.push(sections::bad_name(path, told));
        }
    }
    sections::read(input, &TOOL, sink)
}

fn number(path: &Utf8Path) -> Option<(i64, &str)> {
    let name = path.as_str();
    if name.contains('/') {
        return None;
    }
    let (number, rest) = name.split_once('_')?;
    let number: i64 = number.parse().ok()?;
    (number > 0).then_some((number, rest))
}

fn named(path: &Utf8Path) -> Option<Named<i64>> {
    let (version, rest) = number(path)?;
    Some(Named {
        version,
        id: version.to_string(),
        message: numbered::prose(rest.strip_suffix(".sql")?),
    })
}

fn is_program(path: &Utf8Path) -> bool {
    let is_go = path.extension() == Some("go");
    is_go && number(path).is_some_and(|(_, rest)| !rest.ends_with("_test.go"))
}

fn is_annotation(line: &str) -> bool {
    line.trim_start().starts_with("--") && line.contains("+goose")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Annotation {
    Up,
    Down,
    StatementBegin,
    StatementEnd,
    NoTransaction,
    Envsub(bool),
}

const ANNOTATIONS: [(&str, Annotation); 7] = [
    ("Up", Annotation::Up),
    ("Down", Annotation::Down),
    ("StatementBegin", Annotation::StatementBegin),
    ("StatementEnd", Annotation::StatementEnd),
    ("NO TRANSACTION", Annotation::NoTransaction),
    ("ENVSUB ON", Annotation::Envsub(true)),
    ("ENVSUB OFF", Annotation::Envsub(false)),
];

fn annotation(line: &str) -> Option<Annotation> {
    if line.starts_with([' ', '\t']) {
        return None;
    }
    let word = line.replace("--", "").replacen("+goose", "", 1);
    let word = word.trim();
    let mut known = ANNOTATIONS.iter();
    known
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, annotation)| *annotation)
}

/// What was read of a file so far.
#[derive(Default)]
struct Reading {
    up: Option<Half>,
    down: Option<Half>,
    /// `StatementBegin`, while it is open.
    begun: Option<Range<usize>>,
    /// Each `StatementBegin`, and what stands between it and its `StatementEnd`.
    blocks: Vec<(Range<usize>, Range<usize>)>,
    /// Where a statement began that has not ended.
    open: Option<Range<usize>>,
    no_transaction: bool,
    envsub: bool,
    filled: Filled,
}

fn cut(whole: &Whole<'_>, sink: &mut Sink) -> Option<Halves> {
    let mut reading = Reading::default();
    for line in sections::lines(whole.text) {
        if let Err(fault) = reading.line(whole, &line) {
            sink.push(*fault);
            return None;
        }
    }
    if let Some(begun) = reading.begun {
        sink.push(whole.no_statement_end(
            "goose-annotation",
            "goose",
            begun,
            "-- +goose StatementEnd",
        ));
        return None;
    }
    if reading.up.is_none() {
        let path = whole.path;
        sink.push(
            whole
                .refused(
                    "goose-annotation",
                    format!("`{path}` has no `-- +goose Up`, and goose refuses it"),
                )
                .help("write `-- +goose Up` above its SQL, or move it out of the folder"),
        );
        return None;
    }
    if let Some(open) = reading.open.take() {
        reading.unfinished(whole, open, sink)?;
    }
    if reading.no_transaction {
        for (begun, block) in &reading.blocks {
            sections::tell_of_one_message(TOOL.name, whole, begun, block, sink);
        }
    }
    let half = |half: Option<Half>| {
        half.map(|half| Half {
            no_transaction: reading.no_transaction,
            ..half
        })
    };
    Some(Halves {
        up: half(reading.up.take()),
        down: half(reading.down.take()),
        message: None,
        filled: reading.filled,
    })
}

impl Reading {
    fn line(&mut self, whole: &Whole<'_>, line: &Line<'_>) -> Result<(), Box<Diagnostic>> {
        if is_annotation(line.text) {
            let Some(annotation) = annotation(line.text) else {
                let told = "goose does not know this annotation, and refuses the file for it";
                let names = ANNOTATIONS.map(|(name, _)| name);
                let known = crate::config::table::list(&names);
                return Err(Box::new(whole.fault("goose-annotation", line, told).help(
                    format!("at the start of a line, behind `-- +goose`, stands one of {known}"),
                )));
            };
            return self.annotation(annotation, whole, line);
        }
        let is_comment = line.text.trim_start().starts_with("--");
        if self.open.is_none() && (is_comment || line.text.trim().is_empty()) {
            self.take(line);
            return Ok(());
        }
        if self.up.is_none() {
            let told = "this stands before `-- +goose Up`, and goose refuses the file for it";
            return Err(Box::new(
                whole
                    .fault("goose-annotation", line, told)
                    .help("write `-- +goose Up` above it"),
            ));
        }
        if self.envsub {
            self.fill(whole, line)?;
        }
        let open = self.open.take().unwrap_or_else(|| line.shown());
        let goes_on = self.begun.is_some() || !sections::ends_statement(line.text);
        self.open = goes_on.then_some(open);
        self.take(line);
        Ok(())
    }

    /// Takes note of what goose puts something else in the place of.
    fn fill(&mut self, whole: &Whole<'_>, line: &Line<'_>) -> Result<(), Box<Diagnostic>> {
        let at = |range: Range<usize>| line.range.start + range.start..line.range.start + range.end;
        let places = envsub::places(line.text, whole.values).map_err(|range| {
            let told = "goose can't tell what is to stand here (`ENVSUB ON`), and refuses the file";
            let diagnostic = Diagnostic::error("goose-envsub", told).at(whole.span(at(range)), "");
            Box::new(diagnostic.help("write `$$` for a `$` that is meant as it stands, or `-- +goose ENVSUB OFF` above the line"))
        })?;
        for place in places {
            let range = at(place.range);
            let (name, value) = match place.found {
                Found::Dollar => {
                    self.filled.dollars.push(range);
                    continue;
                }
                Found::Value(value) => (whole.text[range.clone()].to_owned(), Some(value)),
                Found::Missing(name) => (name, None),
            };
            self.filled.spots.push(Spot { range, name, value });
        }
        Ok(())
    }

    /// The line is a part of the direction.
    fn take(&mut self, line: &Line<'_>) {
        if let Some(half) = self.down.as_mut().or(self.up.as_mut()) {
            half.take(line);
        }
    }

    fn annotation(
        &mut self,
        annotation: Annotation,
        whole: &Whole<'_>,
        line: &Line<'_>,
    ) -> Result<(), Box<Diagnostic>> {
        let misplaced = |told: &str, help: &str| {
            let told = format!("{told}, and goose refuses the file for it");
            Err(Box::new(
                whole.fault("goose-annotation", line, told).help(help),
            ))
        };
        match annotation {
            Annotation::Up if self.up.is_some() => misplaced(
                "there is an `Up` above this one already",
                "write each direction once, `Up` first",
            ),
            Annotation::Up => {
                self.up = Some(Half::behind(line));
                Ok(())
            }
            Annotation::Down
                if self.up.is_none() || self.down.is_some() || self.begun.is_some() =>
            {
                misplaced(
                    "a `Down` stands once, behind what follows `Up`",
                    "write each direction once, `Up` first",
                )
            }
            Annotation::Down if self.open.is_some() => {
                let open = self.open.clone().unwrap_or_default();
                Err(Box::new(unfinished(whole, open, "Up")))
            }
            Annotation::Down => {
                self.down = Some(Half::behind(line));
                Ok(())
            }
            Annotation::StatementBegin if self.up.is_none() || self.begun.is_some() => misplaced(
                "a `StatementBegin` stands within a direction, and not within another one",
                "write `-- +goose Up` above it, and end each one with `-- +goose StatementEnd`",
            ),
            Annotation::StatementBegin => {
                self.begun = Some(line.shown());
                self.take(line);
                Ok(())
            }
            Annotation::StatementEnd => match self.begun.take() {
                Some(begun) => {
                    let block = begun.end..line.range.start;
                    // What stood open before it is a part of what ended here.
                    self.open = None;
                    self.take(line);
                    if let Some(half) = self.down.as_mut().or(self.up.as_mut()) {
                        half.end_statement(whole, &block, line);
                    }
                    self.blocks.push((begun, block));
                    Ok(())
                }
                None => misplaced(
                    "this `StatementEnd` has no `StatementBegin`",
                    "write `-- +goose StatementBegin` above the statement",
                ),
            },
            Annotation::NoTransaction => {
                self.no_transaction = true;
                self.take(line);
                Ok(())
            }
            Annotation::Envsub(on) => {
                self.envsub = on;
                self.take(line);
                Ok(())
            }
        }
    }

    /// A last statement that goose does not take for ended. It runs the upgrade of no such file; of a downgrade, which
    /// may never have run, it is told.
    fn unfinished(&self, whole: &Whole<'_>, open: Range<usize>, sink: &mut Sink) -> Option<()> {
        if self.down.is_none() {
            sink.push(unfinished(whole, open, "Up"));
            return None;
        }
        let mut diagnostic = unfinished(whole, open, "Down");
        diagnostic.severity = crate::diagnostic::Severity::Warning;
        sink.push(diagnostic.because("here it runs to the end of the file"));
        Some(())
    }
}

fn unfinished(whole: &Whole<'_>, open: Range<usize>, section: &str) -> Diagnostic {
    let told = format!(
        "this statement does not end as goose wants it, which refuses the `{section}` for it"
    );
    Diagnostic::error("goose-unfinished", told)
        .at(whole.span(open), "a line that ends in `;` ends it")
        .help("put a `;` at the end of its last line, or `-- +goose StatementBegin` and `StatementEnd` around it")
}

#[cfg(test)]
mod tests;
