//! `signoff check`

use clap::ValueEnum;
use serde_json::json;

use super::context::Context;
use super::output::{Ending, Output, Stop, failed};
use super::since;
use crate::compile;
use crate::diagnostic::{Diagnostic, Sink, json as diagnostic_json, line};
use crate::graph::Graph;
use crate::source::Sources;
use crate::tree::Tree;

/// Check the tree: order, seals, syntax, and what can't be carried into a script
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff check\n  signoff check --since origin/main      and what this branch does to what others have\n  signoff check --format github        as annotations of a pull request\n  signoff check --format json\n  signoff check --path db/migrations"
)]
pub(super) struct Arguments {
    /// How findings are told; all but `human` on standard output
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Also compare with this commit of git: what is new, published revisions that were changed, a second head
    #[arg(long, value_name = "REF")]
    since: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the lines they speak of
    Human,
    /// A line each: file:line:column: severity[code]: message
    Short,
    /// One document
    Json,
    /// Workflow commands, which GitHub shows at the lines of a pull request
    Github,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let config = context.config(output)?;
    let mut sink = Sink::default();
    let ordered = compile::ordered(&context.cwd, &config, &mut sink).map_err(failed)?;
    let mut since = None;
    let (tree, counts) = match compile::sealed(ordered, &mut sink) {
        Ok(sealed) => {
            if let Some(name) = &arguments.since {
                since = Some(since::compare(context, &config, &sealed, name, &mut sink)?);
            }
            // Told with both sides' names already.
            if since.as_ref().is_none_or(|since| !since.forked) {
                sink.join(heads(&sealed.tree, &sealed.graph));
            }
            let counts = compile::check(&sealed, &config, &mut sink);
            (sealed.tree, Some(counts))
        }
        Err(tree) => (*tree, None),
    };
    let format = if arguments.json {
        Format::Json
    } else {
        arguments.format
    };
    match format {
        Format::Human => {
            output.show(&sink, &tree.sources)?;
            if let Some(since) = &since {
                output.say(since.list(&tree, output).trim_end())?;
            }
            if !sink.has_errors() {
                output.say(&summary(&tree, counts))?;
            }
        }
        Format::Short | Format::Github => {
            if let Some(since) = &since {
                sink.join(since.notes(&tree));
            }
            let line = match format {
                Format::Github => line::github,
                Format::Short | Format::Human | Format::Json => line::short,
            };
            lines(&sink, &tree.sources, line, output)?;
        }
        Format::Json => {
            let mut object = json!({
                "format": 1,
                "layout": tree.layout,
                "revisions": tree.migrations.len(),
                "statements": counts.map(|counts| counts.statements),
                "unread": counts.map(|counts| counts.unread),
            });
            if arguments.since.is_some() {
                // Null where the tree has errors, so that nothing was compared.
                object["since"] = since.map(|since| since.object(&tree)).into();
            }
            let findings = sink.diagnostics().iter();
            object["findings"] = findings
                .map(|diagnostic| diagnostic_json::json(diagnostic, &tree.sources))
                .collect();
            output.json(&object)?;
        }
    }
    if sink.has_errors() {
        Err(Stop::Findings)
    } else {
        Ok(())
    }
}

fn lines(
    sink: &Sink,
    sources: &Sources,
    line: fn(&Diagnostic, &Sources) -> String,
    output: &mut Output<'_>,
) -> Ending {
    let lines = sink.diagnostics().iter();
    let lines = lines.map(|diagnostic| line(diagnostic, sources) + "\n");
    output.print(&lines.collect::<String>())
}

/// Several revisions that nothing revises: often those of people who did not know of each other.
fn heads(tree: &Tree, graph: &Graph) -> Sink {
    let mut sink = Sink::default();
    let [_, _, ..] = graph.heads() else {
        return sink;
    };
    let heads = graph.heads().iter().map(|head| &tree.migrations[*head]);
    let ids: Vec<&str> = heads.clone().map(|head| head.id.as_str()).collect();
    let mut diagnostic = Diagnostic::warning(
        "several-heads",
        format!("the tree has {} heads: {}", ids.len(), ids.join(", ")),
    );
    for head in heads {
        diagnostic = diagnostic.at(head.at, head.message.clone());
    }
    sink.push(
        diagnostic
            .because("`head` means none of them, so that `bundle` and `upgrade` refuse without a range")
            .help("where one line is not published, `signoff rebase` moves it onto the other; else join them with `signoff merge heads`")
            .help("where they are branches that stay apart, say `heads` or `label@head`"),
    );
    sink
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
