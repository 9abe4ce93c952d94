//! `signoff branches`

use std::fmt::Write as _;

use serde_json::json;

use super::context::Context;
use super::describe;
use super::output::{Ending, Output};
use crate::diagnostic::Sink;
use crate::seal;

/// Show where the tree branches, and into what
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff branches\n  signoff branches --verbose\n  signoff branches --json\n\nA merge joins branches again: signoff merge heads"
)]
pub(super) struct Arguments {
    /// With parents, dates, labels and files
    #[arg(short, long)]
    verbose: bool,
    /// As JSON
    #[arg(long, conflicts_with = "verbose")]
    json: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let (tree, graph) = context.ordered(output)?;
    let points = graph.order().iter().rev().copied();
    let points = points.filter(|revision| graph.is_branch_point(*revision));
    if arguments.json {
        let id = |revision: usize| tree.migrations[revision].id.as_str();
        let branches: Vec<_> = points
            .map(|point| {
                let into: Vec<&str> = graph.children(point).iter().map(|at| id(*at)).collect();
                json!({ "id": id(point), "into": into })
            })
            .collect();
        return output.json(&json!({ "format": 1, "branches": branches }));
    }
    let mut sink = Sink::default();
    let seals = arguments.verbose.then(|| seal::read(&tree, &mut sink));
    let seals = seals.flatten().unwrap_or_default();
    let mut text = String::new();
    for point in points {
        let line = |revision| describe::line(output, &tree, &graph, revision);
        if arguments.verbose {
            text += &describe::block(output, &tree, &graph, &seals, point);
        } else {
            writeln!(text, "{}", line(point)).expect("a string takes all");
        }
        for child in graph.children(point) {
            writeln!(text, "  -> {}", line(*child)).expect("a string takes all");
        }
    }
    output.print(&text)?;
    output.report(&sink, &tree.sources)
}
