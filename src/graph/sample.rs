//! Trees for the tests of this room and of those that need a graph: edges in a few words, no files.

use std::fmt::Write as _;

use crate::name::RevisionId;
use crate::source::{Sources, Span};
use crate::tree::{Lineage, Migration, Record, Tree, layout};

/// One revision by numbers.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Its id.
    pub(crate) id: String,
    /// Indices of its parents.
    pub(crate) parents: Vec<usize>,
    /// Indices of what it depends on.
    pub(crate) depends_on: Vec<usize>,
    /// Its label. What depends on it then says the label.
    pub(crate) label: Option<String>,
    /// Day of January 2025 on which it was written; 0 is no date.
    pub(crate) day: u64,
}

/// A tree of these revisions.
pub(crate) fn nodes(nodes: &[Node]) -> Tree {
    let mut text = String::new();
    for node in nodes {
        let id = |at: &usize| format!(" {}", nodes[*at].id);
        let name = |at: &usize| {
            let label = nodes[*at].label.as_ref();
            label.map_or_else(|| id(at), |label| format!(" {label}"))
        };
        let parents: String = node.parents.iter().map(id).collect();
        let depends_on: String = node.depends_on.iter().map(name).collect();
        let label = node.label.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "{} <{parents} ^{depends_on} # {label} @{}",
            node.id, node.day
        );
    }
    tree(&text)
}

/// A line is a revision: its id, `< parents`, `^ what it depends on`, `# labels`, `= what it replaces`, `@day`.
pub(crate) fn tree(text: &str) -> Tree {
    let mut sources = Sources::default();
    let file = sources.add("tree", text.to_owned());
    let span = |part: &str| {
        let start = part.as_ptr().addr() - text.as_ptr().addr();
        Span::new(file, start..start + part.len())
    };
    let id = |part: &str| RevisionId::foreign(part).expect("an id");
    let mut migrations = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let name = words.next().expect("an id");
        let mut migration = Migration {
            id: id(name),
            at: span(name),
            message: String::new(),
            parents: Vec::new(),
            depends_on: Vec::new(),
            labels: Vec::new(),
            created: None,
            recreates: Vec::new(),
            replaces: Vec::new(),
            allow: Vec::new(),
            up: None,
            down: None,
            irreversible: None,
            record: Record::new(),
        };
        let mut list = "";
        for word in words {
            match (word, list) {
                ("<" | "^" | "#" | "=", _) => list = word,
                (day, _) if day.starts_with('@') => {
                    let day: i64 = day[1..].parse().expect("a day");
                    let at = jiff::Timestamp::from_second(1_735_689_600 + day * 86_400);
                    migration.created = (day > 0).then(|| (at.expect("a time"), span(word)));
                }
                (word, "<") => migration.parents.push((id(word), span(word))),
                (word, "=") => migration.replaces.push((id(word), span(word))),
                (word, "^") => migration.depends_on.push((word.to_owned(), span(word))),
                (word, _) => migration.labels.push((word.to_owned(), span(word))),
            }
        }
        migrations.push(migration);
    }
    Tree {
        root: "migrations".into(),
        layout: "native",
        lineage: Lineage::Parents,
        order: layout_named("native").order,
        sources,
        migrations,
        repeatables: Vec::new(),
        seals: None,
    }
}

fn layout_named(name: &str) -> &'static layout::Layout {
    let mut known = layout::LAYOUTS.iter();
    known
        .find(|known| known.name == name)
        .expect("a layout that is built")
}

/// The same tree, ordered by its lines alone.
pub(crate) fn numbered(layout: &'static str, text: &str) -> Tree {
    Tree {
        layout,
        lineage: Lineage::Numbered,
        order: layout_named(layout).order,
        ..tree(text)
    }
}
