//! `signoff revision`

use std::io::Read;

use camino::Utf8PathBuf;

use super::context::Context;
use super::output::{Ending, Output, Stop};
use super::site::{self, Draft, Site};
use super::world;
use crate::author::Content;
use crate::diagnostic::{Diagnostic, Sink};

/// Write a new migration file on top of the head
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What it is for, in one line
    #[arg(short, long, value_name = "TEXT")]
    message: String,
    /// What it revises, more than one for a merge, base for nothing [default: the head]
    #[arg(long, value_name = "REV")]
    head: Vec<String>,
    /// Let it stand on a revision that is not a head: a branch
    #[arg(long)]
    splice: bool,
    /// What must be applied first, on another branch; more than one may be given
    #[arg(long, value_name = "REV")]
    depends_on: Vec<String>,
    /// Take the upgrade from this file; - is standard input
    #[arg(long, value_name = "FILE")]
    sql: Option<Utf8PathBuf>,
    /// Open the new file in $VISUAL, else $EDITOR
    #[arg(long)]
    edit: bool,
    #[command(flatten)]
    names: site::Names,
}

const EXAMPLES: &str = "\
Examples:
  signoff revision -m \"add users\"
  signoff revision -m \"add users\" --sql users.sql               the upgrade is written already
  signoff revision -m \"card limits\" --head 27da                 on one of several heads
  signoff revision -m \"hotfix\" --head 27da --splice             a branch, beside what stands there
  signoff revision -m \"audit\" --head base --branch-label audit  a new base, on nothing
  signoff revision -m \"totals\" --depends-on audit               after another branch";

pub(super) fn run(
    context: &Context,
    arguments: &Arguments,
    input: &mut dyn Read,
    output: &mut Output<'_>,
) -> Ending {
    site::check_message(&arguments.message)?;
    if arguments.edit && arguments.sql.as_ref().is_some_and(|file| file == "-") {
        return Err(Stop::Failed(
            "--sql - takes the standard input that the editor of --edit would need; leave --edit out, and open the new file afterwards with `signoff edit`"
                .to_owned(),
        ));
    }
    let mut site = Site::read(context, output)?;
    let parents = if arguments.head.is_empty() {
        if let [_, _, ..] = site.graph.heads() {
            return Err(output.refuse(several_heads(&site), &site.tree.sources));
        }
        site.graph.heads().to_vec()
    } else {
        site.named(&arguments.head, output)?
    };
    if !arguments.splice {
        let help = "add --splice if a branch is meant, or leave --head out";
        site.refuse_branch(&parents, help, output)?;
    }
    let depends_on = site.dependencies(&arguments.depends_on, &parents, output)?;
    let upgrade = match &arguments.sql {
        Some(file) => Some(site.sql(context, file, input, output)?),
        None => None,
    };
    let draft = Draft {
        names: &arguments.names,
        parents: &parents,
        message: &arguments.message,
        depends_on: &depends_on,
        content: upgrade.as_deref().map_or(Content::Open, Content::Upgrade),
    };
    let shown = site.write(context, &draft, output)?;
    if parents.is_empty() && !site.graph.is_empty() && !arguments.names.has_label() {
        let mut sink = Sink::default();
        sink.push(unnamed_base());
        output.show(&sink, &site.tree.sources)?;
    }
    if arguments.edit {
        world::edit(&context.environment, &[context.cwd.join(&shown)])
            .map_err(|why| Stop::Failed(format!("`{shown}` is written, but {why}")))?;
    }
    Ok(())
}

fn several_heads(site: &Site) -> Diagnostic {
    let heads = site.graph.heads();
    let mut diagnostic = Diagnostic::error(
        "several-heads",
        format!(
            "the tree has {} heads, and a new revision stands on one",
            heads.len()
        ),
    );
    for head in heads {
        let migration = &site.tree.migrations[*head];
        diagnostic = diagnostic.at(migration.at, migration.message.clone());
    }
    diagnostic
        .help("make it one first: `signoff rebase` moves a line that is not published, `signoff merge heads` joins them")
        .help("or name the one that is meant with --head")
}

fn unnamed_base() -> Diagnostic {
    let told =
        "the new base begins a branch that has no name, so only ids tell its head from the others";
    Diagnostic::note("unnamed-base", told)
        .because("`upgrade` and `bundle` ask from now on which head is meant; `heads` is all of them")
        .help("say `labels = [\"NAME\"]` in its header, as --branch-label NAME does; `NAME@head` is then its head")
}
