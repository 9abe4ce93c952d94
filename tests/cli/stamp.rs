//! `signoff stamp`; what its scripts do to a database is in `postgres/stamp.rs`.

use insta::assert_snapshot;

use super::{branched, session, shop};

/// The ids that a stamp forgets and records, as its head lists them.
fn listed(script: &str) -> Vec<String> {
    let lines = script.lines().filter_map(|line| line.strip_prefix("--   "));
    let lines = lines.filter(|line| line.starts_with("records") || line.starts_with("forgets"));
    lines
        .map(|line| {
            line.split_whitespace()
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}

#[test]
fn ranges() {
    let project = branched();
    let (one, two, three, four) = (
        "records aaaa00000001",
        "records bbbb00000002",
        "records cccc00000003",
        "records dddd00000004",
    );
    for (words, expected) in [
        (&["aaaa"][..], &[one][..]),
        (&["base:bbbb"], &[one, two]),
        (&["+2"], &[one, two]),
        (&["heads"], &[one, two, three, four]),
        (&["cccc", "dddd"], &[one, two, three, four]),
        (&["bbbb:cccc,dddd"], &[three, four]),
        (&["bbbb:aaaa"], &["forgets bbbb00000002"]),
        (&["cccc:dddd"], &["forgets cccc00000003", four]),
        (&["--purge", "bbbb"], &[one, two]),
        (&["--sql", "aaaa"], &[one]),
    ] {
        for flavour in ["psql", "plain"] {
            let outcome = project.run(&[&["stamp", "--flavour", flavour], words].concat());
            assert_eq!(
                listed(&outcome.success().quiet().stdout),
                expected,
                "{words:?}"
            );
        }
    }
}

#[test]
fn what_it_refuses() {
    let project = branched();
    assert_snapshot!(session(
        &project,
        &[
            &["stamp"],
            &["stamp", "head"],
            &["stamp", "base"],
            &["stamp", "bbbb:bbbb"],
            &["stamp", "--purge", "aaaa:bbbb"],
            &["stamp", "nothing"],
        ]
    ));
}

#[test]
fn the_head_of_the_script() {
    let project = shop();
    let head = |words: &[&str]| {
        let script = project.run(words).success().stdout.clone();
        let ends = |line: &&str| line.starts_with("-- 1.") || line.starts_with("-- The rev");
        let digest = |line: &&str| line.starts_with("-- tree ") || line.starts_with("-- bundle ");
        let head = script.lines().take_while(|line| !ends(line));
        let head: Vec<&str> = head.filter(|line| !digest(line)).collect();
        head.join("\n")
    };
    assert_snapshot!(head(&["stamp", "aaaa:head"]));
    assert_snapshot!(head(&["stamp", "--purge", "aaaa"]));
}

#[test]
fn into_a_file() {
    let project = shop();
    let text = project.run(&["stamp", "head"]).success().stdout.clone();
    project
        .run(&["stamp", "head", "-o", "stamp.sql"])
        .success()
        .quiet();
    assert_eq!(project.read("stamp.sql"), text);
    // Another stamp may take its place; what signoff did not write may not go.
    project.run(&["stamp", "aaaa", "-o", "stamp.sql"]).success();
    project.write("stamp.sql", b"SELECT 1;\n");
    project
        .run(&["stamp", "head", "-o", "stamp.sql"])
        .code(2)
        .stderr_has("is no script that signoff wrote");
}
