//! `signoff import`

mod python;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::context::Context;
use super::disk;
use super::output::{Ending, Output, Stop, failed};
use crate::author::NewFile;
use crate::author::import::{self, Revision, Since, alembic, layout};
use crate::compile::{self, Ordered};
use crate::config::{self, Config};
use crate::diagnostic::{Diagnostic, Sink};
use crate::graph::Graph;
use crate::seal::{self, Seals};
use crate::source::Sources;
use crate::tree::{self, Lineage, Tree};

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
    /// The command by which Alembic is run; options behind it are heeded
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
  signoff import --from db/migrations --path migrations     any tree that signoff reads
  signoff import goose --from db/migrations                 as this layout

Alembic's migrations are programs, so the project's own Alembic is asked, offline, for what each of them runs; no
database is needed. A revision of which it can't tell is written as one whose upgrade is `unwritten`, with the reason,
and refused by every script until somebody writes its SQL.

Run again, it brings new revisions and what changed. A file that was edited here stays as it is, and so does one that
is published; both are told. Nothing is removed.";

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
    let mut sink = Sink::default();
    let found = if arguments.tool.as_deref() == Some(ALEMBIC) {
        from_alembic(context, arguments, output, &mut sink)?
    } else {
        from_layout(context, arguments, &config, output, &mut sink)?
    };
    "native".clone_into(&mut config.migrations.layout.value);
    let target = Target::read(context, config, output)?;
    let changes = target.changes(context, &found)?;
    target.compiles(&found, &changes, output)?;
    if !arguments.dry_run {
        disk::write_all(&context.cwd, &changes.new, &changes.replaced).map_err(failed)?;
    }
    target.tell(context, &found, &changes, arguments.dry_run, sink, output)
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
    output.say(&format!("asked Alembic for {} revisions", told.known.len()))?;
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
    let lineage = tree.lineage;
    if sink.has_errors() || graph.is_none() {
        output.report(sink, &tree.sources)?;
        return Err(Stop::Findings);
    }
    match lineage {
        Lineage::Numbered => {}
        Lineage::Parents => {
            return Err(Stop::Failed(format!(
                "`{from}` holds native migrations already; copy the files"
            )));
        }
    }
    if tree.migrations.is_empty() {
        return Err(Stop::Failed(format!("`{from}` holds no migrations")));
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

/// The tree that is written into.
struct Target {
    config: Config,
    root: Utf8PathBuf,
    /// `None` where there is no folder yet.
    there: Option<(Tree, Graph, Seals)>,
}

/// What becomes of each file.
#[derive(Default)]
struct Changes {
    new: Vec<(Utf8PathBuf, String)>,
    replaced: Vec<(Utf8PathBuf, String)>,
    same: usize,
    /// Edited here, and the same or other by its tool since.
    edited: Vec<(String, Utf8PathBuf)>,
    edited_and_changed: Vec<(String, Utf8PathBuf)>,
    /// Published, and another one by its tool since.
    sealed: Vec<(String, Utf8PathBuf)>,
    /// Of that name, and never imported.
    own: Vec<(String, Utf8PathBuf)>,
    /// Squashed here.
    squashed: usize,
    /// Imported earlier, and not known to the tool any more.
    gone: Vec<(String, Utf8PathBuf)>,
    /// Still to be written.
    gaps: Vec<(String, Utf8PathBuf, String)>,
}

impl Target {
    fn read(context: &Context, config: Config, output: &mut Output<'_>) -> Result<Self, Stop> {
        let root = config.migrations.path.value.clone();
        if !disk::is_there(&context.cwd.join(&root)) {
            return Ok(Self {
                config,
                root,
                there: None,
            });
        }
        let mut sink = Sink::default();
        let Ordered { tree, graph } =
            compile::ordered(&context.cwd, &config, &mut sink).map_err(failed)?;
        let seals = seal::read(&tree, &mut sink);
        let (Some(graph), Some(seals), false) = (graph, seals, sink.has_errors()) else {
            output.report(&sink, &tree.sources)?;
            return Err(Stop::Findings);
        };
        Ok(Self {
            config,
            root,
            there: Some((tree, graph, seals)),
        })
    }

    fn changes(&self, context: &Context, found: &Found) -> Result<Changes, Stop> {
        let mut changes = Changes::default();
        let mut paths: BTreeMap<&str, &Utf8Path> = BTreeMap::new();
        if let Some((tree, _, _)) = &self.there {
            let files = tree.migrations.iter();
            paths.extend(files.map(|it| (it.id.as_str(), tree.sources.path(it.at.file))));
        }
        let template = &self.config.migrations.file_template.value;
        for revision in &found.revisions {
            let id = revision.id.as_str();
            let text = revision.text();
            let squashed = self
                .there
                .as_ref()
                .is_some_and(|(_, graph, _)| graph.replacement(id).is_some());
            if squashed {
                changes.squashed += 1;
                continue;
            }
            let sealed = self
                .there
                .as_ref()
                .is_some_and(|(_, _, seals)| seals.contains(id));
            let path = if let Some(path) = paths.get(id) {
                let path = (*path).to_owned();
                changes.held(context, id, path.clone(), text, sealed)?;
                path
            } else {
                let name = revision.file_name(template).map_err(failed)?;
                changes.new.push((self.root.join(&name), text));
                self.root.join(name)
            };
            let written = changes.edited_here(id) && !self.is_gap(id);
            if let Some(reason) = revision.gap().filter(|_| !written && !sealed) {
                changes.gaps.push((id.to_owned(), path, reason.to_owned()));
            }
        }
        for file in &found.repeatables {
            let name = file.path.file_stem().unwrap_or_default();
            let known = self.there.as_ref().and_then(|(tree, _, _)| {
                let known = tree.repeatables.iter().find(|it| it.name == name)?;
                Some(tree.sources.path(known.at.file).to_owned())
            });
            match known {
                Some(path) => changes.held(context, name, path, file.text.clone(), false)?,
                None => changes
                    .new
                    .push((self.root.join(&file.path), file.text.clone())),
            }
        }
        for (id, path) in paths {
            let known = found.revisions.iter().any(|it| it.id.as_str() == id);
            let text = disk::read(&context.cwd, path).map_err(failed)?;
            if !known && text.is_some_and(|text| import::since(&text) != Since::Own) {
                changes.gone.push((id.to_owned(), path.to_owned()));
            }
        }
        Ok(changes)
    }

    /// Whether a revision of the tree is still to be written.
    fn is_gap(&self, id: &str) -> bool {
        self.there.as_ref().is_some_and(|(tree, graph, _)| {
            let at = graph.find(id);
            at.is_some_and(|at| tree.migrations[at].unwritten().is_some())
        })
    }

    /// Whether the tree that comes of it is sound, and says what was meant. Nothing is written yet.
    fn compiles(&self, found: &Found, changes: &Changes, output: &mut Output<'_>) -> Ending {
        let inside = |path: &Utf8Path| path.strip_prefix(&self.root).unwrap_or(path).to_owned();
        let written = || changes.new.iter().chain(&changes.replaced);
        let mut files: Vec<(Utf8PathBuf, Vec<u8>)> = written()
            .map(|(path, text)| (inside(path), text.as_bytes().to_vec()))
            .collect();
        if let Some((tree, _, _)) = &self.there {
            let stays = tree.sources.files();
            let stays = stays.filter(|(path, _)| !written().any(|(new, _)| new == path));
            files.extend(stays.map(|(path, text)| (inside(path), text.as_bytes().to_vec())));
        }
        let mut sink = Sink::default();
        let Ordered { tree, graph } =
            compile::ordered_given(&self.config, "native", files, &mut sink).map_err(failed)?;
        if sink.has_errors() || graph.is_none() {
            output.show(&sink, &tree.sources)?;
            return Err(Stop::Failed(
                "nothing was written: the tree, as it is quoted above, would not be sound"
                    .to_owned(),
            ));
        }
        let ours = |revision: &&Revision| {
            let at = graph
                .as_ref()
                .and_then(|graph| graph.find(revision.id.as_str()));
            at.is_some_and(|at| {
                let path = tree.sources.path(tree.migrations[at].at.file);
                written().any(|(new, _)| new == path)
            })
        };
        let ours: Vec<Revision> = found.revisions.iter().filter(ours).cloned().collect();
        if let [first, ..] = import::unlike(&ours, &tree).as_slice() {
            return Err(Stop::Failed(format!(
                "nothing was written: the file of `{first}` would be read as something else than {} runs; please report it with that migration",
                found.tool
            )));
        }
        Ok(())
    }

    fn tell(
        &self,
        context: &Context,
        found: &Found,
        changes: &Changes,
        dry_run: bool,
        mut sink: Sink,
        output: &mut Output<'_>,
    ) -> Ending {
        let wrote = if dry_run { "would write" } else { "wrote" };
        for (path, _) in changes.new.iter().chain(&changes.replaced) {
            output.say(&format!("{wrote} {path}"))?;
        }
        changes.told(found.tool, &mut sink);
        output.show(&sink, &found.sources)?;
        let counts = [
            (changes.new.len(), "new"),
            (changes.replaced.len(), "changed"),
            (changes.same, "as they were"),
            (
                changes.edited.len() + changes.edited_and_changed.len(),
                "edited here",
            ),
            (changes.sealed.len(), "published and other since"),
            (changes.own.len(), "not imported"),
            (changes.squashed, "squashed here"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let files = match found.repeatables.len() {
            0 => String::new(),
            count => format!(" and {count} repeatables"),
        };
        output.say(&format!(
            "{} revisions{files} of {}: {}",
            found.revisions.len(),
            found.tool,
            counts.join(", ")
        ))?;
        if dry_run {
            return output.say("next: the same without --dry-run; nothing was changed");
        }
        self.next(context, found, changes, output)
    }

    fn next(
        &self,
        context: &Context,
        found: &Found,
        changes: &Changes,
        output: &mut Output<'_>,
    ) -> Ending {
        let root = &self.root;
        let place = match (&self.config.file, &context.path) {
            (_, Some(path)) => format!(" --path {path}"),
            (Some(_) | None, None) => String::new(),
        };
        if found.same_ids && !self.keeps_alembics_table(context)? {
            let (schema, name) = found.table.clone().unwrap_or_default();
            let mut lines = String::from("scheme = \"alembic\"");
            for (key, value) in [
                ("name", (!name.is_empty()).then_some(name)),
                ("schema", schema),
            ] {
                if let Some(value) = value {
                    write!(lines, ", {key} = \"{}\"", value.escape_debug())
                        .expect("a string takes all");
                }
            }
            output.say(&format!(
                "databases that Alembic brought here: {lines} under [version_table] in signoff.toml keeps Alembic's own table"
            ))?;
        }
        match changes.gaps.len() {
            0 => output.say(&format!(
                "next: signoff check{place}; then signoff seal{place}, which publishes them, and commit {root}"
            )),
            count => output.say(&format!(
                "next: write the SQL of the {count} that are `unwritten`; signoff check{place} names them until then"
            )),
        }
    }

    fn keeps_alembics_table(&self, context: &Context) -> Result<bool, Stop> {
        let Some(file) = &self.config.file else {
            return Ok(false);
        };
        let text = disk::read(&context.cwd, file).map_err(failed)?;
        let mut lines = text.iter().flat_map(|text| text.lines());
        Ok(lines.any(|line| {
            let line: String = line.split_whitespace().collect();
            line.starts_with("scheme=\"alembic\"")
        }))
    }
}

impl Changes {
    /// What becomes of a file that is there.
    fn held(
        &mut self,
        context: &Context,
        id: &str,
        path: Utf8PathBuf,
        text: String,
        sealed: bool,
    ) -> Ending {
        let there = disk::read(&context.cwd, &path).map_err(failed)?;
        let there = there.unwrap_or_default();
        let (Since::Untouched(now) | Since::Edited(now)) = import::since(&text) else {
            return Err(Stop::Failed(format!(
                "the new text of `{path}` has no checksum"
            )));
        };
        match (import::since(&there), sealed) {
            (Since::Untouched(before), _) if before == now => self.same += 1,
            (Since::Edited(before), true) if before == now => self.same += 1,
            (Since::Untouched(_) | Since::Edited(_), true) => {
                self.sealed.push((id.to_owned(), path));
            }
            (Since::Untouched(_), false) => self.replaced.push((path, text)),
            (Since::Edited(before), false) if before == now => {
                self.edited.push((id.to_owned(), path));
            }
            (Since::Edited(_), false) => self.edited_and_changed.push((id.to_owned(), path)),
            (Since::Own, _) => self.own.push((id.to_owned(), path)),
        }
        Ok(())
    }

    fn edited_here(&self, id: &str) -> bool {
        let edited = self.edited.iter().chain(&self.edited_and_changed);
        edited.chain(&self.own).any(|(edited, _)| edited == id)
    }

    fn told(&self, tool: &str, sink: &mut Sink) {
        for (id, path, reason) in &self.gaps {
            sink.push(
                Diagnostic::warning("import-gap", format!("`{id}` is there without its SQL: {reason}"))
                    .path(path.clone())
                    .because("every script over it is refused until somebody writes what it runs")
                    .help("write the SQL below `--! upgrade` in that file, and take `unwritten` out of the line"),
            );
        }
        for (id, path) in &self.edited_and_changed {
            sink.push(
                Diagnostic::warning("import-edited", format!("`{id}` was edited here, and is another one in {tool} since; the file is as it was"))
                    .path(path.clone())
                    .help("write what changed into it; or move the file away and import again"),
            );
        }
        for (id, path) in &self.sealed {
            sink.push(
                Diagnostic::warning("import-sealed", format!("`{id}` is published, and is another one in {tool} since; the file is as it was"))
                    .path(path.clone())
                    .because("databases may have what was published, and never run another text of it")
                    .help("write the change as a new revision"),
            );
        }
        for (id, path) in &self.own {
            sink.push(
                Diagnostic::warning(
                    "import-own",
                    format!(
                        "there is a revision `{id}` that was not imported; the file is as it was"
                    ),
                )
                .path(path.clone())
                .help("where it should be what the tool has, move it away and import again"),
            );
        }
        for (id, path) in &self.gone {
            sink.push(
                Diagnostic::warning("import-gone", format!("`{id}` was imported earlier, and {tool} does not know it any more; the file is as it was"))
                    .path(path.clone())
                    .help("where it is gone for good, remove the file"),
            );
        }
    }
}
