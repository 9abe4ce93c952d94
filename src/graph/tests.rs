//! The graph's own tests: properties of random ones, and small ones drawn by hand.

mod expressions;

use proptest::prelude::*;

use super::*;

/// Up to 200 revisions with merges, dependencies and labels: revision n names only smaller ones. Some revise what is
/// just below them, so that branches grow long; some anything, so that they cross.
fn dags() -> impl Strategy<Value = Vec<sample::Node>> {
    let edge = || (any::<bool>(), any::<prop::sample::Index>());
    let node = (
        any::<u64>(),
        prop_oneof![
            1 => proptest::collection::vec(edge(), 0..3),
            2 => proptest::collection::vec(edge(), 1..2),
        ],
        prop_oneof![
            2 => Just(Vec::new()),
            1 => proptest::collection::vec(edge(), 1..2),
        ],
        proptest::option::weighted(0.2, Just(())),
    );
    proptest::collection::vec(node, 1..200).prop_map(|nodes| {
        let pick = |at: usize, picks: &[(bool, prop::sample::Index)]| -> Vec<usize> {
            let mut picked: Vec<usize> = match at {
                0 => Vec::new(),
                at => picks
                    .iter()
                    .map(|(near, pick)| {
                        if *near {
                            at - 1 - pick.index(at.min(3))
                        } else {
                            pick.index(at)
                        }
                    })
                    .collect(),
            };
            picked.sort_unstable();
            picked.dedup();
            picked
        };
        nodes
            .iter()
            .enumerate()
            .map(|(at, (key, parents, dependencies, label))| sample::Node {
                id: format!("{:04x}_{at}", key & 0xffff),
                parents: pick(at, parents),
                depends_on: pick(at, dependencies),
                label: label.map(|()| format!("label_{at}")),
                day: key >> 16 & 0xf,
            })
            .collect()
    })
}

fn built(tree: &Tree) -> Graph {
    let mut sink = Sink::default();
    build(tree, &mut sink).expect("a graph")
}

fn ids<'a>(tree: &'a Tree, revisions: &[usize]) -> Vec<&'a str> {
    let ids = revisions.iter().map(|at| tree.migrations[*at].id.as_str());
    ids.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_is_topological_and_independent_of_reading_order(
        nodes in dags(),
        shuffle in proptest::collection::vec(any::<u32>(), 200),
    ) {
        let tree = sample::nodes(&nodes);
        let graph = built(&tree);
        prop_assert_eq!(graph.order().len(), nodes.len());
        for revision in 0..graph.len() {
            prop_assert_eq!(graph.order()[graph.position(revision)], revision);
            for before in graph.parents(revision).iter().chain(graph.depends_on(revision)) {
                prop_assert!(graph.position(*before) < graph.position(revision));
            }
        }
        let mut shuffled = sample::nodes(&nodes);
        let mut keys = shuffle.into_iter().cycle();
        shuffled.migrations.sort_by_cached_key(|_| keys.next());
        let other = built(&shuffled);
        prop_assert_eq!(ids(&tree, graph.order()), ids(&shuffled, other.order()));
        prop_assert_eq!(ids(&tree, graph.heads()), ids(&shuffled, other.heads()));
    }

    #[test]
    fn no_text_panics_as_an_expression(nodes in dags(), text in "[0-9a-f_:@,+head bas\\-]{0,12}|.*") {
        let tree = sample::nodes(&nodes[..nodes.len().min(12)]);
        let graph = built(&tree);
        let _ = upgrade_range(&graph, &tree, &text);
        let _ = downgrade_range(&graph, &tree, &text);
        let _ = revisions(&graph, &tree, &text);
    }
}

#[test]
fn a_deep_tree_takes_little_time_and_no_stack() {
    let count = 100_000_usize;
    let nodes: Vec<sample::Node> = (0..count)
        .map(|at| sample::Node {
            id: format!("{at:08}"),
            parents: at.checked_sub(1).into_iter().collect(),
            depends_on: Vec::new(),
            label: None,
            day: 1,
        })
        .collect();
    let tree = sample::nodes(&nodes);
    let graph = built(&tree);
    let range = upgrade_range(&graph, &tree, "base:head").expect("a range");
    assert_eq!(range.revisions.len(), count);
    let range = downgrade_range(&graph, &tree, "head:+1");
    assert!(range.is_err());
    let range = downgrade_range(&graph, &tree, "-99999").expect("a range");
    assert_eq!(range.to_name, "00000000");
}

#[test]
fn heads_bases_branches_and_merges() {
    let tree =
        sample::tree("aaaa\nbbbb < aaaa\ncccc < aaaa\ndddd < bbbb cccc\neeee\nffff < dddd ^ eeee");
    let graph = built(&tree);
    assert_eq!(ids(&tree, graph.heads()), ["eeee", "ffff"]);
    assert_eq!(ids(&tree, graph.bases()), ["aaaa", "eeee"]);
    let points = |is: fn(&Graph, usize) -> bool| -> Vec<&str> {
        let points = graph.order().iter().copied();
        let points: Vec<usize> = points.filter(|at| is(&graph, *at)).collect();
        ids(&tree, &points)
    };
    assert_eq!(points(Graph::is_branch_point), ["aaaa"]);
    assert_eq!(points(Graph::is_merge_point), ["dddd"]);
    let find = |id| graph.find(id).expect("there");
    let below: Vec<usize> = (0..6)
        .filter(|at| graph.ancestors(&[find("ffff")])[*at])
        .collect();
    assert_eq!(below.len(), 6);
    assert!(graph.known(&[find("bbbb")])[find("ffff")]);
    assert!(!graph.known(&[find("bbbb")])[find("cccc")]);
    assert_eq!(
        ids(
            &tree,
            &graph.tips(&[find("aaaa"), find("dddd"), find("bbbb")])
        ),
        ["dddd"]
    );
}

#[test]
fn a_label_covers_its_branch() {
    let tree = sample::tree(
        "root\nbill < root\nbil2 < bill # billing\nbil3 < bil2\nuser < root\nuse2 < user # users\nboth < bil3 use2",
    );
    let graph = built(&tree);
    let labels = graph.branch_labels();
    let of = |id: &str| labels[graph.find(id).expect("there")].clone();
    assert!(of("root").is_empty());
    assert_eq!(of("bill"), ["billing"]);
    assert_eq!(of("bil3"), ["billing"]);
    assert_eq!(of("both"), ["billing", "users"]);
}

#[test]
fn dates_order_what_edges_leave_open() {
    let tree = sample::tree("zzzz @1\nbbbb < zzzz @5\naaaa @3\ncccc < bbbb @2\ndddd @4");
    let graph = built(&tree);
    assert_eq!(
        ids(&tree, graph.order()),
        ["zzzz", "aaaa", "dddd", "bbbb", "cccc"]
    );
}

/// root ─ a1 ─ a2 ┐        labels: alpha on a1, beta on b1
///      └ b1 ─ b2 ┴ mm ─ top
const DIAMOND: &str = "27da\na1aa < 27da # alpha\na2aa < a1aa\nb1bb < 27da # billing\n5b1e < b1bb\nmmmm < a2aa 5b1e\ntopp < mmmm\nuppp < topp";

/// Every expression of the page is one.
#[test]
fn the_page_is_true() {
    let tree = sample::tree("27da\nb1bb < 27da # billing\n5b1e < b1bb\ntopp < 5b1e");
    let graph = built(&tree);
    let mut seen = 0;
    for row in PAGE.lines().filter_map(|line| line.strip_prefix("| `")) {
        let (expressions, meaning) = row.split_once(" | ").expect("two columns");
        for expression in expressions.split("`, `") {
            let expression = expression.trim_end_matches('`');
            let expression = expression.replace("27dafa983136", "27da");
            let found = if meaning.starts_with("in a downgrade: ") {
                downgrade_range(&graph, &tree, &expression).map(|_| ())
            } else if expression.contains(':') {
                upgrade_range(&graph, &tree, &expression).map(|_| ())
            } else {
                revisions(&graph, &tree, &expression).map(|_| ())
            };
            assert!(found.is_ok(), "{expression}: {found:?}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn a_branch_is_taken_away_and_put_back() {
    let tree = sample::tree(
        "root\na1aa < root # alpha\na2aa < a1aa\nb1bb < root # beta\nb2bb < b1bb ^ a1aa\nlast < b2bb",
    );
    let graph = built(&tree);
    let down = downgrade_range(&graph, &tree, "heads:beta@base").expect("a way down");
    assert_eq!(ids(&tree, &down.revisions), ["last", "b2bb", "b1bb"]);
    assert_eq!(ids(&tree, &down.to), ["a2aa"]);
    // What needs the branch goes with it.
    let down = downgrade_range(&graph, &tree, "heads:alpha@base").expect("a way down");
    assert_eq!(
        ids(&tree, &down.revisions),
        ["last", "b2bb", "a2aa", "a1aa"]
    );
    let up = upgrade_range(&graph, &tree, "beta@base:beta@head").expect("a way up");
    assert_eq!(ids(&tree, &up.revisions), ["a1aa", "b1bb", "b2bb", "last"]);
}

#[test]
fn history_shows_where_it_begins() {
    let tree = sample::tree(DIAMOND);
    let graph = built(&tree);
    let shown = |expr: &str| ids(&tree, &history(&graph, &tree, expr).expect(expr)).join(" ");
    assert_eq!(shown(""), "27da a1aa a2aa b1bb 5b1e mmmm topp uppp");
    assert_eq!(shown("mmmm:topp"), "mmmm topp");
    assert_eq!(shown("-1:"), "topp uppp");
    // Back from where the range ends, which need not be the head.
    assert_eq!(shown("-1:topp"), "mmmm topp");
    assert_eq!(shown("-1:a2aa"), "a1aa a2aa");
    assert_eq!(shown("-2:+1"), "mmmm topp");
    assert_eq!(shown(":a1aa"), "27da a1aa");
    assert_eq!(shown("a2aa:head"), "a2aa b1bb 5b1e mmmm topp uppp");
    assert_eq!(shown("billing@base:5b1e"), "b1bb 5b1e");
    assert_eq!(shown("topp"), "topp");
    assert!(history(&graph, &tree, "topp:a1aa").is_err());

    // Where the end is open, those branches are shown that begin there.
    let tree = sample::tree("root\na1aa < root # alpha\na2aa < a1aa\nb1bb < root");
    let graph = built(&tree);
    let shown = |expr: &str| ids(&tree, &history(&graph, &tree, expr).expect(expr)).join(" ");
    assert_eq!(shown("alpha:"), "a1aa a2aa");
    assert_eq!(shown("a1aa:"), "a1aa a2aa");
    assert_eq!(shown("root:"), "root a1aa a2aa b1bb");
    assert_eq!(shown("base:"), "root a1aa a2aa b1bb");
}
