//! `signoff revision`

use super::context::Context;
use super::output::{Ending, Output};
use super::site::{self, Draft, Site};
use crate::diagnostic::Diagnostic;

/// Write a new migration file on top of the head
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff revision -m \"add users\"\n  signoff revision -m \"card limits\" --head 27da            on one of several heads\n  signoff revision -m \"hotfix\" --head 27da --splice       a branch: on what others stand on\n  signoff revision -m \"audit\" --head base                 a new base, on nothing"
)]
pub(super) struct Arguments {
    /// What it is for, in one line
    #[arg(short, long, value_name = "TEXT")]
    message: String,
    /// What it revises; several make it a merge, base is nothing [default: the head]
    #[arg(long, value_name = "REV")]
    head: Vec<String>,
    /// Let it stand on a revision that is not a head: a branch
    #[arg(long)]
    splice: bool,
    #[command(flatten)]
    names: site::Names,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    site::check_message(&arguments.message)?;
    let site = Site::read(context, output)?;
    let parents = if arguments.head.is_empty() {
        if let [_, _, ..] = site.graph.heads() {
            return Err(output.refuse(several_heads(&site), &site.tree.sources));
        }
        site.graph.heads().to_vec()
    } else {
        site.named(&arguments.head, output)?
    };
    if !arguments.splice {
        site.refuse_branch(&parents, output)?;
    }
    let draft = Draft {
        names: &arguments.names,
        parents: &parents,
        message: &arguments.message,
    };
    site.write(context, &draft, output)?;
    Ok(())
}

fn several_heads(site: &Site) -> Diagnostic {
    let heads = site.graph.heads();
    let ids = heads
        .iter()
        .map(|head| site.tree.migrations[*head].id.as_str());
    let ids: Vec<&str> = ids.collect();
    let told = format!("the tree has {} heads: {}", heads.len(), ids.join(" "));
    Diagnostic::error("several-heads", told).help(format!(
        "name one with --head, or join them: signoff revision -m \"merge\" --head {}",
        ids.join(" --head ")
    ))
}
