//! How a script names the files it was made from: the same wherever the tree is checked out, and from whatever
//! folder it is compiled.

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::config::Config;
use crate::source::{FileId, Sources, Span};
use crate::tree::Tree;

/// The files of a tree.
#[derive(Debug)]
pub(super) struct Places<'a> {
    sources: &'a Sources,
    root: &'a Utf8Path,
    label: Utf8PathBuf,
}

impl<'a> Places<'a> {
    /// With a config file, paths start in its folder; without one, at the tree's own folder.
    pub(super) fn new(tree: &'a Tree, config: &Config) -> Self {
        let beside = config.file.as_deref().and_then(Utf8Path::parent);
        let beside = beside.and_then(|folder| tree.root.strip_prefix(folder).ok());
        let last = match tree.root.components().next_back() {
            Some(Utf8Component::Normal(name)) => Utf8Path::new(name),
            _ => Utf8Path::new(""),
        };
        let label = beside.unwrap_or(last).to_owned();
        Self {
            sources: &tree.sources,
            root: &tree.root,
            label,
        }
    }

    /// `path:line` of a span's start.
    pub(super) fn place(&self, span: Span) -> String {
        format!(
            "{}:{}",
            self.file(span.file),
            self.sources.position(span.file, span.start).line
        )
    }

    /// The path of a file.
    pub(super) fn file(&self, file: FileId) -> Utf8PathBuf {
        let path = self.sources.path(file);
        match path.strip_prefix(self.root) {
            Ok(below) => self.label.join(below),
            Err(_) => path.to_owned(),
        }
    }
}
