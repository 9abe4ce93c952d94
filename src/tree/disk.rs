//! The migrations folder on disk: which files are in it, and their bytes. The only place where this room
//! touches the file system.
//!
//! Hidden files and folders are not seen. Links are followed only to a file of the same folder: what is
//! outside of the tree is not under its review.

#![expect(
    clippy::disallowed_methods,
    reason = "the tree is read here and nowhere else"
)]

use std::cmp::Ordering;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use walkdir::WalkDir;

use super::Error;
use crate::config;
use crate::config::table::is_unprintable;
use crate::diagnostic::{Diagnostic, Sink};

/// How the name of a migration ends. A name that is nothing else is hidden.
const SQL: &[u8] = b".sql";

/// The files of a folder, by path.
#[derive(Debug)]
pub(super) struct Folder {
    /// As the user would type it in the working folder.
    pub(super) shown: Utf8PathBuf,
    /// Sorted by path.
    pub(super) files: Vec<File>,
    real: Utf8PathBuf,
}

/// One file.
#[derive(Debug)]
pub(super) struct File {
    /// Relative to the folder, with `/`.
    pub(super) path: Utf8PathBuf,
    /// What is in it, once it was read.
    pub(super) bytes: Option<Vec<u8>>,
}

impl File {
    /// Whether the name ends in `.sql`, in any case: a `.SQL` that is passed over is a migration lost.
    pub(super) fn is_sql(&self) -> bool {
        let bytes = self.path.as_str().as_bytes();
        let start = bytes.len().saturating_sub(SQL.len());
        bytes[start..].eq_ignore_ascii_case(SQL)
    }
}

impl Folder {
    /// Lists a folder. What can't be a file of the tree is reported and left out.
    pub(super) fn list(cwd: &Utf8Path, root: &Utf8Path, sink: &mut Sink) -> Result<Self, Error> {
        let shown = config::tidy(root);
        if shown.as_str().chars().any(is_unprintable) {
            return Err(Error::Unprintable { path: shown });
        }
        let unreadable = |source: io::Error| Error::Unreadable {
            path: shown.clone(),
            source,
        };
        let real = match cwd.join(root).canonicalize_utf8() {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::Missing { path: shown });
            }
            Err(error) => return Err(unreadable(error)),
        };
        if !real.metadata().map_err(unreadable)?.is_dir() {
            return Err(Error::NotAFolder { path: shown });
        }
        let mut folder = Self {
            shown,
            files: Vec::new(),
            real,
        };
        let walk = WalkDir::new(&folder.real)
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry));
        for entry in walk {
            let entry = entry.map_err(|error| folder.walk_error(error))?;
            folder.take(&entry, sink);
        }
        folder.files.par_sort_unstable_by(|one, other| {
            by_component(one.path.as_str(), other.path.as_str())
        });
        Ok(folder)
    }

    /// A folder of which nothing is on disk: all its files are read already. What would not be seen there is left out here
    /// too.
    pub(super) fn given(
        root: &Utf8Path,
        files: Vec<(Utf8PathBuf, Vec<u8>)>,
        sink: &mut Sink,
    ) -> Result<Self, Error> {
        let mut folder = Self {
            shown: config::tidy(root),
            files: Vec::new(),
            real: Utf8PathBuf::new(),
        };
        for (path, bytes) in files {
            if path.components().any(|part| part.as_str().starts_with('.')) {
                continue;
            }
            let mut file = File { path, bytes: None };
            if file.path.as_str().chars().any(is_unprintable) {
                if file.is_sql() {
                    let name = file.path.as_str().escape_debug().to_string();
                    sink.push(bad_name(&name).path(folder.shown.clone()));
                }
                continue;
            }
            if u32::try_from(bytes.len()).is_err() {
                let path = folder.show(&file.path);
                return Err(Error::TooLarge { path });
            }
            file.bytes = Some(bytes);
            folder.files.push(file);
        }
        folder.files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(folder)
    }

    /// Reads the wanted files that were not read yet, in parallel. The first that fails, by path, is the error.
    pub(super) fn read(&mut self, wanted: impl Fn(&File) -> bool + Sync) -> Result<(), Error> {
        let (real, shown) = (&self.real, &self.shown);
        let results: Vec<Result<(), Error>> = self
            .files
            .par_iter_mut()
            .filter(|file| file.bytes.is_none() && wanted(file))
            .map(|file| {
                let path = shown_path(shown, &file.path);
                match std::fs::read(real.join(&file.path)) {
                    // Places in a file are kept in 32 bits.
                    Ok(bytes) if u32::try_from(bytes.len()).is_err() => {
                        Err(Error::TooLarge { path })
                    }
                    Ok(bytes) => {
                        file.bytes = Some(bytes);
                        Ok(())
                    }
                    Err(source) => Err(Error::Unreadable { path, source }),
                }
            })
            .collect();
        results.into_iter().collect()
    }

    /// Takes one file of the folder itself out, read, if it is there.
    pub(super) fn take_file(&mut self, name: &str) -> Result<Option<File>, Error> {
        self.read(|file| file.path == name)?;
        let at = self.files.iter().position(|file| file.path == name);
        Ok(at.map(|at| self.files.remove(at)))
    }

    /// Whether the folder lies so, by its own name and those above it.
    pub(super) fn is_called(&self, tail: &Utf8Path) -> bool {
        self.real.ends_with(tail) || self.shown.ends_with(tail)
    }

    /// How a file is shown.
    pub(super) fn show(&self, path: &Utf8Path) -> Utf8PathBuf {
        shown_path(&self.shown, path)
    }

    fn take(&mut self, entry: &walkdir::DirEntry, sink: &mut Sink) {
        let kind = entry.file_type();
        if entry.depth() == 0 {
            return;
        }
        let path = Utf8Path::from_path(entry.path())
            .and_then(|path| path.strip_prefix(&self.real).ok())
            .filter(|path| !path.as_str().chars().any(is_unprintable));
        let Some(path) = path else {
            if kind.is_dir() || ends_in_sql(entry) {
                let name = entry
                    .file_name()
                    .to_string_lossy()
                    .escape_debug()
                    .to_string();
                sink.push(bad_name(&name).path(self.shown.clone()));
            }
            return;
        };
        let path = path.to_owned();
        if kind.is_symlink() && !self.is_own_file(&path, sink) {
            return;
        }
        // Neither a pipe nor a device is ever opened: reading one can wait forever.
        if kind.is_file() || kind.is_symlink() {
            let bytes = None;
            self.files.push(File { path, bytes });
        }
    }

    /// Whether a link leads to a file of this folder. One that may have been meant to be read is reported.
    fn is_own_file(&self, path: &Utf8Path, sink: &mut Sink) -> bool {
        let shown = self.show(path);
        let target = self.real.join(path).canonicalize_utf8();
        let metadata = target
            .as_ref()
            .ok()
            .and_then(|target| target.metadata().ok());
        if metadata.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            sink.push(
                Diagnostic::warning(
                    "linked-folder",
                    format!("`{shown}` is a link to a folder, and is not searched for migrations"),
                )
                .path(shown)
                .help("name the folder itself, or copy what is in it"),
            );
            return false;
        }
        let inside = target.is_ok_and(|target| target.starts_with(&self.real));
        let is_file = metadata.is_some_and(|metadata| metadata.is_file());
        if inside && is_file {
            return true;
        }
        let is_sql = path.extension() == Some("sql");
        if is_sql {
            let told = if is_file {
                format!("`{shown}` is a link out of the tree, and is not followed")
            } else {
                format!("`{shown}` is a link that leads to no file")
            };
            sink.push(
                Diagnostic::error("linked-file", told)
                    .path(shown)
                    .help("put the file itself into the tree"),
            );
        }
        false
    }

    fn walk_error(&self, error: walkdir::Error) -> Error {
        let path = error
            .path()
            .and_then(Utf8Path::from_path)
            .and_then(|path| path.strip_prefix(&self.real).ok())
            .filter(|path| !path.as_str().is_empty())
            .map_or_else(|| self.shown.clone(), |path| self.show(path));
        Error::Unreadable {
            path,
            // Links are not followed, so there are no loops: an error is always the system's.
            source: error
                .into_io_error()
                .unwrap_or_else(|| io::ErrorKind::Other.into()),
        }
    }
}

fn bad_name(name: &str) -> Diagnostic {
    Diagnostic::error(
        "bad-file-name",
        format!("the name `{name}` is not printable UTF-8, and scripts name their files"),
    )
    .help("rename it")
}

/// The order of paths, name by name, without taking each apart: `/` ends a name and stands before all that a name holds.
fn by_component(one: &str, other: &str) -> Ordering {
    let rank = |byte: u8| if byte == b'/' { 0 } else { byte };
    one.bytes().map(rank).cmp(other.bytes().map(rank))
}

fn shown_path(root: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    if root == "." {
        return path.to_owned();
    }
    root.join(path)
}

fn is_hidden(entry: &walkdir::DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn ends_in_sql(entry: &walkdir::DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().ends_with(b".sql")
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn paths_stand_in_the_order_of_their_names(one in "[a-c.!-]{1,3}(/[a-c.!-]{1,3}){0,2}", other in "[a-c.!-]{1,3}(/[a-c.!-]{1,3}){0,2}") {
            prop_assume!(!one.split('/').chain(other.split('/')).any(|name| name.starts_with('.')));
            let want = Utf8Path::new(&one).cmp(Utf8Path::new(&other));
            prop_assert_eq!(by_component(&one, &other), want);
        }
    }

    #[test]
    fn the_name_of_a_migration_ends_so_in_any_case() {
        let is_sql = |path: &str| {
            File {
                path: path.into(),
                bytes: None,
            }
            .is_sql()
        };
        assert!(is_sql("a.sql") && is_sql("old/b.SQL") && is_sql("ä.sql"));
        assert!(!is_sql("sql") && !is_sql("a.sql.bak") && !is_sql("asql") && !is_sql("a.sql/b"));
    }
}
