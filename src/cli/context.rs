//! What every command may look at, and the prefixes of the street with their reports.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::disk;
use super::output::{Ending, Output, Stop, failed};
use crate::compile::{self, Ordered, Sealed};
use crate::config::{self, Config};
use crate::diagnostic::Sink;
use crate::graph::{self, Graph};
use crate::plan::Plan;
use crate::receipt::{self, Receipt};
use crate::render::{self, Renderer};
use crate::tree::{Direction, Tree};

/// What every command may look at.
#[derive(Debug)]
pub(super) struct Context {
    /// The working folder, absolute.
    pub(super) cwd: Utf8PathBuf,
    /// The environment.
    pub(super) environment: BTreeMap<String, String>,
    /// `--config`
    pub(super) config_file: Option<Utf8PathBuf>,
    /// `--path`
    pub(super) path: Option<Utf8PathBuf>,
    /// `--layout`
    pub(super) layout: Option<String>,
    /// `--project`
    pub(super) project: Option<String>,
    /// `--receipt`
    pub(super) receipt: Option<Utf8PathBuf>,
}

/// An environment and where it stands.
#[derive(Debug)]
pub(super) struct Environment {
    /// Its name; `current` where a receipt was named on the command line.
    pub(super) name: String,
    /// The file.
    pub(super) file: Utf8PathBuf,
    /// What it told.
    pub(super) receipt: Receipt,
    /// What that means in this tree.
    pub(super) state: receipt::State,
}

impl Context {
    /// What the config is asked.
    pub(super) fn request(&self) -> config::Request {
        config::Request {
            cwd: self.cwd.clone(),
            file: self.config_file.clone(),
            environment: self.environment.clone(),
            flags: config::Flags {
                path: self.path.clone(),
                layout: self.layout.clone(),
                project: self.project.clone(),
            },
        }
    }

    /// The merged config.
    pub(super) fn config(&self, output: &mut Output<'_>) -> Result<Config, Stop> {
        config::load(&self.request()).map_err(|error| output.bad_config(error))
    }

    /// The tree in order; what is wrong with it ends the command.
    pub(super) fn ordered(&self, output: &mut Output<'_>) -> Result<(Tree, Graph), Stop> {
        let config = self.config(output)?;
        let mut sink = Sink::default();
        let Ordered { tree, graph } =
            compile::ordered(&self.cwd, &config, &mut sink).map_err(failed)?;
        output.report(&sink, &tree.sources)?;
        Ok((tree, graph.ok_or(Stop::Findings)?))
    }

    /// The tree with its digests; what is wrong with it ends the command. Warnings stay in the sink.
    pub(super) fn sealed(
        &self,
        config: &Config,
        sink: &mut Sink,
        output: &mut Output<'_>,
    ) -> Result<Sealed, Stop> {
        let ordered = compile::ordered(&self.cwd, config, sink).map_err(failed)?;
        let sealed = compile::sealed(ordered, sink).map_err(|tree| {
            match output.show(sink, &tree.sources) {
                Ok(()) => Stop::Findings,
                Err(stop) => stop,
            }
        })?;
        if sink.has_errors() {
            output.report(sink, &sealed.tree.sources)?;
        }
        Ok(sealed)
    }

    /// Reads the receipts of the environments that an expression names, and lets it name them. `--receipt` is `current`.
    pub(super) fn know(
        &self,
        config: &Config,
        sealed: &mut Sealed,
        expression: &str,
        output: &mut Output<'_>,
    ) -> Ending {
        let word = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let named = |name: &str| {
            expression
                .split(|char| !word(char))
                .any(|part| part == name)
        };
        self.environments(config, sealed, &named, output)?;
        Ok(())
    }

    /// The environments that are wanted, by name, and the one of `--receipt`.
    pub(super) fn environments(
        &self,
        config: &Config,
        sealed: &mut Sealed,
        wanted: &dyn Fn(&str) -> bool,
        output: &mut Output<'_>,
    ) -> Result<Vec<Environment>, Stop> {
        let configured = config.environments.iter();
        let configured = configured.filter(|(name, _)| wanted(name));
        let mut files: Vec<(&str, &Utf8Path)> = configured
            .map(|(name, receipt)| (name.as_str(), receipt.value.as_path()))
            .collect();
        files.extend(self.receipt.as_deref().map(|file| ("current", file)));
        // A receipt that was read for this graph already is not read again.
        files.retain(|(name, _)| sealed.graph.state(name).is_none());
        let mut environments = Vec::with_capacity(files.len());
        for (name, file) in files {
            let text = disk::read(&self.cwd, file).map_err(failed)?;
            let Some(text) = text else {
                return Err(Stop::Failed(format!(
                    "there is no receipt `{file}`{}: it is the line of JSON that a script prints at its end; run status.sql there, and save what it prints",
                    of_environment(name)
                )));
            };
            let receipt = receipt::read(&text)
                .map_err(|why| Stop::Failed(format!("`{file}`{} {why}", of_environment(name))))?;
            let state = receipt::state(
                &receipt,
                &config.project.name.value,
                &sealed.tree,
                &sealed.graph,
                &sealed.digests,
                &sealed.seals,
            )
            .map_err(|diagnostic| {
                output.refuse(diagnostic.path(file.to_owned()), &sealed.tree.sources)
            })?;
            sealed.graph.name_state(name, state.heads.clone());
            environments.push(Environment {
                name: name.to_owned(),
                file: file.to_owned(),
                receipt,
                state,
            });
        }
        Ok(environments)
    }

    /// `upgrade` and `downgrade`.
    pub(super) fn script(
        &self,
        range: &str,
        direction: Direction,
        request: compile::Request,
        file: Option<&Utf8Path>,
        output: &mut Output<'_>,
    ) -> Ending {
        let config = self.config(output)?;
        let mut sink = Sink::default();
        let mut sealed = self.sealed(&config, &mut sink, output)?;
        self.know(&config, &mut sealed, range, output)?;
        let range = match direction {
            Direction::Up => graph::upgrade_range(&sealed.graph, &sealed.tree, range),
            Direction::Down => graph::downgrade_range(&sealed.graph, &sealed.tree, range),
        };
        let range = range.map_err(|diagnostic| output.refuse(diagnostic, &sealed.tree.sources))?;
        let plan = compile::plan(&sealed, &config, &range, direction, request, &mut sink);
        output.report(&sink, &sealed.tree.sources)?;
        let plan = plan.ok_or(Stop::Findings)?;
        self.write_script(&config, &sealed, plan, file, output)
    }

    /// Writes the script that a plan is, to standard output or a file.
    pub(super) fn write_script(
        &self,
        config: &Config,
        sealed: &Sealed,
        plan: Plan,
        file: Option<&Utf8Path>,
        output: &mut Output<'_>,
    ) -> Ending {
        let text = compile::script(&self.renderer(config)?, plan).map_err(failed)?;
        match file {
            Some(file) => {
                disk::replace_script(&self.cwd, file, &sealed.tree.root, &text).map_err(failed)
            }
            None => output.print(&text),
        }
    }

    /// The templates, the user's own among them.
    pub(super) fn renderer(&self, config: &Config) -> Result<Renderer, Stop> {
        let mut own = Vec::new();
        if let Some(folder) = &config.render.templates.value {
            for name in render::REPLACEABLE {
                let path = folder.join(name);
                own.extend(
                    disk::read(&self.cwd, &path)
                        .map_err(failed)?
                        .map(|text| (name.to_owned(), text)),
                );
            }
        }
        Renderer::new(own).map_err(failed)
    }
}

fn of_environment(name: &str) -> String {
    if name == "current" {
        return String::new();
    }
    format!(" of environment `{name}`")
}
