//! Where statements begin and end for the server, and what psql would do instead.
//!
//! Knows just enough of the grammar to see a `BEGIN ATOMIC` body and a `COPY … FROM STDIN`: the first words of
//! a statement, the depth of parentheses, and that the `END` of a body stands where a statement could begin.

use memchr::memchr;

use super::head::Head;
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
    /// Where the last BEGIN of a routine stands.
    begin: usize,
    psql: Counter,
    /// Whether [`HazardKind::BeginDepth`] is reported for the statement.
    is_misjudged: bool,
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
            is_misjudged: false,
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
            TokenKind::Comma
            | TokenKind::Dot
            | TokenKind::Other
            | TokenKind::OpenBracket
            | TokenKind::CloseBracket => self.not_a_word(),
            TokenKind::Number | TokenKind::Parameter => {
                if self.tokens.is_identifier_at(token.end) {
                    self.hazard(HazardKind::NumberTail, token.start, token.end);
                }
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
        self.head = self.head.other();
    }

    #[inline]
    fn word(&mut self, token: Token) {
        let bytes = self.text.as_bytes();
        self.psql.word(bytes, token.range(), self.parens);
        if self.head == Head::Other {
            return;
        }
        if self.parens > 0 {
            return self.not_a_word();
        }
        self.head = self.head.word(&bytes[token.range()]);
        match self.head {
            Head::RoutineBegin => self.begin = token.start,
            Head::Atomic => {
                self.bodies.push(self.begin);
                self.hazard(HazardKind::AtomicBody, self.begin, token.end);
            }
            Head::BodyEnd => {
                self.bodies.pop();
            }
            Head::Start
            | Head::Create
            | Head::CreateOr
            | Head::CreateOrReplace
            | Head::Routine
            | Head::Copy
            | Head::CopyFrom
            | Head::CopyFromStdin
            | Head::Other => {}
        }
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
        self.is_misjudged = false;
    }

    /// psql's counter is wrong here: points, once, at the word that was counted last.
    fn misjudged(&mut self) {
        if let Some(word) = self.psql.counted()
            && !self.is_misjudged
        {
            self.is_misjudged = true;
            self.hazard(HazardKind::BeginDepth, word.start, word.end);
        }
    }

    fn hazard(&mut self, kind: HazardKind, start: usize, end: usize) {
        self.hazards.push(Hazard { kind, start, end });
    }

    /// Reports the unseen characters before `end`, which lie in tokens of this kind.
    #[cold]
    fn unseen(&mut self, token: TokenKind, end: usize) {
        let inside = token.is_opaque();
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::lex::{HazardKind, split};

    /// Each fixture ends with a line `--= first..last hazards` per statement (line numbers from 1; `copy
    /// first..last` for its data), and `--! line what` when something is left open.
    fn check(name: &str, text: &str) {
        let line = |at: usize| 1 + text[..at].matches('\n').count();
        let split = split(text);
        let mut got: Vec<String> = Vec::new();
        for statement in &split.statements {
            let mut entry = format!("--= {}..{}", line(statement.start), line(statement.end));
            for hazard in &statement.hazards {
                write!(entry, " {:?}", hazard.kind).expect("a string takes everything");
            }
            if let Some(data) = statement.copy_data.clone() {
                let (first, last) = (line(data.start), line(data.end) - 1);
                write!(entry, " copy {first}..{last}").expect("a string takes everything");
            }
            got.push(entry);
        }
        if let Some((at, what)) = split.unclosed {
            got.push(format!("--! {} {what}", line(at)));
        }
        let want: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("--= ") || line.starts_with("--! "))
            .collect();
        assert_eq!(got, want, "{name}");
    }

    #[test]
    fn fixtures_split_as_they_say() {
        for (name, text) in [
            ("atomic", include_str!("../../tests/sql/split/atomic.sql")),
            ("copy", include_str!("../../tests/sql/split/copy.sql")),
            ("open", include_str!("../../tests/sql/split/open.sql")),
            ("psql", include_str!("../../tests/sql/split/psql.sql")),
            ("quotes", include_str!("../../tests/sql/split/quotes.sql")),
        ] {
            check(name, text);
        }
    }

    fn texts(text: &str) -> Vec<&str> {
        split(text)
            .statements
            .iter()
            .map(|statement| &text[statement.start..statement.end])
            .collect()
    }

    /// The hazards of a text, with what they point at.
    fn hazards(text: &str) -> Vec<(HazardKind, &str)> {
        let split = split(text);
        split
            .statements
            .iter()
            .flat_map(|statement| &statement.hazards)
            .chain(&split.tail)
            .map(|hazard| (hazard.kind, &text[hazard.start..hazard.end]))
            .collect()
    }

    #[test]
    fn spans_leave_comments_to_the_statement_below_them() {
        let text = "-- one\nselect 1 -- tail\n ; -- two\nselect 2 -- end";
        let split = split(text);
        let spans: Vec<_> = split
            .statements
            .iter()
            .map(|it| (it.lead, it.start, it.end, it.after, it.terminated))
            .collect();
        assert_eq!(spans, [(0, 7, 15, 26, true), (26, 34, 42, 49, false)]);
    }

    #[test]
    fn empty_statements_are_none_and_not_in_the_lead() {
        let split = split("/* a */ ;; select 1 ;;\n;");
        assert_eq!(split.statements.len(), 1);
        assert_eq!(split.statements[0].lead, 10);
        assert_eq!(texts(" ; -- nothing\n"), [""; 0]);
    }

    #[test]
    fn a_byte_order_mark_is_not_in_the_lead() {
        let split = split("\u{feff}select 1");
        let statement = &split.statements[0];
        assert_eq!((statement.lead, statement.start), (3, 3));
        assert_eq!(statement.hazards, []);
    }

    #[test]
    fn an_empty_statement_does_not_lose_what_was_seen_before_it() {
        assert_eq!(
            hazards("-- \u{202e}\n; select 1;"),
            [(HazardKind::HiddenInside, "\u{202e}")]
        );
    }

    #[test]
    fn hidden_characters_are_told_by_place() {
        assert_eq!(
            hazards("select '\u{200b}\u{a0}', a\u{a0}b; -- \u{feff}"),
            [
                (HazardKind::HiddenInside, "\u{200b}"),
                (HazardKind::HiddenOutside, "\u{a0}"),
                (HazardKind::HiddenInside, "\u{feff}"),
            ]
        );
    }

    #[test]
    fn nul_is_a_hazard_everywhere() {
        assert_eq!(
            hazards("select '\0'; -- \0"),
            [(HazardKind::Nul, "\0"), (HazardKind::Nul, "\0")]
        );
    }

    #[test]
    fn a_carriage_return_counts_in_values_only() {
        assert_eq!(hazards("select 1, -- a\r\n 2;\r\n"), []);
        assert_eq!(
            hazards("do $$\r\n$$;"),
            [(HazardKind::CarriageReturn, "\r")]
        );
    }

    #[test]
    fn the_word_that_misleads_psql_is_pointed_at() {
        let text = "create function s.begin() returns int language sql as 'select 1'; vacuum;";
        assert_eq!(hazards(text), [(HazardKind::BeginDepth, "begin")]);
        assert_eq!(texts(text).len(), 2);
    }

    #[test]
    fn an_atomic_body_keeps_its_semicolons_and_nothing_else_does() {
        for (text, want) in [
            ("create function f() begin atomic select 1; end; x", 2),
            ("create function f() begin atomic end; x", 2),
            ("create function f() begin atomic; select 1;; end; x", 2),
            (
                "create or replace procedure f() BEGIN/**/ATOMIC select a.end; END; x",
                2,
            ),
            (
                "create function f() begin atomic select 1 as end; select 2 end; end; x",
                2,
            ),
            (
                "create function f() begin atomic select case when a then b end; end; x",
                2,
            ),
            (
                "create function f() set a to begin begin atomic select 1; end; x",
                2,
            ),
            ("begin atomic; end; x", 3),
            ("create view f as begin atomic; end; x", 3),
            (r#"create function f() "begin" atomic select 1; end; x"#, 3),
            ("create function f() begin (atomic) select 1; end; x", 3),
        ] {
            assert_eq!(texts(text).len(), want, "{text}");
        }
    }
}
