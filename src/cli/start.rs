//! `signoff` alone: how to begin, or what to type.

use clap::CommandFactory;

use super::Arguments;
use super::context::Context;
use super::output::{Ending, Output, Stop};
use crate::config;

pub(super) fn run(context: &Context, output: &mut Output<'_>) -> Ending {
    let config = config::load(&context.request());
    let has_config = matches!(&config, Ok(config) if config.file.is_some()) || config.is_err();
    if has_config || context.path.is_some() {
        let help = Arguments::command().render_help();
        output.print(&help.to_string())?;
        return Err(Stop::Refused);
    }
    Err(Stop::Failed(
        "there is no signoff.toml here or above\n\n\
         To begin a tree of migrations:\n\
         \x20   signoff init\n\
         \x20   signoff revision -m \"first table\"\n\n\
         To compile a tree that is there already, as goose, sqlx and others keep one:\n\
         \x20   signoff upgrade --path path/to/migrations > upgrade.sql\n\n\
         All commands: signoff --help"
            .to_owned(),
    ))
}
