//! The graph as lines beside its revisions, newest first, as `git log --graph` has them.
//!
//! Knows edges and nothing of what stands beside the lines. Each row costs no more than the lanes that are drawn, so
//! that a tree of many heads is not drawn forever.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;

/// Lanes that are drawn; what lies further to the right is only hinted at.
const LANES: usize = 24;

/// A revision and the lines beside it.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// The revision.
    pub revision: usize,
    /// Before the revision itself; ends where its text begins.
    pub node: String,
    /// Before whatever else is told of it.
    pub beside: String,
    /// Lines of their own below, which lead to its parents.
    pub below: Vec<String>,
}

/// Draws these revisions, each after everything that revises it. An edge to a revision that is not among them ends.
pub fn rows(graph: &Graph, newest_first: &[usize]) -> Vec<Row> {
    let shown: BTreeSet<usize> = newest_first.iter().copied().collect();
    let mut lanes = Lanes::default();
    newest_first
        .iter()
        .map(|revision| {
            let parents = graph.parents(*revision).iter().copied();
            let parents: Vec<usize> = parents.filter(|parent| shown.contains(parent)).collect();
            lanes.row(*revision, &parents)
        })
        .collect()
}

/// Lines that lead down, each to a revision that is still to come.
#[derive(Debug, Default)]
struct Lanes {
    taken: Vec<bool>,
    free: BTreeSet<usize>,
    /// The lane of each revision that something above leads to.
    awaited: BTreeMap<usize, usize>,
}

impl Lanes {
    fn row(&mut self, revision: usize, parents: &[usize]) -> Row {
        let lane = self
            .awaited
            .remove(&revision)
            .unwrap_or_else(|| self.new_lane());
        self.taken[lane] = true;
        let node = self.line(lane, '*');
        let beside = self.line(lane, if parents.is_empty() { ' ' } else { '|' });
        let mut below = Vec::new();
        let mut straight = false;
        let mut over = Vec::new();
        for parent in parents {
            match self.awaited.get(parent).copied() {
                // Two lanes become the left one.
                Some(other) if other > lane && !straight => {
                    straight = true;
                    self.awaited.insert(*parent, lane);
                    below.push(self.edge(other, lane, false));
                    self.leave(other);
                }
                Some(other) => over.push(other),
                None if straight => {
                    let new = self.new_lane();
                    self.awaited.insert(*parent, new);
                    below.push(self.edge(lane, new, true));
                    self.taken[new] = true;
                }
                None => {
                    straight = true;
                    self.awaited.insert(*parent, lane);
                }
            }
        }
        let last = over.len();
        for (at, to) in over.into_iter().enumerate() {
            below.push(self.edge(lane, to, straight || at + 1 < last));
        }
        if !straight {
            self.leave(lane);
        }
        Row {
            revision,
            node: format!("{node}  "),
            beside: format!("{beside}  "),
            below,
        }
    }

    /// A lane that nothing is in, and that is not drawn yet.
    fn new_lane(&mut self) -> usize {
        self.free.pop_first().unwrap_or_else(|| {
            self.taken.push(false);
            self.taken.len() - 1
        })
    }

    fn leave(&mut self, lane: usize) {
        self.taken[lane] = false;
        self.free.insert(lane);
        while self.taken.last() == Some(&false) {
            self.taken.pop();
            self.free.remove(&self.taken.len());
        }
    }

    /// All lanes, with this sign in one of them.
    fn line(&self, lane: usize, sign: char) -> String {
        let mut signs = self.straight();
        put(&mut signs, 2 * lane, sign);
        text(&signs, self.taken.len())
    }

    /// A line that leads from one lane to another.
    fn edge(&self, from: usize, to: usize, stays: bool) -> String {
        let mut line = self.straight();
        put(&mut line, 2 * from, if stays { '|' } else { ' ' });
        let (left, right) = (from.min(to), from.max(to));
        for between in left..right.min(LANES) {
            put(&mut line, 2 * between + 1, '_');
        }
        put(&mut line, 2 * right - 1, if to < from { '/' } else { '\\' });
        text(&line, self.taken.len()).trim_end().to_owned()
    }

    fn straight(&self) -> Vec<char> {
        let taken = self.taken.iter().take(LANES);
        taken
            .flat_map(|taken| [if *taken { '|' } else { ' ' }, ' '])
            .collect()
    }
}

fn put(line: &mut [char], at: usize, sign: char) {
    if let Some(place) = line.get_mut(at) {
        *place = sign;
    }
}

fn text(line: &[char], lanes: usize) -> String {
    let mut text: String = line.iter().collect();
    text.truncate(text.trim_end().len());
    if lanes > LANES {
        text.push_str(" …");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sink;
    use crate::graph::{build, sample};

    fn drawn(text: &str) -> String {
        let tree = sample::tree(text);
        let graph = build(&tree, &mut Sink::default()).expect("a graph");
        let newest_first: Vec<usize> = graph.order().iter().rev().copied().collect();
        let mut lines = Vec::new();
        for row in rows(&graph, &newest_first) {
            lines.push(format!("{}{}", row.node, tree.migrations[row.revision].id));
            lines.extend(row.below);
        }
        lines.join("\n")
    }

    #[test]
    fn a_line() {
        assert_eq!(drawn("aaaa\nbbbb < aaaa"), "*  bbbb\n*  aaaa");
    }

    #[test]
    fn a_branch_and_its_merge() {
        assert_eq!(
            drawn("aaaa\nbbbb < aaaa\ncccc < aaaa\ndddd < bbbb cccc\neeee < dddd"),
            "*  eeee\n*  dddd\n|\\\n| *  cccc\n* |  bbbb\n|/\n*  aaaa"
        );
    }

    #[test]
    fn heads_and_bases_of_their_own() {
        assert_eq!(
            drawn("aaaa\nbbbb < aaaa\ncccc < aaaa\nzzzz"),
            "*  zzzz\n*  cccc\n| *  bbbb\n|/\n*  aaaa"
        );
    }

    #[test]
    fn a_merge_of_three() {
        assert_eq!(
            drawn("aaaa\nbbbb < aaaa\ncccc < aaaa\ndddd < aaaa\nmmmm < bbbb cccc dddd"),
            "*  mmmm\n|\\\n|_|\\\n| | *  dddd\n| * |  cccc\n| |/\n* |  bbbb\n|/\n*  aaaa"
        );
    }
}
