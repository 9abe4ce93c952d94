//! What a statement does to the schema, as a tree of our own.
//!
//! Heads tell most of it. For tables, views, indexes and types sqlparser is asked, one statement at a time, and its tree
//! is lowered at once: nothing of it leaves this module. A statement that it can't read is [`Reading::Unread`], which is no fault of the
//! author's. Nothing here is ever printed back as SQL, and no place in a text comes from here.

mod lower;

use super::{Statement, depth};
use crate::name::{Ident, ObjectKind, QualifiedName};
use crate::postgres::{StatementKind, TableAction};

/// What reading a statement came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// What it does.
    Read(Ddl),
    /// It is emitted as written and not analysed.
    Unread,
}

/// What a statement does to the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ddl {
    /// `CREATE TABLE`.
    CreateTable(CreateTable),
    /// `ALTER TABLE`.
    AlterTable(AlterTable),
    /// `CREATE INDEX`.
    CreateIndex(CreateIndex),
    /// `CREATE [MATERIALIZED] VIEW`; its query is not kept.
    CreateView {
        /// Its name.
        name: QualifiedName,
        /// `MATERIALIZED`.
        materialized: bool,
        /// `OR REPLACE`.
        or_replace: bool,
        /// Column names, where they are listed.
        columns: Vec<Ident>,
    },
    /// `CREATE TYPE`.
    CreateType {
        /// Its name.
        name: QualifiedName,
        /// What it is made of.
        definition: TypeDefinition,
    },
    /// `ALTER TYPE … ADD VALUE`.
    AddEnumValue {
        /// The enum.
        name: QualifiedName,
        /// The new value.
        value: String,
    },
    /// `CREATE` of any other object, known by its name only.
    Create {
        /// What it is.
        kind: ObjectKind,
        /// Its name, where it has one.
        name: Option<QualifiedName>,
        /// The relation it is on: of triggers, rules, policies.
        table: Option<QualifiedName>,
    },
    /// `DROP`.
    Drop {
        /// What they are.
        kind: ObjectKind,
        /// Their names; arguments of functions are not kept.
        names: Vec<QualifiedName>,
        /// The relation they are on: of triggers, rules, policies.
        table: Option<QualifiedName>,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `TRUNCATE`.
    Truncate {
        /// The tables.
        names: Vec<QualifiedName>,
    },
    /// A statement whose head says all that is asked of it here: rows, settings, transactions, comments, rights.
    Other(StatementKind),
}

/// A `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTable {
    /// Its name.
    pub name: QualifiedName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// Columns that are written out; none for `AS SELECT` and `PARTITION OF`.
    pub columns: Vec<Column>,
    /// Constraints of the table.
    pub constraints: Vec<Constraint>,
    /// The table of a `PARTITION OF`.
    pub parent: Option<QualifiedName>,
    /// Filled by a query.
    pub from_query: bool,
}

/// A column of a table or a composite type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Ident,
    /// Its type in words. For people and for comparing; the spelling is not the author's.
    pub type_name: String,
    /// `NOT NULL`.
    pub not_null: bool,
    /// `DEFAULT`.
    pub has_default: bool,
    /// `GENERATED`, as an expression or an identity.
    pub generated: bool,
    /// Constraints that are written at the column.
    pub constraints: Vec<Constraint>,
}

/// A constraint of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its name, where one is written.
    pub name: Option<Ident>,
    /// What it holds.
    pub kind: ConstraintKind,
}

/// What a constraint holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintKind {
    /// `PRIMARY KEY` over these columns.
    PrimaryKey(Vec<Ident>),
    /// `UNIQUE` over these columns.
    Unique(Vec<Ident>),
    /// `FOREIGN KEY`.
    ForeignKey {
        /// Columns here.
        columns: Vec<Ident>,
        /// The table they point to.
        table: QualifiedName,
        /// Columns there; empty where they are not named.
        referred: Vec<Ident>,
    },
    /// `CHECK`.
    Check,
    /// Any other.
    Other,
}

/// An `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterTable {
    /// The table.
    pub name: QualifiedName,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// In order.
    pub actions: Vec<Action>,
}

/// One action of an `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `ADD COLUMN`.
    AddColumn {
        /// The column.
        column: Column,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
    },
    /// `DROP COLUMN`.
    DropColumn {
        /// Its name.
        name: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `ALTER COLUMN`.
    AlterColumn {
        /// Its name.
        name: Ident,
        /// What changes.
        change: ColumnChange,
    },
    /// `ADD` of a constraint.
    AddConstraint {
        /// The constraint.
        constraint: Constraint,
        /// `NOT VALID`.
        not_valid: bool,
    },
    /// `DROP CONSTRAINT`.
    DropConstraint {
        /// Its name.
        name: Ident,
        /// `IF EXISTS`.
        if_exists: bool,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `VALIDATE CONSTRAINT`.
    ValidateConstraint(Ident),
    /// `RENAME COLUMN`.
    RenameColumn {
        /// Before.
        from: Ident,
        /// After.
        to: Ident,
    },
    /// `RENAME CONSTRAINT`.
    RenameConstraint {
        /// Before.
        from: Ident,
        /// After.
        to: Ident,
    },
    /// `RENAME TO`.
    RenameTable(Ident),
    /// Any other, by its first words.
    Other(TableAction),
}

/// What an `ALTER COLUMN` changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnChange {
    /// `SET NOT NULL`.
    SetNotNull,
    /// `DROP NOT NULL`.
    DropNotNull,
    /// `SET DEFAULT`.
    SetDefault,
    /// `DROP DEFAULT`.
    DropDefault,
    /// `TYPE`, in words, and whether there is a `USING`.
    Type {
        /// The new type.
        type_name: String,
        /// `USING`.
        using: bool,
    },
    /// `ADD GENERATED … AS IDENTITY`.
    AddIdentity,
}

/// A `CREATE INDEX`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a word that stands in the statement, or does not"
)]
pub struct CreateIndex {
    /// Its name, where one is written.
    pub name: Option<QualifiedName>,
    /// Its table.
    pub table: QualifiedName,
    /// The columns it is on; `None` for an expression.
    pub columns: Vec<Option<Ident>>,
    /// `UNIQUE`.
    pub unique: bool,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// It has a `WHERE`.
    pub partial: bool,
}

/// What a type is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeDefinition {
    /// An enum's values, in order.
    Enum(Vec<String>),
    /// A composite's attributes.
    Composite(Vec<Column>),
    /// A range, a base type or a shell.
    Other,
}

/// Reads one statement.
pub fn read(text: &str, statement: &Statement) -> Reading {
    let head = &statement.head;
    let names = || head.objects().cloned().collect();
    let drop = |kind| {
        Reading::Read(Ddl::Drop {
            kind,
            names: names(),
            table: head.table.clone(),
            if_exists: head.if_exists,
            cascade: head.cascade,
        })
    };
    let create = |kind| {
        Reading::Read(Ddl::Create {
            kind,
            name: head.object.clone(),
            table: head.table.clone(),
        })
    };
    match head.kind {
        StatementKind::Create(
            ObjectKind::Table | ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Type,
        )
        | StatementKind::CreateIndex
        | StatementKind::CreateIndexConcurrently
        | StatementKind::AlterTable => {
            depth::guarded(text, statement.range(), |sql| lower::statement(sql, head))
                .flatten()
                .map_or(Reading::Unread, Reading::Read)
        }
        StatementKind::CreatePartition => match (&head.object, &head.table) {
            (Some(name), Some(parent)) => Reading::Read(Ddl::CreateTable(CreateTable {
                name: name.clone(),
                if_not_exists: head.if_not_exists,
                temporary: head.temporary,
                columns: Vec::new(),
                constraints: Vec::new(),
                parent: Some(parent.clone()),
                from_query: false,
            })),
            _ => Reading::Unread,
        },
        StatementKind::Create(kind) => create(kind),
        StatementKind::CreateDatabase => create(ObjectKind::Database),
        StatementKind::CreateTablespace => create(ObjectKind::Tablespace),
        StatementKind::CreateSubscription | StatementKind::CreateSubscriptionWithoutSlot => {
            create(ObjectKind::Subscription)
        }
        StatementKind::Drop(kind) => drop(kind),
        StatementKind::DropIndex | StatementKind::DropIndexConcurrently => drop(ObjectKind::Index),
        StatementKind::DropDatabase => drop(ObjectKind::Database),
        StatementKind::DropTablespace => drop(ObjectKind::Tablespace),
        StatementKind::DropSubscription => drop(ObjectKind::Subscription),
        StatementKind::Truncate => Reading::Read(Ddl::Truncate { names: names() }),
        StatementKind::AddEnumValue => match (&head.object, &head.value) {
            (Some(name), Some(value)) => Reading::Read(Ddl::AddEnumValue {
                name: name.clone(),
                value: value.clone(),
            }),
            _ => Reading::Unread,
        },
        StatementKind::DetachPartitionConcurrently => match &head.object {
            Some(name) => Reading::Read(Ddl::AlterTable(AlterTable {
                name: name.clone(),
                if_exists: head.if_exists,
                actions: vec![Action::Other(TableAction::DetachPartitionConcurrently)],
            })),
            None => Reading::Unread,
        },
        // What these do to the schema stands in no head: bodies, and changes that have no place in the tree yet.
        StatementKind::Do
        | StatementKind::DoCommitting
        | StatementKind::Call
        | StatementKind::Execute
        | StatementKind::Alter(_)
        | StatementKind::AlterAllInTablespace
        | StatementKind::ImportForeignSchema
        | StatementKind::DropOwned
        | StatementKind::Other => Reading::Unread,
        other => Reading::Read(Ddl::Other(other)),
    }
}

#[cfg(test)]
mod tests;
