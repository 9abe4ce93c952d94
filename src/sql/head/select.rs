//! `SELECT`: what it makes, and a call of `set_config` that does nothing else.

use super::Reader;
use super::create::is_temporary;
use crate::lex::{Token, TokenKind};
use crate::postgres::StatementKind;
use crate::sql::cursor::Cursor;
use crate::sql::{Setting, literal};

/// Keywords that may follow the table of an `INTO`; all of them are reserved, so none is that table.
const AFTER_INTO: &[&str] = &[
    "except",
    "fetch",
    "for",
    "from",
    "group",
    "having",
    "intersect",
    "limit",
    "offset",
    "order",
    "union",
    "where",
    "window",
];

/// What the value of a `set_config` may hold beside literals: nothing that could change anything.
const HARMLESS: &[&str] = &[
    "current_setting",
    "false",
    "null",
    "pg_catalog",
    "text",
    "true",
];

/// A whole `SELECT set_config(name, value, local)`.
pub(in crate::sql) struct SetConfig {
    /// The parameter, and its value where that is one literal.
    pub(in crate::sql) setting: Setting,
    /// Whether it is known to outlast the transaction.
    pub(in crate::sql) session: bool,
}

impl Reader<'_> {
    pub(super) fn select(&mut self) -> StatementKind {
        let mark = self.cursor.mark();
        match set_config(&mut self.cursor) {
            Some(call) if call.session => self.head.setting = Some(call.setting),
            Some(_) => {}
            None => {
                self.cursor.back(mark);
                self.head.temporary = self.makes_temporary();
            }
        }
        StatementKind::Select
    }

    /// `INTO [LOCAL | GLOBAL] TEMP | TEMPORARY [TABLE] name`, or `INTO pg_temp.name`.
    fn makes_temporary(&mut self) -> bool {
        // `AS into` is a column's name, so that the first one need not be the one.
        while self.cursor.seek(&["into"]).is_some() {
            self.cursor.next();
            let mark = self.cursor.mark();
            self.cursor.take_any(&["local", "global"]);
            if self.cursor.take_any(&["temp", "temporary"])
                && matches!(
                    self.cursor.peek().map(|token| token.kind),
                    Some(TokenKind::Word | TokenKind::QuotedIdent)
                )
                && !AFTER_INTO.iter().any(|word| self.cursor.at_word(word))
            {
                return true;
            }
            self.cursor.back(mark);
            self.cursor.take("unlogged");
            self.cursor.take("table");
            if self.cursor.name().as_ref().is_some_and(is_temporary) {
                return true;
            }
        }
        false
    }
}

/// Reads what follows `SELECT`, to the end of the statement.
pub(in crate::sql) fn set_config(cursor: &mut Cursor<'_>) -> Option<SetConfig> {
    let function = cursor.name()?;
    let schema = function.schema.as_ref();
    if function.name.as_str() != "set_config"
        || schema.is_some_and(|schema| schema.as_str() != "pg_catalog")
    {
        return None;
    }
    cursor.take_kind(TokenKind::OpenParen)?;
    let name = cursor.next()?;
    let name = literal::value(name.kind, cursor.slice(name))?.to_ascii_lowercase();
    cursor.take_kind(TokenKind::Comma)?;
    let value = match value(cursor)?.as_slice() {
        [token] => literal::value(token.kind, cursor.slice(*token)),
        _ => None,
    };
    let session = !cursor.take("true");
    if session && !cursor.take("false") {
        return None;
    }
    while cursor.take_kind(TokenKind::CloseParen).is_some() {}
    let setting = Setting { name, value };
    (cursor.peek().is_none()).then_some(SetConfig { setting, session })
}

/// The tokens of the second argument; takes the comma behind it too.
fn value(cursor: &mut Cursor<'_>) -> Option<Vec<Token>> {
    let mut depth = 0_usize;
    let mut tokens = Vec::new();
    loop {
        let token = cursor.next()?;
        let written = cursor.slice(token);
        match token.kind {
            TokenKind::Comma if depth == 0 => return Some(tokens),
            TokenKind::Word
                if HARMLESS
                    .iter()
                    .any(|word| written.eq_ignore_ascii_case(word)) => {}
            TokenKind::OpenParen => depth += 1,
            TokenKind::CloseParen => depth = depth.checked_sub(1)?,
            TokenKind::String
            | TokenKind::DollarString
            | TokenKind::Number
            | TokenKind::Dot
            | TokenKind::Comma => {}
            TokenKind::Other if ["||", "::"].contains(&written) => {}
            _ => return None,
        }
        tokens.push(token);
    }
}

#[cfg(test)]
mod tests {
    use crate::postgres::StatementKind;
    use crate::sql::{self, Head};

    fn head(text: &str) -> Head {
        let mut script = sql::read(text);
        assert_eq!(script.statements.len(), 1, "{text}");
        script.statements.remove(0).head
    }

    #[test]
    fn what_ends_with_the_session() {
        for text in [
            "select 1 into temp x",
            "select a as into, b into local temporary table x from t",
            "with a as (select 1) select * into temp x from a",
            "(select 1 into pg_temp.x)",
            "create temp view v as select 1",
            "create table pg_temp.t (a int)",
            "create function PG_TEMP.f() returns int language sql as ''",
            "create table \"pg_temp\".t partition of u default",
            "create index on pg_temp.t (a)",
            "create unlogged table pg_temp.t (a int)",
        ] {
            assert!(head(text).temporary, "{text}");
        }
        for text in [
            "select 1 into x",
            "select 1 into temp from t",
            "select 1 into temp",
            "select 1 into unlogged table x",
            "select into_temp from x",
            "select (select 'into temp x')",
            "create table pg_temp (a int)",
            "create table \"PG_TEMP\".t (a int)",
        ] {
            assert!(!head(text).temporary, "{text}");
        }
    }

    #[test]
    fn a_call_of_set_config_alone_is_a_setting() {
        let setting = |text: &str| {
            let head = head(text);
            assert_eq!(head.kind, StatementKind::Select, "{text}");
            assert_eq!(head.only_session(), head.setting.is_some(), "{text}");
            let setting = head.setting?;
            Some(format!("{}={}", setting.name, setting.value?))
        };
        for (text, expected) in [
            (
                "SELECT pg_catalog.set_config('search_path', '', false)",
                "search_path=",
            ),
            ("select Set_Config($$Role$$, E'x', FALSE)", "role=x"),
            ("(select set_config('a.b', 'c', false))", "a.b=c"),
        ] {
            assert_eq!(setting(text).as_deref(), Some(expected), "{text}");
        }
        let computed =
            "select set_config('search_path', current_setting('search_path') || ', x', false)";
        assert!(head(computed).only_session());
        for text in [
            "select set_config('a.b', 'c', true)",
            "select set_config('a.b', 'c', false), 1",
            "select set_config('a.b', 'c', false) from t",
            "select set_config('a.b', f(), false)",
            "select set_config('a.b', (select 'x'), false)",
            "select set_config(a, 'c', false)",
            "select x.set_config('a.b', 'c', false)",
            "select set_config('a.b', 'c', not true)",
            "select set_config",
            "select",
        ] {
            assert_eq!(setting(text), None, "{text}");
            assert!(!head(text).only_session(), "{text}");
        }
    }
}
