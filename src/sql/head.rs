//! Reads the first words of a statement, and no more than its kind needs.
//!
//! Nothing here judges syntax: what is not understood leaves its part of the [`Head`] empty.

mod alter;
mod create;
mod maintenance;
mod object;
pub(super) mod select;
mod session;

use std::ops::Range;

use super::cursor::Cursor;
use super::{Head, literal};
use crate::lex::{self, TokenKind};
use crate::postgres::StatementKind;

/// Reads the head of the statement `text[range]`.
pub(super) fn read(text: &str, range: Range<usize>) -> Head {
    let mut reader = Reader {
        cursor: Cursor::new(text, range),
        head: Head {
            kind: StatementKind::Other,
            object: None,
            others: Vec::new(),
            table: None,
            partition: None,
            if_exists: false,
            if_not_exists: false,
            or_replace: false,
            cascade: false,
            concurrently: false,
            only: false,
            temporary: false,
            setting: None,
            actions: Vec::new(),
            value: None,
            modes: None,
        },
    };
    reader.head.kind = reader.statement();
    reader.head
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    head: Head,
}

impl Reader<'_> {
    fn statement(&mut self) -> StatementKind {
        while self.cursor.take_kind(TokenKind::OpenParen).is_some() {}
        let mut buffer = [0; 24];
        let verb = self.cursor.word(&mut buffer);
        if verb.is_empty() {
            return StatementKind::Other;
        }
        self.cursor.next();
        match verb {
            "alter" => self.alter(),
            "create" => self.create(),
            "drop" => self.drop_object(),
            "comment" => self.comment(),
            "insert" => {
                self.cursor.take("into");
                self.named(StatementKind::Insert)
            }
            "update" => self.named(StatementKind::Update),
            "delete" => {
                self.cursor.take("from");
                self.named(StatementKind::Delete)
            }
            "merge" => {
                self.cursor.take("into");
                self.named(StatementKind::Merge)
            }
            "select" => self.select(),
            "values" | "table" => StatementKind::Select,
            "with" => self.with(),
            "truncate" => {
                self.cursor.take("table");
                self.names();
                StatementKind::Truncate
            }
            "copy" => self.copy(),
            "do" => self.anonymous_block(),
            "call" => self.named(StatementKind::Call),
            "grant" => StatementKind::Grant,
            "revoke" => StatementKind::Revoke,
            "refresh" => {
                self.cursor.take_all(&["materialized", "view"]);
                self.head.concurrently = self.cursor.take("concurrently");
                self.named(if self.head.concurrently {
                    StatementKind::RefreshMaterializedViewConcurrently
                } else {
                    StatementKind::RefreshMaterializedView
                })
            }
            "reindex" => self.reindex(),
            "vacuum" => self.vacuum(),
            "analyze" | "analyse" => {
                if self.cursor.group().is_none() {
                    self.cursor.take("verbose");
                }
                self.named(StatementKind::Analyze)
            }
            "cluster" => self.cluster(),
            "reassign" => StatementKind::ReassignOwned,
            "security" => StatementKind::SecurityLabel,
            "import" => StatementKind::ImportForeignSchema,
            "checkpoint" => StatementKind::Checkpoint,
            "explain" => StatementKind::Explain,
            other => self.session(other),
        }
    }

    /// `DO`: whether its body commits.
    fn anonymous_block(&mut self) -> StatementKind {
        while let Some(token) = self.cursor.next() {
            let body = literal::value(token.kind, self.cursor.slice(token));
            if body.is_some_and(|body| commits(&body)) {
                return StatementKind::DoCommitting;
            }
        }
        StatementKind::Do
    }

    /// `WITH …`: what stands after the common table expressions.
    fn with(&mut self) -> StatementKind {
        let main = self.cursor.seek(&[
            "select", "values", "table", "insert", "update", "delete", "merge",
        ]);
        match main {
            Some(_) => self.statement(),
            // `WITH … (SELECT …)`: the main query stands in parentheses.
            None => StatementKind::Select,
        }
    }

    /// `[ONLY] name`.
    fn named(&mut self, kind: StatementKind) -> StatementKind {
        self.head.only = self.cursor.take("only");
        self.head.object = self.cursor.name();
        kind
    }

    /// `[ONLY] name [*] [(…)], … [CASCADE]`
    fn names(&mut self) {
        let mut more = true;
        while more {
            self.head.only |= self.cursor.take("only");
            // PostgreSQL allows `ONLY (name)`.
            let open = self.head.only && self.cursor.take_kind(TokenKind::OpenParen).is_some();
            let Some(name) = self.cursor.name() else {
                break;
            };
            if open {
                self.cursor.take_kind(TokenKind::CloseParen);
            }
            if self.head.object.is_none() {
                self.head.object = Some(name);
            } else {
                self.head.others.push(name);
            }
            self.star();
            self.cursor.group();
            more = self.cursor.take_kind(TokenKind::Comma).is_some();
        }
        self.cursor.take_all(&["restart", "identity"]);
        self.cursor.take_all(&["continue", "identity"]);
        self.head.cascade = self.cursor.take("cascade");
    }

    /// The `*` that may follow a table's name.
    fn star(&mut self) {
        let star = self
            .cursor
            .peek()
            .filter(|token| self.cursor.slice(*token) == "*");
        if star.is_some() {
            self.cursor.next();
        }
    }

    fn if_exists(&mut self) {
        self.head.if_exists = self.cursor.take_all(&["if", "exists"]);
    }

    fn if_not_exists(&mut self) {
        self.head.if_not_exists = self.cursor.take_all(&["if", "not", "exists"]);
    }
}

/// Whether `COMMIT` or `ROLLBACK` stands in a PL/pgSQL body where a statement begins.
fn commits(body: &str) -> bool {
    let mut begins = true;
    for token in lex::tokens(body).filter(|token| !token.kind.is_trivia()) {
        let is = |words: &[&str]| {
            let written = &body[token.start..token.end];
            token.kind == TokenKind::Word
                && words.iter().any(|word| written.eq_ignore_ascii_case(word))
        };
        if begins && is(&["commit", "rollback"]) {
            return true;
        }
        begins = token.kind == TokenKind::Semicolon || is(&["begin", "then", "else", "loop"]);
    }
    false
}

#[cfg(test)]
mod tests;
