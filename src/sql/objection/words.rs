//! What single words of a statement tell: names that PostgreSQL cuts off, and the call that lets go of our lock.

use crate::diagnostic::Severity;
use crate::lex::{self, TokenKind};
use crate::name::{ObjectKind, QualifiedName};
use crate::postgres::StatementKind;
use crate::sql::{self, Objection, Statement};

/// Bytes of a name that the server keeps (`NAMEDATALEN` − 1).
const NAME_BYTES: usize = 63;

const UNLOCK: &str = "pg_advisory_unlock_all";

/// Functions that PostgreSQL refuses in a transaction that has written something (tried on server 15).
const SLOTS: [&str; 2] = [
    "pg_create_logical_replication_slot",
    "pg_copy_logical_replication_slot",
];

pub(super) fn look(text: &str, statement: &Statement, found: &mut Vec<Objection>) {
    let body = matches!(
        statement.head.kind,
        StatementKind::Do | StatementKind::DoCommitting
    );
    let mut slots = false;
    for token in lex::tokens_in(text, statement.range()) {
        let written = &text[token.start..token.end];
        match token.kind {
            TokenKind::Word if written.len() < UNLOCK.len() => {}
            TokenKind::Word if names_slot(written) => slots = true,
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
                let lower = written.to_ascii_lowercase();
                slots |= SLOTS.iter().any(|slot| lower.contains(slot));
                if let Some(at) = lower.find(UNLOCK) {
                    let start = token.start + at;
                    found.push(unlock(start..start + UNLOCK.len()));
                }
            }
            _ => {}
        }
    }
    if slots && makes_slot(text, statement) {
        found.push(Objection::error(
            "logical-slot",
            statement,
            "this makes a logical replication slot, which PostgreSQL refuses in a transaction that has written something, and a release writes the revision's record before it: the script would stop here",
            "make the slot by hand before the release; or in a DO block that ends with COMMIT and so runs outside a transaction, with allow = { no-recovery = \"reason\" }",
        ));
    }
}

fn names_slot(written: &str) -> bool {
    SLOTS.iter().any(|slot| written.eq_ignore_ascii_case(slot))
}

/// Whether such a function is called at once, in the transaction of the release.
fn makes_slot(text: &str, statement: &Statement) -> bool {
    let kind = statement.head.kind;
    // The one body waits for a caller, the other runs by itself.
    let elsewhere = matches!(
        kind,
        StatementKind::Create(ObjectKind::Function | ObjectKind::Procedure)
            | StatementKind::DoCommitting
    );
    let slot = |name: &QualifiedName| names_slot(name.name.as_str());
    let within =
        || kind == StatementKind::Do && sql::calls_within(text, statement).iter().any(slot);
    !elsewhere && (sql::calls(text, statement).iter().any(slot) || within())
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
