//! The table-level lock that a statement takes on what it names first.
//!
//! Data: `pg_locks` of the statement's own session, looked at inside a transaction on servers 13 to 18. Locks on other
//! tables (the far side of a foreign key, a default partition) are not in these tables.

use std::ops::RangeInclusive;

use super::{Lock, SERVERS, StatementKind, TableAction};
use crate::name::ObjectKind;

struct Fact<K> {
    on: K,
    lock: Lock,
    servers: RangeInclusive<u16>,
}

const fn all<K: Copy>(on: K, lock: Lock) -> Fact<K> {
    Fact {
        on,
        lock,
        servers: SERVERS,
    }
}

const fn since<K: Copy>(on: K, lock: Lock, oldest: u16) -> Fact<K> {
    Fact {
        on,
        lock,
        servers: oldest..=*SERVERS.end(),
    }
}

/// What is not here takes no lock on a relation that is there already, takes one that its kind alone does not tell, or was not
/// looked at.
const STATEMENTS: &[Fact<StatementKind>] = &[
    all(StatementKind::CreatePartition, Lock::AccessExclusive), // on the parent
    all(StatementKind::CreateIndex, Lock::Share),
    all(
        StatementKind::CreateIndexConcurrently,
        Lock::ShareUpdateExclusive,
    ),
    all(StatementKind::DropIndex, Lock::AccessExclusive), // on the index and on its table
    all(
        StatementKind::DropIndexConcurrently,
        Lock::ShareUpdateExclusive,
    ),
    all(StatementKind::ReindexTable, Lock::Share),
    all(StatementKind::ReindexIndex, Lock::AccessExclusive), // on the index; SHARE on its table
    all(
        StatementKind::ReindexConcurrently,
        Lock::ShareUpdateExclusive,
    ),
    all(StatementKind::ClusterTable, Lock::AccessExclusive),
    all(StatementKind::Vacuum, Lock::ShareUpdateExclusive), // level from the documentation
    all(StatementKind::VacuumFull, Lock::AccessExclusive),
    all(StatementKind::Analyze, Lock::ShareUpdateExclusive),
    all(StatementKind::Truncate, Lock::AccessExclusive),
    all(
        StatementKind::Drop(ObjectKind::Table),
        Lock::AccessExclusive,
    ),
    all(StatementKind::Drop(ObjectKind::View), Lock::AccessExclusive),
    all(
        StatementKind::Drop(ObjectKind::MaterializedView),
        Lock::AccessExclusive,
    ),
    all(
        StatementKind::Drop(ObjectKind::Sequence),
        Lock::AccessExclusive,
    ),
    all(
        StatementKind::Alter(ObjectKind::View),
        Lock::AccessExclusive,
    ),
    all(
        StatementKind::Create(ObjectKind::Trigger),
        Lock::ShareRowExclusive,
    ),
    all(
        StatementKind::Drop(ObjectKind::Trigger),
        Lock::AccessExclusive,
    ),
    all(
        StatementKind::Alter(ObjectKind::Trigger),
        Lock::AccessExclusive,
    ),
    all(
        StatementKind::Create(ObjectKind::Rule),
        Lock::AccessExclusive,
    ),
    all(StatementKind::Drop(ObjectKind::Rule), Lock::AccessExclusive),
    all(
        StatementKind::Alter(ObjectKind::Rule),
        Lock::AccessExclusive,
    ),
    all(
        StatementKind::Create(ObjectKind::Policy),
        Lock::AccessExclusive,
    ),
    all(
        StatementKind::Drop(ObjectKind::Policy),
        Lock::AccessExclusive,
    ),
    all(
        StatementKind::Alter(ObjectKind::Policy),
        Lock::AccessExclusive,
    ),
    all(
        StatementKind::RefreshMaterializedView,
        Lock::AccessExclusive,
    ),
    all(
        StatementKind::RefreshMaterializedViewConcurrently,
        Lock::Exclusive,
    ),
    all(
        StatementKind::Comment(ObjectKind::Table),
        Lock::ShareUpdateExclusive,
    ),
    all(
        StatementKind::Comment(ObjectKind::Column),
        Lock::ShareUpdateExclusive,
    ),
    all(StatementKind::Insert, Lock::RowExclusive),
    all(StatementKind::Update, Lock::RowExclusive),
    all(StatementKind::Delete, Lock::RowExclusive),
    since(StatementKind::Merge, Lock::RowExclusive, 15),
    all(StatementKind::CopyFrom, Lock::RowExclusive),
    all(StatementKind::CopyFromStdin, Lock::RowExclusive),
    since(
        StatementKind::DetachPartitionConcurrently,
        Lock::ShareUpdateExclusive,
        14,
    ),
];

/// On the altered table.
const ACTIONS: &[Fact<TableAction>] = &[
    all(TableAction::AddColumn, Lock::AccessExclusive),
    all(TableAction::DropColumn, Lock::AccessExclusive),
    all(TableAction::ColumnStatistics, Lock::ShareUpdateExclusive),
    all(TableAction::ColumnType, Lock::AccessExclusive),
    all(TableAction::SetNotNull, Lock::AccessExclusive),
    all(TableAction::AlterColumn, Lock::AccessExclusive),
    all(TableAction::AddForeignKey, Lock::ShareRowExclusive), // on both tables
    all(TableAction::AddConstraint, Lock::AccessExclusive),
    all(TableAction::DropConstraint, Lock::AccessExclusive),
    all(TableAction::AlterConstraint, Lock::AccessExclusive), // measured; so do the manuals say
    all(TableAction::ValidateConstraint, Lock::ShareUpdateExclusive),
    all(TableAction::ToggleTrigger, Lock::ShareRowExclusive),
    all(TableAction::ToggleRule, Lock::AccessExclusive),
    all(TableAction::RowSecurity, Lock::AccessExclusive),
    all(TableAction::ClusterOn, Lock::ShareUpdateExclusive),
    all(TableAction::StorageParameters, Lock::ShareUpdateExclusive),
    all(TableAction::UserCatalogTable, Lock::AccessExclusive),
    all(TableAction::SetStorage, Lock::AccessExclusive),
    all(TableAction::SetSchema, Lock::AccessExclusive),
    all(TableAction::Rename, Lock::AccessExclusive),
    all(TableAction::Owner, Lock::AccessExclusive),
    all(TableAction::ReplicaIdentity, Lock::AccessExclusive),
    all(TableAction::Inherit, Lock::AccessExclusive),
    // The parent; the attached table and a default partition are locked ACCESS EXCLUSIVE.
    all(TableAction::AttachPartition, Lock::ShareUpdateExclusive),
    all(TableAction::DetachPartition, Lock::AccessExclusive),
    since(
        TableAction::DetachPartitionConcurrently,
        Lock::ShareUpdateExclusive,
        14,
    ),
    since(
        TableAction::DetachPartitionFinalize,
        Lock::ShareUpdateExclusive,
        14,
    ),
];

pub(super) fn of_statement(kind: StatementKind, server: u16) -> Option<Lock> {
    if let StatementKind::LockTable(lock) = kind {
        return Some(lock);
    }
    find(STATEMENTS, kind, server)
}

pub(super) fn of_action(action: TableAction, server: u16) -> Option<Lock> {
    find(ACTIONS, action, server)
}

fn find<K: Copy + PartialEq>(facts: &[Fact<K>], on: K, server: u16) -> Option<Lock> {
    facts
        .iter()
        .find(|fact| fact.on == on && fact.servers.contains(&server))
        .map(|fact| fact.lock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_are_those_measured() {
        assert_eq!(
            of_statement(StatementKind::CreateIndex, 13),
            Some(Lock::Share)
        );
        assert_eq!(
            of_statement(StatementKind::Drop(ObjectKind::Table), 18),
            Some(Lock::AccessExclusive)
        );
        assert_eq!(of_statement(StatementKind::Merge, 14), None);
        assert_eq!(
            of_statement(StatementKind::Create(ObjectKind::Table), 18),
            None
        );
        assert_eq!(
            of_action(TableAction::AddForeignKey, 15),
            Some(Lock::ShareRowExclusive)
        );
        assert_eq!(of_action(TableAction::Other, 15), None);
    }

    #[test]
    fn a_kind_stands_once() {
        for (index, fact) in STATEMENTS.iter().enumerate() {
            assert!(STATEMENTS[..index].iter().all(|other| other.on != fact.on));
        }
        for (index, fact) in ACTIONS.iter().enumerate() {
            assert!(ACTIONS[..index].iter().all(|other| other.on != fact.on));
        }
    }

    #[test]
    fn modes_are_ordered_by_strength() {
        assert!(Lock::AccessExclusive > Lock::Exclusive && Lock::AccessShare < Lock::RowShare);
    }
}
