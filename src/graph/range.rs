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
//! - a step that could lead to several revisions is an error that names them, never a guess; a downgrade by steps
//!   reverts the line that they go down and what stands on it: what that depends on stays, and the other arm of a merge.
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
    let (from, to) = upward(&resolver, expr, "base:head")?;
    let (after, before) = (graph.ancestors(&to), graph.ancestors(&from));
    let gained = |revision: &usize| after[*revision] && !before[*revision];
    let revisions: Vec<usize> = graph.order().iter().copied().filter(gained).collect();
    if revisions.is_empty() || from.iter().any(|revision| !after[*revision]) {
        return Err(resolver.no_way_up(&from, &to));
    }
    Ok(resolver.range(from, to, revisions))
}

/// Both ends of an expression that counts from the base up, where it leaves one out. Empty text is `default`.
fn upward(
    resolver: &Resolver<'_>,
    expr: &str,
    default: &str,
) -> Result<(Vec<usize>, Vec<usize>), Diagnostic> {
    let (from, to) = match resolver.parse(expr, default)? {
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
    Ok((from, to))
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
    let before = graph.ancestors(&from);
    let origins = Origins::downgrade(&from);
    let to = match to.as_slice() {
        // Who counts steps names the line that goes, and not what it depends on, nor the other arm of a merge.
        [term] if term.anchor == Anchor::Implied && matches!(term.steps, Steps::Down(1..)) => {
            resolver.state(&to, &origins)?;
            let lowest = resolver.state(&[term.one_less()], &origins)?;
            let goes = graph.descendants(&lowest);
            graph.tips(&filtered(graph.order(), |revision| {
                before[revision] && !goes[revision]
            }))
        }
        _ => resolver.state(&to, &origins)?,
    };
    let after = graph.ancestors(&to);
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
    let (from, to) = upward(&resolver, expr, "")?;
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
mod tests;
