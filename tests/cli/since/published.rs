//! What `check --since` says of revisions that others have.

use insta::assert_snapshot;

use super::repository;
use crate::cli::session;
use crate::support::project::Project;

const CHECK: &[&str] = &["check", "--since", "main"];
const SUM: &str = "migrations/signoff.sum";
const TWO: &str = "migrations/two.sql";

/// A file with this instead of that.
#[track_caller]
fn edit(project: &Project, file: &str, old: &str, new: &str) {
    let text = project.read(file);
    assert!(text.contains(old), "{old} in {text}");
    project.write(file, text.replace(old, new).as_bytes());
}

/// Seals a revision as if it were new: its line is taken out first.
fn forge(project: &Project, id: &str) {
    let text = project.read(SUM);
    let lines = text.lines().filter(|line| !line.starts_with(id));
    let lines: Vec<&str> = lines.collect();
    project.write(SUM, (lines.join("\n") + "\n").as_bytes());
    project.run(&["seal"]).success();
}

/// The file and its line in signoff.sum are both edited, so that the seal alone sees nothing.
#[test]
fn an_edit_that_was_sealed_over() {
    let project = repository();
    edit(&project, TWO, "bigint", "integer");
    forge(&project, "bbbb");
    project.run(&["check"]).success().quiet();
    assert_snapshot!(session(&project, &[CHECK]));
    // What it advises: the text back, the line back; or the line alone, and a new seal.
    project.git(&["checkout", "main", "--", TWO, SUM]);
    project.run(CHECK).success().quiet();
    edit(&project, TWO, "bigint", "integer");
    project
        .run(&["seal", "--reseal", "bbbb", "--reason", "same state"])
        .success();
    project
        .run(CHECK)
        .success()
        .stderr_has("note[since-resealed]: revision `bbbb00000002`, published at `main`, was sealed again: same state");
}

#[test]
fn what_else_can_be_sealed_over() {
    let mut told = String::new();
    let comments = repository();
    edit(&comments, TWO, "one row per order", "a row per order");
    forge(&comments, "bbbb");
    let downgrade = repository();
    edit(
        &downgrade,
        TWO,
        "DROP TABLE orders;",
        "DROP TABLE IF EXISTS orders;",
    );
    forge(&downgrade, "bbbb");
    let rewired = repository();
    edit(&rewired, TWO, "[\"aaaa00000001\"]", "[]");
    forge(&rewired, "bbbb");
    for project in [comments, downgrade, rewired] {
        project.run(&["check"]).success();
        told += &session(
            &project,
            &[&["check", "--since", "main", "--format", "github"]],
        );
    }
    assert_snapshot!(told);
}

#[test]
fn what_is_taken_away() {
    let line = repository();
    let sum = line.read(SUM);
    let lines = sum.lines().filter(|line| !line.starts_with("bbbb"));
    line.write(
        SUM,
        (lines.collect::<Vec<_>>().join("\n") + "\n").as_bytes(),
    );
    let all = repository();
    std::fs::remove_file(all.path(SUM)).expect("removed");
    edit(&all, TWO, "bigint", "integer");
    let both = repository();
    std::fs::remove_file(both.path(TWO)).expect("removed");
    forge(&both, "bbbb");
    let mut told = String::new();
    for project in [&line, &all, &both] {
        project.run(&["check"]).success();
        told += &session(project, &[CHECK]);
    }
    assert_snapshot!(told);
    for project in [&line, &all, &both] {
        project.git(&["checkout", "main", "--", TWO]);
        project.git(&["checkout", "main", "--", SUM]);
        project.run(CHECK).success().quiet();
    }
}

/// A line that keeps an earlier digest is published too.
#[test]
fn a_reseal_that_is_forgotten() {
    let project = repository();
    edit(&project, TWO, "one row per order", "a row per order");
    project
        .run(&["seal", "--reseal", "bbbb", "--reason", "typo"])
        .success();
    project.commit();
    project.git(&["branch", "--quiet", "-f", "main"]);
    let text = project.read(SUM);
    let lines = text.lines().filter(|line| !line.starts_with("reseal"));
    project.write(
        SUM,
        (lines.collect::<Vec<_>>().join("\n") + "\n").as_bytes(),
    );
    project.run(&["check"]).success().quiet();
    project
        .run(CHECK)
        .code(1)
        .stderr_has("error[since-unsealed]: signoff.sum has no longer all `reseal` lines of `bbbb00000002` that `main` has");
}

/// What the seal itself sees is told once.
#[test]
fn an_edit_that_was_not_sealed_over() {
    let project = repository();
    edit(&project, TWO, "bigint", "integer");
    let outcome = project.run(CHECK);
    outcome.code(1).stderr_has("error[seal-changed]");
    assert!(!outcome.stderr.contains("since-"), "{outcome}");
}

/// What changed on the other side since the fork is nobody's fault here.
#[test]
fn what_the_others_did_is_not_told() {
    let project = repository().file(
        "migrations/three.sql",
        &super::on("bbbb00000002", "cccc00000003", "x"),
    );
    project.commit();
    project.git(&["branch", "--quiet", "-f", "main"]);
    project.git(&["checkout", "--quiet", "main"]);
    // Sealed again, edited and then sealed, new and sealed.
    edit(&project, TWO, "one row per order", "a row per order");
    project
        .run(&["seal", "--reseal", "bbbb", "--reason", "typo"])
        .success();
    edit(&project, "migrations/three.sql", "SELECT 1", "SELECT 3");
    project.write(
        "migrations/four.sql",
        super::on("cccc00000003", "dddd00000004", "x").as_bytes(),
    );
    project.run(&["seal"]).success();
    project.commit();
    project.git(&["checkout", "--quiet", "work"]);
    project.run(CHECK).success().quiet();
    // Edited here, it is.
    edit(&project, "migrations/three.sql", "SELECT 1", "SELECT 4");
    project
        .run(CHECK)
        .code(1)
        .stderr_has("error[since-changed]: the upgrade of revision `cccc00000003`, published at `main`, was changed\n");
}

#[test]
fn what_is_not_published_yet_may_change() {
    let three = "migrations/three.sql";
    let project = repository().file(three, &super::on("bbbb00000002", "cccc00000003", "x"));
    project.commit();
    project.git(&["branch", "--quiet", "-f", "main"]);
    let short: &[&str] = &["check", "--since", "main", "--format", "short"];
    edit(&project, three, "SELECT 2", "SELECT 3");
    let mut told = session(&project, &[short]);
    edit(&project, three, "SELECT 1", "-- one\nSELECT 1");
    told += &session(&project, &[short]);
    edit(&project, three, "SELECT 1", "SELECT 3");
    told += &session(&project, &[CHECK]);
    edit(&project, three, "bbbb00000002", "aaaa00000001");
    told += &session(&project, &[short]);
    std::fs::remove_file(project.path(three)).expect("removed");
    told += &session(&project, &[CHECK]);
    assert_snapshot!(told);
}
