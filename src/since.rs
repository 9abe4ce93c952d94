//! What a tree has become since an earlier state of it: what is new, what was done to revisions that others have, and
//! where two people went on from the same revision.
//!
//! Three states are compared, as version control merges them: the tree *here*, the one *there* that is measured against,
//! and the *fork* from which both come. What differs from there and is as it was at the fork was changed there, and is
//! nobody's fault here. Reads no file and asks no version control: a command hands the states in.

mod heads;
mod numbers;
mod published;
mod unpublished;

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use crate::diagnostic::{Diagnostic, Sink};
use crate::graph::Graph;
use crate::seal::{self, Digests, Seals};
use crate::tree::{Migration, SEAL_FILE, Tree};

/// A tree as it was.
#[derive(Debug)]
pub struct State {
    /// The tree.
    pub tree: Tree,
    /// Its graph; `None` where something was wrong with the tree.
    pub graph: Option<Graph>,
    /// The digests of its migrations, by index.
    pub digests: Vec<Digests>,
    /// What was published; `None` where that can't be told.
    pub seals: Option<Seals>,
}

/// The tree as it is.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    /// The tree.
    pub tree: &'a Tree,
    /// Its graph.
    pub graph: &'a Graph,
    /// The digests of its migrations, by index.
    pub digests: &'a [Digests],
    /// What is published.
    pub seals: &'a Seals,
}

/// What a tree is measured against.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// How its reader calls it: `origin/main`.
    pub name: &'a str,
    /// The state of that name; `None` where there was no tree.
    pub there: Option<&'a State>,
    /// The state from which both come: `there` itself where all of it was brought in. `None` where there was no tree.
    pub fork: Option<&'a State>,
}

/// What is new.
#[derive(Debug, Default)]
pub struct Since {
    /// Revisions that are not there, in the graph's order.
    pub added: Vec<usize>,
    /// Whether two people made a head each, which was reported.
    pub forked: bool,
}

/// Compares, and reports what others must not or may not expect.
pub fn compare(here: Here<'_>, past: &Past<'_>, sink: &mut Sink) -> Since {
    let order = here.graph.order().iter().copied();
    let Some(there) = past.there else {
        sink.push(
            Diagnostic::note(
                "since-nothing",
                format!(
                    "`{}` holds no tree here, so every revision is new",
                    past.name
                ),
            )
            .path(here.tree.root.clone())
            .help("where it was kept in another folder there, nothing of that is compared"),
        );
        return Since {
            added: order.collect(),
            forked: false,
        };
    };
    let comparison = Comparison {
        here,
        past,
        there,
        there_ids: ids(&there.tree),
        fork_ids: past.fork.map_or_else(BTreeMap::new, |fork| ids(&fork.tree)),
    };
    if there.graph.is_none() || there.seals.is_none() {
        comparison.told_in_part(sink);
    } else if there.tree.seals.is_none() && !there.tree.migrations.is_empty() {
        comparison.nothing_published(sink);
    }
    published::compare(&comparison, sink);
    unpublished::compare(&comparison, sink);
    // What was squashed there is not new because it is here as it was.
    let is_squashed = |id: &str| {
        let there = there.graph.as_ref();
        there.is_some_and(|graph| graph.replacement(id).is_some())
    };
    let is_new = |revision: &usize| {
        let id = comparison.id(*revision);
        !comparison.there_ids.contains_key(id) && !is_squashed(id)
    };
    let added: Vec<usize> = order.filter(is_new).collect();
    let forked = if here.graph.is_numbered() {
        numbers::compare(&comparison, &added, sink);
        false
    } else {
        heads::compare(&comparison, &added, sink)
    };
    Since { added, forked }
}

/// What every part of the comparison looks at.
struct Comparison<'a> {
    here: Here<'a>,
    past: &'a Past<'a>,
    there: &'a State,
    there_ids: BTreeMap<&'a str, usize>,
    fork_ids: BTreeMap<&'a str, usize>,
}

impl<'a> Comparison<'a> {
    fn id(&self, revision: usize) -> &'a str {
        self.here.tree.migrations[revision].id.as_str()
    }

    fn migration(&self, revision: usize) -> &'a Migration {
        &self.here.tree.migrations[revision]
    }

    /// How the other state is called.
    fn name(&self) -> &'a str {
        self.past.name
    }

    /// What the fork published.
    fn fork_line(&self, id: &str) -> Option<seal::Line<'a>> {
        self.past.fork?.seals.as_ref()?.line(id)
    }

    /// Whether the fork had it, with this text.
    fn is_as_forked(&self, id: &str, now: Digests) -> bool {
        let fork = self.past.fork.zip(self.fork_ids.get(id));
        fork.is_some_and(|(fork, revision)| fork.digests[*revision] == now)
    }

    /// Where `signoff.sum` lies.
    fn seal_file(&self) -> Utf8PathBuf {
        self.here.tree.root.join(SEAL_FILE)
    }

    /// How a revision's text comes back.
    fn restore(&self, id: &str) -> String {
        let name = self.name();
        let Some(revision) = self.there_ids.get(id) else {
            return format!("`git checkout {name} -- {}`", self.here.tree.root);
        };
        let file = |tree: &'a Tree, revision: usize| {
            let file = tree.migrations[revision].at.file;
            tree.sources.path(file)
        };
        let there = file(&self.there.tree, *revision);
        let here = self.here.graph.find(id);
        match here.map(|revision| file(self.here.tree, revision)) {
            // Both files would hold the revision.
            Some(here) if here != there => {
                format!("`{name}` has it in `{there}`, and here it is in `{here}`")
            }
            Some(_) | None => format!("`git checkout {name} -- {there}`"),
        }
    }

    /// An id that two people gave to two revisions.
    fn taken(&self, revision: usize, sink: &mut Sink) {
        let (id, name) = (self.id(revision), self.name());
        let another = if self.here.graph.is_numbered() {
            "number"
        } else {
            "id"
        };
        sink.push(
            Diagnostic::error(
                "since-taken",
                format!("revision `{id}` here and revision `{id}` of `{name}` are two, written apart"),
            )
            .at(self.migration(revision).at, "this one is new here")
            .because("a database records a revision by its id, so only one of the two would ever run there")
            .help(format!("give the one here another {another}: `{name}` was first")),
        );
    }

    fn told_in_part(&self, sink: &mut Sink) {
        let name = self.past.name;
        let what = if self.there.seals.is_none() {
            "signoff.sum"
        } else {
            "tree"
        };
        sink.push(
            Diagnostic::warning(
                "since-unsound",
                format!("the {what} of `{name}` has errors, so not all of it can be compared"),
            )
            .path(self.here.tree.root.clone())
            .because("a change of what databases have already could go unseen")
            .help(format!(
                "`signoff check` at `{name}` tells which; mend them there first"
            )),
        );
    }

    fn nothing_published(&self, sink: &mut Sink) {
        let name = self.past.name;
        sink.push(
            Diagnostic::note(
                "since-unsealed-tree",
                format!("`{name}` has no signoff.sum, so nothing counts as published there"),
            )
            .path(self.here.tree.root.clone())
            .because("a change of what databases have already is told as a warning only")
            .help("`signoff seal` publishes what databases have; commit signoff.sum with the migrations"),
        );
    }
}

fn ids(tree: &Tree) -> BTreeMap<&str, usize> {
    let migrations = tree.migrations.iter().enumerate();
    migrations
        .map(|(index, migration)| (migration.id.as_str(), index))
        .collect()
}
