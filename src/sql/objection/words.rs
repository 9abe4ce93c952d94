//! What single words of a statement tell: names that PostgreSQL cuts off, and the call that lets go of our lock.

use crate::diagnostic::Severity;
use crate::lex::{self, TokenKind};
use crate::postgres::StatementKind;
use crate::sql::{Objection, Statement};

/// Bytes of a name that the server keeps (`NAMEDATALEN` − 1).
const NAME_BYTES: usize = 63;

const UNLOCK: &str = "pg_advisory_unlock_all";

pub(super) fn look(text: &str, statement: &Statement, found: &mut Vec<Objection>) {
    let body = matches!(
        statement.head.kind,
        StatementKind::Do | StatementKind::DoCommitting
    );
    for token in lex::tokens_in(text, statement.range()) {
        let written = &text[token.start..token.end];
        match token.kind {
            TokenKind::Word if written.len() < UNLOCK.len() => {}
            TokenKind::Word if written.eq_ignore_ascii_case(UNLOCK) => {
                found.push(unlock(token.start..token.end));
            }
            TokenKind::Word if written.len() > NAME_BYTES => {
                found.push(long(token.start..token.end, written));
            }
            TokenKind::QuotedIdent if written.len() > NAME_BYTES + 2 => {
                let name = written.trim_matches('"').replace("\"\"", "\"");
                if name.len() > NAME_BYTES && written.starts_with('"') {
                    found.push(long(token.start..token.end, &name));
                }
            }
            TokenKind::DollarString | TokenKind::String if body => {
                // ASCII lower case keeps every offset.
                if let Some(at) = written.to_ascii_lowercase().find(UNLOCK) {
                    let start = token.start + at;
                    found.push(unlock(start..start + UNLOCK.len()));
                }
            }
            _ => {}
        }
    }
}

fn unlock(range: std::ops::Range<usize>) -> Objection {
    Objection {
        code: "unlock-all",
        severity: Severity::Error,
        range,
        message: "pg_advisory_unlock_all() lets go of the lock that keeps two runs of a release apart: they would run into each other".to_owned(),
        help: "unlock by key, with pg_advisory_unlock".to_owned(),
    }
}

fn long(range: std::ops::Range<usize>, name: &str) -> Objection {
    let kept = &name[..name.floor_char_boundary(NAME_BYTES)];
    Objection {
        code: "long-name",
        severity: Severity::Warning,
        range,
        message: format!(
            "this name has {} bytes: PostgreSQL keeps {NAME_BYTES} of them and calls it {kept}",
            name.len()
        ),
        help: "shorten the name: two that begin alike would be the same".to_owned(),
    }
}
