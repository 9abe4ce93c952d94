//! Expressions against what their definition says, told once more and naively: sets of numbers over the edges as they were
//! made up. Nothing of the graph is used to say what is right.

mod world;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{built, dags};
use crate::diagnostic::Diagnostic;
use crate::graph::sample::{self, Node};
use crate::graph::{downgrade_range, history, revisions, upgrade_range};
use world::{Said, World, one_of};

type Set = BTreeSet<usize>;

/// Names that an error spells out.
const NAMED: usize = 8;

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
            let (to_text, end) = said(&world, branch, place, Side::Down(&from));
            let text = format!("{from_text}:{to_text}");
            let down = downgrade_range(&graph, &tree, &text);
            let Said::State(to) = end else {
                let error = down.expect_err(&text);
                prop_assert!(tells(&nodes, &end, &error), "{}: {:?}, not {:?}", text, error, end);
                continue;
            };
            let before = world.needed(&from);
            let mut stays = world.needed(&to);
            // Steps down name what goes: the lowest that they pass, and what needs it.
            if let Place::Down(steps @ 1..) = place
                && let Said::State(lowest) = said(&world, branch, Place::Down(steps - 1), Side::Down(&from)).1
            {
                stays = &before - &world.needing(&lowest);
            }
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
