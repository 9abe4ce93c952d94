//! Settings that change how psql reads the lines that follow. With them a string can end elsewhere than a reviewer sees it
//! end, and a backslash in it becomes a command that runs on the machine of whoever runs the release.
//!
//! psql follows the server's `standard_conforming_strings` and `client_encoding` as soon as they change (`standard_strings`
//! in `src/bin/psql/common.c`, `PQclientEncoding`). What is put together at run time from values of the database is not seen
//! here; what is written down is, through escapes, joined strings and bodies within bodies.

use std::borrow::Cow;
use std::iter::Peekable;
use std::ops::Range;

use super::Objection;
use crate::diagnostic::Severity;
use crate::lex::{self, Token, TokenKind};
use crate::name::ObjectKind;
use crate::postgres::StatementKind;
use crate::sql::cursor::{self, Cursor};
use crate::sql::head::select;
use crate::sql::{Setting, Statement, literal};

const STRINGS: &str = "standard_conforming_strings";
const ENCODING: &str = "client_encoding";
const NAMES: [&str; 2] = [STRINGS, ENCODING];

/// Bodies within bodies that are looked into.
const DEPTH: usize = 4;

pub(super) fn look(text: &str, statement: &Statement, found: &mut Vec<Objection>) {
    let kind = statement.head.kind;
    let spoken = match kind {
        StatementKind::Set | StatementKind::SetLocal | StatementKind::Reset => {
            statement.head.setting.clone()
        }
        StatementKind::Select => called(text, statement),
        _ => None,
    };
    if let Some(setting) = &spoken
        && let Some(name) = NAMES.into_iter().find(|name| setting.name == *name)
    {
        if kind == StatementKind::Reset || !is_ours(name, setting.value.as_deref()) {
            found.push(changed(statement, name));
        }
        return;
    }
    if matches!(
        kind,
        StatementKind::AlterSystem | StatementKind::Alter(ObjectKind::Role | ObjectKind::Database)
    ) && let Some(setting) = altered(text, statement)
    {
        found.extend(later(statement, &setting));
        return;
    }
    if let Some((range, name)) = hidden(text, statement.range(), DEPTH) {
        found.push(Objection {
            code: "lexing-setting",
            severity: Severity::Error,
            range,
            message: format!(
                "`{name}` in a string or quoted name: run as SQL it could change how psql reads the rest of the release, and a backslash in a later string would be a command that runs on the DBA's machine"
            ),
            help: format!("take it out; {STAYS}"),
        });
    }
}

const STAYS: &str = "only `SET standard_conforming_strings = on` and `SET client_encoding = 'UTF8'` may stand in a migration, each a statement of its own";

/// Whether it is the value that a release sets itself.
fn is_ours(name: &str, value: Option<&str>) -> bool {
    let value = value.unwrap_or("").to_ascii_lowercase();
    let ours: &[&str] = if name == STRINGS {
        &["on", "true", "yes", "1"]
    } else {
        &["utf8", "utf-8", "unicode"]
    };
    ours.contains(&value.as_str())
}

fn changed(statement: &Statement, name: &str) -> Objection {
    let (message, help) = if name == STRINGS {
        (
            "this changes what a backslash in a string means from here on: psql would end strings at other places, and run what follows a backslash as a command on the DBA's machine",
            "take it out, and write strings with escapes as E'…'",
        )
    } else {
        (
            "this makes psql and the server read the file in another encoding: releases are UTF-8, letters outside of ASCII would be stored wrong, and could hide the end of a string",
            "take it out, and save the file as UTF-8",
        )
    };
    Objection::error("lexing-setting", statement, message, help)
}

/// The setting of a whole `SELECT set_config(…)`, however long it lasts.
pub(super) fn called(text: &str, statement: &Statement) -> Option<Setting> {
    let mut cursor = Cursor::new(text, statement.range());
    while cursor.take_kind(TokenKind::OpenParen).is_some() {}
    if !cursor.take("select") {
        return None;
    }
    select::set_config(&mut cursor).map(|call| call.setting)
}

/// What an `ALTER ROLE`, `DATABASE` or `SYSTEM` says of one of the two.
fn altered(text: &str, statement: &Statement) -> Option<Setting> {
    let mut cursor = Cursor::new(text, statement.range());
    cursor.seek(&["set", "reset"])?;
    cursor.next();
    let name = cursor.ident()?.as_str().to_ascii_lowercase();
    if !NAMES.contains(&name.as_str()) {
        return None;
    }
    // `TO` or `=`.
    cursor.next();
    let value = cursor.next().and_then(|token| {
        let written = cursor.slice(token);
        match token.kind {
            TokenKind::Word => Some(written.to_owned()),
            kind => literal::value(kind, written),
        }
    });
    Some(Setting { name, value })
}

/// It counts from the next session on, and a release sets its own.
fn later(statement: &Statement, setting: &Setting) -> Option<Objection> {
    let value = setting.value.as_deref();
    let harmless = is_ours(&setting.name, value)
        || value.is_none_or(|value| value.eq_ignore_ascii_case("default"));
    (!harmless).then(|| {
        Objection::warning(
            "lexing-setting",
            statement,
            format!(
                "{} sets {} for later sessions: scripts that set neither would be read otherwise than they are written",
                statement.head.kind, setting.name
            ),
            "leave it at its default; a session that needs another value sets it itself",
        )
    })
}

/// The first string or quoted name of `text[range]` that speaks of one of the two.
fn hidden(text: &str, range: Range<usize>, depth: usize) -> Option<(Range<usize>, &'static str)> {
    let mut tokens = lex::tokens_in(text, range)
        .filter(|token| !token.kind.is_trivia())
        .peekable();
    // The end of the strings that the next one is joined to.
    let mut tail = String::new();
    let mut before = Before::Other;
    while let Some(token) = tokens.next() {
        let written = &text[token.range()];
        let is_text = match token.kind {
            TokenKind::String | TokenKind::DollarString => true,
            TokenKind::QuotedIdent => false,
            TokenKind::Other if written == "||" && before != Before::Other => {
                before = Before::Joined;
                continue;
            }
            _ => {
                before = Before::Other;
                continue;
            }
        };
        let escaped = before == Before::EscapeString || written.starts_with(['e', 'E']);
        let value = meaning(text, token, before, &mut tokens);
        if !is_text || before == Before::Other {
            tail.clear();
        }
        let name = if tail.is_empty() {
            mentioned(&value)
        } else {
            mentioned(&format!("{tail}{value}"))
        };
        let name = name.or_else(|| {
            let nests = is_text && depth > 0 && value.len() >= ENCODING.len();
            let quotes = nests && value.contains(['\'', '"', '$']);
            quotes
                .then(|| hidden(&value, 0..value.len(), depth - 1))
                .flatten()
                .map(|(_, name)| name)
        });
        if let Some(name) = name {
            return Some((token.range(), name));
        }
        // Longer than either name: no more of it can matter.
        tail.push_str(
            &value[value.floor_char_boundary(value.len().saturating_sub(STRINGS.len()))..],
        );
        tail.drain(..tail.floor_char_boundary(tail.len().saturating_sub(2 * STRINGS.len())));
        before = match token.kind {
            TokenKind::String if escaped => Before::EscapeString,
            TokenKind::String | TokenKind::DollarString => Before::String,
            _ => Before::Other,
        };
    }
    None
}

/// What stands before a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing that joins.
    Other,
    /// A string, which a further one on a later line goes on with.
    String,
    /// The same, with backslashes as escapes.
    EscapeString,
    /// A string and `||`.
    Joined,
}

/// What a string or quoted name means. Doubled quotes may stay doubled: no name holds one, but a body within it does.
fn meaning<'t>(
    text: &'t str,
    token: Token,
    before: Before,
    after: &mut Peekable<impl Iterator<Item = Token>>,
) -> Cow<'t, str> {
    let written = &text[token.range()];
    if token.kind == TokenKind::DollarString {
        return Cow::Borrowed(literal::body(written).unwrap_or(written));
    }
    if let Some(quoted) = written
        .strip_prefix(['u', 'U'])
        .and_then(|rest| rest.strip_prefix('&'))
    {
        let uescape = |token: &Token| text[token.range()].eq_ignore_ascii_case("uescape");
        let escape = after.next_if(uescape).and_then(|_| after.next());
        let escape = escape.and_then(|token| text[token.range()].chars().nth(1));
        return Cow::Owned(unicode(quoted, escape.unwrap_or('\\')));
    }
    if token.kind == TokenKind::QuotedIdent {
        let ident = cursor::ident(token.kind, written);
        return ident.map_or(Cow::Borrowed(written), |ident| {
            Cow::Owned(ident.as_str().to_owned())
        });
    }
    let continued = before == Before::EscapeString && written.starts_with('\'');
    let value = if continued {
        literal::value(token.kind, &format!("E{written}"))
    } else if written.contains("''") || written.starts_with(['e', 'E']) {
        literal::value(token.kind, written)
    } else {
        None
    };
    value.map_or_else(|| Cow::Borrowed(written.trim_matches('\'')), Cow::Owned)
}

/// A `U&` literal without its prefix, escapes undone as far as they are ones.
fn unicode(quoted: &str, escape: char) -> String {
    let quote = quoted.chars().next().unwrap_or('\'');
    let doubled: String = [quote, quote].iter().collect();
    let inner = quoted
        .trim_matches(quote)
        .replace(&doubled, &quote.to_string());
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner.as_str();
    while let Some((plain, escaped)) = rest.split_once(escape) {
        out.push_str(plain);
        let (skipped, digits) = match escaped.strip_prefix('+') {
            Some(_) => (1, 6),
            None => (0, 4),
        };
        let code = escaped
            .get(skipped..skipped + digits)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if let Some(code) = code {
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            rest = &escaped[skipped + digits..];
        } else {
            out.push(escape);
            rest = escaped.strip_prefix(escape).unwrap_or(escaped);
        }
    }
    out + rest
}

/// Which of the two a text speaks of, in any case.
fn mentioned(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    // Each has its first `_` behind its first word, so that one search finds both.
    memchr::memchr_iter(b'_', bytes).find_map(|at| {
        NAMES.into_iter().find(|name| {
            let first = name.find('_').unwrap_or(0);
            let start = at.checked_sub(first);
            start
                .and_then(|start| bytes.get(start..start + name.len()))
                .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        })
    })
}
