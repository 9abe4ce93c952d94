//! Which revisions the terms of an expression name in a graph.
//!
//! Finds ids, labels, numbers and prefixes, and counts steps; does not know what an upgrade or a downgrade is
//! ([`super::range`] does). Where two answers are possible it names them and chooses none.

mod names;

use super::Graph;
use super::expression::{Anchor, Expression, Steps, Term, parse};
use crate::diagnostic::Diagnostic;
use crate::tree::Tree;

/// Candidates that an error names.
const NAMED: usize = 8;

/// Where steps without an anchor begin.
pub(super) struct Origins<'a> {
    up: Origin<'a>,
    down: Origin<'a>,
}

enum Origin<'a> {
    State(&'a [usize]),
    Head,
}

impl<'a> Origins<'a> {
    pub(super) fn left() -> Self {
        Self {
            up: Origin::State(&[]),
            down: Origin::Head,
        }
    }

    /// On the left, where the right is this.
    pub(super) fn back(to: &'a [usize]) -> Self {
        Self {
            up: Origin::State(&[]),
            down: Origin::State(to),
        }
    }

    pub(super) fn upgrade(from: &'a [usize]) -> Self {
        Self {
            up: Origin::State(from),
            down: Origin::Head,
        }
    }

    pub(super) fn downgrade(from: &'a [usize]) -> Self {
        Self {
            up: Origin::State(from),
            down: Origin::State(from),
        }
    }
}

/// A graph with its tree, to read terms in.
pub(super) struct Resolver<'a> {
    pub(super) graph: &'a Graph,
    pub(super) tree: &'a Tree,
}

impl Resolver<'_> {
    pub(super) fn parse(&self, expr: &str, default: &str) -> Result<Expression, Diagnostic> {
        let expr = if expr.trim().is_empty() {
            default
        } else {
            expr
        };
        parse(expr, &|text| self.graph.find(text).is_some())
    }

    pub(super) fn not_empty(&self) -> Result<(), Diagnostic> {
        if self.graph.is_empty() {
            return Err(Diagnostic::error(
                "empty-tree",
                format!(
                    "`{}` holds no revisions, so there is nothing to run",
                    self.tree.root
                ),
            )
            .path(self.tree.root.clone())
            .help("write the first one with `signoff revision -m \"…\"`"));
        }
        Ok(())
    }

    pub(super) fn state(
        &self,
        terms: &[Term],
        origins: &Origins,
    ) -> Result<Vec<usize>, Diagnostic> {
        let mut state = Vec::new();
        for term in terms {
            state.extend(self.term(term, origins)?);
        }
        Ok(self.graph.tips(&state))
    }

    fn term(&self, term: &Term, origins: &Origins) -> Result<Vec<usize>, Diagnostic> {
        let branch = match &term.branch {
            Some(name) => Some((name.as_str(), self.find(name)?)),
            None => None,
        };
        let start = match (&term.anchor, term.steps) {
            (Anchor::Base, Steps::None) => match branch {
                Some((_, revision)) => self.below_branch(revision, origins),
                None => Vec::new(),
            },
            (Anchor::Base, _) => Vec::new(),
            (Anchor::Head, _) => vec![self.head_of(branch)?],
            (Anchor::Heads, _) => match branch {
                Some((_, revision)) => self.graph.heads_above(revision),
                None => self.graph.heads().to_vec(),
            },
            (Anchor::Current, _) => match self.graph.state("current") {
                Some(state) => state.to_vec(),
                None => return Err(current()),
            },
            (Anchor::Name(name), _) if let Some(state) = self.graph.state(name) => {
                if branch.is_some() || self.find(name).is_ok() {
                    return Err(self.two_meanings(name, state));
                }
                state.to_vec()
            }
            (Anchor::Name(name), _) => {
                let revision = self.find_in(name, term)?;
                if let Some((branch, carrier)) = branch
                    && !self.graph.branch(carrier)[revision]
                {
                    return Err(Diagnostic::error(
                        "not-on-branch",
                        format!(
                            "revision `{}` is not on the branch of `{branch}`",
                            self.id(revision)
                        ),
                    )
                    .help("leave out what stands before the `@`"));
                }
                vec![revision]
            }
            (Anchor::Implied, Steps::Up(_) | Steps::None) => self.origin(&origins.up, branch)?,
            (Anchor::Implied, Steps::Down(_)) => self.origin(&origins.down, branch)?,
        };
        match term.steps {
            Steps::None => Ok(start),
            Steps::Up(steps) => self.up(term, start, steps, branch),
            Steps::Down(steps) => self.down(term, start, steps, branch),
        }
    }

    fn origin(
        &self,
        origin: &Origin,
        branch: Option<(&str, usize)>,
    ) -> Result<Vec<usize>, Diagnostic> {
        match origin {
            Origin::State(state) => Ok(state.to_vec()),
            Origin::Head => Ok(vec![self.head_of(branch)?]),
        }
    }

    /// The state without a branch. Where a downgrade begins at a state, that state less the branch and what needs it; else
    /// what the branch's first revision stands on.
    fn below_branch(&self, revision: usize, origins: &Origins) -> Vec<usize> {
        let graph = self.graph;
        let roots = graph.branch_roots(revision);
        let kept: Vec<usize> = match &origins.down {
            Origin::State(from) => {
                let (applied, gone) = (graph.ancestors(from), graph.descendants(&roots));
                filtered(graph.order(), |at| applied[at] && !gone[at])
            }
            Origin::Head => {
                let before = roots
                    .iter()
                    .flat_map(|root| graph.parents(*root).iter().chain(graph.depends_on(*root)));
                before.copied().collect()
            }
        };
        graph.tips(&kept)
    }

    fn up(
        &self,
        term: &Term,
        start: Vec<usize>,
        steps: u32,
        branch: Option<(&str, usize)>,
    ) -> Result<Vec<usize>, Diagnostic> {
        let covered = branch.map(|(_, carrier)| self.graph.branch(carrier));
        let mut at = start;
        for step in 0..steps {
            let next: Vec<usize> = match at.as_slice() {
                [] => match branch {
                    Some((_, carrier)) => self.graph.branch_roots(carrier),
                    None => self.graph.bases().to_vec(),
                },
                [one] => filtered(self.graph.children(*one), |revision| {
                    covered.as_ref().is_none_or(|covered| covered[revision])
                }),
                several => return Err(self.ambiguous(term, "starts from", several)),
            };
            match next.as_slice() {
                [_] => at = next,
                [] => return Err(too_far(term, step, "above it")),
                several => return Err(self.ambiguous(term, "could go up to", several)),
            }
        }
        Ok(at)
    }

    fn down(
        &self,
        term: &Term,
        start: Vec<usize>,
        steps: u32,
        branch: Option<(&str, usize)>,
    ) -> Result<Vec<usize>, Diagnostic> {
        let covered = branch.map(|(_, carrier)| self.graph.branch(carrier));
        let mut at = start;
        for step in 0..steps {
            let next = match at.as_slice() {
                [] => return Err(too_far(term, step, "below it")),
                [one] => match self.graph.parents(*one) {
                    [] => Vec::new(),
                    [parent] => vec![*parent],
                    parents => {
                        let on_branch = filtered(parents, |revision| {
                            covered.as_ref().is_none_or(|covered| covered[revision])
                        });
                        if on_branch.len() != 1 {
                            return Err(self.ambiguous(term, "could go down to", parents));
                        }
                        on_branch
                    }
                },
                several => return Err(self.ambiguous(term, "starts from", several)),
            };
            at = next;
        }
        Ok(at)
    }

    pub(super) fn head(&self) -> Result<usize, Diagnostic> {
        self.head_of(None)
    }

    fn head_of(&self, branch: Option<(&str, usize)>) -> Result<usize, Diagnostic> {
        let (heads, place) = match branch {
            Some((name, revision)) => (self.graph.heads_above(revision), format!("`{name}`")),
            None => (self.graph.heads().to_vec(), format!("`{}`", self.tree.root)),
        };
        match heads.as_slice() {
            [head] => return Ok(*head),
            [] => self.not_empty()?,
            _ => {}
        }
        let mut diagnostic = Diagnostic::error(
            "several-heads",
            format!("{place} has {} heads: {}", heads.len(), self.names(&heads)),
        );
        for head in heads.iter().take(NAMED) {
            let migration = &self.tree.migrations[*head];
            diagnostic = diagnostic.at(migration.at, migration.message.clone());
        }
        // A label that narrows this down to one head; some are tried, an error is not worth all of them.
        let label = self.graph.labels().take(NAMED).find(|(_, carrier)| {
            let above = self.graph.heads_above(*carrier);
            above.len() == 1 && heads.contains(&above[0])
        });
        diagnostic = diagnostic
            .because("`head` means one revision; choosing one of these would leave the others out of the database without a word")
            .help(match label {
                Some((label, _)) => format!("say `heads` for all of them, an id or `{label}@head` for one"),
                None => "say `heads` for all of them, or the id of one".to_owned(),
            });
        Err(diagnostic.help("or make it one for good: `signoff rebase` moves a line that is not published, `signoff merge heads` joins them"))
    }

    /// What an environment has, and a revision too.
    fn two_meanings(&self, name: &str, state: &[usize]) -> Diagnostic {
        Diagnostic::error(
            "ambiguous-name",
            format!(
                "`{name}` is an environment, which has {}, and stands for a revision too",
                self.shown(state)
            ),
        )
        .help(
            "write the id of the revision, or give the environment another name in [environments]",
        )
    }

    fn ambiguous(&self, term: &Term, verb: &str, candidates: &[usize]) -> Diagnostic {
        Diagnostic::error(
            "ambiguous-step",
            format!("`{}` {verb} {} revisions: {}", term.text.escape_debug(), candidates.len(), self.names(candidates)),
        )
        .because("which of them is meant would decide what a database runs")
        .help("write the id of the revision, several joined by `,`, or keep to a branch as in `label@-1`")
    }

    pub(super) fn id(&self, revision: usize) -> &str {
        self.tree.migrations[revision].id.as_str()
    }

    /// As an expression.
    pub(super) fn list(&self, state: &[usize]) -> String {
        if state.is_empty() {
            return "base".to_owned();
        }
        let ids: Vec<&str> = state.iter().map(|revision| self.id(*revision)).collect();
        ids.join(",")
    }

    /// As prose.
    pub(super) fn shown(&self, state: &[usize]) -> String {
        if state.is_empty() {
            "the base".to_owned()
        } else {
            self.names(state)
        }
    }

    pub(super) fn names(&self, revisions: &[usize]) -> String {
        let shown = revisions.iter().take(NAMED);
        let mut names: Vec<String> = shown.map(|at| format!("`{}`", self.id(*at))).collect();
        if revisions.len() > NAMED {
            names.push(format!("{} more", revisions.len() - NAMED));
        }
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }
}

/// Those of `revisions` that are to be kept.
pub(super) fn filtered(revisions: &[usize], keep: impl Fn(usize) -> bool) -> Vec<usize> {
    let kept = revisions.iter().copied().filter(|revision| keep(*revision));
    kept.collect()
}

fn too_far(term: &Term, step: u32, place: &str) -> Diagnostic {
    let found = match step {
        0 => "there is nothing".to_owned(),
        1 => "there is only 1 revision".to_owned(),
        count => format!("there are only {count} revisions"),
    };
    Diagnostic::error(
        "walked-too-far",
        format!(
            "`{}` goes too far: {found} {place}",
            term.text.escape_debug()
        ),
    )
    .help("count again with `signoff history`; `base` is where nothing is applied")
}

fn current() -> Diagnostic {
    Diagnostic::error(
        "current-is-unknown",
        "`current` is what a database has, and no database is asked here",
    )
    .help("name the revision that is applied, or what the last run printed: --receipt FILE, or `[environments.prod] receipt = \"FILE\"` and `prod`. Running more than is needed does no harm: a script skips what is applied")
}
