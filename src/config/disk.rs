//! The config file on disk: which one is read, if any. The only place where this room touches the file system.

#![expect(
    clippy::disallowed_methods,
    reason = "the config loader is one of the two places that read"
)]

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Error, Origin, Request};

/// Stands for `--path`.
pub(super) const PATH_VARIABLE: &str = "SIGNOFF_PATH";
/// Stands for `--config`.
pub(super) const CONFIG_VARIABLE: &str = "SIGNOFF_CONFIG";

/// Which file is read, and which tree is named outside of it.
pub(super) struct Found {
    /// The config file, if one is read.
    pub(super) file: Option<File>,
    /// The tree, if something that stands for a whole config names it.
    pub(super) tree: Option<(String, Origin)>,
}

/// A config file that was read.
pub(super) struct File {
    /// As the user would type it.
    pub(super) path: Utf8PathBuf,
    /// Its folder, likewise.
    pub(super) base: Utf8PathBuf,
    /// What is in it.
    pub(super) bytes: Vec<u8>,
}

pub(super) fn find(request: &Request) -> Result<Found, Error> {
    let variable = |name: &str| {
        let value = request.environment.get(name);
        value.filter(|value| !value.is_empty())
    };
    let tree = |path: &str, origin: Origin| Found {
        file: None,
        tree: Some((path.to_owned(), origin)),
    };
    let explicit = |path: &Utf8Path| {
        let bytes = read(&request.cwd.join(path)).map_err(|source| Error::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let base = path.parent().unwrap_or(Utf8Path::new("")).to_owned();
        let path = path.to_owned();
        let file = Some(File { path, base, bytes });
        Ok(Found { file, tree: None })
    };
    match (&request.flags.path, &request.file) {
        (Some(_), Some(_)) => {
            return Err(Error::Both {
                path: "--path",
                config: "--config",
            });
        }
        (Some(path), None) => return Ok(tree(path.as_str(), Origin::Flag("--path"))),
        (None, Some(file)) => return explicit(file),
        (None, None) => {}
    }
    match (variable(PATH_VARIABLE), variable(CONFIG_VARIABLE)) {
        (Some(_), Some(_)) => {
            return Err(Error::Both {
                path: PATH_VARIABLE,
                config: CONFIG_VARIABLE,
            });
        }
        (Some(path), None) => {
            return Ok(tree(path, Origin::Environment(PATH_VARIABLE.to_owned())));
        }
        (None, Some(file)) => return explicit(Utf8Path::new(file)),
        (None, None) => {}
    }
    Ok(Found {
        file: search(&request.cwd)?,
        tree: None,
    })
}

/// The name that is looked for.
const NAME: &str = "signoff.toml";

fn read(path: &Utf8Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

/// Looks in `cwd` and above.
fn search(cwd: &Utf8Path) -> Result<Option<File>, Error> {
    let mut base = Utf8PathBuf::new();
    for above in cwd.ancestors() {
        let path = base.join(NAME);
        match read(&above.join(NAME)) {
            Ok(bytes) => return Ok(Some(File { path, base, bytes })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => base.push(".."),
            Err(source) => return Err(Error::Unreadable { path, source }),
        }
    }
    Ok(None)
}
