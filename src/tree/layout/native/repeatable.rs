//! Repeatables among each other: unique names, and the order in which they run.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::table::nearest;
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{Sources, Span};
use crate::tree::{Migration, Repeatable};

/// Puts repeatables in the order they run: each behind those it names in `after`, else by name.
pub(super) fn ordered(
    repeatables: Vec<Repeatable>,
    sources: &Sources,
    sink: &mut Sink,
) -> Vec<Repeatable> {
    let mut by_name: BTreeMap<String, Repeatable> = BTreeMap::new();
    for repeatable in repeatables {
        if let Some(first) = by_name.get(&repeatable.name) {
            let told = format!(
                "two repeatables are named `{}`: `{}` and `{}`",
                repeatable.name,
                sources.path(first.at.file),
                sources.path(repeatable.at.file)
            );
            sink.push(
                Diagnostic::error("duplicate-repeatable", told)
                    .at(repeatable.at, "again")
                    .at(first.at, "here first")
                    .help("give one of them another name"),
            );
            continue;
        }
        by_name.insert(repeatable.name.clone(), repeatable);
    }
    let mut waits: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut followers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for repeatable in by_name.values() {
        let wait = waits.entry(&repeatable.name).or_default();
        for (name, span) in &repeatable.after {
            if by_name.contains_key(name) {
                wait.insert(name);
                followers.entry(name).or_default().push(&repeatable.name);
            } else {
                sink.push(unknown(name, *span, by_name.keys().map(String::as_str)));
            }
        }
    }
    let mut ready: BTreeSet<&str> = waits
        .iter()
        .filter(|(_, wait)| wait.is_empty())
        .map(|(name, _)| *name)
        .collect();
    let mut order: Vec<String> = Vec::new();
    while let Some(name) = ready.pop_first() {
        waits.remove(name);
        order.push(name.to_owned());
        for follower in followers.get(name).into_iter().flatten() {
            if let Some(wait) = waits.get_mut(follower) {
                wait.remove(name);
                if wait.is_empty() {
                    ready.insert(follower);
                }
            }
        }
    }
    if !waits.is_empty() {
        sink.push(cycle(&by_name, &waits));
        order.extend(waits.keys().map(|name| (*name).to_owned()));
    }
    let in_order = order.iter().filter_map(|name| by_name.remove(name));
    in_order.collect()
}

/// Every name in `recreates` must be there.
pub(super) fn check_recreates(
    migrations: &[Migration],
    repeatables: &[Repeatable],
    sink: &mut Sink,
) {
    let names: BTreeSet<&str> = repeatables
        .iter()
        .map(|repeatable| repeatable.name.as_str())
        .collect();
    for (name, span) in migrations.iter().flat_map(|migration| &migration.recreates) {
        if !names.contains(name.as_str()) {
            sink.push(unknown(name, *span, names.iter().copied()));
        }
    }
}

fn unknown<'n>(name: &str, span: Span, names: impl Iterator<Item = &'n str>) -> Diagnostic {
    let told = format!("there is no repeatable `{name}`");
    let diagnostic = Diagnostic::error("unknown-repeatable", told).at(span, "no such name");
    match nearest(name, names) {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
        None => diagnostic
            .help("repeatables are the files of `repeatable/`, by the `name` in their header"),
    }
}

/// The whole way round, from its smallest name.
fn cycle(
    by_name: &BTreeMap<String, Repeatable>,
    waits: &BTreeMap<&str, BTreeSet<&str>>,
) -> Diagnostic {
    let mut path: Vec<&str> = Vec::new();
    let mut next = waits.keys().next().copied();
    // Each that waits for ever waits for another that does, so the walk comes back to a name.
    while let Some(name) = next {
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            path.drain(..start);
            break;
        }
        path.push(name);
        next = waits[name].first().copied();
    }
    let names: Vec<String> = path
        .iter()
        .chain(path.first())
        .map(|name| format!("`{name}`"))
        .collect();
    let told = format!("repeatables wait for each other: {}", names.join(" after "));
    let mut diagnostic = Diagnostic::error("repeatable-cycle", told);
    for name in path {
        diagnostic = diagnostic.at(by_name[name].at, "");
    }
    diagnostic.help("remove one of the names from an `after`")
}
