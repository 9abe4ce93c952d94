//! `signoff init`

use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;

use super::context::Context;
use super::disk;
use super::output::{Ending, Output, Stop, failed};
use super::world;
use crate::author::NewFile;
use crate::diagnostic::Sink;
use crate::tree::{self, Lineage};
use crate::{author, config};

/// Begin a project: signoff.toml and a folder for migrations
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff init                          here: signoff.toml and migrations/\n  signoff init services/billing         there: the same two below services/billing/\n  signoff init -t example playground    with two revisions and a view, to play with"
)]
pub(super) struct Arguments {
    /// The project's folder, in which migrations/ will lie; not that of the migrations [default: this one]
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    folder: Utf8PathBuf,
    /// What to begin with
    #[arg(short, long, value_enum, value_name = "NAME", default_value_t = Template::Minimal)]
    template: Template,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Template {
    /// The config, and no migrations yet
    Minimal,
    /// Two revisions and a view beside it, to play with
    Example,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let folder = context.cwd.join(&arguments.folder);
    refuse_inside(context, &arguments.folder)?;
    let name = config::project_name(&context.cwd, &arguments.folder);
    let found = migrations_there(&folder);
    let foreign = match found {
        Some(There::Foreign(path, layout)) => Some((path, layout)),
        Some(There::Native(_)) | None => None,
    };
    let mut files = match foreign {
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
    if arguments.template == Template::Example {
        if let Some(There::Foreign(path, _) | There::Native(path)) = found {
            return Err(Stop::Failed(format!(
                "`{}` holds migrations already, and the example would stand beside them; nothing was changed: leave --template out, or try it in another folder",
                shown(path)
            )));
        }
        files.extend(example(context)?);
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
    let place = match arguments.folder.as_str() {
        "." => String::new(),
        folder => format!(", in {folder}"),
    };
    output.say(&match arguments.template {
        Template::Minimal => format!("next{place}: signoff revision -m \"first table\""),
        Template::Example => {
            format!("next{place}: read the files, then signoff check and signoff bundle")
        }
    })
}

/// A project among the migrations of another one would be read as migrations. Alembic's `init` takes that folder.
fn refuse_inside(context: &Context, folder: &Utf8Path) -> Ending {
    let Ok(config) = config::load(&context.request()) else {
        return Ok(());
    };
    let tree = &config.migrations.path.value;
    let real = |path: &Utf8Path| config::folder(&context.cwd, path);
    if let Some(file) = &config.file
        && real(folder).starts_with(real(tree))
    {
        return Err(Stop::Failed(format!(
            "`{tree}` holds the migrations of the project of `{file}`, and would hold another project; nothing was changed: the project has begun, go on with `signoff revision -m \"…\"`"
        )));
    }
    Ok(())
}

fn example(context: &Context) -> Result<Vec<NewFile>, Stop> {
    let (table, index) = (
        author::new_id(world::chance()),
        author::new_id(world::chance()),
    );
    let created = world::now(&context.environment).map_err(Stop::Failed)?;
    author::example(config::FILE_TEMPLATE, [&table, &index], created).map_err(failed)
}

/// Where migrations usually lie.
const TREES: [&str; 2] = ["migrations", "db/migrations"];

/// Migrations that are there before the project begins: where, below its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum There {
    /// Another tool's, and the name of their layout.
    Foreign(&'static Utf8Path, &'static str),
    /// Our own.
    Native(&'static Utf8Path),
}

/// The migrations in a folder (absolute).
fn migrations_there(folder: &Utf8Path) -> Option<There> {
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
        let path = Utf8Path::new(path);
        match tree.lineage {
            Lineage::Numbered => return Some(There::Foreign(path, tree.layout)),
            Lineage::Parents if !tree.migrations.is_empty() || sink.has_errors() => {
                return Some(There::Native(path));
            }
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

    use super::{There, migrations_there};

    #[test]
    fn the_migrations_of_another_tool_are_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let found = || migrations_there(root);
        let foreign = |path, layout| Some(There::Foreign(Utf8Path::new(path), layout));
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        assert_eq!(found(), None);
        write("migrations/one.sql", "--! revision = \"aaaa00000001\"\n");
        let own = Some(There::Native("migrations".into()));
        assert_eq!(found(), own);
        write("db/migrations/1_a.up.sql", "SELECT 1;\n");
        assert_eq!(found(), own, "the project's own come first");
        fs::remove_file(root.join("migrations/one.sql")).expect("removed");
        assert_eq!(found(), foreign("db/migrations", "golang-migrate"));
        write("migrations/2020-01-01-000000_a/up.sql", "SELECT 1;\n");
        assert_eq!(found(), foreign("migrations", "diesel"));
    }
}
