//! `signoff merge`

use insta::assert_snapshot;

use super::{branched, migration, session, shop};
use crate::support::project::Project;

/// Three heads: `cccc`, `dddd` and, on a base of its own, `eeee`.
fn three_heads() -> Project {
    branched().file(
        "migrations/five.sql",
        &migration("eeee00000005", &[], "Audit", "SELECT 1;", ""),
    )
}

#[test]
fn all_heads_are_joined() {
    let project = branched();
    assert_snapshot!(session(
        &project,
        &[
            &["merge", "--rev-id", "ffff00000006"],
            &["history"],
            &["check"],
        ],
    ));
    let path = "migrations/20251230_135533_ffff00000006_merge_cccc00000003_and_dddd00000004.sql";
    assert_snapshot!("the_file", project.read(path));
    // It joins, and adds nothing to what is published or run.
    for arguments in [&["seal"][..], &["bundle"], &["downgrade", "base"]] {
        project.run(arguments).success().quiet();
    }
}

#[test]
fn some_heads_are_joined() {
    let project = three_heads();
    let words = ["merge", "dddd", "cccc", "dddd", "-m", "Two of them"];
    let named = ["--rev-id", "ffff00000006", "--branch-label", "both"];
    project
        .run(&[&words[..], &named].concat())
        .success()
        .quiet();
    let text = project.read("migrations/20251230_135533_ffff00000006_two_of_them.sql");
    for line in [
        "--! revises    = [\"dddd00000004\", \"cccc00000003\"]\n",
        "--! message    = \"Two of them\"\n",
        "--! labels     = [\"both\"]\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    project.run(&["merge", "both@head", "eeee"]).success();
    assert_eq!(project.run(&["heads"]).success().stdout.lines().count(), 1);
}

#[test]
fn a_message_names_some_of_many() {
    let project = three_heads().file(
        "migrations/six.sql",
        &migration("ffff00000006", &[], "x", "SELECT 1;", ""),
    );
    project.run(&["merge"]).success();
    project
        .run(&["heads"])
        .success()
        .stdout_has("  merge cccc00000003, dddd00000004 and 2 more\n");
}

#[test]
fn what_there_is_nothing_to_join_of() {
    let one = shop();
    let several = three_heads();
    let empty = Project::new();
    empty.run(&["init"]).success();
    let before = (one.everything(), several.everything());
    let mut told = session(&empty, &[&["merge"]]);
    told += &session(&one, &[&["merge"], &["merge", "bbbb", "head"]]);
    told += &session(
        &several,
        &[
            &["merge", "cccc"],
            &["merge", "base"],
            &["merge", "cccc", "aaaa"],
            &["merge", "bbbb", "eeee"],
            &["merge", "cccc", "nope"],
            &["merge", "-m", " "],
        ],
    );
    assert_snapshot!(told);
    assert_eq!((one.everything(), several.everything()), before);
}
