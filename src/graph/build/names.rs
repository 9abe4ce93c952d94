//! What the revisions of a tree are called: ids, labels, and the ids of what they took the place of.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Sink};
use crate::source::Span;
use crate::tree::{Lineage, Migration, SEAL_FILE, Tree};

/// What revisions are called.
pub(super) struct Names<'a> {
    pub(super) ids: BTreeMap<&'a str, usize>,
    pub(super) labels: BTreeMap<&'a str, usize>,
    pub(super) replaced: BTreeMap<&'a str, usize>,
}

/// Every id, once.
pub(super) fn ids<'a>(tree: &'a Tree, sink: &mut Sink) -> BTreeMap<&'a str, usize> {
    let mut ids = BTreeMap::new();
    for (index, migration) in tree.migrations.iter().enumerate() {
        let id = migration.id.as_str();
        let Some(first) = ids.get(id).copied() else {
            ids.insert(id, index);
            continue;
        };
        let first: &Migration = &tree.migrations[first];
        let mut diagnostic = Diagnostic::error(
            "duplicate-revision",
            format!("two migrations have the id `{id}`"),
        )
        .at(migration.at, "this id is already taken")
        .at(first.at, "here")
        .because(
            "a database records a revision by its id, so only one of the two would ever run there",
        );
        diagnostic = match tree.lineage {
            Lineage::Parents => diagnostic.help(
                "give the one that no database has applied another id; where one is a copy, delete it",
            ),
            Lineage::Numbered => {
                diagnostic.help("give the one that no database has applied another number")
            }
        };
        sink.push(diagnostic);
    }
    ids
}

/// The ids of revisions that are gone, each with the one that took its place. Whoever revised one of them stands on that.
pub(super) fn replaced<'a>(
    tree: &'a Tree,
    ids: &BTreeMap<&'a str, usize>,
    sink: &mut Sink,
) -> BTreeMap<&'a str, usize> {
    let mut places: BTreeMap<&str, (usize, Span)> = BTreeMap::new();
    for (index, migration) in tree.migrations.iter().enumerate() {
        for (name, span) in &migration.replaces {
            let id = &migration.id;
            if let Some(there) = ids.get(name.as_str()) {
                sink.push(
                    Diagnostic::error(
                        "replaced-is-there",
                        format!("revision `{id}` replaces `{name}`, which is in this tree as well"),
                    )
                    .at(*span, "replaced")
                    .at(tree.migrations[*there].at, "and still here")
                    .because("a new database would get what both of them do")
                    .help(format!(
                        "remove the file of `{name}`; databases that have it are told from others by its line in {SEAL_FILE}"
                    )),
                );
            } else if let Some((other, first)) = places.get(name.as_str()) {
                let other = &tree.migrations[*other].id;
                sink.push(
                    Diagnostic::error(
                        "replaced-twice",
                        format!("`{name}` is replaced by `{other}` and again by `{id}`"),
                    )
                    .at(*span, "again here")
                    .at(*first, "first here")
                    .because("which of the two a database that has it would have, nobody could tell")
                    .help("two branches squashed the same: keep one of the two, and merge what the other holds beside"),
                );
            } else {
                places.insert(name.as_str(), (index, *span));
            }
        }
    }
    let places = places.into_iter();
    places.map(|(name, (index, _))| (name, index)).collect()
}

/// Every label, once, and none that is an id.
pub(super) fn labels<'a>(
    tree: &'a Tree,
    ids: &BTreeMap<&str, usize>,
    sink: &mut Sink,
) -> BTreeMap<&'a str, usize> {
    let mut places: BTreeMap<&str, (usize, Span)> = BTreeMap::new();
    for (index, migration) in tree.migrations.iter().enumerate() {
        for (label, span) in &migration.labels {
            if let Some(revision) = ids.get(label.as_str()) {
                sink.push(
                    Diagnostic::error(
                        "label-is-an-id",
                        format!("the label `{label}` is also the id of a revision"),
                    )
                    .at(*span, "this label")
                    .at(tree.migrations[*revision].at, "the revision")
                    .because("an expression that says this word would mean two things")
                    .help("choose another label: labels may change freely, ids may not"),
                );
            } else if let Some((_, first)) = places.get(label.as_str()) {
                sink.push(
                    Diagnostic::error(
                        "duplicate-label",
                        format!("the label `{label}` is given twice"),
                    )
                    .at(*span, "again here")
                    .at(*first, "first here")
                    .because("a label names one branch: it covers the revision that carries it and all that descend from it")
                    .help("remove one of the two, or choose another label"),
                );
            } else {
                places.insert(label, (index, *span));
            }
        }
    }
    let places = places.into_iter();
    places.map(|(label, (index, _))| (label, index)).collect()
}
