//! Repeatables of a plan: which run again, and how.

use super::block::Making;
use super::pieces;
use super::unit::{self, Context};
use super::{Piece, Rerun, Unit};
use crate::diagnostic::{Diagnostic, Sink};
use crate::graph::{Graph, Range};
use crate::seal;
use crate::tree::{self, Direction, Repeatable, Tree};
use crate::version_table::Row;

/// What may run again: all of them after an upgrade that ends at the head; after a downgrade, those that a reverted
/// revision dropped.
pub(super) fn wanted<'t>(
    tree: &'t Tree,
    graph: &Graph,
    range: &Range,
    direction: Direction,
) -> Vec<&'t Repeatable> {
    match direction {
        Direction::Up if range.to.as_slice() == graph.heads() => tree.repeatables.iter().collect(),
        Direction::Down if !range.to.is_empty() => {
            let recreated = range
                .revisions
                .iter()
                .flat_map(|at| tree.recreated(&tree.migrations[*at]));
            let recreated: Vec<String> = recreated.collect();
            tree.repeatables
                .iter()
                .filter(|repeatable| recreated.contains(&repeatable.name))
                .collect()
        }
        Direction::Up | Direction::Down => Vec::new(),
    }
}

/// The same, ready to run.
pub(super) fn reruns(
    making: &Making<'_>,
    range: &Range,
    direction: Direction,
    sink: &mut Sink,
) -> Option<Vec<Rerun>> {
    let wanted = wanted(making.input.tree, making.input.graph, range, direction);
    let mut reruns = Vec::with_capacity(wanted.len());
    for repeatable in wanted {
        let again = rerun(making, repeatable, sink)?;
        // A downgrade applies it inside a DO block, which takes no rows; it stays marked, and the next upgrade does it.
        let rows = again
            .pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Rows { .. }));
        if !(rows && direction == Direction::Down) {
            reruns.push(again);
        }
    }
    Some(reruns)
}

/// One of them. `None` where an error was reported.
pub(super) fn rerun(
    making: &Making<'_>,
    repeatable: &Repeatable,
    sink: &mut Sink,
) -> Option<Rerun> {
    let script = &repeatable.apply;
    let reading = pieces::read(&making.places, script, &making.protected, sink)?;
    let context = Context {
        reading: &reading,
        server: making.server,
        pinned: false,
        allow: &[],
    };
    let Unit::Transaction { modes, pieces } = unit::unit(&context, sink)? else {
        sink.push(
            Diagnostic::error("repeatable-steps", format!("repeatable {} can't run in one transaction", repeatable.name))
                .at(repeatable.at, "runs again and again, each time as a whole")
                .because("if it stopped half-way, the database would be left without the object or with half of it")
                .help("keep what can't be in a transaction in a revision of its own"),
        );
        return None;
    };
    if !modes.is_empty() {
        sink.push(
            Diagnostic::error(
                "repeatable-modes",
                format!("repeatable {} asks for {modes}", repeatable.name),
            )
            .at(repeatable.at, "runs in a plain transaction")
            .because("it would run without that, and nobody would see it")
            .help("leave it out; what needs it belongs into a revision"),
        );
        return None;
    }
    let text = pieces.iter().filter_map(|piece| match piece {
        Piece::Sql { text, .. } | Piece::Reset { text, .. } => Some(text.clone()),
        Piece::Carried { text, .. } => Some(format!("{text}\n;")),
        Piece::Lifted { .. } | Piece::Rows { .. } => None,
    });
    let text = text.collect::<Vec<_>>().join("\n");
    let digests = seal::repeatable(making.input.tree, repeatable);
    let first = reading
        .items
        .first()
        .map_or(script.body, |item| reading.span(*item));
    Some(Rerun {
        name: repeatable.name.clone(),
        row: Row {
            revision: format!("repeatable:{}", repeatable.name),
            kind: "repeatable",
            parents: Vec::new(),
            depends_on: Vec::new(),
            message: repeatable.name.clone(),
            up: digests.up.to_string(),
            up1: digests.up1.to_string(),
            accept: Vec::new(),
            variables: making.variables(std::iter::once(script)),
            steps: Vec::new(),
            recreates: Vec::new(),
            replaces: Vec::new(),
            record: match making.input.table.tool {
                Some(_) => repeatable.record.clone(),
                None => tree::Record::new(),
            },
            selected: false,
            before: false,
        },
        place: making.places.place(first),
        pieces,
        text,
        settings: unit::settings(script),
    })
}
