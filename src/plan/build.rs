//! From a range of the graph to a [`Plan`].

use rayon::prelude::*;

use super::pieces::{self, Reading};
use super::unit::{self, Context};
use super::{Block, Held, Input, Piece, Plan, Rerun, Target, Unit};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Sink};
use crate::graph::Range;
use crate::name::{Ident, QualifiedName};
use crate::postgres::{Lock, StatementKind};
use crate::seal;
use crate::sql::Protected;
use crate::tree::{Direction, Migration, Repeatable};
use crate::version_table::{Row, VersionTable};

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
    let stuck: Vec<usize> = back
        .revisions
        .iter()
        .copied()
        .filter(|revision| no_way_back(&input.tree.migrations[*revision]).is_some())
        .collect();
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
    let notes = stuck
        .iter()
        .map(|revision| {
            let migration = &input.tree.migrations[*revision];
            let reason = no_way_back(migration).unwrap_or_default();
            format!("stops above {}: {reason}", migration.id)
        })
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

pub(super) fn examine(input: Input<'_>, sink: &mut Sink) {
    let protected = protected(&table(input.config));
    let server = input.config.target.server.value;
    let found: Vec<Sink> = (0..input.tree.migrations.len())
        .into_par_iter()
        .map(|revision| {
            let mut sink = Sink::default();
            for direction in [Direction::Up, Direction::Down] {
                block(input, revision, direction, &protected, server, &mut sink);
            }
            sink
        })
        .collect();
    for found in found {
        sink.join(found);
    }
    for repeatable in &input.tree.repeatables {
        rerun(input, repeatable, &protected, sink);
    }
}

fn table(config: &Config) -> VersionTable {
    let names = &config.version_table;
    VersionTable {
        schema: Ident::new(names.schema.value.clone()),
        name: Ident::new(names.name.value.clone()),
    }
}

fn protected(table: &VersionTable) -> Protected {
    Protected {
        version_table: table.qualified(),
        event_table: table.event(),
    }
}

/// Why a revision can't be reverted, where it can't.
fn no_way_back(migration: &Migration) -> Option<String> {
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
    let Input {
        tree,
        graph,
        digests,
        config,
        ..
    } = input;
    let table = table(config);
    let protected = protected(&table);
    let server = config.target.server.value;

    let results: Vec<(Option<Block>, Sink)> = range
        .revisions
        .par_iter()
        .map(|revision| {
            let mut sink = Sink::default();
            (
                block(input, *revision, direction, &protected, server, &mut sink),
                sink,
            )
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
    let above = graph.descendants(upper);
    let mut rows = Vec::new();
    let mut row_of = vec![usize::MAX; graph.len()];
    for revision in graph
        .order()
        .iter()
        .copied()
        .filter(|revision| below[*revision])
    {
        row_of[revision] = rows.len();
        rows.push(row(input, revision));
    }
    for (block, revision) in blocks.iter_mut().zip(&range.revisions) {
        block.row = row_of[*revision];
        let row = &mut rows[block.row];
        row.selected = true;
        if let Unit::Steps(steps) = &block.unit {
            row.steps = steps.iter().map(|step| step.digest.clone()).collect();
        }
    }
    let later = graph
        .order()
        .iter()
        .filter(|revision| above[**revision] && !below[**revision]);
    let later = later
        .map(|revision| tree.migrations[*revision].id.to_string())
        .collect();
    let repeatables = reruns(input, range, direction, &protected, sink)?;
    sound.then(|| Plan {
        direction,
        project: config.project.name.value.clone(),
        from: range.from_name.clone(),
        to: range.to_name.clone(),
        numbered: graph.is_numbered(),
        target: Target {
            server,
            database: config.target.database.value.clone(),
            role: config.target.role.value.clone(),
            search_path: config.target.search_path.value.clone(),
            lock_timeout: config
                .target
                .lock_timeout
                .value
                .clone()
                .unwrap_or_else(|| LOCK_TIMEOUT.to_owned()),
            statement_timeout: config
                .target
                .statement_timeout
                .value
                .clone()
                .unwrap_or_else(|| "0".to_owned()),
        },
        table,
        tree_digest: seal::tree_digest(tree, graph, digests, upper).to_string(),
        rows,
        later,
        blocks,
        repeatables,
        notes,
    })
}

fn block(
    input: Input<'_>,
    revision: usize,
    direction: Direction,
    protected: &Protected,
    server: u16,
    sink: &mut Sink,
) -> Option<Block> {
    let sources = &input.tree.sources;
    let migration = &input.tree.migrations[revision];
    let irreversible = no_way_back(migration);
    let Some(script) = migration.script(direction) else {
        let unit = Unit::Transaction {
            modes: String::new(),
            pieces: Vec::new(),
        };
        return Some(Block {
            row: 0,
            place: sources.place(migration.at),
            unit,
            settings: super::Settings::default(),
            lock: None,
            irreversible,
        });
    };
    let reading = pieces::read(sources, script, protected, sink)?;
    let context = Context {
        reading: &reading,
        server,
        pinned: script.settings.no_transaction,
        migration,
    };
    let unit = unit::unit(&context, sink)?;
    Some(Block {
        row: 0,
        place: sources.place(script.body),
        unit,
        settings: unit::settings(script),
        lock: lock(&reading, server),
        irreversible,
    })
}

/// The strongest lock on something that was there before, with what it is on.
fn lock(reading: &Reading<'_>, server: u16) -> Option<Held> {
    let mut made: Vec<&QualifiedName> = Vec::new();
    let mut strongest: Option<(Lock, Vec<&QualifiedName>)> = None;
    for statement in reading
        .items
        .iter()
        .filter_map(|item| reading.statement(*item))
    {
        if matches!(
            statement.head.kind,
            StatementKind::Create(_) | StatementKind::CreatePartition
        ) && !statement.head.or_replace
        {
            made.extend(statement.head.object.as_ref());
        }
        let Some(lock) = statement.lock(server) else {
            continue;
        };
        for name in statement.locked().filter(|name| !made.contains(name)) {
            match &mut strongest {
                Some((held, names)) if *held == lock => {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                Some((held, _)) if *held > lock => {}
                _ => strongest = Some((lock, vec![name])),
            }
        }
    }
    let (lock, names) = strongest?;
    Some(Held {
        lock,
        on: names.iter().map(ToString::to_string).collect(),
    })
}

fn row(input: Input<'_>, revision: usize) -> Row {
    let Input {
        tree,
        graph,
        seals,
        config,
        ..
    } = input;
    let migration = &tree.migrations[revision];
    let ids = |revisions: &[usize]| {
        revisions
            .iter()
            .map(|at| tree.migrations[*at].id.to_string())
            .collect()
    };
    let digests = &input.digests[revision];
    let uses_variables = migration
        .up
        .as_ref()
        .is_some_and(|script| script.settings.variables);
    Row {
        revision: migration.id.to_string(),
        kind: "revision",
        parents: if graph.is_numbered() {
            Vec::new()
        } else {
            ids(graph.parents(revision))
        },
        depends_on: ids(graph.depends_on(revision)),
        message: migration.message.clone(),
        up: digests.up.to_string(),
        up1: digests.up1.to_string(),
        accept: seals
            .accepted(migration.id.as_str(), digests.up)
            .iter()
            .map(ToString::to_string)
            .collect(),
        variables: uses_variables.then(|| variables(config)),
        steps: Vec::new(),
        recreates: migration
            .recreates
            .iter()
            .map(|(name, _)| name.clone())
            .collect(),
        selected: false,
    }
}

/// Digest of every variable's value: another value later is another upgrade.
fn variables(config: &Config) -> String {
    let mut lines = String::new();
    for (name, value) in config.variable_values() {
        lines.push_str(&name);
        lines.push('=');
        lines.push_str(&value);
        lines.push('\n');
    }
    seal::sha256(lines.as_bytes()).to_string()
}

/// Repeatables run after an upgrade that ends at the head; after a downgrade, those that a reverted revision dropped.
fn reruns(
    input: Input<'_>,
    range: &Range,
    direction: Direction,
    protected: &Protected,
    sink: &mut Sink,
) -> Option<Vec<Rerun>> {
    let Input { tree, graph, .. } = input;
    let wanted: Vec<&Repeatable> = match direction {
        Direction::Up if range.to.as_slice() == graph.heads() => tree.repeatables.iter().collect(),
        Direction::Down if !range.to.is_empty() => {
            let dropped = |name: &str| {
                range.revisions.iter().any(|at| {
                    tree.migrations[*at]
                        .recreates
                        .iter()
                        .any(|(recreated, _)| recreated == name)
                })
            };
            tree.repeatables
                .iter()
                .filter(|repeatable| dropped(&repeatable.name))
                .collect()
        }
        Direction::Up | Direction::Down => Vec::new(),
    };
    let mut reruns = Vec::with_capacity(wanted.len());
    for repeatable in wanted {
        reruns.push(rerun(input, repeatable, protected, sink)?);
    }
    Some(reruns)
}

fn rerun(
    input: Input<'_>,
    repeatable: &Repeatable,
    protected: &Protected,
    sink: &mut Sink,
) -> Option<Rerun> {
    let sources = &input.tree.sources;
    let script = &repeatable.apply;
    let reading = pieces::read(sources, script, protected, sink)?;
    let mut pieces = pieces::pieces(&reading, &reading.items, sink)?;
    let text = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Sql { text, .. } => text.clone(),
            Piece::Carried { text, .. } => format!("{text}\n;"),
            Piece::Lifted { .. } | Piece::Rows { .. } => String::new(),
        })
        .collect::<Vec<_>>()
        .join("\n");
    pieces.retain(|piece| !matches!(piece, Piece::Rows { rows, .. } if rows.is_empty()));
    let digests = seal::repeatable(input.tree, repeatable);
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
            variables: None,
            steps: Vec::new(),
            recreates: Vec::new(),
            selected: false,
        },
        place: sources.place(script.body),
        pieces,
        text,
        settings: unit::settings(script),
    })
}
