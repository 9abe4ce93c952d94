//! `signoff seal`, and what becomes of a published revision that changes.

use insta::assert_snapshot;

use super::{migration, session, shop};
use crate::support::outcome::{self, Outcome};
use crate::support::project::Project;

const SUM: &str = "migrations/signoff.sum";

fn sealed() -> Project {
    let project = shop();
    project.run(&["seal"]).success();
    project
}

fn edit(project: &Project, path: &str, from: &str, to: &str) {
    let text = project.read(path);
    assert!(text.contains(from), "{path}: no {from:?}");
    project.write(path, text.replace(from, to).as_bytes());
}

#[test]
fn what_is_new_is_added() {
    let project = shop();
    assert_snapshot!(session(&project, &[&["seal"], &["seal"], &["check"]]));
    let first = project.read(SUM);
    assert_snapshot!("the_file", first);
    project.write(
        "migrations/three.sql",
        migration("cccc00000003", &["bbbb00000002"], "x", "SELECT 1;", "").as_bytes(),
    );
    project
        .run(&["seal"])
        .success()
        .stdout_has("sealed cccc00000003  x\n");
    // One line more, and every other as it was.
    let lines = project.read(SUM);
    assert_eq!(lines.lines().count(), first.lines().count() + 1);
    assert!(first.lines().all(|line| lines.contains(line)));
}

/// Only what says what runs is sealed: message, labels and reasons may change freely.
#[test]
fn prose_may_change() {
    let project = sealed();
    edit(
        &project,
        "migrations/two.sql",
        "message = \"Orders\"",
        "message = \"Orders!\"\n--! labels = [\"x\"]",
    );
    project.run(&["check"]).success().quiet();
}

#[test]
fn comments_only() {
    let project = sealed();
    edit(
        &project,
        "migrations/two.sql",
        "-- one row per order",
        "-- an order a row",
    );
    assert_snapshot!(session(&project, &[&["check"]]));
    // It is told, and stops nobody.
    for arguments in [&["upgrade"][..], &["bundle"], &["seal"]] {
        project
            .run(arguments)
            .success()
            .stderr_has("warning[seal-comments-changed]");
    }
}

#[test]
fn the_sql() {
    let project = sealed();
    edit(&project, "migrations/two.sql", "orders (id", "orders (nr");
    assert_snapshot!(session(&project, &[&["check"]]));
    let before = project.everything();
    for arguments in [
        &["upgrade"][..],
        &["downgrade", "-1"],
        &["bundle"],
        &["seal"],
    ] {
        project
            .run(arguments)
            .code(1)
            .stderr_has("error[seal-changed]");
    }
    assert_eq!(project.everything(), before);
    // Whoever only looks is not stopped.
    project.run(&["history"]).success();
    // A published revision has a right to its old text, to the byte.
    edit(&project, "migrations/two.sql", "orders (nr", "orders (id");
    project.run(&["check"]).success().quiet();
}

#[test]
fn a_downgrade_can_be_mended() {
    let project = sealed();
    edit(
        &project,
        "migrations/two.sql",
        "DROP TABLE orders",
        "DROP TABLE IF EXISTS orders",
    );
    assert_snapshot!(session(&project, &[&["check"]]));
}

#[test]
fn a_parent() {
    let project = sealed();
    edit(&project, "migrations/two.sql", "[\"aaaa00000001\"]", "[]");
    assert_snapshot!(session(&project, &[&["check"]]));
    project.run(&["upgrade", "aaaa"]).code(1);
}

#[test]
fn a_deleted_file() {
    let project = sealed();
    std::fs::remove_file(project.path("migrations/two.sql")).expect("is there");
    assert_snapshot!(session(&project, &[&["check"]]));
    project.run(&["bundle"]).code(1);
    project.run(&["seal"]).code(1);
}

/// How a setting of a direction that changes what runs is seen.
#[test]
fn a_setting_that_changes_what_runs() {
    let project = sealed();
    edit(
        &project,
        "migrations/two.sql",
        "--! upgrade\n",
        "--! upgrade { transaction = false }\n",
    );
    project
        .run(&["check"])
        .code(1)
        .stderr_has("error[seal-changed]");
}

#[test]
fn sealing_again() {
    let project = sealed();
    let up = |project: &Project| {
        let line = project.read(SUM);
        let line = line
            .lines()
            .find(|line| line.starts_with("bbbb"))
            .map(str::to_owned);
        let line = line.expect("is sealed");
        let up = line.split(' ').find_map(|word| word.strip_prefix("up="));
        up.expect("has a digest").to_owned()
    };
    let first = up(&project);
    edit(&project, "migrations/two.sql", "orders (id", "orders (nr");
    let reseal: &[&str] = &[
        "seal",
        "--reseal",
        "bbbb",
        "--reason",
        "the column was never used, and \"nr\" fits",
    ];
    assert_snapshot!(session(&project, &[reseal, &["check"], reseal]));
    let second = up(&project);
    assert_ne!(first, second);
    let line = project.read(SUM);
    assert!(
        line.contains(&format!("reseal bbbb00000002 up={first} ")),
        "{line}"
    );
    assert!(
        line.contains("reason=\"the column was never used, and \\\"nr\\\" fits\"\n"),
        "{line}"
    );

    // Who approves a release is told, and so is who looks.
    project.run(&["bundle"]).success();
    let manifest = project.read("out/shop-base-bbbb00000002/manifest.json");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let reason = "the column was never used, and \"nr\" fits";
    assert_eq!(
        manifest["revisions"][1]["resealed"],
        serde_json::json!([reason])
    );
    assert!(manifest["revisions"][0].get("resealed").is_none());
    project
        .run(&["history", "--verbose"])
        .success()
        .stdout_has(&format!("    resealed    {reason}\n"));
    project.write("ours/runbook.md", b"{% for line in contents.lines %}{{ line.id }}: {{ line.resealed | join(\"; \") }}\n{% endfor %}");
    let config = project.read("signoff.toml");
    let own = format!("{config}\n[render]\ntemplates = \"ours\"\n");
    project.write("signoff.toml", own.as_bytes());
    project.run(&["bundle"]).success();
    assert_eq!(
        project.read("out/shop-base-bbbb00000002/README.md"),
        format!("aaaa00000001: \nbbbb00000002: {reason}\n")
    );
    project.write("signoff.toml", config.as_bytes());

    // A database that has the first text is served by the new bundle.
    for script in ["upgrade.sql", "downgrade.sql", "plan.sql"] {
        let text = project.read(&format!("out/shop-base-bbbb00000002/{script}"));
        assert!(
            text.contains(&format!("\"accept\":[\"{first}\"]")),
            "{script}"
        );
    }

    // And again: both earlier texts are accepted, and the first one may come back.
    edit(
        &project,
        "migrations/two.sql",
        "orders (nr",
        "orders (number",
    );
    project
        .run(&["seal", "--reseal", "bbbb", "--reason", "twice"])
        .success();
    let script = project.run(&["upgrade"]).success().stdout.clone();
    assert!(script.contains(&first) && script.contains(&second));
    project
        .run(&["history", "-v"])
        .success()
        .stdout_has("    resealed    twice\n");
    edit(
        &project,
        "migrations/two.sql",
        "orders (number",
        "orders (id",
    );
    project
        .run(&["check"])
        .code(1)
        .stderr_has("seal --reseal bbbb00000002");
}

#[test]
fn sealing_again_what_can_not_be() {
    let project = sealed();
    project.write(
        "migrations/three.sql",
        migration("cccc00000003", &["bbbb00000002"], "x", "SELECT 1;", "").as_bytes(),
    );
    let before = project.everything();
    assert_snapshot!(session(
        &project,
        &[
            &["seal", "--reseal", "bbbb", "--reason", "nothing changed"],
            &["seal", "--reseal", "cccc", "--reason", "not published"],
            &["seal", "--reseal", "nope", "--reason", "no such thing"],
            &["seal", "--reseal", "base", "--reason", "not one"],
        ]
    ));
    edit(&project, "migrations/two.sql", "orders (id", "orders (nr");
    for reason in ["", "  ", "two\nlines", "\u{1b}[2J"] {
        let outcome = project.run(&["seal", "--reseal", "bbbb", "--reason", reason]);
        assert_ne!(outcome.code, 0, "{reason:?}\n{outcome}");
    }
    edit(&project, "migrations/two.sql", "orders (nr", "orders (id");
    assert_eq!(project.everything(), before);
}

#[test]
fn a_broken_file_is_told() {
    let project = sealed();
    let whole = project.read(SUM);
    let mut told = String::new();
    for broken in [
        whole.replace("signoff.sum 1", "signoff.sum 2"),
        whole.replace("signoff.sum 1\n", ""),
        whole.replace("up=sha256:", "up=md5:"),
        whole.replace(" up1=", " up2="),
        format!("{whole}<<<<<<< ours\n=======\n>>>>>>> theirs\n"),
        format!(
            "{whole}{}",
            whole
                .lines()
                .find(|line| line.starts_with("aaaa"))
                .expect("is there")
                .replace("up=sha256:", "up=sha256:0")
                .replace("up=sha256:00", "up=sha256:1")
        ),
        format!("{whole}{}\n", "x".repeat(10)),
    ] {
        project.write(SUM, broken.as_bytes());
        let outcome = project.run(&["check"]);
        outcome.code(1);
        told += outcome.stderr.lines().next().unwrap_or_default();
        told += "\n";
        let before = project.everything();
        // Whoever looks still sees the revisions.
        project
            .run(&["history", "--verbose"])
            .code(1)
            .stdout_has("bbbb00000002");
        project.run(&["seal"]).code(1);
        assert_eq!(project.everything(), before);
    }
    assert_snapshot!(told);
}

fn git(project: &Project, arguments: &[&str]) -> Outcome {
    let mut command = std::process::Command::new("git");
    command
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.com",
            "-c",
            "init.defaultBranch=main",
        ])
        .args([
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .current_dir(project.path("."))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("HOME", project.path(".").as_str());
    outcome::run(&mut command, "")
}

/// Two branches that both sealed, joined by git: with the attributes that `init` writes no line is lost, and there is
/// nothing to settle by hand. Reseals of one revision on both sides merge too.
#[test]
fn two_branches_that_both_sealed_lose_no_line() {
    let project = Project::new().env("SOURCE_DATE_EPOCH", "0");
    project.run(&["init"]).success();
    let add = |id: &str, revises: &[&str], up: &str| {
        project.write(
            &format!("migrations/{id}.sql"),
            migration(id, revises, id, up, "SELECT 0;").as_bytes(),
        );
    };
    let commit = |message: &str| {
        project.run(&["seal"]).success();
        git(&project, &["add", "-A"]).success();
        git(&project, &["commit", "-qm", message]).success();
    };
    git(&project, &["init", "-q"]).success();
    add("aaaa00000001", &[], "SELECT 1;");
    commit("first");
    git(&project, &["checkout", "-qb", "side"]).success();
    add("bbbb00000002", &["aaaa00000001"], "SELECT 2;");
    add("eeee00000005", &["bbbb00000002"], "SELECT 5;");
    commit("on the side");
    let side = project.read(SUM);
    git(&project, &["checkout", "-q", "main"]).success();
    add("cccc00000003", &["aaaa00000001"], "SELECT 3;");
    add("bcbc00000004", &["cccc00000003"], "SELECT 4;");
    commit("on main");
    let main = project.read(SUM);

    git(&project, &["merge", "-q", "--no-edit", "side"]).success();
    let merged = project.read(SUM);
    for line in side.lines().chain(main.lines()) {
        assert!(
            merged.lines().any(|merged| merged == line),
            "{line} was lost\n{merged}"
        );
    }
    project
        .run(&["check"])
        .success()
        .stderr_has("warning[several-heads]")
        .stderr_has("1 warning");
    // Nothing is left to seal, and a merge revision goes on from both.
    let mut merge = vec!["revision", "-m", "merge", "--rev-id", "ffff00000006"];
    merge.extend(["--head", "eeee", "--head", "bcbc"]);
    project.run(&merge).success();
    project
        .run(&["seal"])
        .success()
        .stdout_has("sealed ffff00000006")
        .stdout_has("wrote");
    let sealed = project.read(SUM);
    let mut ids: Vec<&str> = sealed
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(ids.len(), 6);
    let written = ids.clone();
    ids.sort_unstable();
    assert_eq!(ids, written, "sorted again");
}
