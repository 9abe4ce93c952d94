//! Tokens and statement boundaries of PostgreSQL SQL, at memory speed, with psql's scanner simulated.
//!
//! Knows no grammar. Every byte of the input is in exactly one token, and every span that is shown or emitted
//! comes from here. The rules are those of PostgreSQL's `scan.l` (with `standard_conforming_strings` on) and
//! of psql's `psqlscan.l`; where the two differ, the server's reading decides and a [`Hazard`] says so.

use std::ops::Range;

mod boundary;
mod copy;
mod head;
mod hidden;
mod number;
#[cfg(test)]
mod properties;
mod psql;
mod token;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks, tabs, newlines, form feeds, carriage returns, vertical tabs (white space from server 17 on, a
    /// syntax error before), and a byte order mark at offset 0.
    Space,
    /// `--` to the end of the line, without the newline. A lone carriage return ends the line too.
    LineComment,
    /// `/* */`, nested.
    BlockComment,
    /// An unquoted identifier or keyword. Bytes from 0x80 up belong to words.
    Word,
    /// `"…"` and `U&"…"`.
    QuotedIdent,
    /// `'…'` with its prefix, if any (`E`, `B`, `X`, `N`, `U&`). A continuation on a later line is a token of
    /// its own, without prefix; after an `E` string its backslashes count as escapes all the same.
    String,
    /// `$tag$…$tag$`.
    DollarString,
    /// `$1`.
    Parameter,
    /// A number.
    Number,
    /// `;`
    Semicolon,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `:name`, `:'name'`, `:"name"`, `:{?name}`: psql would put a variable's value here.
    PsqlVariable,
    /// `\`: psql would read a command here.
    Backslash,
    /// Anything else: operators, `:`, `::`, `:=`, `..`, control characters.
    Other,
    /// A quote, comment or dollar quote that does not end. It runs to the end of the text.
    Unterminated,
}

impl TokenKind {
    /// Whether it is space or a comment, which the server reads as nothing.
    pub fn is_trivia(self) -> bool {
        matches!(self, Self::Space | Self::LineComment | Self::BlockComment)
    }

    /// Whether it is a quote or comment, in which any character may stand.
    pub fn is_opaque(self) -> bool {
        matches!(
            self,
            Self::LineComment
                | Self::BlockComment
                | Self::QuotedIdent
                | Self::String
                | Self::DollarString
                | Self::Unterminated
        )
    }
}

/// A token: `text[start..end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Token {
    /// The bytes it covers, as a range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// The tokens of a text, in order and without gaps. Made by [`tokens`] and [`tokens_in`].
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    /// The text up to the end of the range that is read.
    bytes: &'a [u8],
    /// Where the next token begins.
    at: usize,
    /// Where a `'` goes on with the escape string before it; `usize::MAX` when nowhere.
    continued: usize,
    /// Up to where nothing but single `+` and `-` operators stand.
    signs: usize,
}

/// Statements of a text, and what stands after the last one.
#[derive(Debug, Default)]
pub struct Split {
    /// In order.
    pub statements: Vec<RawStatement>,
    /// What is left open at the end of the text, so that whatever is emitted next would be swallowed: its
    /// offset and what it is ("quoted string", "parenthesis", "BEGIN ATOMIC body", …).
    pub unclosed: Option<(usize, &'static str)>,
    /// Hazards in the comments after the last statement.
    pub tail: Vec<Hazard>,
}

/// One statement by the server's own rules (a `;` inside parentheses or a `BEGIN ATOMIC` body does not end it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawStatement {
    /// Where the comments and blanks before the statement begin: one past the `;` (or the data lines) before
    /// it. A byte order mark at the start of the text and the `;` of empty statements are not in it.
    pub lead: usize,
    /// First byte of the first token that is neither space nor comment.
    pub start: usize,
    /// One past the last such token, the `;` excluded.
    pub end: usize,
    /// One past the `;` (for a `COPY … FROM STDIN`, one past its data and their `\.` line), or the end of the
    /// text.
    pub after: usize,
    /// Whether a `;` ends it.
    pub terminated: bool,
    /// The data lines of a `COPY … FROM STDIN;`, without the `\.` line; psql takes them from the line after
    /// the `;` to a line `\.` or the end of the text. They are not SQL, and [`tokens`] of the whole text would
    /// misread them.
    pub copy_data: Option<Range<usize>>,
    /// Why psql (some version from 13 to 18) would not send it as it is written.
    pub hazards: Vec<Hazard>,
}

/// Something psql reads otherwise than the server does, or a reader otherwise than both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hazard {
    /// What.
    pub kind: HazardKind,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Kinds of [`Hazard`], each found by running psql 12 to 18 (`psqlscan.l` and `psqlscanslash.l` say why).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HazardKind {
    /// `:name` and its quoted forms outside quotes: psql puts a variable's value there.
    Variable,
    /// A backslash outside quotes and comments.
    Backslash,
    /// A `BEGIN ATOMIC` body: psql 13 ends the statement at the first `;` in it.
    AtomicBody,
    /// psql 14 and later count `begin`, `case` and `end`, and the count is zero where the statement goes on,
    /// or other than zero at its end: they would cut it, or glue the next statements to it.
    BeginDepth,
    /// An escape string (`E'…'`) goes on in a later line, and a backslash there hides a quote. psql forgets
    /// the `E` at the end of the line and ends the string elsewhere than the server (tried with psql 15.20).
    EscapeContinuation,
    /// A number or parameter with a letter, `_` or `$` directly after it (`1from`, `$1and`, `1e3$x$`). Scanners
    /// before 15 read two tokens, 15 takes one letter to the number, 16 and later the whole name; the servers
    /// from 15 on refuse it.
    NumberTail,
    /// Something stands after the `;` on the line of a `COPY … FROM STDIN;`: psql runs it after the data.
    /// It is in no statement of the split.
    AfterCopy,
    /// A NUL byte: psql drops the rest of the line.
    Nul,
    /// A carriage return inside a literal or body: the value depends on the checkout.
    CarriageReturn,
    /// A bidirectional control or zero-width character inside a string, comment, quoted name or body.
    HiddenInside,
    /// The same, or a no-break space, outside: the statement is not what it looks like.
    HiddenOutside,
}

/// The tokens of `text`. They concatenate to it.
///
/// Data lines of `COPY … FROM STDIN` are not known here and are read as if they were SQL; [`split`] knows them.
pub fn tokens(text: &str) -> Tokens<'_> {
    tokens_in(text, 0..text.len())
}

/// The tokens of a part of `text`, with offsets into `text`. The part should begin where a token begins, as
/// the spans of a [`RawStatement`] do.
pub fn tokens_in(text: &str, range: Range<usize>) -> Tokens<'_> {
    let end = range.end.min(text.len());
    Tokens {
        bytes: &text.as_bytes()[..end],
        at: range.start.min(end),
        continued: usize::MAX,
        signs: 0,
    }
}

/// The statements of `text` by the server's rules, each with what psql would make of it.
pub fn split(text: &str) -> Split {
    boundary::split(text)
}
