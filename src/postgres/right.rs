//! The rights that a statement takes before it does anything.
//!
//! Data, from the permission checks of the server's source (`aclcheck` and `ownercheck` in `src/backend/commands/`); the
//! tests of `needs` on a real server hold it. What is not here was not looked at, and is not asked for.

use super::{Right, StatementKind};
use crate::name::ObjectKind;

const RIGHTS: &[(StatementKind, &[Right])] = &[
    (
        StatementKind::Create(ObjectKind::Schema),
        &[Right::CreateInDatabase],
    ),
    (
        StatementKind::Create(ObjectKind::Publication),
        &[Right::CreateInDatabase],
    ),
    (
        StatementKind::Create(ObjectKind::Extension),
        &[Right::Extension],
    ),
    creates(ObjectKind::Table),
    creates(ObjectKind::MaterializedView),
    creates(ObjectKind::Sequence),
    creates(ObjectKind::View),
    creates(ObjectKind::ForeignTable),
    creates(ObjectKind::Function),
    creates(ObjectKind::Procedure),
    creates(ObjectKind::Aggregate),
    creates(ObjectKind::Type),
    creates(ObjectKind::Domain),
    creates(ObjectKind::Collation),
    creates(ObjectKind::Conversion),
    creates(ObjectKind::OperatorClass),
    creates(ObjectKind::OperatorFamily),
    creates(ObjectKind::TextSearch),
    (
        StatementKind::CreatePartition,
        &[Right::OwnTable, Right::CreateInSchema],
    ),
    (StatementKind::CreateIndex, &[Right::Index]),
    (StatementKind::CreateIndexConcurrently, &[Right::Index]),
    on_table(StatementKind::Create(ObjectKind::Statistics)),
    on_table(StatementKind::Create(ObjectKind::Policy)),
    on_table(StatementKind::Create(ObjectKind::Rule)),
    (
        StatementKind::Create(ObjectKind::Trigger),
        &[Right::OnTable("TRIGGER")],
    ),
    drops(StatementKind::Drop(ObjectKind::Table)),
    drops(StatementKind::Drop(ObjectKind::View)),
    drops(StatementKind::Drop(ObjectKind::MaterializedView)),
    drops(StatementKind::Drop(ObjectKind::Sequence)),
    drops(StatementKind::Drop(ObjectKind::ForeignTable)),
    drops(StatementKind::DropIndex),
    drops(StatementKind::DropIndexConcurrently),
    on_table(StatementKind::Drop(ObjectKind::Trigger)),
    on_table(StatementKind::Drop(ObjectKind::Policy)),
    on_table(StatementKind::Drop(ObjectKind::Rule)),
    (StatementKind::Drop(ObjectKind::Schema), &[Right::OwnSchema]),
    owns(StatementKind::AlterTable),
    owns(StatementKind::DetachPartitionConcurrently),
    owns(StatementKind::Alter(ObjectKind::View)),
    owns(StatementKind::Alter(ObjectKind::MaterializedView)),
    owns(StatementKind::Alter(ObjectKind::Sequence)),
    owns(StatementKind::Alter(ObjectKind::ForeignTable)),
    owns(StatementKind::Alter(ObjectKind::Index)),
    on_table(StatementKind::Alter(ObjectKind::Policy)),
    on_table(StatementKind::Alter(ObjectKind::Trigger)),
    on_table(StatementKind::Alter(ObjectKind::Rule)),
    (StatementKind::Alter(ObjectKind::Type), &[Right::OwnType]),
    (StatementKind::Alter(ObjectKind::Domain), &[Right::OwnType]),
    (StatementKind::AddEnumValue, &[Right::OwnType]),
    owns(StatementKind::Comment(ObjectKind::Table)),
    owns(StatementKind::Comment(ObjectKind::View)),
    owns(StatementKind::Comment(ObjectKind::MaterializedView)),
    owns(StatementKind::Comment(ObjectKind::Sequence)),
    owns(StatementKind::Comment(ObjectKind::ForeignTable)),
    owns(StatementKind::Comment(ObjectKind::Index)),
    on_table(StatementKind::Comment(ObjectKind::Column)),
    on_table(StatementKind::Comment(ObjectKind::Constraint)),
    on_table(StatementKind::Comment(ObjectKind::Trigger)),
    on_table(StatementKind::Comment(ObjectKind::Policy)),
    on_table(StatementKind::Comment(ObjectKind::Rule)),
    (StatementKind::Insert, &[Right::On("INSERT")]),
    (StatementKind::CopyFromStdin, &[Right::On("INSERT")]),
    (StatementKind::Update, &[Right::On("UPDATE")]),
    (StatementKind::Delete, &[Right::On("DELETE")]),
    (StatementKind::Truncate, &[Right::On("TRUNCATE")]),
];

pub(super) fn of_statement(kind: StatementKind) -> &'static [Right] {
    let found = RIGHTS.iter().find(|(on, _)| *on == kind);
    found.map_or(&[], |(_, rights)| rights)
}

const fn creates(kind: ObjectKind) -> (StatementKind, &'static [Right]) {
    (StatementKind::Create(kind), &[Right::CreateInSchema])
}

const fn owns(kind: StatementKind) -> (StatementKind, &'static [Right]) {
    (kind, &[Right::Own])
}

const fn drops(kind: StatementKind) -> (StatementKind, &'static [Right]) {
    (kind, &[Right::Drop])
}

const fn on_table(kind: StatementKind) -> (StatementKind, &'static [Right]) {
    (kind, &[Right::OwnTable])
}
