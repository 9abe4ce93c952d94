//! `signoff squash`

use camino::{Utf8Path, Utf8PathBuf};

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
    let draft = Draft {
        names: &arguments.names,
        parents: &squash.parents,
        message: &arguments.message,
        depends_on: &squash.depends_on,
        content: Content::Squash(&squash),
    };
    let (shown, text) = site.drawn_up(context, &draft, output)?;
    let squashed = Squashed {
        gone: &gone,
        new: (&shown, &text),
        sum: &kept.text,
    };
    compiles(&site, &squashed, output)?;
    squashed.write(context, &site).map_err(failed)?;
    output.print(&format!("{shown}\n"))?;
    for revision in &range.revisions {
        let migration = &tree.migrations[*revision];
        output.say(&format!("replaces {}  {}", migration.id, migration.message))?;
    }
    if let Some(reason) = squash.no_way_back() {
        output.say(&format!("no way back over all of it: {reason}"))?;
    }
    output.say(&format!(
        "next: read {shown}, run `signoff check`, and commit it with {} and the files that are gone",
        tree.root.join(tree::SEAL_FILE)
    ))
}

/// What becomes of a tree's files.
struct Squashed<'a> {
    gone: &'a [Utf8PathBuf],
    /// Its path and text.
    new: (&'a Utf8Path, &'a str),
    /// The text of `signoff.sum`.
    sum: &'a str,
}

impl Squashed<'_> {
    /// What is kept of the old files is written first and those go last: a run that is cut off leaves all there is, and the
    /// next command says which files to remove.
    fn write(&self, context: &Context, site: &Site) -> Result<(), disk::Error> {
        let cwd = &context.cwd;
        let sum = site.tree.root.join(tree::SEAL_FILE);
        let (shown, text) = self.new;
        if disk::is_there(&cwd.join(shown)) {
            return Err(disk::Error::There(shown.to_owned()));
        }
        if disk::is_there(&cwd.join(&sum)) {
            disk::replace_all(cwd, &[(sum, self.sum.to_owned())])?;
        } else {
            disk::create(cwd, &sum, self.sum)?;
        }
        disk::create(cwd, shown, text)?;
        self.gone
            .iter()
            .try_for_each(|path| disk::remove(cwd, path))
    }
}

/// Whether the tree that comes of it is sound, and scripts can be made from the new file. Nothing is written yet.
fn compiles(site: &Site, squashed: &Squashed<'_>, output: &mut Output<'_>) -> Ending {
    let Site { config, tree, .. } = site;
    let inside = |path: &Utf8Path| path.strip_prefix(&tree.root).unwrap_or(path).to_owned();
    let sum = tree.root.join(tree::SEAL_FILE);
    let stays = tree
        .sources
        .files()
        .filter(|(path, _)| *path != sum && !squashed.gone.iter().any(|gone| gone == path));
    let mut files: Vec<(Utf8PathBuf, Vec<u8>)> = stays
        .map(|(path, text)| (inside(path), text.as_bytes().to_vec()))
        .collect();
    let (shown, text) = squashed.new;
    files.push((inside(shown), text.as_bytes().to_vec()));
    files.push((inside(&sum), squashed.sum.as_bytes().to_vec()));
    let mut sink = Sink::default();
    let ordered = compile::ordered_given(config, tree.layout, files, &mut sink).map_err(failed)?;
    let sealed = match compile::sealed(ordered, &mut sink) {
        Ok(sealed) => sealed,
        Err(tree) => return unsound(&sink, &tree, output),
    };
    let migrations = &sealed.tree.migrations;
    let new = migrations
        .iter()
        .position(|it| sealed.tree.sources.path(it.at.file) == shown);
    let Some(new) = new else {
        return unsound(&sink, &sealed.tree, output);
    };
    let up = graph::Range {
        from: sealed.graph.parents(new).to_vec(),
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
        compile::plan(
            &sealed,
            config,
            range,
            direction,
            Request::default(),
            &mut sink,
        );
    }
    if sink.has_errors() {
        return unsound(&sink, &sealed.tree, output);
    }
    Ok(())
}

/// Says what is wrong with the file that would have been written.
fn unsound(sink: &Sink, tree: &tree::Tree, output: &mut Output<'_>) -> Ending {
    output.show(sink, &tree.sources)?;
    Err(Stop::Failed(
        "nothing was written: the squash, as it is quoted above, would not compile".to_owned(),
    ))
}
