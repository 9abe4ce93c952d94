//! Where statements begin and end for the server, and what psql would do instead.
//!
//! Knows just enough of the grammar to see a `BEGIN ATOMIC` body and a `COPY … FROM STDIN`: the first words of
//! a statement, the depth of parentheses, and that the `END` of a body stands where a statement could begin.

use memchr::memchr;

use super::hidden::{self, Unseen};
use super::psql::Counter;
use super::token::{BYTE_ORDER_MARK, plain_end};
use super::{Hazard, HazardKind, RawStatement, Split, Token, TokenKind, Tokens, copy, tokens};

/// The statements of `text`.
pub(super) fn split(text: &str) -> Split {
    let mut splitter = Splitter::new(text);
    loop {
        let continued = splitter.tokens.continued;
        let Some(token) = splitter.tokens.next() else {
            return splitter.finish();
        };
        splitter.take(token, continued);
    }
}

/// What the first tokens of a statement, or of a statement in a body, say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// Nothing yet.
    Start,
    /// CREATE.
    Create,
    /// CREATE OR.
    CreateOr,
    /// CREATE OR REPLACE.
    CreateOrReplace,
    /// CREATE [OR REPLACE] FUNCTION or PROCEDURE; a `BEGIN ATOMIC` may follow.
    Routine,
    /// The same, and the last token is a BEGIN.
    RoutineBegin,
    /// COPY.
    Copy,
    /// COPY, and the last token is a FROM.
    CopyFrom,
    /// COPY … FROM STDIN.
    CopyFromStdin,
    /// Anything else.
    Other,
}

struct Splitter<'a> {
    text: &'a str,
    tokens: Tokens<'a>,
    /// What is still to come of the unseen characters, the next one last.
    unseen: Vec<(usize, Unseen)>,
    next_unseen: usize,
    has_carriage_return: bool,
    split: Split,
    lead: usize,
    /// First and one past the last byte of the statement so far.
    span: Option<(usize, usize)>,
    hazards: Vec<Hazard>,
    head: Head,
    parens: usize,
    /// Where the outermost open parenthesis stands.
    paren: usize,
    /// Where the open `BEGIN ATOMIC` bodies begin.
    bodies: Vec<usize>,
    /// Where the BEGIN stands that [`Head::RoutineBegin`] speaks of.
    begin: usize,
    psql: Counter,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut unseen = hidden::find(text);
        unseen.reverse();
        Self {
            text,
            tokens: tokens(text),
            next_unseen: unseen.last().map_or(usize::MAX, |&(at, _)| at),
            unseen,
            has_carriage_return: memchr(b'\r', bytes).is_some(),
            split: Split::default(),
            lead: if bytes.starts_with(BYTE_ORDER_MARK) {
                BYTE_ORDER_MARK.len()
            } else {
                0
            },
            span: None,
            hazards: Vec::new(),
            head: Head::Start,
            parens: 0,
            paren: 0,
            bodies: Vec::new(),
            begin: 0,
            psql: Counter::default(),
        }
    }

    #[inline]
    fn take(&mut self, token: Token, continued: usize) {
        if token.end > self.next_unseen {
            self.unseen(token.kind, token.end);
        }
        match token.kind {
            TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment => return,
            TokenKind::Semicolon => {
                if self.semicolon(token) {
                    return;
                }
            }
            TokenKind::Word => self.word(token),
            TokenKind::OpenParen => {
                if self.parens == 0 {
                    self.paren = token.start;
                }
                self.parens += 1;
                self.not_a_word();
            }
            TokenKind::CloseParen => {
                self.parens = self.parens.saturating_sub(1);
                self.not_a_word();
            }
            TokenKind::Comma | TokenKind::Dot | TokenKind::Number | TokenKind::Other => {
                self.not_a_word();
            }
            TokenKind::OpenBracket | TokenKind::CloseBracket | TokenKind::Parameter => {
                self.not_a_word();
            }
            TokenKind::QuotedIdent | TokenKind::String | TokenKind::DollarString => {
                self.quoted(token, continued);
            }
            TokenKind::PsqlVariable => self.marked(HazardKind::Variable, token),
            TokenKind::Backslash => self.marked(HazardKind::Backslash, token),
            TokenKind::Unterminated => {
                self.split.unclosed = Some((token.start, self.unterminated(token.start)));
                self.quoted(token, continued);
            }
        }
        match &mut self.span {
            Some((_, end)) => *end = token.end,
            None => self.span = Some((token.start, token.end)),
        }
    }

    #[inline]
    fn not_a_word(&mut self) {
        match self.head {
            Head::Routine | Head::Copy | Head::CopyFromStdin | Head::Other => {}
            Head::RoutineBegin => self.head = Head::Routine,
            Head::CopyFrom => self.head = Head::Copy,
            Head::Start | Head::Create | Head::CreateOr | Head::CreateOrReplace => {
                self.head = Head::Other;
            }
        }
    }

    #[inline]
    fn word(&mut self, token: Token) {
        let bytes = self.text.as_bytes();
        self.psql.word(bytes, token.range(), self.parens);
        if self.head == Head::Other {
            return;
        }
        let word = &bytes[token.range()];
        let is = |known: &str| word.eq_ignore_ascii_case(known.as_bytes());
        self.head = match self.head {
            Head::Start if is("create") => Head::Create,
            Head::Start if is("copy") => Head::Copy,
            Head::Start if is("end") && self.parens == 0 && !self.bodies.is_empty() => {
                self.bodies.pop();
                Head::Other
            }
            Head::Create if is("or") => Head::CreateOr,
            Head::CreateOr if is("replace") => Head::CreateOrReplace,
            Head::Create | Head::CreateOrReplace if is("function") || is("procedure") => {
                Head::Routine
            }
            Head::Routine | Head::RoutineBegin if self.parens == 0 && is("begin") => {
                self.begin = token.start;
                Head::RoutineBegin
            }
            Head::RoutineBegin if is("atomic") => {
                self.bodies.push(self.begin);
                self.hazard(HazardKind::AtomicBody, self.begin, token.end);
                Head::Start
            }
            Head::Routine | Head::RoutineBegin => Head::Routine,
            Head::Copy | Head::CopyFrom if self.parens == 0 && is("from") => Head::CopyFrom,
            // `FROM STDOUT` is taken for `FROM STDIN` by the server's grammar (gram.y, copy_file_name).
            Head::CopyFrom if is("stdin") || is("stdout") => Head::CopyFromStdin,
            Head::Copy | Head::CopyFrom => Head::Copy,
            Head::CopyFromStdin => Head::CopyFromStdin,
            Head::Start | Head::Create | Head::CreateOr | Head::CreateOrReplace | Head::Other => {
                Head::Other
            }
        };
    }

    /// A quoted thing: what is inside is not looked at, except for carriage returns.
    fn quoted(&mut self, token: Token, continued: usize) {
        self.not_a_word();
        let bytes = self.text.as_bytes();
        if self.has_carriage_return
            && let Some(found) = memchr(b'\r', &bytes[token.range()])
        {
            let at = token.start + found;
            self.hazard(HazardKind::CarriageReturn, at, at + 1);
        }
        if token.start == continued {
            let seen = &bytes[..bytes.len().min(token.end + 1)];
            if plain_end(seen, token.start + 1, b'\'') != Some(token.end) {
                self.hazard(HazardKind::EscapeContinuation, token.start, token.end);
            }
        }
    }

    fn marked(&mut self, kind: HazardKind, token: Token) {
        self.not_a_word();
        self.hazard(kind, token.start, token.end);
    }

    /// Whether it ended a statement (or an empty one).
    fn semicolon(&mut self, token: Token) -> bool {
        if self.parens > 0 {
            self.not_a_word();
            return false;
        }
        if !self.bodies.is_empty() {
            if self.psql.is_outside() {
                self.misjudged();
            }
            self.head = Head::Start;
            return false;
        }
        if self.span.is_none() {
            self.lead = token.end;
            self.psql.reset();
            return true;
        }
        self.end_statement(token.end, true);
        true
    }

    fn end_statement(&mut self, semicolon_end: usize, terminated: bool) {
        let Some((start, end)) = self.span.take() else {
            return;
        };
        if !self.psql.is_outside() {
            self.misjudged();
        }
        let mut after = semicolon_end;
        let mut copy_data = None;
        if terminated && self.head == Head::CopyFromStdin {
            let data = copy::data(self.text, semicolon_end);
            if let Some(line) = data.same_line {
                self.hazard(HazardKind::AfterCopy, line.start, line.end);
            }
            after = data.after;
            copy_data = Some(data.lines);
            self.unseen(TokenKind::String, after);
            self.tokens.skip_to(after);
        }
        self.split.statements.push(RawStatement {
            lead: self.lead,
            start,
            end,
            after,
            terminated,
            copy_data,
            hazards: std::mem::take(&mut self.hazards),
        });
        self.lead = after;
        self.head = Head::Start;
        self.psql.reset();
    }

    /// psql's counter is wrong here: points at the word that was counted last.
    fn misjudged(&mut self) {
        let known = |hazard: &Hazard| hazard.kind == HazardKind::BeginDepth;
        if let Some(word) = self.psql.counted()
            && !self.hazards.iter().any(known)
        {
            self.hazard(HazardKind::BeginDepth, word.start, word.end);
        }
    }

    fn hazard(&mut self, kind: HazardKind, start: usize, end: usize) {
        self.hazards.push(Hazard { kind, start, end });
    }

    /// Reports the unseen characters before `end`, which lie in tokens of this kind.
    #[cold]
    fn unseen(&mut self, token: TokenKind, end: usize) {
        let inside = match token {
            TokenKind::LineComment
            | TokenKind::BlockComment
            | TokenKind::QuotedIdent
            | TokenKind::String
            | TokenKind::DollarString
            | TokenKind::Unterminated => true,
            TokenKind::Space
            | TokenKind::Word
            | TokenKind::Parameter
            | TokenKind::Number
            | TokenKind::Semicolon
            | TokenKind::OpenParen
            | TokenKind::CloseParen
            | TokenKind::OpenBracket
            | TokenKind::CloseBracket
            | TokenKind::Comma
            | TokenKind::Dot
            | TokenKind::PsqlVariable
            | TokenKind::Backslash
            | TokenKind::Other => false,
        };
        while let Some(&(at, kind)) = self.unseen.last()
            && at < end
        {
            self.unseen.pop();
            let hazard = match kind {
                Unseen::Nul => HazardKind::Nul,
                Unseen::Hidden if inside => HazardKind::HiddenInside,
                Unseen::NoBreakSpace if inside => continue,
                Unseen::Hidden | Unseen::NoBreakSpace => HazardKind::HiddenOutside,
            };
            self.hazard(hazard, at, at + hidden::width(kind));
        }
        self.next_unseen = self.unseen.last().map_or(usize::MAX, |&(at, _)| at);
    }

    fn unterminated(&self, start: usize) -> &'static str {
        match self.text.as_bytes()[start] {
            b'/' => "block comment",
            b'$' => "dollar-quoted string",
            b'"' => "quoted identifier",
            b'u' | b'U' if self.text.as_bytes().get(start + 2) == Some(&b'"') => {
                "quoted identifier"
            }
            _ => "quoted string",
        }
    }

    fn finish(mut self) -> Split {
        let open = if self.parens > 0 {
            Some((self.paren, "parenthesis"))
        } else {
            self.bodies.first().map(|&at| (at, "BEGIN ATOMIC body"))
        };
        self.split.unclosed = self.split.unclosed.or(open);
        self.end_statement(self.text.len(), false);
        self.split.tail = self.hazards;
        self.split
    }
}
