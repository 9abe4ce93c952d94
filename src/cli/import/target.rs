//! The native tree that an import goes into: what becomes of each file, and what is told of it.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::Found;
use crate::author::import::{self, Revision, Since};
use crate::cli::context::Context;
use crate::cli::disk;
use crate::cli::output::{Ending, Output, Stop, failed};
use crate::compile::{self, Ordered};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Sink};
use crate::graph::Graph;
use crate::seal::{self, Seals};
use crate::tree::Tree;

/// The tree that is written into.
pub(super) struct Target {
    config: Config,
    root: Utf8PathBuf,
    /// `None` where there is no folder yet.
    there: Option<(Tree, Graph, Seals)>,
}

/// What becomes of each file.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) new: Vec<(Utf8PathBuf, String)>,
    pub(super) replaced: Vec<(Utf8PathBuf, String)>,
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

/// `1 revision`, `2 revisions`.
pub(super) fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

impl Target {
    pub(super) fn read(
        context: &Context,
        config: Config,
        output: &mut Output<'_>,
    ) -> Result<Self, Stop> {
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

    pub(super) fn changes(&self, context: &Context, found: &Found) -> Result<Changes, Stop> {
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
    pub(super) fn compiles(
        &self,
        found: &Found,
        changes: &Changes,
        output: &mut Output<'_>,
    ) -> Ending {
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

    pub(super) fn tell(
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
        if changes.new.is_empty() && changes.replaced.is_empty() {
            // It was told when it was written.
            sink = Sink::default();
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
            count => format!(" and {}", counted(count, "repeatable")),
        };
        output.say(&format!(
            "{}{files} of {}: {}",
            counted(found.revisions.len(), "revision"),
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
        if found.same_ids && self.config.version_table.scheme.value != "alembic" {
            output.say("databases that Alembic brought here: with this in signoff.toml, scripts go on from there and keep Alembic's own table")?;
            output.say("  [version_table]\n  scheme = \"alembic\"")?;
            let (schema, name) = found.table.clone().unwrap_or_default();
            if !name.is_empty() || schema.is_some() {
                let name = if name.is_empty() {
                    "alembic_version"
                } else {
                    &name
                };
                let schema = schema.map_or_else(String::new, |schema| format!("{schema}."));
                let table = format!("{schema}{name}");
                output.say(&format!("  tool_table = \"{}\"", table.escape_debug()))?;
            }
        }
        match changes.gaps.len() {
            0 => output.say(&format!(
                "next: signoff check{place}; then signoff seal{place}, which publishes them, and commit {root}"
            )),
            count => output.say(&format!(
                "next: write the SQL of {} without it; signoff check{place} names what is `unwritten` until then",
                counted(count, "revision")
            )),
        }
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
