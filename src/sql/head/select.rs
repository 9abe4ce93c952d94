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
