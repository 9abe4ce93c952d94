//! `signoff completions`

use super::session;
use crate::support::outcome;
use crate::support::project::Project;

#[test]
fn every_shell_completes_every_command() {
    let project = Project::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let outcome = project.run(&["completions", shell]);
        let text = &outcome.success().quiet().stdout;
        for word in [
            "init",
            "revision",
            "merge",
            "edit",
            "seal",
            "check",
            "history",
            "heads",
            "upgrade",
            "downgrade",
            "bundle",
            "config",
            "completions",
            "reseal",
            "layout",
        ] {
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
    insta::assert_snapshot!(session(&project, &[&["completions", "tcsh"]]));
}

/// The script for bash is one that bash reads.
#[test]
fn bash_reads_its_own() {
    let project = Project::new();
    let script = project
        .run(&["completions", "bash"])
        .success()
        .stdout
        .clone();
    let check = "complete -p signoff && COMP_WORDS=(signoff hea) && COMP_CWORD=1 && _signoff signoff hea signoff && echo \"${COMPREPLY[*]}\"";
    let mut command = std::process::Command::new("bash");
    command.args(["--norc", "--noprofile"]);
    let outcome = outcome::run(&mut command, &format!("{script}\n{check}\n"));
    outcome.success().quiet().stdout_has("heads");
}
