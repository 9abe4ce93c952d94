//! Kinds of objects by name, and the statements that only name one: `DROP`, `COMMENT`.

use super::Reader;
use crate::name::ObjectKind;
use crate::postgres::StatementKind;

impl Reader<'_> {
    /// The words that name a kind of object.
    pub(super) fn object_kind(&mut self) -> Option<ObjectKind> {
        let mut buffer = [0; 24];
        let word = self.cursor.word(&mut buffer);
        let kind = match word {
            "aggregate" => ObjectKind::Aggregate,
            "cast" => ObjectKind::Cast,
            "collation" => ObjectKind::Collation,
            "column" => ObjectKind::Column,
            "constraint" => ObjectKind::Constraint,
            "conversion" => ObjectKind::Conversion,
            "database" => ObjectKind::Database,
            "domain" => ObjectKind::Domain,
            "extension" => ObjectKind::Extension,
            "function" => ObjectKind::Function,
            "group" | "role" => ObjectKind::Role,
            "index" => ObjectKind::Index,
            "language" => ObjectKind::Language,
            "policy" => ObjectKind::Policy,
            "procedure" => ObjectKind::Procedure,
            "publication" => ObjectKind::Publication,
            "routine" => ObjectKind::Routine,
            "rule" => ObjectKind::Rule,
            "schema" => ObjectKind::Schema,
            "sequence" => ObjectKind::Sequence,
            "server" => ObjectKind::Server,
            "statistics" => ObjectKind::Statistics,
            "subscription" => ObjectKind::Subscription,
            "table" => ObjectKind::Table,
            "tablespace" => ObjectKind::Tablespace,
            "transform" => ObjectKind::Transform,
            "trigger" => ObjectKind::Trigger,
            "type" => ObjectKind::Type,
            "view" => ObjectKind::View,
            "user" => {
                self.cursor.next();
                let mapping = self.cursor.take("mapping");
                return Some(if mapping {
                    ObjectKind::UserMapping
                } else {
                    ObjectKind::Role
                });
            }
            "operator" => {
                self.cursor.next();
                return Some(if self.cursor.take("class") {
                    ObjectKind::OperatorClass
                } else if self.cursor.take("family") {
                    ObjectKind::OperatorFamily
                } else {
                    ObjectKind::Operator
                });
            }
            "access" => return self.after("method", ObjectKind::AccessMethod),
            "event" => return self.after("trigger", ObjectKind::EventTrigger),
            "large" => return self.after("object", ObjectKind::LargeObject),
            "materialized" => return self.after("view", ObjectKind::MaterializedView),
            "procedural" | "trusted" => {
                self.cursor.next();
                self.cursor.take("procedural");
                return self.cursor.take("language").then_some(ObjectKind::Language);
            }
            "foreign" => {
                self.cursor.next();
                if self.cursor.take("table") {
                    return Some(ObjectKind::ForeignTable);
                }
                return self
                    .cursor
                    .take_all(&["data", "wrapper"])
                    .then_some(ObjectKind::ForeignDataWrapper);
            }
            "text" => {
                self.cursor.next();
                let known = self.cursor.take("search")
                    && self
                        .cursor
                        .take_any(&["configuration", "dictionary", "parser", "template"]);
                return known.then_some(ObjectKind::TextSearch);
            }
            _ => return None,
        };
        self.cursor.next();
        Some(kind)
    }

    fn after(&mut self, word: &str, kind: ObjectKind) -> Option<ObjectKind> {
        self.cursor.next();
        self.cursor.take(word).then_some(kind)
    }

    pub(super) fn drop_object(&mut self) -> StatementKind {
        if self.cursor.take("owned") {
            return StatementKind::DropOwned;
        }
        let Some(kind) = self.object_kind() else {
            return StatementKind::Other;
        };
        if kind == ObjectKind::Index {
            self.head.concurrently = self.cursor.take("concurrently");
        }
        self.if_exists();
        match kind {
            // Their objects are not named, or named by operators and types.
            ObjectKind::Cast
            | ObjectKind::Transform
            | ObjectKind::UserMapping
            | ObjectKind::Operator => {
                return StatementKind::Drop(kind);
            }
            _ => self.names(),
        }
        if self.cursor.take("on") {
            self.head.table = self.cursor.name();
            self.head.cascade = self.cursor.take("cascade");
        }
        match kind {
            ObjectKind::Database => StatementKind::DropDatabase,
            ObjectKind::Tablespace => StatementKind::DropTablespace,
            ObjectKind::Subscription => StatementKind::DropSubscription,
            ObjectKind::Index if self.head.concurrently => StatementKind::DropIndexConcurrently,
            ObjectKind::Index => StatementKind::DropIndex,
            other => StatementKind::Drop(other),
        }
    }

    pub(super) fn comment(&mut self) -> StatementKind {
        if !self.cursor.take("on") {
            return StatementKind::Other;
        }
        let Some(kind) = self.object_kind() else {
            return StatementKind::Other;
        };
        match kind {
            ObjectKind::Cast
            | ObjectKind::Operator
            | ObjectKind::Transform
            | ObjectKind::LargeObject => {}
            ObjectKind::Column => {
                if let Some((table, column)) = self.cursor.column() {
                    self.head.object = Some(column);
                    self.head.table = table;
                }
            }
            ObjectKind::Constraint
            | ObjectKind::Trigger
            | ObjectKind::Rule
            | ObjectKind::Policy => {
                self.head.object = self.cursor.name();
                if self.cursor.take("on") {
                    self.cursor.take("domain");
                    self.head.table = self.cursor.name();
                }
            }
            _ => self.head.object = self.cursor.name(),
        }
        StatementKind::Comment(kind)
    }
}
