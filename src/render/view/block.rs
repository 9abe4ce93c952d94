//! Revisions, steps and repeatables as templates see them.

use serde::Serialize;

use crate::plan::{self, Guard, Piece, Settings, Unit};
use crate::render::filters;
use crate::tree::{Direction, OnConflict};
use crate::version_table::Row;

/// Rows per INSERT: a statement stays readable, and a script of many rows is not one of many round trips.
const BATCH: usize = 500;

#[derive(Debug, Serialize)]
pub(super) struct Block {
    id: String,
    message: String,
    summary: String,
    /// Counts from 1, as the names of the rows in the script do.
    entry: usize,
    echo: String,
    user: Option<String>,
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
    session: Vec<Part>,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
pub(super) struct Repeatable {
    row: String,
    echo: String,
    place: String,
    text: String,
    user: Option<String>,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Part {
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
    },
}

/// A revision.
pub(super) fn block(
    block: plan::Block,
    number: usize,
    count: usize,
    direction: Direction,
    row: &Row,
    user: Option<String>,
) -> Block {
    let summary = plan::summary(&block);
    let stops = match (&block.unit, direction) {
        (Unit::Transaction { .. }, Direction::Up) => {
            "if it stops here, nothing of it is applied: mend it, compile, run again"
        }
        (Unit::Transaction { .. }, Direction::Down) => {
            "if it stops here, nothing of it is reverted: mend it, compile, run again"
        }
        (Unit::Steps(_), _) => "if it stops here, run again: it goes on at the step that failed",
    };
    let echo = format!(
        "[{number}/{count}] {} {}   ({}; {stops})",
        row.revision, row.message, block.place
    );
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
        id: row.revision.clone(),
        message: row.message.clone(),
        summary,
        entry: block.row + 1,
        echo,
        user,
        modes,
        parts: once,
        steps: by_step,
        by_steps,
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
        } => {
            view = Step {
                kind: "create_index",
                table,
                index,
                unique,
                partial,
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
            }
        }
    }
}

/// The statements that put a revision's surroundings up.
pub(super) fn user(target: &plan::Target, settings: &Settings) -> String {
    let path = settings
        .search_path
        .as_ref()
        .or(target.search_path.as_ref());
    let mut words = vec![path.map_or_else(
        || "RESET search_path;".to_owned(),
        |path| format!("SET search_path = {path};"),
    )];
    let timeouts = [
        ("lock_timeout", &settings.lock_timeout),
        ("statement_timeout", &settings.statement_timeout),
    ];
    for (name, value) in timeouts {
        words.extend(
            value
                .as_ref()
                .map(|value| format!("SET {name} = {};", filters::lit(value))),
        );
    }
    words.extend(
        settings
            .role
            .as_ref()
            .map(|role| format!("SET ROLE {};", filters::ident(role))),
    );
    words.join(" ")
}

/// A repeatable.
pub(super) fn repeatable(
    again: plan::Rerun,
    direction: Direction,
    target: &plan::Target,
) -> Repeatable {
    let stops = match direction {
        Direction::Up => "if it stops here, nothing of it is applied: mend it, compile, run again",
        Direction::Down => "its present text, over the older schema",
    };
    Repeatable {
        row: super::json(&again.row),
        echo: format!("[repeatable] {}   ({}; {stops})", again.name, again.place),
        place: again.place,
        text: again.text,
        user: (again.settings != Settings::default()).then(|| user(target, &again.settings)),
        parts: again.pieces.into_iter().map(part).collect(),
    }
}
