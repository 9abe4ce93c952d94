//! `signoff heads`

use serde_json::json;

use super::context::Context;
use super::output::{Ending, Output};

/// Show the revisions that nothing revises yet
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  signoff heads\n  signoff heads --json")]
pub(super) struct Arguments {
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let (tree, graph) = context.ordered(output)?;
    let heads = graph.heads().iter().map(|head| &tree.migrations[*head]);
    if arguments.json {
        let heads: Vec<_> = heads.map(|head| json!({ "id": head.id, "message": head.message, "file": tree.sources.path(head.at.file) })).collect();
        return output.json(&json!({ "format": 1, "heads": heads }));
    }
    for head in heads {
        output.print(&format!("{}  {}\n", head.id, head.message))?;
    }
    Ok(())
}
