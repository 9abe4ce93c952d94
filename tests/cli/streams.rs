//! Streams that end early or are full.

use std::io::Read as _;
use std::process::{Command, Stdio};

use super::{migration, shop};
use crate::support::outcome;
use crate::support::project::Project;

/// A tree whose history and scripts are longer than any pipe.
fn long() -> Project {
    let project = Project::new();
    for number in 1..=2_000 {
        let name = format!(
            "db/{number}_{}.up.sql",
            "a_long_name_for_the_history_".repeat(4)
        );
        project.write(&name, format!("SELECT '{}';\n", "x".repeat(200)).as_bytes());
    }
    project
}

/// `signoff history | head -1`: the reader has had enough, and that is a clean end without a word.
#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let project = long();
    for arguments in [
        &["history", "--path", "db"][..],
        &["history", "--json", "--path", "db"],
        &["upgrade", "--path", "db"],
    ] {
        let mut child = project
            .command(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut first = [0_u8; 10];
        let mut pipe = child.stdout.take().expect("was piped");
        pipe.read_exact(&mut first)
            .expect("there is something to read");
        drop(pipe);
        let output = child.wait_with_output().expect("the program ends");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            !told.contains("panicked") && !told.contains("error"),
            "{arguments:?}: {told}"
        );
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
    }
}

#[test]
fn the_same_in_a_shell() {
    let project = long();
    let mut command = Command::new("bash");
    let line = format!(
        "set -o pipefail; '{}' history --path db | head -1",
        env!("CARGO_BIN_EXE_signoff")
    );
    command.args(["-c", &line]).current_dir(project.path("."));
    let outcome = outcome::run(&mut command, "");
    outcome.success().quiet();
    assert_eq!(outcome.stdout.lines().count(), 1);
}

#[test]
fn a_full_disk_is_told() {
    let project = shop();
    let full = |line: &str| {
        let mut command = Command::new("bash");
        let line = format!("'{}' {line}", env!("CARGO_BIN_EXE_signoff"));
        command.args(["-c", &line]).current_dir(project.path("."));
        outcome::run(&mut command, "")
    };
    for arguments in [
        "upgrade",
        "history",
        "heads --json",
        "check",
        "config",
        "bundle --json",
        "--help",
        "completions zsh",
    ] {
        let outcome = full(&format!("{arguments} > /dev/full"));
        outcome
            .code(2)
            .stderr_has("error: cannot write the output: No space left on device");
    }
    full("upgrade -o /dev/full")
        .code(2)
        .stderr_has("cannot write `/dev/full`: No space left on device");
    // Nobody can be told, but the exit code says it.
    assert_eq!(full("heads --path nowhere 2> /dev/full").code, 2);
    assert_eq!(full("nonsense 2> /dev/full").code, 2);
}

/// A warning that can't be printed does not stop a script from being written, or it says so by its code.
#[test]
fn a_full_standard_error_does_not_pass_for_success() {
    let project = shop().file(
        "migrations/three.sql",
        &migration("cccc", &["bbbb00000002"], "x", "\\i x", ""),
    );
    let mut command = Command::new("bash");
    let line = format!("'{}' check 2> /dev/full", env!("CARGO_BIN_EXE_signoff"));
    command.args(["-c", &line]).current_dir(project.path("."));
    assert_ne!(outcome::run(&mut command, "").code, 0);
}
