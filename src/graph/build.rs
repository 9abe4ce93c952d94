//! From the migrations of a tree to a [`Graph`], or to everything that is wrong with their edges.
//!
//! Reports all it finds before it gives up. Nothing after this file has to doubt an edge.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use names::Names;

use super::{Graph, order};
use crate::diagnostic::{Diagnostic, Sink};
use crate::tree::{Lineage, SEAL_FILE, Tree};

/// Nearest names are looked for this many times; a broken merge can miss thousands of parents.
const SUGGESTIONS: usize = 20;

/// Reads the edges of a tree. `None` where an error was reported: with a doubtful edge no order can be
/// trusted, and a database would be changed in a wrong one.
pub(super) fn build(tree: &Tree, sink: &mut Sink) -> Option<Graph> {
    let mut found = Sink::default();
    let ids = names::ids(tree, &mut found);
    let replaced = names::replaced(tree, &ids, &mut found);
    let labels = names::labels(tree, &ids, &mut found);
    let count = tree.migrations.len();
    let (parents, depends_on): (Vec<_>, Vec<_>) = match tree.lineage {
        Lineage::Parents => {
            let mut reader = Edges {
                tree,
                ids: &ids,
                replaced: &replaced,
                labels: &labels,
                published: published(tree),
                suggestions: SUGGESTIONS,
            };
            let parents = (0..count)
                .map(|revision| reader.parents(revision, &mut found))
                .collect();
            let depends_on = (0..count)
                .map(|revision| reader.depends_on(revision, &mut found))
                .collect();
            (parents, depends_on)
        }
        Lineage::Numbered => {
            let chain = (0..count).map(|revision| revision.checked_sub(1).into_iter().collect());
            (chain.collect(), vec![Vec::new(); count])
        }
    };
    let order = match order::topological(tree, &parents, &depends_on) {
        Ok(order) => order,
        Err(left) => {
            order::cycles(tree, &parents, &depends_on, &left, &mut found);
            Vec::new()
        }
    };
    if tree.lineage == Lineage::Parents {
        dates(tree, &parents, &mut found);
    }
    let broken = found.has_errors();
    sink.join(found);
    let names = Names {
        ids,
        labels,
        replaced,
    };
    (!broken).then(|| assemble(tree.lineage, parents, depends_on, order, names))
}

fn assemble(
    lineage: Lineage,
    parents: Vec<Vec<usize>>,
    depends_on: Vec<Vec<usize>>,
    order: Vec<usize>,
    names: Names<'_>,
) -> Graph {
    let mut position = vec![0; order.len()];
    for (at, revision) in order.iter().enumerate() {
        position[*revision] = at;
    }
    let ordered = |mut edges: Vec<Vec<usize>>| {
        for list in &mut edges {
            list.sort_unstable_by_key(|revision| position[*revision]);
        }
        edges
    };
    let (parents, depends_on) = (ordered(parents), ordered(depends_on));
    let children = reversed(&parents, &order);
    let dependents = reversed(&depends_on, &order);
    let without = |edges: &[Vec<usize>]| {
        let none = order.iter().copied().filter(|at| edges[*at].is_empty());
        none.collect::<Vec<_>>()
    };
    let owned = |names: BTreeMap<&str, usize>| {
        let names = names.into_iter();
        names.map(|(name, at)| (name.to_owned(), at)).collect()
    };
    Graph {
        lineage,
        heads: without(&children),
        bases: without(&parents),
        ids: owned(names.ids),
        labels: owned(names.labels),
        replaced: owned(names.replaced),
        states: BTreeMap::new(),
        parents,
        children,
        depends_on,
        dependents,
        position,
        order,
    }
}

/// The edges the other way round, each list in order.
fn reversed(edges: &[Vec<usize>], order: &[usize]) -> Vec<Vec<usize>> {
    let mut back = vec![Vec::new(); edges.len()];
    for revision in order {
        for to in &edges[*revision] {
            back[*to].push(*revision);
        }
    }
    back
}

/// The ids that the lines of `signoff.sum` begin with. Whether the lines are sound is the seal's matter; those of ids that
/// need quotes, which no native one does, are left out.
fn published(tree: &Tree) -> BTreeSet<&str> {
    let text = tree.seals.map_or("", |file| tree.sources.text(file));
    let words = text
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    words
        .filter(|word| ![SEAL_FILE, "reseal"].contains(word))
        .collect()
}

/// Turns the names in one revision's header into edges.
struct Edges<'a> {
    tree: &'a Tree,
    ids: &'a BTreeMap<&'a str, usize>,
    labels: &'a BTreeMap<&'a str, usize>,
    /// Ids of revisions that another one replaces.
    replaced: &'a BTreeMap<&'a str, usize>,
    /// Ids that `signoff.sum` names.
    published: BTreeSet<&'a str>,
    suggestions: usize,
}

impl Edges<'_> {
    fn parents(&mut self, revision: usize, sink: &mut Sink) -> Vec<usize> {
        let migration = &self.tree.migrations[revision];
        let id = &migration.id;
        let mut parents = Vec::new();
        let mut seen = BTreeMap::new();
        for (name, span) in &migration.parents {
            if let Some(first) = seen.insert(name, *span) {
                sink.push(
                    Diagnostic::error(
                        "parent-twice",
                        format!("revision `{id}` names its parent `{name}` twice"),
                    )
                    .at(*span, "again here")
                    .at(first, "first here")
                    .help("name it once; a merge names two different parents"),
                );
            } else if name == id {
                sink.push(
                    Diagnostic::error("own-parent", format!("revision `{id}` revises itself"))
                        .at(*span, "its own id")
                        .because(
                            "it could never be applied: it would have to be applied before it is",
                        )
                        .help(
                            "name the revision that came before it, or `[]` where it is the first",
                        ),
                );
            } else if let Some(parent) = self.named(name.as_str()) {
                // Two that were squashed into one are one parent.
                if !parents.contains(&parent) {
                    parents.push(parent);
                }
            } else {
                let diagnostic = Diagnostic::error(
                    "missing-parent",
                    format!("revision `{id}` revises `{name}`, which is not in this tree"),
                )
                .at(*span, "no migration has this id")
                .because(
                    "what must be applied before it is unknown, so no script with it can be written",
                );
                sink.push(self.suggest(name.as_str(), diagnostic));
            }
        }
        parents
    }

    fn depends_on(&mut self, revision: usize, sink: &mut Sink) -> Vec<usize> {
        let migration = &self.tree.migrations[revision];
        let id = &migration.id;
        let mut dependencies = Vec::new();
        for (name, span) in &migration.depends_on {
            let name = name.as_str();
            let found = self.named(name).or_else(|| self.labels.get(name).copied());
            let Some(dependency) = found else {
                let diagnostic = Diagnostic::error(
                    "missing-dependency",
                    format!("revision `{id}` depends on `{name}`, which is neither an id nor a label of this tree"),
                )
                .at(*span, "no migration has this id or label")
                .because("what must be applied before it is unknown, so no script with it can be written");
                sink.push(self.suggest(name, diagnostic));
                continue;
            };
            if dependency == revision {
                sink.push(
                    Diagnostic::error(
                        "own-dependency",
                        format!("revision `{id}` depends on itself"),
                    )
                    .at(*span, "its own id or label")
                    .because("it could never be applied: it would have to be applied before it is")
                    .help("name a revision of another branch, or remove this"),
                );
            } else if !dependencies.contains(&dependency) {
                dependencies.push(dependency);
            }
        }
        dependencies
    }

    /// The revision of that id, or the one that took its place.
    fn named(&self, id: &str) -> Option<usize> {
        self.ids.get(id).or_else(|| self.replaced.get(id)).copied()
    }

    fn suggest(&mut self, name: &str, diagnostic: Diagnostic) -> Diagnostic {
        if self.published.contains(name) {
            return diagnostic.help(format!(
                "`{name}` is published in {SEAL_FILE}; its file is gone: bring it back from version control (`git log --diff-filter=D` finds the commit that deleted it)"
            ));
        }
        let restore = "bring its file back (`git log --diff-filter=D` finds it), or name a revision of this tree";
        if self.suggestions == 0 {
            return diagnostic.help(restore);
        }
        self.suggestions -= 1;
        match nearest(name, self.ids.keys().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`? Else {restore}")),
            None => diagnostic.help(restore),
        }
    }
}

/// The most similar of `names`, if it is similar enough to be what was meant.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    // A name that differs from a long one by more than this is another name; no need to measure it.
    let close = |other: &str| other.len().abs_diff(name.len()) <= length / 2 + 1;
    names
        .filter(|other| close(other))
        .map(|other| (strsim::damerau_levenshtein(name, other), other))
        .filter(|(distance, _)| *distance <= (length / 4).max(1))
        .min()
        .map(|(_, other)| other)
}

/// Tells where a revision says it is older than its parent: a slip, or the trace of a rebase.
fn dates(tree: &Tree, parents: &[Vec<usize>], sink: &mut Sink) {
    for (migration, parents) in tree.migrations.iter().zip(parents) {
        let Some((created, span)) = migration.created else {
            continue;
        };
        for parent in parents {
            let parent = &tree.migrations[*parent];
            if let Some((before, other)) = parent.created
                && created < before
            {
                let (id, parent) = (&migration.id, &parent.id);
                sink.push(
                    Diagnostic::note(
                        "created-before-parent",
                        format!("revision `{id}` says it was created before its parent `{parent}`"),
                    )
                    .at(span, "created here")
                    .at(other, "its parent")
                    .because("the order follows `revises`, so a database sees no difference; people who sort by date do")
                    .help(format!("so it is after a rebase, and may stay; else check that `{parent}` is the right parent. The date is free to change")),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::sample;

    /// The one diagnostic of a tree: code, message, labels as `line text`.
    fn only(text: &str) -> (String, Vec<String>) {
        let tree = sample::tree(text);
        let mut sink = Sink::default();
        let graph = build(&tree, &mut sink);
        let [diagnostic] = sink.diagnostics() else {
            panic!("one diagnostic, not {:#?}", sink.diagnostics());
        };
        assert_eq!(graph.is_none(), sink.has_errors());
        let labels = diagnostic.labels.iter().map(|label| {
            let line = tree
                .sources
                .position(label.span.file, label.span.start)
                .line;
            format!("{line} {} {}", tree.sources.slice(label.span), label.text)
        });
        let helps = diagnostic.help.concat();
        (
            format!("{}: {}; {helps}", diagnostic.code, diagnostic.message),
            labels.collect(),
        )
    }

    #[test]
    fn a_cycle_is_told_whole() {
        let (message, labels) = only("dddd < bbbb\nbbbb < aaaa\naaaa ^ cccc\ncccc < bbbb\nroot");
        assert!(message.contains("aaaa → cccc → bbbb → aaaa;"), "{message}");
        assert_eq!(
            labels,
            [
                "3 cccc `aaaa` depends on `cccc`",
                "4 bbbb `cccc` revises `bbbb`",
                "2 aaaa `bbbb` revises `aaaa`",
            ]
        );
    }

    #[test]
    fn a_long_cycle_is_cut() {
        use std::fmt::Write as _;
        let mut text = "r0000 < r0999\n".to_owned();
        for at in 1..1000 {
            let _ = writeln!(text, "r{at:04} < r{:04}", at - 1);
        }
        let (message, labels) = only(&text);
        assert!(message.contains("… 950 more … → r0000"), "{message}");
        assert_eq!(labels.len(), order::SHOWN);
    }

    #[test]
    fn names_that_lead_nowhere() {
        let (message, labels) = only("27dafa983136\n5b1e0c2d9f47 < 27dafa983163");
        assert!(message.contains("missing-parent: revision `5b1e0c2d9f47` revises `27dafa983163`"));
        assert!(
            message.contains("did you mean `27dafa983136`?"),
            "{message}"
        );
        assert_eq!(labels, ["2 27dafa983163 no migration has this id"]);
        assert!(only("aaaa ^ billing").0.starts_with("missing-dependency"));
    }

    #[test]
    fn a_published_name_is_not_taken_for_a_misspelt_one() {
        let mut tree = sample::tree("aaaa\nbbbb < aaab\ncccc < aaaa ^ aaab");
        let sum = "signoff.sum 1\naaaa up=x\naaab revises=aaaa up=x\nreseal aaac up=x\n";
        tree.seals = Some(tree.sources.add("signoff.sum", sum.to_owned()));
        let mut sink = Sink::default();
        assert!(build(&tree, &mut sink).is_none());
        let helps: Vec<String> = sink
            .diagnostics()
            .iter()
            .map(|it| it.help.concat())
            .collect();
        assert_eq!(helps.len(), 2);
        for help in helps {
            assert!(
                help.starts_with(
                    "`aaab` is published in signoff.sum; its file is gone: bring it back"
                ),
                "{help}"
            );
        }
    }

    #[test]
    fn names_said_twice() {
        let (message, labels) = only("aaaa\naaaa");
        assert!(message.starts_with("duplicate-revision: two migrations have the id `aaaa`"));
        assert_eq!(labels, ["2 aaaa this id is already taken", "1 aaaa here"]);
        assert!(only("aaaa\nbbbb < aaaa aaaa").0.starts_with("parent-twice"));
        assert!(only("aaaa # x\nbbbb # x").0.starts_with("duplicate-label"));
        assert!(only("aaaa # bbbb\nbbbb").0.starts_with("label-is-an-id"));
        assert!(only("aaaa < aaaa").0.starts_with("own-parent"));
        assert!(only("aaaa # x ^ x").0.starts_with("own-dependency"));
    }

    #[test]
    fn a_date_before_its_parents_is_a_note() {
        let (message, labels) = only("aaaa @3\nbbbb < aaaa @2");
        assert!(message.starts_with("created-before-parent"));
        assert_eq!(labels, ["2 @2 created here", "1 @3 its parent"]);
    }

    #[test]
    fn all_is_reported_at_once() {
        let tree = sample::tree("aaaa < gone\nbbbb < cccc\ncccc < bbbb\naaaa");
        let mut sink = Sink::default();
        assert!(build(&tree, &mut sink).is_none());
        let codes: Vec<&str> = sink.diagnostics().iter().map(|it| it.code).collect();
        assert_eq!(codes, ["duplicate-revision", "missing-parent", "cycle"]);
    }

    #[test]
    fn numbers_are_a_chain() {
        let tree = sample::numbered("sqlx", "3\n1\n2");
        let graph = build(&tree, &mut Sink::default()).expect("a graph");
        assert!(graph.is_numbered());
        assert_eq!(graph.order(), [0, 1, 2]);
        assert_eq!(graph.heads(), [2]);
        assert_eq!(graph.parents(1), [0]);
    }
}
