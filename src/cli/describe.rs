//! What commands tell of a revision: a line, what more there is, and the same as JSON.

use std::fmt::Write as _;

use anstyle::AnsiColor;
use serde_json::json;

use super::output::Output;
use crate::graph::Graph;
use crate::seal::Seals;
use crate::tree::Tree;

/// Its id, what it is in the graph, and its message.
pub(super) fn line(output: &Output<'_>, tree: &Tree, graph: &Graph, revision: usize) -> String {
    let migration = &tree.migrations[revision];
    let id = output.paint(AnsiColor::Yellow.on_default(), migration.id.as_str());
    let marks = marks(tree, graph, revision);
    let marks = if marks.is_empty() {
        String::new()
    } else {
        let marks = format!("({})", marks.join(", "));
        format!(" {}", output.paint(AnsiColor::Cyan.on_default(), &marks))
    };
    let line = format!("{id}{marks}  {}", migration.message);
    line.trim_end().to_owned()
}

/// Everything else that its files and the graph say; a name and a value each, none of them empty.
pub(super) fn details(
    tree: &Tree,
    graph: &Graph,
    seals: &Seals,
    revision: usize,
) -> Vec<(&'static str, String)> {
    let migration = &tree.migrations[revision];
    let ids = |revisions: &[usize]| {
        let ids: Vec<&str> = revisions
            .iter()
            .map(|at| tree.migrations[*at].id.as_str())
            .collect();
        ids.join(", ")
    };
    let names = |names: &mut dyn Iterator<Item = &str>| {
        let names: Vec<&str> = names.collect();
        names.join(", ")
    };
    let (merges, revises) = if graph.is_merge_point(revision) {
        (ids(graph.parents(revision)), String::new())
    } else {
        (String::new(), ids(graph.parents(revision)))
    };
    let branches = if graph.is_branch_point(revision) {
        ids(graph.children(revision))
    } else {
        String::new()
    };
    let created = migration.created.map(|(time, _)| time.to_string());
    let mut details = vec![
        ("file", tree.sources.path(migration.at.file).to_string()),
        ("created", created.unwrap_or_default()),
        ("revises", revises),
        ("merges", merges),
        ("branches to", branches),
        (
            "labels",
            names(&mut migration.labels.iter().map(|(label, _)| label.as_str())),
        ),
        (
            "depends on",
            names(&mut migration.depends_on.iter().map(|(name, _)| name.as_str())),
        ),
        (
            "replaces",
            names(&mut migration.replaces.iter().map(|(id, _)| id.as_str())),
        ),
        (
            "not written",
            migration
                .up
                .as_ref()
                .and_then(|up| up.settings.unwritten.clone())
                .unwrap_or_default(),
        ),
        (
            "no way back",
            migration.irreversible.clone().unwrap_or_default(),
        ),
    ];
    let reasons = seals.reasons(migration.id.as_str());
    details.extend(reasons.into_iter().map(|reason| ("resealed", reason)));
    details.retain(|(_, value)| !value.is_empty());
    details
}

/// The line, and everything else below it.
pub(super) fn block(
    output: &Output<'_>,
    tree: &Tree,
    graph: &Graph,
    seals: &Seals,
    revision: usize,
) -> String {
    let mut block = line(output, tree, graph, revision) + "\n";
    for (name, value) in details(tree, graph, seals, revision) {
        writeln!(block, "  {name:<12}{value}").expect("a string takes all");
    }
    block
}

/// The same for programs.
pub(super) fn object(tree: &Tree, graph: &Graph, revision: usize) -> serde_json::Value {
    let migration = &tree.migrations[revision];
    let ids = |revisions: &[usize]| {
        revisions
            .iter()
            .map(|at| tree.migrations[*at].id.to_string())
            .collect::<Vec<_>>()
    };
    json!({
        "id": migration.id,
        "message": migration.message,
        "parents": ids(graph.parents(revision)),
        "depends_on": ids(graph.depends_on(revision)),
        "replaces": migration.replaces.iter().map(|(id, _)| id).collect::<Vec<_>>(),
        "labels": migration.labels.iter().map(|(label, _)| label).collect::<Vec<_>>(),
        "created": migration.created.map(|(time, _)| time.to_string()),
        "file": tree.sources.path(migration.at.file),
        "head": graph.children(revision).is_empty(),
        "irreversible": migration.irreversible,
    })
}

/// What a revision is in the graph, in Alembic's words, and the labels that it carries.
fn marks<'t>(tree: &'t Tree, graph: &'t Graph, revision: usize) -> Vec<&'t str> {
    let mut marks: Vec<&str> = Vec::new();
    if graph.children(revision).is_empty() {
        marks.push("head");
    }
    let labels = tree.migrations[revision].labels.iter();
    marks.extend(labels.map(|(label, _)| label.as_str()));
    marks.extend(graph.states_at(revision));
    if graph.is_branch_point(revision) {
        marks.push("branch point");
    }
    if graph.is_merge_point(revision) {
        marks.push("merge point");
    }
    marks
}
