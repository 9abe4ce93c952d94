//! Facts about PostgreSQL as data, keyed by [`StatementKind`] and server version, each with its source.
//!
//! Knows no text: `sql` reads a statement's head and says its kind. What only a database's catalog can decide is
//! said to be so, never guessed.

mod kind;
mod known;
mod lasting;
mod lock;
mod recovery;
mod right;
mod transaction;

use crate::name::{ObjectKind, QualifiedName};

/// Major versions of the server that the facts hold for, oldest and newest.
pub const SERVERS: std::ops::RangeInclusive<u16> = 13..=18;

/// What a statement is, as finely as the facts need it and as its head tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementKind {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`.
    Commit,
    /// `COMMIT AND CHAIN`.
    CommitAndChain,
    /// `ROLLBACK`, `ABORT`.
    Rollback,
    /// `ROLLBACK AND CHAIN`.
    RollbackAndChain,
    /// `SAVEPOINT`.
    Savepoint,
    /// `RELEASE [SAVEPOINT]`.
    Release,
    /// `ROLLBACK TO [SAVEPOINT]`.
    RollbackTo,
    /// `PREPARE TRANSACTION`.
    PrepareTransaction,
    /// `COMMIT PREPARED`.
    CommitPrepared,
    /// `ROLLBACK PREPARED`.
    RollbackPrepared,
    /// `SET TRANSACTION`, `SET LOCAL TRANSACTION`.
    SetTransaction,
    /// `SET CONSTRAINTS`.
    SetConstraints,
    /// `SET`, for the session. `SET ROLE`, `SET TIME ZONE` and their like are this too.
    Set,
    /// `SET LOCAL`.
    SetLocal,
    /// `RESET`.
    Reset,
    /// `SHOW`.
    Show,
    /// `DISCARD ALL`.
    DiscardAll,
    /// `DISCARD PLANS`, `SEQUENCES`, `TEMP`.
    Discard,
    /// `LISTEN`.
    Listen,
    /// `UNLISTEN`.
    Unlisten,
    /// `NOTIFY`.
    Notify,
    /// `LOAD`.
    Load,
    /// `CHECKPOINT`.
    Checkpoint,
    /// `LOCK [TABLE]`, with its mode.
    LockTable(Lock),
    /// `DECLARE … CURSOR`.
    DeclareCursor,
    /// `DECLARE … CURSOR WITH HOLD`.
    DeclareCursorWithHold,
    /// `FETCH`.
    Fetch,
    /// `MOVE`.
    Move,
    /// `CLOSE`.
    Close,
    /// `PREPARE name AS …`.
    Prepare,
    /// `EXECUTE`.
    Execute,
    /// `DEALLOCATE`.
    Deallocate,
    /// `EXPLAIN`.
    Explain,
    /// `DO`.
    Do,
    /// `DO` with a body that commits or rolls back.
    DoCommitting,
    /// `CALL`.
    Call,
    /// `SELECT`, `VALUES`, `TABLE`, with or without `WITH` and parentheses.
    Select,
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `MERGE`.
    Merge,
    /// `TRUNCATE`.
    Truncate,
    /// `COPY … FROM STDIN`.
    CopyFromStdin,
    /// `COPY … FROM` a file or program on the server.
    CopyFrom,
    /// `COPY … TO STDOUT`.
    CopyToStdout,
    /// `COPY … TO` a file or program on the server.
    CopyTo,
    /// `CREATE` of an object. Databases, tablespaces, subscriptions, indexes and partitions have kinds of their own.
    Create(ObjectKind),
    /// `CREATE TABLE … PARTITION OF`.
    CreatePartition,
    /// `CREATE INDEX`.
    CreateIndex,
    /// `CREATE INDEX CONCURRENTLY`.
    CreateIndexConcurrently,
    /// `CREATE DATABASE`.
    CreateDatabase,
    /// `CREATE TABLESPACE`.
    CreateTablespace,
    /// `CREATE SUBSCRIPTION` that makes a slot (the default).
    CreateSubscription,
    /// `CREATE SUBSCRIPTION` with `connect = false` or `create_slot = false`.
    CreateSubscriptionWithoutSlot,
    /// `DROP` of an object. Databases, tablespaces, subscriptions and indexes have kinds of their own.
    Drop(ObjectKind),
    /// `DROP INDEX`.
    DropIndex,
    /// `DROP INDEX CONCURRENTLY`.
    DropIndexConcurrently,
    /// `DROP DATABASE`.
    DropDatabase,
    /// `DROP TABLESPACE`.
    DropTablespace,
    /// `DROP SUBSCRIPTION`.
    DropSubscription,
    /// `DROP OWNED`.
    DropOwned,
    /// `ALTER` of an object. Tables, and what is said apart below, have kinds of their own.
    Alter(ObjectKind),
    /// `ALTER TABLE`; its actions say more ([`TableAction`]).
    AlterTable,
    /// `ALTER TABLE … DETACH PARTITION … CONCURRENTLY`.
    DetachPartitionConcurrently,
    /// `ALTER TABLE`, `INDEX` or `MATERIALIZED VIEW` … `ALL IN TABLESPACE`.
    AlterAllInTablespace,
    /// `ALTER TYPE … ADD VALUE`.
    AddEnumValue,
    /// `ALTER DATABASE … SET TABLESPACE`.
    AlterDatabaseSetTablespace,
    /// `ALTER SYSTEM`.
    AlterSystem,
    /// `ALTER SUBSCRIPTION … REFRESH PUBLICATION`.
    RefreshSubscription,
    /// `ALTER SUBSCRIPTION … SET`, `ADD` or `DROP PUBLICATION` that refreshes (the default).
    AlterSubscriptionPublication,
    /// `ALTER SUBSCRIPTION … SET (failover = …)`.
    AlterSubscriptionFailover,
    /// `ALTER SUBSCRIPTION … SET (two_phase = false)`.
    AlterSubscriptionTwoPhase,
    /// `ALTER DEFAULT PRIVILEGES`.
    AlterDefaultPrivileges,
    /// `REASSIGN OWNED`.
    ReassignOwned,
    /// `COMMENT ON` an object.
    Comment(ObjectKind),
    /// `SECURITY LABEL`.
    SecurityLabel,
    /// `GRANT`.
    Grant,
    /// `REVOKE`.
    Revoke,
    /// `IMPORT FOREIGN SCHEMA`.
    ImportForeignSchema,
    /// `REFRESH MATERIALIZED VIEW`.
    RefreshMaterializedView,
    /// `REFRESH MATERIALIZED VIEW CONCURRENTLY`.
    RefreshMaterializedViewConcurrently,
    /// `REINDEX INDEX`.
    ReindexIndex,
    /// `REINDEX TABLE`.
    ReindexTable,
    /// `REINDEX SCHEMA`, `DATABASE`, `SYSTEM`.
    ReindexMany,
    /// `REINDEX … CONCURRENTLY` in both its spellings, whatever it names.
    ReindexConcurrently,
    /// `VACUUM`.
    Vacuum,
    /// `VACUUM FULL`.
    VacuumFull,
    /// `ANALYZE`.
    Analyze,
    /// `CLUSTER` of a table.
    ClusterTable,
    /// `CLUSTER` without a table.
    ClusterAll,
    /// Nothing that is known here.
    Other,
}

/// What one action of an `ALTER TABLE` does, by its first words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableAction {
    /// `ADD [COLUMN]`.
    AddColumn,
    /// `DROP [COLUMN]`.
    DropColumn,
    /// `ALTER [COLUMN] … SET STATISTICS`, `SET (n_distinct …)`, `RESET (…)`.
    ColumnStatistics,
    /// `ALTER [COLUMN] … TYPE`.
    ColumnType,
    /// `ALTER [COLUMN] … SET NOT NULL`.
    SetNotNull,
    /// Any other `ALTER [COLUMN]`.
    AlterColumn,
    /// `ADD … FOREIGN KEY`.
    AddForeignKey,
    /// `ADD` of any other table constraint.
    AddConstraint,
    /// `DROP CONSTRAINT`.
    DropConstraint,
    /// `ALTER CONSTRAINT`.
    AlterConstraint,
    /// `VALIDATE CONSTRAINT`.
    ValidateConstraint,
    /// `ENABLE` or `DISABLE … TRIGGER`.
    ToggleTrigger,
    /// `ENABLE` or `DISABLE … RULE`.
    ToggleRule,
    /// `ENABLE`, `DISABLE`, `FORCE`, `NO FORCE ROW LEVEL SECURITY`.
    RowSecurity,
    /// `CLUSTER ON`, `SET WITHOUT CLUSTER`.
    ClusterOn,
    /// `SET (…)` or `RESET (…)` of storage parameters, `user_catalog_table` not among them.
    StorageParameters,
    /// `SET (user_catalog_table …)` or its `RESET`.
    UserCatalogTable,
    /// `SET LOGGED`, `SET UNLOGGED`, `SET ACCESS METHOD`, `SET TABLESPACE`, `SET WITHOUT OIDS`.
    SetStorage,
    /// `SET SCHEMA`.
    SetSchema,
    /// `RENAME` of the table, a column or a constraint.
    Rename,
    /// `OWNER TO`.
    Owner,
    /// `REPLICA IDENTITY`.
    ReplicaIdentity,
    /// `INHERIT`, `NO INHERIT`, `OF`, `NOT OF`.
    Inherit,
    /// `ATTACH PARTITION`.
    AttachPartition,
    /// `DETACH PARTITION`.
    DetachPartition,
    /// `DETACH PARTITION … CONCURRENTLY`.
    DetachPartitionConcurrently,
    /// `DETACH PARTITION … FINALIZE`.
    DetachPartitionFinalize,
    /// None of these.
    Other,
}

/// Whether the server runs a statement inside a transaction block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionRule {
    /// It does.
    Inside,
    /// It refuses (25001; 2D000 for a body that commits), whatever the database holds.
    Never {
        /// Where this is known from.
        source: &'static str,
    },
    /// The database decides when the statement runs.
    Depends {
        /// On what.
        why: &'static str,
        /// Where this is known from.
        source: &'static str,
    },
    /// The statement begins, ends or cuts a transaction itself.
    Control,
}

/// What the server does with a statement outside of a transaction block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// Runs it.
    Runs,
    /// Refuses it (25P01).
    Fails {
        /// Where this is known from.
        source: &'static str,
    },
    /// Warns, and nothing happens.
    NoEffect {
        /// Where this is known from.
        source: &'static str,
    },
}

/// What makes a statement safe to run again whose end was not seen, where it can't share a transaction with its own
/// record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Running it twice is as good as once.
    Repeatable {
        /// Why that is so.
        why: &'static str,
    },
    /// The catalog says whether it is done, and what is left over.
    Probed,
    /// No release carries it.
    Refused,
    /// Only its author can say.
    Unknown,
}

/// What of a function stays when the transaction that called it is rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    /// A clause about the statement that calls it.
    pub does: &'static str,
    /// Where this is known from.
    pub source: &'static str,
}

/// Table-level lock modes, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// Taken by reading.
    AccessShare,
    /// Taken by `SELECT … FOR UPDATE`.
    RowShare,
    /// Taken by writing rows.
    RowExclusive,
    /// Blocks schema changes and `VACUUM`; reads and writes go on.
    ShareUpdateExclusive,
    /// Blocks writes.
    Share,
    /// Blocks writes, and itself.
    ShareRowExclusive,
    /// Blocks all but reading.
    Exclusive,
    /// Blocks reading too.
    AccessExclusive,
}

impl Lock {
    /// The mode as SQL writes it.
    pub fn words(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }
}

impl std::fmt::Display for Lock {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.words())
    }
}

/// What somebody must have to run a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// `CREATE` on the schema that the new object lands in.
    CreateInSchema,
    /// `CREATE` on the database.
    CreateInDatabase,
    /// The extension is there to be installed, and so may it be.
    Extension,
    /// Ownership of the relations that it names.
    Own,
    /// Ownership of the relation that the object is on.
    OwnTable,
    /// Ownership of the relations that it names, or of their schemas.
    Drop,
    /// Ownership of the relation that the index is on, and `CREATE` on its schema.
    Index,
    /// A privilege on the relations that it names.
    On(&'static str),
    /// A privilege on the relation that the object is on.
    OnTable(&'static str),
    /// Ownership of the type.
    OwnType,
    /// Ownership of the schemas.
    OwnSchema,
}

/// What somebody must have to run such a statement, as far as its kind tells.
pub fn rights(kind: StatementKind) -> &'static [Right] {
    right::of_statement(kind)
}

/// Whether a server of that major version runs such a statement inside a transaction block.
pub fn transaction_rule(kind: StatementKind, server: u16) -> TransactionRule {
    transaction::rule(kind, server)
}

/// The same for every server from `oldest` to the newest known: the strictest rule of them.
pub fn transaction_rule_since(kind: StatementKind, oldest: u16) -> TransactionRule {
    transaction::rule_since(kind, oldest)
}

/// What the server does with such a statement outside of a transaction block.
pub fn outside(kind: StatementKind) -> Outside {
    transaction::outside(kind)
}

/// What makes such a statement safe to run again outside of a transaction.
pub fn recovery(kind: StatementKind) -> Recovery {
    recovery::of(kind)
}

/// The oldest server that takes such a statement and where that is known from; `None` where all do.
pub fn oldest_server(kind: StatementKind) -> Option<(u16, &'static str)> {
    recovery::oldest(kind)
}

/// Whether a server takes a value that was added to an enum in the transaction that uses it, where the same transaction
/// created the enum. Tried on servers 13 to 18: 55P04 before 17.
pub fn uses_values_of_a_new_enum(server: u16) -> bool {
    server >= 17
}

/// What of a function, by its name without a schema, stays when its caller is rolled back; `None` where nothing is known to.
pub fn lasting(function: &str) -> Option<Lasting> {
    lasting::of(function)
}

/// Whether what stands before a parenthesis is known to run nothing but the server's own code: a keyword or type, or a function
/// that does what it is called for. Not where it is only likely.
pub fn is_known(name: &QualifiedName) -> bool {
    known::is(name)
}

/// The strongest lock on what the statement names first, as far as its kind alone tells. `None` where it takes none
/// on anything that is there already, and where that is not known. For `ALTER TABLE` ask [`action_lock`].
pub fn lock(kind: StatementKind, server: u16) -> Option<Lock> {
    lock::of_statement(kind, server)
}

/// The lock on the altered table of one action of an `ALTER TABLE`; `None` where it is not known.
pub fn action_lock(action: TableAction, server: u16) -> Option<Lock> {
    lock::of_action(action, server)
}
