//! What tests stand on: projects in temporary folders, a PostgreSQL server, golden folders, faults.

#![allow(
    dead_code,
    reason = "a toolbox: a test that goes away does not take its tool along"
)]

pub(crate) mod faults;
pub(crate) mod golden;
pub(crate) mod outcome;
pub(crate) mod postgres;
pub(crate) mod project;
pub(crate) mod straight;

use camino::{Utf8Path, Utf8PathBuf};

/// The project's folder.
pub(crate) fn root() -> Utf8PathBuf {
    Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder, relative to it, with `/`, sorted. Empty where there is no such folder.
pub(crate) fn all_files(root: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = folder.read_dir_utf8() else {
            continue;
        };
        for entry in entries {
            let entry = entry.expect("a folder of ours is readable");
            let path = entry.path();
            if entry.file_type().expect("has a type").is_dir() {
                folders.push(path.to_owned());
            } else {
                let relative = path.strip_prefix(root).expect("is below the folder");
                found.push(relative.to_owned());
            }
        }
    }
    found.sort();
    found
}

/// [`all_files`] with one extension.
pub(crate) fn files(root: &Utf8Path, extension: &str) -> Vec<Utf8PathBuf> {
    let mut found = all_files(root);
    found.retain(|path| path.extension() == Some(extension));
    found
}
