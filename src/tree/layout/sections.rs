//! What layouts share that keep a migration in one file and cut it by marker lines: one [`Migration`] from a file, in
//! the tool's order.
//!
//! Finds files, folds nothing, and reports what no tool of this kind takes; where a file is cut, the layout says.

use std::collections::BTreeMap;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::filled::Filled;
use super::{Contents, Input, numbered};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::source::{FileId, Sources, Span};
use crate::tree::disk::File;
use crate::tree::text::{LineEnds, Taken};
use crate::tree::variables::{self, Missing, Spot};
use crate::tree::weave::Weave;
use crate::tree::{Error, Migration, Part, Script, Settings, Text};

/// How a tool differs from the next.
pub(super) struct Tool<V> {
    /// Its name.
    pub(super) name: &'static str,
    /// What a file's path says. Other files are passed over.
    pub(super) named: fn(&Utf8Path) -> Option<Named<V>>,
    /// Cuts a file, or reports why that can't be.
    pub(super) cut: fn(&Whole<'_>, &mut Sink) -> Option<Halves>,
    /// Whether a line of the file never reaches the server, not even from within a body or a string.
    pub(super) drops: fn(&str) -> bool,
    /// Where the tool has the values from that it puts into a file when it runs; empty where it puts in none.
    pub(super) values: &'static str,
}

/// What a file's name says.
#[derive(Debug)]
pub(super) struct Named<V> {
    /// Orders the migrations.
    pub(super) version: V,
    /// The id: as the tool records it.
    pub(super) id: String,
    pub(super) message: String,
}

/// A file that is to be cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole<'t> {
    pub(super) file: FileId,
    /// As it is shown.
    pub(super) path: &'t Utf8Path,
    pub(super) text: &'t str,
    /// What `[variables]` gives, by name.
    pub(super) values: &'t BTreeMap<String, String>,
}

/// Both directions of a file.
#[derive(Debug, Default)]
pub(super) struct Halves {
    pub(super) up: Option<Half>,
    pub(super) down: Option<Half>,
    /// Better than what the name says.
    pub(super) message: Option<String>,
    /// What the tool puts something else in the place of.
    pub(super) filled: Filled,
}

/// One direction.
#[derive(Debug, Default, Clone)]
pub(super) struct Half {
    /// Where its SQL stands, in order; most tools know one stretch.
    pub(super) stretches: Vec<Range<usize>>,
    pub(super) no_transaction: bool,
}

/// A line: where it stands with its end, and what is in it without.
#[derive(Debug, Clone)]
pub(super) struct Line<'t> {
    pub(super) range: Range<usize>,
    pub(super) text: &'t str,
}

impl Whole<'_> {
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range)
    }

    /// An error at a line of the file, for which the tool refuses it.
    pub(super) fn fault(
        &self,
        code: &'static str,
        line: &Line<'_>,
        told: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(code, told).at(self.span(line.shown()), "")
    }

    /// A block that is taken for one statement begins there and has no end: `end` is the line that it lacks.
    pub(super) fn no_statement_end(
        &self,
        code: &'static str,
        tool: &str,
        begun: Range<usize>,
        end: &str,
    ) -> Diagnostic {
        Diagnostic::error(code, "this `StatementBegin` has no `StatementEnd`")
            .at(self.span(begun), "")
            .because(format!("{tool} refuses the file for it"))
            .help(format!("write `{end}` behind the statement"))
    }

    /// The file as a whole is not what the tool takes.
    pub(super) fn refused(&self, code: &'static str, told: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, told).at(self.span(0..0), "")
    }
}

impl Half {
    /// Nothing yet, in a place of its own behind its marker.
    pub(super) fn behind(marker: &Line<'_>) -> Self {
        let end = marker.range.end;
        Self {
            stretches: std::iter::once(end..end).collect(),
            no_transaction: false,
        }
    }

    /// What follows the marker is a part of the direction, and a statement does not reach over it.
    pub(super) fn go_on_behind(&mut self, marker: &Line<'_>) {
        let end = marker.range.end;
        self.stretches.push(end..end);
    }

    /// A block that the tool takes for one statement ends with this line; where it has no `;`, what follows is no part of
    /// it all the same.
    pub(super) fn end_statement(
        &mut self,
        whole: &Whole<'_>,
        block: &Range<usize>,
        end: &Line<'_>,
    ) {
        if !whole.text[block.clone()].trim_end().ends_with(';') {
            self.go_on_behind(end);
        }
    }

    /// The line goes on with the last stretch.
    pub(super) fn take(&mut self, line: &Line<'_>) {
        match self.stretches.last_mut() {
            Some(stretch) => stretch.end = line.range.end,
            None => self.stretches.push(line.range.clone()),
        }
    }
}

impl Line<'_> {
    /// The line without its end.
    pub(super) fn shown(&self) -> Range<usize> {
        self.range.start..self.range.start + self.text.len()
    }
}

/// The lines of a text as Go's scanner has them: a carriage return before the newline is no part of one.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |whole| {
        let range = start..start + whole.len();
        start = range.end;
        let text = whole.strip_suffix('\n').unwrap_or(whole);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Line { range, text }
    })
}

/// Whether a line ends a statement by the rule that goose and sql-migrate share: its last word before a comment ends
/// in `;`.
pub(super) fn ends_statement(line: &str) -> bool {
    let words = line.split_whitespace();
    let last = words.take_while(|word| !word.starts_with("--")).last();
    last.is_some_and(|word| word.ends_with(';'))
}

/// Reads the files that the tool takes for migrations.
pub(super) fn read<V: Ord + Send>(
    mut input: Input<'_>,
    tool: &Tool<V>,
    sink: &mut Sink,
) -> Result<Contents, Error> {
    let wanted = |file: &File| (tool.named)(&file.path).is_some();
    let taken = input.take(wanted, LineEnds::Keep)?;
    let sources = &input.sources;
    let values = input.variables;
    let mut made: Vec<Made<V>> = taken
        .into_par_iter()
        .filter_map(|mut file| {
            let named = (tool.named)(&file.path)?;
            let at = Span::new(file.id, 0..0);
            let id = named.id;
            let mut missing = Missing::new();
            let reading = Reading {
                sources,
                values,
                missing: &mut missing,
            };
            let migration = migration(reading, tool, &mut file, &id, named.message);
            Some(Made {
                version: named.version,
                migration,
                at,
                id,
                missing,
                sink: file.sink,
            })
        })
        .collect();
    made.sort_by(|one, other| one.version.cmp(&other.version));
    let mut ids: BTreeMap<String, Span> = BTreeMap::new();
    let mut migrations = Vec::new();
    let mut all = Missing::new();
    for Made {
        migration,
        at,
        id,
        missing,
        sink: found,
        ..
    } in made
    {
        sink.join(found);
        all.extend(missing);
        if let Some(first) = ids.get(&id) {
            sink.push(twice(&id, *first, at, sources));
            continue;
        }
        ids.insert(id, at);
        migrations.extend(migration);
    }
    variables::report_missing(&all, tool.values, sink);
    Ok(Contents {
        sources: input.sources,
        migrations,
        repeatables: Vec::new(),
    })
}

/// What became of a file.
struct Made<V> {
    version: V,
    migration: Option<Migration>,
    at: Span,
    id: String,
    missing: Missing,
    sink: Sink,
}

struct Reading<'r> {
    sources: &'r Sources,
    values: &'r BTreeMap<String, String>,
    missing: &'r mut Missing,
}

fn migration<V>(
    mut reading: Reading<'_>,
    tool: &Tool<V>,
    file: &mut Taken,
    id: &str,
    message: String,
) -> Option<Migration> {
    if !file.sound {
        return None;
    }
    let sources = reading.sources;
    let whole = Whole {
        file: file.id,
        path: sources.path(file.id),
        text: sources.text(file.id),
        values: reading.values,
    };
    let halves = (tool.cut)(&whole, &mut file.sink)?;
    let filled = &halves.filled;
    let mut script = |half: Half| {
        let half = (file.id, half);
        reading.script(half, filled, tool.drops, &mut file.sink)
    };
    let up = halves.up.map(&mut script);
    let down = halves.down.map(&mut script);
    let message = halves.message.unwrap_or(message);
    numbered::migration(id, Span::new(file.id, 0..0), message, up, down)
}

impl Reading<'_> {
    fn script(
        &mut self,
        (file, half): (FileId, Half),
        filled: &Filled,
        drops: fn(&str) -> bool,
        sink: &mut Sink,
    ) -> Script {
        let start = half.stretches.first().map_or(0, |first| first.start);
        let end = half.stretches.last().map_or(start, |last| last.end);
        let is_within = |spot: &Spot| start <= spot.range.start && spot.range.end <= end;
        let sources = self.sources;
        let spans = half
            .stretches
            .into_iter()
            .map(|range| Span::new(file, range));
        let parts = spans
            .filter(|span| !sources.slice(*span).trim_ascii().is_empty())
            .map(|span| {
                let text = without_lines(sources, span, drops);
                Part::Sql(filled.fill(sources, text, self.missing, sink))
            });
        Script {
            body: Span::new(file, start..end),
            parts: parts.collect(),
            settings: Settings {
                no_transaction: half.no_transaction,
                variables: filled.spots.iter().any(is_within),
                ..Settings::default()
            },
        }
    }
}

/// The text of a span without the lines that the tool drops, where that makes another text of a body or a string.
/// Elsewhere such a line is a comment, and stays for who reads the script.
fn without_lines(sources: &Sources, span: Span, drops: fn(&str) -> bool) -> Text {
    let whole = sources.slice(span);
    if !lines(whole).any(|line| drops(line.text)) {
        return Text::verbatim(sources, span);
    }
    let bodies: Vec<Range<usize>> = lex::tokens(whole)
        .filter(|token| token.kind.is_opaque() && !token.kind.is_trivia())
        .map(lex::Token::range)
        .collect();
    let mut weave = Weave::default();
    let start = span.range().start;
    let mut keep = |range: Range<usize>| {
        let kept = Span::new(span.file, start + range.start..start + range.end);
        weave.verbatim(sources, kept);
    };
    let mut done = 0;
    let mut next = 0;
    for line in lines(whole).filter(|line| drops(line.text)) {
        // The body in which it begins, if any: both go forward.
        while bodies
            .get(next)
            .is_some_and(|it| it.end <= line.range.start)
        {
            next += 1;
        }
        if bodies
            .get(next)
            .is_some_and(|it| it.start < line.range.start)
        {
            keep(done..line.range.start);
            done = line.range.end;
        }
    }
    keep(done..whole.len());
    weave.finish(span)
}

/// Reports files that are programs: each is a migration that no script can have.
pub(super) fn refuse_programs(
    input: &Input<'_>,
    tool: &str,
    is_program: fn(&Utf8Path) -> bool,
    sink: &mut Sink,
) {
    let programs = input.folder.files.iter().map(|file| &file.path);
    for path in programs.filter(|path| is_program(path)) {
        let path = input.folder.show(path);
        let told = format!("`{path}` is a program, and only SQL can be carried into a script");
        sink.push(
            Diagnostic::error("not-sql", told)
                .because(format!(
                    "{tool} runs it, so a database that scripts bring up would lack what it does"
                ))
                .help("write what it does as a migration of SQL under the same number, or move it out of the folder if it never was one")
                .path(path),
        );
    }
}

/// Reports folders whose names are those of migrations, for which the tool stops.
pub(super) fn refuse_folders(
    input: &Input<'_>,
    tool: &str,
    is_migration: fn(&Utf8Path) -> bool,
    sink: &mut Sink,
) {
    let mut last: Option<Utf8PathBuf> = None;
    for file in &input.folder.files {
        let Some((folder, _)) = file.path.as_str().split_once('/') else {
            continue;
        };
        let folder = Utf8PathBuf::from(folder);
        if !is_migration(&folder) || last.as_ref() == Some(&folder) {
            continue;
        }
        let shown = input.folder.show(&folder);
        let told =
            format!("`{shown}` is a folder, which {tool} takes for a migration and can't read");
        sink.push(
            Diagnostic::error("bad-folder", told)
                .path(shown)
                .help("rename it, or move it out of the tree"),
        );
        last = Some(folder);
    }
}

/// Several statements that a tool sends as one message, in a direction without a transaction: there they are all or
/// nothing.
pub(super) fn tell_of_one_message(
    tool: &str,
    whole: &Whole<'_>,
    begun: &Range<usize>,
    block: &Range<usize>,
    sink: &mut Sink,
) {
    let count = lex::split(&whole.text[block.clone()]).statements.len();
    if count < 2 {
        return;
    }
    let told = format!(
        "{tool} sends these {count} statements as one, all or nothing; here each is a step of its own"
    );
    sink.push(
        Diagnostic::warning("one-message", told)
            .at(whole.span(begun.clone()), "")
            .because("the migration runs outside a transaction, and a script that stops between them goes on with the next")
            .help("where they must hold together, move them to a migration that is a transaction"),
    );
}

/// A file whose name the tool refuses, with the whole folder.
pub(super) fn bad_name(path: Utf8PathBuf, told: String) -> Diagnostic {
    Diagnostic::error("bad-file-name", told)
        .path(path)
        .help("rename it, or move it out of the folder")
}

fn twice(id: &str, first: Span, second: Span, sources: &Sources) -> Diagnostic {
    let [one, other] = [first, second].map(|span| sources.path(span.file));
    let told = format!("version {id} has two files: `{one}` and `{other}`");
    Diagnostic::error("duplicate-version", told)
        .at(second, "this one")
        .at(first, "and this one")
        .help("give one of them another number")
}

#[cfg(test)]
mod tests;
