//! From a range of the graph to a [`Plan`].

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::block::Making;
use super::{
    Block, Flavour, Input, Other, Plan, Stamp, Start, Target, Transactions, Unit, needs, repeatable,
};
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::graph::Range;
use crate::seal;
use crate::tree::{Direction, Migration, Tree};
use crate::version_table::Row;

/// A lock_timeout that gives way to a busy table instead of queueing everybody behind it.
const LOCK_TIMEOUT: &str = "5s";

pub(super) fn upgrade(input: Input<'_>, range: &Range, sink: &mut Sink) -> Option<Plan> {
    build(input, range, Direction::Up, Vec::new(), sink)
}

pub(super) fn downgrade(input: Input<'_>, range: &Range, sink: &mut Sink) -> Option<Plan> {
    let mut sound = true;
    for revision in &range.revisions {
        let migration = &input.tree.migrations[*revision];
        if let Some(reason) = no_way_back(migration) {
            sound = false;
            sink.push(
                Diagnostic::error(
                    "irreversible",
                    format!("revision {} can't be reverted: {reason}", migration.id),
                )
                .at(migration.at, "in the range")
                .help(if range.from.contains(revision) {
                    "leave it applied: take back what it does with a new revision".to_owned()
                } else {
                    format!(
                        "end the downgrade above it: downgrade {}:{}",
                        range.from_name, migration.id
                    )
                }),
            );
        }
    }
    if !sound {
        return None;
    }
    build(input, range, Direction::Down, Vec::new(), sink)
}

pub(super) fn way_back(input: Input<'_>, range: &Range, sink: &mut Sink) -> Option<Plan> {
    let graph = input.graph;
    let back = range.reversed();
    let reasons = stops(input, &back, sink);
    let stuck: Vec<usize> = reasons.iter().map(|(revision, _)| *revision).collect();
    if stuck.is_empty() {
        return build(input, &back, Direction::Down, Vec::new(), sink);
    }
    // What can't be reverted stays, and so does all it stands on.
    let stays = graph.ancestors(&stuck);
    let kept: Vec<usize> = (0..graph.len())
        .filter(|revision| stays[*revision])
        .chain(range.from.iter().copied())
        .collect();
    let to = graph.tips(&kept);
    let name = |revision: &usize| input.tree.migrations[*revision].id.to_string();
    // One that stands on another stops the way back first.
    let first = graph.tips(&stuck);
    let notes = reasons
        .iter()
        .filter(|(revision, _)| first.contains(revision))
        .map(|(revision, reason)| format!("stops above {}: {reason}", name(revision)))
        .collect();
    let short = Range {
        from: back.from.clone(),
        to_name: to.iter().map(name).collect::<Vec<_>>().join("+"),
        to,
        revisions: back
            .revisions
            .iter()
            .copied()
            .filter(|revision| !stays[*revision])
            .collect(),
        from_name: back.from_name.clone(),
    };
    build(input, &short, Direction::Down, notes, sink)
}

/// The revisions of a way back that can't be reverted, each with the reason. A downgrade that can't be carried is
/// one of them, with a warning: no upgrade has to wait until somebody mends the way back from an old one.
fn stops(input: Input<'_>, back: &Range, sink: &mut Sink) -> Vec<(usize, String)> {
    // That it can't share one transaction is no reason to stop short: who asked for one is told so.
    let making = Making::new(Input {
        transactions: Transactions::PerRevision,
        ..input
    });
    let tried: Vec<(usize, Option<String>, Sink)> = back
        .revisions
        .par_iter()
        .map(|revision| {
            let mut found = Sink::default();
            if let Some(reason) = no_way_back(&input.tree.migrations[*revision]) {
                return (*revision, Some(reason), found);
            }
            let block = making.block(*revision, Direction::Down, &mut found);
            let error = found
                .diagnostics()
                .iter()
                .find(|diagnostic| diagnostic.severity == Severity::Error);
            let reason = match (block, error) {
                (Some(_), _) => None,
                (None, Some(error)) => {
                    Some(format!("its downgrade can't be carried: {}", error.message))
                }
                (None, None) => Some("its downgrade can't be carried".to_owned()),
            };
            // What is carried after all is planned again, and says then what there is to say.
            (
                *revision,
                reason.clone(),
                if reason.is_some() {
                    found
                } else {
                    Sink::default()
                },
            )
        })
        .collect();
    let mut stops = Vec::new();
    for (revision, reason, found) in tried {
        for diagnostic in found.diagnostics() {
            let mut diagnostic = diagnostic.clone();
            if diagnostic.severity == Severity::Error {
                diagnostic.severity = Severity::Warning;
                diagnostic = diagnostic
                    .because("until it is mended, downgrade.sql stops above this revision");
            }
            sink.push(diagnostic);
        }
        stops.extend(reason.map(|reason| (revision, reason)));
    }
    stops
}

pub(super) fn examine(input: Input<'_>, sink: &mut Sink) {
    let making = Making::new(input);
    let found: Vec<Sink> = (0..input.tree.migrations.len())
        .into_par_iter()
        .map(|revision| {
            let mut sink = Sink::default();
            for direction in [Direction::Up, Direction::Down] {
                making.block(revision, direction, &mut sink);
            }
            sink
        })
        .collect();
    for found in found {
        sink.join(found);
    }
    for repeatable in &input.tree.repeatables {
        repeatable::rerun(&making, repeatable, sink);
    }
}

/// Why a revision can't be reverted, where it can't.
pub(super) fn no_way_back(migration: &Migration) -> Option<String> {
    match (&migration.irreversible, &migration.down) {
        (Some(reason), _) => Some(reason.clone()),
        (None, None) => Some("it has no downgrade".to_owned()),
        (None, Some(_)) => None,
    }
}

fn build(
    input: Input<'_>,
    range: &Range,
    direction: Direction,
    notes: Vec<String>,
    sink: &mut Sink,
) -> Option<Plan> {
    let Input { tree, graph, .. } = input;
    // Repeatables come after every revision.
    let again = !repeatable::wanted(tree, graph, range, direction).is_empty();
    let making = Making {
        last: range.revisions.last().copied().filter(|_| !again),
        ..Making::new(input)
    };
    let results: Vec<(Option<Block>, Sink)> = range
        .revisions
        .par_iter()
        .map(|revision| {
            let mut sink = Sink::default();
            (making.block(*revision, direction, &mut sink), sink)
        })
        .collect();
    let mut blocks = Vec::with_capacity(results.len());
    let mut sound = true;
    for (block, found) in results {
        sink.join(found);
        sound &= block.is_some();
        blocks.extend(block);
    }

    let upper = match direction {
        Direction::Up => &range.to,
        Direction::Down => &range.from,
    };
    let below = graph.ancestors(upper);
    let mut rows = Vec::new();
    let mut row_of = vec![usize::MAX; graph.len()];
    for revision in graph
        .order()
        .iter()
        .copied()
        .filter(|revision| below[*revision])
    {
        row_of[revision] = rows.len();
        rows.push(making.row(revision));
    }
    let mut variables = BTreeMap::new();
    for (block, revision) in blocks.iter_mut().zip(&range.revisions) {
        block.row = row_of[*revision];
        let row = &mut rows[block.row];
        row.selected = true;
        if let Unit::Steps(steps) = &block.unit {
            row.steps = steps.iter().map(|step| step.digest.clone()).collect();
        }
        let migration = &tree.migrations[*revision];
        for script in migration.up.iter().chain(&migration.down) {
            variables.extend(
                script
                    .variables(&tree.sources)
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
            );
        }
    }
    let beyond: Vec<usize> = graph
        .order()
        .iter()
        .copied()
        .filter(|revision| !below[*revision])
        .collect();
    let others = others(input, &beyond);
    let above = match direction {
        Direction::Up => Vec::new(),
        Direction::Down => {
            let above = graph.descendants(&range.revisions);
            let above = beyond.iter().filter(|revision| above[**revision]);
            above.flat_map(|revision| names(tree, *revision)).collect()
        }
    };
    let repeatables = repeatable::reruns(&making, range, direction, sink)?;
    sound.then(|| Plan {
        rows,
        others,
        above,
        needs: needs::gather(&blocks),
        blocks,
        repeatables,
        variables,
        notes,
        ..frame(input, range, direction, upper)
    })
}

/// What a database may record for a revision: its id, or what it replaces.
fn names(tree: &Tree, revision: usize) -> Vec<String> {
    let migration = &tree.migrations[revision];
    let replaced = migration.replaces.iter().map(|(id, _)| id.to_string());
    replaced.chain([migration.id.to_string()]).collect()
}

/// Revisions that are no part of a plan, by every name that a database may have for them.
fn others(input: Input<'_>, revisions: &[usize]) -> Vec<Other> {
    let Input { tree, graph, .. } = input;
    let id = |revision: &usize| tree.migrations[*revision].id.to_string();
    let others = revisions.iter().flat_map(|revision| {
        let stands_on = graph.parents(*revision).iter();
        let stands_on = stands_on.chain(graph.depends_on(*revision)).map(id);
        let stands_on: Vec<String> = stands_on.collect();
        let record = &tree.migrations[*revision].record;
        names(tree, *revision)
            .into_iter()
            .map(move |revision| Other {
                revision,
                stands_on: stands_on.clone(),
                record: record.clone(),
            })
    });
    others.collect()
}

pub(super) fn stamp(input: Input<'_>, range: &Range, start: Start) -> Plan {
    let graph = input.graph;
    let making = Making::new(input);
    let (before, after) = (graph.ancestors(&range.from), graph.ancestors(&range.to));
    let order = graph.order().iter().copied();
    // A tool's table is read and taken back in the tree's order, whatever the stamp is about.
    let all = input.table.tool.is_some();
    let known = order.filter(|revision| all || before[*revision] || after[*revision]);
    let known: Vec<usize> = known.collect();
    let rows = known.iter().map(|revision| Row {
        before: before[*revision],
        selected: after[*revision],
        ..making.row(*revision)
    });
    let rows: Vec<Row> = rows.collect();
    let places = |wanted: &dyn Fn(&Row) -> bool| -> Vec<usize> {
        (0..rows.len()).filter(|at| wanted(&rows[*at])).collect()
    };
    let mut forgets = places(&|row| row.before && !row.selected);
    forgets.reverse();
    let stamp = Stamp {
        start,
        records: places(&|row| row.selected && !row.before),
        forgets,
    };
    let upper = if range.to.is_empty() {
        &range.from
    } else {
        &range.to
    };
    Plan {
        rows,
        stamp: Some(stamp),
        from: match start {
            Start::Asserted => range.from_name.clone(),
            Start::Purged => "anything".to_owned(),
        },
        ..frame(input, range, Direction::Up, upper)
    }
}

/// What a plan says of where it runs and where it is recorded; nothing runs in it yet. `upper` is the state that the
/// tree's digest is of.
fn frame(input: Input<'_>, range: &Range, direction: Direction, upper: &[usize]) -> Plan {
    let Input {
        tree,
        graph,
        digests,
        config,
        ..
    } = input;
    let target = &config.target;
    let or =
        |value: &Option<String>, default: &str| value.clone().unwrap_or_else(|| default.to_owned());
    Plan {
        direction,
        flavour: Flavour::Psql,
        project: config.project.name.value.clone(),
        from: range.from_name.clone(),
        to: range.to_name.clone(),
        numbered: graph.is_numbered(),
        order: config.migrations.order.value.unwrap_or(tree.order),
        transactions: input.transactions,
        target: Target {
            server: target.server.value,
            database: target.database.value.clone(),
            role: target.role.value.clone(),
            search_path: target.search_path.value.clone(),
            lock_timeout: or(&target.lock_timeout.value, LOCK_TIMEOUT),
            statement_timeout: or(&target.statement_timeout.value, "0"),
            require_ticket: target.require_ticket.value,
        },
        table: input.table.clone(),
        tree_digest: seal::tree_digest(tree, graph, digests, upper).to_string(),
        rows: Vec::new(),
        others: Vec::new(),
        above: Vec::new(),
        needs: needs::Needs::default(),
        blocks: Vec::new(),
        repeatables: Vec::new(),
        variables: BTreeMap::new(),
        notes: Vec::new(),
        stamp: None,
    }
}
