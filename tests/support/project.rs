//! A user's project in a temporary folder, and the real program run in it.

use camino::{Utf8Path, Utf8PathBuf};
use std::collections::BTreeMap;
use std::process::Command;

use super::outcome::{self, Outcome};

/// Nobody's id on every Linux.
const NOBODY: u32 = 65534;

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

    /// The tree of this repository and its config, as `make demo` compiles it.
    #[track_caller]
    pub(crate) fn sample() -> Self {
        let project = Self::new();
        let config = std::fs::read(super::root().join("signoff.toml"));
        project.write("signoff.toml", &config.expect("the sample has a config"));
        let from = super::root().join("migrations");
        for path in super::all_files(&from) {
            let bytes = std::fs::read(from.join(&path)).expect("the sample is readable");
            project.write(&format!("migrations/{path}"), &bytes);
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

    /// Every file of the project with its bytes, links and empty folders among them: to see that nothing changed.
    pub(crate) fn everything(&self) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        for entry in walkdir::WalkDir::new(self.folder.path()).min_depth(1) {
            let entry = entry.expect("a folder of ours is readable");
            let path = entry.path().strip_prefix(self.folder.path());
            let path = path.expect("is below it").to_string_lossy().into_owned();
            let bytes = match entry.file_type() {
                kind if kind.is_file() => std::fs::read(entry.path()).expect("is readable"),
                kind => format!("{kind:?}").into_bytes(),
            };
            found.insert(path, bytes);
        }
        found
    }

    /// The program, ready to run in the project's folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.ready(Command::new(env!("CARGO_BIN_EXE_signoff")), arguments)
    }

    /// Runs `signoff` in the project's folder.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        outcome::run(&mut self.command(arguments), "")
    }

    /// Runs git in the project's folder, with nobody's config.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> Outcome {
        let found = Command::new("git").arg("--version").output();
        assert!(
            found.is_ok_and(|output| output.status.success()),
            "there is no git, which these tests need: install it (Debian: sudo apt-get install git)"
        );
        let mut command = Command::new("git");
        for setting in [
            "user.name=a",
            "user.email=a@example",
            "init.defaultBranch=main",
        ] {
            command.args(["-c", setting]);
        }
        let mut command = self.ready(command, arguments);
        command
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z");
        let outcome = outcome::run(&mut command, "");
        outcome.success();
        outcome
    }

    /// Everything of the project as a commit.
    #[track_caller]
    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", "x"]);
    }

    /// Runs `signoff` in the project's folder, with this on its standard input.
    #[track_caller]
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Outcome {
        outcome::run(&mut self.command(arguments), input)
    }

    /// Runs `signoff` as somebody whom the rights of files hold back, as they do not hold back root.
    #[track_caller]
    pub(crate) fn run_without_rights(&self, arguments: &[&str]) -> Outcome {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        use std::os::unix::process::CommandExt as _;
        let root = std::fs::metadata(self.folder.path()).is_ok_and(|folder| folder.uid() == 0);
        if !root {
            return self.run(arguments);
        }
        let open = |folder: &std::path::Path| {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
                .expect("a folder of ours can be opened to others");
        };
        let starts = |program: &std::path::Path| {
            let mut command = Command::new(program);
            command.arg("--version").uid(NOBODY).gid(NOBODY);
            command.output().is_ok_and(|output| output.status.success())
        };
        open(self.folder.path());
        let place = tempfile::tempdir().expect("a temporary folder can be made");
        let mut program = std::path::PathBuf::from(env!("CARGO_BIN_EXE_signoff"));
        // It may lie where only root may look.
        if !starts(&program) {
            open(place.path());
            let copy = place.path().join("signoff");
            std::fs::copy(&program, &copy).expect("the program can be copied");
            program = copy;
            // Other tests start programs meanwhile, and until those run they hold the copy open.
            while !starts(&program) {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
        let mut command = self.ready(Command::new(program), arguments);
        command.uid(NOBODY).gid(NOBODY);
        outcome::run(&mut command, "")
    }

    /// Sets the rights of a file or folder of the project.
    pub(crate) fn set_rights(&self, path: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(self.path(path), std::fs::Permissions::from_mode(mode))
            .expect("the rights of a file of ours can be set");
    }

    /// Runs the library's own command line in this process, where the test says what is a terminal.
    pub(crate) fn run_on_a_terminal(&self, arguments: &[&str]) -> Outcome {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let words = std::iter::once("signoff").chain(arguments.iter().copied());
        let code = signoff::cli::run(signoff::cli::world::World {
            arguments: words.map(std::ffi::OsString::from).collect(),
            environment: self.env.clone(),
            cwd: self.path(""),
            input: &mut std::io::empty(),
            out: &mut out,
            err: &mut err,
            out_terminal: true,
            err_terminal: true,
        });
        Outcome {
            command: format!("signoff {}", arguments.join(" ")),
            code: i32::from(code),
            stdout: String::from_utf8_lossy(&out).into_owned(),
            stderr: String::from_utf8_lossy(&err).into_owned(),
        }
    }

    fn ready(&self, mut command: Command, arguments: &[&str]) -> Command {
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(&self.env);
        command
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
