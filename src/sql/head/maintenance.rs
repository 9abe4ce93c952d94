//! `REINDEX`, `VACUUM`, `CLUSTER`, and options in parentheses.

use std::ops::Range;

use super::Reader;
use crate::lex::TokenKind;
use crate::postgres::StatementKind;
use crate::sql::cursor::Cursor;
use crate::sql::literal;

impl Reader<'_> {
    pub(super) fn reindex(&mut self) -> StatementKind {
        if let Some(options) = self.cursor.group() {
            self.head.concurrently = self.option(options, "concurrently") == Some(true);
        }
        let kind = if self.cursor.take("index") {
            StatementKind::ReindexIndex
        } else if self.cursor.take("table") {
            StatementKind::ReindexTable
        } else if self.cursor.take_any(&["schema", "database", "system"]) {
            StatementKind::ReindexMany
        } else {
            return StatementKind::Other;
        };
        self.head.concurrently |= self.cursor.take("concurrently");
        self.head.object = self.cursor.name();
        if self.head.concurrently {
            StatementKind::ReindexConcurrently
        } else {
            kind
        }
    }

    pub(super) fn vacuum(&mut self) -> StatementKind {
        let full = if let Some(options) = self.cursor.group() {
            self.option(options, "full") == Some(true)
        } else {
            let full = self.cursor.take("full");
            self.cursor.take("freeze");
            self.cursor.take("verbose");
            self.cursor.take_any(&["analyze", "analyse"]);
            full
        };
        self.names();
        if full {
            StatementKind::VacuumFull
        } else {
            StatementKind::Vacuum
        }
    }

    pub(super) fn cluster(&mut self) -> StatementKind {
        if self.cursor.group().is_none() {
            self.cursor.take("verbose");
        }
        self.head.object = self.cursor.name();
        // The old spelling: `CLUSTER index ON table`.
        if self.cursor.take("on") {
            self.head.object = self.cursor.name();
        }
        if self.head.object.is_some() {
            StatementKind::ClusterTable
        } else {
            StatementKind::ClusterAll
        }
    }

    /// Whether the option of that name is on, in `name [[=] value], …`: without a value it is. `None` where it is
    /// not there.
    pub(super) fn option(&self, options: Range<usize>, name: &str) -> Option<bool> {
        let mut cursor = Cursor::new(self.cursor.text(), options);
        loop {
            if cursor.take(name) {
                let equals = cursor
                    .peek()
                    .is_some_and(|token| cursor.slice(token) == "=");
                if equals {
                    cursor.next();
                }
                return Some(match cursor.peek() {
                    Some(token) if token.kind != TokenKind::Comma => {
                        let written = cursor.slice(token);
                        let value = literal::value(token.kind, written)
                            .unwrap_or_else(|| written.to_owned());
                        !["false", "off", "no", "0"].contains(&value.to_ascii_lowercase().as_str())
                    }
                    _ => true,
                });
            }
            if !cursor.next_item() {
                return None;
            }
        }
    }
}
