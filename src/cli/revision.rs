//! `signoff revision`

use super::context::{Context, disk};
use super::output::{Ending, Output, Stop, failed};
use super::world;
use crate::author::{self, New};
use crate::compile;
use crate::config::table::is_unprintable;
use crate::diagnostic::{Diagnostic, Sink};
use crate::graph;
use crate::name::RevisionId;

/// Write a new migration file on top of the head
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff revision -m \"add users\"\n  signoff revision -m \"card limits\" --head 27da        on another revision than the head\n  signoff revision -m \"join\" --head 27da --head 5b1e   a merge of two heads"
)]
pub(super) struct Arguments {
    /// What it is for, in one line
    #[arg(short, long, value_name = "TEXT")]
    message: String,
    /// What it revises; several make it a merge [default: the head]
    #[arg(long, value_name = "REV")]
    head: Vec<String>,
    /// Its id [default: twelve random hex digits]
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    if arguments.message.trim().is_empty() {
        return Err(Stop::Failed(
            "the message is empty; say in a few words what the revision is for".to_owned(),
        ));
    }
    let steers = |char: &char| is_unprintable(*char) && !char.is_whitespace();
    if let Some(char) = arguments.message.chars().find(steers) {
        return Err(Stop::Failed(format!(
            "the message holds the control character {}; write it without",
            char.escape_unicode()
        )));
    }
    let config = context.config(output)?;
    let mut sink = Sink::default();
    let compile::Ordered { tree, graph } =
        compile::ordered(&context.cwd, &config, &mut sink).map_err(failed)?;
    if sink.has_errors() {
        output.report(&sink, &tree.sources)?;
    }
    let graph = graph.ok_or(Stop::Findings)?;
    if graph.is_numbered() {
        return Err(Stop::Failed(format!(
            "this tree has the {} layout, and `revision` writes native files; add the next files by hand, as {} does",
            tree.layout, tree.layout
        )));
    }
    let parents: Vec<usize> = if arguments.head.is_empty() {
        if let [_, _, ..] = graph.heads() {
            let names = |template: &str| {
                let ids = graph
                    .heads()
                    .iter()
                    .map(|head| format!("{template}{}", tree.migrations[*head].id));
                ids.collect::<Vec<_>>().join(" ")
            };
            let diagnostic = Diagnostic::error(
                "several-heads",
                format!("the tree has {} heads: {}", graph.heads().len(), names("")),
            )
            .help(format!(
                "name one with --head, or join them: signoff revision -m \"merge\" {}",
                names("--head ")
            ));
            return Err(output.refuse(diagnostic, &tree.sources));
        }
        graph.heads().to_vec()
    } else {
        let mut parents = Vec::new();
        for expression in &arguments.head {
            parents.extend(
                graph::revisions(&graph, &tree, expression)
                    .map_err(|diagnostic| output.refuse(diagnostic, &tree.sources))?,
            );
        }
        parents.sort_unstable();
        parents.dedup();
        parents
    };
    let id = match &arguments.rev_id {
        Some(text) => RevisionId::native(text)
            .map_err(|why| Stop::Failed(format!("`{text}` can't be a revision id: {why}")))?,
        None => author::new_id(world::chance()),
    };
    if graph.find(id.as_str()).is_some() {
        return Err(Stop::Failed(format!(
            "there is a revision {id} already; choose another id"
        )));
    }
    let parents: Vec<RevisionId> = parents
        .iter()
        .map(|parent| tree.migrations[*parent].id.clone())
        .collect();
    let created = world::now(&context.environment).map_err(Stop::Failed)?;
    let new = New {
        id: &id,
        parents: &parents,
        message: &arguments.message,
        created,
        labels: &[],
        depends_on: &[],
    };
    let name = author::file_name(&config.migrations.file_template.value, &new).map_err(failed)?;
    let shown = tree.root.join(name);
    disk::create(&context.cwd, &shown, &author::migration(&new)).map_err(failed)?;
    output.print(&format!("{shown}\n"))
}
