//! `signoff import`

mod python;
mod target;

use camino::{Utf8Path, Utf8PathBuf};

use super::context::Context;
use super::disk;
use super::output::{Ending, Output, Stop, failed};
use crate::author::NewFile;
use crate::author::import::{Revision, alembic, layout};
use crate::compile::{self, Ordered};
use crate::config::{self, Config};
use crate::diagnostic::Sink;
use crate::source::Sources;
use crate::tree::{self, Lineage};

/// Write the migrations of another tool as a native tree
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Whose they are: alembic, or the name of a layout [default: as the files say]
    #[arg(value_name = "TOOL")]
    tool: Option<String>,
    /// Where they are: the folder of the migrations; of Alembic, the one in which it is run, or its alembic.ini [default for alembic: here]
    #[arg(long, value_name = "PATH")]
    from: Option<Utf8PathBuf>,
    /// The command by which Alembic is run, "flask db" for Flask-Migrate; options behind it are heeded
    #[arg(long, value_name = "COMMAND", default_value = "alembic")]
    alembic: String,
    /// Say what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  signoff import alembic                                    the project here, into migrations/
  signoff import alembic --from backend --alembic \"poetry run alembic\"
  signoff import alembic --alembic \".venv/bin/alembic -n billing -x tenant=a\"
  signoff import --from db/migrations                       any tree that signoff reads
  signoff import goose --from db/migrations                 as this layout

Alembic's migrations are programs, so the project's own Alembic is asked, offline, for what each
of them runs; no database is needed. A revision of which it can't tell is written as one whose
upgrade is `unwritten`, with the reason, and refused by every script until its SQL is there.

Run again, it brings what is new and what changed. A file that was edited here stays as it is, and so
does one that is published; both are told. Nothing is removed.";

/// The word for Alembic.
const ALEMBIC: &str = "alembic";

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let request = config::Request {
        flags: config::Flags {
            // --layout speaks of what is imported.
            layout: None,
            ..context.request().flags
        },
        ..context.request()
    };
    let mut config = config::load(&request).map_err(|error| output.bad_config(error))?;
    // What is told of what is imported; a warning of reading a tree among it.
    let mut sink = Sink::default();
    let found = if arguments.tool.as_deref() == Some(ALEMBIC) {
        from_alembic(context, arguments, output, &mut sink)?
    } else {
        from_layout(context, arguments, &config, output, &mut sink)?
    };
    let layout = std::mem::replace(&mut config.migrations.layout.value, "native".to_owned());
    let target = target::Target::read(context, config, output)?;
    let changes = target.changes(context, &found)?;
    target.compiles(&found, &changes, output)?;
    if !arguments.dry_run {
        disk::write_all(&context.cwd, &changes.new, &changes.replaced).map_err(failed)?;
    }
    target.tell(context, &found, &changes, arguments.dry_run, sink, output)?;
    if layout != "native" && layout != tree::layout::AUTO {
        output.say(&format!(
            "signoff.toml says layout = \"{layout}\": take that out, for the new files are native"
        ))?;
    }
    Ok(())
}

/// What is to be written.
struct Found {
    /// Whose it is.
    tool: &'static str,
    revisions: Vec<Revision>,
    repeatables: Vec<NewFile>,
    /// Schema and name of the tool's own table, where they are not what it has by itself.
    table: Option<(Option<String>, String)>,
    /// Whether all have the ids here that databases record of them there.
    same_ids: bool,
    /// What was read, where that has texts to quote.
    sources: Sources,
}

fn from_alembic(
    context: &Context,
    arguments: &Arguments,
    output: &mut Output<'_>,
    sink: &mut Sink,
) -> Result<Found, Stop> {
    let from = arguments.from.as_deref().unwrap_or(Utf8Path::new("."));
    let project =
        python::Project::new(&context.cwd, &context.environment, from, &arguments.alembic)
            .map_err(Stop::Failed)?;
    let told = project.ask().map_err(Stop::Failed)?;
    if told.known.is_empty() {
        return Err(Stop::Failed(format!(
            "Alembic knows no revision in `{from}`; name the folder in which you run it with --from"
        )));
    }
    output.say(&format!(
        "asked Alembic for {}",
        target::counted(told.known.len(), "revision")
    ))?;
    let table = alembic::version_table(&told.ran);
    let table = table.map(|(schema, name)| (schema.map(str::to_owned), name.to_owned()));
    let revisions = alembic::revisions(&told.known, &told.ran, sink);
    let ids = told.known.iter().map(|one| one.revision.as_str());
    Ok(Found {
        tool: "Alembic",
        same_ids: ids.eq(revisions.iter().map(|one| one.id.as_str())),
        revisions,
        repeatables: Vec::new(),
        table,
        sources: Sources::default(),
    })
}

fn from_layout(
    context: &Context,
    arguments: &Arguments,
    config: &Config,
    output: &mut Output<'_>,
    sink: &mut Sink,
) -> Result<Found, Stop> {
    let Some(from) = &arguments.from else {
        return Err(Stop::Failed(
            "say what is imported: `signoff import alembic`, or --from FOLDER for a tree of another tool"
                .to_owned(),
        ));
    };
    if disk::is_there(&context.cwd.join(from).join("alembic.ini")) {
        return Err(Stop::Failed(format!(
            "`{from}` is an Alembic project, whose migrations only Alembic can tell; say so, and it is run: `signoff import alembic --from {from}`"
        )));
    }
    let target = &config.migrations.path.value;
    let real = |path: &Utf8Path| config::folder(&context.cwd, path);
    if real(from).starts_with(real(target)) || real(target).starts_with(real(from)) {
        return Err(Stop::Failed(format!(
            "`{from}` and `{target}`, where the new files would go, lie in each other; name another folder for these, with --path or as `path` under [migrations] in signoff.toml"
        )));
    }
    let mut theirs = config.clone();
    theirs.migrations.path.value.clone_from(from);
    let named = arguments.tool.as_ref().or(context.layout.as_ref());
    tree::layout::AUTO.clone_into(&mut theirs.migrations.layout.value);
    if let Some(layout) = named {
        theirs.migrations.layout.value.clone_from(layout);
    }
    let Ordered { tree, graph } = compile::ordered(&context.cwd, &theirs, sink).map_err(failed)?;
    if sink.has_errors() || graph.is_none() {
        output.report(sink, &tree.sources)?;
        return Err(Stop::Findings);
    }
    if tree.migrations.is_empty() {
        return Err(Stop::Failed(format!(
            "`{from}` holds no migrations; name the folder that their files lie in"
        )));
    }
    match tree.lineage {
        Lineage::Numbered => {}
        Lineage::Parents => {
            return Err(Stop::Failed(format!(
                "`{from}` holds native migrations already; copy the files"
            )));
        }
    }
    let revisions = layout::revisions(&tree, sink);
    let repeatables = layout::repeatables(&tree).map_err(Stop::Failed)?;
    Ok(Found {
        tool: tree.layout,
        revisions,
        repeatables,
        table: None,
        same_ids: false,
        sources: tree.sources,
    })
}
