//! Walks over the tokens of one statement without its blanks and comments, and knows how names are written.

use std::ops::Range;

use crate::lex::{self, Token, TokenKind};
use crate::name::{Ident, QualifiedName};

/// A place in a statement.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

/// Reads forward; lexes no further than it is asked to.
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: lex::Tokens<'a>,
    peeked: Option<Token>,
    end: usize,
}

impl<'a> Cursor<'a> {
    /// Over `text[range]`. Ranges that come out are offsets into `text`.
    pub(super) fn new(text: &'a str, range: Range<usize>) -> Self {
        Self {
            text,
            end: range.end,
            tokens: lex::tokens_in(text, range),
            peeked: None,
        }
    }

    /// The next token, not taken.
    pub(super) fn peek(&mut self) -> Option<Token> {
        if self.peeked.is_none() {
            self.peeked = self.tokens.find(|token| !token.kind.is_trivia());
        }
        self.peeked
    }

    /// Takes the next token.
    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek();
        self.peeked = None;
        token
    }

    /// The whole text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// The text of a token.
    pub(super) fn slice(&self, token: Token) -> &'a str {
        &self.text[token.start..token.end]
    }

    /// The place of the next token, to come back to.
    pub(super) fn mark(&mut self) -> Mark {
        Mark(self.peek().map_or(self.end, |token| token.start))
    }

    /// Goes back.
    pub(super) fn back(&mut self, mark: Mark) {
        self.tokens = lex::tokens_in(self.text, mark.0..self.end);
        self.peeked = None;
    }

    /// From the next token to the last one; `None` at the end.
    pub(super) fn rest(&mut self) -> Option<Range<usize>> {
        self.peek().map(|token| token.start..self.end)
    }

    /// Whether the next token is of that kind.
    pub(super) fn at(&mut self, kind: TokenKind) -> bool {
        self.peek().is_some_and(|token| token.kind == kind)
    }

    /// Takes the next token if it is of that kind.
    pub(super) fn take_kind(&mut self, kind: TokenKind) -> Option<Token> {
        if self.at(kind) { self.next() } else { None }
    }

    /// Whether the next token is that keyword, unquoted, in any case.
    pub(super) fn at_word(&mut self, word: &str) -> bool {
        self.peek().is_some_and(|token| self.is_word(token, word))
    }

    /// Whether a token is that keyword, unquoted, in any case.
    pub(super) fn is_word(&self, token: Token, word: &str) -> bool {
        token.kind == TokenKind::Word && self.slice(token).eq_ignore_ascii_case(word)
    }

    /// Takes a keyword.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let at = self.at_word(word);
        if at {
            self.peeked = None;
        }
        at
    }

    /// Takes the first keyword of these that stands here.
    pub(super) fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    /// Takes all of these keywords in order, or none.
    pub(super) fn take_all(&mut self, words: &[&str]) -> bool {
        let mark = self.mark();
        let all = words.iter().all(|word| self.take(word));
        if !all {
            self.back(mark);
        }
        all
    }

    /// The next keyword in lower case, not taken; `buffer` holds it. Empty where there is none or a longer one.
    pub(super) fn word<'b>(&mut self, buffer: &'b mut [u8; 24]) -> &'b str {
        let Some(token) = self.peek().filter(|token| token.kind == TokenKind::Word) else {
            return "";
        };
        let word = self.slice(token).as_bytes();
        let Some(buffer) = buffer.get_mut(..word.len()) else {
            return "";
        };
        buffer.copy_from_slice(word);
        buffer.make_ascii_lowercase();
        std::str::from_utf8(buffer).unwrap_or("")
    }

    /// An identifier, whatever keyword it may be.
    pub(super) fn ident(&mut self) -> Option<Ident> {
        let token = self.peek()?;
        let ident = ident(token.kind, self.slice(token))?;
        self.peeked = None;
        Some(ident)
    }

    /// A name with any number of dots; its last two parts count (the first of three is the database).
    pub(super) fn name(&mut self) -> Option<QualifiedName> {
        let mut name = QualifiedName {
            schema: None,
            name: self.ident()?,
        };
        while self.take_kind(TokenKind::Dot).is_some() {
            let Some(last) = self.ident() else { break };
            name.schema = Some(std::mem::replace(&mut name.name, last));
        }
        Some(name)
    }

    /// A column's name, after its table's.
    pub(super) fn column(&mut self) -> Option<(Option<QualifiedName>, QualifiedName)> {
        let mut table = None;
        let mut column = QualifiedName {
            schema: None,
            name: self.ident()?,
        };
        while self.take_kind(TokenKind::Dot).is_some() {
            let Some(last) = self.ident() else { break };
            let name = std::mem::replace(&mut column.name, last);
            let schema = table.map(|table: QualifiedName| table.name);
            table = Some(QualifiedName { schema, name });
        }
        Some((table, column))
    }

    /// Takes everything up to the first of these keywords that stands outside of parentheses, and says which it is. The
    /// keyword itself is not taken.
    pub(super) fn seek<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            match token.kind {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth = depth.saturating_sub(1),
                TokenKind::Word if depth == 0 => {
                    let found = words.iter().find(|word| self.is_word(token, word));
                    if let Some(word) = found {
                        return Some(word);
                    }
                }
                _ => {}
            }
            self.peeked = None;
        }
        None
    }

    /// Takes a group in parentheses if one begins here, and says where its inside is.
    pub(super) fn group(&mut self) -> Option<Range<usize>> {
        let open = self.take_kind(TokenKind::OpenParen)?;
        let mut depth = 1_usize;
        while let Some(token) = self.next() {
            match token.kind {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(open.end..token.start);
            }
        }
        Some(open.end..self.end)
    }

    /// Takes everything up to the next comma outside of parentheses; the comma too. False at the end.
    pub(super) fn next_item(&mut self) -> bool {
        let mut depth = 0_usize;
        while let Some(token) = self.next() {
            match token.kind {
                TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
                TokenKind::CloseParen | TokenKind::CloseBracket => depth = depth.saturating_sub(1),
                TokenKind::Comma if depth == 0 => return true,
                _ => {}
            }
        }
        false
    }
}

/// Reads an identifier token; `None` for other kinds, and for a `U&"…"` with escapes.
pub(super) fn ident(kind: TokenKind, written: &str) -> Option<Ident> {
    match kind {
        TokenKind::Word => Some(Ident::read(written)),
        TokenKind::QuotedIdent => match written.strip_prefix(['u', 'U']) {
            Some(rest) => {
                let quoted = rest.strip_prefix('&')?;
                (!quoted.contains('\\')).then(|| Ident::read(quoted))
            }
            None => Some(Ident::read(written)),
        },
        _ => None,
    }
}
