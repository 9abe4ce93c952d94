//! A user's project in a temporary folder, and the real program run in it.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;
use std::process::Command;

use super::outcome::{self, Outcome};

/// A folder that is gone when it is dropped, and the environment that `signoff` will see in it.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    env: BTreeMap<String, String>,
}

impl Project {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
            env: BTreeMap::new(),
        }
    }

    /// A copy of a folder of this repository, for example `tests/golden/linear/project`.
    #[track_caller]
    pub(crate) fn copy_of(folder: &str) -> Self {
        let project = Self::new();
        let from = super::root().join(folder);
        let files = super::all_files(&from);
        assert!(!files.is_empty(), "{from}: no files there");
        for path in files {
            let bytes = std::fs::read(from.join(&path)).expect("a fixture is readable");
            project.write(path.as_str(), &bytes);
        }
        project
    }

    /// With this file.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text.as_bytes());
        self
    }

    /// With this in the environment. Nothing of the caller's own environment is there, but for `PATH`.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Writes or replaces a file; its folders come with it.
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        let folder = path.parent().expect("is below the project");
        std::fs::create_dir_all(folder).expect("a folder can be made in a temporary folder");
        std::fs::write(&path, bytes).expect("a file can be written in a temporary folder");
    }

    /// The absolute path of a file or folder of the project.
    pub(crate) fn path(&self, path: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path())
            .expect("temporary folders have UTF-8 names")
            .join(path)
    }

    /// A file's text.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.path(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Every file below a folder of the project, relative to that folder, sorted.
    pub(crate) fn files(&self, folder: &str) -> Vec<Utf8PathBuf> {
        super::all_files(&self.path(folder))
    }

    /// Runs `signoff` in the project's folder.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_signoff"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(&self.env);
        outcome::run(&mut command, "")
    }
}

#[test]
fn a_project_has_the_files_it_was_given() {
    let project = Project::new()
        .env("TZ", "Asia/Kathmandu")
        .file("signoff.toml", "[project]\n")
        .file("migrations/a.sql", "");
    assert_eq!(project.read("signoff.toml"), "[project]\n");
    assert_eq!(project.files("."), ["migrations/a.sql", "signoff.toml"]);
}
