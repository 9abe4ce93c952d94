//! `ALTER`, and the actions of an `ALTER TABLE`.

use super::Reader;
use crate::lex::TokenKind;
use crate::name::ObjectKind;
use crate::postgres::{StatementKind, TableAction};
use crate::sql::literal;

impl Reader<'_> {
    pub(super) fn alter(&mut self) -> StatementKind {
        if self.cursor.take("system") {
            return StatementKind::AlterSystem;
        }
        if self.cursor.take_all(&["default", "privileges"]) {
            return StatementKind::AlterDefaultPrivileges;
        }
        let Some(kind) = self.object_kind() else {
            return StatementKind::Other;
        };
        let storage = matches!(
            kind,
            ObjectKind::Table | ObjectKind::Index | ObjectKind::MaterializedView
        );
        if storage && self.cursor.take_all(&["all", "in", "tablespace"]) {
            return StatementKind::AlterAllInTablespace;
        }
        self.if_exists();
        match kind {
            ObjectKind::Table => self.alter_table(),
            ObjectKind::Type => self.alter_type(),
            ObjectKind::Subscription => self.alter_subscription(),
            ObjectKind::Database => {
                self.head.object = self.cursor.name();
                if self.cursor.take_all(&["set", "tablespace"]) {
                    StatementKind::AlterDatabaseSetTablespace
                } else {
                    StatementKind::Alter(kind)
                }
            }
            ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
                self.head.object = self.cursor.name();
                if self.cursor.take("on") {
                    self.head.table = self.cursor.name();
                }
                StatementKind::Alter(kind)
            }
            ObjectKind::Operator | ObjectKind::UserMapping | ObjectKind::LargeObject => {
                StatementKind::Alter(kind)
            }
            _ => self.named(StatementKind::Alter(kind)),
        }
    }

    fn alter_table(&mut self) -> StatementKind {
        self.named(StatementKind::AlterTable);
        self.star();
        loop {
            let action = self.table_action();
            self.head.actions.push(action);
            if action == TableAction::DetachPartitionConcurrently {
                self.head.concurrently = true;
                return StatementKind::DetachPartitionConcurrently;
            }
            if !self.cursor.next_item() {
                return StatementKind::AlterTable;
            }
        }
    }

    fn table_action(&mut self) -> TableAction {
        let mut buffer = [0; 24];
        let verb = self.cursor.word(&mut buffer);
        if verb.is_empty() {
            return TableAction::Other;
        }
        self.cursor.next();
        match verb {
            "add" => self.add(),
            "drop" => {
                if self.cursor.take("constraint") {
                    TableAction::DropConstraint
                } else {
                    TableAction::DropColumn
                }
            }
            "alter" => self.alter_column(),
            "validate" => TableAction::ValidateConstraint,
            "enable" | "disable" => {
                self.cursor.take_any(&["replica", "always"]);
                if self.cursor.take("trigger") {
                    TableAction::ToggleTrigger
                } else if self.cursor.take("rule") {
                    TableAction::ToggleRule
                } else if self.cursor.take("row") {
                    TableAction::RowSecurity
                } else {
                    TableAction::Other
                }
            }
            "force" => TableAction::RowSecurity,
            "no" if self.cursor.take("force") => TableAction::RowSecurity,
            "no" | "not" | "inherit" | "of" => TableAction::Inherit,
            "cluster" => TableAction::ClusterOn,
            "set" => self.set_on_table(),
            "reset" => self.storage_parameters(),
            "rename" => TableAction::Rename,
            "owner" => TableAction::Owner,
            "replica" => TableAction::ReplicaIdentity,
            "attach" => {
                self.cursor.take("partition");
                self.head.partition = self.cursor.name();
                TableAction::AttachPartition
            }
            "detach" => {
                self.cursor.take("partition");
                self.head.partition = self.cursor.name();
                if self.cursor.take("concurrently") {
                    TableAction::DetachPartitionConcurrently
                } else if self.cursor.take("finalize") {
                    TableAction::DetachPartitionFinalize
                } else {
                    TableAction::DetachPartition
                }
            }
            _ => TableAction::Other,
        }
    }

    fn add(&mut self) -> TableAction {
        if self.cursor.take("constraint") {
            self.cursor.ident();
        } else if self.cursor.take("column") {
            return TableAction::AddColumn;
        }
        let mut buffer = [0; 24];
        match self.cursor.word(&mut buffer) {
            "foreign" => TableAction::AddForeignKey,
            // Reserved words: no column is called so.
            "primary" | "unique" | "check" | "not" => TableAction::AddConstraint,
            "exclude" => {
                self.cursor.next();
                if self.cursor.at_word("using") || self.cursor.at(TokenKind::OpenParen) {
                    TableAction::AddConstraint
                } else {
                    TableAction::AddColumn
                }
            }
            _ => TableAction::AddColumn,
        }
    }

    fn alter_column(&mut self) -> TableAction {
        if self.cursor.take("constraint") {
            return TableAction::AlterConstraint;
        }
        self.cursor.take("column");
        self.cursor.ident();
        if self.cursor.take("type") || self.cursor.take_all(&["set", "data", "type"]) {
            return TableAction::ColumnType;
        }
        if self.cursor.take("reset") {
            return TableAction::ColumnStatistics;
        }
        if !self.cursor.take("set") {
            return TableAction::AlterColumn;
        }
        if self.cursor.take("statistics") || self.cursor.at(TokenKind::OpenParen) {
            TableAction::ColumnStatistics
        } else if self.cursor.take("not") {
            TableAction::SetNotNull
        } else {
            TableAction::AlterColumn
        }
    }

    fn set_on_table(&mut self) -> TableAction {
        if self.cursor.at(TokenKind::OpenParen) {
            self.storage_parameters()
        } else if self.cursor.take_all(&["without", "cluster"]) {
            TableAction::ClusterOn
        } else if self.cursor.take("schema") {
            TableAction::SetSchema
        } else {
            TableAction::SetStorage
        }
    }

    fn storage_parameters(&mut self) -> TableAction {
        let catalog = self
            .cursor
            .group()
            .is_some_and(|group| self.option(group, "user_catalog_table").is_some());
        if catalog {
            TableAction::UserCatalogTable
        } else {
            TableAction::StorageParameters
        }
    }

    fn alter_type(&mut self) -> StatementKind {
        self.head.object = self.cursor.name();
        if !self.cursor.take_all(&["add", "value"]) {
            return StatementKind::Alter(ObjectKind::Type);
        }
        self.if_not_exists();
        self.head.value = self
            .cursor
            .next()
            .and_then(|token| literal::value(token.kind, self.cursor.slice(token)));
        StatementKind::AddEnumValue
    }

    fn alter_subscription(&mut self) -> StatementKind {
        self.head.object = self.cursor.name();
        if self.cursor.take("refresh") {
            return if self.cursor.take("publication") {
                StatementKind::RefreshSubscription
            } else {
                StatementKind::Alter(ObjectKind::Subscription)
            };
        }
        let set = self.cursor.take("set");
        if !set && !self.cursor.take_any(&["add", "drop"]) {
            return StatementKind::Alter(ObjectKind::Subscription);
        }
        if self.cursor.take("publication") {
            let quiet = self
                .with_options()
                .is_some_and(|options| self.option(options, "refresh") == Some(false));
            return if quiet {
                StatementKind::Alter(ObjectKind::Subscription)
            } else {
                StatementKind::AlterSubscriptionPublication
            };
        }
        let Some(options) = self.cursor.group() else {
            return StatementKind::Alter(ObjectKind::Subscription);
        };
        if self.option(options.clone(), "failover").is_some() {
            StatementKind::AlterSubscriptionFailover
        } else if self.option(options, "two_phase") == Some(false) {
            StatementKind::AlterSubscriptionTwoPhase
        } else {
            StatementKind::Alter(ObjectKind::Subscription)
        }
    }
}
