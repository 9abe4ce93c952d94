//! Files that commands read and write themselves. An error says what is wrong with which file, and nothing is
//! half-written.

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
pub(super) enum Error {
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
pub(super) fn read(cwd: &Utf8Path, path: &Utf8Path) -> Result<Option<String>, Error> {
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
pub(super) fn bytes(cwd: &Utf8Path, path: &Utf8Path) -> Result<Vec<u8>, Error> {
    fs::read(cwd.join(path)).map_err(|source| Error::Disk {
        verb: "read",
        path: path.to_owned(),
        source,
    })
}

/// Makes a file that must not be there yet, and the folders above it.
pub(super) fn create(cwd: &Utf8Path, path: &Utf8Path, text: &str) -> Result<(), Error> {
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
pub(super) fn create_all<'f>(
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
pub(super) fn replace_script(
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
pub(super) fn replace(cwd: &Utf8Path, path: &Utf8Path, text: &str) -> Result<(), Error> {
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

/// Writes files that are there, all of them or none. Each keeps its rights, and a link goes on leading to its file.
pub(super) fn replace_all(cwd: &Utf8Path, files: &[(Utf8PathBuf, String)]) -> Result<(), Error> {
    let mut aside = Vec::new();
    let written = files.iter().try_for_each(|(path, text)| {
        let real = beside(cwd, path, text)?;
        aside.push(real);
        Ok(())
    });
    let clear = |aside: &[Aside]| {
        for file in aside {
            let _ = fs::remove_file(&file.new);
        }
    };
    if let Err(error) = written {
        clear(&aside);
        return Err(error);
    }
    for (at, (file, (path, _))) in aside.iter().zip(files).enumerate() {
        let Err(source) = fs::rename(&file.new, &file.real) else {
            continue;
        };
        for done in &aside[..at] {
            let _ = fs::write(&done.real, &done.before);
        }
        clear(&aside[at..]);
        return Err(unwritten(path, source));
    }
    Ok(())
}

/// Makes files that must not be there yet and writes over others, all of them or none: each is whole beside its place before
/// the first takes it.
pub(super) fn write_all(
    cwd: &Utf8Path,
    new: &[(Utf8PathBuf, String)],
    replaced: &[(Utf8PathBuf, String)],
) -> Result<(), Error> {
    let beside = |path: &Utf8Path| {
        let name = path.file_name().unwrap_or("signoff");
        path.with_file_name(format!(".{name}.new"))
    };
    if let Some((there, _)) = new.iter().find(|(path, _)| is_there(&cwd.join(path))) {
        return Err(Error::There(there.clone()));
    }
    let aside: Vec<Utf8PathBuf> = new.iter().map(|(path, _)| beside(path)).collect();
    let texts = new.iter().map(|(_, text)| text.as_str());
    create_all(cwd, aside.iter().map(Utf8PathBuf::as_path).zip(texts))?;
    let undo = |done: usize| {
        for (at, (path, _)) in new.iter().enumerate() {
            let left = if at < done { path } else { &aside[at] };
            let _ = fs::remove_file(cwd.join(left));
        }
    };
    for (at, ((path, _), aside)) in new.iter().zip(&aside).enumerate() {
        if let Err(source) = fs::rename(cwd.join(aside), cwd.join(path)) {
            undo(at);
            return Err(unwritten(path, source));
        }
    }
    replace_all(cwd, replaced).inspect_err(|_| undo(new.len()))
}

/// A new text beside the file that it will replace.
struct Aside {
    real: Utf8PathBuf,
    new: Utf8PathBuf,
    before: Vec<u8>,
}

fn beside(cwd: &Utf8Path, path: &Utf8Path, text: &str) -> Result<Aside, Error> {
    let real = cwd.join(path).canonicalize_utf8();
    let real = real.map_err(|source| unwritten(path, source))?;
    let before = bytes(cwd, path)?;
    let name = path.file_name().unwrap_or("signoff");
    let shown = path.with_file_name(format!(".{name}.new"));
    let new = real.with_file_name(format!(".{name}.new"));
    create_here(cwd, &new, text).map_err(|failure| match failure {
        Error::There(_) => Error::There(shown),
        Error::Disk { source, .. } => unwritten(path, source),
        other @ (Error::NotOurs(_) | Error::InTree { .. }) => other,
    })?;
    let rights = fs::metadata(&real).map(|found| found.permissions());
    if let Err(source) = rights.and_then(|rights| fs::set_permissions(&new, rights)) {
        let _ = fs::remove_file(&new);
        return Err(unwritten(path, source));
    }
    Ok(Aside { real, new, before })
}

fn unwritten(path: &Utf8Path, source: io::Error) -> Error {
    Error::Disk {
        verb: "write",
        path: path.to_owned(),
        source,
    }
}

/// Removes a file.
pub(super) fn remove(cwd: &Utf8Path, path: &Utf8Path) -> Result<(), Error> {
    fs::remove_file(cwd.join(path)).map_err(|source| Error::Disk {
        verb: "remove",
        path: path.to_owned(),
        source,
    })
}

/// Whether something stands there.
pub(super) fn is_there(path: &Utf8Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "the tests look at the files that are written"
    )]

    use std::fs;

    use camino::Utf8Path;

    use super::{Error, replace_script};

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
