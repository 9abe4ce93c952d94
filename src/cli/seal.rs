//! `signoff seal`

use super::context::Context;
use super::disk;
use super::output::{Ending, Output, Stop, failed};
use crate::diagnostic::{Diagnostic, Sink};
use crate::{compile, graph, lint, seal, tree};

/// Record that revisions are published: from now on a change of them is an error
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff seal                                           all that is new, on the release line\n  signoff seal --reseal 27da --reason \"typo in a comment\"  a published one that had to change"
)]
pub(super) struct Arguments {
    /// A published revision to seal again as it is now
    #[arg(long, value_name = "REV", requires = "reason")]
    reseal: Option<String>,
    /// Why it changed
    #[arg(long, value_name = "TEXT", requires = "reseal")]
    reason: Option<String>,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let config = context.config(output)?;
    let mut sink = Sink::default();
    let compile::Ordered { tree, graph } =
        compile::ordered(&context.cwd, &config, &mut sink).map_err(failed)?;
    output.report(&sink, &tree.sources)?;
    let graph = graph.ok_or(Stop::Findings)?;
    let mut sink = Sink::default();
    let seals = seal::read(&tree, &mut sink);
    output.report(&sink, &tree.sources)?;
    let seals = seals.ok_or(Stop::Findings)?;
    let digests = seal::digests(&tree);
    let shown = tree.root.join(tree::SEAL_FILE);
    if let (Some(revision), Some(reason)) = (&arguments.reseal, &arguments.reason) {
        let found = graph::revisions(&graph, &tree, revision)
            .map_err(|diagnostic| output.refuse(diagnostic, &tree.sources))?;
        let [revision] = found.as_slice() else {
            let diagnostic = Diagnostic::error(
                "not-one-revision",
                format!("`{revision}` is not one revision"),
            )
            .help("name the one that changed");
            return Err(output.refuse(diagnostic, &tree.sources));
        };
        let text = seal::reseal(&tree, &graph, &digests, &seals, *revision, reason)
            .map_err(|diagnostic| output.refuse(*diagnostic, &tree.sources))?;
        disk::replace(&context.cwd, &shown, &text).map_err(failed)?;
        return output.say(&format!(
            "sealed {} again in {shown}; bundles accept what it was before",
            tree.migrations[*revision].id
        ));
    }
    let mut sink = Sink::default();
    seal::verify(&tree, &graph, &digests, &seals, &mut sink);
    let seal::NewText { text, added } = seal::new_text(&tree, &graph, &digests, &seals);
    lint::unwritten(&tree, &config, &added, &mut sink);
    output.report(&sink, &tree.sources)?;
    if added.is_empty() {
        return output.say(&format!(
            "nothing to seal: {shown} has all {} revisions",
            tree.migrations.len()
        ));
    }
    disk::replace(&context.cwd, &shown, &text).map_err(failed)?;
    for revision in &added {
        let migration = &tree.migrations[*revision];
        output.say(&format!("sealed {}  {}", migration.id, migration.message))?;
    }
    output.say(&format!("wrote {shown}; commit it with the migrations"))
}
