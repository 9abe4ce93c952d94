//! Several revisions as one: their SQL in the order in which it ran, each under a line that names it, and the way back
//! in the opposite order.
//!
//! Each stays a step of its own (`--! step`): a transaction, and a session that is as it was. Nobody can tell from SQL what
//! it leaves to what runs behind it.

use std::fmt::Write as _;

use super::{list, quote};
use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::name::RevisionId;
use crate::sql;
use crate::tree::{Direction, Migration, Part, Script, Settings, Tree};

/// What a squash is made of, beside its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squash {
    /// What it revises: indexes into the tree's migrations.
    pub parents: Vec<usize>,
    /// Ids or labels of what is outside of it and must be applied first.
    pub depends_on: Vec<String>,
    /// Branch labels that its revisions carried.
    pub labels: Vec<String>,
    /// When the last of them was written: the squash is no younger than what stands on it.
    pub created: Option<jiff::Timestamp>,
    replaces: Vec<RevisionId>,
    recreates: Vec<String>,
    allow: Vec<(String, String)>,
    settings: Settings,
    upgrade: Section,
    downgrade: Result<Section, String>,
}

/// One direction.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    no_transaction: bool,
    text: String,
}

/// The squash of these revisions, which stand in the order in which they are applied.
pub fn squash(tree: &Tree, graph: &Graph, revisions: &[usize]) -> Result<Squash, Box<Diagnostic>> {
    let of = |at: &usize| &tree.migrations[*at];
    let mut inside = vec![false; graph.len()];
    for revision in revisions {
        inside[*revision] = true;
    }
    let [.., top] = revisions else {
        return Err(Box::new(too_few("there is no revision in this range")));
    };
    if revisions.len() == 1 {
        let told = format!(
            "there is one revision in this range, `{}`, and one it stays",
            of(top).id
        );
        return Err(Box::new(too_few(&told)));
    }
    if let Some(unwritten) = revisions.iter().find_map(|at| of(at).unwritten()) {
        return Err(Box::new(unwritten));
    }
    one_end(tree, graph, revisions, &inside)?;
    let outside = |edges: &mut dyn Iterator<Item = usize>| -> Vec<usize> {
        edges.filter(|at| !inside[*at]).collect()
    };
    let parents = outside(
        &mut revisions
            .iter()
            .flat_map(|at| graph.parents(*at).iter().copied()),
    );
    let migrations: Vec<&Migration> = revisions.iter().map(of).collect();
    let ups = scripts(&migrations, Direction::Up);
    let mut downs = scripts(&migrations, Direction::Down);
    downs.reverse();
    let no_way_back = migrations.iter().find_map(|migration| {
        let reason = no_way_back(migration)?;
        Some(format!("{}: {reason}", migration.id))
    });
    if no_way_back.is_some() {
        downs.clear();
    }
    let both: Vec<_> = ups.iter().chain(&downs).copied().collect();
    let settings = same_settings(&both)?;
    for (migration, script) in &both {
        no_variables(tree, migration, script)?;
    }
    let upgrade = section(tree, &ups)?;
    let downgrade = match no_way_back {
        Some(reason) => Err(reason),
        None => Ok(section(tree, &downs)?),
    };
    let mut depends_on = Vec::new();
    for (at, migration) in revisions.iter().zip(&migrations) {
        for (name, _) in &migration.depends_on {
            let target = graph.find(name).or_else(|| graph.replacement(name));
            let target = target.or_else(|| graph.label(name));
            // What a label or an id names was found when the graph was built.
            if target
                .is_some_and(|target| !inside[target] && graph.depends_on(*at).contains(&target))
                && !depends_on.contains(name)
            {
                depends_on.push(name.clone());
            }
        }
    }
    let mut replaces = Vec::new();
    for migration in &migrations {
        replaces.extend(migration.replaces.iter().map(|(id, _)| id.clone()));
        replaces.push(migration.id.clone());
    }
    Ok(Squash {
        parents: graph.tips(&parents),
        depends_on,
        labels: once(
            migrations
                .iter()
                .flat_map(|it| &it.labels)
                .map(|(label, _)| label),
        ),
        created: migrations
            .iter()
            .filter_map(|it| it.created)
            .map(|(time, _)| time)
            .max(),
        replaces,
        recreates: once(
            migrations
                .iter()
                .flat_map(|it| &it.recreates)
                .map(|(name, _)| name),
        ),
        allow: allowed(&migrations),
        settings,
        upgrade,
        downgrade,
    })
}

/// Refuses a range into whose middle something from outside leads: nobody could stand there any more.
fn one_end(
    tree: &Tree,
    graph: &Graph,
    revisions: &[usize],
    inside: &[bool],
) -> Result<(), Box<Diagnostic>> {
    let id = |at: usize| &tree.migrations[at].id;
    let tips = graph.tips(revisions);
    if let [one, other, ..] = tips.as_slice() {
        let told = format!(
            "the range ends in several revisions, `{}` and `{}`, and a squash is one",
            id(*one),
            id(*other)
        );
        return Err(Box::new(
            Diagnostic::error("squash-of-branches", told)
                .at(tree.migrations[*one].at, "one end")
                .at(tree.migrations[*other].at, "another")
                .help("squash each branch by itself, or end where they are merged"),
        ));
    }
    for revision in revisions.iter().filter(|at| !tips.contains(at)) {
        let above = graph.children(*revision).iter();
        let above = above.chain(graph.dependents(*revision)).copied();
        if let Some(above) = above.into_iter().find(|above| !inside[*above]) {
            let told = format!(
                "`{}` stands on `{}`, which is in the middle of the range",
                id(above),
                id(*revision)
            );
            return Err(Box::new(
                Diagnostic::error("squash-under-a-branch", told)
                    .at(tree.migrations[above].at, "stands on it")
                    .at(tree.migrations[*revision].at, "in the middle")
                    .because("it would have to wait for all of the squash, and a database that has it without the rest could not be released to")
                    .help(format!("end the squash at `{}`, or begin it there", id(*revision))),
            ));
        }
    }
    Ok(())
}

fn too_few(told: &str) -> Diagnostic {
    Diagnostic::error("nothing-to-squash", told)
        .help("name a range: `FROM:TO` is what comes after FROM, up to TO; `base:TO` is everything up to it")
}

/// The scripts of a direction that are there.
fn scripts<'t>(
    migrations: &[&'t Migration],
    direction: Direction,
) -> Vec<(&'t Migration, &'t Script)> {
    let scripts = migrations.iter().filter_map(|migration| {
        let script = migration.script(direction)?;
        Some((*migration, script))
    });
    // One that says nothing asks for nothing: a merge does not have to run as others do.
    scripts
        .filter(|(_, script)| says_something(script))
        .collect()
}

fn says_something(script: &Script) -> bool {
    script.parts.iter().any(|part| match part {
        Part::Sql(text) => !sql::read(&text.text).statements.is_empty(),
        Part::Data(_) => true,
        Part::Step(_) => false,
    })
}

/// What all scripts are to run under; refused where that is not the same.
fn same_settings(scripts: &[(&Migration, &Script)]) -> Result<Settings, Box<Diagnostic>> {
    let Some((first, script)) = scripts.first() else {
        return Ok(Settings::default());
    };
    let settings = &script.settings;
    for (other, script) in scripts {
        let theirs = &script.settings;
        let what = [
            ("`role`", settings.role != theirs.role),
            ("`search_path`", settings.search_path != theirs.search_path),
            (
                "`lock_timeout`",
                settings.lock_timeout != theirs.lock_timeout,
            ),
            (
                "`statement_timeout`",
                settings.statement_timeout != theirs.statement_timeout,
            ),
            ("`variables`", settings.variables != theirs.variables),
        ];
        if let Some((what, _)) = what.into_iter().find(|(_, differs)| *differs) {
            return Err(differ(first, other, what));
        }
    }
    Ok(settings.clone())
}

/// The scripts one after the other, a step each.
fn section(tree: &Tree, scripts: &[(&Migration, &Script)]) -> Result<Section, Box<Diagnostic>> {
    let mut text = String::new();
    for (at, (migration, script)) in scripts.iter().enumerate() {
        if at > 0 {
            text.push_str("\n--! step\n");
        }
        let title = format!("-- {}  {}", migration.id, migration.message);
        let body = tree.sources.slice(script.body).trim_matches('\n');
        let _ = writeln!(text, "{}\n{}", title.trim_end(), body.trim_end());
        if is_open(script) {
            text.push_str(";\n");
        }
    }
    let no_transaction = scripts
        .first()
        .is_some_and(|(_, script)| script.settings.no_transaction);
    let other = scripts
        .iter()
        .find(|(_, script)| script.settings.no_transaction != no_transaction);
    if let (Some((first, _)), Some((other, _))) = (scripts.first(), other) {
        return Err(differ(first, other, "`transaction`"));
    }
    Ok(Section {
        no_transaction,
        text,
    })
}

/// Why a revision can't be reverted. One that leaves behind what its upgrade did would not be, and once it is a part of
/// another one, nobody would be told.
fn no_way_back(migration: &Migration) -> Option<String> {
    let Some(down) = &migration.down else {
        let reason = migration.irreversible.clone();
        return Some(reason.unwrap_or_else(|| "it has no downgrade".to_owned()));
    };
    let does = migration.up.as_ref().is_some_and(says_something);
    let is_meant = migration
        .allow
        .iter()
        .any(|(rule, _)| rule == "empty-downgrade");
    (does && !is_meant && !says_something(down)).then(|| "its downgrade is empty".to_owned())
}

/// Whether the last statement waits for its `;`.
fn is_open(script: &Script) -> bool {
    let Some(Part::Sql(text)) = script.parts.last() else {
        return false;
    };
    let read = sql::read(&text.text);
    read.statements
        .last()
        .is_some_and(|last| !last.raw.terminated)
}

/// Refuses a script that uses variables.
fn no_variables(
    tree: &Tree,
    migration: &Migration,
    script: &Script,
) -> Result<(), Box<Diagnostic>> {
    let Some((name, _)) = script.variables(&tree.sources).into_iter().next() else {
        return Ok(());
    };
    let id = &migration.id;
    Err(Box::new(
        Diagnostic::error("squash-of-variables", format!("`{id}` uses the variable `{name}`"))
            .at(migration.at, "this revision")
            .because("databases recorded its value with the revision, and once that is gone nobody could see that it is another now")
            .help(format!("squash what is below `{id}`, and what is above it, apart")),
    ))
}

fn differ(first: &Migration, other: &Migration, what: &str) -> Box<Diagnostic> {
    let told = format!(
        "`{}` and `{}` do not say the same of {what}",
        first.id, other.id
    );
    Box::new(
        Diagnostic::error("squash-of-settings", told)
            .at(first.at, "says one thing")
            .at(other.at, "says another")
            .because("one revision runs under one")
            .help(format!(
                "squash up to the one before `{}`, and from there on apart",
                other.id
            )),
    )
}

fn allowed(migrations: &[&Migration]) -> Vec<(String, String)> {
    let mut allowed: Vec<(String, String)> = Vec::new();
    let all = migrations.iter().flat_map(|migration| {
        let allow = migration.allow.iter();
        allow.map(move |(rule, reason)| (&migration.id, rule, reason))
    });
    for (id, rule, reason) in all {
        if !allowed.iter().any(|(known, _)| known == rule) {
            allowed.push((rule.clone(), format!("{id}: {reason}")));
        }
    }
    allowed
}

fn once<'t>(names: impl Iterator<Item = &'t String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.contains(name) {
            once.push(name.clone());
        }
    }
    once
}

/// Ids of a header's line, where it would be long: one in each.
const IN_A_LINE: usize = 4;

impl Squash {
    /// The lines of the header that are its own.
    pub(super) fn header(&self) -> Vec<(&'static str, String)> {
        let ids: Vec<String> = self.replaces.iter().map(|id| quote(id.as_str())).collect();
        let replaces = if ids.len() > IN_A_LINE {
            let lines: Vec<String> = ids.iter().map(|id| format!("--!   {id},\n")).collect();
            format!("[\n{}--! ]", lines.concat())
        } else {
            list(&ids)
        };
        let mut header = vec![("replaces", replaces)];
        let quoted = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| quote(name)).collect();
            list(&names)
        };
        if !self.recreates.is_empty() {
            header.push(("recreates", quoted(&self.recreates)));
        }
        if !self.allow.is_empty() {
            let pairs = self
                .allow
                .iter()
                .map(|(rule, why)| format!("{rule} = {}", quote(why)));
            header.push((
                "allow",
                format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", ")),
            ));
        }
        let Settings {
            no_transaction: _,
            role,
            search_path,
            lock_timeout,
            statement_timeout,
            variables,
            unwritten: _,
        } = &self.settings;
        let texts = [
            ("role", role),
            ("search_path", search_path),
            ("lock_timeout", lock_timeout),
            ("statement_timeout", statement_timeout),
        ];
        header.extend(
            texts
                .into_iter()
                .filter_map(|(key, text)| Some((key, quote(text.as_deref()?)))),
        );
        if *variables {
            header.push(("variables", "true".to_owned()));
        }
        header
    }

    /// Both directions with their directives.
    pub(super) fn sections(&self) -> String {
        let options = |section: &Section| {
            if section.no_transaction {
                " { transaction = false }"
            } else {
                ""
            }
        };
        let mut text = format!(
            "\n--! upgrade{}\n{}",
            options(&self.upgrade),
            self.upgrade.text
        );
        match &self.downgrade {
            Ok(downgrade) => {
                let _ = write!(
                    text,
                    "\n--! downgrade{}\n{}",
                    options(downgrade),
                    downgrade.text
                );
            }
            Err(reason) => {
                let _ = writeln!(
                    text,
                    "\n--! downgrade {{ irreversible = {} }}",
                    quote(reason)
                );
            }
        }
        text
    }

    /// Why it can't be reverted, where it can't: the revision and its reason.
    pub fn no_way_back(&self) -> Option<&str> {
        self.downgrade.as_ref().err().map(String::as_str)
    }

    /// Ids of what it replaces, in the order in which they were applied; those that were squashed before are among them.
    pub fn replaces(&self) -> &[RevisionId] {
        &self.replaces
    }
}
