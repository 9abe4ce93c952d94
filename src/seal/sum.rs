//! The text of `signoff.sum`. Its form is in the text of [`super`]; [`super::read`] reads it back.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Digest, Digests, Edges, NewText, Reseal, Seals, sha256};
use crate::config::table::is_unprintable;
use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::tree::Tree;

/// The line that names the format.
const HEADER: &str = "signoff.sum 1";

pub(super) fn new_text(tree: &Tree, graph: &Graph, digests: &[Digests], seals: &Seals) -> NewText {
    keep(tree, graph, digests, seals, graph.order())
}

pub(super) fn keep(
    tree: &Tree,
    graph: &Graph,
    digests: &[Digests],
    seals: &Seals,
    revisions: &[usize],
) -> NewText {
    let new = |revision: &usize| !seals.contains(id(tree, *revision));
    let added: Vec<usize> = revisions.iter().copied().filter(new).collect();
    let mut lines = old_lines(seals);
    for revision in &added {
        lines.insert(id(tree, *revision), line(tree, graph, digests, *revision));
    }
    NewText {
        text: text(&lines, &seals.reseals),
        added,
    }
}

pub(super) fn reseal(
    tree: &Tree,
    graph: &Graph,
    digests: &[Digests],
    seals: &Seals,
    revision: usize,
    reason: &str,
) -> Result<String, Box<Diagnostic>> {
    let name = id(tree, revision);
    let error = |code, message: String| Diagnostic::error(code, message);
    let Some(sealed) = seals.revisions.get(name) else {
        return Err(Box::new(
            error("not-sealed", format!("revision `{name}` is not sealed yet"))
                .help("`signoff seal` takes it as it is now"),
        ));
    };
    let now = digests[revision];
    if sealed.digests == now {
        return Err(Box::new(
            error(
                "nothing-to-reseal",
                format!("revision `{name}` is what it was when it was sealed"),
            )
            .help("there is nothing to do"),
        ));
    }
    if !graph.is_numbered() && edges(tree, graph, revision) != sealed.edges.seen_in(graph, tree) {
        return Err(Box::new(
            error("seal-rewired", format!("published revision `{name}` stands elsewhere than when it was sealed"))
                .at(tree.migrations[revision].at, "this revision")
                .at(sealed.at, "sealed here")
                .because("a new seal takes other text, not another place: databases that have it applied it where it was")
                .help("put its parents and dependencies back first"),
        ));
    }
    if reason.trim().is_empty() || reason.chars().any(is_unprintable) {
        return Err(Box::new(
            error("bad-reason", "a new seal needs a reason, on one line".to_owned())
                .help("--reason \"typo in a comment\": it stays in `signoff.sum` for those who read it later"),
        ));
    }
    let old = Reseal {
        up: sealed.digests.up,
        up1: Some(sealed.digests.up1),
        down: Some(sealed.digests.down),
        reason: reason.trim().to_owned(),
    };
    let mut reseals = seals.reseals.clone();
    let earlier = reseals.entry(name.to_owned()).or_default();
    if !earlier.contains(&old) {
        earlier.push(old);
    }
    let mut lines = old_lines(seals);
    lines.insert(name, line(tree, graph, digests, revision));
    Ok(text(&lines, &reseals))
}

pub(super) fn tree_digest(
    tree: &Tree,
    graph: &Graph,
    digests: &[Digests],
    target: &[usize],
) -> Digest {
    let within = graph.ancestors(target);
    let lines = (0..graph.len()).filter(|revision| within[*revision]);
    let lines: BTreeMap<&str, String> = lines
        .map(|revision| (id(tree, revision), line(tree, graph, digests, revision)))
        .collect();
    sha256(text(&lines, &BTreeMap::new()).as_bytes())
}

/// Where a revision stands, as its line says it.
pub(super) fn edges(tree: &Tree, graph: &Graph, revision: usize) -> Edges {
    if graph.is_numbered() {
        return Edges::default();
    }
    let sorted = |ids: &mut dyn Iterator<Item = &str>| {
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        ids.sort_unstable();
        ids
    };
    let ids = |revisions: &[usize]| sorted(&mut revisions.iter().map(|at| id(tree, *at)));
    let replaces = tree.migrations[revision].replaces.iter();
    Edges {
        parents: ids(graph.parents(revision)),
        depends_on: ids(graph.depends_on(revision)),
        replaces: sorted(&mut replaces.map(|(id, _)| id.as_str())),
    }
}

impl Edges {
    /// The same in a tree where what was squashed since goes by the name of what it was squashed into.
    #[must_use]
    pub fn seen_in(&self, graph: &Graph, tree: &Tree) -> Self {
        let now = |ids: &[String]| {
            let now = ids.iter().map(|name| match graph.replacement(name) {
                Some(by) => id(tree, by).to_owned(),
                None => name.clone(),
            });
            let mut now: Vec<String> = now.collect();
            now.sort_unstable();
            now.dedup();
            now
        };
        Self {
            parents: now(&self.parents),
            depends_on: now(&self.depends_on),
            replaces: self.replaces.clone(),
        }
    }
}

fn id(tree: &Tree, revision: usize) -> &str {
    tree.migrations[revision].id.as_str()
}

fn line(tree: &Tree, graph: &Graph, digests: &[Digests], revision: usize) -> String {
    let edges = edges(tree, graph, revision);
    sealed_line(id(tree, revision), &edges, digests[revision])
}

fn old_lines(seals: &Seals) -> BTreeMap<&str, String> {
    let lines = seals.revisions.iter().map(|(id, sealed)| {
        let line = sealed_line(id, &sealed.edges, sealed.digests);
        (id.as_str(), line)
    });
    lines.collect()
}

fn sealed_line(id: &str, edges: &Edges, digests: Digests) -> String {
    let mut line = bare_or_quoted(id);
    let lists = [
        ("revises", &edges.parents),
        ("depends_on", &edges.depends_on),
        ("replaces", &edges.replaces),
    ];
    for (key, ids) in lists {
        if !ids.is_empty() {
            let ids: Vec<String> = ids.iter().map(|id| bare_or_quoted(id)).collect();
            let _ = write!(line, " {key}={}", ids.join(","));
        }
    }
    let Digests { up, up1, down } = digests;
    let _ = write!(line, " up={up} up1={up1} down={down}");
    line
}

fn text(lines: &BTreeMap<&str, String>, reseals: &BTreeMap<String, Vec<Reseal>>) -> String {
    let mut text = format!("{HEADER}\n");
    for (id, line) in lines {
        text.push_str(line);
        text.push('\n');
        for reseal in reseals.get(*id).into_iter().flatten() {
            let _ = write!(text, "reseal {} up={}", bare_or_quoted(id), reseal.up);
            if let Some(up1) = reseal.up1 {
                let _ = write!(text, " up1={up1}");
            }
            if let Some(down) = reseal.down {
                let _ = write!(text, " down={down}");
            }
            let _ = writeln!(text, " reason={}", quoted(&reseal.reason));
        }
    }
    text
}

fn bare_or_quoted(id: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if id.bytes().all(bare) && !["reseal", "signoff.sum", ""].contains(&id) {
        id.to_owned()
    } else {
        quoted(id)
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sink;
    use crate::graph::{build, sample};

    const TREE: &str =
        "aaaa\nbbbb < aaaa # left\ncccc < aaaa\ndddd < cccc bbbb\neeee < aaaa ^ left";

    fn digests(seed: &str) -> Vec<Digests> {
        let digest = |part: &str, at: usize| sha256(format!("{seed} {part} {at}").as_bytes());
        let digests = (0..5).map(|at| Digests {
            up: digest("up", at),
            up1: digest("up1", at),
            down: digest("down", at),
        });
        digests.collect()
    }

    /// The tree with this `signoff.sum`, read.
    fn with(text: &str) -> (Tree, Graph, Seals) {
        let mut tree = sample::tree(TREE);
        tree.seals = Some(tree.sources.add("signoff.sum", text.to_owned()));
        let mut sink = Sink::default();
        let graph = build(&tree, &mut sink).expect("a graph");
        let seals = crate::seal::read(&tree, &mut sink).expect("seals");
        (tree, graph, seals)
    }

    #[test]
    fn lines_are_sorted_and_read_back() {
        let (tree, graph, empty) = with("");
        let new = new_text(&tree, &graph, &digests("a"), &empty);
        assert_eq!(new.added, graph.order());
        let lines: Vec<&str> = new.text.lines().collect();
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[0], "signoff.sum 1");
        assert!(lines[1].starts_with("aaaa up=sha256:"));
        assert!(lines[4].starts_with("dddd revises=bbbb,cccc up=sha256:"));
        assert!(lines[5].starts_with("eeee revises=aaaa depends_on=bbbb up=sha256:"));
        let (tree, graph, seals) = with(&new.text);
        let again = new_text(&tree, &graph, &digests("b"), &seals);
        assert_eq!((again.text, again.added), (new.text, vec![]));
    }

    #[test]
    fn a_reseal_keeps_what_was() {
        let (tree, graph, empty) = with("");
        let text = new_text(&tree, &graph, &digests("a"), &empty).text;
        let (tree, graph, seals) = with(&text);
        let (old, new) = (digests("a"), digests("b"));
        let resealed = reseal(&tree, &graph, &new, &seals, 1, "a \"typo\" \\").expect("resealed");
        let (tree, graph, seals) = with(&resealed);
        assert_eq!(seals.sealed("bbbb"), Some(new[1]));
        assert_eq!(seals.sealed("aaaa"), Some(old[0]));
        assert_eq!(seals.accepted("bbbb", new[1].up), [old[1].up]);
        assert_eq!(seals.reasons("bbbb"), ["a \"typo\" \\"]);
        assert_eq!(seals.reasons("aaaa"), Vec::<String>::new());
        let code = |digests: &[Digests], reason: &str| {
            let result = reseal(&tree, &graph, digests, &seals, 1, reason);
            result.expect_err("refused").code
        };
        assert_eq!(code(&new, "x"), "nothing-to-reseal");
        assert_eq!(code(&old, " "), "bad-reason");
        assert_eq!(code(&old, "a\nb"), "bad-reason");
        assert_eq!(code(&old, "a\u{202e}b"), "bad-reason");
        // Git's union of this with a branch that sealed a neighbour: the old line stands there again.
        let old_line = text
            .lines()
            .find(|line| line.starts_with("bbbb"))
            .expect("there");
        let (.., merged) = with(&format!("{old_line}\n{resealed}{old_line}\n{resealed}"));
        assert_eq!(merged.sealed("bbbb"), Some(new[1]));
        assert_eq!(merged.reseals["bbbb"].len(), 1);
    }

    #[test]
    fn the_tree_digest_is_over_ancestors_only() {
        let (tree, graph, _) = with("");
        let now = digests("a");
        let of = |digests: &[Digests], target: &str| {
            tree_digest(
                &tree,
                &graph,
                digests,
                &[graph.find(target).expect("there")],
            )
        };
        let changed = |at: usize| {
            let mut digests = now.clone();
            digests[at].down = sha256(b"other");
            digests
        };
        assert_eq!(of(&now, "eeee"), of(&changed(2), "eeee"));
        assert_ne!(of(&now, "eeee"), of(&changed(1), "eeee"));
        assert_ne!(of(&now, "eeee"), of(&now, "dddd"));
    }

    #[test]
    fn any_id_can_be_sealed() {
        let ids = [
            "reseal",
            "signoff.sum",
            "a b",
            "x=\"y\\",
            "é,ü",
            "#1",
            "<<<<<<<",
        ];
        let sealed = digests("a")[0];
        let mut text = format!("{HEADER}\n");
        for id in ids {
            let edges = Edges {
                parents: ids.map(str::to_owned).to_vec(),
                ..Edges::default()
            };
            let _ = writeln!(text, "{}", sealed_line(id, &edges, sealed));
        }
        let (.., seals) = with(&text);
        for id in ids {
            assert_eq!(seals.sealed(id), Some(sealed), "{id}");
            assert_eq!(seals.revisions[id].edges.parents.len(), ids.len());
        }
    }
}
