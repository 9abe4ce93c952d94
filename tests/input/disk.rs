//! Disks that say no: what can't be read, what can't be written.

use insta::assert_snapshot;

use super::{COMMANDS, GOOD, project, refused, unharmed};
use crate::cli::said;

#[test]
fn a_file_that_can_not_be_read() {
    let project = project(GOOD.as_bytes());
    project.set_rights("migrations/one.sql", 0);
    let mut told = String::new();
    for arguments in COMMANDS {
        let outcome = project.run_without_rights(arguments);
        outcome.code(2);
        told += &said(arguments, &outcome);
    }
    assert_snapshot!(told);
}

#[test]
fn a_folder_that_can_not_be_read() {
    for (path, mode) in [
        ("migrations", 0),
        ("migrations", 0o444),
        ("migrations/sub", 0),
    ] {
        let project = project(GOOD.as_bytes()).file("migrations/sub/keep", "");
        project.set_rights(path, mode);
        let outcome = project.run_without_rights(&["check"]);
        project.set_rights(path, 0o755);
        outcome.code(2).stderr_has("error: cannot read `migrations");
        assert!(!outcome.stderr.contains("/tmp"), "{outcome}");
    }
    let project = project(GOOD.as_bytes());
    project.set_rights("signoff.toml", 0);
    let outcome = project.run_without_rights(&["check"]);
    outcome
        .code(2)
        .stderr_has("cannot read the config file `signoff.toml`: Permission denied");
}

/// A read-only disk: nothing is made, and everything that only reads works.
#[test]
fn a_folder_that_can_not_be_written() {
    let project = project(GOOD.as_bytes()).file("up.sql", "an older script\n");
    project.set_rights("", 0o555);
    project.set_rights("migrations", 0o555);
    project.set_rights("out", 0o555);
    let before = project.everything();
    let mut told = String::new();
    for arguments in [
        &["bundle"][..],
        &["bundle", "--out", "elsewhere/deep"],
        &["upgrade", "-o", "up.sql"],
        &["upgrade", "-o", "new.sql"],
        &["seal"],
        &["revision", "-m", "x", "--rev-id", "bbbb00000002"],
        &["init", "sub"],
    ] {
        let outcome = project.run_without_rights(arguments);
        outcome.code(2);
        // The moment is in the name.
        let told_of_it = outcome
            .stderr
            .split("migrations/2")
            .next()
            .unwrap_or_default();
        for part in [
            "$ signoff ",
            &arguments.join(" "),
            "\n",
            told_of_it.trim_end(),
            "\n",
        ] {
            told += part;
        }
        assert!(project.everything() == before, "{outcome}");
    }
    assert_snapshot!(told);
    for arguments in [&["check"][..], &["upgrade"], &["heads"], &["config"]] {
        project.run_without_rights(arguments).success();
    }
}

/// A disk that fills up in the middle: a file system of one page says so at once.
#[test]
fn a_full_disk() {
    let project = project(GOOD.as_bytes());
    let outcome = project.run(&["upgrade", "-o", "/dev/full"]);
    outcome
        .code(2)
        .stderr_has("cannot write `/dev/full`: No space left on device");
    let outcome = project.run(&["bundle", "--out", "/dev/full"]);
    outcome.code(2).stderr_has("`/dev/full`");
}

/// A limit on the size of files stops a script in the middle, as a full disk does: nothing of it stays.
#[test]
fn a_disk_that_ends_in_the_middle() {
    for (command, file) in [("upgrade -o up.sql", "up.sql"), ("bundle", "out")] {
        let project = project(GOOD.as_bytes());
        let before = project.everything();
        let mut shell = std::process::Command::new("bash");
        // Blocks of 1024 bytes; without the signal, the write fails as on a full disk.
        let line = format!(
            "trap '' XFSZ; ulimit -f 4; '{}' {command}",
            env!("CARGO_BIN_EXE_signoff")
        );
        shell.args(["-c", &line]).current_dir(project.path("."));
        let outcome = crate::support::outcome::run(&mut shell, "");
        outcome
            .code(2)
            .stderr_has("cannot write")
            .stderr_has("File too large");
        assert!(project.everything() == before, "{file}\n{outcome}");
    }
}

#[test]
fn links_and_folders_that_are_called_like_a_migration() {
    use std::os::unix::fs::symlink;
    // A folder is searched, whatever it is called.
    let project = project(GOOD.as_bytes()).file("migrations/d.sql/note.txt", "x");
    project.run(&["check"]).success().quiet();

    let link = |target: &str| {
        let project = super::project(GOOD.as_bytes()).file("elsewhere.sql", GOOD);
        symlink(target, project.path("migrations/link.sql")).expect("a link can be made");
        project
    };
    assert_snapshot!("a_link_to_nowhere", refused(&link("nowhere.sql")));
    assert_snapshot!("a_link_out_of_the_tree", refused(&link("../elsewhere.sql")));
    refused(&link("link.sql"));
    let project = link("../out");
    unharmed(&project);
    project
        .run(&["check"])
        .success()
        .stderr_has("warning[linked-folder]");
    // A circle of folders ends.
    let project = link(".");
    unharmed(&project);
}

/// Neither is ever opened: reading one would wait for ever.
#[test]
fn pipes_and_devices_are_not_read() {
    let project = project(GOOD.as_bytes());
    let path = project.path("migrations/pipe.sql");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo is there").success());
    project.run(&["check"]).success();
    std::os::unix::fs::symlink("/dev/zero", project.path("migrations/zero.sql"))
        .expect("can be made");
    project
        .run(&["check"])
        .code(1)
        .stderr_has("error[linked-file]");
}
