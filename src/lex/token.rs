//! One token at a time: PostgreSQL's `scan.l`, with psql's variables and backslashes from `psqlscan.l`.
//!
//! Does not know where a statement ends. Every step is a table look-up or a `memchr`, and no byte is looked
//! at more than a fixed number of times.

use memchr::{memchr, memchr2};

use super::{Token, TokenKind, Tokens};

/// White space.
const SPACE: u8 = 1;
/// May stand in an identifier after its first byte.
const IDENT: u8 = 2;
/// May begin an identifier.
const IDENT_START: u8 = 4;
/// May stand in an operator.
const OPERATOR: u8 = 8;
/// May stand in a psql variable's name or a dollar quote's tag.
const ALNUM: u8 = 16;
/// A decimal digit.
pub(super) const DIGIT: u8 = 32;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte: u8 = 0;
    loop {
        let mut class = 0;
        if matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) {
            class |= SPACE;
        }
        if matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80..) {
            class |= IDENT | IDENT_START | ALNUM;
        }
        if byte.is_ascii_digit() {
            class |= IDENT | ALNUM | DIGIT;
        }
        if byte == b'$' {
            class |= IDENT;
        }
        table[byte as usize] = class;
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    let operators = b"~!@#^&|`?+-*/%<>=";
    let mut at = 0;
    while at < operators.len() {
        table[operators[at] as usize] |= OPERATOR;
        at += 1;
    }
    table
}

/// The byte order mark in UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Iterator for Tokens<'_> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let first = *self.bytes.get(start)?;
        let (kind, end) = self.scan(start, first);
        self.at = end;
        Some(Token { kind, start, end })
    }
}

impl Tokens<'_> {
    /// Whether the byte at `at` could go on an identifier.
    pub(super) fn is_identifier_at(&self, at: usize) -> bool {
        self.has(at, IDENT)
    }

    /// Goes on at `at`: what lies between was read by somebody else.
    pub(super) fn skip_to(&mut self, at: usize) {
        self.at = at.min(self.bytes.len());
    }

    #[inline]
    fn scan(&mut self, start: usize, first: u8) -> (TokenKind, usize) {
        let one = start + 1;
        match first {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => (TokenKind::Space, self.run(one, SPACE)),
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => self.word(start, first),
            0x80.. => {
                if start == 0 && self.bytes.starts_with(BYTE_ORDER_MARK) {
                    return (TokenKind::Space, BYTE_ORDER_MARK.len());
                }
                (TokenKind::Word, self.run(one, IDENT))
            }
            b',' => (TokenKind::Comma, one),
            b'(' => (TokenKind::OpenParen, one),
            b')' => (TokenKind::CloseParen, one),
            b';' => (TokenKind::Semicolon, one),
            b'[' => (TokenKind::OpenBracket, one),
            b']' => (TokenKind::CloseBracket, one),
            b'\\' => (TokenKind::Backslash, one),
            b'.' => self.dot(start),
            b'0'..=b'9' => (TokenKind::Number, self.number(start)),
            b'\'' if start == self.continued => self.escape_string(one),
            b'\'' => self.plain(TokenKind::String, one, b'\''),
            b'"' => self.plain(TokenKind::QuotedIdent, one, b'"'),
            b'$' => self.dollar(start),
            b':' => self.colon(start),
            b'-' if self.is(one, b'-') => (TokenKind::LineComment, self.line_end(one + 1)),
            b'/' if self.is(one, b'*') => self.block_comment(one + 1),
            _ if CLASS[usize::from(first)] & OPERATOR != 0 => {
                (TokenKind::Other, self.operator(start))
            }
            _ => (TokenKind::Other, one),
        }
    }

    #[inline]
    pub(super) fn is(&self, at: usize, byte: u8) -> bool {
        self.bytes.get(at) == Some(&byte)
    }

    #[inline]
    pub(super) fn has(&self, at: usize, class: u8) -> bool {
        self.bytes
            .get(at)
            .is_some_and(|&byte| CLASS[usize::from(byte)] & class != 0)
    }

    /// The end of the run of `class` that begins at `at` (maybe empty).
    #[inline]
    pub(super) fn run(&self, mut at: usize, class: u8) -> usize {
        while self.has(at, class) {
            at += 1;
        }
        at
    }

    /// An identifier, or a quote whose prefix looks like one.
    #[inline]
    fn word(&mut self, start: usize, first: u8) -> (TokenKind, usize) {
        let end = self.run(start + 1, IDENT);
        if end == start + 1 && end < self.bytes.len() {
            match (first, self.bytes[end]) {
                (b'e' | b'E', b'\'') => return self.escape_string(end + 1),
                (b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'') => {
                    return self.plain(TokenKind::String, end + 1, b'\'');
                }
                (b'u' | b'U', b'&') if self.is(end + 1, b'\'') => {
                    return self.plain(TokenKind::String, end + 2, b'\'');
                }
                (b'u' | b'U', b'&') if self.is(end + 1, b'"') => {
                    return self.plain(TokenKind::QuotedIdent, end + 2, b'"');
                }
                _ => {}
            }
        }
        (TokenKind::Word, end)
    }

    /// A quote in which only the doubled quote is special; `at` is inside.
    fn plain(&self, kind: TokenKind, at: usize, quote: u8) -> (TokenKind, usize) {
        match plain_end(self.bytes, at, quote) {
            Some(end) => (kind, end),
            None => (TokenKind::Unterminated, self.bytes.len()),
        }
    }

    /// A string in which a backslash escapes; `at` is inside.
    fn escape_string(&mut self, mut at: usize) -> (TokenKind, usize) {
        while let Some(found) = self
            .bytes
            .get(at..)
            .and_then(|rest| memchr2(b'\'', b'\\', rest))
        {
            at += found + 1;
            if self.bytes[at - 1] == b'\\' || self.is(at, b'\'') {
                at += 1;
            } else {
                self.continued = self.continuation(at).unwrap_or(usize::MAX);
                return (TokenKind::String, at);
            }
        }
        (TokenKind::Unterminated, self.bytes.len())
    }

    /// Where a string that ends at `at` is continued: at a `'` after nothing but white space and line
    /// comments, with a line end among them (`quotecontinue` of scan.l).
    fn continuation(&self, mut at: usize) -> Option<usize> {
        let mut newline = false;
        loop {
            match *self.bytes.get(at)? {
                b'\'' if newline => return Some(at),
                b'-' if self.is(at + 1, b'-') => at = self.line_end(at + 2),
                b'\n' | b'\r' => {
                    newline = true;
                    at += 1;
                }
                byte if CLASS[usize::from(byte)] & SPACE != 0 => at += 1,
                _ => return None,
            }
        }
    }

    fn line_end(&self, at: usize) -> usize {
        memchr2(b'\n', b'\r', &self.bytes[at..]).map_or(self.bytes.len(), |found| at + found)
    }

    fn block_comment(&self, mut at: usize) -> (TokenKind, usize) {
        let mut depth = 1_usize;
        while let Some(found) = memchr2(b'*', b'/', &self.bytes[at..]) {
            at += found + 1;
            if self.bytes[at - 1] == b'/' && self.is(at, b'*') {
                depth += 1;
                at += 1;
            } else if self.bytes[at - 1] == b'*' && self.is(at, b'/') {
                depth -= 1;
                at += 1;
                if depth == 0 {
                    return (TokenKind::BlockComment, at);
                }
            }
        }
        (TokenKind::Unterminated, self.bytes.len())
    }

    /// `$1`, `$tag$ … $tag$`, or a `$` that means nothing.
    fn dollar(&self, start: usize) -> (TokenKind, usize) {
        let one = start + 1;
        if self.has(one, DIGIT) {
            return (TokenKind::Parameter, self.run(one, DIGIT));
        }
        let tag_end = if self.has(one, IDENT_START) {
            self.run(one, ALNUM)
        } else {
            one
        };
        if !self.is(tag_end, b'$') {
            return (TokenKind::Other, one);
        }
        let fence = &self.bytes[start..=tag_end];
        let mut at = tag_end + 1;
        while let Some(found) = memchr(b'$', &self.bytes[at..]) {
            at += found;
            if self.bytes[at..].starts_with(fence) {
                return (TokenKind::DollarString, at + fence.len());
            }
            at += 1;
        }
        (TokenKind::Unterminated, self.bytes.len())
    }

    fn colon(&mut self, start: usize) -> (TokenKind, usize) {
        let one = start + 1;
        match self.bytes.get(one) {
            Some(b':' | b'=') => (TokenKind::Other, one + 1),
            Some(&quote @ (b'\'' | b'"')) => self.variable(one, one + 1, quote),
            Some(b'{') if self.is(one + 1, b'?') => self.variable(one, one + 2, b'}'),
            Some(_) if self.has(one, IDENT_START) => {
                // The server reads `:` and a name, which takes `$` in; psql's variable would end before it.
                let end = self.run(one, IDENT);
                if end == one + 1 && matches!(self.bytes[one], b'e' | b'E') && self.is(end, b'\'') {
                    // The server reads `:` and an escape string.
                    self.continued = end;
                }
                (TokenKind::PsqlVariable, end)
            }
            Some(_) if self.has(one, DIGIT) => (TokenKind::PsqlVariable, self.run(one, ALNUM)),
            Some(_) | None => (TokenKind::Other, one),
        }
    }

    /// `:'name'` and the like when it is closed, else the colon alone.
    fn variable(&self, colon_end: usize, name: usize, close: u8) -> (TokenKind, usize) {
        let end = self.run(name, ALNUM);
        if end > name && self.is(end, close) {
            (TokenKind::PsqlVariable, end + 1)
        } else {
            (TokenKind::Other, colon_end)
        }
    }

    fn dot(&self, start: usize) -> (TokenKind, usize) {
        if self.has(start + 1, DIGIT) {
            (TokenKind::Number, self.number(start))
        } else if self.is(start + 1, b'.') {
            (TokenKind::Other, start + 2)
        } else {
            (TokenKind::Dot, start + 1)
        }
    }

    /// An operator ends where a comment begins; and it does not end in `+` or `-` unless it holds a byte that
    /// SQL's own operators lack (`=-` is two operators, `@-` is one).
    fn operator(&mut self, start: usize) -> usize {
        if start < self.signs {
            return start + 1;
        }
        let mut end = start + 1;
        while self.has(end, OPERATOR) {
            match self.bytes[end] {
                b'-' if self.is(end + 1, b'-') => break,
                b'/' if self.is(end + 1, b'*') => break,
                _ => end += 1,
            }
        }
        let is_sign = |at: usize| matches!(self.bytes[at], b'+' | b'-');
        let of_sql = |byte: &u8| matches!(byte, b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=');
        if is_sign(end - 1) && self.bytes[start..end].iter().all(of_sql) {
            let run = end;
            while end > start + 1 && is_sign(end - 1) {
                end -= 1;
            }
            self.signs = run;
        }
        end
    }
}

/// One past the quote that closes a plain quote whose inside begins at `at`.
pub(super) fn plain_end(bytes: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    loop {
        at += memchr(quote, bytes.get(at..)?)? + 1;
        if bytes.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use crate::lex::{TokenKind, tokens, tokens_in};

    /// The tokens that are not space.
    fn show(text: &str) -> Vec<(TokenKind, &str)> {
        tokens(text)
            .filter(|token| token.kind != TokenKind::Space)
            .map(|token| (token.kind, &text[token.range()]))
            .collect()
    }

    fn pieces(text: &str) -> Vec<&str> {
        show(text).into_iter().map(|(_, piece)| piece).collect()
    }

    #[test]
    fn quotes_end_where_the_server_ends_them() {
        for text in [
            "'a''b'",
            r"'\'",
            r"E'\''",
            r"e'a\\'",
            r"E'a\''''",
            "B'01'",
            "x'1F'",
            "N'a'",
            r"U&'\'",
        ] {
            assert_eq!(show(text), [(TokenKind::String, text)]);
        }
        for text in [r#""a""b""#, r#"u&"\""#] {
            assert_eq!(show(text), [(TokenKind::QuotedIdent, text)]);
        }
        for text in [
            "'a", "'a''", r"E'\'", r"E'\", "\"a", "U&'", "$$", "/*", "$a$ $b$", "/*/**/",
        ] {
            assert_eq!(show(text), [(TokenKind::Unterminated, text)]);
        }
        assert_eq!(pieces("xE'a'"), ["xE", "'a'"]);
    }

    #[test]
    fn an_escape_string_goes_on_after_a_line_end_only() {
        assert_eq!(pieces("E'a'\n'\\';'"), ["E'a'", r"'\';'"]);
        assert_eq!(
            pieces("E'a'--c\n --d\r\n '\\'' \r '\\''"),
            ["E'a'", "--c", "--d", r"'\''", r"'\''"]
        );
        assert_eq!(pieces(r"E'a' '\' ;"), ["E'a'", r"'\'", ";"]);
        assert_eq!(
            pieces("E'a'/*\n*/\n'\\' ;"),
            ["E'a'", "/*\n*/", r"'\'", ";"]
        );
        assert_eq!(pieces("'a'\n'\\' ;"), ["'a'", r"'\'", ";"]);
    }

    #[test]
    fn a_dollar_is_a_quote_a_parameter_or_part_of_a_name() {
        use TokenKind::{DollarString, Other, Parameter, Word};
        assert_eq!(show("$a$ $b$ $$ $a$"), [(DollarString, "$a$ $b$ $$ $a$")]);
        assert_eq!(show("$a$$a$"), [(DollarString, "$a$$a$")]);
        assert_eq!(show("$$$a$$$"), [(DollarString, "$$$a$$"), (Other, "$")]);
        assert_eq!(show("$é1$$é1$"), [(DollarString, "$é1$$é1$")]);
        assert_eq!(show("foo$bar$"), [(Word, "foo$bar$")]);
        assert_eq!(
            show("$1$$ $$"),
            [(Parameter, "$1"), (DollarString, "$$ $$")]
        );
        assert_eq!(pieces("$a b"), ["$", "a", "b"]);
    }

    #[test]
    fn comments_nest_and_cut_operators() {
        use TokenKind::{BlockComment, LineComment, Other};
        assert_eq!(show("/*/**/*/"), [(BlockComment, "/*/**/*/")]);
        assert_eq!(show("/*//**/**/"), [(BlockComment, "/*//**/**/")]);
        assert_eq!(show("+/**/"), [(Other, "+"), (BlockComment, "/**/")]);
        assert_eq!(show("*--x"), [(Other, "*"), (LineComment, "--x")]);
        assert_eq!(show("--a\r-"), [(LineComment, "--a"), (Other, "-")]);
        assert_eq!(pieces("=- @- <-- x"), ["=", "-", "@-", "<", "-- x"]);
        assert_eq!(pieces("+-+*-+ +-@"), ["+-+*", "-", "+", "+-@"]);
        assert_eq!(pieces("+-+--x"), ["+", "-", "+", "--x"]);
    }

    #[test]
    fn psql_variables_are_what_psql_would_replace() {
        use TokenKind::{Other, PsqlVariable, String, Word};
        for text in [":a", ":1", ":'a'", r#":"a""#, ":{?a}"] {
            assert_eq!(show(text), [(PsqlVariable, text)]);
        }
        assert_eq!(show("::a"), [(Other, "::"), (Word, "a")]);
        assert_eq!(show(":::a"), [(Other, "::"), (PsqlVariable, ":a")]);
        assert_eq!(show(":=a"), [(Other, ":="), (Word, "a")]);
        assert_eq!(show(":'a b'"), [(Other, ":"), (String, "'a b'")]);
        assert_eq!(pieces("[1:n]"), ["[", "1", ":n", "]"]);
        assert_eq!(show(r":e'\';'"), [(PsqlVariable, ":e"), (String, r"'\';'")]);
    }

    #[test]
    fn a_part_is_read_with_the_offsets_of_the_whole() {
        let ranges: Vec<_> = tokens_in("a; bc; d", 3..5)
            .map(|token| (token.start, token.end))
            .collect();
        assert_eq!(ranges, [(3, 5)]);
        assert_eq!(tokens_in("a", 5..9).count(), 0);
    }
}
