//! `signoff init`

use camino::{Utf8Path, Utf8PathBuf};

use super::context::{Context, disk};
use super::output::{Ending, Output, Stop, failed};
use crate::diagnostic::Sink;
use crate::tree::{self, Lineage};
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
    let name = config::project_name(&context.cwd, &arguments.folder);
    let foreign = foreign_tree(&folder);
    let files = match foreign {
        Some((path, _)) => vec![author::init_over(&name, path)],
        None => author::init(&name),
    };
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
    if let Some((path, layout)) = foreign {
        output.say(&format!(
            "the migrations in {} are kept as {layout} has them; nothing was added to them",
            shown(path)
        ))?;
        return output.say(&format!(
            "next: signoff check, then signoff bundle; or without any config: signoff upgrade --path {}",
            shown(path)
        ));
    }
    output.say("next: signoff revision -m \"first table\"")
}

/// Where another tool's migrations usually lie.
const TREES: [&str; 2] = ["migrations", "db/migrations"];

/// The migrations of another tool in a folder (absolute): where they are, below it, and the name of their layout.
fn foreign_tree(folder: &Utf8Path) -> Option<(&'static Utf8Path, &'static str)> {
    for path in TREES {
        let request = tree::Request {
            cwd: folder.to_owned(),
            root: path.into(),
            layout: tree::layout::AUTO.to_owned(),
            ..tree::Request::default()
        };
        let mut sink = Sink::default();
        // What is wrong in it, `check` tells.
        let Ok(tree) = tree::read(&request, &mut sink) else {
            continue;
        };
        match tree.lineage {
            Lineage::Numbered => return Some((Utf8Path::new(path), tree.layout)),
            Lineage::Parents if !tree.migrations.is_empty() || sink.has_errors() => return None,
            Lineage::Parents => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "the tests make the folders that are begun in"
    )]

    use std::fs;

    use camino::Utf8Path;

    use super::foreign_tree;

    #[test]
    fn the_migrations_of_another_tool_are_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let found = || foreign_tree(root).map(|(path, layout)| (path.as_str(), layout));
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        assert_eq!(found(), None);
        write("migrations/one.sql", "--! revision = \"aaaa00000001\"\n");
        assert_eq!(found(), None);
        write("db/migrations/1_a.up.sql", "SELECT 1;\n");
        assert_eq!(found(), None, "the project's own come first");
        fs::remove_file(root.join("migrations/one.sql")).expect("removed");
        assert_eq!(found(), Some(("db/migrations", "golang-migrate")));
        write("migrations/2020-01-01-000000_a/up.sql", "SELECT 1;\n");
        assert_eq!(found(), Some(("migrations", "diesel")));
    }
}
