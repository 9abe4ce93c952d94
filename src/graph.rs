//! How revisions stand on each other: one order, heads, bases, branches, and revision expressions.
//!
//! Reasons about ids and edges only; does not know what a migration's SQL says, what is sealed, or what any
//! database has applied. Every index is an index into `tree.migrations`. All walks are loops, never
//! recursion, and take time linear in the number of revisions and edges.
//!
//! Two kinds of edges go up from a revision: to its *parents* (`revises`) and to what it *depends on*. Both
//! must be applied before it, so both make ancestors; only parents make heads, bases, branches and merges.

#![allow(
    clippy::result_large_err,
    reason = "an expression fails at most once in a run, and its error is printed at once"
)]

pub mod expression;

mod build;
mod order;
mod range;
mod rebase;
mod resolve;
#[cfg(test)]
pub(crate) mod sample;

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Sink};
use crate::tree::{Lineage, Tree};

/// What revision expressions mean, for those who type them.
pub const PAGE: &str = include_str!("graph/revisions.md");

/// The revisions of a tree and how they stand on each other. [`build`] is the only way to one, so it
/// has no cycles and every edge leads to a revision of the tree.
#[derive(Debug)]
pub struct Graph {
    lineage: Lineage,
    parents: Vec<Vec<usize>>,
    children: Vec<Vec<usize>>,
    depends_on: Vec<Vec<usize>>,
    dependents: Vec<Vec<usize>>,
    order: Vec<usize>,
    position: Vec<usize>,
    heads: Vec<usize>,
    bases: Vec<usize>,
    ids: BTreeMap<String, usize>,
    labels: BTreeMap<String, usize>,
    replaced: BTreeMap<String, usize>,
    states: BTreeMap<String, Vec<usize>>,
}

/// Two states and what leads from one to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Heads of the state before, in order; empty is the base.
    pub from: Vec<usize>,
    /// Heads of the state after, in order; empty is the base.
    pub to: Vec<usize>,
    /// What runs, in the order it runs: ancestors first in an upgrade, last in a downgrade.
    pub revisions: Vec<usize>,
    /// A short text for [`Range::from`], good in a file name: `base`, an id, ids joined by `+`, or `heads`.
    pub from_name: String,
    /// The same for [`Range::to`].
    pub to_name: String,
}

/// Reads the edges of a tree. `None` where an error was reported: with a doubtful edge no order can be
/// trusted, and a database would be changed in a wrong one.
pub fn build(tree: &Tree, sink: &mut Sink) -> Option<Graph> {
    build::build(tree, sink)
}

/// What an upgrade by this expression runs: `X` is `base:X`, empty text is `base:head`, `a:` is `a:head`.
/// `+n` counts up from the left side (a lone one from the base), `-n` down from the tree's head.
pub fn upgrade_range(graph: &Graph, tree: &Tree, expr: &str) -> Result<Range, Diagnostic> {
    range::upgrade_range(graph, tree, expr)
}

/// What a downgrade by this expression runs. It takes `from:to`, where `to` stays applied; `base` and words
/// that count down from the head (`-1`, `head-1`) stand for a range that begins at the head. In `from:-n`,
/// `-n` counts down from `from`.
pub fn downgrade_range(graph: &Graph, tree: &Tree, expr: &str) -> Result<Range, Diagnostic> {
    range::downgrade_range(graph, tree, expr)
}

/// What a stamp by this expression records: `X` is `base:X`, and the two ends may be any states. The range's
/// revisions are those that are recorded anew.
pub fn stamp_range(graph: &Graph, tree: &Tree, expr: &str) -> Result<Range, Diagnostic> {
    range::stamp_range(graph, tree, expr)
}

/// The heads of the state that an expression without `:` names, as `history`, `seal --reseal` and the like
/// take it. Empty means `base`. Steps without an anchor count as in [`upgrade_range`].
pub fn revisions(graph: &Graph, tree: &Tree, expr: &str) -> Result<Vec<usize>, Diagnostic> {
    range::revisions(graph, tree, expr)
}

/// The revisions that `history -r` shows by this expression, in order: those of a range with where it begins, or
/// the heads of a state. Empty text is all. `branch@base:` is that branch alone, without what it depends on.
pub fn history(graph: &Graph, tree: &Tree, expr: &str) -> Result<Vec<usize>, Diagnostic> {
    range::history(graph, tree, expr)
}

/// A line of revisions that is to stand on another revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebase {
    /// All that moves, in order.
    pub revisions: Vec<usize>,
    /// The same, a flag per revision of the tree.
    pub moves: Vec<bool>,
    /// Those that will revise the other revision in the place of what they revise now, in order.
    pub bottoms: Vec<usize>,
}

/// What moves when the line of a revision is put onto another one: what its heads stand on and `onto` does not, and all
/// that stands on that. Does not ask what is published.
pub fn rebase(graph: &Graph, tree: &Tree, line: usize, onto: usize) -> Result<Rebase, Diagnostic> {
    rebase::rebase(graph, tree, line, onto)
}

impl Range {
    /// The way back: the same revisions in the opposite order.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            from: self.to.clone(),
            to: self.from.clone(),
            revisions: self.revisions.iter().rev().copied().collect(),
            from_name: self.to_name.clone(),
            to_name: self.from_name.clone(),
        }
    }
}

impl Graph {
    /// How many revisions there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether the tree has no revisions.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Whether a number or name orders the revisions. Each is then the one child of the one before it.
    pub fn is_numbered(&self) -> bool {
        self.lineage == Lineage::Numbered
    }

    /// All revisions in the order they are applied. Every revision stands after its ancestors; where that
    /// leaves a choice, the one written earlier goes first, then the one with the smaller id. A revision
    /// counts as written no earlier than its ancestors, so that one wrong date does not pull it away from
    /// them. The order depends on nothing but ids, edges and dates.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Where a revision stands in [`Graph::order`], from 0.
    pub fn position(&self, revision: usize) -> usize {
        self.position[revision]
    }

    /// What a revision revises, in order.
    pub fn parents(&self, revision: usize) -> &[usize] {
        &self.parents[revision]
    }

    /// What revises a revision, in order.
    pub fn children(&self, revision: usize) -> &[usize] {
        &self.children[revision]
    }

    /// What a revision depends on beside its parents, in order.
    pub fn depends_on(&self, revision: usize) -> &[usize] {
        &self.depends_on[revision]
    }

    /// What depends on a revision, in order.
    pub fn dependents(&self, revision: usize) -> &[usize] {
        &self.dependents[revision]
    }

    /// Revisions that nothing revises, in order. One that others only depend on is still a head.
    pub fn heads(&self) -> &[usize] {
        &self.heads
    }

    /// Revisions that revise nothing, in order.
    pub fn bases(&self) -> &[usize] {
        &self.bases
    }

    /// Whether more than one revision revises this one.
    pub fn is_branch_point(&self, revision: usize) -> bool {
        self.children[revision].len() > 1
    }

    /// Whether it revises more than one revision.
    pub fn is_merge_point(&self, revision: usize) -> bool {
        self.parents[revision].len() > 1
    }

    /// The revision with exactly this id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.ids.get(id).copied()
    }

    /// The revision that took the place of the one with exactly this id.
    pub fn replacement(&self, id: &str) -> Option<usize> {
        self.replaced.get(id).copied()
    }

    /// Ids of revisions that are gone, sorted, each with the one that took its place.
    pub fn replacements(&self) -> impl Iterator<Item = (&str, usize)> {
        let replaced = self.replaced.iter();
        replaced.map(|(id, successor)| (id.as_str(), *successor))
    }

    /// The revision that carries this label in its header.
    pub fn label(&self, label: &str) -> Option<usize> {
        self.labels.get(label).copied()
    }

    /// Lets expressions name a state: what an environment has, or `current`. By its heads.
    pub fn name_state(&mut self, name: &str, heads: Vec<usize>) {
        self.states.insert(name.to_owned(), heads);
    }

    /// The heads of a state that was named.
    pub fn state(&self, name: &str) -> Option<&[usize]> {
        self.states.get(name).map(Vec::as_slice)
    }

    /// Names of the states of which a revision is a head, sorted.
    pub fn states_at(&self, revision: usize) -> impl Iterator<Item = &str> {
        let states = self.states.iter();
        let here = states.filter(move |(_, heads)| heads.contains(&revision));
        here.map(|(name, _)| name.as_str())
    }

    /// Every label with the revision that carries it, by label.
    pub fn labels(&self) -> impl Iterator<Item = (&str, usize)> {
        self.labels
            .iter()
            .map(|(label, revision)| (label.as_str(), *revision))
    }

    /// What a branch label covers, as Alembic has it: the revision that carries it, everything that descends
    /// from it by parents, and its ancestors down to (and without) the first branch point or merge point.
    /// One flag per revision.
    pub fn branch(&self, carrier: usize) -> Vec<bool> {
        let mut covered = self.above(&[carrier]);
        let mut revision = carrier;
        while !self.is_branch_point(revision)
            && let [parent] = self.parents(revision)
            && !self.is_branch_point(*parent)
            && !self.is_merge_point(*parent)
        {
            covered[*parent] = true;
            revision = *parent;
        }
        covered
    }

    /// The first revisions of a branch: those whose parents are not on it. In order.
    pub fn branch_roots(&self, carrier: usize) -> Vec<usize> {
        let covered = self.branch(carrier);
        let first =
            |at: &usize| covered[*at] && !self.parents(*at).iter().any(|parent| covered[*parent]);
        self.order.iter().copied().filter(first).collect()
    }

    /// The labels that cover each revision, by label. What `history` shows.
    pub fn branch_labels(&self) -> Vec<Vec<&str>> {
        let mut names = vec![Vec::new(); self.len()];
        for (label, carrier) in self.labels() {
            for (revision, covered) in self.branch(carrier).into_iter().enumerate() {
                if covered {
                    names[revision].push(label);
                }
            }
        }
        names
    }

    /// `from` and everything that must be applied before it, by parents and dependencies. One flag per
    /// revision.
    pub fn ancestors(&self, from: &[usize]) -> Vec<bool> {
        self.walk(from, |graph, revision| {
            [graph.parents(revision), graph.depends_on(revision)]
        })
    }

    /// `from` and everything that needs any of it, by parents and dependencies. One flag per revision.
    pub fn descendants(&self, from: &[usize]) -> Vec<bool> {
        self.walk(from, |graph, revision| {
            [graph.children(revision), graph.dependents(revision)]
        })
    }

    /// `from` and what it stands on, by parents alone. One flag per revision.
    pub fn below(&self, from: &[usize]) -> Vec<bool> {
        self.walk(from, |graph, revision| [graph.parents(revision), &[]])
    }

    /// `from` and what stands on it, by parents alone. One flag per revision.
    pub fn above(&self, from: &[usize]) -> Vec<bool> {
        self.walk(from, |graph, revision| [graph.children(revision), &[]])
    }

    /// Heads that descend from a revision by parents (itself, where it is one), in order.
    pub fn heads_above(&self, revision: usize) -> Vec<usize> {
        let above = self.above(&[revision]);
        self.heads
            .iter()
            .copied()
            .filter(|head| above[*head])
            .collect()
    }

    /// What a script for the state `target` knows: its ancestors and its descendants, itself included. A
    /// database that records anything else was changed by another tree. One flag per revision.
    pub fn known(&self, target: &[usize]) -> Vec<bool> {
        self.ancestors(target)
            .into_iter()
            .zip(self.descendants(target))
            .map(|(below, above)| below || above)
            .collect()
    }

    /// The same state by its own heads: without repetitions and without what another member already stands
    /// on by parents, in order.
    pub fn tips(&self, state: &[usize]) -> Vec<usize> {
        let parents: Vec<usize> = state
            .iter()
            .flat_map(|revision| self.parents(*revision))
            .copied()
            .collect();
        let below = self.below(&parents);
        let tips = state.iter().copied().filter(|revision| !below[*revision]);
        self.sorted(tips.collect())
    }

    /// The revisions in order, each once.
    fn sorted(&self, mut revisions: Vec<usize>) -> Vec<usize> {
        revisions.sort_unstable_by_key(|revision| self.position(*revision));
        revisions.dedup();
        revisions
    }

    fn walk<'a>(
        &'a self,
        from: &[usize],
        next: impl Fn(&'a Self, usize) -> [&'a [usize]; 2],
    ) -> Vec<bool> {
        let mut seen = vec![false; self.len()];
        let mut todo = Vec::new();
        for revision in from {
            if !std::mem::replace(&mut seen[*revision], true) {
                todo.push(*revision);
            }
        }
        while let Some(revision) = todo.pop() {
            for neighbour in next(self, revision).into_iter().flatten() {
                if !std::mem::replace(&mut seen[*neighbour], true) {
                    todo.push(*neighbour);
                }
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests;
