//! How much of an emitted script is not the author's: a board reads all of it.

use crate::support;
use crate::support::project::Project;

/// Lines of ours around a transactional revision, its title and place included.
const MOST: usize = 10;

/// Title and lines of ours of every revision that is one transaction.
fn transactional(script: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for block in script.split("\n-- ── ").skip(1) {
        let title = block.lines().next().unwrap_or_default().to_owned();
        if !block.contains("\n:signoff_begin\n") {
            continue;
        }
        let block = block.split("\n\\endif\n").next().unwrap_or_default();
        let ours = |line: &&str| {
            line.starts_with('\\') || line.starts_with(":signoff_") || line.starts_with("-- from ")
        };
        // The title, and the \endif that the split took.
        found.push((title, block.lines().filter(ours).count() + 2));
    }
    found
}

#[test]
fn a_transactional_revision_has_at_most_ten_lines_of_machinery() {
    let sample = Project::copy_of("migrations");
    let outcome = sample.run(&["upgrade", "--path", "."]);
    outcome.success();
    let revisions = transactional(&outcome.stdout);
    assert_eq!(
        revisions.len(),
        9,
        "eight revisions and the repeatables: {revisions:?}"
    );
    for (title, lines) in revisions {
        // Rows of a file are three lines more, each where they stand.
        let rows = if title.contains("Merchant categories ──") {
            5
        } else {
            0
        };
        assert!(lines <= MOST + rows, "{lines} lines around {title}");
        assert!(
            lines >= 7,
            "{lines} lines around {title}: the count is wrong"
        );
    }
}

#[test]
fn machinery_is_defined_once() {
    let script =
        std::fs::read_to_string(support::root().join("tests/golden/linear/want/upgrade.sql"))
            .expect("a golden file");
    let mut names: Vec<&str> = script
        .lines()
        .filter_map(|line| line.strip_prefix("$m$ AS ")?.strip_suffix(" \\gset"))
        .collect();
    assert!(names.len() > 5, "{names:?}");
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "one is defined twice");
}

#[test]
fn the_run_book_is_replaceable_and_the_machinery_is_not() {
    let project = Project::copy_of("tests/golden/linear/project");
    let config = project.read("signoff.toml") + "\n[render]\ntemplates = \"ours\"\n";
    let project = project
        .file("signoff.toml", &config)
        .file(
            "ours/runbook.md",
            "call the team of {{ project }} about {{ bundle_digest }}\n",
        )
        .file("ours/upgrade.sql", "-- nothing at all\n");
    project.run(&["bundle"]).success();
    let files = project.files("out");
    let text = |name: &str| {
        let file = files
            .iter()
            .find(|file| file.ends_with(name))
            .expect("it is in the bundle");
        project.read(&format!("out/{file}"))
    };
    assert!(
        text("README.md").starts_with("call the team of "),
        "{}",
        text("README.md")
    );
    assert!(text("upgrade.sql").contains(":signoff_begin"));

    let broken = project.file("ours/runbook.md", "{{ nobody }}\n{{ bundle_digest }}\n");
    broken
        .run(&["bundle"])
        .code(2)
        .stderr_has("runbook.md")
        .stderr_has("line 1");
}
