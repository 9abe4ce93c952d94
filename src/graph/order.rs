//! The one order of a graph, or the circles that forbid any.
//!
//! Knows edges, ids and dates; reading them is [`super::build`]'s.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Sink};
use crate::tree::{Lineage, Tree};

/// A cycle's message and labels name this many of its revisions.
pub(super) const SHOWN: usize = 50;

/// Kahn's algorithm with a sorted queue. `Err` holds, for each revision, whether it was left over.
pub(super) fn topological(
    tree: &Tree,
    parents: &[Vec<usize>],
    depends_on: &[Vec<usize>],
) -> Result<Vec<usize>, Vec<bool>> {
    let count = parents.len();
    if tree.lineage == Lineage::Numbered {
        return Ok((0..count).collect());
    }
    let mut waiting = vec![0_usize; count];
    let mut above = vec![Vec::new(); count];
    for revision in 0..count {
        for before in parents[revision].iter().chain(&depends_on[revision]) {
            waiting[revision] += 1;
            above[*before].push(revision);
        }
    }
    let mut written: Vec<_> = tree
        .migrations
        .iter()
        .map(|migration| migration.created.map(|(at, _)| at))
        .collect();
    let key = |written: &[Option<jiff::Timestamp>], revision: usize| {
        let id = tree.migrations[revision].id.as_str();
        (written[revision], id, revision)
    };
    let mut ready: BTreeSet<_> = (0..count)
        .filter(|revision| waiting[*revision] == 0)
        .map(|revision| key(&written, revision))
        .collect();
    let mut order = Vec::with_capacity(count);
    let mut left = vec![true; count];
    while let Some((at, _, revision)) = ready.pop_first() {
        order.push(revision);
        left[revision] = false;
        for next in &above[revision] {
            written[*next] = written[*next].max(at);
            waiting[*next] -= 1;
            if waiting[*next] == 0 {
                ready.insert(key(&written, *next));
            }
        }
    }
    if order.len() == count {
        Ok(order)
    } else {
        Err(left)
    }
}

/// Reports cycles that share no revision. Everything left over by Kahn's algorithm waits for something else
/// that is left over, so a walk along that never ends but in a cycle.
pub(super) fn cycles(
    tree: &Tree,
    parents: &[Vec<usize>],
    depends_on: &[Vec<usize>],
    left: &[bool],
    sink: &mut Sink,
) {
    let id = |revision: usize| tree.migrations[revision].id.as_str();
    let mut starts: Vec<usize> = (0..left.len()).filter(|at| left[*at]).collect();
    starts.sort_unstable_by_key(|revision| id(*revision));
    // The walk that came by here, counted from 1.
    let mut walked = vec![0_usize; left.len()];
    for (walk, start) in starts.iter().enumerate() {
        let walk = walk + 1;
        let mut path = Vec::new();
        let mut at = *start;
        while walked[at] == 0 {
            walked[at] = walk;
            path.push(at);
            let before = parents[at].iter().chain(&depends_on[at]);
            let next = before.copied().filter(|before| left[*before]);
            match next.min_by_key(|before| id(*before)) {
                Some(next) => at = next,
                None => break,
            }
        }
        if walked[at] == walk
            && let Some(begin) = path.iter().position(|revision| *revision == at)
        {
            sink.push(cycle(tree, &path[begin..], parents));
        }
    }
}

fn cycle(tree: &Tree, path: &[usize], parents: &[Vec<usize>]) -> Diagnostic {
    let smallest = (0..path.len())
        .min_by_key(|at| tree.migrations[path[*at]].id.as_str())
        .unwrap_or(0);
    let path: Vec<usize> = [&path[smallest..], &path[..smallest]].concat();
    let mut names: Vec<&str> = path
        .iter()
        .take(SHOWN)
        .map(|revision| tree.migrations[*revision].id.as_str())
        .collect();
    let more = format!("… {} more …", path.len().saturating_sub(SHOWN));
    if path.len() > SHOWN {
        names.push(&more);
    }
    names.push(tree.migrations[path[0]].id.as_str());
    let mut diagnostic = Diagnostic::error(
        "cycle",
        format!(
            "revisions stand on each other in a circle: {}",
            names.join(" → ")
        ),
    );
    for (at, revision) in path.iter().enumerate().take(SHOWN) {
        let next = path[(at + 1) % path.len()];
        let migration = &tree.migrations[*revision];
        let (verb, span) = if parents[*revision].contains(&next) {
            let mut edges = migration.parents.iter();
            let edge = edges.find(|(name, _)| *name == tree.migrations[next].id);
            ("revises", edge.map(|(_, span)| *span))
        } else {
            let target = &tree.migrations[next];
            let mut edges = migration.depends_on.iter();
            let edge = edges.find(|(name, _)| {
                name == target.id.as_str() || target.labels.iter().any(|(label, _)| label == name)
            });
            ("depends on", edge.map(|(_, span)| *span))
        };
        diagnostic = diagnostic.at(
            span.unwrap_or(migration.at),
            format!("`{}` {verb} `{}`", migration.id, tree.migrations[next].id),
        );
    }
    diagnostic
        .because("none of them could ever be applied: each waits for another")
        .help(
            "one of these edges is wrong: correct the header of the revision that was written last",
        )
}
