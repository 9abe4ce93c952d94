//! Says whether PostgreSQL's grammar takes a statement, by asking squawk-syntax about it.
//!
//! Known limits: it reads the newest grammar (what an older server does not know yet passes); it takes a few wrong
//! statements (`DROP TABLE` without a name); bodies of PL/pgSQL are not judged, bodies of SQL functions are. A
//! statement nested thousands of levels deep is not judged at all.

use std::ops::Range;

use super::{Objection, Statement, depth};
use crate::diagnostic::Severity;
use crate::lex::{self, TokenKind};

/// The first syntax error of a statement, at the token that it stands at. `None` also where [`super::objections`] says already
/// why the statement is none: a command of psql, a quote that does not end.
pub fn syntax_error(text: &str, statement: &Statement) -> Option<Objection> {
    let said = |hazard: &lex::Hazard| hazard.kind == lex::HazardKind::Backslash;
    let unfinished = |token: lex::Token| token.kind == TokenKind::Unterminated;
    if statement.raw.hazards.iter().any(said)
        || lex::tokens_in(text, statement.range())
            .last()
            .is_some_and(unfinished)
    {
        return None;
    }
    let start = statement.raw.start;
    let at = depth::guarded(text, statement.range(), first_error)?? + start;
    let place = token_at(text, statement.range(), at);
    let message = match &place {
        Some(token) => format!(
            "syntax error at or near `{}`: PostgreSQL's grammar does not take this",
            shown(&text[token.clone()])
        ),
        None => {
            "syntax error at the end of the statement: PostgreSQL's grammar expects more".to_owned()
        }
    };
    Some(Objection {
        code: "syntax-error",
        severity: Severity::Error,
        range: place.unwrap_or_else(|| last_token(text, statement.range())),
        message,
        help: "mend the statement: a release would stop here on every server".to_owned(),
    })
}

/// Offset of the first error in one statement.
fn first_error(statement: &str) -> Option<usize> {
    squawk_syntax::SourceFile::parse(statement)
        .errors()
        .first()
        .map(|error| usize::from(error.range().start()))
}

/// The token at an offset, or the next one after a blank or comment; `None` at the end.
fn token_at(text: &str, range: Range<usize>, at: usize) -> Option<Range<usize>> {
    let token =
        lex::tokens_in(text, range).find(|token| token.end > at && !token.kind.is_trivia())?;
    // Inside a body the token of the body's own is meant.
    let opening = match token.kind {
        TokenKind::String => 1,
        TokenKind::DollarString => text[token.start + 1..token.end].find('$')? + 2,
        _ => 0,
    };
    let body = token.start + opening..token.end;
    if opening > 0 && at > body.start {
        let inner =
            lex::tokens_in(text, body).find(|inner| inner.end > at && !inner.kind.is_trivia());
        if let Some(inner) = inner.filter(|inner| inner.kind == TokenKind::Word) {
            return Some(inner.start..inner.end);
        }
    }
    Some(token.start..token.end)
}

fn last_token(text: &str, range: Range<usize>) -> Range<usize> {
    tokens(text, range.clone()).last().unwrap_or(range)
}

fn tokens(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    lex::tokens_in(text, range)
        .filter(|token| !token.kind.is_trivia())
        .map(|token| token.start..token.end)
}

/// The beginning of a token, on one line.
fn shown(token: &str) -> &str {
    let line = token.lines().next().unwrap_or("");
    &line[..line.floor_char_boundary(40)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::read;

    fn judged(text: &str) -> Option<(String, String)> {
        read(text)
            .statements
            .iter()
            .find_map(|statement| syntax_error(text, statement))
            .map(|objection| (text[objection.range].to_owned(), objection.message))
    }

    fn place(text: &str) -> String {
        judged(text).map_or_else(String::new, |(place, _)| place)
    }

    #[test]
    fn the_token_is_named() {
        assert_eq!(place("select 1; drop index if exist a; select 1"), "exist");
        assert_eq!(place("ALTER TABLE t DROP COLUMN a BYTEA;"), "BYTEA");
        assert_eq!(place("ALTER TABLE t DROP IF EXISTS COLUMN a;"), "a");
        assert_eq!(
            place("insert into t values (1) on conflict do /* x */ nothin"),
            "nothin"
        );
        assert_eq!(place("create table t (a int,)"), ",");
        assert_eq!(
            place("create function f() returns int language sql as 'select 1; selct 2'"),
            "selct"
        );
        let (place, message) = judged("select a from").expect("an error");
        assert_eq!(place, "from");
        assert!(message.contains("at the end of the statement"), "{message}");
        assert!(
            judged("selct 1")
                .expect("an error")
                .1
                .starts_with("syntax error at or near `selct`:")
        );
    }

    #[test]
    fn what_the_grammar_takes() {
        for text in [
            "create index concurrently if not exists i on only t (a) include (b)",
            "select a[1:n] from t where $1",
            "comment on function f(int) is $$x$$",
            "do $$ begin frobnicate; end $$",
            "alter table t detach partition p concurrently",
            "copy t from stdin",
            "create function f() returns int begin atomic select 1; end",
            "\\i other.sql",
            "select 'a",
        ] {
            assert_eq!(judged(text), None, "{text}");
        }
    }

    #[test]
    fn nesting_does_not_kill_us() {
        for (open, close) in [
            ("(", ")"),
            ("not ", ""),
            ("1+", ""),
            ("case when true then ", " end"),
            ("f(", ")"),
        ] {
            for levels in [200, 1_000, 100_000] {
                let text = format!("select {}true{}", open.repeat(levels), close.repeat(levels));
                assert_eq!(judged(&text), None, "{open}");
            }
        }
    }
}
