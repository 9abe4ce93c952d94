//! What makes a statement safe to run again where it can't share a transaction with its own record, and which statements
//! older servers do not know.
//!
//! Data: every kind that `transaction` says is refused inside a transaction block has a row here.

use super::{Recovery, StatementKind};

const REBUILT: &str =
    "it builds anew from the same rows, and each relation in a transaction of the server's own";
const SAME_STATE: &str = "it names the state it leads to, and leads there again";

/// Running these twice comes to the same as running them once.
const REPEATABLE: &[(StatementKind, &str)] = &[
    (
        StatementKind::Vacuum,
        "it changes no rows: what is clean already is left as it is",
    ),
    (StatementKind::VacuumFull, REBUILT),
    (StatementKind::ClusterTable, REBUILT),
    (StatementKind::ClusterAll, REBUILT),
    (StatementKind::ReindexIndex, REBUILT),
    (StatementKind::ReindexTable, REBUILT),
    (StatementKind::ReindexMany, REBUILT),
    // postgresql.auto.conf is written to a new file and renamed: it holds the value, or does not.
    (StatementKind::AlterSystem, SAME_STATE),
    // Where the database is there already, `movedb` does nothing.
    (StatementKind::AlterDatabaseSetTablespace, SAME_STATE),
    (StatementKind::RefreshSubscription, SAME_STATE),
    (StatementKind::AlterSubscriptionFailover, SAME_STATE),
    (StatementKind::AlterSubscriptionTwoPhase, SAME_STATE),
];

/// The catalog says of these whether they are done, and what a run that was cut off left over.
const PROBED: &[StatementKind] = &[
    StatementKind::CreateIndexConcurrently,
    StatementKind::DropIndexConcurrently,
    StatementKind::ReindexConcurrently,
    StatementKind::DetachPartitionConcurrently,
    StatementKind::CreateDatabase,
    StatementKind::DropDatabase,
    StatementKind::CreateTablespace,
    StatementKind::DropTablespace,
    StatementKind::CreateSubscription,
    StatementKind::DropSubscription,
    StatementKind::AlterSubscriptionPublication,
];

/// No release carries these.
const REFUSED: &[StatementKind] = &[
    // They end a transaction that the file did not begin; done or never there, nobody can tell afterwards.
    StatementKind::CommitPrepared,
    StatementKind::RollbackPrepared,
    // It lets go of the lock between runs.
    StatementKind::DiscardAll,
];

const SYNTAX: &str = "tried on server 13: a syntax error";
const OPTION: &str = "tried on servers 13, 14 and 15: unrecognized subscription parameter; the release notes for those between";

/// The oldest server that takes a statement, where that is not the oldest of all.
const NEWER: &[(StatementKind, u16, &str)] = &[
    (StatementKind::DetachPartitionConcurrently, 14, SYNTAX),
    (StatementKind::AlterSubscriptionFailover, 17, OPTION),
    (StatementKind::AlterSubscriptionTwoPhase, 18, OPTION),
];

pub(super) fn of(kind: StatementKind) -> Recovery {
    if let Some((_, why)) = REPEATABLE.iter().find(|(known, _)| *known == kind) {
        Recovery::Repeatable { why }
    } else if PROBED.contains(&kind) {
        Recovery::Probed
    } else if REFUSED.contains(&kind) {
        Recovery::Refused
    } else {
        Recovery::Unknown
    }
}

pub(super) fn oldest(kind: StatementKind) -> Option<(u16, &'static str)> {
    NEWER
        .iter()
        .find(|(known, ..)| *known == kind)
        .map(|(_, server, source)| (*server, *source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_row() {
        let mut all: Vec<StatementKind> = REPEATABLE.iter().map(|(kind, _)| *kind).collect();
        all.extend(PROBED);
        all.extend(REFUSED);
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
