//! What stands in a statement at any depth: its own tokens, and those of the strings and bodies in it, read as SQL.
//!
//! Told from tokens alone and generously: a string that is never run as SQL is looked into like one that is.

use std::ops::Range;

use super::{Statement, cursor, literal};
use crate::lex::{self, Token, TokenKind};
use crate::name::QualifiedName;
use crate::postgres::StatementKind;

/// Strings within strings that are looked into.
const DEPTH: usize = 4;

/// A shorter string says nothing that is looked for: `setval`, `dblink`.
const SHORTEST: usize = 6;

/// Behind these a name with a parenthesis is a routine that is spoken of, a type, or a relation with its columns.
const NOT_CALLED: &[&str] = &[
    "::",
    "aggregate",
    "analyze",
    "as",
    "copy",
    "exists",
    "function",
    "into",
    "of",
    "only",
    "procedure",
    "recursive",
    "references",
    "routine",
    "table",
    "view",
    "with",
];

/// Tokens that belong together, without blanks and comments.
pub(super) struct Stretch<'t> {
    /// The text that they are offsets into.
    pub(super) text: &'t str,
    pub(super) tokens: &'t [Token],
    /// Whether they are a string's.
    pub(super) nested: bool,
}

impl<'t> Stretch<'t> {
    /// A token as it is written; empty where there is none.
    pub(super) fn written(&self, at: usize) -> &'t str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.text[token.range()])
    }

    /// Whether these keywords stand here, in any case.
    pub(super) fn words(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| {
            let token = self.tokens.get(at + offset);
            token.is_some_and(|token| token.kind == TokenKind::Word)
                && self.written(at + offset).eq_ignore_ascii_case(word)
        })
    }
}

/// Goes through the statement's own tokens, and then through those of its strings.
pub(super) fn walk(text: &str, range: Range<usize>, visit: &mut dyn FnMut(&Stretch<'_>)) {
    descend(text, range, 0, visit);
}

fn descend(text: &str, range: Range<usize>, depth: usize, visit: &mut dyn FnMut(&Stretch<'_>)) {
    let tokens = tokens(text, range);
    visit(&Stretch {
        text,
        tokens: &tokens,
        nested: depth > 0,
    });
    if depth == DEPTH {
        return;
    }
    for token in tokens {
        let written = &text[token.range()];
        let strings = matches!(token.kind, TokenKind::String | TokenKind::DollarString);
        if strings
            && written.len() > SHORTEST
            && let Some(inner) = literal::value(token.kind, written)
        {
            descend(&inner, 0..inner.len(), depth + 1, visit);
        }
    }
}

fn tokens(text: &str, range: Range<usize>) -> Vec<Token> {
    let tokens = lex::tokens_in(text, range);
    tokens.filter(|token| !token.kind.is_trivia()).collect()
}

pub(super) fn calls(text: &str, statement: &Statement) -> Vec<QualifiedName> {
    let mut calls = Vec::new();
    let tokens = tokens(text, statement.range());
    let own = Stretch {
        text,
        tokens: &tokens,
        nested: false,
    };
    called(statement.head.kind, &own, &mut calls);
    calls
}

pub(super) fn calls_within(text: &str, statement: &Statement) -> Vec<QualifiedName> {
    let mut calls = Vec::new();
    walk(text, statement.range(), &mut |stretch| {
        if stretch.nested {
            called(statement.head.kind, stretch, &mut calls);
        }
    });
    calls
}

/// The names before parentheses in a stretch of a statement of that kind.
fn called(kind: StatementKind, stretch: &Stretch<'_>, calls: &mut Vec<QualifiedName>) {
    let speaks_only = matches!(
        kind,
        StatementKind::Grant
            | StatementKind::Revoke
            | StatementKind::Comment(_)
            | StatementKind::Drop(_)
    );
    let index = matches!(
        kind,
        StatementKind::CreateIndex | StatementKind::CreateIndexConcurrently
    );
    let kind_at = |at: usize| stretch.tokens.get(at).map(|token| token.kind);
    for (at, token) in stretch.tokens.iter().enumerate() {
        let last = stretch.nested && at + 1 == stretch.tokens.len();
        if speaks_only || !last && kind_at(at + 1) != Some(TokenKind::OpenParen) {
            continue;
        }
        let Some(name) = cursor::ident(token.kind, stretch.written(at)) else {
            continue;
        };
        let mut first = at;
        let mut schema = None;
        while first >= 2 && kind_at(first - 1) == Some(TokenKind::Dot) {
            first -= 2;
            schema = schema
                .or_else(|| cursor::ident(stretch.tokens[first].kind, stretch.written(first)));
        }
        let before = first.checked_sub(1).map_or("", |at| stretch.written(at));
        let is = |word: &&str| before.eq_ignore_ascii_case(word);
        if NOT_CALLED.iter().any(is) || index && ["on", "using"].iter().any(is) {
            continue;
        }
        calls.push(QualifiedName { schema, name });
    }
}

/// `COPY … TO` anything but the client, and `COPY … FROM PROGRAM`.
pub(super) fn copies_outside(text: &str, statement: &Statement) -> bool {
    // Most statements are ruled out faster than they are read.
    let copies = statement.slice(text).to_ascii_lowercase().contains("copy");
    let mut found = false;
    if !copies {
        return found;
    }
    walk(text, statement.range(), &mut |stretch| {
        let mut copies = false;
        for (at, token) in stretch.tokens.iter().enumerate() {
            let ends = token.kind == TokenKind::Semicolon;
            copies = !ends && (copies || stretch.words(at, &["copy"]));
            let next = stretch.tokens.get(at + 1).map(|token| token.kind);
            let program = stretch.words(at + 1, &["program"]);
            // The file's name may be put in by `format`.
            let file = next == Some(TokenKind::String) || stretch.written(at + 1).starts_with('%');
            found |= copies
                && (stretch.words(at, &["to"]) && (program || file)
                    || stretch.words(at, &["from"]) && program);
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use crate::sql;

    fn calls(text: &str) -> Vec<String> {
        let script = sql::read(text);
        assert_eq!(script.statements.len(), 1, "{text}");
        let own = sql::calls(text, &script.statements[0]);
        let within = sql::calls_within(text, &script.statements[0]);
        let own = own.iter().map(ToString::to_string);
        own.chain(within.iter().map(|name| format!("'{name}")))
            .collect()
    }

    #[test]
    fn names_before_a_parenthesis() {
        for (text, want) in [
            ("select f(1), S.g (2), \"H\"/**/(3), h", "f s.g \"H\""),
            ("do $$ begin perform setval('s', 1); end; $$", "'setval"),
            (
                "do $$ begin execute 'select ' || 'dblink_exec' || '(1)'; end; $$",
                "'select 'dblink_exec",
            ),
            ("do 'begin execute ''select setval(1)''; end;'", "'setval"),
            ("insert into t (a) values (1)", "values"),
            ("create view v (a) as select 1", ""),
            ("with w (a) as (select 1) select a::numeric(1) from w", "as"),
            ("create index concurrently i on t (lower(a))", "lower"),
            ("create index on only s.t using gin (a)", ""),
            ("create function f(int) returns int as 'select g(1)'", "'g"),
            ("grant execute on function f(), g() to x", ""),
        ] {
            assert_eq!(calls(text).join(" "), want, "{text}");
        }
    }

    #[test]
    fn a_copy_that_leaves_the_database() {
        for (text, want) in [
            ("copy t to '/tmp/x'", true),
            ("copy (select 1) to program 'cat'", true),
            ("copy t from program 'cat'", true),
            ("do $$ begin copy t to '/tmp/x'; end $$", true),
            (
                "do $$ begin execute format('copy t to %L', f); end $$",
                true,
            ),
            ("copy t from '/tmp/x'", false),
            ("copy t from stdin;\n\\.\n", false),
            (
                "do $$ begin copy t from 'x'; alter type a to 'b'; end $$",
                false,
            ),
            ("insert into t values ('copy this to your desk')", false),
        ] {
            let script = sql::read(text);
            let found = sql::copies_outside(text, &script.statements[0]);
            assert_eq!(found, want, "{text}");
        }
    }
}
