//! The made-up revisions, spoken of naively: sets of numbers over their edges.

use super::{Node, Set};

/// What an expression means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// These revisions, less what others among them stand on.
    State(Set),
    /// One is asked for and these are there.
    Choices(Set),
    /// Nothing stands there.
    TooFar,
    /// The revision is not on the branch.
    Elsewhere,
}

/// The made-up revisions; their numbers are what is spoken of.
pub(super) struct World<'n>(pub(super) &'n [Node]);

impl World<'_> {
    pub(super) fn all(&self) -> std::ops::Range<usize> {
        0..self.0.len()
    }

    pub(super) fn parents(&self, of: usize) -> Set {
        self.0[of].parents.iter().copied().collect()
    }

    pub(super) fn children(&self, of: usize) -> Set {
        let children = self.all().filter(|at| self.0[*at].parents.contains(&of));
        children.collect()
    }

    /// These and all that `next` leads to.
    pub(super) fn closed(from: &Set, next: impl Fn(usize) -> Set) -> Set {
        let mut all = from.clone();
        loop {
            let more: Set = all.iter().flat_map(|at| next(*at)).collect();
            let before = all.len();
            all.extend(more);
            if all.len() == before {
                return all;
            }
        }
    }

    /// What must be applied for these.
    pub(super) fn needed(&self, of: &Set) -> Set {
        Self::closed(of, |at| self.direct(at))
    }

    pub(super) fn direct(&self, of: usize) -> Set {
        let node = &self.0[of];
        node.parents
            .iter()
            .chain(&node.depends_on)
            .copied()
            .collect()
    }

    /// What can't be applied without these.
    pub(super) fn needing(&self, of: &Set) -> Set {
        let mut needing = of.clone();
        // A revision names only smaller ones, so one look at each is enough.
        for at in self.all() {
            if !self.direct(at).is_disjoint(&needing) {
                needing.insert(at);
            }
        }
        needing
    }

    pub(super) fn above(&self, of: usize) -> Set {
        Self::closed(&[of].into(), |at| self.children(at))
    }

    pub(super) fn heads(&self) -> Set {
        let heads = self.all().filter(|at| self.children(*at).is_empty());
        heads.collect()
    }

    pub(super) fn heads_above(&self, of: usize) -> Set {
        &self.above(of) & &self.heads()
    }

    /// A revision, what stands on it, and what it alone stands on: down to where branches part or meet.
    pub(super) fn branch(&self, of: usize) -> Set {
        let mut branch = self.above(of);
        let mut at = of;
        let forks = |at: usize| self.children(at).len() > 1;
        while self.0[at].parents.len() == 1 && !forks(at) {
            at = self.0[at].parents[0];
            if forks(at) || self.0[at].parents.len() > 1 {
                break;
            }
            branch.insert(at);
        }
        branch
    }

    pub(super) fn roots(&self, of: usize) -> Set {
        let branch = self.branch(of);
        let first = |at: &usize| self.parents(*at).is_disjoint(&branch);
        branch.iter().copied().filter(first).collect()
    }

    /// Without what others among them stand on by parents.
    pub(super) fn tips(&self, state: &Set) -> Set {
        let carries_one = |at: usize| {
            state
                .iter()
                .any(|other| *other != at && self.above(at).contains(other))
        };
        state
            .iter()
            .copied()
            .filter(|at| !carries_one(*at))
            .collect()
    }

    /// So many steps to children, from a state or from nothing.
    pub(super) fn up(&self, from: &Set, steps: usize, branch: Option<usize>) -> Said {
        let mut at = self.tips(from);
        for _ in 0..steps {
            if at.len() > 1 {
                return Said::Choices(at);
            }
            let next: Set = match (at.first(), branch) {
                (None, None) => self
                    .all()
                    .filter(|at| self.0[*at].parents.is_empty())
                    .collect(),
                (None, Some(branch)) => self.roots(branch),
                (Some(one), None) => self.children(*one),
                (Some(one), Some(branch)) => &self.children(*one) & &self.branch(branch),
            };
            match next.len() {
                0 => return Said::TooFar,
                1 => at = next,
                _ => return Said::Choices(next),
            }
        }
        Said::State(at)
    }

    /// So many steps to parents. Below a merge it must be said which, and a branch says it where it holds one of them.
    pub(super) fn down(&self, from: &Set, steps: usize, branch: Option<usize>) -> Said {
        let mut at = self.tips(from);
        for _ in 0..steps {
            if at.len() > 1 {
                return Said::Choices(at);
            }
            let Some(one) = at.first() else {
                return Said::TooFar;
            };
            let parents = self.parents(*one);
            let kept =
                branch.map_or_else(|| parents.clone(), |branch| &parents & &self.branch(branch));
            at = if parents.len() < 2 {
                parents
            } else if kept.len() == 1 {
                kept
            } else {
                return Said::Choices(parents);
            };
        }
        Said::State(at)
    }
}

/// One head, or the choice.
pub(super) fn one_of(heads: Set) -> Said {
    if heads.len() == 1 {
        Said::State(heads)
    } else {
        Said::Choices(heads)
    }
}
