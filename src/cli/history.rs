//! `signoff history`

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::AnsiColor;
use serde_json::json;

use super::context::Context;
use super::output::{Ending, Output};
use super::{current, describe};
use crate::diagnostic::Sink;
use crate::graph::{self, Graph};
use crate::render::drawing;
use crate::seal;
use crate::tree::Tree;

/// Show the revisions and how they stand on each other, newest first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff history\n  signoff history -r -5:                the last five, and what they stand on\n  signoff history -r 27da:billing@head --verbose\n  signoff history --mermaid > graph.mmd\n\nHow revisions are written: signoff explain revisions"
)]
pub(super) struct Arguments {
    /// Only these: `from:to`, with where it begins, or one revision
    #[arg(
        short,
        long,
        value_name = "RANGE",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    rev_range: String,
    /// Mark what an environment has, by its receipt [default: every one of [environments]]
    #[arg(
        short,
        long,
        value_name = "ENV",
        num_args = 0..=1,
        default_missing_value = ""
    )]
    indicate_current: Option<String>,
    /// With parents, dates, labels and files
    #[arg(short, long)]
    verbose: bool,
    /// As JSON, oldest first
    #[arg(long, conflicts_with_all = ["verbose", "mermaid"])]
    json: bool,
    /// As a Mermaid flowchart, for a page that draws it
    #[arg(long, conflicts_with = "verbose")]
    mermaid: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let (tree, graph) = if arguments.indicate_current.is_some() {
        let config = context.config(output)?;
        let mut sealed = context.sealed(&config, &mut Sink::default(), output)?;
        let named = arguments.indicate_current.as_deref();
        current::environments(context, &config, &mut sealed, named, output)?;
        context.know(&config, &mut sealed, &arguments.rev_range, output)?;
        (sealed.tree, sealed.graph)
    } else {
        current::ordered(context, &arguments.rev_range, output)?
    };
    let shown = graph::history(&graph, &tree, &arguments.rev_range)
        .map_err(|diagnostic| output.refuse(diagnostic, &tree.sources))?;
    if arguments.json {
        let revisions: Vec<_> = shown
            .iter()
            .map(|revision| describe::object(&tree, &graph, *revision))
            .collect();
        return output.json(&json!({ "format": 1, "revisions": revisions }));
    }
    if arguments.mermaid {
        return output.print(&mermaid(&tree, &graph, &shown));
    }
    let mut sink = Sink::default();
    let seals = arguments.verbose.then(|| seal::read(&tree, &mut sink));
    let seals = seals.flatten().unwrap_or_default();
    let newest_first: Vec<usize> = shown.into_iter().rev().collect();
    let mut text = String::new();
    for row in drawing::rows(&graph, &newest_first) {
        let lanes = |lanes: &str| output.paint(AnsiColor::Green.on_default(), lanes);
        let line = describe::line(output, &tree, &graph, row.revision);
        writeln!(text, "{}{line}", lanes(&row.node)).expect("a string takes all");
        if arguments.verbose {
            for (name, value) in describe::details(&tree, &graph, &seals, row.revision) {
                writeln!(text, "{}  {name:<12}{value}", lanes(&row.beside))
                    .expect("a string takes all");
            }
        }
        for below in &row.below {
            writeln!(text, "{}", lanes(below)).expect("a string takes all");
        }
    }
    output.print(&text)?;
    // Whoever looks sees the revisions, and then that `signoff.sum` can't be read.
    output.report(&sink, &tree.sources)
}

/// Parents in full lines, dependencies in dots, the newest on top.
fn mermaid(tree: &Tree, graph: &Graph, shown: &[usize]) -> String {
    let mut text = "flowchart BT\n".to_owned();
    let quoted = |text: &str| {
        text.replace('&', "#amp;")
            .replace('"', "#quot;")
            .replace('<', "#lt;")
    };
    let node = |revision: usize| format!("r{}", graph.position(revision));
    let is_shown: BTreeSet<usize> = shown.iter().copied().collect();
    for revision in shown {
        let migration = &tree.migrations[*revision];
        let (id, message) = (quoted(migration.id.as_str()), quoted(&migration.message));
        writeln!(text, "  {}[\"{id}<br/>{message}\"]", node(*revision))
            .expect("a string takes all");
        let edges = [
            (graph.parents(*revision), "-->"),
            (graph.depends_on(*revision), "-.->"),
        ];
        for (before, arrow) in edges {
            for before in before.iter().filter(|before| is_shown.contains(before)) {
                writeln!(text, "  {} {arrow} {}", node(*before), node(*revision))
                    .expect("a string takes all");
            }
        }
    }
    text
}
