//! Whether what stands alone is still harmless when a script that ran to its end is run again: not where a later
//! statement of the same script takes its objects away, or makes another of their name.

use std::collections::BTreeMap;

use super::{Writing, first};
use crate::name::{ObjectKind, QualifiedName};
use crate::plan::{Guard, Piece, Plan, Step, Unit};
use crate::postgres::{StatementKind, TableAction};
use crate::sql;

/// What a statement does to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// There is nothing of that name afterwards, or something else.
    Gone,
    /// An index of that name is made.
    Made,
}

/// The last places at which names change: a name is looked up without its schema, which may stand in one place only.
type Changes = BTreeMap<(String, bool), usize>;

pub(super) fn check(plan: &Plan, writing: &mut Writing<'_>) {
    let units = || {
        plan.blocks.iter().flat_map(|block| match &block.unit {
            Unit::Transaction { pieces, .. } => vec![(None, pieces.as_slice())],
            Unit::Steps(steps) => steps
                .iter()
                .map(|step| (Some(step), step.pieces.as_slice()))
                .collect(),
        })
    };
    let alone = |step: &&Step| !matches!(step.guard, Guard::Transaction { .. });
    if !units().any(|(step, _)| step.as_ref().is_some_and(alone)) {
        return;
    }
    let mut changes = Changes::new();
    for (at, (_, pieces)) in units().enumerate() {
        for piece in pieces {
            record(piece, at, &mut changes);
        }
    }
    for (at, (step, pieces)) in units().enumerate() {
        let Some(step) = step.filter(alone) else {
            continue;
        };
        let later = |name: &str, change: Change| {
            let key = (name.to_owned(), change == Change::Made);
            changes.get(&key).is_some_and(|last| *last > at)
        };
        let names = names(pieces);
        // What is dropped is gone already; what else stands alone needs what it names.
        let harm = if matches!(step.guard, Guard::Drop { .. }) {
            Change::Made
        } else {
            Change::Gone
        };
        if let Some(name) = names.iter().find(|name| later(name, harm)) {
            writing.refuse(
                first(pieces),
                format!("{} is changed again further on in the same script, and this statement runs outside a transaction", quote(name)),
                "nothing can skip it when the script is run a second time: it would fail there, or do to another object what was meant for this one",
                "compile two releases, the second from behind this revision; or run it with psql: leave --flavour plain out",
            );
        }
    }
}

fn quote(name: &str) -> String {
    crate::name::Ident::new(name).to_string()
}

/// What a statement that stands alone leans on.
fn names(pieces: &[Piece]) -> Vec<String> {
    let mut names = Vec::new();
    for text in pieces.iter().filter_map(text) {
        for statement in &sql::read(text).statements {
            let head = &statement.head;
            for name in head.objects().chain(&head.table) {
                names.push(name.name.as_str().to_owned());
                names.extend(
                    name.schema
                        .as_ref()
                        .map(|schema| schema.as_str().to_owned()),
                );
            }
        }
    }
    names
}

fn record(piece: &Piece, at: usize, changes: &mut Changes) {
    let Some(text) = text(piece) else {
        return;
    };
    for statement in &sql::read(text).statements {
        let head = &statement.head;
        let mut put = |name: &QualifiedName, change: Change| {
            changes.insert((name.name.as_str().to_owned(), change == Change::Made), at);
        };
        let gone = matches!(
            head.kind,
            StatementKind::Drop(
                ObjectKind::Table
                    | ObjectKind::Index
                    | ObjectKind::Schema
                    | ObjectKind::MaterializedView
            ) | StatementKind::DropIndex
                | StatementKind::DropIndexConcurrently
                | StatementKind::Alter(
                    ObjectKind::Index | ObjectKind::Schema | ObjectKind::MaterializedView
                )
        );
        let renames =
            |action: &TableAction| matches!(action, TableAction::Rename | TableAction::SetSchema);
        let made = matches!(
            head.kind,
            StatementKind::CreateIndex | StatementKind::CreateIndexConcurrently
        );
        if gone {
            head.objects().for_each(|name| put(name, Change::Gone));
        } else if head.kind == StatementKind::AlterTable && head.actions.iter().any(renames) {
            let names = head.objects().chain(&head.table);
            names.for_each(|name| put(name, Change::Gone));
        } else if made {
            head.objects().for_each(|name| put(name, Change::Made));
        }
    }
}

fn text(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Sql { text, .. } | Piece::Carried { text, .. } | Piece::Reset { text, .. } => {
            Some(text)
        }
        Piece::Lifted { .. } | Piece::Rows { .. } => None,
    }
}
