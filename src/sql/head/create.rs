//! `CREATE`.

use super::Reader;
use crate::lex::TokenKind;
use crate::name::{ObjectKind, QualifiedName};
use crate::postgres::StatementKind;
use crate::sql::TEMPORARY_SCHEMA;

impl Reader<'_> {
    pub(super) fn create(&mut self) -> StatementKind {
        let kind = self.create_object();
        // An index or trigger lives in the schema of its table.
        let named = self.head.object.iter().chain(&self.head.table);
        self.head.temporary |= named.into_iter().any(is_temporary);
        kind
    }

    fn create_object(&mut self) -> StatementKind {
        self.head.or_replace = self.cursor.take_all(&["or", "replace"]);
        loop {
            if self.cursor.take_any(&["temp", "temporary"]) {
                self.head.temporary = true;
            } else if !self.cursor.take_any(&[
                "global",
                "local",
                "unlogged",
                "unique",
                "recursive",
                "default",
            ]) && !self.cursor.take_all(&["constraint"])
            {
                break;
            }
        }
        let Some(kind) = self.object_kind() else {
            return StatementKind::Other;
        };
        match kind {
            ObjectKind::Index => return self.create_index(),
            ObjectKind::Subscription => return self.create_subscription(),
            ObjectKind::Database => return self.named(StatementKind::CreateDatabase),
            ObjectKind::Tablespace => return self.named(StatementKind::CreateTablespace),
            ObjectKind::Cast
            | ObjectKind::Operator
            | ObjectKind::Transform
            | ObjectKind::UserMapping => {}
            ObjectKind::Schema => {
                self.if_not_exists();
                if !self.cursor.at_word("authorization") {
                    self.head.object = self.cursor.name();
                }
            }
            ObjectKind::Table | ObjectKind::ForeignTable => {
                self.if_not_exists();
                self.head.object = self.cursor.name();
                if self.cursor.take_all(&["partition", "of"]) {
                    self.head.table = self.cursor.name();
                    return StatementKind::CreatePartition;
                }
            }
            ObjectKind::Trigger | ObjectKind::Policy => {
                self.head.object = self.cursor.name();
                if self.cursor.seek(&["on"]).is_some() {
                    self.cursor.next();
                    self.head.table = self.cursor.name();
                }
            }
            ObjectKind::Rule => {
                self.head.object = self.cursor.name();
                if self.cursor.seek(&["to"]).is_some() {
                    self.cursor.next();
                    self.head.table = self.cursor.name();
                }
            }
            ObjectKind::Statistics => {
                self.if_not_exists();
                if !self.cursor.at_word("on") {
                    self.head.object = self.cursor.name();
                }
                if self.cursor.seek(&["from"]).is_some() {
                    self.cursor.next();
                    self.head.table = self.cursor.name();
                }
            }
            _ => {
                self.if_not_exists();
                self.head.object = self.cursor.name();
            }
        }
        StatementKind::Create(kind)
    }

    fn create_index(&mut self) -> StatementKind {
        self.head.concurrently = self.cursor.take("concurrently");
        self.if_not_exists();
        // ON is reserved: an index without a name is written `CREATE INDEX ON …`.
        if !self.cursor.at_word("on") {
            self.head.object = self.cursor.name();
        }
        if self.cursor.take("on") {
            self.head.only = self.cursor.take("only");
            let open = self.head.only && self.cursor.take_kind(TokenKind::OpenParen).is_some();
            self.head.table = self.cursor.name();
            if open {
                self.cursor.take_kind(TokenKind::CloseParen);
            }
        }
        if self.head.concurrently {
            StatementKind::CreateIndexConcurrently
        } else {
            StatementKind::CreateIndex
        }
    }

    fn create_subscription(&mut self) -> StatementKind {
        self.head.object = self.cursor.name();
        let options = self.with_options();
        let off = |name| {
            options
                .clone()
                .is_some_and(|options| self.option(options, name) == Some(false))
        };
        if off("connect") || off("create_slot") {
            StatementKind::CreateSubscriptionWithoutSlot
        } else {
            StatementKind::CreateSubscription
        }
    }

    /// Takes everything up to the inside of a `WITH (…)`.
    pub(super) fn with_options(&mut self) -> Option<std::ops::Range<usize>> {
        self.cursor.seek(&["with"])?;
        self.cursor.next();
        self.cursor.group()
    }
}

/// Whether a name says that it is in the session's own schema of temporary objects.
pub(super) fn is_temporary(name: &QualifiedName) -> bool {
    let schema = name.schema.as_ref();
    schema.is_some_and(|schema| schema.as_str() == TEMPORARY_SCHEMA)
}
