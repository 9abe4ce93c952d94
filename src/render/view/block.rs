//! Revisions, steps and repeatables as templates see them.

use serde::Serialize;

use crate::plan::{self, Guard, Piece, Settings, Unit};
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

#[derive(Debug, Serialize)]
pub(super) struct Step {
    kind: &'static str,
    summary: String,
    modes: String,
    table: String,
    index: String,
    unique: bool,
    partial: bool,
    columns: Vec<Option<String>>,
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

fn step(step: plan::Step) -> Step {
    let mut view = Step {
        kind: "transaction",
        summary: step.summary,
        modes: String::new(),
        table: String::new(),
        index: String::new(),
        unique: false,
        partial: false,
        columns: Vec::new(),
        session: step.session.into_iter().map(part).collect(),
        parts: step.pieces.into_iter().map(part).collect(),
    };
    match step.guard {
        Guard::Transaction { modes } => view.modes = modes,
        Guard::CreateIndex {
            table,
            index,
            unique,
            partial,
            columns,
        } => {
            view = Step {
                kind: "create_index",
                table,
                index,
                unique,
                partial,
                columns,
                ..view
            };
        }
        Guard::DropIndex { index } => {
            view = Step {
                kind: "drop_index",
                index,
                ..view
            }
        }
        Guard::Repeatable => view.kind = "repeatable",
    }
    view
}

fn part(piece: Piece) -> Part {
    match piece {
        Piece::Lifted { place, what } => Part::Lifted { place, what },
        Piece::Reset { place, text } => Part::Reset { place, text },
        Piece::Sql { place, text } => Part::Sql { place, text },
        Piece::Carried { place, text, why } => Part::Carried { place, text, why },
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
