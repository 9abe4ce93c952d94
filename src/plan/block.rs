//! One revision of a plan: its row, and how it runs.

use std::collections::BTreeMap;

use super::build::no_way_back;
use super::pieces::{self, Reading};
use super::places::Places;
use super::unit::{self, Context};
use super::{Block, Held, Input, Settings, Transactions, Unit, apart, needs};
use crate::diagnostic::Sink;
use crate::name::QualifiedName;
use crate::postgres::{Lock, StatementKind};
use crate::seal;
use crate::sql::Protected;
use crate::tree::{self, Direction, Migration, Script};
use crate::version_table::{Replaced, Row};

/// What every revision and repeatable of a plan is made with.
#[derive(Debug)]
pub(super) struct Making<'a> {
    pub(super) input: Input<'a>,
    pub(super) places: Places<'a>,
    pub(super) protected: Protected,
    /// Oldest major version of the server.
    pub(super) server: u16,
    /// The revision that nothing runs after, where it matters which one that is.
    pub(super) last: Option<usize>,
}

impl<'a> Making<'a> {
    pub(super) fn new(input: Input<'a>) -> Self {
        let table = input.table;
        Self {
            input,
            places: Places::new(input.tree, input.config),
            protected: Protected {
                version_table: table.qualified(),
                event_table: table.event(),
            },
            server: input.config.target.server.value,
            last: None,
        }
    }

    /// A revision in one direction. `None` where an error was reported. Its row is not known yet.
    pub(super) fn block(
        &self,
        revision: usize,
        direction: Direction,
        sink: &mut Sink,
    ) -> Option<Block> {
        let migration = &self.input.tree.migrations[revision];
        let irreversible = no_way_back(migration);
        let resealed = self.input.seals.reasons(migration.id.as_str());
        let Some(script) = migration.script(direction) else {
            let unit = Unit::Transaction {
                modes: String::new(),
                pieces: Vec::new(),
            };
            let place = self.places.place(migration.at);
            return Some(Block {
                row: 0,
                place,
                unit,
                settings: Settings::default(),
                lock: None,
                asks: needs::Asks::default(),
                irreversible,
                apart: None,
                resealed,
            });
        };
        if direction == Direction::Up
            && let Some(unwritten) = migration.unwritten()
        {
            sink.push(unwritten);
            return None;
        }
        let parts = script.steps();
        let mut readings = Vec::with_capacity(parts.len());
        for part in &parts {
            readings.push(pieces::read(&self.places, part, &self.protected, sink)?);
        }
        let context = |reading| Context {
            reading,
            server: self.server,
            pinned: script.settings.no_transaction,
            allow: &migration.allow,
        };
        let (unit, apart) = if let [reading] = readings.as_slice() {
            let context = context(reading);
            let unit = unit::unit(&context, sink)?;
            let apart = apart::apart(&context, &unit);
            (unit, apart)
        } else {
            let mut steps = Vec::new();
            for reading in &readings {
                steps.extend(unit::steps(&context(reading), sink)?);
            }
            (Unit::Steps(steps), apart::by_steps(&readings))
        };
        let first = readings
            .iter()
            .find_map(|reading| Some(reading.span(*reading.items.first()?)))
            .unwrap_or(script.body);
        let last = self.last == Some(revision);
        if self.input.transactions == Transactions::One
            && let Some(refused) = apart
                .as_ref()
                .and_then(|apart| apart::refused(apart, &migration.id, last))
        {
            sink.push(refused);
            return None;
        }
        Some(Block {
            row: 0,
            apart: apart.map(|apart| apart.reason),
            place: self.places.place(first),
            unit,
            settings: unit::settings(script),
            lock: lock(&readings, self.server),
            asks: needs::of(&readings),
            irreversible,
            resealed,
        })
    }

    /// What is recorded of a revision.
    pub(super) fn row(&self, revision: usize) -> Row {
        let Input {
            tree,
            graph,
            seals,
            digests,
            ..
        } = self.input;
        let migration = &tree.migrations[revision];
        let ids = |revisions: &[usize]| {
            revisions
                .iter()
                .map(|at| tree.migrations[*at].id.to_string())
                .collect()
        };
        let digests = &digests[revision];
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
            variables: self.variables(migration.up.iter().chain(&migration.down)),
            steps: Vec::new(),
            recreates: tree.recreated(migration),
            replaces: self.replaced(migration),
            record: match self.input.table.tool {
                Some(_) => migration.record.clone(),
                None => tree::Record::new(),
            },
            selected: false,
            before: false,
        }
    }

    /// What a revision took the place of, as it was published.
    fn replaced(&self, migration: &Migration) -> Vec<Replaced> {
        let seals = self.input.seals;
        let owned = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
        let replaced = seals.replaced(migration).into_iter().map(|was| Replaced {
            revision: was.id.to_owned(),
            up: was.digests.up.to_string(),
            up1: was.digests.up1.to_string(),
            accept: seals
                .accepted(was.id, was.digests.up)
                .iter()
                .map(ToString::to_string)
                .collect(),
            within: owned(was.within),
            whole: was.whole,
        });
        replaced.collect()
    }

    /// Digest of the values that variables have in some scripts; `None` where there are none. With other values it
    /// is another upgrade.
    pub(super) fn variables<'s>(
        &self,
        scripts: impl Iterator<Item = &'s Script>,
    ) -> Option<String> {
        let sources = &self.input.tree.sources;
        let values: BTreeMap<String, String> = scripts
            .flat_map(|script| {
                script
                    .variables(sources)
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut lines = String::new();
        for (name, value) in &values {
            lines.push_str(name);
            lines.push('=');
            lines.push_str(value);
            lines.push('\n');
        }
        (!values.is_empty()).then(|| seal::sha256(lines.as_bytes()).to_string())
    }
}

/// The strongest lock on something that was there before, with what it is on.
fn lock(readings: &[Reading<'_>], server: u16) -> Option<Held> {
    let mut made: Vec<&QualifiedName> = Vec::new();
    let mut strongest: Option<(Lock, Vec<&QualifiedName>)> = None;
    let statements = readings.iter().flat_map(|reading| {
        let items = reading.items.iter();
        items.filter_map(|item| reading.statement(*item))
    });
    for statement in statements {
        if matches!(
            statement.head.kind,
            StatementKind::Create(_) | StatementKind::CreatePartition
        ) && !statement.head.or_replace
        {
            made.extend(statement.head.object.as_ref());
        }
        // A partition that comes or goes is locked more strongly than its table (tried on servers 13 to 18).
        let partition = statement.head.partition.iter();
        let taken = statement
            .lock(server)
            .into_iter()
            .flat_map(|lock| statement.locked().map(move |name| (lock, name)))
            .chain(partition.map(|name| (Lock::AccessExclusive, name)));
        for (lock, name) in taken.filter(|(_, name)| !made.contains(name)) {
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
