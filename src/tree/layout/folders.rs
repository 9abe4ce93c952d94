//! What layouts share that keep each migration in a folder of its own.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::Input;
use super::numbered::{self, Tool};
use crate::diagnostic::Sink;
use crate::source::FileId;
use crate::tree::Error;
use crate::tree::text::LineEnds;

/// What one folder holds of the files that were asked for, by name.
#[derive(Debug, Default)]
pub(super) struct Files {
    by_name: BTreeMap<String, FileId>,
    /// One of them is not what the layout says.
    pub(super) unsound: bool,
}

impl Files {
    /// The file of that name.
    pub(super) fn get(&self, name: &str) -> Option<FileId> {
        self.by_name.get(name).copied()
    }
}

/// Folder and name of a file that lies one folder deep.
pub(super) fn part(path: &Utf8Path) -> Option<(&str, &str)> {
    let (folder, name) = path.as_str().split_once('/')?;
    (!name.contains('/')).then_some((folder, name))
}

/// Takes in the files `names` of every folder. Folders without any of them are there too, for a tool may refuse them.
pub(super) fn read(
    input: &mut Input<'_>,
    names: &[&str],
    tool: &Tool,
    sink: &mut Sink,
) -> Result<BTreeMap<String, Files>, Error> {
    let mut folders: BTreeMap<String, Files> = BTreeMap::new();
    for file in &input.folder.files {
        if let Some((folder, _)) = file.path.as_str().split_once('/') {
            folders.entry(folder.to_owned()).or_default();
        }
    }
    let wanted = |path: &Utf8Path| part(path).is_some_and(|(_, name)| names.contains(&name));
    for file in input.take(|file| wanted(&file.path), LineEnds::Keep)? {
        let path = file.path.clone();
        let Some((folder, name)) = part(&path) else {
            continue;
        };
        let (id, sound) = numbered::judge(file, &input.sources, tool, sink);
        let files = folders.entry(folder.to_owned()).or_default();
        files.unsound |= !sound;
        files.by_name.insert(name.to_owned(), id);
    }
    Ok(folders)
}
