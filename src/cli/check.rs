//! `signoff check`

use serde_json::json;

use super::context::Context;
use super::output::{Ending, Output, Stop, failed};
use crate::compile;
use crate::diagnostic::Sink;
use crate::diagnostic::json as diagnostic_json;
use crate::tree::Tree;

/// Check the tree: order, seals, syntax, and what can't be carried into a script
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff check\n  signoff check --json\n  signoff check --path db/migrations"
)]
pub(super) struct Arguments {
    /// As JSON, on standard output
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let config = context.config(output)?;
    let mut sink = Sink::default();
    let ordered = compile::ordered(&context.cwd, &config, &mut sink).map_err(failed)?;
    let (tree, counts) = match compile::sealed(ordered, &mut sink) {
        Ok(sealed) => {
            let counts = compile::check(&sealed, &config, &mut sink);
            (sealed.tree, Some(counts))
        }
        Err(tree) => (*tree, None),
    };
    if arguments.json {
        let findings: Vec<_> = sink
            .diagnostics()
            .iter()
            .map(|diagnostic| diagnostic_json::json(diagnostic, &tree.sources))
            .collect();
        output.json(&json!({
            "format": 1,
            "layout": tree.layout,
            "revisions": tree.migrations.len(),
            "statements": counts.map(|counts| counts.statements),
            "unread": counts.map(|counts| counts.unread),
            "findings": findings,
        }))?;
        return if sink.has_errors() {
            Err(Stop::Findings)
        } else {
            Ok(())
        };
    }
    output.report(&sink, &tree.sources)?;
    output.say(&summary(&tree, counts))
}

fn summary(tree: &Tree, counts: Option<crate::lint::Counts>) -> String {
    let revisions = tree.migrations.len();
    let revisions = if revisions == 1 {
        "1 revision".to_owned()
    } else {
        format!("{revisions} revisions")
    };
    let statements = counts.map_or_else(String::new, |counts| {
        match (counts.statements, counts.unread) {
            (1, 0) => ", 1 statement".to_owned(),
            (statements, 0) => format!(", {statements} statements"),
            (statements, unread) => format!(
                ", {statements} statements ({unread} of them emitted as written, not analysed)"
            ),
        }
    });
    format!(
        "ok: {revisions}{statements} ({} layout, {})",
        tree.layout, tree.root
    )
}
