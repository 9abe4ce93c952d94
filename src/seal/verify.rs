//! What is published against what the tree holds now.

use super::{Digests, Sealed, Seals, sum};
use crate::diagnostic::{Diagnostic, Sink};
use crate::graph::Graph;
use crate::source::Span;
use crate::tree::{Migration, Part, SEAL_FILE, Script, Tree};

pub(super) fn verify(
    tree: &Tree,
    graph: &Graph,
    digests: &[Digests],
    seals: &Seals,
    sink: &mut Sink,
) {
    for (id, sealed) in &seals.revisions {
        match graph.find(id) {
            Some(revision) => {
                edges(tree, graph, revision, sealed, sink);
                text(tree, revision, digests[revision], sealed, seals, sink);
            }
            // What was squashed is kept on record: by that line, databases that have it are told from others.
            None if graph.replacement(id).is_some() => {}
            None => sink.push(missing(graph, id, sealed)),
        }
    }
    for migration in &tree.migrations {
        inside_a_squash(tree, graph, seals, migration, sink);
        for (name, span) in &migration.replaces {
            if !seals.contains(name.as_str()) {
                sink.push(unknown_replaced(
                    migration.id.as_str(),
                    name.as_str(),
                    *span,
                ));
            }
        }
    }
    if graph.is_numbered() {
        out_of_order(tree, graph, seals, sink);
    }
}

/// Reports what stands on a revision that was squashed and was not the last of them: another branch went on from there.
fn inside_a_squash(
    tree: &Tree,
    graph: &Graph,
    seals: &Seals,
    migration: &Migration,
    sink: &mut Sink,
) {
    for (name, span) in &migration.parents {
        let Some(successor) = graph.replacement(name.as_str()) else {
            continue;
        };
        let successor = &tree.migrations[successor];
        let parts = seals.replaced(successor);
        let mut from = parts.iter().skip_while(|part| part.id != name.as_str());
        let own = from.next();
        // One that took its place before, and those beside it, end where it ends.
        let is_last = own.is_none_or(|own| from.all(|part| own.within.contains(&part.id)));
        if !is_last {
            let (id, squash) = (&migration.id, &successor.id);
            let told = format!(
                "revision `{id}` revises `{name}`, which stands in the middle of what `{squash}` replaces"
            );
            sink.push(
                Diagnostic::warning("inside-a-squash", told)
                    .at(*span, "squashed")
                    .at(successor.at, "into this")
                    .because("a new database gets it after all of the squash, and one that has it without the rest of what was squashed is refused")
                    .help(format!("apply what was squashed everywhere first, by the release of before; where `{id}` is not published yet, let it revise `{squash}`")),
            );
        }
    }
}

fn unknown_replaced(id: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "replaced-unknown",
        format!("revision `{id}` replaces `{name}`, of which {SEAL_FILE} has no line"),
    )
    .at(span, "replaced")
    .because(
        "a database that has it could not be told from one that has something else of that name",
    )
    .help("`signoff squash` writes that line; bring it back from version control")
}

fn missing(graph: &Graph, id: &str, sealed: &Sealed) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "seal-missing",
        format!("published revision `{id}` is not in the tree"),
    )
    .at(sealed.at, "sealed here")
    .because("databases that have it would refuse every script of this tree, and new ones would never get it");
    if graph.is_numbered() {
        diagnostic.help("bring its file back, under the same number: a file with another number is another revision")
    } else {
        diagnostic
            .help("bring its file back: `git log --diff-filter=D` finds the commit that deleted it")
    }
}

fn edges(tree: &Tree, graph: &Graph, revision: usize, sealed: &Sealed, sink: &mut Sink) {
    if graph.is_numbered() {
        return;
    }
    let migration = &tree.migrations[revision];
    let id = &migration.id;
    let is = sum::edges(tree, graph, revision);
    let was = sealed.edges.seen_in(graph, tree);
    let spans = [
        migration.parents.first().map(|(_, span)| *span),
        migration.depends_on.first().map(|(_, span)| *span),
        migration.replaces.first().map(|(_, span)| *span),
    ];
    let edges = [
        (was.parents, is.parents, "revised", "revises"),
        (was.depends_on, is.depends_on, "depended on", "depends on"),
        (was.replaces, is.replaces, "replaced", "replaces"),
    ];
    for ((was, is, verb_was, verb), span) in edges.into_iter().zip(spans) {
        if was == is {
            continue;
        }
        sink.push(
            Diagnostic::error(
                "seal-rewired",
                format!(
                    "published revision `{id}` was rewired: it {verb_was} {} and now {verb} {}",
                    names(&was),
                    names(&is)
                ),
            )
            .at(span.unwrap_or(migration.at), "now")
            .at(sealed.at, "sealed here")
            .because("databases that have it applied it where it was; what now comes before it may never run there")
            .help(format!(
                "put `revises`, `depends_on` and `replaces` back; what must come after `{id}` goes into a new revision"
            )),
        );
    }
}

fn names(ids: &[String]) -> String {
    match ids {
        [] => "nothing".to_owned(),
        ids => format!("`{}`", ids.join("`, `")),
    }
}

fn text(
    tree: &Tree,
    revision: usize,
    now: Digests,
    sealed: &Sealed,
    seals: &Seals,
    sink: &mut Sink,
) {
    let migration = &tree.migrations[revision];
    let id = &migration.id;
    let was = sealed.digests;
    let reseal = format!("`signoff seal --reseal {id} --reason \"…\"`");
    let place = |diagnostic: Diagnostic| {
        diagnostic
            .at(migration.at, "this revision")
            .at(sealed.at, "sealed here")
    };
    if was.up != now.up && was.up1 == now.up1 {
        sink.push(
            place(Diagnostic::warning(
                "seal-comments-changed",
                format!("comments or blanks in the upgrade of published revision `{id}` were changed, no SQL"),
            ))
            .because("databases that have it accept this with a notice")
            .help(format!("put the text back, or seal it again: {reseal}")),
        );
    } else if was.up != now.up {
        let files = csv_files(tree, migration.up.as_ref());
        let what = if files.is_empty() {
            "SQL"
        } else {
            "SQL or CSV data"
        };
        let mut diagnostic = place(Diagnostic::error(
            "seal-changed",
            format!("the {what} of the upgrade of published revision `{id}` was changed"),
        ))
        .because(
            "databases that have it will never run the new text, and would refuse the next script",
        );
        if !files.is_empty() {
            diagnostic = diagnostic.because(format!("its CSV files count too: {files}"));
        }
        if seals.accepted(id.as_str(), was.up).contains(&now.up) {
            diagnostic =
                diagnostic.because("the text is one that it had before it was sealed again");
        }
        sink.push(
            diagnostic
                .help("put the text back and write the change as a new revision")
                .help(format!(
                    "where the new text leaves a database in the same state, or no database has it yet, seal it again: {reseal}"
                )),
        );
    }
    if was.down != now.down {
        let mut diagnostic = place(Diagnostic::warning(
            "seal-downgrade-changed",
            format!("the downgrade of published revision `{id}` was changed"),
        ))
        .because("databases record the upgrade only, so the new downgrade is what would run");
        let files = csv_files(tree, migration.down.as_ref());
        if !files.is_empty() {
            diagnostic = diagnostic.because(format!("its CSV files count too: {files}"));
        }
        sink.push(diagnostic.help(format!("once it is right, seal it again: {reseal}")));
    }
}

/// The CSV files of a script's `--! data`, each once; empty where there are none.
fn csv_files(tree: &Tree, script: Option<&Script>) -> String {
    let mut files = Vec::new();
    for part in script.into_iter().flat_map(|script| &script.parts) {
        if let Part::Data(data) = part {
            let file = format!("`{}`", tree.sources.path(data.file));
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    files.join(", ")
}

/// Numbers in between what is published already.
fn out_of_order(tree: &Tree, graph: &Graph, seals: &Seals, sink: &mut Sink) {
    let sealed = |revision: &usize| seals.contains(tree.migrations[*revision].id.as_str());
    let Some(last) = graph.order().iter().copied().rfind(sealed) else {
        return;
    };
    let last_id = &tree.migrations[last].id;
    for revision in &graph.order()[..graph.position(last)] {
        if sealed(revision) {
            continue;
        }
        let migration = &tree.migrations[*revision];
        let id = &migration.id;
        let message = format!("revision `{id}` stands before `{last_id}`, which is published");
        let diagnostic = if tree.takes_late() {
            Diagnostic::note("seal-out-of-order", message)
                .because("a database that has the later one gets this one after it, a new database before it")
                .help("where that makes a difference, give it the next free number")
        } else {
            Diagnostic::error("seal-out-of-order", message)
                .because(format!(
                    "{} never applies a number below the one a database has, so databases would differ",
                    tree.layout
                ))
                .help("give it the next free number")
        };
        sink.push(diagnostic.at(migration.at, "new"));
    }
}

pub(super) fn unpublished(tree: &Tree, seals: &Seals, revisions: &[usize], sink: &mut Sink) {
    let open: Vec<usize> = revisions
        .iter()
        .copied()
        .filter(|revision| !seals.contains(tree.migrations[*revision].id.as_str()))
        .collect();
    let ([first, ..], true) = (open.as_slice(), tree.seals.is_some()) else {
        return;
    };
    let message = format!(
        "{} of {} revisions of this release are not sealed",
        open.len(),
        revisions.len()
    );
    sink.push(
        Diagnostic::note("unsealed", message)
            .at(tree.migrations[*first].at, "the first of them")
            .because("nothing would notice if one were changed after a database has it")
            .help("`signoff seal` publishes them; commit signoff.sum with the release"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{build, sample};
    use crate::seal;
    use crate::tree::{Data, OnConflict, Settings};

    const TREE: &str = "aaaa\nbbbb < aaaa\ncccc < bbbb";

    fn digests(count: usize) -> Vec<Digests> {
        let digest = |at: usize| seal::sha256(at.to_string().as_bytes());
        let digests = (0..count).map(|at| Digests {
            up: digest(at),
            up1: digest(at + 10),
            down: digest(at + 20),
        });
        digests.collect()
    }

    /// Seals `before`, then verifies `after` against it: severity, code and message of each finding.
    fn verified(before: &Tree, mut after: Tree, now: &[Digests]) -> Vec<String> {
        let mut sink = Sink::default();
        let graph = build(before, &mut sink).expect("a graph");
        let was = digests(graph.len());
        let text = seal::new_text(before, &graph, &was, &Seals::default()).text;
        after.seals = Some(after.sources.add("signoff.sum", text));
        let graph = build(&after, &mut sink).expect("a graph");
        let seals = seal::read(&after, &mut sink).expect("seals");
        seal::verify(&after, &graph, now, &seals, &mut sink);
        let found = sink.diagnostics().iter();
        let found = found.map(|it| format!("{} {}: {}", it.severity.word(), it.code, it.message));
        found.collect()
    }

    fn changed(change: fn(&mut Digests)) -> Vec<String> {
        let mut now = digests(3);
        change(&mut now[1]);
        verified(&sample::tree(TREE), sample::tree(TREE), &now)
    }

    #[test]
    fn nothing_is_said_where_nothing_changed() {
        assert!(changed(|_| {}).is_empty());
        let more = sample::tree(&format!("{TREE}\ndddd < cccc"));
        assert!(verified(&sample::tree(TREE), more, &digests(4)).is_empty());
    }

    #[test]
    fn comments_sql_and_downgrade_are_told_apart() {
        assert_eq!(
            changed(|it| it.up = seal::sha256(b"other")),
            [
                "warning seal-comments-changed: comments or blanks in the upgrade of published revision `bbbb` were changed, no SQL"
            ]
        );
        assert_eq!(
            changed(|it| (it.up, it.up1) = (seal::sha256(b"other"), seal::sha256(b"other"))),
            ["error seal-changed: the SQL of the upgrade of published revision `bbbb` was changed"]
        );
        assert_eq!(
            changed(|it| it.down = seal::sha256(b"other")),
            [
                "warning seal-downgrade-changed: the downgrade of published revision `bbbb` was changed"
            ]
        );
    }

    #[test]
    fn csv_files_are_named() {
        let mut after = sample::tree(TREE);
        let at = after.migrations[1].at;
        let data = |file| {
            Part::Data(Data {
                at,
                file,
                table: "t".to_owned(),
                key: Vec::new(),
                on_conflict: OnConflict::Error,
                columns: Vec::new(),
                rows: Vec::new(),
            })
        };
        let [one, two] =
            ["data/one.csv", "data/two.csv"].map(|path| after.sources.add(path, String::new()));
        after.migrations[1].up = Some(Script {
            body: at,
            parts: vec![data(one), data(two), data(one)],
            settings: Settings::default(),
        });
        let mut now = digests(3);
        (now[1].up, now[1].up1) = (seal::sha256(b"other"), seal::sha256(b"other"));
        let mut sink = Sink::default();
        let graph = build(&after, &mut sink).expect("a graph");
        let text = seal::new_text(&after, &graph, &digests(3), &Seals::default()).text;
        after.seals = Some(after.sources.add("signoff.sum", text));
        let seals = seal::read(&after, &mut sink).expect("seals");
        seal::verify(&after, &graph, &now, &seals, &mut sink);
        let [found] = sink.diagnostics() else {
            panic!("one diagnostic, not {:#?}", sink.diagnostics());
        };
        assert_eq!(
            found.message,
            "the SQL or CSV data of the upgrade of published revision `bbbb` was changed"
        );
        let notes = format!("{found:?}");
        assert!(
            notes.contains("its CSV files count too: `data/one.csv`, `data/two.csv`"),
            "{notes}"
        );
    }

    #[test]
    fn edges_and_absence_are_told() {
        let rewired = sample::tree("aaaa\nbbbb < aaaa\ncccc < aaaa ^ bbbb");
        assert_eq!(
            verified(&sample::tree(TREE), rewired, &digests(3)),
            [
                "error seal-rewired: published revision `cccc` was rewired: it revised `bbbb` and now revises `aaaa`",
                "error seal-rewired: published revision `cccc` was rewired: it depended on nothing and now depends on `bbbb`",
            ]
        );
        assert_eq!(
            verified(
                &sample::tree(TREE),
                sample::tree("aaaa\nbbbb < aaaa"),
                &digests(2)
            ),
            ["error seal-missing: published revision `cccc` is not in the tree"]
        );
    }

    #[test]
    fn numbers_in_between_are_found() {
        let tree = |layout| {
            let after = sample::numbered(layout, "1\n3\n2\n4");
            let was = digests(2);
            let now = [was[0], was[0], was[1], was[0]];
            verified(&sample::numbered(layout, "1\n2"), after, &now)
        };
        let message = "seal-out-of-order: revision `3` stands before `2`, which is published";
        assert_eq!(tree("golang-migrate"), [format!("error {message}")]);
        assert_eq!(tree("diesel"), [format!("note {message}")]);
    }
}
