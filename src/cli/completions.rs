//! `signoff completions`

use clap::CommandFactory;

use super::output::{Ending, Output};

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff completions bash > ~/.local/share/bash-completion/completions/signoff\n  signoff completions zsh > ~/.zfunc/_signoff"
)]
pub(super) struct Arguments {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let mut text = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut super::Arguments::command(),
        "signoff",
        &mut text,
    );
    output.print(&String::from_utf8_lossy(&text))
}
