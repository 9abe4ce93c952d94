//! What was done to revisions that are there and not published yet. They may change; whoever has applied them will notice.

use super::{Comparison, Here};
use crate::diagnostic::{Diagnostic, Sink};
use crate::seal::{self, Digests, Edges};

pub(super) fn compare(of: &Comparison<'_>, sink: &mut Sink) {
    let (Some(there), Some(seals)) = (&of.there.graph, &of.there.seals) else {
        return;
    };
    for was in there.order() {
        let id = of.there.tree.migrations[*was].id.as_str();
        if seals.contains(id) {
            continue;
        }
        let Some(now) = of.here.graph.find(id) else {
            // Where the fork did not have it, it is new there and not brought in. What was squashed is kept on record.
            if of.fork_ids.contains_key(id) && of.here.graph.replacement(id).is_none() {
                sink.push(removed(of, id));
            }
            continue;
        };
        let digests = of.here.digests[now];
        let is_same_text = digests == of.there.digests[*was];
        let edges = seal::edges(of.here.tree, of.here.graph, now);
        let Here { tree, graph, .. } = of.here;
        let is_same_place = edges == seal::edges(&of.there.tree, there, *was).seen_in(graph, tree);
        if is_same_text && is_same_place {
            continue;
        }
        if !of.fork_ids.contains_key(id) {
            if !is_same_text {
                of.taken(now, sink);
            }
            continue;
        }
        let before = of.there.digests[*was];
        if !is_same_text && !of.is_as_forked(id, digests) {
            sink.push(edited(of, now, before, digests));
        }
        if !is_same_place && !stands_as_forked(of, id, &edges) {
            sink.push(moved(of, now));
        }
    }
}

fn stands_as_forked(of: &Comparison<'_>, id: &str, edges: &Edges) -> bool {
    let fork = of.past.fork.zip(of.fork_ids.get(id));
    fork.is_some_and(|(fork, revision)| {
        let graph = fork.graph.as_ref();
        graph.is_some_and(|graph| seal::edges(&fork.tree, graph, *revision) == *edges)
    })
}

fn edited(of: &Comparison<'_>, revision: usize, was: Digests, now: Digests) -> Diagnostic {
    let (id, name) = (of.id(revision), of.name());
    let told = |what: &str| {
        format!("{what} revision `{id}` was changed since `{name}`, where it is not published yet")
    };
    let diagnostic = if was.up1 != now.up1 {
        Diagnostic::warning("since-edited", told("the upgrade of"))
            .because("a database that has it, a colleague's or a test system's, refuses the next script")
            .help("revert it there before, by a script of the old text, or write the change as a new revision")
    } else if was.up != now.up {
        Diagnostic::note("since-edited", told("only a comment in the upgrade of"))
            .because("a database that has it accepts this with a notice")
    } else {
        Diagnostic::note("since-edited", told("the downgrade of"))
            .because("databases record the upgrade only, so the new downgrade is what would run")
    };
    diagnostic.at(of.migration(revision).at, "this revision")
}

fn moved(of: &Comparison<'_>, revision: usize) -> Diagnostic {
    let (id, name) = (of.id(revision), of.name());
    Diagnostic::warning(
        "since-edited",
        format!("revision `{id}` was moved since `{name}`, where it is not published yet"),
    )
    .at(of.migration(revision).at, "this revision")
    .because("a database that has it, a colleague's or a test system's, gets what now comes before it afterwards")
    .help("where that makes a difference, revert it there first, by a script from before the move")
}

fn removed(of: &Comparison<'_>, id: &str) -> Diagnostic {
    let name = of.name();
    Diagnostic::warning(
        "since-edited",
        format!("revision `{id}` was removed since `{name}`, where it is not published yet"),
    )
    .path(of.here.tree.root.clone())
    .because("a database that has it, a colleague's or a test system's, keeps what it did, and no script takes it back any more")
    .help(format!(
        "revert it there first, or bring it back: {}",
        of.restore(id)
    ))
}
