//! `check --since` where numbers order the tree.

use insta::assert_snapshot;

use crate::cli::session;
use crate::support::project::Project;

const CHECK: &[&str] = &["check", "--since", "main", "--path", "db"];

fn pair(project: &Project, number: u32, name: &str, sql: &str) {
    project.write(
        &format!("db/{number}_{name}.up.sql"),
        format!("SELECT '{sql}';\n").as_bytes(),
    );
    project.write(&format!("db/{number}_{name}.down.sql"), b"SELECT 2;\n");
}

/// Numbers 1 and 2, sealed on `main`; `work` is checked out.
fn repository() -> Project {
    let project = Project::new().env("GIT_CONFIG_GLOBAL", "/dev/null");
    pair(&project, 1, "a", "a");
    pair(&project, 2, "b", "b");
    project.run(&["seal", "--path", "db"]).success();
    project.git(&["init", "--quiet"]);
    project.commit();
    project.git(&["checkout", "--quiet", "-b", "work"]);
    project
}

#[test]
fn additions_and_edits() {
    let project = repository();
    pair(&project, 3, "c", "c");
    let mut told = session(&project, &[CHECK]);
    pair(&project, 2, "b", "other");
    let sum = project.read("db/signoff.sum");
    let lines = sum.lines().filter(|line| !line.starts_with('2'));
    project.write(
        "db/signoff.sum",
        (lines.collect::<Vec<_>>().join("\n") + "\n").as_bytes(),
    );
    project.run(&["seal", "--path", "db"]).success();
    told += &session(&project, &[CHECK]);
    assert_snapshot!(told);
}

/// The same number twice, and one below a number that came meanwhile.
#[test]
fn two_people_who_took_a_number() {
    let project = repository();
    project.git(&["checkout", "--quiet", "main"]);
    pair(&project, 3, "theirs", "theirs");
    project.commit();
    project.git(&["checkout", "--quiet", "work"]);
    pair(&project, 3, "ours", "ours");
    project.commit();
    let mut told = session(&project, &[CHECK]);
    project.git(&["checkout", "--quiet", "main"]);
    pair(&project, 10, "theirs", "theirs");
    project.commit();
    project.git(&["checkout", "--quiet", "work"]);
    pair(&project, 4, "ours", "ours");
    told += &session(&project, &[CHECK]);
    assert_snapshot!(told);
}
