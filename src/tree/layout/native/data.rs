//! `--! data`: rows of a CSV file of the tree.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::Input;
use super::cut::{Cut, Piece};
use crate::config::check;
use crate::config::table::{Located, Table, list_first, nearest};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};
use crate::tree::csv;
use crate::tree::disk::File;
use crate::tree::text::LineEnds;
use crate::tree::{Data, Error, OnConflict};

/// What the directive says.
#[derive(Debug)]
pub(super) struct Directive {
    pub(super) at: Span,
    /// Relative to the migrations folder.
    file: Located<Utf8PathBuf>,
    table: String,
    key: Vec<(String, Span)>,
    on_conflict: OnConflict,
}

impl Directive {
    /// Reads the directive's table. `None` where a key is missing or wrong, which was reported.
    pub(super) fn read(at: Span, mut table: Table<'_>, sink: &mut Sink) -> Option<Self> {
        for key in ["file", "table"] {
            if !table.has(key) {
                sink.push(
                    Diagnostic::error("missing-key", format!("`--! data` has no `{key}`"))
                        .at(at, format!("no `{key}`")),
                );
            }
        }
        let file = table.text("file", sink).and_then(|file| inside(file, sink));
        let name = table.text("table", sink).and_then(|name| {
            check::qualified_name(&name.value)
                .map_err(|why| {
                    let told = format!("`table` cannot be `{}`: {why}", name.value);
                    sink.push(Diagnostic::error("bad-value", told).at(name.span, "this value"));
                })
                .ok()
        });
        let key = table.texts("key", sink);
        let key = key.map_or_else(Vec::new, |key| key.value);
        let on_conflict = match table.text("on_conflict", sink) {
            None => Some(OnConflict::Error),
            Some(word) => conflict(&word, &key, sink),
        };
        table.finish(sink);
        Some(Self {
            at,
            file: file?,
            table: name?,
            key,
            on_conflict: on_conflict?,
        })
    }
}

/// Reads the CSV files that the directives name, each once.
pub(super) fn read_tables(
    input: &mut Input<'_>,
    cuts: &[Option<Cut>],
    sink: &mut Sink,
) -> Result<BTreeMap<Utf8PathBuf, FileId>, Error> {
    let sections = cuts.iter().flatten().flat_map(|cut| &cut.sections);
    let pieces = sections.flat_map(|section| &section.pieces);
    let mut named: Vec<&Utf8Path> = pieces
        .filter_map(|piece| match piece {
            Piece::Sql(_) | Piece::Step(_) => None,
            Piece::Data(directive) => Some(directive.file.value.as_path()),
        })
        .collect();
    named.sort_unstable();
    let is_named = |file: &File| named.binary_search(&file.path.as_path()).is_ok();
    let taken = input.take(is_named, LineEnds::Fold)?;
    let mut tables = BTreeMap::new();
    for file in taken {
        sink.join(file.sink);
        tables.insert(file.path, file.id);
    }
    Ok(tables)
}

/// The rows of a directive's file. `None` where there are none to speak of, which was reported.
pub(super) fn rows(
    sources: &Sources,
    tables: &BTreeMap<Utf8PathBuf, FileId>,
    directive: Directive,
    sink: &mut Sink,
) -> Option<Data> {
    let Directive {
        at,
        file: Located { value: path, span },
        table,
        key,
        on_conflict,
    } = directive;
    let Some(file) = tables.get(&path).copied() else {
        sink.push(
            Diagnostic::error("missing-data", format!("there is no file `{path}` in the tree"))
                .at(span, "no such file")
                .because("the path starts in the migrations folder; links out of it and hidden files are not seen")
                .help("put the file there, or mend the path"),
        );
        return None;
    };
    let records = match csv::read(sources.text(file)) {
        Ok(records) => records,
        Err(fault) => {
            let told = format!("`{}` is no CSV: {}", sources.path(file), fault.message);
            sink.push(
                Diagnostic::error("bad-csv", told)
                    .at(Span::new(file, fault.range), "here")
                    .at(at, "read for this")
                    .help("a field with commas, quotes or newlines stands in quotes, with quotes doubled"),
            );
            return None;
        }
    };
    let reader = Reader { sources, file, at };
    let mut records = records.into_iter();
    let columns = reader.columns(records.next(), sink)?;
    let key_columns = reader.key_columns(&columns, &key, sink)?;
    let mut rows: Vec<Vec<Option<String>>> = Vec::new();
    let mut seen: BTreeMap<Vec<String>, Span> = BTreeMap::new();
    let mut sound = true;
    for record in records {
        let whole = reader.record_span(&record);
        if record.len() != columns.len() {
            let told = format!(
                "a row of `{}` has {}, and the first row names {}",
                sources.path(file),
                count(record.len(), "field"),
                count(columns.len(), "column"),
            );
            sink.push(
                Diagnostic::error("ragged-csv", told)
                    .at(whole, "this row")
                    .at(at, "read for this"),
            );
            sound = false;
            continue;
        }
        // NULL is equal to nothing, so a row without a whole key is no one's double.
        let cells = key_columns.iter().map(|at| record[*at].value.clone());
        let key: Option<Vec<String>> = cells.collect();
        if let Some(key) = key.filter(|key| !key.is_empty())
            && let Some(first) = seen.insert(key.clone(), whole)
        {
            let told = format!(
                "the key ({}) stands twice in `{}`",
                key.join(", ").escape_debug(),
                sources.path(file)
            );
            sink.push(
                Diagnostic::error("duplicate-key", told)
                    .at(whole, "again")
                    .at(first, "here first")
                    .help("keep one of the rows"),
            );
            sound = false;
        }
        rows.push(record.into_iter().map(|field| field.value).collect());
    }
    sound.then(|| Data {
        at,
        file,
        table,
        key: key.into_iter().map(|(name, _)| name).collect(),
        on_conflict,
        columns,
        rows,
    })
}

struct Reader<'s> {
    sources: &'s Sources,
    file: FileId,
    at: Span,
}

impl Reader<'_> {
    fn record_span(&self, record: &csv::Record) -> Span {
        let start = record.first().map_or(0, |field| field.range.start);
        let end = record.last().map_or(start, |field| field.range.end);
        Span::new(self.file, start..end)
    }

    /// The names in the first row.
    fn columns(&self, first: Option<csv::Record>, sink: &mut Sink) -> Option<Vec<String>> {
        let path = self.sources.path(self.file);
        let Some(first) = first else {
            let told = format!("`{path}` is empty, and its first row names the columns");
            sink.push(Diagnostic::error("bad-csv", told).at(self.at, "read for this"));
            return None;
        };
        let mut columns: Vec<String> = Vec::new();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut sound = true;
        for field in first {
            let name = field.value.unwrap_or_default();
            let why = if !seen.insert(name.clone()) {
                Some("it stands there twice".to_owned())
            } else if name.chars().any(crate::config::table::is_unprintable) {
                Some("it holds a control character".to_owned())
            } else {
                check::column(&name).err()
            };
            if let Some(why) = why {
                let name = name.escape_debug();
                let told = format!("`{name}` cannot be a column of `{path}`: {why}");
                sink.push(
                    Diagnostic::error("bad-csv", told)
                        .at(Span::new(self.file, field.range), "this column")
                        .at(self.at, "read for this"),
                );
                sound = false;
            }
            columns.push(name);
        }
        sound.then_some(columns)
    }

    /// Where the key's columns stand in a row.
    fn key_columns(
        &self,
        columns: &[String],
        key: &[(String, Span)],
        sink: &mut Sink,
    ) -> Option<Vec<usize>> {
        let path = self.sources.path(self.file);
        let places: BTreeMap<&str, usize> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| (column.as_str(), at))
            .collect();
        let mut found = Vec::new();
        for (name, span) in key {
            if let Some(at) = places.get(name.as_str()) {
                found.push(*at);
                continue;
            }
            let known: Vec<&str> = columns.iter().map(String::as_str).collect();
            let told = format!("`{path}` has no column `{name}`");
            let diagnostic = Diagnostic::error("unknown-column", told).at(*span, "no such column");
            sink.push(match nearest(name, known.iter().copied()) {
                Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
                None => diagnostic.help(format!("its columns are {}", list_first(&known))),
            });
        }
        (found.len() == key.len()).then_some(found)
    }
}

/// A path that stays inside the tree, without `.` components.
fn inside(file: Located<String>, sink: &mut Sink) -> Option<Located<Utf8PathBuf>> {
    let Located { value, span } = file;
    let mut path = Utf8PathBuf::new();
    let parts = Utf8Path::new(&value).components();
    let stays = parts
        .filter(|part| *part != Utf8Component::CurDir)
        .all(|part| {
            path.push(part);
            matches!(part, Utf8Component::Normal(_))
        });
    if stays && !path.as_str().is_empty() {
        return Some(Located { value: path, span });
    }
    let told = format!("`{value}` leads out of the tree");
    sink.push(
        Diagnostic::error("bad-value", told)
            .at(span, "not inside the migrations folder")
            .because("what a migration loads is reviewed and sealed with it")
            .help("put the file into the migrations folder; the path starts there"),
    );
    None
}

fn conflict(word: &Located<String>, key: &[(String, Span)], sink: &mut Sink) -> Option<OnConflict> {
    let on_conflict = match word.value.as_str() {
        "error" => OnConflict::Error,
        "nothing" => OnConflict::Nothing,
        "update" => OnConflict::Update,
        other => {
            let told = format!("`on_conflict` cannot be `{other}`");
            sink.push(
                Diagnostic::error("bad-value", told)
                    .at(word.span, "this value")
                    .help("it is `error`, `nothing` or `update`"),
            );
            return None;
        }
    };
    if on_conflict != OnConflict::Error && key.is_empty() {
        let told = format!("`on_conflict = \"{}\"` needs a `key`", word.value);
        sink.push(
            Diagnostic::error("missing-key", told)
                .at(word.span, "which rows are there already?")
                .help("name the columns on which the table is unique: `key = [\"…\"]`"),
        );
        return None;
    }
    Some(on_conflict)
}

fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}
