//! A plan as its table of contents, for scripts and the run book.

use serde::Serialize;

use crate::plan::{self, Guard, Plan, Settings, Unit};

/// Names of a lock that are told; the rest is counted.
const NAMES: usize = 3;

/// A message is padded up to this many characters; a longer one pushes its line out.
const MESSAGE: usize = 60;

/// Every revision of a plan, a line each.
#[derive(Debug, Serialize)]
pub(super) struct Contents {
    lines: Vec<Line>,
    repeatables: Vec<String>,
    widths: Widths,
}

#[derive(Debug, Serialize)]
struct Widths {
    number: usize,
    id: usize,
    message: usize,
}

/// How a revision runs.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    number: usize,
    id: String,
    message: String,
    modes: String,
    /// Nothing runs but its record, as in a merge.
    empty: bool,
    /// 0: one transaction.
    steps: usize,
    /// First words of what runs outside a transaction.
    bare: Vec<String>,
    lock: Option<Lock>,
    own_settings: bool,
    irreversible: Option<String>,
    /// Why it was changed after it was published, each time that it was.
    resealed: Vec<String>,
    /// Ids of what it replaces.
    replaces: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Lock {
    mode: &'static str,
    on: Vec<String>,
    more: usize,
}

pub(super) fn contents(plan: &Plan) -> Contents {
    let widest = |texts: &mut dyn Iterator<Item = &String>| {
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let rows = || plan.blocks.iter().map(|block| &plan.rows[block.row]);
    Contents {
        widths: Widths {
            number: plan.blocks.len().to_string().len(),
            id: widest(&mut rows().map(|row| &row.revision)),
            message: widest(&mut rows().map(|row| &row.message)).min(MESSAGE),
        },
        lines: plan
            .blocks
            .iter()
            .enumerate()
            .map(|(at, block)| line(plan, block, at + 1))
            .collect(),
        repeatables: plan
            .repeatables
            .iter()
            .map(|again| again.name.clone())
            .collect(),
    }
}

/// One of them; `number` counts from 1.
pub(super) fn line(plan: &Plan, block: &plan::Block, number: usize) -> Line {
    let row = &plan.rows[block.row];
    let (modes, empty, steps) = match &block.unit {
        Unit::Transaction { modes, pieces } => (modes.clone(), pieces.is_empty(), [].as_slice()),
        Unit::Steps(steps) => (String::new(), false, steps.as_slice()),
    };
    let bare = steps
        .iter()
        .filter(|step| !matches!(step.guard, Guard::Transaction { .. }));
    Line {
        number,
        id: row.revision.clone(),
        message: row.message.clone(),
        modes,
        empty,
        steps: steps.len(),
        bare: bare.map(|step| step.summary.clone()).collect(),
        lock: block.lock.as_ref().map(|held| Lock {
            mode: held.lock.words(),
            on: held.on.iter().take(NAMES).cloned().collect(),
            more: held.on.len().saturating_sub(NAMES),
        }),
        own_settings: block.settings != Settings::default(),
        irreversible: block.irreversible.clone(),
        resealed: block.resealed.clone(),
        replaces: row
            .replaces
            .iter()
            .map(|was| was.revision.clone())
            .collect(),
    }
}
