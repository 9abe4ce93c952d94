//! Ranges by their words, over two small graphs.

use super::*;
use crate::diagnostic::Sink;
use crate::graph::{build, sample};

/// root ─ a1 ─ a2 ┐        labels: alpha on a1, beta on b1
///      └ b1 ─ b2 ┴ mm ─ top
const DIAMOND: &str = "root\na1aa < root # alpha\na2aa < a1aa\nb1bb < root # beta\nb2bb < b1bb\nmmmm < a2aa b2bb\ntopp < mmmm";
/// Two heads, of which one depends on the other's first revision.
const FORK: &str = "root\na1aa < root # alpha\na2aa < a1aa\nb1bb < root ^ a1aa # beta\nb2bb < b1bb";

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
fn steps_down_take_their_line_alone() {
    // What it depends on stays, and so does the other arm.
    assert_eq!(down(FORK, "b1bb:-1"), "b1bb to a1aa: b1bb");
    assert_eq!(down(FORK, "b2bb:-2"), "b2bb to a1aa: b2bb b1bb");
    assert_eq!(down(DIAMOND, "mmmm:alpha@-1"), "mmmm to a2aa+b2bb: mmmm");
    assert_eq!(
        down(DIAMOND, "mmmm:alpha@-2"),
        "mmmm to a1aa+b2bb: mmmm a2aa"
    );
    // Ends that are named mean all between them.
    assert_eq!(down(FORK, "b1bb:root"), "b1bb to root: b1bb a1aa");
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
