//! The one revision that a name means: an id, a label, a number, a prefix.

use super::{Resolver, Term};
use crate::diagnostic::Diagnostic;
use crate::graph::build;

impl Resolver<'_> {
    pub(super) fn find_in(&self, name: &str, term: &Term) -> Result<usize, Diagnostic> {
        self.find(name).map_err(|diagnostic| {
            if term.text == name {
                diagnostic
            } else {
                diagnostic.because(format!(
                    "that is the revision in `{}`",
                    term.text.escape_debug()
                ))
            }
        })
    }

    /// An id; a label; in trees that are ordered by number, the same number with other zeros before it; a
    /// prefix of exactly one id.
    pub(in crate::graph) fn find(&self, name: &str) -> Result<usize, Diagnostic> {
        let graph = self.graph;
        if let Some(revision) = graph.find(name).or_else(|| graph.label(name)) {
            return Ok(revision);
        }
        let ids = || {
            graph
                .order()
                .iter()
                .map(|revision| (self.id(*revision), *revision))
        };
        let shown = name.escape_debug();
        if graph.is_numbered() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            let number = |text: &str| text.trim_start_matches('0').to_owned();
            let wanted = number(name);
            let mut same = ids().filter(|(id, _)| number(id) == wanted);
            if let (Some((_, revision)), None) = (same.next(), same.next()) {
                return Ok(revision);
            }
        }
        let candidates: Vec<usize> = ids()
            .filter(|(id, _)| id.starts_with(name))
            .map(|(_, revision)| revision)
            .collect();
        let long_enough = name.chars().count() >= 4;
        Err(match candidates.as_slice() {
            [revision] if long_enough => return Ok(*revision),
            [] => {
                let diagnostic = Diagnostic::error(
                    "unknown-revision",
                    format!("no revision or label is called `{shown}`"),
                );
                let labels = graph.labels().map(|(label, _)| label);
                let mut gone = graph.replacements();
                let gone = gone.find(|(id, _)| *id == name || long_enough && id.starts_with(name));
                if let Some((_, by)) = gone {
                    return Err(diagnostic
                        .at(self.tree.migrations[by].at, "replaces it")
                        .because(format!(
                            "it was squashed into `{}`, which stands for all of what it replaces",
                            self.id(by)
                        ))
                        .help(format!("name `{}`", self.id(by))));
                }
                match build::nearest(name, ids().map(|(id, _)| id).chain(labels)) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic.help("`signoff history` lists them all"),
                }
            }
            several if long_enough => Diagnostic::error(
                "ambiguous-prefix",
                format!(
                    "`{shown}` begins {} ids: {}",
                    several.len(),
                    self.names(several)
                ),
            )
            .help("write more of the id"),
            _ => Diagnostic::error(
                "short-prefix",
                format!("`{shown}` is too short: a prefix of an id needs at least four characters"),
            )
            .help(format!("it begins {}", self.names(&candidates))),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::Sink;
    use crate::graph::{build, revisions, sample};
    use crate::tree::Tree;

    fn found(tree: &Tree, expr: &str) -> String {
        let graph = build(tree, &mut Sink::default()).expect("a graph");
        match revisions(&graph, tree, expr) {
            Ok(found) => {
                let ids = found.iter().map(|at| tree.migrations[*at].id.as_str());
                ids.collect::<Vec<_>>().join(" ")
            }
            Err(diagnostic) => format!("{}: {}", diagnostic.message, diagnostic.help.join("; ")),
        }
    }

    #[test]
    fn names_are_found_by_id_then_label_then_prefix() {
        let tree = sample::tree("27dafa983136\n27da\n27dafb\n1234567 # 27dafa\n12345ff");
        assert_eq!(found(&tree, "27da"), "27da");
        assert_eq!(found(&tree, "27dafa"), "1234567");
        assert_eq!(found(&tree, "27dafa9"), "27dafa983136");
        assert_eq!(
            found(&tree, "27daf"),
            "`27daf` begins 2 ids: `27dafa983136` and `27dafb`: write more of the id"
        );
        assert_eq!(
            found(&tree, "27d"),
            "`27d` is too short: a prefix of an id needs at least four characters: it begins `27da`, `27dafa983136` and `27dafb`"
        );
        assert_eq!(
            found(&tree, "27dafa983163"),
            "no revision or label is called `27dafa983163`: did you mean `27dafa983136`?"
        );
        assert_eq!(
            found(&tree, "27da:x"),
            "`27da:x` is a range where revisions are asked for: leave out the `:` and one side of it"
        );
    }

    #[test]
    fn a_number_is_found_with_other_zeros_before_it() {
        let tree = sample::numbered("golang-migrate", "000001\n000002\n000010");
        assert_eq!(found(&tree, "2"), "000002");
        assert_eq!(found(&tree, "0010"), "000010");
        assert_eq!(found(&tree, "10-1"), "000002");
        assert!(found(&tree, "3").starts_with("no revision or label is called `3`"));
    }

    #[test]
    fn many_candidates_are_not_all_named() {
        let ids: Vec<String> = (0..30).map(|at| format!("abcd{at:02}")).collect();
        let tree = sample::tree(&ids.join("\n"));
        let message = found(&tree, "abcd");
        assert!(message.contains("begins 30 ids: `abcd00`"), "{message}");
        assert!(message.contains("`abcd07` and 22 more"), "{message}");
    }
}
