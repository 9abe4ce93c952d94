//! What every command may look at, and the prefixes of the street with their reports.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

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

/// Files that commands read and write themselves.
pub(super) mod disk {
    #![expect(
        clippy::disallowed_methods,
        reason = "the files that commands themselves read and make"
    )]

    use std::fs;
    use std::io::{self, Read, Write};

    use camino::{Utf8Path, Utf8PathBuf};

    // Every function takes the working folder, and a path as the user named it, which is what errors say.

    /// What a command could not read or write.
    #[derive(Debug, thiserror::Error)]
    pub(in crate::cli) enum Error {
        /// It stands there already.
        #[error("`{0}` is there already; nothing was changed: move it away, or go on with it")]
        There(Utf8PathBuf),
        /// A file stands there that no script may be written over.
        #[error(
            "`{0}` is there already and is no script that signoff wrote; nothing was changed: move it away, or write to another file"
        )]
        NotOurs(Utf8PathBuf),
        /// A script does not belong among the migrations.
        #[error(
            "`{file}` lies in `{tree}`, among the migrations, and would be taken for one; nothing was changed: write the script to another folder"
        )]
        InTree {
            /// The file.
            file: Utf8PathBuf,
            /// The tree.
            tree: Utf8PathBuf,
        },
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

    /// A file's bytes.
    pub(in crate::cli) fn bytes(cwd: &Utf8Path, path: &Utf8Path) -> Result<Vec<u8>, Error> {
        fs::read(cwd.join(path)).map_err(|source| Error::Disk {
            verb: "read",
            path: path.to_owned(),
            source,
        })
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

    /// Writes a script whole or not at all, over an empty file or another script of ours; never into the tree of migrations.
    pub(in crate::cli) fn replace_script(
        cwd: &Utf8Path,
        path: &Utf8Path,
        tree: &Utf8Path,
        text: &str,
    ) -> Result<(), Error> {
        let folder = cwd.join(path).parent().map(Utf8Path::to_owned);
        let real = |folder: &Utf8Path| folder.canonicalize_utf8().ok();
        let inside = folder
            .and_then(|folder| real(&folder))
            .zip(real(&cwd.join(tree)))
            .is_some_and(|(folder, tree)| folder.starts_with(tree));
        if inside {
            return Err(Error::InTree {
                file: path.to_owned(),
                tree: tree.to_owned(),
            });
        }
        if is_somebodys(&cwd.join(path)).map_err(|source| Error::Disk {
            verb: "read",
            path: path.to_owned(),
            source,
        })? {
            return Err(Error::NotOurs(path.to_owned()));
        }
        replace(cwd, path, text)
    }

    /// Whether a file with something in it stands there that does not begin as our scripts do.
    fn is_somebodys(real: &Utf8Path) -> io::Result<bool> {
        // A pipe would wait for a writer.
        if !fs::metadata(real).is_ok_and(|found| found.is_file()) {
            return Ok(false);
        }
        let mut start = Vec::new();
        fs::File::open(real)?.take(512).read_to_end(&mut start)?;
        let mut lines = start.split(|byte| *byte == b'\n').take(5);
        let first = lines.next().unwrap_or_default();
        let ours = if first.starts_with(b"-- signoff ") {
            lines.any(|line| line.starts_with(b"-- bundle  sha256:"))
        } else {
            first.starts_with(b"\\set ON_ERROR_STOP on")
                && lines.any(|line| line.starts_with(b"-- signoff "))
        };
        Ok(!start.is_empty() && !ours)
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
            Error::Disk { source, .. } => error(source),
            other @ (Error::There(_) | Error::NotOurs(_) | Error::InTree { .. }) => other,
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

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "the tests look at the files that are written"
    )]

    use std::fs;

    use camino::Utf8Path;

    use super::disk::{Error, replace_script};

    const SCRIPT: &str = "\\set ON_ERROR_STOP on\n\\if true\n-- signoff upgrade · shop\n";

    #[test]
    fn a_script_is_written_over_nothing_but_a_script() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cwd = Utf8Path::from_path(folder.path()).expect("UTF-8");
        fs::create_dir_all(cwd.join("db/migrations/old")).expect("made");
        let write = |path: &str| replace_script(cwd, path.into(), "db/migrations".into(), SCRIPT);
        let plain = "-- signoff upgrade · shop\n-- tree    sha256:0\n-- bundle  sha256:0\n";
        for there in [None, Some(""), Some(plain), Some(SCRIPT)] {
            if let Some(text) = there {
                fs::write(cwd.join("up.sql"), text).expect("written");
            }
            write("up.sql").expect("written");
            assert_eq!(
                fs::read_to_string(cwd.join("up.sql")).expect("text"),
                SCRIPT
            );
        }
        for there in [
            "SELECT 1;\n",
            "\n",
            "-- signoff by Anna\nSELECT 1;\n",
            "\\set ON_ERROR_STOP on\nSELECT 1;\n",
        ] {
            fs::write(cwd.join("up.sql"), there).expect("written");
            assert!(matches!(write("up.sql"), Err(Error::NotOurs(_))), "{there}");
            assert_eq!(fs::read_to_string(cwd.join("up.sql")).expect("text"), there);
        }
        fs::write(cwd.join("bytes.sql"), b"\xff\xfe").expect("written");
        assert!(matches!(write("bytes.sql"), Err(Error::NotOurs(_))));
        for inside in [
            "db/migrations/new.sql",
            "db/migrations/old/new.sql",
            "db/../db/migrations/new.sql",
        ] {
            assert!(
                matches!(write(inside), Err(Error::InTree { .. })),
                "{inside}"
            );
            assert!(!cwd.join(inside).exists());
        }
        write("db/new.sql").expect("written");
    }
}
