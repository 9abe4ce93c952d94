//! Two people who went on from one revision, and do not know of each other: each branch is sound, and both together have
//! two heads.

use super::Comparison;
use crate::diagnostic::{Diagnostic, Sink};
use crate::graph::Graph;

/// New heads that are looked at, and those beside which one stands. Each costs a walk of the graph, and nobody reads more.
const MOST_HEADS: usize = 20;

/// Reports the new heads beside those of the other side. Whether there are any.
pub(super) fn compare(of: &Comparison<'_>, added: &[usize], sink: &mut Sink) -> bool {
    let Some(there) = &of.there.graph else {
        return false;
    };
    let graph = of.here.graph;
    let mut is_new = vec![false; graph.len()];
    for revision in added {
        is_new[*revision] = true;
    }
    let mut found = false;
    let heads = graph.heads().iter().copied().filter(|head| is_new[*head]);
    for head in heads.take(MOST_HEADS) {
        let below = graph.below(&[head]);
        let line: Vec<usize> = added.iter().copied().filter(|at| below[*at]).collect();
        // Who names a branch means it.
        let is_named = |revision: &usize| !of.migration(*revision).labels.is_empty();
        if line.iter().any(is_named) {
            continue;
        }
        let theirs = theirs(of, there, &line, &is_new);
        if !theirs.is_empty() {
            sink.push(two_heads(of, head, &line, &theirs));
            found = true;
        }
    }
    found
}

/// A head of the other side, by its id.
struct Theirs<'a> {
    id: &'a str,
    message: &'a str,
    /// By its index, where it was brought in.
    here: Option<usize>,
    /// Whether it came since the fork.
    came: bool,
}

/// The heads beside which a line of new revisions makes another one; none where it goes on from a head.
fn theirs<'a>(
    of: &Comparison<'a>,
    there: &Graph,
    line: &[usize],
    is_new: &[bool],
) -> Vec<Theirs<'a>> {
    let graph = of.here.graph;
    let parents = line.iter().flat_map(|revision| graph.parents(*revision));
    let grown_from: Vec<usize> = parents
        .filter(|parent| !is_new[**parent])
        .filter_map(|parent| {
            let id = of.id(*parent);
            there.find(id).or_else(|| there.replacement(id))
        })
        .collect();
    if grown_from
        .iter()
        .any(|parent| there.children(*parent).is_empty())
    {
        return Vec::new();
    }
    let above = if !grown_from.is_empty() {
        there.above(&grown_from)
    } else if of.fork_ids.is_empty() {
        // Both began the tree.
        vec![true; there.len()]
    } else {
        // A base of its own, in a tree that had revisions: somebody asked for it.
        return Vec::new();
    };
    let heads = there.heads().iter().copied().filter(|head| above[*head]);
    let heads = heads.take(MOST_HEADS);
    let mut theirs: Vec<Theirs<'a>> = Vec::new();
    for head in heads {
        let migration = &of.there.tree.migrations[head];
        let id = migration.id.as_str();
        let came = !of.fork_ids.contains_key(id);
        let Some(brought) = graph.find(id) else {
            if came {
                theirs.push(Theirs {
                    id,
                    message: &migration.message,
                    here: None,
                    came,
                });
            }
            continue;
        };
        // It may have been gone on from here.
        for top in graph.heads_above(brought) {
            if theirs.iter().all(|other| other.here != Some(top)) && !line.contains(&top) {
                theirs.push(Theirs {
                    id: of.id(top),
                    message: &of.migration(top).message,
                    here: Some(top),
                    came,
                });
            }
        }
    }
    theirs
}

fn two_heads(
    of: &Comparison<'_>,
    head: usize,
    line: &[usize],
    theirs: &[Theirs<'_>],
) -> Diagnostic {
    let (id, name) = (of.id(head), of.name());
    let mine = of.migration(head);
    let shown: Vec<String> = theirs
        .iter()
        .map(|it| match it.message {
            "" => format!("`{}`", it.id),
            message => format!("`{}` ({message})", it.id),
        })
        .collect();
    let verb = match (theirs.iter().all(|it| it.came), theirs.len()) {
        (true, _) => "came with",
        (false, 1) => "is at",
        (false, _) => "are at",
    };
    let since = if verb == "came with" {
        " since the fork"
    } else {
        ""
    };
    let message = match mine.message.as_str() {
        "" => String::new(),
        message => format!(" ({message})"),
    };
    let told = format!(
        "two heads: {} {verb} `{name}`{since}, and `{id}`{message}, new here, stands beside {}",
        shown.join(" and "),
        if theirs.len() == 1 { "it" } else { "them" }
    );
    let mut diagnostic = Diagnostic::error("since-two-heads", told).at(mine.at, "new here");
    for it in theirs {
        if let Some(revision) = it.here {
            diagnostic = diagnostic.at(of.migration(revision).at, format!("of `{name}`"));
        }
    }
    diagnostic = diagnostic.because(
        "where both are in one tree `head` means neither, and no script for it can be written",
    );
    let is_brought_in = theirs.iter().all(|it| it.here.is_some());
    let then = if is_brought_in {
        ""
    } else {
        diagnostic = diagnostic.help(format!(
            "bring `{name}` in first: `git merge {name}` or `git rebase {name}`, as you do"
        ));
        "then "
    };
    let is_published = line
        .iter()
        .any(|revision| of.here.seals.contains(of.id(*revision)));
    for it in theirs {
        diagnostic = diagnostic.help(if is_published {
            format!(
                "{then}join the two, for what is new is published already: `signoff merge {} {id}`",
                it.id
            )
        } else {
            format!(
                "{then}move what is new: `signoff rebase {id} --onto {}`",
                it.id
            )
        });
    }
    diagnostic.help("where two branches are meant, give the new one a name: `labels = [\"NAME\"]` in the header of its first revision")
}
