//! `signoff heads`

use serde_json::json;

use super::context::Context;
use super::describe;
use super::output::{Ending, Output};
use crate::diagnostic::Sink;
use crate::seal;

/// Show the revisions that nothing revises yet
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff heads\n  signoff heads --verbose\n  signoff heads --json"
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
    let heads = graph.heads().iter().map(|head| &tree.migrations[*head]);
    if arguments.json {
        let heads: Vec<_> = heads.map(|head| json!({ "id": head.id, "message": head.message, "file": tree.sources.path(head.at.file) })).collect();
        return output.json(&json!({ "format": 1, "heads": heads }));
    }
    if !arguments.verbose {
        for head in heads {
            output.print(&format!("{}  {}\n", head.id, head.message))?;
        }
        return Ok(());
    }
    let mut sink = Sink::default();
    let seals = seal::read(&tree, &mut sink).unwrap_or_default();
    let mut text = String::new();
    for head in graph.heads() {
        text += &describe::block(output, &tree, &graph, &seals, *head);
    }
    output.print(&text)?;
    output.report(&sink, &tree.sources)
}
