//! `signoff init`

use camino::{Utf8Path, Utf8PathBuf};

use super::context::{Context, disk};
use super::output::{Ending, Output, Stop, failed};
use crate::{author, config};

/// Begin a project: signoff.toml and a folder for migrations
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  signoff init\n  signoff init services/billing")]
pub(super) struct Arguments {
    /// The folder [default: this one]
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    folder: Utf8PathBuf,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let folder = context.cwd.join(&arguments.folder);
    let files = author::init(&config::project_name(&context.cwd, &arguments.folder));
    let shown = |path: &Utf8Path| {
        if arguments.folder == "." {
            path.to_owned()
        } else {
            arguments.folder.join(path)
        }
    };
    // All or nothing: look before the first is made.
    if let Some(there) = files
        .iter()
        .find(|file| disk::is_there(&folder.join(&file.path)))
    {
        return Err(Stop::Failed(format!(
            "`{}` is there already; nothing was changed: the project has begun, go on with `signoff revision -m \"…\"`",
            shown(&there.path)
        )));
    }
    let files: Vec<_> = files
        .into_iter()
        .map(|file| (shown(&file.path), file.text))
        .collect();
    let each = files
        .iter()
        .map(|(path, text)| (path.as_path(), text.as_str()));
    disk::create_all(&context.cwd, each).map_err(failed)?;
    for (path, _) in &files {
        output.say(&format!("wrote {path}"))?;
    }
    output.say("next: signoff revision -m \"first table\"")
}
