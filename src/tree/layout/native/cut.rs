//! Cuts a native file at its directives: the header, the sections, and in them SQL and data.
//!
//! A directive is a comment that begins with `--!` at column 0; whether it is a comment is the lexer's word.

use std::ops::Range;

use super::data::Directive;
use super::directives;
use super::header::{self, Header};
use crate::config::table::{Place, Table, list, nearest, place_of};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::source::{FileId, Sources, Span};

/// What begins a directive.
pub(super) const MARK: &str = "--!";

/// A file, cut.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) header: Header,
    /// In file order, each word once.
    pub(super) sections: Vec<Section>,
}

/// The words that begin a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Upgrade,
    Downgrade,
    Apply,
}

impl Word {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Upgrade, Self::Downgrade, Self::Apply];

    /// The word in the file.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
            Self::Apply => "apply",
        }
    }

    /// The option by which a section says why it holds no SQL, and the code of an error about one that holds some.
    pub(super) fn without(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Upgrade => Some(("unwritten", "unwritten-upgrade")),
            Self::Downgrade => Some(("irreversible", "irreversible-downgrade")),
            Self::Apply => None,
        }
    }
}

/// A section: what stands between its directive and the next section's.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) word: Word,
    /// The directive.
    pub(super) at: Span,
    /// Everything after the directive's line.
    pub(super) body: Span,
    pub(super) pieces: Vec<Piece>,
    /// `transaction = false`.
    pub(super) no_transaction: bool,
    /// `irreversible = "reason"`, or `unwritten = "reason"` of an upgrade.
    pub(super) without: Option<String>,
}

/// A stretch of a section.
#[derive(Debug)]
pub(super) enum Piece {
    Sql(Span),
    Data(Directive),
    /// `--! step`
    Step(Span),
}

/// The directive that ends a step.
pub(super) const STEP: &str = "step";

/// The directive for data.
pub(super) const DATA: &str = "data";

/// Cuts a file. `None` where there is no header, so that nothing else makes sense.
pub(super) fn cut(
    sources: &Sources,
    file: FileId,
    repeatable: bool,
    sink: &mut Sink,
) -> Option<Cut> {
    let text = sources.text(file);
    let header = match header_range(text) {
        Ok(header) => header,
        Err(start) => {
            sink.push(no_header(sources, file, start, repeatable));
            return None;
        }
    };
    let place = Place {
        file,
        start: header.start,
    };
    // As many blanks as `--!` has bytes, so that places in the TOML are places in the file.
    let toml = unmarked(&text[header.clone()]);
    let read = if repeatable {
        header::repeatable(&toml, place, sink)
    } else {
        header::migration(&toml, place, sink)
    };
    let directives = directives::find(text, file, header.end, sink);
    let mut cutter = Cutter {
        text,
        file,
        words: if repeatable {
            &[Word::Apply]
        } else {
            &[Word::Upgrade, Word::Downgrade]
        },
        sections: Vec::new(),
    };
    cutter.no_sql_before_sections(header.end, &directives, sink);
    for directive in directives {
        cutter.directive(directive, sink);
    }
    cutter.close(text.len());
    let wanted = cutter.words[0];
    let sections = cutter.sections;
    if !sections.iter().any(|section| section.word == wanted) {
        let word = wanted.text();
        let at = Span::new(file, header.start..header.start + MARK.len());
        sink.push(
            Diagnostic::error("missing-section", format!("the file has no `--! {word}` section"))
                .at(at, "in this file")
                .help(format!(
                    "put `--! {word}` on a line of its own before the SQL; an empty section does nothing"
                )),
        );
    }
    Some(Cut {
        header: read?,
        sections,
    })
}

/// Where the value of `revises` stands in a text.
pub(super) fn revises(text: &str) -> Option<Range<usize>> {
    let header = header_range(text).ok()?;
    let toml = unmarked(&text[header.clone()]);
    let value = place_of(&toml, "revises")?;
    Some(header.start + value.start..header.start + value.end)
}

/// The lines of the header: `--!` lines, behind blank lines and plain comments at most. They end before the
/// first line that is none, or that is a directive. `Err` where something else stands first: where that begins.
fn header_range(text: &str) -> Result<Range<usize>, usize> {
    let mut at = 0;
    let mut start = None;
    for line in text.split_inclusive('\n') {
        let marked = line.strip_prefix(MARK);
        match (start, marked) {
            (None, None) => {
                if !line.starts_with("--") && !line.trim_ascii().is_empty() {
                    return Err(at);
                }
            }
            (None, Some(rest)) => {
                if is_directive(rest) && directives::is_known(rest) {
                    return Err(at);
                }
                start = Some(at);
            }
            (Some(start), None) => return Ok(start..at),
            (Some(start), Some(rest)) => {
                if is_directive(rest) {
                    return Ok(start..at);
                }
            }
        }
        at += line.len();
    }
    start.map(|start| start..at).ok_or(0)
}

/// Whether a `--!` line, which stands right under the header, begins the body: a word alone, or before a
/// table. No line of TOML looks like that.
fn is_directive(rest: &str) -> bool {
    let rest = rest.trim_ascii();
    let word = word_length(rest);
    let after = rest[word..].trim_ascii_start();
    word > 0 && (after.is_empty() || after.starts_with(['{', '#']))
}

/// Length of the word that `text` begins with.
pub(super) fn word_length(text: &str) -> usize {
    text.find(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '_' | '-')))
        .unwrap_or(text.len())
}

fn unmarked(header: &str) -> String {
    let mut toml = String::with_capacity(header.len());
    for line in header.split_inclusive('\n') {
        toml.push_str("   ");
        toml.push_str(&line[MARK.len()..]);
    }
    toml
}

struct Cutter<'t> {
    text: &'t str,
    file: FileId,
    /// The sections that this kind of file has; the first must be there.
    words: &'static [Word],
    sections: Vec<Section>,
}

impl Cutter<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range)
    }

    fn no_sql_before_sections(&self, from: usize, directives: &[Range<usize>], sink: &mut Sink) {
        let end = directives
            .first()
            .map_or(self.text.len(), |directive| directive.start);
        let stray = lex::tokens_in(self.text, from..end).find(|token| !token.kind.is_trivia());
        if let Some(token) = stray {
            let word = self.words[0].text();
            let line = &self.text[token.start..end];
            let end = token.start + line.find('\n').unwrap_or(line.len());
            sink.push(
                Diagnostic::error("sql-outside-section", "SQL stands before the first section")
                    .at(self.span(token.start..end), "belongs to no direction")
                    .help(format!("put `--! {word}` on a line of its own before it")),
            );
        }
    }

    fn directive(&mut self, range: Range<usize>, sink: &mut Sink) {
        let after_mark = &self.text[range.start + MARK.len()..range.end];
        let rest = after_mark.trim_ascii_start();
        let start = range.end - rest.len();
        let word = &rest[..word_length(rest)];
        let at = self.span(start..start + word.len());
        let options = start + word.len()..range.end;
        let section = self.words.iter().find(|known| known.text() == word);
        let after_word = self.text[options.clone()].trim_ascii_start();
        if after_word.starts_with(['=', '.']) || rest.starts_with(['"', '\'']) {
            let told = "a key of the header stands outside of the header";
            sink.push(
                Diagnostic::error("second-header", told)
                    .at(self.span(range), "not read")
                    .because("the header is the first run of `--!` lines, without other lines between them")
                    .help("move it there"),
            );
            return;
        }
        if let Some(word) = section {
            self.section(*word, range, options, sink);
        } else if word == DATA {
            self.data(range, options, sink);
        } else if word == STEP && !self.words.contains(&Word::Apply) {
            self.step(range, options, sink);
        } else {
            let mut known: Vec<&str> = self.words.iter().map(|word| word.text()).collect();
            known.push(DATA);
            if !self.words.contains(&Word::Apply) {
                known.push(STEP);
            }
            let told = format!("unknown directive `{}`", word.escape_debug());
            let diagnostic = Diagnostic::error("unknown-directive", told).at(
                if word.is_empty() {
                    self.span(range)
                } else {
                    at
                },
                "unknown",
            );
            sink.push(match nearest(word, known.iter().copied()) {
                Some(meant) => diagnostic.help(format!("did you mean `--! {meant}`?")),
                None => diagnostic.help(format!(
                    "the directives of this file are {}; a plain comment begins with `--` and a blank",
                    list(&known)
                )),
            });
        }
    }

    fn section(&mut self, word: Word, range: Range<usize>, options: Range<usize>, sink: &mut Sink) {
        self.close(range.start);
        let text = word.text();
        let at = self.span(range.clone());
        let body = (range.end + 1).min(self.text.len());
        let mut section = Section {
            word,
            at,
            body: self.span(body..body),
            pieces: Vec::new(),
            no_transaction: false,
            without: None,
        };
        let options = self.options(text, options, sink);
        let table = options
            .as_ref()
            .and_then(|options| table(text, options, sink));
        if let Some(mut table) = table {
            if word != Word::Apply {
                let transaction = table.flag("transaction", sink);
                section.no_transaction = transaction.is_some_and(|flag| !flag.value);
            }
            if let Some((key, _)) = word.without()
                && let Some(reason) = table.text(key, sink)
            {
                if reason.value.trim().is_empty() {
                    sink.push(
                        Diagnostic::error("bad-value", format!("`{key}` gives no reason"))
                            .at(reason.span, "say why there is no SQL"),
                    );
                }
                section.without = Some(reason.value);
            }
            table.finish(sink);
        }
        let first = self.sections.iter().find(|other| other.word == word);
        if let Some(first) = first {
            sink.push(
                Diagnostic::error(
                    "section-twice",
                    format!("the file has two `--! {text}` sections"),
                )
                .at(at, "again")
                .at(first.at, "here first")
                .help("put all of it into one"),
            );
        }
        self.sections.push(section);
    }

    fn data(&mut self, range: Range<usize>, options: Range<usize>, sink: &mut Sink) {
        let at = self.span(range.clone());
        let options = if self.text[options.clone()].trim_ascii().is_empty() {
            sink.push(
                Diagnostic::error("bad-directive", "`--! data` does not say which data")
                    .at(at, "")
                    .help("write `--! data { file = \"…\", table = \"…\" }`"),
            );
            None
        } else {
            self.options(DATA, options, sink)
        };
        let directive = options
            .as_ref()
            .and_then(|options| table(DATA, options, sink))
            .and_then(|table| Directive::read(at, table, sink));
        self.within(range, "data", directive.map(Piece::Data), sink);
    }

    fn step(&mut self, range: Range<usize>, options: Range<usize>, sink: &mut Sink) {
        let at = self.span(range.clone());
        if self.options(STEP, options, sink).is_some() {
            sink.push(
                Diagnostic::error("bad-directive", "`--! step` has no options")
                    .at(at, "")
                    .help("write `--! step` alone: what follows is a step of its own"),
            );
        }
        self.within(range, "a step", Some(Piece::Step(at)), sink);
    }

    /// A directive inside a section, with the SQL before it.
    fn within(&mut self, range: Range<usize>, what: &str, piece: Option<Piece>, sink: &mut Sink) {
        let Some(section) = self.sections.last_mut() else {
            let told = format!("{what} stands before the first section");
            sink.push(
                Diagnostic::error("sql-outside-section", told)
                    .at(self.span(range), "belongs to no direction"),
            );
            return;
        };
        let from = section.body.range().end;
        section
            .pieces
            .push(Piece::Sql(Span::new(self.file, from..range.start)));
        section.pieces.extend(piece);
        // The body is known up to here; what follows begins on the next line.
        let next = (range.end + 1).min(self.text.len());
        section.body = Span::new(self.file, section.body.range().start..next);
    }

    /// Ends the open section at `end`.
    fn close(&mut self, end: usize) {
        if let Some(section) = self.sections.last_mut() {
            let known = section.body.range();
            let rest = Span::new(self.file, known.end..end.max(known.end));
            section.pieces.push(Piece::Sql(rest));
            section.body = Span::new(self.file, known.start..rest.range().end);
        }
    }

    /// The inline table behind a directive's word, as the value of a key `o`: so TOML judges what follows it.
    fn options(&self, word: &str, range: Range<usize>, sink: &mut Sink) -> Option<(String, Place)> {
        let text = &self.text[range.clone()];
        let options = text.trim_ascii_start();
        let start = range.end - options.len();
        if options.is_empty() || options.starts_with('#') {
            return None;
        }
        if !options.starts_with('{') {
            let told = format!("`--! {word}` is followed by something that is no table");
            sink.push(
                Diagnostic::error("bad-directive", told)
                    .at(self.span(start..range.end), "")
                    .help("options are written as `{ key = value }`"),
            );
            return None;
        }
        let place = Place {
            file: self.file,
            start: start - OPTIONS.len(),
        };
        Some((format!("{OPTIONS}{options}"), place))
    }
}

/// Stands before a directive's options while they are read. Shorter than any directive.
const OPTIONS: &str = "o=";

fn table<'o>(word: &str, options: &'o (String, Place), sink: &mut Sink) -> Option<Table<'o>> {
    let (toml, place) = options;
    let noun = format!("`--! {word}`");
    Table::document(toml, *place, &noun, sink)?.table("o", &noun, sink)
}

/// A file without a header; at `start` stands what comes first instead.
fn no_header(sources: &Sources, file: FileId, start: usize, repeatable: bool) -> Diagnostic {
    let path = sources.path(file);
    let text = &sources.text(file)[start..];
    let end = start + text.find('\n').unwrap_or(text.len());
    let diagnostic = Diagnostic::error("missing-header", format!("`{path}` has no header"))
        .at(Span::new(file, start..end), "");
    if repeatable {
        return diagnostic
            .because("a repeatable begins with a `--!` line that says its name")
            .help(
                "write `--! name = \"…\"`, then `--! apply`, on lines of their own above the SQL",
            );
    }
    let diagnostic = diagnostic.because(
        "a native migration begins with `--!` lines that say its revision and what it revises",
    );
    if text.starts_with(MARK) {
        diagnostic.help("write `--! revision = \"…\"`, `--! revises = […]` and `--! message = \"…\"`, on lines of their own above this one")
    } else {
        diagnostic.help("begin files with `signoff revision -m \"…\"`, or move this one out of the tree; another tool's tree is read with --layout")
    }
}
