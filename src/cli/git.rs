//! What git keeps of a folder at a commit, and where a branch left another. Asked through plumbing, which reads objects and
//! nothing else: no index, no hooks, no pager, no network.
#![expect(
    clippy::disallowed_methods,
    reason = "the edge where git is started, for who asks for it"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

/// Files by their paths below a folder.
pub(super) type Files = Vec<(Utf8PathBuf, Vec<u8>)>;

/// A folder at two commits.
#[derive(Debug)]
pub(super) struct Past {
    /// The id of the commit that was asked for.
    pub(super) commit: String,
    /// What the folder held there; `None` where it was not there.
    pub(super) there: Option<Files>,
    /// The id of the last commit that it has in common with what is checked out.
    pub(super) fork: Option<String>,
    /// What the folder held at that, where it is another commit.
    pub(super) at_fork: Option<Files>,
}

/// What is set for git where it runs as a hook's child: it speaks of the folder that the hook runs for.
const OF_HOOKS: [&str; 5] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
];

/// Looks up a folder at a commit. The error says what is wrong, and what to do.
pub(super) fn past(folder: &Utf8Path, shown: &Utf8Path, name: &str) -> Result<Past, String> {
    if name.is_empty() || name.starts_with('-') {
        return Err(format!(
            "--since takes a commit, such as origin/main, and `{}` is none",
            name.escape_debug()
        ));
    }
    let git = Git { folder, shown };
    let prefix = git.prefix()?;
    let commit = git.commit(name)?;
    let fork = git.fork(&commit, name)?;
    let there = git.tree(&commit, &prefix)?;
    let forked = match &fork {
        Some(fork) if *fork != commit => git.tree(fork, &prefix)?,
        Some(_) | None => None,
    };
    let [there, at_fork] = git.files([there, forked])?;
    Ok(Past {
        commit,
        there,
        fork,
        at_fork,
    })
}

/// git, in the folder that is asked about.
struct Git<'a> {
    folder: &'a Utf8Path,
    shown: &'a Utf8Path,
}

impl Git<'_> {
    /// The folder, below the top of its repository; with `/` at its end, or empty for the top.
    fn prefix(&self) -> Result<String, String> {
        let output = self.run(&["rev-parse", "--is-inside-work-tree", "--show-prefix"], "")?;
        let text = text(&output.stdout);
        match text.strip_prefix("true\n") {
            Some(prefix) if output.status.success() => {
                Ok(prefix.strip_suffix('\n').unwrap_or(prefix).to_owned())
            }
            Some(_) | None => Err(format!(
                "`{}` lies in no git repository that can be asked{}; mend that, or check without --since",
                self.shown,
                said(&output)
            )),
        }
    }

    fn commit(&self, name: &str) -> Result<String, String> {
        let wanted = format!("{name}^{{commit}}");
        let output = self.run(&["rev-parse", "--verify", "--quiet", &wanted], "")?;
        if output.status.success() {
            return Ok(text(&output.stdout).trim_end().to_owned());
        }
        let next = if self.is_shallow()? {
            "this clone is shallow: fetch all of it with `git fetch --unshallow`, or in GitHub Actions with `fetch-depth: 0` for actions/checkout"
        } else {
            "`git fetch` brings in what others have, and `git branch --all` lists what there is"
        };
        Err(format!(
            "git finds no commit `{}` here; {next}",
            name.escape_debug()
        ))
    }

    fn fork(&self, commit: &str, name: &str) -> Result<Option<String>, String> {
        let output = self.run(&["merge-base", commit, "HEAD"], "")?;
        if output.status.success() {
            return Ok(text(&output.stdout).lines().next().map(str::to_owned));
        }
        if self.is_shallow()? {
            return Err(format!(
                "where `{}` and what is checked out left each other can't be told: this clone is shallow; fetch all of it with `git fetch --unshallow`, or in GitHub Actions with `fetch-depth: 0` for actions/checkout",
                name.escape_debug()
            ));
        }
        // They have nothing in common.
        Ok(None)
    }

    fn is_shallow(&self) -> Result<bool, String> {
        let output = self.run(&["rev-parse", "--is-shallow-repository"], "")?;
        Ok(text(&output.stdout).trim_end() == "true")
    }

    /// Objects of the folder's files at a commit, by path; `None` where the folder was not there.
    fn tree(
        &self,
        commit: &str,
        prefix: &str,
    ) -> Result<Option<Vec<(Utf8PathBuf, String)>>, String> {
        let mut arguments = vec![
            "--literal-pathspecs",
            "ls-tree",
            "-r",
            "-z",
            "--full-tree",
            commit,
            "--",
        ];
        if !prefix.is_empty() {
            arguments.push(prefix);
        }
        let output = self.run(&arguments, "")?;
        if !output.status.success() {
            return Err(self.failed("ls-tree", &output));
        }
        let listing = text(&output.stdout);
        // git keeps no empty folders.
        if listing.is_empty() {
            return Ok(None);
        }
        let entries = listing.split('\0').filter_map(|entry| {
            let (about, path) = entry.split_once('\t')?;
            let mut about = about.split(' ');
            let (mode, _, object) = (about.next()?, about.next()?, about.next()?);
            let path = path.strip_prefix(prefix)?;
            // Links and other repositories hold no text of the tree.
            mode.starts_with("100")
                .then(|| (path.into(), object.to_owned()))
        });
        Ok(Some(entries.collect()))
    }

    /// The contents of all these objects, in one run.
    fn files<const N: usize>(
        &self,
        trees: [Option<Vec<(Utf8PathBuf, String)>>; N],
    ) -> Result<[Option<Files>; N], String> {
        let mut objects: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for (_, object) in trees.iter().flatten().flatten() {
            objects.insert(object.clone(), Vec::new());
        }
        let mut wanted = objects.keys().cloned().collect::<Vec<_>>().join("\n");
        wanted.push('\n');
        let output = self.run(&["cat-file", "--batch"], &wanted)?;
        let mut rest = output.stdout.as_slice();
        for (object, content) in &mut objects {
            *content = one(&mut rest, object).ok_or_else(|| self.failed("cat-file", &output))?;
        }
        Ok(trees.map(|tree| {
            let files = tree?.into_iter();
            Some(
                files
                    .map(|(path, object)| (path, objects[&object].clone()))
                    .collect(),
            )
        }))
    }

    fn run(&self, arguments: &[&str], input: &str) -> Result<Output, String> {
        let mut command = Command::new("git");
        command
            .args(["--no-pager", "-C", self.folder.as_str()])
            .args(arguments)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            // A clone that left out objects would fetch them one by one.
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in OF_HOOKS {
            command.env_remove(name);
        }
        let cannot = |error: std::io::Error| {
            format!(
                "git can't be started: {error}; --since asks it what was there: install it, or check without --since"
            )
        };
        let mut child = command.spawn().map_err(cannot)?;
        let stdin = child.stdin.take();
        std::thread::scope(|scope| {
            // Both pipes have an end: who only writes waits for ever.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
            child.wait_with_output().map_err(cannot)
        })
    }

    fn failed(&self, what: &str, output: &Output) -> String {
        format!(
            "`git {what}` does not tell what `{}` held{}; where the clone left out objects (--filter), clone it whole",
            self.shown,
            said(output)
        )
    }
}

/// The next object of a batch.
fn one(rest: &mut &[u8], object: &str) -> Option<Vec<u8>> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let about = std::str::from_utf8(&rest[..end]).ok()?;
    let size: usize = about
        .strip_prefix(object)?
        .strip_prefix(" blob ")?
        .parse()
        .ok()?;
    let start = end + 1;
    let content = rest.get(start..start.checked_add(size)?)?.to_vec();
    *rest = rest.get(start + size + 1..)?;
    Some(content)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// git's own words, on one line.
fn said(output: &Output) -> String {
    let error = text(&output.stderr);
    match error.lines().next() {
        Some(line) if !line.is_empty() => {
            let line = line.strip_prefix("fatal: ").unwrap_or(line);
            format!(" (git: {})", line.escape_debug())
        }
        Some(_) | None => String::new(),
    }
}
