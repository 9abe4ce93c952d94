//! `signoff rebase`

use insta::assert_snapshot;

use super::{branched, migration, session, shop};
use crate::support::project::Project;

/// Two heads on `bbbb`; `dddd` is published, and `cccc` with `eeee` on it is not.
fn left_behind() -> Project {
    let project = branched();
    project.run(&["seal"]).success();
    let sealed = project.read("migrations/signoff.sum");
    let lines = sealed.lines().filter(|line| !line.starts_with("cccc"));
    let lines: Vec<&str> = lines.collect();
    project
        .file("migrations/signoff.sum", &(lines.join("\n") + "\n"))
        .file(
            "migrations/five.sql",
            &migration("eeee00000005", &["cccc00000003"], "Lines", "SELECT 1;", ""),
        )
}

#[test]
fn the_line_that_is_not_published_moves() {
    let project = left_behind();
    let before = project.everything();
    let told = session(&project, &[&["rebase", "--dry-run"]]);
    assert_eq!(project.everything(), before);
    let files = ["migrations/five.sql", "migrations/four.sql"];
    let texts = files.map(|file| project.read(file));
    let told = told + &session(&project, &[&["rebase"], &["heads"], &["rebase"]]);
    assert_snapshot!(told);
    assert_eq!(files.map(|file| project.read(file)), texts);
    assert_eq!(project.everything().len(), before.len());
    project.run(&["check"]).success();
    project.run(&["seal"]).success();
}

/// Any revision of the line names it, and what it is to stand on may be any that is not of it.
#[test]
fn a_line_is_named_by_any_of_its_revisions() {
    for words in [
        &["rebase", "cccc"][..],
        &["rebase", "eeee"],
        &["rebase", "eeee-1", "--onto", "dddd"],
        &["rebase", "--onto", "dddd"],
    ] {
        let project = left_behind();
        project.run(words).success().quiet();
        let text = project.read("migrations/three.sql");
        assert!(
            text.contains("--! revises = [\"dddd00000004\"]\n"),
            "{text}"
        );
    }
}

/// The value of `revises` changes, and not a byte beside it.
#[test]
fn nothing_else_in_the_file_changes() {
    let odd = "\u{feff}-- revises = [\"bbbb00000002\"]\r\n\r\n--! revision=\"cccc00000003\"\r\n--!   revises   = PARENTS   # not [\"dddd00000004\"]\r\n\
               --! message = \"Ünïted \\\"x\\\"\"\r\n\r\n--! upgrade\r\nSELECT 'revises = []';\r\n\r\n--! downgrade\r\n";
    for (before, after) in [
        ("[\"bbbb00000002\"]", "[\"dddd00000004\"]"),
        ("[ 'bbbb00000002', ]", "[\"dddd00000004\"]"),
        ("[ # why\r\n--!   \"bbbb00000002\" ]", "[\"dddd00000004\"]"),
        ("[]", "[\"dddd00000004\"]"),
    ] {
        let project = branched().file("migrations/three.sql", &odd.replace("PARENTS", before));
        project.run(&["rebase", "cccc", "--onto", "dddd"]).success();
        assert_eq!(
            project.read("migrations/three.sql"),
            odd.replace("PARENTS", after)
        );
        project.run(&["check"]).success();
    }
}

#[test]
fn rights_and_links_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = left_behind();
    let file = project.path("migrations/three.sql");
    std::fs::rename(&file, project.path("migrations/three.txt")).expect("renamed");
    std::os::unix::fs::symlink("three.txt", &file).expect("linked");
    let rights = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(&file, rights).expect("set");
    project.run(&["rebase"]).success();
    let found = std::fs::symlink_metadata(&file).expect("there");
    assert!(found.is_symlink());
    let found = std::fs::metadata(&file).expect("there");
    assert_eq!(found.permissions().mode() & 0o777, 0o640);
    assert_eq!(project.run(&["heads"]).success().stdout.lines().count(), 1);
}

/// Two bottoms: where the second can't be written, the first is not either.
#[test]
fn all_files_change_or_none() {
    let project = branched().file(
        "migrations/late/five.sql",
        &migration("eeee00000005", &["aaaa00000001"], "Audit", "SELECT 1;", ""),
    );
    let project = project.file(
        "migrations/six.sql",
        &migration(
            "ffff00000006",
            &["cccc00000003", "eeee00000005"],
            "Both",
            "",
            "",
        ),
    );
    project.write("migrations/late/.five.sql.new", b"in the way");
    let before = project.everything();
    let told = session(&project, &[&["rebase", "ffff"]]);
    assert_eq!(project.everything(), before);
    std::fs::remove_file(project.path("migrations/late/.five.sql.new")).expect("removed");
    assert_snapshot!(told + &session(&project, &[&["rebase", "ffff"], &["heads"]]));
}

#[test]
fn what_is_published_stays_where_it_is() {
    let project = left_behind();
    let mut told = session(&project, &[&["rebase", "dddd", "--onto", "cccc"]]);
    project.run(&["seal"]).success();
    let before = project.everything();
    told += &session(&project, &[&["rebase"], &["rebase", "eeee"]]);
    assert_eq!(project.everything(), before);
    assert_snapshot!(told);
    let joined = branched().file(
        "migrations/five.sql",
        &migration(
            "eeee00000005",
            &["cccc00000003", "dddd00000004"],
            "Both",
            "",
            "",
        ),
    );
    joined.run(&["seal"]).success();
    joined
        .run(&["rebase", "cccc", "--onto", "dddd"])
        .code(2)
        .stderr_has("leave it: both lines meet in `eeee00000005` already");
    // What it advises works.
    project
        .run(&["merge", "dddd00000004", "eeee00000005"])
        .success();
}

#[test]
fn nothing_is_chosen_for_anybody() {
    let two = branched();
    let three = branched().file(
        "migrations/five.sql",
        &migration("eeee00000005", &[], "Audit", "SELECT 1;", ""),
    );
    let before = (two.everything(), three.everything());
    let mut told = session(
        &two,
        &[
            &["rebase"],
            &["rebase", "bbbb"],
            &["rebase", "heads"],
            &["rebase", "cccc", "--onto", "base"],
            &["rebase", "cccc", "--onto", "nope"],
        ],
    );
    told += &session(
        &three,
        &[
            &["rebase"],
            &["rebase", "cccc"],
            &["rebase", "--onto", "cccc"],
        ],
    );
    told += &session(&shop(), &[&["rebase"], &["rebase", "--onto", "aaaa"]]);
    assert_snapshot!(told);
    assert_eq!((two.everything(), three.everything()), before);
}

#[test]
fn what_can_not_be() {
    let needs = migration("cccc00000003", &["bbbb00000002"], "x", "SELECT 1;", "").replace(
        "\n\n--! upgrade",
        "\n--! depends_on = [\"dddd00000004\"]\n\n--! upgrade",
    );
    let needing = branched().file("migrations/three.sql", &needs);
    let forked = branched()
        .file(
            "migrations/five.sql",
            &migration("eeee00000005", &["cccc00000003"], "x", "SELECT 1;", ""),
        )
        .file(
            "migrations/six.sql",
            &migration("ffff00000006", &["aaaa00000001"], "x", "SELECT 1;", ""),
        )
        .file(
            "migrations/seven.sql",
            &migration(
                "abab00000007",
                &["cccc00000003", "ffff00000006"],
                "x",
                "",
                "",
            ),
        );
    let numbered = Project::new().file("db/1_a.up.sql", "SELECT 1;");
    let mut told = session(
        &needing,
        &[
            &["rebase", "dddd", "--onto", "cccc"],
            &["rebase", "aaaa", "--onto", "dddd"],
            &["rebase", "cccc", "--onto", "cccc"],
            &["rebase", "cccc", "--onto", "bbbb"],
        ],
    );
    told += &session(&forked, &[&["rebase", "eeee", "--onto", "dddd"]]);
    told += &session(&numbered, &[&["rebase", "--path", "db"]]);
    assert_snapshot!(told);
    // One that needs the other may stand on it.
    needing.run(&["rebase", "cccc", "--onto", "dddd"]).success();
    needing.run(&["check"]).success();
}

/// A base that nobody named stays a base; named, it moves, and what that means is told. So is a merge that joins
/// nothing any more.
#[test]
fn bases_and_merges() {
    let audit = migration("eeee00000005", &[], "Audit", "SELECT 1;", "").replace(
        "\n\n--! upgrade",
        "\n--! labels = [\"audit\"]\n\n--! upgrade",
    );
    let apart = shop();
    apart.run(&["seal"]).success();
    let apart = apart.file("migrations/five.sql", &audit);
    let met = branched()
        .file(
            "migrations/five.sql",
            &migration(
                "eeee00000005",
                &["cccc00000003", "dddd00000004"],
                "Both",
                "",
                "",
            ),
        )
        .file(
            "migrations/six.sql",
            &migration("ffff00000006", &["dddd00000004"], "x", "SELECT 1;", ""),
        );
    assert_snapshot!(
        session(
            &apart,
            &[
                &["rebase"],
                &["rebase", "--onto", "bbbb"],
                &["rebase", "audit"],
                &["heads"]
            ]
        ) + &session(&met, &[&["rebase", "eeee"], &["history"]])
    );
}
