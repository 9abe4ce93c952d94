//! Where the directives of a native file stand: comments that begin with `--!` at column 0.
//!
//! Only the lexer knows what is a comment, and only a look at COPY tells which lines are data.

use std::ops::Range;

use super::cut::{DATA, MARK, STEP, Word, word_length};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex::{self, Token, TokenKind};
use crate::source::{FileId, Span};

/// The directives after `from`, without their line ends. Nothing is lexed beyond the last `--!`.
pub(super) fn find(text: &str, file: FileId, from: usize, sink: &mut Sink) -> Vec<Range<usize>> {
    let mut finder = Finder {
        text,
        file,
        marks: memchr::memmem::find_iter(&text.as_bytes()[from..], MARK)
            .map(|at| from + at)
            .collect(),
        next: 0,
        found: Vec::new(),
        copy: Progress::Start,
        parens: 0,
    };
    let mut at = from;
    while let Some(next) = finder.read(at, sink) {
        at = next;
    }
    finder.found
}

/// How far a statement is on its way to being a `COPY … FROM STDIN`, whose data follow its `;`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Start,
    Copy,
    From,
    FromStdin,
    Other,
}

struct Finder<'t> {
    text: &'t str,
    file: FileId,
    /// Where a `--!` stands, in a comment or not.
    marks: Vec<usize>,
    /// The first of them that is not passed.
    next: usize,
    found: Vec<Range<usize>>,
    copy: Progress,
    parens: usize,
}

impl Finder<'_> {
    /// Reads tokens from `at`. Gives where to go on, behind data; `None` at the end.
    fn read(&mut self, at: usize, sink: &mut Sink) -> Option<usize> {
        for token in lex::tokens_in(self.text, at..self.text.len()) {
            self.pass(token.start);
            let mark = *self.marks.get(self.next)?;
            if token.kind == TokenKind::LineComment && mark == token.start {
                self.comment(token, sink);
            } else if token.kind == TokenKind::Unterminated {
                self.hidden(token.start, sink);
                return None;
            } else if token.kind == TokenKind::Semicolon && self.parens == 0 {
                if self.copy == Progress::FromStdin {
                    self.copy = Progress::Start;
                    return self.data(token, sink);
                }
                self.copy = Progress::Start;
            } else if !token.kind.is_trivia() {
                self.watch(token);
            }
        }
        None
    }

    fn pass(&mut self, at: usize) {
        while self.marks.get(self.next).is_some_and(|mark| *mark < at) {
            self.next += 1;
        }
    }

    fn comment(&mut self, token: Token, sink: &mut Sink) {
        if self.begins_line(token.start) {
            self.found.push(token.range());
            // Whatever stands open before a section is not the next section's.
            self.copy = Progress::Start;
            self.parens = 0;
        } else if is_known(&self.text[token.start + MARK.len()..token.end]) {
            let told = "this is a comment: a directive begins at the start of its line";
            sink.push(
                Diagnostic::warning("indented-directive", told)
                    .at(Span::new(self.file, token.range()), "nothing comes of it")
                    .help("move it to the start of the line"),
            );
        }
    }

    fn watch(&mut self, token: Token) {
        if token.kind == TokenKind::OpenParen {
            self.parens += 1;
        } else if token.kind == TokenKind::CloseParen {
            self.parens = self.parens.saturating_sub(1);
        }
        let word = |word: &str| {
            token.kind == TokenKind::Word && self.text[token.range()].eq_ignore_ascii_case(word)
        };
        self.copy = match self.copy {
            Progress::Start if word("copy") => Progress::Copy,
            Progress::Start | Progress::Other => Progress::Other,
            Progress::FromStdin => Progress::FromStdin,
            Progress::Copy | Progress::From if self.parens == 0 && word("from") => Progress::From,
            // The server's grammar takes `FROM STDOUT` too (`copy_file_name` in gram.y).
            Progress::From if word("stdin") || word("stdout") => Progress::FromStdin,
            Progress::Copy | Progress::From => Progress::Copy,
        };
    }

    /// Where the data end that follow a `;`: behind a line that is `\\.`.
    fn data(&mut self, semicolon: Token, sink: &mut Sink) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let start = semicolon.end + memchr::memchr(b'\n', &bytes[semicolon.end..])? + 1;
        let mut at = start;
        for line in self.text[start..].split_inclusive('\n') {
            at += line.len();
            if line.trim_end_matches('\n') == "\\." {
                return Some(at);
            }
        }
        self.pass(start);
        self.hidden(semicolon.start, sink);
        None
    }

    /// Reports the first directive that what is opened at `from` hides.
    fn hidden(&self, from: usize, sink: &mut Sink) {
        let marks = &self.marks[self.next..];
        let Some(hidden) = marks.iter().copied().find(|mark| self.begins_line(*mark)) else {
            return;
        };
        let line = |at: usize| {
            let rest = &self.text[at..];
            let end = at + rest.find('\n').unwrap_or(rest.len());
            Span::new(self.file, at..end)
        };
        let told = "something that is opened here does not end, and hides the directives below it";
        sink.push(
            Diagnostic::error("unclosed", told)
                .at(line(from), "opened here")
                .at(line(hidden), "not read")
                .help("close the quote or comment; data of COPY end with a line `\\.`"),
        );
    }

    fn begins_line(&self, at: usize) -> bool {
        at == 0 || self.text.as_bytes()[at - 1] == b'\n'
    }
}

/// Whether what follows a `--!` is a directive that some file may have.
pub(super) fn is_known(rest: &str) -> bool {
    let rest = rest.trim_ascii();
    let word = &rest[..word_length(rest)];
    [DATA, STEP].contains(&word) || Word::ALL.into_iter().any(|known| known.text() == word)
}
