//! What psql does with a script before a server sees it: variables and included files, put in when compiling.
//!
//! `\set` with a literal, `\i` and `\ir` are followed; settings that say what a release does anyway are dropped. Every other
//! command is refused, for it runs a program, asks the server or changes what is read. Commands stand between statements.

mod arguments;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use self::arguments::Arguments;
use super::plan::tidy;
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex::{self, TokenKind};
use crate::source::{FileId, Sources, Span, Stretch};
use crate::tree::Text;
use crate::tree::variables::{self, Missing, Spot};
use crate::tree::weave::Weave;

/// How deep files may include each other; psql has no bound.
const DEEPEST: usize = 16;

/// Files by path, relative to the tree's folder.
pub(super) struct Files<'f> {
    pub(super) sources: &'f Sources,
    pub(super) by_path: &'f BTreeMap<Utf8PathBuf, FileId>,
    pub(super) values: &'f BTreeMap<String, String>,
}

/// The paths that a text may include, for they must be read before. More than are included do no harm.
pub(super) fn includes(path: &Utf8Path, text: &str) -> Vec<Utf8PathBuf> {
    let lines = text.lines().filter_map(|line| {
        let at = line.find('\\')?;
        let (word, rest) = line[at + 1..].split_once(char::is_whitespace)?;
        let base = base_of(word, path)?;
        let name = rest.trim().trim_end_matches(';').replace(['\'', '"'], "");
        Some(tidy(base.join(name).as_str()))
    });
    lines.collect()
}

/// Where the path of an include begins: where sqitch is started, or beside the file.
fn base_of<'p>(word: &str, path: &'p Utf8Path) -> Option<&'p Utf8Path> {
    match word {
        "i" | "include" => Some(Utf8Path::new("")),
        "ir" | "include_relative" => Some(path.parent().unwrap_or(Utf8Path::new(""))),
        _ => None,
    }
}

/// A script as the server sees it.
pub(super) fn resolve(
    files: &Files<'_>,
    path: &Utf8Path,
    file: FileId,
    missing: &mut Missing,
    sink: &mut Sink,
) -> Text {
    let body = files.sources.whole(file);
    if memchr::memchr2(b'\\', b':', files.sources.text(file).as_bytes()).is_none() {
        return Text::verbatim(files.sources, body);
    }
    let mut run = Run {
        files,
        weave: Weave::default(),
        set: BTreeMap::new(),
        spots: Vec::new(),
        open: Vec::new(),
        sink,
    };
    run.file(path, file);
    let (spots, text) = (run.spots, run.weave.finish(body));
    if spots.is_empty() {
        return text;
    }
    variables::fill(files.sources, &text, &spots, missing, sink)
}

/// How a variable is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Raw,
    Literal,
    Name,
}

/// The form and the name in `:x`, `:'x'` and `:"x"`.
fn form(text: &str) -> Option<(Form, &str)> {
    let inner = text.strip_prefix(':')?;
    let within = |quote| inner.strip_prefix(quote)?.strip_suffix(quote);
    if let Some(name) = within('\'') {
        return Some((Form::Literal, name));
    }
    if let Some(name) = within('"') {
        return Some((Form::Name, name));
    }
    (!inner.starts_with('{')).then_some((Form::Raw, inner))
}

/// A value as psql puts it in.
fn quoted(form: Form, value: &str) -> String {
    match form {
        Form::Raw => value.to_owned(),
        Form::Literal if value.contains('\\') => {
            format!("E'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
        }
        Form::Literal => format!("'{}'", value.replace('\'', "''")),
        Form::Name => format!("\"{}\"", value.replace('"', "\"\"")),
    }
}

struct Run<'r, 'f> {
    files: &'r Files<'f>,
    weave: Weave,
    /// What `\set` has set, and where.
    set: BTreeMap<String, (String, Span)>,
    /// Variables that nothing has set.
    spots: Vec<Spot>,
    /// The files that are being read, the innermost last.
    open: Vec<FileId>,
    sink: &'r mut Sink,
}

impl Run<'_, '_> {
    /// Goes through a file. At its end psql sends what has no `;`.
    fn file(&mut self, path: &Utf8Path, file: FileId) {
        self.open.push(file);
        let text: Stretch = self.files.sources.stretch(self.files.sources.whole(file));
        let mut at = 0;
        let mut statement: Option<usize> = None;
        while let Some(stop) = self.stretch(&text, file, at, &mut statement) {
            let end = text[stop..].find('\n').map_or(text.len(), |end| stop + end);
            let line = text[stop..end].trim_end();
            self.command(
                path,
                line,
                Span::new(file, stop..stop + line.len()),
                statement.is_some(),
            );
            at = end;
        }
        if statement.is_some() && self.open.len() > 1 {
            let end = text.len();
            self.weave.instead("\n;", Span::new(file, end..end));
        }
        self.open.pop();
    }

    /// Takes over what stands before the next backslash, and says where that is.
    fn stretch(
        &mut self,
        text: &str,
        file: FileId,
        from: usize,
        statement: &mut Option<usize>,
    ) -> Option<usize> {
        let (mut done, mut base, mut brackets) = (from, from, 0_usize);
        'text: loop {
            for token in lex::tokens(&text[base..]) {
                let (start, end) = (base + token.start, base + token.end);
                match token.kind {
                    TokenKind::Backslash => {
                        self.weave
                            .verbatim(self.files.sources, Span::new(file, done..start));
                        return Some(start);
                    }
                    TokenKind::PsqlVariable => {
                        statement.get_or_insert(start);
                        let place = Span::new(file, start..end);
                        self.weave
                            .verbatim(self.files.sources, Span::new(file, done..start));
                        self.variable(&text[start..end], place, brackets > 0);
                        done = end;
                    }
                    TokenKind::Semicolon => {
                        let data = statement.take().and_then(|first| copy_data(text, first));
                        if let Some(after) = data {
                            base = after;
                            continue 'text;
                        }
                    }
                    kind if kind.is_trivia() => {}
                    TokenKind::OpenBracket => brackets += 1,
                    TokenKind::CloseBracket => brackets = brackets.saturating_sub(1),
                    TokenKind::Word
                    | TokenKind::QuotedIdent
                    | TokenKind::String
                    | TokenKind::DollarString
                    | TokenKind::Parameter
                    | TokenKind::Number
                    | TokenKind::OpenParen
                    | TokenKind::CloseParen
                    | TokenKind::Comma
                    | TokenKind::Dot
                    | TokenKind::Other
                    | TokenKind::Unterminated
                    | TokenKind::Space
                    | TokenKind::LineComment
                    | TokenKind::BlockComment => {
                        statement.get_or_insert(start);
                    }
                }
            }
            break;
        }
        self.weave
            .verbatim(self.files.sources, Span::new(file, done..text.len()));
        None
    }

    fn variable(&mut self, written: &str, place: Span, in_brackets: bool) {
        let known = form(written).and_then(|(form, name)| Some((form, self.set.get(name)?)));
        if let Some((form, (value, set_at))) = known {
            let (text, set_at) = (quoted(form, value), *set_at);
            self.weave.instead(&text, set_at);
            return;
        }
        let at = self.weave.text().len();
        self.weave.verbatim(self.files.sources, place);
        // psql leaves what it has no value for as it stands, which in `a[1:n]` is what is meant.
        let is_slice = in_brackets && form(written).is_none_or(|(form, _)| form == Form::Raw);
        let named = form(written).is_some_and(|(_, name)| self.files.values.contains_key(name));
        if !is_slice || named {
            let value = form(written)
                .and_then(|(form, bare)| Some(quoted(form, self.files.values.get(bare)?)));
            self.spots.push(Spot {
                range: at..at + written.len(),
                name: written.to_owned(),
                value,
            });
        }
    }

    fn command(&mut self, path: &Utf8Path, line: &str, whole: Span, is_inside: bool) {
        let rest = &line[1..];
        let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '_');
        let (word, rest) = rest.split_at(end.unwrap_or(rest.len()));
        let base = base_of(word, path);
        if base.is_none() && word != "set" {
            return self.refuse(
                word,
                whole,
                "it does something on the machine of whoever runs the script, or asks the server for what is not known here",
            );
        }
        let arguments = Arguments::read(rest, &|name| {
            self.set.get(name).map(|(value, _)| value.clone())
        });
        let arguments = match arguments {
            Ok(arguments) => arguments,
            Err(why) => return self.refuse(word, whole, why),
        };
        if is_inside {
            return self.refuse(
                word,
                whole,
                "it stands inside a statement: end that with `;` before it",
            );
        }
        match base {
            Some(base) => self.include(base, &arguments, word, whole),
            None => self.set(&arguments, whole),
        }
    }

    fn set(&mut self, arguments: &Arguments, whole: Span) {
        let Some((name, values)) = arguments.words.split_first() else {
            return self.refuse("set", whole, "it names no variable");
        };
        let value = values.concat();
        let is_on = matches!(
            value.to_ascii_lowercase().as_str(),
            "" | "on" | "true" | "yes" | "1"
        );
        let fits = match name.as_str() {
            "ON_ERROR_STOP" | "AUTOCOMMIT" => is_on,
            "ON_ERROR_ROLLBACK" | "SINGLELINE" | "SINGLESTEP" | "ECHO_HIDDEN" => !is_on,
            // What is printed, and how.
            "QUIET"
            | "ECHO"
            | "VERBOSITY"
            | "SHOW_CONTEXT"
            | "FETCH_COUNT"
            | "HIDE_TABLEAM"
            | "HIDE_TOAST_COMPRESSION" => true,
            _ => {
                self.set.insert(name.clone(), (value, whole));
                return;
            }
        };
        if !fits {
            self.refuse(
                "set",
                whole,
                "a release stops at the first error and keeps its own transactions",
            );
        }
    }

    fn include(&mut self, base: &Utf8Path, arguments: &Arguments, word: &str, whole: Span) {
        let [name] = arguments.words.as_slice() else {
            return self.refuse(word, whole, "it names no file");
        };
        let path = tidy(base.join(name).as_str());
        let Some(file) = self.files.by_path.get(&path).copied() else {
            let told = format!("`{path}` is included, and is no file of the tree");
            self.sink.push(
                Diagnostic::error("missing-file", told)
                    .at(whole, "here")
                    .because("psql would read whatever lies there when the script is run")
                    .help("put the file into the tree; `\\i` begins where sqitch is started, `\\ir` beside the file"),
            );
            return;
        };
        if self.open.contains(&file) || self.open.len() > DEEPEST {
            return self.refuse(word, whole, "the file includes itself");
        }
        self.file(&path, file);
    }

    fn refuse(&mut self, word: &str, whole: Span, why: &str) {
        let told = format!("psql's `\\{word}` can't be kept in a release here");
        self.sink.push(
            Diagnostic::error("psql-command", told)
                .at(whole, "")
                .because(why)
                .help("`\\set name 'literal'`, `\\i` and `\\ir` are followed when compiling; write the rest as SQL, rows as INSERT or COPY … FROM stdin"),
        );
    }
}

/// Where a COPY's data ends, if the statement that begins at `first` is one from stdin.
fn copy_data(text: &str, first: usize) -> Option<usize> {
    let head = text.get(first..first + 4)?;
    head.eq_ignore_ascii_case("copy").then_some(())?;
    let split = lex::split(&text[first..]);
    let copy = split.statements.first()?;
    copy.copy_data.as_ref()?;
    Some(first + copy.after)
}
