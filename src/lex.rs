//! Tokens and statement boundaries of PostgreSQL SQL, at memory speed, with psql's scanner simulated.
//!
//! Knows no grammar. Every byte of the input is in exactly one token, and every span that is shown or emitted
//! comes from here.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks, tabs, newlines, form feeds, carriage returns.
    Space,
    /// `--` to the end of the line, without the newline.
    LineComment,
    /// `/* */`, nested.
    BlockComment,
    /// An unquoted identifier or keyword. Bytes from 0x80 up belong to words.
    Word,
    /// `"…"` and `U&"…"`.
    QuotedIdent,
    /// `'…'` with its prefix, if any (`E`, `B`, `X`, `N`, `U&`), without continuation lines.
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
    /// Anything else: operators, `:`, `::`, `:=`, control characters.
    Other,
    /// A quote, comment or dollar quote that does not end. It runs to the end of the text.
    Unterminated,
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

/// Statements of a text, and what stands after the last one.
#[derive(Debug, Default)]
pub struct Split {
    /// In order.
    pub statements: Vec<RawStatement>,
    /// A quote or parenthesis left open at the end of the text: its offset and what it is.
    pub unclosed: Option<(usize, &'static str)>,
}

/// One statement by the server's own rules (a `;` inside parentheses or a `BEGIN ATOMIC` body does not end it).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawStatement {
    /// End of the statement before (after its `;`), or 0: comments and blanks before the statement begin here.
    pub lead: usize,
    /// First byte of the first token that is neither space nor comment.
    pub start: usize,
    /// One past the last such token, the `;` excluded.
    pub end: usize,
    /// One past the `;`, or the end of the text.
    pub after: usize,
    /// Whether a `;` ends it.
    pub terminated: bool,
    /// Why psql (some version from 13 to 18) would not send it as it is written.
    pub hazards: Vec<Hazard>,
}

/// Something psql reads otherwise than the server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hazard {
    /// What.
    pub kind: HazardKind,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Kinds of [`Hazard`]. `postgres-facts` 3.1 and 3.2 hold the experiments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HazardKind {
    /// `:name` and its quoted forms outside quotes: psql puts a variable's value there.
    Variable,
    /// A backslash outside quotes and comments.
    Backslash,
    /// A `BEGIN ATOMIC` body: psql 13 ends the statement at the first `;` in it.
    AtomicBody,
    /// psql 14 and later count `begin`, `case` and `end` to a depth other than zero at the statement's end,
    /// and would glue the next statements to it.
    BeginDepth,
    /// A NUL byte: psql drops the rest of the line.
    Nul,
    /// A carriage return inside a literal or body: the value depends on the checkout.
    CarriageReturn,
    /// A bidirectional control or zero-width character inside a string, comment, quoted name or body.
    HiddenInside,
    /// The same, or a no-break space, outside: the statement is not what it looks like.
    HiddenOutside,
}
