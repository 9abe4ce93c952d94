//! The native layout: one `.sql` file per revision, a TOML header and both directions in it.
//!
//! Files are cut in parallel, then the CSV files they name are read, then scripts are put together in
//! parallel; each file keeps its own sink until the end, so that messages stand in file order.

mod cut;
mod data;
mod directives;
pub(super) mod given;
mod header;
mod repeatable;

use std::collections::BTreeMap;
use std::ops::Range;

use camino::Utf8PathBuf;
use rayon::prelude::*;

use self::cut::{Cut, Piece, Section, Word};
use self::header::Header;
use super::{Contents, Input};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::source::{FileId, Sources, Span};
use crate::tree::disk::File;
use crate::tree::text::{LineEnds, Taken};
use crate::tree::{Error, Migration, Part, Record, Repeatable, Script, Settings, Text, variables};

/// The folder of files that run again whenever they change.
const REPEATABLE: &str = "repeatable/";

/// Whether a file begins with a header. Names say nothing in this layout.
pub(super) fn claims(file: &File) -> bool {
    file.bytes.as_deref().is_some_and(super::has_header)
}

pub(super) fn read(mut input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    let mut taken = input.take(File::is_sql, LineEnds::Fold)?;
    let sources = &input.sources;
    let cuts: Vec<Option<Cut>> = taken
        .par_iter_mut()
        .map(|file| {
            let repeatable = is_repeatable(file);
            file.sound
                .then(|| cut::cut(sources, file.id, repeatable, &mut file.sink))
                .flatten()
        })
        .collect();
    let mut tables_sink = Sink::default();
    let tables = data::read_tables(&mut input, &cuts, &mut tables_sink)?;
    let assembly = Assembly {
        sources: &input.sources,
        variables: input.variables,
        tables: &tables,
    };
    let made: Vec<Option<Made>> = taken
        .par_iter_mut()
        .zip(cuts)
        .map(|(file, cut)| assembly.make(cut?, &mut file.sink))
        .collect();
    for file in taken {
        sink.join(file.sink);
    }
    sink.join(tables_sink);
    let mut migrations = Vec::new();
    let mut repeatables = Vec::new();
    for made in made.into_iter().flatten() {
        match made {
            Made::Migration(migration) => migrations.push(*migration),
            Made::Repeatable(repeatable) => repeatables.push(*repeatable),
        }
    }
    let repeatables = repeatable::ordered(repeatables, &input.sources, sink);
    repeatable::check_recreates(&migrations, &repeatables, sink);
    Ok(Contents {
        sources: input.sources,
        migrations,
        repeatables,
    })
}

/// Where the value of `revises` stands in a text whose line ends are as they are on disk.
pub(super) fn revises(text: &str) -> Option<Range<usize>> {
    let mark = text.len() - text.trim_start_matches('\u{feff}').len();
    cut::revises(&text[mark..]).map(|found| found.start + mark..found.end + mark)
}

fn is_repeatable(file: &Taken) -> bool {
    file.path.as_str().starts_with(REPEATABLE)
}

enum Made {
    Migration(Box<Migration>),
    Repeatable(Box<Repeatable>),
}

/// What scripts are put together from.
struct Assembly<'a> {
    sources: &'a Sources,
    variables: &'a BTreeMap<String, String>,
    tables: &'a BTreeMap<Utf8PathBuf, FileId>,
}

impl Assembly<'_> {
    fn make(&self, cut: Cut, sink: &mut Sink) -> Option<Made> {
        let Cut {
            header,
            mut sections,
        } = cut;
        match header {
            Header::Migration(header) => {
                let up = take(&mut sections, Word::Upgrade);
                let down = take(&mut sections, Word::Downgrade);
                for section in up.iter().chain(&down) {
                    self.refuse_both_ways(section, sink);
                }
                let irreversible = down.as_ref().and_then(|section| section.without.clone());
                let up = up.map(|section| self.script(section, &header.settings, sink));
                let down = down.filter(|section| section.without.is_none());
                let down = down.map(|section| self.script(section, &header.settings, sink));
                let (id, at) = header.id?;
                Some(Made::Migration(Box::new(Migration {
                    id,
                    at,
                    message: header.message,
                    parents: header.revises,
                    depends_on: header.depends_on,
                    labels: header.labels,
                    created: header.created,
                    recreates: header.recreates,
                    replaces: header.replaces,
                    allow: header.allow,
                    up,
                    down,
                    irreversible,
                    record: Record::new(),
                })))
            }
            Header::Repeatable(header) => {
                let apply = take(&mut sections, Word::Apply)?;
                let apply = self.script(apply, &header.settings, sink);
                let (name, at) = header.name?;
                Some(Made::Repeatable(Box::new(Repeatable {
                    name,
                    at,
                    after: header.after,
                    apply,
                    record: Record::new(),
                })))
            }
        }
    }

    fn script(&self, section: Section, settings: &Settings, sink: &mut Sink) -> Script {
        let mut parts = Vec::new();
        let pieces = section.pieces.len();
        for (at, piece) in section.pieces.into_iter().enumerate() {
            match piece {
                Piece::Sql(span) => {
                    let last = at + 1 == pieces;
                    if !last {
                        self.check_boundary(span, sink);
                    }
                    if self.sources.slice(span).trim_ascii().is_empty() {
                        continue;
                    }
                    parts.push(Part::Sql(if settings.variables {
                        variables::substitute(self.sources, span, self.variables, sink)
                    } else {
                        Text::verbatim(self.sources, span)
                    }));
                }
                Piece::Step(at) => parts.push(Part::Step(at)),
                Piece::Data(directive) => {
                    parts.extend(
                        data::rows(self.sources, self.tables, directive, sink).map(Part::Data),
                    );
                }
            }
        }
        Script {
            body: section.body,
            parts,
            settings: Settings {
                no_transaction: section.no_transaction,
                unwritten: section.without,
                ..settings.clone()
            },
        }
    }

    /// Rows stand between statements, so the SQL before them must have come to an end.
    fn check_boundary(&self, span: Span, sink: &mut Sink) {
        let split = lex::split(self.sources.slice(span));
        let open = match (split.unclosed, split.statements.last()) {
            (Some((at, _)), _) => at,
            (None, Some(last)) if !last.terminated => last.start,
            (None, _) => return,
        };
        let at = span.range().start + open;
        let line = self
            .sources
            .slice(Span::new(span.file, at..span.range().end));
        let end = at + line.find('\n').unwrap_or(line.len());
        sink.push(
            Diagnostic::error(
                "directive-inside-statement",
                "a `--!` directive stands inside a statement",
            )
            .at(Span::new(span.file, at..end), "this does not end before it")
            .help("end the statement with `;`, or move the directive behind it"),
        );
    }

    /// A section that says it holds no SQL, and holds some.
    fn refuse_both_ways(&self, section: &Section, sink: &mut Sink) {
        let (Some(_), Some((key, code))) = (&section.without, section.word.without()) else {
            return;
        };
        let statement = section.pieces.iter().find_map(|piece| match piece {
            Piece::Sql(span) => {
                let mut tokens = lex::tokens(self.sources.slice(*span));
                let first = tokens.find(|token| !token.kind.is_trivia())?;
                let start = span.range().start;
                Some(Span::new(span.file, start + first.start..start + first.end))
            }
            Piece::Data(directive) => Some(directive.at),
            Piece::Step(_) => None,
        });
        if let Some(statement) = statement {
            let told = format!(
                "the {} is {key} by its own word, and holds SQL",
                section.word.text()
            );
            sink.push(
                Diagnostic::error(code, told)
                    .at(statement, "this would never run")
                    .at(section.at, "said here")
                    .help(format!("remove `{key}`, or the SQL")),
            );
        }
    }
}

fn take(sections: &mut Vec<Section>, word: Word) -> Option<Section> {
    let at = sections.iter().position(|section| section.word == word)?;
    Some(sections.remove(at))
}

#[cfg(test)]
mod tests;
