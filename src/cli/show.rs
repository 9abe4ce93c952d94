//! `signoff show`

use std::fmt::Write as _;

use serde_json::json;

use super::context::Context;
use super::output::{Ending, Output};
use super::{current, describe};
use crate::diagnostic::{Diagnostic, Sink};
use crate::{graph, seal};

/// Show one revision, or the heads of a state
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff show head\n  signoff show 27da\n  signoff show billing@head --json\n\nHow revisions are written: signoff explain revisions"
)]
pub(super) struct Arguments {
    /// Which
    #[arg(value_name = "REV", allow_hyphen_values = true)]
    revision: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let (tree, graph) = current::ordered(context, &arguments.revision, output)?;
    let found = graph::revisions(&graph, &tree, &arguments.revision)
        .map_err(|diagnostic| output.refuse(diagnostic, &tree.sources))?;
    if found.is_empty() {
        let diagnostic = Diagnostic::error(
            "no-revision",
            format!(
                "`{}` is no revision: nothing is applied there",
                arguments.revision.escape_debug()
            ),
        )
        .help("`signoff history` lists them all");
        return Err(output.refuse(diagnostic, &tree.sources));
    }
    if arguments.json {
        let revisions: Vec<_> = found
            .iter()
            .map(|revision| describe::object(&tree, &graph, *revision))
            .collect();
        return output.json(&json!({ "format": 1, "revisions": revisions }));
    }
    let mut sink = Sink::default();
    let seals = seal::read(&tree, &mut sink).unwrap_or_default();
    let mut text = String::new();
    for revision in found {
        text += &describe::block(output, &tree, &graph, &seals, revision);
        let published = if seals.contains(tree.migrations[revision].id.as_str()) {
            "yes"
        } else {
            "no"
        };
        writeln!(text, "  published   {published}").expect("a string takes all");
    }
    output.print(&text)?;
    output.report(&sink, &tree.sources)
}
