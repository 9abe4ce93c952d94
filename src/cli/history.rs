//! `signoff history`

use std::fmt::Write as _;

use anstyle::AnsiColor;
use serde_json::json;

use super::context::Context;
use super::output::{Ending, Output};
use crate::diagnostic::Sink;
use crate::graph::Graph;
use crate::seal;
use crate::tree::Tree;

/// List the revisions, newest first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff history\n  signoff history --verbose\n  signoff history --json"
)]
pub(super) struct Arguments {
    /// With files, dates, labels, and why a published one was changed
    #[arg(short, long)]
    verbose: bool,
    /// As JSON, oldest first
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let (tree, graph) = context.ordered(output)?;
    if arguments.json {
        let revisions: Vec<_> = graph
            .order()
            .iter()
            .map(|revision| object(&tree, &graph, *revision))
            .collect();
        return output.json(&json!({ "format": 1, "revisions": revisions }));
    }
    let mut sink = Sink::default();
    let seals = arguments.verbose.then(|| seal::read(&tree, &mut sink));
    let seals = seals.flatten().unwrap_or_default();
    let mut text = String::new();
    for revision in graph.order().iter().rev() {
        let migration = &tree.migrations[*revision];
        let id = output.paint(AnsiColor::Yellow.on_default(), migration.id.as_str());
        let marks = marks(&graph, *revision);
        let marks = if marks.is_empty() {
            String::new()
        } else {
            format!(" ({})", marks.join(", "))
        };
        let marks = output.paint(AnsiColor::Cyan.on_default(), &marks);
        let before = parents(&tree, graph.parents(*revision));
        writeln!(text, "{before} -> {id}{marks}  {}", migration.message)
            .expect("a string takes all");
        if arguments.verbose {
            let mut line = |name: &str, value: String| {
                if !value.is_empty() {
                    writeln!(text, "    {name:<12}{value}").expect("a string takes all");
                }
            };
            line("file", tree.sources.path(migration.at.file).to_string());
            line(
                "created",
                migration
                    .created
                    .map_or_else(String::new, |(time, _)| time.to_string()),
            );
            line(
                "labels",
                migration
                    .labels
                    .iter()
                    .map(|(label, _)| label.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            );
            line(
                "depends on",
                migration
                    .depends_on
                    .iter()
                    .map(|(name, _)| name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            );
            line(
                "no way back",
                migration.irreversible.clone().unwrap_or_default(),
            );
            for reason in seals.reasons(migration.id.as_str()) {
                line("resealed", reason);
            }
        }
    }
    output.print(&text)?;
    // Whoever looks sees the revisions, and then that `signoff.sum` can't be read.
    output.report(&sink, &tree.sources)
}

/// What a revision is in the graph, in Alembic's words.
fn marks(graph: &Graph, revision: usize) -> Vec<&'static str> {
    let marks = [
        (graph.heads().contains(&revision), "head"),
        (graph.is_branch_point(revision), "branch point"),
        (graph.is_merge_point(revision), "merge point"),
    ];
    marks
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, mark)| mark)
        .collect()
}

fn parents(tree: &Tree, parents: &[usize]) -> String {
    let ids: Vec<&str> = parents
        .iter()
        .map(|parent| tree.migrations[*parent].id.as_str())
        .collect();
    if ids.is_empty() {
        "base".to_owned()
    } else {
        ids.join(", ")
    }
}

fn object(tree: &Tree, graph: &Graph, revision: usize) -> serde_json::Value {
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
        "labels": migration.labels.iter().map(|(label, _)| label).collect::<Vec<_>>(),
        "created": migration.created.map(|(time, _)| time.to_string()),
        "file": tree.sources.path(migration.at.file),
        "head": graph.heads().contains(&revision),
        "irreversible": migration.irreversible,
    })
}
