//! `signoff squash`

use camino::Utf8PathBuf;

use super::context::Context;
use super::disk;
use super::output::{Ending, Output, Stop, failed};
use super::site::{self, Draft, Site};
use crate::author::{self, Content};
use crate::compile::{self, Request};
use crate::diagnostic::Sink;
use crate::tree::{self, Direction};
use crate::{graph, seal};

/// Write one revision that takes the place of several
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// from:to: what comes after `from`, up to `to`
    #[arg(value_name = "RANGE")]
    range: String,
    /// What it is for, in one line
    #[arg(short, long, value_name = "TEXT")]
    message: String,
    #[command(flatten)]
    names: site::Names,
}

const EXAMPLES: &str = "\
Examples:
  signoff squash 27da:5b1e -m \"card limits\"   what comes after 27da, up to 5b1e
  signoff squash base:27da -m \"release 1\"     everything up to 27da

The new file has the SQL of all of them, and names them in its header; their own files go, and what
signoff.sum knows of them stays. A database that has them is taken to have the new one, one that
has none of them gets it, and one that has a part of them is refused. Commit before, and look at the
new file after: it is yours to tidy until it is sealed.";

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    site::check_message(&arguments.message)?;
    let site = Site::read(context, output)?;
    let Site { tree, graph, .. } = &site;
    let mut sink = Sink::default();
    let seals = seal::read(tree, &mut sink);
    let digests = seal::digests(tree);
    if let Some(seals) = &seals {
        seal::verify(tree, graph, &digests, seals, &mut sink);
    }
    output.report(&sink, &tree.sources)?;
    let seals = seals.ok_or(Stop::Findings)?;
    let range = graph::upgrade_range(graph, tree, &arguments.range)
        .map_err(|diagnostic| output.refuse(diagnostic, &tree.sources))?;
    let squash = author::squash::squash(tree, graph, &range.revisions)
        .map_err(|diagnostic| output.refuse(*diagnostic, &tree.sources))?;
    let kept = seal::keep(tree, graph, &digests, &seals, &range.revisions);
    let gone: Vec<Utf8PathBuf> = range
        .revisions
        .iter()
        .map(|at| tree.sources.path(tree.migrations[*at].at.file).to_owned())
        .collect();
    // What is replaced is aside before the new file is there: a tree that holds both is refused.
    let aside = disk::set_aside(&context.cwd, &gone).map_err(failed)?;
    let written = write(context, &site, arguments, &squash, &kept.text, output);
    let shown = match written {
        Ok(shown) => shown,
        Err(stop) => {
            aside.back().map_err(failed)?;
            return Err(stop);
        }
    };
    aside.remove().map_err(failed)?;
    output.print(&format!("{shown}\n"))?;
    for revision in &range.revisions {
        let migration = &tree.migrations[*revision];
        output.say(&format!("replaces {}  {}", migration.id, migration.message))?;
    }
    output.say(&format!(
        "next: read {shown}, run `signoff check`, and commit it with {} and the files that are gone",
        tree.root.join(tree::SEAL_FILE)
    ))
}

/// Writes the new file and what is kept of the old ones, and has the tree compiled that comes of it. Undone where that
/// is no good; the old files are the caller's to bring back.
fn write(
    context: &Context,
    site: &Site,
    arguments: &Arguments,
    squash: &author::squash::Squash,
    kept: &str,
    output: &mut Output<'_>,
) -> Result<Utf8PathBuf, Stop> {
    let draft = Draft {
        names: &arguments.names,
        parents: &squash.parents,
        message: &arguments.message,
        depends_on: &squash.depends_on,
        content: Content::Squash(squash),
    };
    let sum = site.tree.root.join(tree::SEAL_FILE);
    let before = disk::read(&context.cwd, &sum).map_err(failed)?;
    let shown = site.create(context, &draft, output)?;
    let done = disk::replace(&context.cwd, &sum, kept)
        .map_err(failed)
        .and_then(|()| compiles(context, &shown, output));
    if let Err(stop) = done {
        let undone = disk::remove(&context.cwd, &shown).and_then(|()| match &before {
            Some(text) => disk::replace(&context.cwd, &sum, text),
            None => disk::remove(&context.cwd, &sum),
        });
        undone.map_err(failed)?;
        return Err(stop);
    }
    Ok(shown)
}

/// Whether the tree is sound with the new file in it, and a script can be made from that.
fn compiles(context: &Context, shown: &Utf8PathBuf, output: &mut Output<'_>) -> Ending {
    let config = context.config(output)?;
    let mut sink = Sink::default();
    let sealed = context.sealed(&config, &mut sink, output)?;
    let migrations = &sealed.tree.migrations;
    let new = migrations
        .iter()
        .position(|it| sealed.tree.sources.path(it.at.file) == shown)
        .expect("the file was written");
    let parents = sealed.graph.parents(new).to_vec();
    let up = graph::Range {
        from: parents,
        to: vec![new],
        revisions: vec![new],
        from_name: String::new(),
        to_name: String::new(),
    };
    let down = up.reversed();
    let wanted = [
        Some((&up, Direction::Up)),
        migrations[new]
            .down
            .as_ref()
            .map(|_| (&down, Direction::Down)),
    ];
    for (range, direction) in wanted.into_iter().flatten() {
        let plan = compile::plan(
            &sealed,
            &config,
            range,
            direction,
            Request::default(),
            &mut sink,
        );
        if plan.is_none() {
            output.report(&sink, &sealed.tree.sources)?;
            return Err(Stop::Findings);
        }
    }
    output.report(&sink, &sealed.tree.sources)
}
