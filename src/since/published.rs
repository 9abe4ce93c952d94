//! What was done to revisions that are published there. What `signoff.sum` says there counts: who edits a file and its
//! line too is not seen by the line here.

use super::{Comparison, Here};
use crate::diagnostic::{Diagnostic, Sink};
use crate::seal::{Digests, Line};

/// Revisions that a finding points at.
const SHOWN: usize = 8;

pub(super) fn compare(of: &Comparison<'_>, sink: &mut Sink) {
    let Some(seals) = &of.there.seals else {
        return;
    };
    let mut deleted = Vec::new();
    let mut forgotten = Vec::new();
    for id in seals.ids() {
        let was = seals.line(id).expect("it is one of its ids");
        let revision = of.here.graph.find(id);
        let forked = of.fork_line(id);
        match (of.here.seals.line(id), revision) {
            // The seal as it is here tells the rest.
            (Some(now), _) if now == was => {}
            // Sealed again there, and not here.
            (Some(now), _) if forked == Some(now) => {}
            (Some(now), _) => line(of, id, was, now, sink),
            (None, None) if forked.is_some() || of.fork_ids.contains_key(id) => {
                sink.push(removed(of, id));
            }
            // New there, and not brought in.
            (None, None) => {}
            (None, Some(revision)) => {
                let now = of.here.digests[revision];
                if forked.is_some() {
                    deleted.push(id);
                }
                if now == was.digests {
                    continue;
                }
                if !of.fork_ids.contains_key(id) {
                    of.taken(revision, sink);
                } else if forked.is_some() || !of.is_as_forked(id, now) {
                    text(of, id, was.digests, now, "", sink);
                }
            }
        }
        let fork = of.past.fork.and_then(|fork| fork.seals.as_ref());
        if of.here.seals.contains(id)
            && of.here.seals.forgets(id, seals)
            && fork.is_some_and(|fork| of.here.seals.forgets(id, fork))
        {
            forgotten.push(id);
        }
    }
    if !deleted.is_empty() {
        sink.push(lines_deleted(of, &deleted));
    }
    if !forgotten.is_empty() {
        sink.push(reseals_deleted(of, &forgotten));
    }
}

/// A line of `signoff.sum` that is another one here.
fn line(of: &Comparison<'_>, id: &str, was: Line<'_>, now: Line<'_>, sink: &mut Sink) {
    let Here { tree, graph, .. } = of.here;
    let (before, after) = (
        was.edges.seen_in(graph, tree),
        now.edges.seen_in(graph, tree),
    );
    let edges = [
        (&before.parents, &after.parents, "revised", "revises"),
        (
            &before.depends_on,
            &after.depends_on,
            "depended on",
            "depends on",
        ),
        (&before.replaces, &after.replaces, "replaced", "replaces"),
    ];
    for (before, after, verb_was, verb) in edges {
        if before == after {
            continue;
        }
        let told = format!(
            "revision `{id}`, published at `{}`, was rewired with its line in signoff.sum: it {verb_was} {} and now {verb} {}",
            of.name(),
            names(before),
            names(after)
        );
        sink.push(
            at(of, id, Diagnostic::error("since-rewired", told))
                .because("databases that have it applied it where it was: they would get what now comes before it afterwards, and others the other way round")
                .help(format!("put it back: {}", of.restore(id)))
                .help(format!("and its line: {}", restore_lines(of))),
        );
    }
    if was.digests == now.digests {
        return;
    }
    match of.here.seals.resealed(id, was.digests) {
        Some(reason) => sink.push(
            at(
                of,
                id,
                Diagnostic::note(
                    "since-resealed",
                    format!(
                        "revision `{id}`, published at `{}`, was sealed again: {reason}",
                        of.name()
                    ),
                ),
            )
            .because("databases that have it keep what they ran; bundles accept that")
            .help("see to it that the new text leaves a database in the same state"),
        ),
        None => text(
            of,
            id,
            was.digests,
            now.digests,
            ", and its line in signoff.sum with it",
            sink,
        ),
    }
}

/// Another text than the one that was published.
fn text(of: &Comparison<'_>, id: &str, was: Digests, now: Digests, with: &str, sink: &mut Sink) {
    let name = of.name();
    let published = format!("revision `{id}`, published at `{name}`");
    let put_back = |diagnostic: Diagnostic| {
        let diagnostic = diagnostic.help(format!("put the text back: {}", of.restore(id)));
        if with.is_empty() {
            diagnostic
        } else {
            diagnostic.help(format!("and its line: {}", restore_lines(of)))
        }
    };
    let reseal = format!(
        "where the new text leaves a database in the same state, bring the line back alone, then `signoff seal --reseal {id} --reason \"…\"`"
    );
    if was.up1 != now.up1 {
        let told = format!("the upgrade of {published}, was changed{with}");
        sink.push(
            put_back(at(of, id, Diagnostic::error("since-changed", told)).because(
                "databases that have it will never run the new text, and would refuse the next script",
            ))
            .help(reseal),
        );
    } else if was.up != now.up {
        let told =
            format!("comments or blanks in the upgrade of {published}, were changed{with}, no SQL");
        sink.push(
            put_back(
                at(of, id, Diagnostic::warning("since-changed", told))
                    .because("databases that have it accept this with a notice"),
            )
            .help(reseal),
        );
    } else {
        let told = format!("the downgrade of {published}, was changed{with}");
        sink.push(
            at(of, id, Diagnostic::warning("since-changed", told))
                .because("databases record the upgrade only, so the new downgrade is what would run")
                .help(format!("once it is right, bring the line back, then `signoff seal --reseal {id} --reason \"…\"`")),
        );
    }
}

fn removed(of: &Comparison<'_>, id: &str) -> Diagnostic {
    let told = format!(
        "revision `{id}`, published at `{}`, was removed with its line in signoff.sum",
        of.name()
    );
    Diagnostic::error("since-removed", told)
        .path(of.seal_file())
        .because("databases that have it keep what it did, no script takes it back any more, and new ones would never get it")
        .help(format!("bring it back: {}", of.restore(id)))
        .help(format!("and its line: {}", restore_lines(of)))
}

fn lines_deleted(of: &Comparison<'_>, ids: &[&str]) -> Diagnostic {
    let what = if of.here.tree.seals.is_none() {
        "signoff.sum was deleted, and with it"
    } else {
        "signoff.sum has no longer"
    };
    let lines = if ids.len() == 1 { "line" } else { "lines" };
    let told = format!(
        "{what} the {lines} of {}, published at `{}`",
        names(ids),
        of.name()
    );
    point_at(of, ids, Diagnostic::error("since-unsealed", told))
        .because("nothing would notice a change of what databases have already")
        .help(format!("bring it back: {}", restore_lines(of)))
}

fn reseals_deleted(of: &Comparison<'_>, ids: &[&str]) -> Diagnostic {
    let told = format!(
        "signoff.sum has no longer all `reseal` lines of {} that `{}` has",
        names(ids),
        of.name()
    );
    point_at(of, ids, Diagnostic::error("since-unsealed", told))
        .because("databases that ran an earlier text would refuse the next script")
        .help(format!("bring them back: {}", restore_lines(of)))
}

fn restore_lines(of: &Comparison<'_>) -> String {
    format!(
        "`git checkout {} -- {}`, then `signoff seal` if something new was sealed here",
        of.name(),
        of.seal_file()
    )
}

/// At the revision, where it is here.
fn at(of: &Comparison<'_>, id: &str, diagnostic: Diagnostic) -> Diagnostic {
    let diagnostic = match of.here.graph.find(id) {
        Some(revision) => diagnostic.at(of.migration(revision).at, "this revision"),
        None => diagnostic.path(of.seal_file()),
    };
    match of.here.seals.place(id) {
        Some(place) => diagnostic.at(place, "its line here"),
        None => diagnostic,
    }
}

fn point_at(of: &Comparison<'_>, ids: &[&str], mut diagnostic: Diagnostic) -> Diagnostic {
    let revisions = ids.iter().filter_map(|id| of.here.graph.find(id));
    for revision in revisions.take(SHOWN) {
        let migration = of.migration(revision);
        diagnostic = diagnostic.at(migration.at, migration.message.clone());
    }
    diagnostic
}

/// As prose; of many, the first.
fn names<Id: AsRef<str>>(ids: &[Id]) -> String {
    if ids.is_empty() {
        return "nothing".to_owned();
    }
    let shown = ids.iter().take(SHOWN);
    let mut names: Vec<String> = shown.map(|id| format!("`{}`", id.as_ref())).collect();
    if ids.len() > SHOWN {
        names.push(format!("{} more", ids.len() - SHOWN));
    }
    names.join(", ")
}
