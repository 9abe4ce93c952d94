//! Expressions against what their definition says, told once more and naively: sets of numbers over the edges as they were
//! made up. Nothing of the graph is used to say what is right.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{built, dags};
use crate::diagnostic::Diagnostic;
use crate::graph::sample::{self, Node};
use crate::graph::{downgrade_range, history, revisions, upgrade_range};

type Set = BTreeSet<usize>;

/// Names that an error spells out.
const NAMED: usize = 8;

/// What an expression means.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
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
struct World<'n>(&'n [Node]);

impl World<'_> {
    fn all(&self) -> std::ops::Range<usize> {
        0..self.0.len()
    }

    fn parents(&self, of: usize) -> Set {
        self.0[of].parents.iter().copied().collect()
    }

    fn children(&self, of: usize) -> Set {
        let children = self.all().filter(|at| self.0[*at].parents.contains(&of));
        children.collect()
    }

    /// These and all that `next` leads to.
    fn closed(from: &Set, next: impl Fn(usize) -> Set) -> Set {
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
    fn needed(&self, of: &Set) -> Set {
        Self::closed(of, |at| self.direct(at))
    }

    fn direct(&self, of: usize) -> Set {
        let node = &self.0[of];
        node.parents
            .iter()
            .chain(&node.depends_on)
            .copied()
            .collect()
    }

    /// What can't be applied without these.
    fn needing(&self, of: &Set) -> Set {
        let mut needing = of.clone();
        // A revision names only smaller ones, so one look at each is enough.
        for at in self.all() {
            if !self.direct(at).is_disjoint(&needing) {
                needing.insert(at);
            }
        }
        needing
    }

    fn above(&self, of: usize) -> Set {
        Self::closed(&[of].into(), |at| self.children(at))
    }

    fn heads(&self) -> Set {
        let heads = self.all().filter(|at| self.children(*at).is_empty());
        heads.collect()
    }

    fn heads_above(&self, of: usize) -> Set {
        &self.above(of) & &self.heads()
    }

    /// A revision, what stands on it, and what it alone stands on: down to where branches part or meet.
    fn branch(&self, of: usize) -> Set {
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

    fn roots(&self, of: usize) -> Set {
        let branch = self.branch(of);
        let first = |at: &usize| self.parents(*at).is_disjoint(&branch);
        branch.iter().copied().filter(first).collect()
    }

    /// Without what others among them stand on by parents.
    fn tips(&self, state: &Set) -> Set {
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
    fn up(&self, from: &Set, steps: usize, branch: Option<usize>) -> Said {
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
    fn down(&self, from: &Set, steps: usize, branch: Option<usize>) -> Said {
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
fn one_of(heads: Set) -> Said {
    if heads.len() == 1 {
        Said::State(heads)
    } else {
        Said::Choices(heads)
    }
}

/// The branch of an expression: nothing, a label or a revision.
#[derive(Debug, Clone, Copy)]
enum Branch {
    None,
    Label(Index),
    Revision(Index),
}

/// What stands behind it.
#[derive(Debug, Clone, Copy)]
enum Place {
    Head,
    Heads,
    Base,
    Up(usize),
    Down(usize),
    Revision(Index),
    From(Index, i16),
}

fn branches() -> impl Strategy<Value = Branch> {
    prop_oneof![
        1 => Just(Branch::None),
        3 => any::<Index>().prop_map(Branch::Label),
        1 => any::<Index>().prop_map(Branch::Revision),
    ]
}

fn places() -> impl Strategy<Value = Place> {
    prop_oneof![
        1 => Just(Place::Head),
        1 => Just(Place::Heads),
        1 => Just(Place::Base),
        1 => (0..4_usize).prop_map(Place::Up),
        1 => (0..4_usize).prop_map(Place::Down),
        1 => any::<Index>().prop_map(Place::Revision),
        2 => (any::<Index>(), -3..4_i16).prop_map(|(at, steps)| Place::From(at, steps)),
    ]
}

/// Where steps without an anchor begin, and what `label@base` leaves of.
#[derive(Clone, Copy)]
enum Side<'s> {
    /// On the left, or alone.
    Left,
    /// On the right of an upgrade from there.
    Up(&'s Set),
    /// On the right of a downgrade from there.
    Down(&'s Set),
}

/// The expression as a person types it, and what it means.
fn said(world: &World, branch: Branch, place: Place, side: Side) -> (String, Said) {
    let nodes = world.0;
    let labelled: Vec<usize> = world
        .all()
        .filter(|at| nodes[*at].label.is_some())
        .collect();
    let (prefix, branch) = match branch {
        Branch::Label(pick) if !labelled.is_empty() => {
            let carrier = labelled[pick.index(labelled.len())];
            let label = nodes[carrier].label.as_deref().unwrap_or_default();
            (format!("{label}@"), Some(carrier))
        }
        Branch::Revision(pick) => {
            let at = pick.index(nodes.len());
            (format!("{}@", nodes[at].id), Some(at))
        }
        Branch::Label(_) | Branch::None => (String::new(), None),
    };
    let heads = || branch.map_or_else(|| world.heads(), |branch| world.heads_above(branch));
    let on_branch = |at: usize, then: &dyn Fn(Set) -> Said| match branch {
        Some(branch) if !world.branch(branch).contains(&at) => Said::Elsewhere,
        _ => then([at].into()),
    };
    let (text, said) = match place {
        Place::Head => ("head".to_owned(), one_of(heads())),
        Place::Heads => ("heads".to_owned(), Said::State(heads())),
        Place::Base => {
            let state = match (branch, side) {
                (None, _) => Set::new(),
                (Some(branch), Side::Down(from)) => {
                    &world.needed(from) - &world.needing(&world.roots(branch))
                }
                (Some(branch), Side::Left | Side::Up(_)) => {
                    let roots = world.roots(branch);
                    roots.iter().flat_map(|at| world.direct(*at)).collect()
                }
            };
            ("base".to_owned(), Said::State(state))
        }
        Place::Up(steps) => {
            let from = match side {
                Side::Left => Set::new(),
                Side::Up(from) | Side::Down(from) => from.clone(),
            };
            (format!("+{steps}"), world.up(&from, steps, branch))
        }
        Place::Down(steps) => {
            let said = match side {
                Side::Down(from) => world.down(from, steps, branch),
                Side::Left | Side::Up(_) => match one_of(heads()) {
                    Said::State(head) => world.down(&head, steps, branch),
                    other @ (Said::Choices(_) | Said::TooFar | Said::Elsewhere) => other,
                },
            };
            (format!("-{steps}"), said)
        }
        Place::Revision(pick) => {
            let at = pick.index(nodes.len());
            (nodes[at].id.clone(), on_branch(at, &Said::State))
        }
        Place::From(pick, steps) => {
            let at = pick.index(nodes.len());
            let count = usize::from(steps.unsigned_abs());
            let said = on_branch(at, &|from| match steps {
                ..0 => world.down(&from, count, branch),
                0.. => world.up(&from, count, branch),
            });
            (format!("{}{steps:+}", nodes[at].id), said)
        }
    };
    (format!("{prefix}{text}"), said)
}

/// Whether an error says what it must: which revisions there are to choose from, and no others.
fn tells(nodes: &[Node], said: &Said, error: &Diagnostic) -> bool {
    let code = error.code;
    let choices = match said {
        Said::State(_) => return false,
        Said::TooFar => return code == "walked-too-far",
        Said::Elsewhere => return code == "not-on-branch",
        Said::Choices(choices) => choices,
    };
    let Some((_, list)) = error.message.rsplit_once(": ") else {
        return false;
    };
    let named: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    let ids: BTreeSet<&str> = choices.iter().map(|at| nodes[*at].id.as_str()).collect();
    ["several-heads", "ambiguous-step"].contains(&code)
        && error.message.contains(&format!(" {} ", ids.len()))
        && named.len() == ids.len().min(NAMED)
        && named.iter().all(|id| ids.contains(id))
}

fn listed(nodes: &[Node], picks: &[Index]) -> (String, Set) {
    let picked: Set = picks.iter().map(|pick| pick.index(nodes.len())).collect();
    let ids: Vec<&str> = picked.iter().map(|at| nodes[*at].id.as_str()).collect();
    (ids.join(","), picked)
}

fn set(found: &[usize]) -> Set {
    found.iter().copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_expression_is_what_its_definition_says_or_names_the_choices(
        nodes in dags(),
        questions in proptest::collection::vec((branches(), places()), 16),
    ) {
        let tree = sample::nodes(&nodes);
        let graph = built(&tree);
        let world = World(&nodes);
        for (branch, place) in questions {
            let (text, said) = said(&world, branch, place, Side::Left);
            match (revisions(&graph, &tree, &text), &said) {
                (Ok(found), Said::State(state)) => {
                    prop_assert_eq!(set(&found), world.tips(state), "{}", text);
                    prop_assert!(found.is_sorted_by_key(|at| graph.position(*at)));
                }
                (Ok(found), _) => prop_assert!(false, "{text} is {found:?}, not {said:?}"),
                (Err(error), _) => {
                    prop_assert!(tells(&nodes, &said, &error), "{}: {:?}, not {:?}", text, error, said);
                }
            }
        }
    }

    #[test]
    fn an_upgrade_runs_exactly_what_is_between_and_a_downgrade_is_its_mirror(
        nodes in dags(),
        starts in proptest::collection::vec(any::<Index>(), 0..4),
        ends in proptest::collection::vec((branches(), places(), any::<bool>()), 6),
        shuffle in proptest::collection::vec(any::<u32>(), 200),
    ) {
        let tree = sample::nodes(&nodes);
        let graph = built(&tree);
        let mut shuffled = sample::nodes(&nodes);
        let mut keys = shuffle.into_iter().cycle();
        shuffled.migrations.sort_by_cached_key(|_| keys.next());
        let other = built(&shuffled);
        let world = World(&nodes);
        let (mut from_text, from) = listed(&nodes, &starts);
        if from.is_empty() { "base".clone_into(&mut from_text); }
        for (branch, place, stays) in ends {
            let (mut to_text, mut said) = said(&world, branch, place, Side::Up(&from));
            // Few places stand on all that was drawn for the left side; named on both, it is no matter.
            if let (true, Said::State(to)) = (stays && !from.is_empty(), &mut said) {
                to.extend(&from);
                to_text = format!("{to_text},{from_text}");
            }
            let text = format!("{from_text}:{to_text}");
            let up = upgrade_range(&graph, &tree, &text);
            let Said::State(to) = said else {
                let error = up.expect_err(&text);
                prop_assert!(tells(&nodes, &said, &error), "{}: {:?}, not {:?}", text, error, said);
                continue;
            };
            let (after, before) = (world.needed(&to), world.needed(&from));
            let between = &after - &before;
            if between.is_empty() || !from.is_subset(&after) {
                prop_assert_eq!(up.expect_err(&text).code, "nothing-to-upgrade");
                continue;
            }
            let up = up.expect(&text);
            prop_assert_eq!(set(&up.revisions), between.clone(), "{}", text);
            prop_assert_eq!(up.revisions.len(), between.len());
            let mut applied = before;
            for revision in &up.revisions {
                applied.insert(*revision);
                prop_assert!(world.needed(&[*revision].into()).is_subset(&applied), "{}", text);
            }
            prop_assert_eq!(set(&up.from), world.tips(&from));
            prop_assert_eq!(set(&up.to), world.tips(&to));

            let again = upgrade_range(&other, &shuffled, &text).expect(&text);
            prop_assert_eq!(super::ids(&tree, &up.revisions), super::ids(&shuffled, &again.revisions));
            prop_assert_eq!(super::ids(&tree, &up.to), super::ids(&shuffled, &again.to));
            prop_assert_eq!((up.from_name.clone(), up.to_name.clone()), (again.from_name, again.to_name));

            let ids: Vec<&str> = to.iter().map(|at| nodes[*at].id.as_str()).collect();
            let down = downgrade_range(&graph, &tree, &format!("{}:{from_text}", ids.join(",")));
            prop_assert_eq!(up.reversed(), down.expect("the way back"));
        }
    }

    #[test]
    fn history_shows_what_is_between_and_where_it_begins(
        nodes in dags(),
        starts in proptest::collection::vec(any::<Index>(), 1..3),
        end in (branches(), places()),
    ) {
        let tree = sample::nodes(&nodes);
        let graph = built(&tree);
        let world = World(&nodes);
        let (text, from) = listed(&nodes, &starts);
        let begins = world.tips(&from);
        let open = begins.iter().flat_map(|at| world.heads_above(*at)).collect();
        let (to_text, end) = said(&world, end.0, end.1, Side::Up(&from));
        for (to_text, end) in [(to_text, end), (String::new(), Said::State(open))] {
            let shown = history(&graph, &tree, &format!("{text}:{to_text}"));
            let Said::State(to) = &end else {
                prop_assert!(tells(&nodes, &end, &shown.expect_err("no one state")));
                continue;
            };
            let after = world.needed(to);
            if begins.is_subset(&after) {
                let between = &after - &world.needed(&from);
                prop_assert_eq!(set(&shown.expect("a range")), &between | &begins);
            } else {
                prop_assert_eq!(shown.expect_err("not above").code, "not-above");
            }
        }
    }

    #[test]
    fn a_downgrade_takes_back_what_its_end_does_not_need(
        nodes in dags(),
        starts in proptest::collection::vec(any::<Index>(), 1..4),
        ends in proptest::collection::vec((branches(), places()), 6),
    ) {
        let tree = sample::nodes(&nodes);
        let graph = built(&tree);
        let world = World(&nodes);
        let (from_text, from) = listed(&nodes, &starts);
        for (branch, place) in ends {
            let (to_text, said) = said(&world, branch, place, Side::Down(&from));
            let text = format!("{from_text}:{to_text}");
            let down = downgrade_range(&graph, &tree, &text);
            let Said::State(to) = said else {
                let error = down.expect_err(&text);
                prop_assert!(tells(&nodes, &said, &error), "{}: {:?}, not {:?}", text, error, said);
                continue;
            };
            let (stays, before) = (world.needed(&to), world.needed(&from));
            let lost = &before - &stays;
            if lost.is_empty() || !to.is_subset(&before) {
                prop_assert_eq!(down.expect_err(&text).code, "nothing-to-downgrade");
                continue;
            }
            let down = down.expect(&text);
            prop_assert_eq!(set(&down.revisions), lost, "{}", text);
            let mut applied = before;
            for revision in &down.revisions {
                let needing = world.needing(&[*revision].into());
                prop_assert_eq!(&needing & &applied, [*revision].into(), "{}", text);
                applied.remove(revision);
            }
            prop_assert_eq!(applied, stays);
        }
    }
}
