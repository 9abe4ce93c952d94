//! `signoff bundle`

use insta::assert_snapshot;

use super::{branched, json, migration, session, shop};
use crate::support::project::Project;

const FOLDER: &str = "out/shop-base-bbbb00000002";

/// The text with every digest blanked: what they are is the goldens' matter.
fn without_digests(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("sha256:") {
        plain = plain + before + "sha256:…";
        rest = after.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    plain + rest
}

#[test]
fn a_release_is_written_once() {
    let project = shop();
    let text = session(
        &project,
        &[&["bundle"], &["bundle"], &["bundle", "bbbb:+0"]],
    );
    assert_snapshot!(without_digests(&text));
    assert_eq!(
        project.files(FOLDER),
        [
            "README.md",
            "SHA256SUMS",
            "downgrade.sql",
            "manifest.json",
            "plan.sql",
            "status.sql",
            "upgrade.sql"
        ]
    );
    // Nothing stands about: no folder of an unfinished run.
    assert_eq!(project.files("out").len(), 7);
}

#[test]
fn json_says_what_was_written() {
    let project = shop();
    for written in ["new", "unchanged"] {
        let said = json(project.run(&["bundle", "--json"]).success().quiet());
        assert_eq!(said["folder"], FOLDER);
        assert_eq!(said["written"], written);
        let files = said["files"].as_array().expect("a list");
        let names: Vec<&str> = files.iter().filter_map(|name| name.as_str()).collect();
        assert_eq!(names, project.files(FOLDER));
        let manifest = project.read(&format!("{FOLDER}/manifest.json"));
        let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("is JSON");
        assert_eq!(manifest["format"], 1);
        assert_eq!(said["bundle"], manifest["bundle"]);
    }
    let text = project
        .read("migrations/two.sql")
        .replace("DROP TABLE orders", "DROP TABLE IF EXISTS orders");
    project.write("migrations/two.sql", text.as_bytes());
    let said = json(project.run(&["bundle", "--json"]).success());
    assert_eq!(said["written"], "replaced");
}

#[test]
fn a_range_and_another_folder() {
    let project = shop();
    project
        .run(&["bundle", "aaaa:head", "--out", "releases/june"])
        .success()
        .stdout_has("wrote releases/june/shop-aaaa00000001-bbbb00000002  (1 revision,");
    assert_eq!(project.run(&["bundle", "+1", "-q"]).success().stdout, "");
    assert!(
        project
            .path("out/shop-base-aaaa00000001/upgrade.sql")
            .exists()
    );
}

#[test]
fn several_heads_are_refused_or_taken_together() {
    let project = branched();
    assert_snapshot!(without_digests(&session(
        &project,
        &[&["bundle"], &["bundle", "heads"], &["bundle", "cccc"],]
    )));
}

/// What can't be undone shortens the way back, and the bundle says so.
#[test]
fn the_way_back_ends_above_what_has_none() {
    let project = shop().file(
        "migrations/three.sql",
        "--! revision = \"cccc00000003\"\n--! revises = [\"bbbb00000002\"]\n--! message = \"Forget\"\n\n\
         --! upgrade\nDROP TABLE orders;\n\n--! downgrade { irreversible = \"the orders are gone\" }\n",
    );
    let project = project.file(
        "migrations/four.sql",
        &migration(
            "dddd00000004",
            &["cccc00000003"],
            "More",
            "SELECT 1;",
            "SELECT 2;",
        ),
    );
    assert_snapshot!(without_digests(&session(&project, &[&["bundle"]])));
    let folder = "out/shop-base-dddd00000004";
    let downgrade = project.read(&format!("{folder}/downgrade.sql"));
    assert!(downgrade.contains("SELECT 2;") && !downgrade.contains("DROP TABLE customer"));
    let readme = project.read(&format!("{folder}/README.md"));
    assert!(
        readme.contains("stops above cccc00000003: the orders are gone"),
        "{readme}"
    );
}

/// downgrade.sql would take the record away and leave the table.
#[test]
fn an_empty_downgrade_is_told() {
    let project = shop().file(
        "migrations/three.sql",
        &migration(
            "cccc00000003",
            &["bbbb00000002"],
            "x",
            "CREATE TABLE refund (id bigint);",
            "-- nothing",
        ),
    );
    let told = "warning[empty-downgrade]: revision cccc00000003 has an empty downgrade";
    project.run(&["bundle"]).success().stderr_has(told);
    project.run(&["bundle", "bbbb"]).success().quiet();
    let numbered = Project::new()
        .file("m/1_a.up.sql", "CREATE TABLE a (b int);")
        .file("m/1_a.down.sql", "")
        .file("m/2_b.up.sql", "-- not yet")
        .file("m/2_b.down.sql", "");
    numbered
        .run(&["bundle", "--path", "m", "--out", "out"])
        .success()
        .stderr_has("warning[empty-downgrade]: 1 of 2 revisions have an empty downgrade")
        .stderr_has("warning[empty-upgrade]: 1 of 2 revisions have an empty upgrade");
}

/// Somebody else's folder, a bundle that was changed, one that lacks a file: none is touched.
#[test]
fn what_is_not_ours_or_not_whole_stays() {
    let project = shop();
    project.run(&["bundle"]).success();
    let whole = project.everything();
    let change = |path: &str, bytes: Option<&[u8]>| {
        let _ = std::fs::remove_dir_all(project.path("out"));
        for (path, bytes) in &whole {
            if path.starts_with("out/")
                && *bytes != b"FileType { is_file: false, is_dir: true, is_symlink: false, .. }"
            {
                project.write(path, bytes);
            }
        }
        match bytes {
            Some(bytes) => project.write(path, bytes),
            None => std::fs::remove_file(project.path(path)).expect("is there"),
        }
    };
    let mut told = String::new();
    for (path, bytes) in [
        ("upgrade.sql", Some(&b"-- changed\n"[..])),
        ("manifest.json", Some(b"{}")),
        ("notes.txt", Some(b"mine")),
        ("notes.bin", Some(b"\xff\xfe")),
        ("sub/notes.txt", Some(b"mine")),
        ("plan.sql", None),
        ("SHA256SUMS", None),
        ("manifest.json", None),
    ] {
        change(&format!("{FOLDER}/{path}"), bytes);
        // Even one that would be written anew because the tree changed.
        for text in ["SELECT 1;", "SELECT 2;"] {
            let two = migration("bbbb00000002", &["aaaa00000001"], "Orders", text, text);
            project.write("migrations/two.sql", two.as_bytes());
            let before = project.everything();
            let outcome = project.run(&["bundle"]);
            outcome.code(2);
            assert_eq!(project.everything(), before, "{path}");
            told += &outcome.stderr;
        }
    }
    let mut lines: Vec<&str> = told.lines().collect();
    lines.dedup();
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_folder_or_file_in_its_place_stays() {
    for (path, why) in [
        (FOLDER.to_owned(), "is not a folder"),
        (format!("{FOLDER}/mine.txt"), "holds no SHA256SUMS"),
        (
            "out/.shop-base-bbbb00000002.new/mine.txt".to_owned(),
            "holds mine.txt, which is not ours",
        ),
        ("out/.shop-base-bbbb00000002.new".to_owned(), "cannot write"),
        (
            "out/.shop-base-bbbb00000002.old/mine.txt".to_owned(),
            "holds no SHA256SUMS",
        ),
        ("out".to_owned(), "is not a folder"),
    ] {
        let project = shop().file(&path, "precious\n");
        let before = project.everything();
        let outcome = project.run(&["bundle"]);
        outcome.code(2).stderr_has(why);
        assert_eq!(project.everything(), before, "{path}");
    }
    let project = shop();
    std::fs::create_dir_all(project.path(FOLDER)).expect("can be made");
    project
        .run(&["bundle"])
        .code(2)
        .stderr_has("is an empty folder that signoff did not make");
}

/// A run that was killed leaves a folder aside; the next one clears it away and goes on.
#[test]
fn what_a_killed_run_left_is_cleared() {
    let project = shop()
        .file(
            "out/.shop-base-bbbb00000002.new/upgrade.sql",
            "half of a scr",
        )
        .file("out/mine.txt", "mine");
    project.run(&["bundle"]).success();
    assert_eq!(project.files("out").len(), 8);
    // Killed between the two renames: the old one lies aside, whole.
    std::fs::rename(
        project.path(FOLDER),
        project.path("out/.shop-base-bbbb00000002.old"),
    )
    .expect("can be renamed");
    project.run(&["bundle"]).success();
    assert_eq!(project.files("out").len(), 8);
}

/// The run book is a template of the user's own where there is one; a broken one stops everything.
#[test]
fn a_run_book_of_ones_own() {
    let project = shop().file(
        "signoff.toml",
        "[project]\nname = \"shop\"\n\n[render]\ntemplates = \"ours\"\n",
    );
    let run_book = |text: &str| project.write("ours/runbook.md", text.as_bytes());
    // No file of that name: the built-in one.
    project.run(&["bundle"]).success();
    run_book("# {{ project }}, call Ann first\n");
    project.run(&["bundle"]).success().stdout_has("replaced");
    assert_eq!(
        project.read(&format!("{FOLDER}/README.md")),
        "# shop, call Ann first\n"
    );
    run_book("{{ bundle_digest }}\n{{ bundle_digest }}\n");
    project.run(&["bundle"]).success();
    let readme = project.read(&format!("{FOLDER}/README.md"));
    assert!(!readme.contains("sha256:00000"), "{readme}");

    let before = project.everything();
    for broken in ["{{ nope }}", "{% if %}", "{{ project"] {
        run_book(broken);
        project
            .run(&["bundle"])
            .code(2)
            .stderr_has("the template runbook.md can't be used");
    }
    project.write("ours/runbook.md", b"\xff");
    project
        .run(&["bundle"])
        .code(2)
        .stderr_has("cannot read `ours/runbook.md`");
    let mut after = project.everything();
    after.insert(
        "ours/runbook.md".to_owned(),
        before["ours/runbook.md"].clone(),
    );
    assert_eq!(after, before);
}

/// A migration that holds the text which stands in for the digest would be changed by it.
#[test]
fn zeros_of_somebodys_own_are_refused() {
    let zeros = format!("SELECT 'sha256:{}';", "0".repeat(64));
    let project = shop().file(
        "migrations/three.sql",
        &migration("cccc00000003", &["bbbb00000002"], "x", &zeros, ""),
    );
    let before = project.everything();
    project
        .run(&["bundle"])
        .code(2)
        .stderr_has("a migration holds the text `sha256:0000");
    project.run(&["upgrade"]).code(2);
    assert_eq!(project.everything(), before);
}

/// From every folder of the project the release is the same one, beside the config.
#[test]
fn the_release_lies_beside_the_config() {
    let project = shop()
        .file("signoff.toml", "[project]\nname = \"shop\"\n")
        .file("a/b/keep", "");
    project.run(&["bundle"]).success();
    let below = |arguments: &[&str]| {
        let mut command = project.command(arguments);
        crate::support::outcome::run(command.current_dir(project.path("a/b")), "")
    };
    let outcome = below(&["bundle"]);
    outcome
        .success()
        .stdout_has(&format!("unchanged: ../../{FOLDER}"));
    let outcome = below(&["bundle", "--out", "here"]);
    outcome.success().stdout_has("wrote here/shop-base-");
    assert!(
        project
            .path("a/b/here/shop-base-bbbb00000002/upgrade.sql")
            .exists()
    );
}

/// Processes that write one release at once take turns, and leave a whole one.
#[test]
fn runs_at_once_take_turns() {
    let project = shop();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                project.run(&["bundle"]).success().quiet();
            });
        }
    });
    assert_eq!(project.files("out").len(), 7);
    project.run(&["bundle"]).success().stdout_has("unchanged");
}
