//! What can't be carried into a release, or should not be in a migration.
//!
//! A construct that the tree's own tool runs well, and that a release can carry safely, is not mentioned here. Every message
//! says what would happen to a running database; the help is the next step.

mod bookkeeping;
mod hazard;
mod reading;
mod session;
mod words;

use super::{Objection, Protected, Script, Shape, Statement, Step, cursor, shape};
use crate::diagnostic::Severity;
use crate::lex::{self, TokenKind};
use crate::postgres::StatementKind;

/// All of a script, in order of place.
pub(super) fn all(text: &str, script: &Script, protected: &Protected) -> Vec<Objection> {
    let mut found = Vec::new();
    for statement in &script.statements {
        hazard::look(text, &statement.raw.hazards, &mut found);
        words::look(text, statement, &mut found);
        bookkeeping::look(statement, protected, &mut found);
        session::look(text, statement, &mut found);
        reading::look(text, statement, &mut found);
        commands(text, statement, script.statements.len(), &mut found);
    }
    hazard::look(text, &script.tail, &mut found);
    if let Shape::Blocks(steps) = shape::of(script) {
        outside_of_blocks(script, &steps, &mut found);
    }
    if let Some((start, what)) = script.unclosed {
        found.push(Objection {
            code: "unclosed",
            severity: Severity::Error,
            range: start..text.len(),
            message: format!(
                "a {what} is opened here and never closed: psql would read everything that follows in the release as a part of it"
            ),
            help: "close it".to_owned(),
        });
    }
    found.sort_by_key(|objection| objection.range.start);
    found
}

impl Objection {
    pub(super) fn error(
        code: &'static str,
        statement: &Statement,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            range: statement.range(),
            message: message.into(),
            help: help.into(),
        }
    }

    pub(super) fn warning(
        code: &'static str,
        statement: &Statement,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, statement, message, help)
        }
    }
}

/// Statements that no release can run, or only alone.
fn commands(text: &str, statement: &Statement, statements: usize, found: &mut Vec<Objection>) {
    let kind = statement.head.kind;
    let named = |default: &str| {
        statement
            .head
            .object
            .as_ref()
            .map_or_else(|| default.to_owned(), ToString::to_string)
    };
    match kind {
        StatementKind::CommitPrepared | StatementKind::RollbackPrepared => {
            found.push(Objection::error(
                "prepared-transaction",
                statement,
                format!("{kind} ends a transaction that this file did not begin: run twice it fails, and it can't be recorded as done"),
                "finish prepared transactions by hand, outside of the migrations",
            ));
        }
        StatementKind::CopyToStdout => found.push(Objection::error(
            "copy-to-client",
            statement,
            format!(
                "COPY of {} sends rows to the client: a release has nowhere to put them, and they would be mixed with what the DBA reads",
                named("a query")
            ),
            "take it out; read data with psql's \\copy outside of the release",
        )),
        StatementKind::CreateIndexConcurrently | StatementKind::DropIndexConcurrently
            if escapes_a_name(text, statement) =>
        {
            found.push(Objection::error(
                "escaped-name",
                statement,
                format!("a name in this {kind} is written as U&\"…\", and what that means is not read here: if the script stopped in it, a second run could not look for the index"),
                "write it as a plain quoted name: \"…\"",
            ));
        }
        StatementKind::CreateIndexConcurrently if statement.head.object.is_none() => {
            let table = statement
                .head
                .table
                .as_ref()
                .map_or_else(String::new, |table| format!(" on {table}"));
            found.push(Objection::error(
                "unnamed-index",
                statement,
                format!(
                    "this index{table} is built CONCURRENTLY and has no name: if the build is cut off, an invalid index stays that a second run can neither find nor drop"
                ),
                "give the index the name that PostgreSQL would choose, or a better one",
            ));
        }
        StatementKind::CreateDatabase
        | StatementKind::DropDatabase
        | StatementKind::CreateTablespace
        | StatementKind::DropTablespace
        | StatementKind::AlterDatabaseSetTablespace
        | StatementKind::AlterSystem
            if statements > 1 =>
        {
            found.push(Objection::error(
                "server-wide",
                statement,
                format!(
                    "{kind} changes the server, not this database, and can't be rolled back with the other statements of the file"
                ),
                "move it into a migration of its own, or do it before the release",
            ));
        }
        StatementKind::DropOwned => found.push(Objection::warning(
            "drop-owned",
            statement,
            "DROP OWNED drops whatever the role owns, the table that records applied revisions too if it is the owner",
            "drop the objects by name",
        )),
        _ => {}
    }
}

/// Whether the index or its table is named by a `U&"…"` with escapes.
fn escapes_a_name(text: &str, statement: &Statement) -> bool {
    lex::tokens_in(text, statement.range())
        .take_while(|token| token.kind != TokenKind::OpenParen)
        .any(|token| {
            let written = &text[token.range()];
            match token.kind {
                TokenKind::QuotedIdent => cursor::ident(token.kind, written).is_none(),
                TokenKind::Word => written.eq_ignore_ascii_case("uescape"),
                _ => false,
            }
        })
}

/// What needs a transaction and stands outside of the file's own ones.
fn outside_of_blocks(script: &Script, steps: &[Step], found: &mut Vec<Objection>) {
    for step in steps {
        let &Step::Single(index) = step else { continue };
        let statement = &script.statements[index];
        let kind = statement.head.kind;
        if matches!(
            kind,
            StatementKind::SetLocal | StatementKind::SetTransaction | StatementKind::SetConstraints
        ) {
            found.push(Objection::warning(
                "no-effect",
                statement,
                format!("{kind} stands outside of the file's own transactions: it ends with its own statement and changes nothing"),
                "move it behind the BEGIN that it is meant for",
            ));
        }
    }
}

#[cfg(test)]
mod tests;
