//! A release: the folder of all artifacts, its manifest and its checksums. The only code that writes one.
//!
//! Knows what a folder of ours looks like, and that nobody else's is ever touched; knows nothing of SQL.

mod disk;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::plan::{Flavour, Plan, Unit};
use crate::render::{self, NO_DIGEST, Renderer, view};
use crate::seal;

/// The file of checksums, as `sha256sum -c` reads it.
pub const SUMS: &str = "SHA256SUMS";

/// The file that says what a release is.
pub const MANIFEST: &str = "manifest.json";

/// The file that says how to run it.
const RUN_BOOK: &str = "README.md";

/// All artifacts of a release.
#[derive(Debug)]
pub struct Release {
    /// The folder's name: `<project>-<from>-<to>`.
    pub name: String,
    /// Digest of all of it.
    pub digest: String,
    /// File name and text, sorted by name, checksums included.
    pub files: Vec<(String, String)>,
}

/// Why there is no release.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A template can't be used.
    #[error(transparent)]
    Render(#[from] render::Error),
    /// An artifact holds the text that stands in for the digest.
    #[error(
        "a migration holds the text `{NO_DIGEST}`, which {file} needs for itself; nothing was written: write it in two pieces"
    )]
    Placeholder {
        /// The artifact.
        file: String,
    },
}

/// Why a release was not written. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else's files stand there.
    #[error(
        "`{path}` is there already and {why}; nothing was written: move it away, or write elsewhere with --out DIR"
    )]
    NotOurs {
        /// The folder.
        path: Utf8PathBuf,
        /// What tells it apart from a release of ours.
        why: String,
    },
    /// Another run writes it, on a system that can't tell whether that run is still alive.
    #[error(
        "`{path}` is there: another run is writing this release, or was killed while it did; nothing was written: if none is running, remove it and run again"
    )]
    Busy {
        /// The folder aside.
        path: Utf8PathBuf,
    },
    /// The disk says no.
    #[error(
        "cannot write `{path}`: {source}; nothing is half-written: mend that and run again, or write elsewhere with --out DIR"
    )]
    Disk {
        /// What was written.
        path: Utf8PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl Error {
    /// The same, its path as the user would type it in `cwd`.
    fn seen_from(self, cwd: &Utf8Path) -> Self {
        let seen = |path: Utf8PathBuf| {
            path.strip_prefix(cwd)
                .map(Utf8Path::to_owned)
                .unwrap_or(path)
        };
        match self {
            Self::NotOurs { path, why } => Self::NotOurs {
                path: seen(path),
                why,
            },
            Self::Busy { path } => Self::Busy { path: seen(path) },
            Self::Disk { path, source } => Self::Disk {
                path: seen(path),
                source,
            },
        }
    }
}

/// What [`MANIFEST`] says. Its form has a number, and FORMATS.md tells every key.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    format: u32,
    kind: &'static str,
    signoff: &'static str,
    project: &'a str,
    from: &'a str,
    to: &'a str,
    tree: &'a str,
    bundle: &'static str,
    server: u16,
    database: Option<&'a str>,
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flavour: Option<&'static str>,
    revisions: Vec<Revision<'a>>,
    repeatables: Vec<&'a str>,
    variables: &'a std::collections::BTreeMap<String, String>,
    downgrade: Downgrade<'a>,
}

#[derive(Debug, Serialize)]
struct Revision<'a> {
    id: &'a str,
    message: &'a str,
    parents: &'a [String],
    up: &'a str,
    transaction: bool,
    lock: Option<Lock<'a>>,
    irreversible: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    resealed: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replaces: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct Lock<'a> {
    mode: &'static str,
    on: &'a [String],
}

#[derive(Debug, Serialize)]
struct Downgrade<'a> {
    to: &'a str,
    reverts: Vec<&'a str>,
    notes: &'a [String],
}

/// A release of an upgrade and its way back.
pub fn release(renderer: &Renderer, upgrade: &Plan, downgrade: &Plan) -> Result<Release, Failure> {
    let mut files = vec![
        (
            RUN_BOOK.to_owned(),
            renderer.run_book(view::run_book::view(upgrade, downgrade, NO_DIGEST))?,
        ),
        (
            "downgrade.sql".to_owned(),
            renderer.script(view::bundled(downgrade.clone(), NO_DIGEST))?,
        ),
        (MANIFEST.to_owned(), manifest(upgrade, downgrade)),
        (
            "plan.sql".to_owned(),
            renderer.script(view::plan_script(upgrade, NO_DIGEST))?,
        ),
        (
            "status.sql".to_owned(),
            renderer.script(view::status_script(upgrade, downgrade, NO_DIGEST))?,
        ),
        (
            "upgrade.sql".to_owned(),
            renderer.script(view::bundled(upgrade.clone(), NO_DIGEST))?,
        ),
    ];
    let digest = sign(&mut files)?;
    files.push((SUMS.to_owned(), sums(&files)));
    files.sort();
    let name = [upgrade.project.as_str(), &upgrade.from, &upgrade.to]
        .map(file_name)
        .join("-");
    Ok(Release {
        name,
        digest,
        files,
    })
}

/// One script alone. Its digest is that of a release which holds nothing else.
pub fn script(renderer: &Renderer, plan: Plan) -> Result<String, Failure> {
    let name = view::file(&plan);
    let mut files = [(
        name.to_owned(),
        renderer.script(view::script(plan, NO_DIGEST))?,
    )];
    sign(&mut files)?;
    let [(_, text)] = files;
    Ok(text)
}

/// Writes a release below a folder, whole or not at all. One that is there is replaced only if it is a release of
/// ours and nobody touched it; runs at once take turns. Gives back whether it was there already, to the byte. `out` is as the user named it
/// in the working folder `cwd`.
pub fn write(release: &Release, cwd: &Utf8Path, out: &Utf8Path) -> Result<Written, Error> {
    disk::write(release, &cwd.join(out)).map_err(|error| error.seen_from(cwd))
}

/// What [`write`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// There was none.
    New,
    /// There was one of ours, and it is replaced.
    Replaced,
    /// It is there already, to the byte.
    Unchanged,
}

/// Puts the digest of all files into them, in place of the zeros. Every file must hold as many as its template
/// put there: zeros of somebody's own would be changed with them.
fn sign(files: &mut [(String, String)]) -> Result<String, Failure> {
    let digest = seal::sha256(sums(files).as_bytes()).to_string();
    for (name, text) in files {
        // How often a run book says it is its template's choice; what it quotes of migrations, the scripts quote too.
        let own = match name.as_str() {
            RUN_BOOK => None,
            MANIFEST => Some(1),
            _ => Some(2),
        };
        if own.is_some_and(|own| text.matches(NO_DIGEST).count() != own) {
            return Err(Failure::Placeholder { file: name.clone() });
        }
        // In place: a script may be large, and both texts are as long as each other.
        let places: Vec<usize> = text.match_indices(NO_DIGEST).map(|(at, _)| at).collect();
        for at in places {
            text.replace_range(at..at + NO_DIGEST.len(), &digest);
        }
    }
    Ok(digest)
}

/// The text of [`SUMS`].
fn sums(files: &[(String, String)]) -> String {
    let mut sums = String::new();
    for (name, text) in files {
        sums.push_str(&seal::sha256(text.as_bytes()).hex());
        sums.push_str("  ");
        sums.push_str(name);
        sums.push('\n');
    }
    sums
}

fn manifest(upgrade: &Plan, downgrade: &Plan) -> String {
    let manifest = Manifest {
        format: 1,
        kind: "signoff bundle",
        signoff: env!("CARGO_PKG_VERSION"),
        project: &upgrade.project,
        from: &upgrade.from,
        to: &upgrade.to,
        tree: &upgrade.tree_digest,
        bundle: NO_DIGEST,
        server: upgrade.target.server,
        database: upgrade.target.database.as_deref(),
        role: upgrade.target.role.as_deref(),
        flavour: match upgrade.flavour {
            Flavour::Psql => None,
            Flavour::Plain => Some("plain"),
        },
        revisions: upgrade
            .blocks
            .iter()
            .map(|block| {
                let row = &upgrade.rows[block.row];
                Revision {
                    id: &row.revision,
                    message: &row.message,
                    parents: &row.parents,
                    up: &row.up,
                    transaction: matches!(block.unit, Unit::Transaction { .. }),
                    lock: block.lock.as_ref().map(|held| Lock {
                        mode: held.lock.words(),
                        on: &held.on,
                    }),
                    irreversible: block.irreversible.as_deref(),
                    resealed: &block.resealed,
                    replaces: row
                        .replaces
                        .iter()
                        .map(|was| was.revision.as_str())
                        .collect(),
                }
            })
            .collect(),
        repeatables: upgrade
            .repeatables
            .iter()
            .map(|again| again.name.as_str())
            .collect(),
        variables: &upgrade.variables,
        downgrade: Downgrade {
            to: &downgrade.to,
            reverts: downgrade
                .blocks
                .iter()
                .map(|block| downgrade.rows[block.row].revision.as_str())
                .collect(),
            notes: &downgrade.notes,
        },
    };
    let mut text =
        serde_json::to_string_pretty(&manifest).expect("a manifest is text, numbers and lists");
    text.push('\n');
    text
}

/// A text as a part of a file name.
fn file_name(text: &str) -> String {
    let safe = |char: char| {
        if char.is_ascii_alphanumeric() || "._+".contains(char) {
            char
        } else {
            '_'
        }
    };
    text.chars().map(safe).collect()
}
