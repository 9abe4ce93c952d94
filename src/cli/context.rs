//! What every command may look at, and the prefixes of the street with their reports.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::output::{Ending, Output, Stop, failed};
use crate::compile::{self, Ordered, Sealed};
use crate::config::{self, Config};
use crate::diagnostic::Sink;
use crate::graph::{self, Graph};
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

    /// `upgrade` and `downgrade`.
    pub(super) fn script(
        &self,
        range: &str,
        direction: Direction,
        file: Option<&Utf8Path>,
        output: &mut Output<'_>,
    ) -> Ending {
        let config = self.config(output)?;
        let mut sink = Sink::default();
        let sealed = self.sealed(&config, &mut sink, output)?;
        let range = match direction {
            Direction::Up => graph::upgrade_range(&sealed.graph, &sealed.tree, range),
            Direction::Down => graph::downgrade_range(&sealed.graph, &sealed.tree, range),
        };
        let range = range.map_err(|diagnostic| output.refuse(diagnostic, &sealed.tree.sources))?;
        let plan = compile::plan(&sealed, &config, &range, direction, &mut sink);
        output.report(&sink, &sealed.tree.sources)?;
        let plan = plan.ok_or(Stop::Findings)?;
        let text = compile::script(&self.renderer(&config)?, plan).map_err(failed)?;
        match file {
            Some(file) => disk::replace(&self.cwd, file, &text).map_err(failed),
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

/// Files that commands read and write themselves.
pub(super) mod disk {
    #![expect(
        clippy::disallowed_methods,
        reason = "the files that commands themselves read and make"
    )]

    use std::fs;
    use std::io::{self, Write};

    use camino::{Utf8Path, Utf8PathBuf};

    // Every function takes the working folder, and a path as the user named it, which is what errors say.

    /// What a command could not read or write.
    #[derive(Debug, thiserror::Error)]
    pub(in crate::cli) enum Error {
        /// It stands there already.
        #[error("`{0}` is there already; nothing was changed: move it away, or go on with it")]
        There(Utf8PathBuf),
        /// The disk says no.
        #[error("cannot {verb} `{path}`: {source}; nothing is half-written")]
        Disk {
            /// `read`, `write`.
            verb: &'static str,
            /// Which file.
            path: Utf8PathBuf,
            /// The system's reason.
            source: io::Error,
        },
    }

    /// A file's text; `None` where there is none.
    pub(in crate::cli) fn read(cwd: &Utf8Path, path: &Utf8Path) -> Result<Option<String>, Error> {
        match fs::read_to_string(cwd.join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Disk {
                verb: "read",
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Makes a file that must not be there yet, and the folders above it.
    pub(in crate::cli) fn create(cwd: &Utf8Path, path: &Utf8Path, text: &str) -> Result<(), Error> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(cwd.join(folder)).map_err(|source| Error::Disk {
                verb: "write",
                path: path.to_owned(),
                source,
            })?;
        }
        create_here(cwd, path, text)
    }

    /// Makes a file that must not be there yet, in a folder that is.
    fn create_here(cwd: &Utf8Path, path: &Utf8Path, text: &str) -> Result<(), Error> {
        let real = cwd.join(path);
        let error = |source| Error::Disk {
            verb: "write",
            path: path.to_owned(),
            source,
        };
        let mut file = match fs::File::create_new(&real) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Error::There(path.to_owned()));
            }
            Err(source) => return Err(error(source)),
        };
        file.write_all(text.as_bytes()).map_err(|source| {
            // A file of ours that is cut short is worse than none.
            let _ = fs::remove_file(&real);
            error(source)
        })
    }

    /// Makes files that must not be there yet, all of them or none.
    pub(in crate::cli) fn create_all<'f>(
        cwd: &Utf8Path,
        files: impl Iterator<Item = (&'f Utf8Path, &'f str)>,
    ) -> Result<(), Error> {
        let mut made = Vec::new();
        for (path, text) in files {
            if let Err(error) = create(cwd, path, text) {
                for path in made {
                    let _ = fs::remove_file(cwd.join(path));
                }
                return Err(error);
            }
            made.push(path);
        }
        Ok(())
    }

    /// Writes a file whole or not at all, over one that is there.
    pub(in crate::cli) fn replace(
        cwd: &Utf8Path,
        path: &Utf8Path,
        text: &str,
    ) -> Result<(), Error> {
        let real = cwd.join(path);
        let error = |source| Error::Disk {
            verb: "write",
            path: path.to_owned(),
            source,
        };
        // A pipe or a device (`-o /dev/stdout`) can't be renamed over.
        if fs::metadata(&real).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            return fs::write(&real, text).map_err(error);
        }
        let name = path.file_name().unwrap_or("signoff");
        let aside = path.with_file_name(format!(".{name}.new"));
        create_here(cwd, &aside, text).map_err(|failure| match failure {
            Error::There(aside) => Error::There(aside),
            Error::Disk { source, .. } => error(source),
        })?;
        fs::rename(cwd.join(&aside), &real).map_err(|source| {
            let _ = fs::remove_file(cwd.join(&aside));
            error(source)
        })
    }

    /// Whether something stands there.
    pub(in crate::cli) fn is_there(path: &Utf8Path) -> bool {
        fs::symlink_metadata(path).is_ok()
    }
}
