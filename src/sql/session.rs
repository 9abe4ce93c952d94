//! What of a session a statement leaves behind or leans on, so that its neighbours must run in the same one.

use super::{Statement, TEMPORARY_SCHEMA, cursor};
use crate::lex::{self, TokenKind};
use crate::postgres::StatementKind;

const SETTING: &str = "a setting made by set_config";
const PREPARED: &str = "a prepared statement";
const CURSOR: &str = "a cursor";

pub(super) fn state(text: &str, statement: &Statement) -> Option<&'static str> {
    match statement.head.kind {
        StatementKind::Prepare | StatementKind::Execute | StatementKind::Deallocate => {
            return Some(PREPARED);
        }
        StatementKind::DeclareCursor
        | StatementKind::DeclareCursorWithHold
        | StatementKind::Fetch
        | StatementKind::Move
        | StatementKind::Close => return Some(CURSOR),
        _ => {}
    }
    if statement.head.only_session() {
        return None;
    }
    let mut tokens = lex::tokens_in(text, statement.range())
        .filter(|token| !token.kind.is_trivia())
        .peekable();
    let mut before = "";
    while let Some(token) = tokens.next() {
        let written = &text[token.start..token.end];
        let next = tokens.peek().map(|next| next.kind);
        let found = match token.kind {
            TokenKind::Word | TokenKind::QuotedIdent => name(token.kind, written, next)
                .or_else(|| phrase(statement.head.kind, before, written)),
            // The body of a function does nothing yet.
            TokenKind::String | TokenKind::DollarString if is_do(statement.head.kind) => {
                body(written)
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        before = written;
    }
    None
}

fn is_do(kind: StatementKind) -> bool {
    matches!(kind, StatementKind::Do | StatementKind::DoCommitting)
}

/// A name that says it by itself, with what follows it.
fn name(kind: TokenKind, written: &str, next: Option<TokenKind>) -> Option<&'static str> {
    match next? {
        TokenKind::Dot if is(kind, written, TEMPORARY_SCHEMA) => Some("an object in pg_temp"),
        TokenKind::OpenParen if is(kind, written, "set_config") => Some(SETTING),
        TokenKind::OpenParen if is(kind, written, "currval") => {
            Some("the last value of a sequence, by currval")
        }
        TokenKind::OpenParen if is(kind, written, "lastval") => {
            Some("the last value of a sequence, by lastval")
        }
        _ => None,
    }
}

fn is(kind: TokenKind, written: &str, name: &str) -> bool {
    match kind {
        TokenKind::Word => written.eq_ignore_ascii_case(name),
        _ => cursor::ident(kind, written).is_some_and(|ident| ident.as_str() == name),
    }
}

/// `WHERE CURRENT OF cursor`, `CREATE TABLE … AS EXECUTE name`, `EXPLAIN EXECUTE name`.
fn phrase(kind: StatementKind, before: &str, word: &str) -> Option<&'static str> {
    if word.eq_ignore_ascii_case("of") && before.eq_ignore_ascii_case("current") {
        return Some(CURSOR);
    }
    let runs = kind == StatementKind::Explain || before.eq_ignore_ascii_case("as");
    (runs && word.eq_ignore_ascii_case("execute")).then_some(PREPARED)
}

/// A `DO` body: what it sets stays set behind it.
fn body(written: &str) -> Option<&'static str> {
    let lower = written.to_ascii_lowercase();
    lower.contains("set_config").then_some(SETTING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::read;

    fn told(text: &str) -> Option<&'static str> {
        let script = read(text);
        assert_eq!(script.statements.len(), 1, "{text}");
        state(text, &script.statements[0])
    }

    #[test]
    fn what_ties_a_statement_to_its_neighbours() {
        for (text, word) in [
            ("prepare p as select 1", "prepared"),
            ("execute p", "prepared"),
            ("deallocate p", "prepared"),
            ("create table t as execute p", "prepared"),
            ("explain analyze execute p", "prepared"),
            ("declare c cursor with hold for select 1", "cursor"),
            ("fetch all from c", "cursor"),
            ("close c", "cursor"),
            ("delete from t where current of c", "cursor"),
            ("insert into t values (CurrVal ('s'))", "currval"),
            ("select pg_catalog.\"lastval\"()", "lastval"),
            ("select set_config('a.b', 'c', false), 1", "set_config"),
            ("select set_config('a.b', 'c', true)", "set_config"),
            (
                "do $$ begin perform set_config('a.b', 'c', false); end $$",
                "set_config",
            ),
            ("insert into pg_temp.t values (1)", "pg_temp"),
            ("drop table PG_TEMP . t", "pg_temp"),
        ] {
            assert!(told(text).is_some_and(|told| told.contains(word)), "{text}");
        }
    }

    #[test]
    fn what_stands_alone() {
        for text in [
            "listen x",
            "set a.b = 'c'",
            "select set_config('a.b', 'c', false)",
            "select 'currval(', 1 -- lastval()",
            "create function f() returns void language plpgsql as $$ begin perform set_config('a.b', 'c', true); end $$",
            "create trigger g before insert on t for each row execute function f()",
            "grant execute on function f() to x",
            "select currval from t",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
