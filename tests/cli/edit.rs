//! `signoff edit`

use insta::assert_snapshot;

use super::{branched, session, shop};
use crate::support::project::Project;

#[test]
fn a_file_is_opened() {
    let project = shop().env("EDITOR", "cat");
    for revision in ["head", "bbbb", "aaaa+1"] {
        let outcome = project.run(&["edit", revision]);
        let text = project.read("migrations/two.sql");
        assert_eq!(outcome.success().quiet().stdout, text);
    }
    // From elsewhere, too.
    std::fs::create_dir(project.path("sub")).expect("is ours");
    let mut command = project.command(&["edit", "head"]);
    let outcome = crate::support::outcome::run(command.current_dir(project.path("sub")), "");
    outcome.success().stdout_has("CREATE TABLE orders");
}

#[test]
fn some_layouts_have_two_files() {
    let project = Project::new()
        .env("EDITOR", "cat")
        .file("db/1_a.up.sql", "SELECT 'up';\n")
        .file("db/1_a.down.sql", "SELECT 'down';\n");
    let outcome = project.run(&["edit", "1", "--path", "db"]);
    assert_eq!(
        outcome.success().stdout,
        "SELECT 'up';\nSELECT 'down';\n",
        "{outcome}"
    );
}

/// Who edits what is published is told before the editor takes the screen.
#[test]
fn a_published_revision_is_told_and_opened() {
    let project = shop().env("EDITOR", "cat");
    project.run(&["seal"]).success();
    assert_snapshot!(session(&project, &[&["edit", "head"]]));
    project.run(&["edit", "head", "-q"]).success().quiet();
}

#[test]
fn what_is_not_opened() {
    let mut told = session(
        &branched().env("EDITOR", "cat"),
        &[
            &["edit", "head"],
            &["edit", "heads"],
            &["edit", "base"],
            &["edit", "nope"],
        ],
    );
    for editor in ["", "no-such-editor", "false"] {
        told += &session(&shop().env("EDITOR", editor), &[&["edit", "head"]]);
    }
    assert_snapshot!(told);
}
