//! `signoff check --since`, with real repositories.

mod numbered;
mod published;

use insta::assert_snapshot;

use super::{json, migration, session, shop};
use crate::support::project::Project;

/// A revision on another one.
fn on(parent: &str, id: &str, message: &str) -> String {
    migration(id, &[parent], message, "SELECT 1;", "SELECT 2;")
}

/// Two sealed revisions on `main`, and `work` checked out, a branch with the same.
fn repository() -> Project {
    let project = shop().env("GIT_CONFIG_GLOBAL", "/dev/null");
    project.run(&["seal"]).success();
    project.git(&["init", "--quiet"]);
    project.commit();
    project.git(&["checkout", "--quiet", "-b", "work"]);
    project
}

/// Somebody else got there first: `dddd` is on `main`, `cccc` and `eeee` are on `work`.
fn two_people() -> Project {
    let project = repository();
    project.git(&["checkout", "--quiet", "main"]);
    project.write(
        "migrations/four.sql",
        on("bbbb00000002", "dddd00000004", "Refunds").as_bytes(),
    );
    project.run(&["seal"]).success();
    project.commit();
    project.git(&["checkout", "--quiet", "work"]);
    project.write(
        "migrations/three.sql",
        on("bbbb00000002", "cccc00000003", "Invoices").as_bytes(),
    );
    project.write(
        "migrations/five.sql",
        on("cccc00000003", "eeee00000005", "Lines").as_bytes(),
    );
    project.commit();
    project
}

/// What the messages say is typed as it stands.
#[test]
fn two_people_who_went_on_from_one_revision() {
    let project = two_people();
    let check: &[&str] = &["check", "--since", "main"];
    let mut told = session(&project, &[check]);
    project.git(&["merge", "--quiet", "main", "-m", "x"]);
    told += &session(
        &project,
        &[
            check,
            &["rebase", "eeee00000005", "--onto", "dddd00000004"],
            check,
        ],
    );
    assert_snapshot!(told);
}

#[test]
fn two_people_of_whom_both_have_published() {
    let project = two_people();
    project.run(&["seal"]).success();
    project.commit();
    let check: &[&str] = &["check", "--since", "main", "--format", "github"];
    let mut told = session(&project, &[check]);
    // signoff.sum has a line of each at the same place.
    project.write("migrations/.gitattributes", b"signoff.sum merge=union\n");
    project.git(&["merge", "--quiet", "main", "-m", "x"]);
    told += &session(
        &project,
        &[
            check,
            &[
                "merge",
                "dddd00000004",
                "eeee00000005",
                "--rev-id",
                "ffff00000006",
            ],
            &["check", "--since", "main"],
        ],
    );
    assert_snapshot!(told);
}

/// A pull request as it is checked out in CI: the merge of both, at nobody's branch.
#[test]
fn the_merge_of_a_pull_request() {
    let project = two_people();
    project.git(&["checkout", "--quiet", "--detach"]);
    project.git(&["merge", "--quiet", "main", "-m", "x"]);
    project.git(&["update-ref", "refs/remotes/origin/main", "main"]);
    project.git(&["branch", "--quiet", "-D", "main"]);
    let outcome = project.run(&["check", "--since", "origin/main", "--format", "short"]);
    outcome.code(1).stdout_has(
        "error[since-two-heads]: two heads: `dddd00000004` (Refunds) is at `origin/main`",
    );
    // One finding of it, not two.
    assert!(!outcome.stdout.contains("several-heads"), "{outcome}");
}

#[test]
fn a_branch_that_is_meant_is_none_of_its_business() {
    // On the head of the other side, on a head of several, with a name, and a merge of all.
    let project = repository().file(
        "migrations/three.sql",
        &on("bbbb00000002", "cccc00000003", "x"),
    );
    project.run(&["check", "--since", "main"]).success().quiet();

    let named = on("aaaa00000001", "cccc00000003", "x").replace(
        "\n\n--! upgrade",
        "\n--! labels = [\"side\"]\n\n--! upgrade",
    );
    let project = repository().file("migrations/three.sql", &named);
    let outcome = project.run(&["check", "--since", "main"]);
    outcome.success().stderr_has("warning[several-heads]");
    project.commit();
    project.git(&["branch", "--quiet", "-f", "main"]);
    let project = project.file(
        "migrations/four.sql",
        &on("cccc00000003", "dddd00000004", "x"),
    );
    project.run(&["check", "--since", "main"]).success();

    let base = migration("cccc00000003", &[], "x", "SELECT 1;", "");
    let project = repository().file("migrations/three.sql", &base);
    project.run(&["check", "--since", "main"]).success();
}

/// Both began the tree.
#[test]
fn two_beginnings() {
    let project = Project::new()
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .file("migrations/signoff.sum", "signoff.sum 1\n");
    project.git(&["init", "--quiet"]);
    project.commit();
    project.git(&["checkout", "--quiet", "-b", "work"]);
    project.write(
        "migrations/one.sql",
        migration("aaaa00000001", &[], "x", "SELECT 1;", "").as_bytes(),
    );
    project.commit();
    project.git(&["checkout", "--quiet", "main"]);
    project.write(
        "migrations/two.sql",
        migration("bbbb00000002", &[], "x", "SELECT 1;", "").as_bytes(),
    );
    project.commit();
    let outcome = project.run(&["check", "--since", "work"]);
    outcome
        .code(1)
        .stderr_has("then move what is new: `signoff rebase bbbb00000002 --onto aaaa00000001`");
}

#[test]
fn what_is_new_is_listed_in_every_form() {
    let project = repository()
        .file(
            "migrations/sub/three.sql",
            &on("bbbb00000002", "cccc00000003", "Invoices"),
        )
        .file(
            "migrations/four.sql",
            &on("cccc00000003", "dddd00000004", "Refunds"),
        );
    let forms: &[&[&str]] = &[
        &["check", "--since", "main"],
        &["check", "--since", "main", "--format", "short"],
        &["check", "--since", "main", "--format", "github"],
        &["check", "--since", "main", "-q"],
    ];
    assert_snapshot!(session(&project, forms));
    let commit = project.git(&["rev-parse", "main"]).stdout;
    let found = json(
        project
            .run(&["check", "--since", "main", "--json"])
            .success(),
    );
    let since = &found["since"];
    assert_eq!(since["ref"], "main");
    assert_eq!(since["commit"], commit.trim());
    assert_eq!(since["fork"], commit.trim());
    assert_eq!(since["added"][0]["id"], "cccc00000003");
    assert_eq!(since["added"][0]["file"], "migrations/sub/three.sql");
    assert_eq!(since["added"][1]["message"], "Refunds");
    // Without it, the document is as it was.
    let found = json(project.run(&["check", "--json"]).success());
    assert!(found.get("since").is_none());
    let broken = migration("eeee00000005", &["gone"], "x", "", "");
    project.write("migrations/five.sql", broken.as_bytes());
    let found = json(project.run(&["check", "--since", "main", "--json"]).code(1));
    assert_eq!(found["since"], serde_json::Value::Null);
    std::fs::remove_file(project.path("migrations/five.sql")).expect("removed");
    project.commit();
    project
        .run(&["check", "--since", "HEAD"])
        .success()
        .stdout_has("no new revision since HEAD\n");
    project
        .run(&["check", "--since", "HEAD~1"])
        .success()
        .stdout_has("2 new revisions since HEAD~1\n");
}

#[test]
fn what_git_can_not_tell() {
    let project = repository();
    let clone = Project::new().env("GIT_CONFIG_GLOBAL", "/dev/null");
    project.write(
        "migrations/three.sql",
        on("bbbb00000002", "cccc00000003", "x").as_bytes(),
    );
    project.commit();
    let from = format!("file://{}", project.path("."));
    clone.git(&[
        "clone",
        "--quiet",
        "--depth",
        "1",
        "--no-single-branch",
        &from,
        ".",
    ]);
    let outside = Project::new().env("GIT_CEILING_DIRECTORIES", "/");
    let outside = outside.file(
        "migrations/one.sql",
        &migration("aaaa", &[], "x", "SELECT 1;", ""),
    );
    let nowhere = Project::new().env("PATH", "/nowhere");
    let nowhere = nowhere.file(
        "migrations/one.sql",
        &migration("aaaa", &[], "x", "SELECT 1;", ""),
    );
    let check: &[&str] = &["check", "--since", "main"];
    let mut told = session(
        &project,
        &[
            &["check", "--since", "origin/main"],
            &["check", "--since=-n"],
            &["check", "--since="],
            &["check", "--since", "main:migrations"],
        ],
    );
    told += &session(
        &clone,
        &[
            &["check", "--since", "v1"],
            &["check", "--since", "origin/main"],
        ],
    );
    told += &session(&outside, &[check]);
    told += &session(&nowhere, &[check]);
    assert_snapshot!(told);
}

#[test]
fn what_was_not_there_yet() {
    let project = repository();
    // Another folder, no signoff.sum, and a tree with errors.
    project.git(&["mv", "migrations", "db"]);
    let mut told = session(&project, &[&["check", "--since", "main", "--path", "db"]]);
    project.git(&["mv", "db", "migrations"]);
    std::fs::remove_file(project.path("migrations/signoff.sum")).expect("removed");
    project.commit();
    project.git(&["branch", "--quiet", "-f", "main"]);
    project.run(&["seal"]).success();
    told += &session(&project, &[&["check", "--since", "main"]]);
    let sound = project.read("migrations/two.sql");
    project.write(
        "migrations/two.sql",
        sound.replace("aaaa", "gone").as_bytes(),
    );
    project.commit();
    project.git(&["branch", "--quiet", "-f", "main"]);
    project.write("migrations/two.sql", sound.as_bytes());
    told += &session(&project, &[&["check", "--since", "main"]]);
    assert_snapshot!(told);
}

/// As a hook's child, from a folder below, with a hook that would be seen.
#[test]
fn git_is_asked_and_not_disturbed() {
    let project = repository()
        .env("GIT_DIR", "nonsense")
        .env("GIT_INDEX_FILE", "nonsense");
    let hook = project.path(".git/hooks/post-index-change");
    project.write(".git/hooks/post-index-change", b"#!/bin/sh\ntouch ran\n");
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("set");
    project.write(
        "migrations/three.sql",
        on("bbbb00000002", "cccc00000003", "x").as_bytes(),
    );
    let before = project.everything();
    project
        .run(&["check", "--since", "main"])
        .success()
        .stdout_has("1 new revision");
    project
        .run(&[
            "check",
            "--since",
            "main",
            "--path",
            "./migrations/../migrations",
        ])
        .success()
        .stdout_has("1 new revision");
    assert_eq!(project.everything(), before);
    let mut below = project.command(&["check", "--since", "main"]);
    below.current_dir(project.path("migrations"));
    crate::support::outcome::run(&mut below, "")
        .success()
        .stdout_has("(../migrations/three.sql)");
}

/// The other side squashed what this branch still has: nothing of that is new here.
#[test]
fn a_squash_on_the_other_side() {
    let project = repository();
    let new = on("bbbb00000002", "cccc00000003", "Invoices");
    project.write("migrations/three.sql", new.as_bytes());
    project.commit();
    project.git(&["checkout", "--quiet", "main"]);
    let squash = ["squash", "base:bbbb", "-m", "First", "--rev-id", "first1"];
    project.run(&squash).success();
    project.commit();
    project.git(&["checkout", "--quiet", "work"]);
    let check: &[&str] = &["check", "--since", "main"];
    let outcome = project.run(check);
    outcome.success().stdout_has("cccc00000003  Invoices");
    outcome.stdout_lacks("aaaa00000001");
    project.git(&["merge", "--quiet", "main", "-m", "x"]);
    project.run(check).success().stdout_lacks("aaaa00000001");
}

/// What was squashed is gone from the tree, and nobody's loss: its line says what it was.
#[test]
fn a_squash_is_no_removal() {
    let project = repository();
    project.write(
        "migrations/three.sql",
        on("bbbb00000002", "cccc00000003", "Invoices").as_bytes(),
    );
    project.commit();
    project.git(&["branch", "--quiet", "-f", "main"]);
    let squash = ["squash", "base:bbbb", "-m", "First", "--rev-id", "first1"];
    project.run(&squash).success();
    let check: &[&str] = &["check", "--since", "main"];
    project.run(check).success().stdout_has("first1  First");
    // Taking a line away is what it always was.
    let sum = project.read("migrations/signoff.sum");
    let without: Vec<&str> = sum
        .lines()
        .filter(|line| !line.starts_with("aaaa"))
        .collect();
    project.write(
        "migrations/signoff.sum",
        (without.join("\n") + "\n").as_bytes(),
    );
    project.run(check).code(1).stderr_has("since-removed");
}
