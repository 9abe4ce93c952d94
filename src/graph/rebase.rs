//! Which revisions move when a line is put onto another revision.
//!
//! A move changes what the lowest revisions of the line revise, and nothing else. Does not know which revisions are
//! published, nor what their files say.

use super::{Graph, Rebase};
use crate::diagnostic::Diagnostic;
use crate::tree::Tree;

pub(super) fn rebase(
    graph: &Graph,
    tree: &Tree,
    line: usize,
    onto: usize,
) -> Result<Rebase, Diagnostic> {
    let stays = graph.below(&[onto]);
    if stays[line] {
        return Err(below(tree, line, onto));
    }
    let of = |flags: &[bool]| -> Vec<usize> {
        let order = graph.order().iter().copied();
        order.filter(|revision| flags[*revision]).collect()
    };
    let mut own = graph.below(&graph.heads_above(line));
    for (own, stays) in own.iter_mut().zip(&stays) {
        *own &= !stays;
    }
    let moved = graph.above(&of(&own));
    let revisions = of(&moved);
    // Every cycle of the new graph goes over a new edge, so it is there if `onto` needs anything that moves.
    let needed = graph.ancestors(&[onto]);
    if let Some(needed) = revisions.iter().rfind(|revision| needed[**revision]) {
        return Err(cycle(tree, *needed, onto));
    }
    for revision in &revisions {
        let parents = graph.parents(*revision).iter();
        if let Some(outside) = parents
            .copied()
            .find(|parent| !moved[*parent] && !stays[*parent])
        {
            return Err(joined(tree, *revision, outside, onto));
        }
    }
    let lowest = |revision: &usize| !graph.parents(*revision).iter().any(|parent| moved[*parent]);
    let stands_there = |revision: &usize| graph.parents(*revision) == [onto];
    let bottoms: Vec<usize> = revisions.iter().copied().filter(lowest).collect();
    if bottoms.iter().all(stands_there) {
        return Err(nothing(tree, line, onto));
    }
    Ok(Rebase {
        bottoms: bottoms
            .into_iter()
            .filter(|bottom| !stands_there(bottom))
            .collect(),
        revisions,
        moves: moved,
    })
}

fn below(tree: &Tree, line: usize, onto: usize) -> Diagnostic {
    let [line_id, onto_id] = ids(tree, [line, onto]);
    let told = if line == onto {
        format!("`{onto_id}` can't be moved onto itself")
    } else {
        format!("`{onto_id}` stands on `{line_id}`, which can't be moved onto it")
    };
    let diagnostic =
        Diagnostic::error("rebase-cycle", told).at(tree.migrations[line].at, "would move");
    let diagnostic = if line == onto {
        diagnostic
    } else {
        diagnostic.at(tree.migrations[onto].at, "stands on it")
    };
    diagnostic
        .because("each would have to be applied before the other, so no database could apply either")
        .help(format!(
            "name a revision of the line that is to move, one that `{onto_id}` does not stand on; `signoff history` draws them"
        ))
}

fn cycle(tree: &Tree, needed: usize, onto: usize) -> Diagnostic {
    let [needed_id, onto_id] = ids(tree, [needed, onto]);
    Diagnostic::error(
        "rebase-cycle",
        format!(
            "`{onto_id}` needs `{needed_id}` by `depends_on`, and `{needed_id}` would move onto it"
        ),
    )
    .at(tree.migrations[needed].at, "would move")
    .at(tree.migrations[onto].at, "needs it")
    .because("each would have to be applied before the other, so no database could apply either")
    .help(format!("move the other line, `signoff rebase {onto_id} --onto {needed_id}`, or join the two with `signoff merge`"))
}

fn joined(tree: &Tree, merge: usize, outside: usize, onto: usize) -> Diagnostic {
    let [merge_id, outside_id, onto_id] = ids(tree, [merge, outside, onto]);
    Diagnostic::error(
        "rebase-merge",
        format!("`{merge_id}` joins the line with `{outside_id}`, which would not move"),
    )
    .at(tree.migrations[merge].at, "would move")
    .at(tree.migrations[outside].at, "would stay, and is not below what it would move onto")
    .because("half of what stands below it would be moved, and databases would get the two halves in another order than was meant")
    .help(format!("move both lines: `signoff rebase {merge_id} --onto {onto_id}`"))
}

fn nothing(tree: &Tree, line: usize, onto: usize) -> Diagnostic {
    let [line_id, onto_id] = ids(tree, [line, onto]);
    Diagnostic::error(
        "nothing-to-rebase",
        format!("the line of `{line_id}` stands on `{onto_id}` already"),
    )
    .at(tree.migrations[line].at, "stands on it")
    .at(tree.migrations[onto].at, "the other")
    .help("there is nothing to do; `signoff history` draws the lines")
}

fn ids<const N: usize>(tree: &Tree, revisions: [usize; N]) -> [&str; N] {
    revisions.map(|revision| tree.migrations[revision].id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sink;
    use crate::graph::{build, sample};

    /// `moved / rewritten`, or code and message.
    fn moved(text: &str, line: &str, onto: &str) -> String {
        let tree = sample::tree(text);
        let graph = build(&tree, &mut Sink::default()).expect("a graph");
        let at = |id: &str| graph.find(id).expect("there");
        let names = |revisions: &[usize]| {
            let names = revisions.iter().map(|at| tree.migrations[*at].id.as_str());
            names.collect::<Vec<_>>().join(" ")
        };
        match rebase(&graph, &tree, at(line), at(onto)) {
            Ok(found) => format!("{} / {}", names(&found.revisions), names(&found.bottoms)),
            Err(diagnostic) => format!("{}: {}", diagnostic.code, diagnostic.message),
        }
    }

    #[test]
    fn a_line_moves_whole_by_any_of_its_revisions() {
        let tree = "aaaa\nbbbb < aaaa\ncccc < aaaa\ndddd < cccc\neeee < dddd";
        for line in ["cccc", "dddd", "eeee"] {
            assert_eq!(moved(tree, line, "bbbb"), "cccc dddd eeee / cccc");
        }
        assert_eq!(moved(tree, "bbbb", "dddd"), "bbbb / bbbb");
    }

    #[test]
    fn what_forks_off_goes_along() {
        let tree = "aaaa\nbbbb < aaaa\ncccc < aaaa\ndddd < cccc\neeee < cccc";
        assert_eq!(moved(tree, "dddd", "bbbb"), "cccc dddd eeee / cccc");
    }

    #[test]
    fn bases_and_inner_merges_move() {
        assert_eq!(
            moved("aaaa\nbbbb\ncccc < bbbb", "cccc", "aaaa"),
            "bbbb cccc / bbbb"
        );
        let inner = "aaaa\nbbbb < aaaa\ncccc < aaaa\ndddd < aaaa\neeee < cccc dddd";
        assert_eq!(moved(inner, "cccc", "bbbb"), "cccc dddd eeee / cccc dddd");
        let met = "aaaa\nbbbb < aaaa\ncccc < aaaa\ndddd < bbbb cccc\neeee < bbbb";
        assert_eq!(moved(met, "dddd", "eeee"), "cccc dddd / cccc");
    }

    #[test]
    fn a_half_of_a_merge_stays_where_it_is() {
        let tree = "aaaa\nbbbb < aaaa\ncccc < aaaa\ndddd < cccc\nffff < aaaa\neeee < cccc ffff";
        assert_eq!(
            moved(tree, "dddd", "bbbb"),
            "rebase-merge: `eeee` joins the line with `ffff`, which would not move"
        );
        assert_eq!(
            moved(tree, "eeee", "bbbb"),
            "cccc dddd ffff eeee / cccc ffff"
        );
    }

    #[test]
    fn no_cycle_is_made() {
        let tree = "aaaa\nbbbb < aaaa ^ cccc\ncccc < aaaa\ndddd < cccc";
        for (line, onto, told) in [
            (
                "aaaa",
                "bbbb",
                "`bbbb` stands on `aaaa`, which can't be moved onto it",
            ),
            ("bbbb", "bbbb", "`bbbb` can't be moved onto itself"),
            (
                "dddd",
                "bbbb",
                "`bbbb` needs `cccc` by `depends_on`, and `cccc` would move onto it",
            ),
        ] {
            assert_eq!(moved(tree, line, onto), format!("rebase-cycle: {told}"));
        }
        assert_eq!(moved(tree, "bbbb", "dddd"), "bbbb / bbbb");
    }

    #[test]
    fn what_stands_there_already_is_told() {
        let tree = "aaaa\nbbbb < aaaa\ncccc < bbbb";
        for onto in ["aaaa", "bbbb"] {
            assert_eq!(
                moved(tree, "cccc", onto),
                format!("nothing-to-rebase: the line of `cccc` stands on `{onto}` already")
            );
        }
    }
}
