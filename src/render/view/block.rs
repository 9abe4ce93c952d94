//! Revisions, steps and repeatables as templates see them.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::plan::{self, Guard, Piece, Probe, Scope, Settings, Unit};
use crate::tree::OnConflict;

use super::line::Line;

/// Rows per INSERT: a statement stays readable, and a script of many rows is not one of many round trips.
const BATCH: usize = 500;

/// What the author's SQL runs under.
#[derive(Debug, Serialize)]
pub(super) struct Surroundings {
    search_path: Option<String>,
    lock_timeout: Option<String>,
    statement_timeout: Option<String>,
    role: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Block {
    line: Line,
    /// Counts from 1, as the names of the rows in the script do.
    entry: usize,
    place: String,
    surroundings: Surroundings,
    modes: String,
    parts: Vec<Part>,
    steps: Vec<Step>,
    by_steps: bool,
}

/// Which guards the steps of a script have: each brings machinery of its own.
#[derive(Debug, Default, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question a template asks"
)]
pub(super) struct Guards {
    create_index: bool,
    reindex: bool,
    detach: bool,
    publications: bool,
    /// Verb and object of what is created and dropped by name, once each.
    objects: BTreeSet<(&'static str, &'static str)>,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Step {
    kind: &'static str,
    summary: String,
    modes: String,
    /// What the guard is about: index, table, schema, database; add, drop.
    object: &'static str,
    table: String,
    name: String,
    unique: bool,
    partial: bool,
    columns: Vec<Option<String>>,
    publications: Vec<String>,
    session: Vec<Part>,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
pub(super) struct Repeatable {
    name: String,
    row: String,
    place: String,
    text: String,
    own_settings: bool,
    surroundings: Surroundings,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Part {
    Reset {
        place: String,
        text: String,
    },
    Lifted {
        place: String,
        what: &'static str,
    },
    Sql {
        place: String,
        text: String,
    },
    Carried {
        place: String,
        text: String,
        why: &'static str,
    },
    Rows {
        place: String,
        why: String,
        table: String,
        columns: Vec<String>,
        batches: Vec<Vec<Vec<Option<String>>>>,
        key: Vec<String>,
        updates: Vec<String>,
        conflict: &'static str,
        advance: bool,
        cells: usize,
    },
}

/// A revision.
pub(super) fn block(block: plan::Block, line: Line, target: &plan::Target) -> Block {
    let surroundings = surroundings(target, block.settings);
    let by_steps = matches!(block.unit, Unit::Steps(_));
    let (modes, once, by_step) = match block.unit {
        Unit::Transaction { modes, pieces } => {
            (modes, pieces.into_iter().map(part).collect(), Vec::new())
        }
        Unit::Steps(own) => (
            String::new(),
            Vec::new(),
            own.into_iter().map(step).collect(),
        ),
    };
    Block {
        line,
        entry: block.row + 1,
        place: block.place,
        surroundings,
        modes,
        parts: once,
        steps: by_step,
        by_steps,
    }
}

/// A repeatable.
pub(super) fn repeatable(again: plan::Rerun, target: &plan::Target) -> Repeatable {
    Repeatable {
        name: again.name,
        row: super::json(&again.row),
        place: again.place,
        text: again.text,
        own_settings: again.settings != Settings::default(),
        surroundings: surroundings(target, again.settings),
        parts: again.pieces.into_iter().map(part).collect(),
    }
}

/// A script's own settings, else the target's. The target's timeouts hold for the whole session already.
pub(super) fn surroundings(target: &plan::Target, own: Settings) -> Surroundings {
    Surroundings {
        search_path: own.search_path.or_else(|| target.search_path.clone()),
        lock_timeout: own.lock_timeout,
        statement_timeout: own.statement_timeout,
        role: own.role,
    }
}

/// The guards of all steps.
pub(super) fn guards(blocks: &[plan::Block]) -> Guards {
    let mut guards = Guards::default();
    let units = blocks.iter().map(|block| &block.unit);
    let steps = units.filter_map(|unit| match unit {
        Unit::Steps(steps) => Some(steps),
        Unit::Transaction { .. } => None,
    });
    for step in steps.flatten() {
        match &step.guard {
            Guard::CreateIndex { .. } => guards.create_index = true,
            Guard::Reindex { .. } => guards.reindex = true,
            Guard::Detach { .. } => guards.detach = true,
            Guard::Publications { .. } => guards.publications = true,
            Guard::Create { what, .. } => {
                guards.objects.insert(("create", probe(*what)));
            }
            Guard::Drop { what, .. } => {
                guards.objects.insert(("drop", probe(*what)));
            }
            Guard::Transaction { .. } | Guard::Repeatable => {}
        }
    }
    guards
}

fn probe(what: Probe) -> &'static str {
    match what {
        Probe::Index => "index",
        Probe::Database => "database",
        Probe::Tablespace => "tablespace",
        Probe::Subscription => "subscription",
    }
}

fn step(step: plan::Step) -> Step {
    let view = Step {
        summary: step.summary,
        session: step.session.into_iter().map(part).collect(),
        parts: step.pieces.into_iter().map(part).collect(),
        ..Step::default()
    };
    match step.guard {
        Guard::Transaction { modes } => Step {
            kind: "transaction",
            modes,
            ..view
        },
        Guard::CreateIndex {
            table,
            index,
            unique,
            partial,
            columns,
        } => Step {
            kind: "create_index",
            table,
            name: index,
            unique,
            partial,
            columns,
            ..view
        },
        Guard::Create { what, name } => Step {
            kind: "create",
            object: probe(what),
            name,
            ..view
        },
        Guard::Drop { what, name } => Step {
            kind: "drop",
            object: probe(what),
            name,
            ..view
        },
        Guard::Reindex { scope, name } => Step {
            kind: "reindex",
            object: match scope {
                Scope::Index => "index",
                Scope::Table => "table",
                Scope::Schema => "schema",
                Scope::Database => "database",
            },
            name,
            ..view
        },
        Guard::Detach { table, partition } => Step {
            kind: "detach",
            table,
            name: partition,
            ..view
        },
        Guard::Publications {
            subscription,
            add,
            publications,
        } => Step {
            kind: "publications",
            object: if add { "add" } else { "drop" },
            name: subscription,
            publications,
            ..view
        },
        Guard::Repeatable => Step {
            kind: "repeatable",
            ..view
        },
    }
}

fn part(piece: Piece) -> Part {
    match piece {
        Piece::Lifted { place, what } => Part::Lifted { place, what },
        Piece::Reset { place, text, .. } => Part::Reset { place, text },
        Piece::Sql { place, text, .. } => Part::Sql { place, text },
        Piece::Carried {
            place, text, why, ..
        } => Part::Carried { place, text, why },
        Piece::Rows {
            place,
            why,
            table,
            columns,
            rows,
            key,
            on_conflict,
            advance,
        } => {
            let cells = rows.first().map_or(0, Vec::len);
            let mut batches: Vec<Vec<_>> = Vec::new();
            for row in rows {
                match batches.last_mut() {
                    Some(batch) if batch.len() < BATCH => batch.push(row),
                    _ => batches.push(vec![row]),
                }
            }
            let updates: Vec<String> = columns
                .iter()
                .filter(|column| !key.contains(column))
                .cloned()
                .collect();
            let conflict = match on_conflict {
                OnConflict::Error => "error",
                OnConflict::Update if !updates.is_empty() => "update",
                OnConflict::Nothing | OnConflict::Update => "nothing",
            };
            Part::Rows {
                place,
                why,
                table,
                columns,
                batches,
                key,
                updates,
                conflict,
                advance,
                cells,
            }
        }
    }
}
