//! Which statements the server refuses inside a transaction block, and which it refuses outside of one.
//!
//! Data, tried on servers 13.23, 14.23, 15.20, 16.14, 17.10 and 18.4, or read in `PreventInTransactionBlock` callers.

use std::ops::RangeInclusive;

use super::{Outside, SERVERS, StatementKind, TransactionRule};

/// One row: what holds for a kind on some servers.
struct Fact {
    kind: StatementKind,
    servers: RangeInclusive<u16>,
    /// Empty where the server refuses always; else what decides.
    depends: &'static str,
    source: &'static str,
}

const TRIED: &str = "tried on servers 13 to 18: ERROR 25001, cannot run inside a transaction block";
const TRIED_CONDITION: &str = "tried on servers 13 to 18, both ways: ERROR 25001";
const READ: &str = "read in the server's source: PreventInTransactionBlock in AlterSubscription";

const fn never(kind: StatementKind, servers: RangeInclusive<u16>, source: &'static str) -> Fact {
    Fact {
        kind,
        servers,
        depends: "",
        source,
    }
}

const fn depends(
    kind: StatementKind,
    servers: RangeInclusive<u16>,
    depends: &'static str,
    source: &'static str,
) -> Fact {
    Fact {
        kind,
        servers,
        depends,
        source,
    }
}

/// Kinds and versions that are not here run inside a transaction block. Notably these do (tried on 13 to 18):
/// `REFRESH MATERIALIZED VIEW CONCURRENTLY`, `ANALYZE`, `TRUNCATE`, `CREATE EXTENSION`, `ALTER TYPE … ADD VALUE`,
/// `CHECKPOINT`, `LOAD`, `LISTEN`, `DETACH PARTITION … FINALIZE`, `DISCARD PLANS`.
const REFUSED_INSIDE: &[Fact] = &[
    never(StatementKind::CreateDatabase, SERVERS, TRIED),
    never(StatementKind::DropDatabase, SERVERS, TRIED),
    never(StatementKind::AlterDatabaseSetTablespace, SERVERS, TRIED),
    never(StatementKind::CreateTablespace, SERVERS, TRIED),
    never(StatementKind::DropTablespace, SERVERS, TRIED),
    never(StatementKind::AlterSystem, SERVERS, TRIED),
    never(StatementKind::Vacuum, SERVERS, TRIED),
    never(StatementKind::VacuumFull, SERVERS, TRIED),
    never(StatementKind::ClusterAll, SERVERS, TRIED),
    depends(
        StatementKind::ClusterTable,
        15..=18,
        "the server refuses it inside a transaction where the table is partitioned",
        "tried on servers 15 to 18; 13 and 14 cannot cluster a partitioned table at all (0A000)",
    ),
    never(StatementKind::CreateIndexConcurrently, SERVERS, TRIED),
    never(StatementKind::DropIndexConcurrently, SERVERS, TRIED),
    never(StatementKind::ReindexConcurrently, SERVERS, TRIED),
    never(StatementKind::ReindexMany, SERVERS, TRIED),
    depends(
        StatementKind::ReindexTable,
        14..=18,
        "the server refuses it inside a transaction where the table is partitioned",
        "tried on servers 14 to 18; 13 skips a partitioned table with a warning",
    ),
    depends(
        StatementKind::ReindexIndex,
        14..=18,
        "the server refuses it inside a transaction where the index is partitioned",
        "tried on servers 14 to 18; 13 cannot rebuild a partitioned index at all (0A000)",
    ),
    never(
        StatementKind::DetachPartitionConcurrently,
        14..=18,
        "tried on servers 14 to 18: ERROR 25001; a syntax error on 13",
    ),
    never(StatementKind::CreateSubscription, SERVERS, TRIED_CONDITION),
    never(StatementKind::RefreshSubscription, 14..=18, READ),
    never(StatementKind::AlterSubscriptionPublication, 14..=18, READ),
    never(
        StatementKind::AlterSubscriptionFailover,
        17..=18,
        "tried on servers 17 and 18: ERROR 25001; no such option before",
    ),
    depends(
        StatementKind::AlterSubscriptionTwoPhase,
        18..=18,
        "the server refuses it inside a transaction where the subscription's slot has to change",
        "tried on server 18",
    ),
    depends(
        StatementKind::DropSubscription,
        SERVERS,
        "the server refuses it inside a transaction where the subscription has a slot",
        TRIED_CONDITION,
    ),
    never(StatementKind::CommitPrepared, SERVERS, TRIED),
    never(StatementKind::RollbackPrepared, SERVERS, TRIED),
    never(StatementKind::DiscardAll, SERVERS, TRIED),
    never(
        StatementKind::DoCommitting,
        SERVERS,
        "tried on servers 13 to 18: ERROR 2D000, invalid transaction termination",
    ),
];

const CONTROL: &[StatementKind] = &[
    StatementKind::Begin,
    StatementKind::Commit,
    StatementKind::CommitAndChain,
    StatementKind::Rollback,
    StatementKind::RollbackAndChain,
    StatementKind::Savepoint,
    StatementKind::Release,
    StatementKind::RollbackTo,
    StatementKind::PrepareTransaction,
];

const TRIED_OUTSIDE: &str = "tried on servers 13 to 18 outside of a transaction block";

/// Refused outside of a transaction block (25P01). `LOCK TABLE` is matched whatever its mode.
const REFUSED_OUTSIDE: &[StatementKind] = &[
    StatementKind::Savepoint,
    StatementKind::Release,
    StatementKind::RollbackTo,
    StatementKind::DeclareCursor,
    StatementKind::CommitAndChain,
    StatementKind::RollbackAndChain,
];

const NO_EFFECT_OUTSIDE: &[StatementKind] = &[
    StatementKind::SetLocal,
    StatementKind::SetConstraints,
    StatementKind::SetTransaction,
    StatementKind::Commit,
    StatementKind::Rollback,
];

pub(super) fn rule(kind: StatementKind, server: u16) -> TransactionRule {
    if CONTROL.contains(&kind) {
        return TransactionRule::Control;
    }
    REFUSED_INSIDE
        .iter()
        .find(|fact| fact.kind == kind && fact.servers.contains(&server))
        .map_or(TransactionRule::Inside, said)
}

pub(super) fn rule_since(kind: StatementKind, oldest: u16) -> TransactionRule {
    if CONTROL.contains(&kind) {
        return TransactionRule::Control;
    }
    // A kind has one row, and every row reaches to the newest server or lies wholly before `oldest`.
    REFUSED_INSIDE
        .iter()
        .find(|fact| fact.kind == kind && *fact.servers.end() >= oldest)
        .map_or(TransactionRule::Inside, said)
}

pub(super) fn outside(kind: StatementKind) -> Outside {
    if matches!(kind, StatementKind::LockTable(_)) || REFUSED_OUTSIDE.contains(&kind) {
        Outside::Fails {
            source: TRIED_OUTSIDE,
        }
    } else if NO_EFFECT_OUTSIDE.contains(&kind) {
        Outside::NoEffect {
            source: TRIED_OUTSIDE,
        }
    } else {
        Outside::Runs
    }
}

fn said(fact: &Fact) -> TransactionRule {
    if fact.depends.is_empty() {
        TransactionRule::Never {
            source: fact.source,
        }
    } else {
        TransactionRule::Depends {
            why: fact.depends,
            source: fact.source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::ObjectKind;

    #[test]
    fn a_kind_has_one_row_inside_the_known_versions() {
        for (index, fact) in REFUSED_INSIDE.iter().enumerate() {
            assert!(SERVERS.contains(fact.servers.start()) && SERVERS.contains(fact.servers.end()));
            assert!(
                REFUSED_INSIDE[..index]
                    .iter()
                    .all(|other| other.kind != fact.kind),
                "{:?} stands twice",
                fact.kind
            );
        }
    }

    /// Only what a body does that commits is its author's alone to judge.
    #[test]
    fn what_is_refused_inside_has_a_recovery_or_a_refusal() {
        for fact in REFUSED_INSIDE {
            assert_eq!(
                crate::postgres::recovery(fact.kind) == crate::postgres::Recovery::Unknown,
                fact.kind == StatementKind::DoCommitting,
                "{:?}",
                fact.kind
            );
        }
    }

    #[test]
    fn versions_decide() {
        let kind = StatementKind::AlterSubscriptionFailover;
        assert_eq!(rule(kind, 16), TransactionRule::Inside);
        assert!(matches!(rule(kind, 17), TransactionRule::Never { .. }));
        assert!(matches!(
            rule_since(kind, 13),
            TransactionRule::Never { .. }
        ));
        assert!(matches!(
            rule(StatementKind::ClusterTable, 15),
            TransactionRule::Depends { .. }
        ));
        assert_eq!(
            rule(StatementKind::ClusterTable, 14),
            TransactionRule::Inside
        );
    }

    #[test]
    fn what_runs_inside_is_not_in_the_table() {
        for kind in [
            StatementKind::AddEnumValue,
            StatementKind::RefreshMaterializedViewConcurrently,
            StatementKind::Analyze,
            StatementKind::Discard,
            StatementKind::Create(ObjectKind::Extension),
            StatementKind::CreateSubscriptionWithoutSlot,
        ] {
            assert_eq!(rule_since(kind, 13), TransactionRule::Inside, "{kind:?}");
        }
    }

    #[test]
    fn outside_of_a_block() {
        let lock = StatementKind::LockTable(crate::postgres::Lock::Share);
        assert!(matches!(outside(lock), Outside::Fails { .. }));
        assert!(matches!(
            outside(StatementKind::SetLocal),
            Outside::NoEffect { .. }
        ));
        assert_eq!(outside(StatementKind::Set), Outside::Runs);
    }
}
