//! What a revision expression means in a graph: the state before, the state after, and what runs between.
//!
//! A *state* is a set of revisions that holds the ancestors of each of its members; it is named by its heads,
//! and `base` is the empty one. Because no database is asked, relative words count from the tree:
//!
//! - `upgrade X` is `base:X`, `upgrade` is `base:head`, `a:` is `a:head` and `:b` is `base:b`;
//! - `a:+n` goes n steps up from `a`, a lone `+n` n steps up from the base;
//! - `-n` goes n steps down from the tree's head, `rev-n` from a revision. On the right of a downgrade it
//!   counts from the left side, so `downgrade head:-1` and `downgrade -1` are `head:head-1`;
//! - `downgrade base` is `head:base`; everything else that a downgrade takes is a whole range `from:to`,
//!   where `to` stays applied;
//! - a step that could lead to several revisions is an error that names them, never a guess.
//!
//! `upgrade a:b` runs exactly the ancestors of `b` (itself included, by parents and dependencies) that are
//! not ancestors of `a`; `downgrade b:a` runs the same revisions the other way round.

use super::expression::{Anchor, Expression, Side, Steps, Term};
use super::resolve::{Origins, Resolver, filtered};
use super::{Graph, Range};
use crate::diagnostic::Diagnostic;
use crate::tree::Tree;

/// What an upgrade by this expression runs. Empty text is `base:head`.
pub(super) fn upgrade_range(graph: &Graph, tree: &Tree, expr: &str) -> Result<Range, Diagnostic> {
    let resolver = Resolver { graph, tree };
    resolver.not_empty()?;
    let (from, to) = match resolver.parse(expr, "base:head")? {
        Expression::State(to) => (Side::Open, Side::Terms(to)),
        Expression::Range(from, to) => (from, to),
    };
    let from = match from {
        Side::Open => Vec::new(),
        Side::Terms(terms) => resolver.state(&terms, &Origins::left())?,
    };
    let to = match to {
        Side::Open => vec![resolver.head()?],
        Side::Terms(terms) => resolver.state(&terms, &Origins::upgrade(&from))?,
    };
    let (after, before) = (graph.ancestors(&to), graph.ancestors(&from));
    let gained = |revision: &usize| after[*revision] && !before[*revision];
    let revisions: Vec<usize> = graph.order().iter().copied().filter(gained).collect();
    if revisions.is_empty() || from.iter().any(|revision| !after[*revision]) {
        return Err(resolver.no_way_up(&from, &to));
    }
    Ok(resolver.range(from, to, revisions))
}

/// What a downgrade by this expression runs.
pub(super) fn downgrade_range(graph: &Graph, tree: &Tree, expr: &str) -> Result<Range, Diagnostic> {
    let resolver = Resolver { graph, tree };
    resolver.not_empty()?;
    if expr.trim().is_empty() {
        return Err(needs_range(
            "a downgrade needs to know what is applied now and what shall stay",
        )
        .help("write `from:to`, for example `head:head-1`, or `head:base` for everything"));
    }
    let (from, to) = match resolver.parse(expr, "")? {
        Expression::State(to) => {
            let relative = to.iter().all(|term| {
                matches!(
                    (&term.anchor, term.steps),
                    (Anchor::Implied | Anchor::Head, Steps::Down(_)) | (Anchor::Base, Steps::None)
                )
            });
            if !relative {
                let text = expr.trim().escape_debug();
                let named = to.iter().all(|term| matches!(term.anchor, Anchor::Name(_)));
                let example = if named {
                    format!("`head:{text}` if the database is at the head")
                } else {
                    "for example `head:head-1`".to_owned()
                };
                return Err(needs_range(&format!(
                    "`downgrade {text}` does not say what is applied now"
                ))
                .help(format!(
                    "write `from:to`, where `to` stays applied: {example}"
                )));
            }
            (vec![resolver.head()?], to)
        }
        Expression::Range(Side::Terms(from), Side::Terms(to)) => {
            (resolver.state(&from, &Origins::left())?, to)
        }
        Expression::Range(Side::Open, _) => {
            return Err(needs_range("the range does not say what is applied now")
                .help("write it before the `:`, for example `head:base`"));
        }
        Expression::Range(_, Side::Open) => {
            return Err(
                needs_range("the range does not say what shall stay applied")
                    .help("write it after the `:`; `base` is nothing at all"),
            );
        }
    };
    let to = resolver.state(&to, &Origins::downgrade(&from))?;
    let (after, before) = (graph.ancestors(&to), graph.ancestors(&from));
    let lost = |revision: &usize| before[*revision] && !after[*revision];
    let revisions: Vec<usize> = graph.order().iter().rev().copied().filter(lost).collect();
    if revisions.is_empty() || to.iter().any(|revision| !before[*revision]) {
        return Err(resolver.no_way_down(&from, &to));
    }
    Ok(resolver.range(from, to, revisions))
}

/// What a stamp by this expression records.
pub(super) fn stamp_range(graph: &Graph, tree: &Tree, expr: &str) -> Result<Range, Diagnostic> {
    let resolver = Resolver { graph, tree };
    resolver.not_empty()?;
    let (from, to) = match resolver.parse(expr, "")? {
        Expression::State(to) => (Side::Open, Side::Terms(to)),
        Expression::Range(from, to) => (from, to),
    };
    let from = match from {
        Side::Open => Vec::new(),
        Side::Terms(terms) => resolver.state(&terms, &Origins::left())?,
    };
    let to = match to {
        Side::Open => vec![resolver.head()?],
        Side::Terms(terms) => resolver.state(&terms, &Origins::upgrade(&from))?,
    };
    let (after, before) = (graph.ancestors(&to), graph.ancestors(&from));
    let gained = filtered(graph.order(), |revision| {
        after[revision] && !before[revision]
    });
    Ok(resolver.range(from, to, gained))
}

/// What `history -r` shows.
pub(super) fn history(graph: &Graph, tree: &Tree, expr: &str) -> Result<Vec<usize>, Diagnostic> {
    let resolver = Resolver { graph, tree };
    let (from, to) = match resolver.parse(expr, ":")? {
        Expression::State(terms) => {
            let mut state = resolver.state(&terms, &Origins::left())?;
            state.sort_unstable_by_key(|revision| graph.position(*revision));
            return Ok(state);
        }
        Expression::Range(from, to) => (from, to),
    };
    // `-3:current` is three back from there. Where the right side needs the left, that one counts from the head.
    let back = |term: &Term| term.anchor == Anchor::Implied && matches!(term.steps, Steps::Down(_));
    let fixed = |term: &Term| term.anchor != Anchor::Implied;
    let end = match (&from, &to) {
        (Side::Terms(from), Side::Terms(to)) if from.iter().all(back) && to.iter().all(fixed) => {
            Some(resolver.state(to, &Origins::left())?)
        }
        (Side::Open | Side::Terms(_), Side::Open | Side::Terms(_)) => None,
    };
    let (from, branch) = match from {
        Side::Open => (Vec::new(), None),
        Side::Terms(terms) => {
            let branch = match terms.as_slice() {
                [term] if term.anchor == Anchor::Base && term.steps == Steps::None => {
                    term.branch.as_deref()
                }
                _ => None,
            };
            let branch = branch.map(|name| resolver.find(name)).transpose()?;
            let branch = branch.map(|carrier| graph.branch(carrier));
            let origins = end.as_deref().map_or_else(Origins::left, Origins::back);
            (resolver.state(&terms, &origins)?, branch)
        }
    };
    let to = match to {
        Side::Open if from.is_empty() || branch.is_some() => graph.heads().to_vec(),
        // Other branches do not begin there.
        Side::Open => {
            let above = from
                .iter()
                .flat_map(|revision| graph.heads_above(*revision));
            above.collect()
        }
        Side::Terms(terms) => resolver.state(&terms, &Origins::upgrade(&from))?,
    };
    let (after, mut before) = (graph.ancestors(&to), graph.ancestors(&from));
    for revision in &from {
        before[*revision] = false;
    }
    let shown = filtered(graph.order(), |revision| match &branch {
        Some(covered) => after[revision] && covered[revision],
        None => after[revision] && !before[revision],
    });
    let outside = filtered(&from, |revision| !after[revision]);
    if branch.is_none() && !outside.is_empty() {
        let (a, b) = (resolver.shown(&outside), resolver.shown(&to));
        return Err(
            Diagnostic::error("not-above", format!("{b} does not stand on {a}"))
                .help("the older one goes first: `from:to`; `signoff history` shows all"),
        );
    }
    Ok(shown)
}

/// The revisions that an expression without `:` names: `history`, `seal --reseal`, `revision --head` and the
/// like. Empty means `base`.
pub(super) fn revisions(graph: &Graph, tree: &Tree, expr: &str) -> Result<Vec<usize>, Diagnostic> {
    let resolver = Resolver { graph, tree };
    match resolver.parse(expr, "")? {
        Expression::State(terms) => resolver.state(&terms, &Origins::left()),
        Expression::Range(..) => Err(Diagnostic::error(
            "bad-expression",
            format!(
                "`{}` is a range where revisions are asked for",
                expr.trim().escape_debug()
            ),
        )
        .help("leave out the `:` and one side of it")),
    }
}

fn needs_range(message: &str) -> Diagnostic {
    Diagnostic::error("downgrade-needs-range", message)
        .because("no database is asked here, so the script must be told both ends")
}

impl Resolver<'_> {
    fn no_way_up(&self, from: &[usize], to: &[usize]) -> Diagnostic {
        let (a, b) = (self.shown(from), self.shown(to));
        let mut diagnostic = Diagnostic::error(
            "nothing-to-upgrade",
            format!("there is no way up from {a} to {b}"),
        );
        let (below, above) = (self.graph.ancestors(from), self.graph.ancestors(to));
        if to.iter().all(|revision| below[*revision]) {
            if from.iter().all(|revision| above[*revision]) {
                return diagnostic.because("both are the same state, so nothing would run");
            }
            diagnostic =
                diagnostic.because(format!("{b} is already part of {a}, so nothing would run"));
            return diagnostic.help(format!(
                "to go back, use `signoff downgrade {}:{}`",
                self.list(from),
                self.list(to)
            ));
        }
        let outside = filtered(from, |revision| !above[revision]);
        diagnostic
            .because(format!("{b} does not stand on {}", self.shown(&outside)))
            .help(format!(
                "where that stays applied, name it on both sides: `{}:{},{}`",
                self.list(from),
                self.list(to),
                self.list(&outside)
            ))
    }

    fn no_way_down(&self, from: &[usize], to: &[usize]) -> Diagnostic {
        let (a, b) = (self.shown(from), self.shown(to));
        let diagnostic = Diagnostic::error(
            "nothing-to-downgrade",
            format!("there is no way down from {a} to {b}"),
        );
        let (below, above) = (self.graph.ancestors(from), self.graph.ancestors(to));
        if from.iter().all(|revision| above[*revision]) {
            if to.iter().all(|revision| below[*revision]) {
                return diagnostic.because("both are the same state, so nothing would run");
            }
            return diagnostic
                .because(format!("{b} stands on {a}, so nothing would be reverted"))
                .help(format!(
                    "to go there, use `signoff upgrade {}:{}`",
                    self.list(from),
                    self.list(to)
                ));
        }
        let outside = filtered(to, |revision| !below[revision]);
        diagnostic
            .because(format!(
                "{} is not part of {a}, so it cannot stay",
                self.shown(&outside)
            ))
            .help(format!(
                "name every head of what is applied before the `:`, joined by `,`: `{},{}`",
                self.list(from),
                self.list(&outside)
            ))
    }

    fn range(&self, from: Vec<usize>, to: Vec<usize>, revisions: Vec<usize>) -> Range {
        Range {
            from_name: self.short_name(&from),
            to_name: self.short_name(&to),
            from,
            to,
            revisions,
        }
    }

    fn short_name(&self, state: &[usize]) -> String {
        if state.is_empty() {
            return "base".to_owned();
        }
        if state.len() > 1 && state == self.graph.heads() {
            return "heads".to_owned();
        }
        let safe = |text: &str| {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
            text.replace(|c: char| !plain(c), "_")
        };
        let ids: Vec<String> = state
            .iter()
            .map(|revision| safe(self.id(*revision)))
            .collect();
        ids.join("+")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sink;
    use crate::graph::{build, sample};

    /// root ─ a1 ─ a2 ┐        labels: alpha on a1, beta on b1
    ///      └ b1 ─ b2 ┴ mm ─ top
    const DIAMOND: &str = "root\na1aa < root # alpha\na2aa < a1aa\nb1bb < root # beta\nb2bb < b1bb\nmmmm < a2aa b2bb\ntopp < mmmm";
    /// Two heads, of which one depends on the other's first revision.
    const FORK: &str =
        "root\na1aa < root # alpha\na2aa < a1aa\nb1bb < root ^ a1aa # beta\nb2bb < b1bb";

    fn run(
        text: &str,
        expr: &str,
        range: fn(&Graph, &Tree, &str) -> Result<Range, Diagnostic>,
    ) -> String {
        let tree = sample::tree(text);
        let graph = build(&tree, &mut Sink::default()).expect("a graph");
        match range(&graph, &tree, expr) {
            Ok(range) => {
                let ids = range
                    .revisions
                    .iter()
                    .map(|at| tree.migrations[*at].id.as_str());
                let ids: Vec<&str> = ids.collect();
                format!(
                    "{} to {}: {}",
                    range.from_name,
                    range.to_name,
                    ids.join(" ")
                )
            }
            Err(diagnostic) => format!("{}: {}", diagnostic.code, diagnostic.message),
        }
    }

    fn up(text: &str, expr: &str) -> String {
        run(text, expr, upgrade_range)
    }

    fn down(text: &str, expr: &str) -> String {
        run(text, expr, downgrade_range)
    }

    #[test]
    fn upgrades() {
        let all = "base to topp: root a1aa a2aa b1bb b2bb mmmm topp";
        for expr in [
            "",
            "head",
            "base:head",
            ":",
            "base:",
            ":head",
            "heads",
            "topp",
        ] {
            assert_eq!(up(DIAMOND, expr), all, "{expr}");
        }
        assert_eq!(up(DIAMOND, "a2aa"), "base to a2aa: root a1aa a2aa");
        assert_eq!(up(DIAMOND, "a2aa:mmmm"), "a2aa to mmmm: b1bb b2bb mmmm");
        assert_eq!(up(DIAMOND, "a2aa,b1bb:-1"), "a2aa+b1bb to mmmm: b2bb mmmm");
        assert_eq!(up(DIAMOND, "a1aa:+1"), "a1aa to a2aa: a2aa");
        assert_eq!(up(DIAMOND, "mmmm-0:topp"), "mmmm to topp: topp");
        assert_eq!(up(DIAMOND, "+1"), "base to root: root");
        assert_eq!(up(DIAMOND, "root:alpha@+2"), "root to a2aa: a1aa a2aa");
        assert_eq!(
            up(DIAMOND, "topp-1"),
            "base to mmmm: root a1aa a2aa b1bb b2bb mmmm"
        );
        assert_eq!(up(DIAMOND, "root:alpha@mmmm-1"), "root to a2aa: a1aa a2aa");
    }

    #[test]
    fn forks() {
        assert_eq!(
            up(FORK, ""),
            "several-heads: `migrations` has 2 heads: `a2aa` and `b2bb`"
        );
        assert_eq!(up(FORK, "heads"), "base to heads: root a1aa a2aa b1bb b2bb");
        assert_eq!(up(FORK, "beta@head"), "base to b2bb: root a1aa b1bb b2bb");
        assert_eq!(up(FORK, "a1aa@head"), "base to a2aa: root a1aa a2aa");
        assert_eq!(
            up(FORK, "root@head"),
            "several-heads: `root` has 2 heads: `a2aa` and `b2bb`"
        );
        assert_eq!(up(FORK, "beta@-1"), "base to b1bb: root a1aa b1bb");
        assert_eq!(
            up(FORK, "+2"),
            "ambiguous-step: `+2` could go up to 2 revisions: `a1aa` and `b1bb`"
        );
        assert_eq!(up(FORK, "a2aa:heads"), "a2aa to heads: b1bb b2bb");
        assert_eq!(down(FORK, "heads:a2aa"), "heads to a2aa: b2bb b1bb");
        assert_eq!(
            down(FORK, "-1"),
            "several-heads: `migrations` has 2 heads: `a2aa` and `b2bb`"
        );
        assert_eq!(down(FORK, "heads:a2aa,b1bb"), "heads to a2aa+b1bb: b2bb");
    }

    #[test]
    fn downgrades() {
        let all = "topp to base: topp mmmm b2bb b1bb a2aa a1aa root";
        for expr in ["base", "head:base", "topp:base"] {
            assert_eq!(down(DIAMOND, expr), all, "{expr}");
        }
        for expr in ["-1", "head:head-1", "head-1", "head:-1", "topp:mmmm"] {
            assert_eq!(down(DIAMOND, expr), "topp to mmmm: topp", "{expr}");
        }
        assert_eq!(down(DIAMOND, "a2aa:-1"), "a2aa to a1aa: a2aa");
        assert_eq!(down(DIAMOND, "root:-1"), "root to base: root");
        assert_eq!(down(DIAMOND, "mmmm:a2aa"), "mmmm to a2aa: mmmm b2bb b1bb");
        assert_eq!(down(DIAMOND, "mmmm:a2aa,b2bb"), "mmmm to a2aa+b2bb: mmmm");
    }

    #[test]
    fn errors_name_what_they_mean() {
        assert_eq!(
            down(DIAMOND, ""),
            "downgrade-needs-range: a downgrade needs to know what is applied now and what shall stay"
        );
        assert_eq!(
            down(DIAMOND, "a1aa"),
            "downgrade-needs-range: `downgrade a1aa` does not say what is applied now"
        );
        assert!(down(DIAMOND, ":base").starts_with("downgrade-needs-range"));
        assert!(down(DIAMOND, "head:").starts_with("downgrade-needs-range"));
        assert_eq!(
            down(DIAMOND, "-2"),
            "ambiguous-step: `-2` could go down to 2 revisions: `a2aa` and `b2bb`"
        );
        assert_eq!(
            down(DIAMOND, "a1aa:-3"),
            "walked-too-far: `-3` goes too far: there are only 2 revisions below it"
        );
        assert_eq!(
            up(DIAMOND, "topp:+1"),
            "walked-too-far: `+1` goes too far: there is nothing above it"
        );
        assert_eq!(
            up(DIAMOND, "a1aa:b2bb"),
            "nothing-to-upgrade: there is no way up from `a1aa` to `b2bb`"
        );
        assert_eq!(
            up(DIAMOND, "head:a1aa"),
            "nothing-to-upgrade: there is no way up from `topp` to `a1aa`"
        );
        assert_eq!(
            down(DIAMOND, "a1aa:b1bb"),
            "nothing-to-downgrade: there is no way down from `a1aa` to `b1bb`"
        );
        assert_eq!(
            down(DIAMOND, "a1aa:topp"),
            "nothing-to-downgrade: there is no way down from `a1aa` to `topp`"
        );
        assert_eq!(
            up(DIAMOND, "current"),
            "current-is-unknown: `current` is what a database has, and no database is asked here"
        );
        assert_eq!(
            up("", "head"),
            "empty-tree: `migrations` holds no revisions, so there is nothing to run"
        );
        assert_eq!(
            up(DIAMOND, "alpha@b2bb"),
            "not-on-branch: revision `b2bb` is not on the branch of `alpha`"
        );
    }

    #[test]
    fn names_become_file_names() {
        assert_eq!(up("a/b:c\nx..y < a/b:c", "a/b:c"), "base to a_b_c: a/b:c");
    }
}
