//! `signoff edit`

use camino::Utf8PathBuf;

use super::context::Context;
use super::output::{Ending, Output, Stop};
use super::{current, world};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::FileId;
use crate::tree::{Migration, Script};
use crate::{graph, seal};

/// Open the file of a revision in $VISUAL, else $EDITOR
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff edit head\n  signoff edit 27da\n  EDITOR=\"code --wait\" signoff edit billing@head"
)]
pub(super) struct Arguments {
    /// Which one: an id or its beginning, head, label@head
    #[arg(value_name = "REV")]
    revision: String,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let (tree, graph) = current::ordered(context, &arguments.revision, output)?;
    let found = graph::revisions(&graph, &tree, &arguments.revision)
        .map_err(|diagnostic| output.refuse(diagnostic, &tree.sources))?;
    let migrations: Vec<&Migration> = found.iter().map(|at| &tree.migrations[*at]).collect();
    let [migration] = migrations.as_slice() else {
        let diagnostic = not_one(&arguments.revision, &migrations);
        return Err(output.refuse(diagnostic, &tree.sources));
    };
    let mut sink = Sink::default();
    let seals = seal::read(&tree, &mut sink);
    if seals.is_some_and(|seals| seals.contains(migration.id.as_str())) {
        sink.push(published(migration));
    }
    output.show(&sink, &tree.sources)?;
    let paths: Vec<Utf8PathBuf> = files(migration)
        .into_iter()
        .map(|file| context.cwd.join(tree.sources.path(file)))
        .collect();
    world::edit(&context.environment, &paths).map_err(|why| {
        let shown = tree.sources.path(migration.at.file);
        Stop::Failed(format!("`{shown}`: {why}"))
    })
}

/// The files of a revision, each once: some layouts have one for each direction.
fn files(migration: &Migration) -> Vec<FileId> {
    let scripts = migration.up.iter().chain(&migration.down);
    let files = scripts.map(|script: &Script| script.body.file);
    let mut once = vec![migration.at.file];
    for file in files {
        if !once.contains(&file) {
            once.push(file);
        }
    }
    once
}

fn not_one(expression: &str, migrations: &[&Migration]) -> Diagnostic {
    let shown = expression.escape_debug();
    let told = match migrations.len() {
        0 => format!("`{shown}` is no revision, so there is no file to open"),
        count => format!("`{shown}` is {count} revisions, and one is opened"),
    };
    let mut diagnostic = Diagnostic::error("not-one-revision", told);
    for migration in migrations {
        diagnostic = diagnostic.at(migration.at, migration.message.clone());
    }
    diagnostic.help("name one by its id; `signoff history` lists them")
}

fn published(migration: &Migration) -> Diagnostic {
    let told = format!(
        "revision `{}` is published: a change of its upgrade or of what it stands on is an error for `check`",
        migration.id
    );
    Diagnostic::warning("published", told)
        .because("databases that have it will never run the new text, and would refuse the next script")
        .help("write the change as a new revision: signoff revision -m \"…\"; message and labels may change")
}
