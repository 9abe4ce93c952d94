//! Which revisions are published, and what they were: digests, and `signoff.sum`.
//!
//! Reads no file and writes none: the tree holds the text of `signoff.sum`, and a command writes the new one.
//! Does not know what SQL does; only whether it is still the same.
//!
//! # The digests of a revision
//!
//! `up` and `down` are SHA-256 over a *preamble* and the direction's *body*; `up1` is over the same preamble and
//! the upgrade's *tokens*. All text is taken unsubstituted and with every CRLF read as LF.
//!
//! - The preamble is empty where the author asked for nothing, so that the digest is then that of the body
//!   alone, as `sha256sum` gives it. Else it is a NUL byte and the line `signoff 1`, then the fields that are
//!   set, in the order `transaction` (value `false`), `role`, `search_path`, `lock_timeout`,
//!   `statement_timeout`, `variables` (value `true`), `recreates` (once per name, sorted), `data` (the whole
//!   CSV file, once per directive, in order), then a NUL byte. A field is its name, a blank, the length of the
//!   value in bytes as a decimal number, LF, the value, LF. No body holds a NUL byte (it is refused), so no
//!   body can look like a preamble.
//! - The body is the text between the direction's own directive and the next (in foreign layouts, what their
//!   tool runs), directives such as `--! data` included.
//! - The tokens (rule 1) are those of the body without white space and comments, each preceded by its length in
//!   bytes as four bytes, least significant first. A comment that begins with `--!` at the start of a line is
//!   a directive and counts, without blanks at its end. Case counts; so does every byte of a literal, of a
//!   dollar-quoted body and of the data lines of a `COPY … FROM STDIN`, which are one token per statement.
//! - A direction that the tree does not have is SHA-256 over a NUL byte and `missing`.
//!
//! # signoff.sum
//!
//! UTF-8 text, LF. Lines may stand in any order, and the same line may stand there more than once, so that
//! git may join two branches with `merge=union`. Empty lines mean nothing.
//!
//! ```text
//! signoff.sum 1
//! 27dafa983136 revises=1975ea83b712 depends_on=billing00001 up=sha256:… up1=sha256:… down=sha256:…
//! reseal 27dafa983136 up=sha256:… up1=sha256:… down=sha256:… reason="typo in a comment"
//! ```
//!
//! - The first form names the format; a line with another number is an error.
//! - A published revision: its id; `revises` and `depends_on` as ids joined by `,`, sorted, left out where there
//!   are none, and never there in layouts that are ordered by number; its digests. A label in `depends_on` stands
//!   here as the id it means.
//! - `reseal`: digests that the revision had earlier and that databases may go on recording, and why it changed.
//!   `up1` and `down` may be missing. Where two lines of one id differ and all but one are such earlier
//!   digests, that one holds.
//! - An id that is not made of ASCII letters, digits, `_`, `.` and `-` alone, or that is `reseal` or
//!   `signoff.sum`, stands in double quotes, in which `\"` and `\\` stand for `"` and `\`. Reasons always do.
//!
//! The *tree digest* is SHA-256 over the line `signoff.sum 1` and the lines of the target and all its ancestors
//! as they would be sealed now, sorted by id, each with its LF.

mod digest;
mod read;
mod sum;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::diagnostic::{Diagnostic, Sink};
use crate::graph::Graph;
use crate::source::Span;
use crate::tree::{Migration, Repeatable, Tree};

/// A SHA-256. Written as `sha256:` and 64 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// The digests of one revision. The module's text says over what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Digests {
    /// The upgrade, byte for byte.
    pub up: Digest,
    /// The upgrade without comments and white space.
    pub up1: Digest,
    /// The downgrade, byte for byte.
    pub down: Digest,
}

/// What `signoff.sum` says.
#[derive(Debug, Default)]
pub struct Seals {
    revisions: BTreeMap<String, Sealed>,
    reseals: BTreeMap<String, Vec<Reseal>>,
}

/// A published revision.
#[derive(Debug)]
struct Sealed {
    /// The id at the start of its line.
    at: Span,
    edges: Edges,
    digests: Digests,
}

/// Where a revision stands, by ids: each list is sorted, and empty where a number orders the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edges {
    /// Its parents.
    pub parents: Vec<String>,
    /// What it depends on.
    pub depends_on: Vec<String>,
    /// What it took the place of.
    pub replaces: Vec<String>,
}

/// What `signoff.sum` says of one published revision, its reseals apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Where it stands.
    pub edges: &'a Edges,
    /// Its digests.
    pub digests: Digests,
}

/// What a published revision was before it was sealed again.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reseal {
    up: Digest,
    up1: Option<Digest>,
    down: Option<Digest>,
    reason: String,
}

/// A published revision that another one took the place of.
#[derive(Debug)]
pub struct Replaced<'a> {
    /// Its id.
    pub id: &'a str,
    /// What it was sealed with.
    pub digests: Digests,
    /// Those of its fellows that had taken its place before: a database may record one of them instead.
    pub within: Vec<&'a str>,
    /// Whether it had taken the place of fellows itself, which then stand for it.
    pub whole: bool,
}

/// A new text for `signoff.sum`.
#[derive(Debug, PartialEq, Eq)]
pub struct NewText {
    /// The whole file.
    pub text: String,
    /// Revisions that were not sealed before, in the graph's order.
    pub added: Vec<usize>,
}

/// The digests of every migration, by its index. Works in parallel.
pub fn digests(tree: &Tree) -> Vec<Digests> {
    digest::all(tree)
}

/// The digests of a repeatable's text, by the rules for an upgrade; it has no downgrade.
pub fn repeatable(tree: &Tree, repeatable: &Repeatable) -> Digests {
    digest::repeatable(&tree.sources, repeatable)
}

/// SHA-256 of some bytes, for artifacts and the like.
pub fn sha256(bytes: &[u8]) -> Digest {
    digest::sha256(bytes)
}

/// Reads `signoff.sum`. A tree without one has nothing published. `None` where an error was reported.
pub fn read(tree: &Tree, sink: &mut Sink) -> Option<Seals> {
    match tree.seals {
        Some(file) => read::read(&tree.sources, file, sink),
        None => Some(Seals::default()),
    }
}

/// Compares what is published with what the tree holds now. A changed, rewired or missing revision is an
/// error: databases that have it would refuse the next script, or never see the change. A change of comments
/// only, or of a downgrade, is a warning: databases accept both.
pub fn verify(tree: &Tree, graph: &Graph, digests: &[Digests], seals: &Seals, sink: &mut Sink) {
    verify::verify(tree, graph, digests, seals, sink);
}

/// Where a revision stands, as its line would say it.
pub fn edges(tree: &Tree, graph: &Graph, revision: usize) -> Edges {
    sum::edges(tree, graph, revision)
}

/// Says which revisions of a release are not published. A tree that never sealed anything is not told so: a foreign
/// one may be kept by its own tool.
pub fn unpublished(tree: &Tree, seals: &Seals, revisions: &[usize], sink: &mut Sink) {
    verify::unpublished(tree, seals, revisions, sink);
}

/// `signoff.sum` with every revision of the tree in it. What is sealed already stays as it is.
pub fn new_text(tree: &Tree, graph: &Graph, digests: &[Digests], seals: &Seals) -> NewText {
    sum::new_text(tree, graph, digests, seals)
}

/// `signoff.sum` with these revisions of the tree in it, and no more.
pub fn keep(
    tree: &Tree,
    graph: &Graph,
    digests: &[Digests],
    seals: &Seals,
    revisions: &[usize],
) -> NewText {
    sum::keep(tree, graph, digests, seals, revisions)
}

/// `signoff.sum` with one published revision sealed again as it is now, and what it was kept as accepted.
pub fn reseal(
    tree: &Tree,
    graph: &Graph,
    digests: &[Digests],
    seals: &Seals,
    revision: usize,
    reason: &str,
) -> Result<String, Box<Diagnostic>> {
    sum::reseal(tree, graph, digests, seals, revision, reason)
}

/// What a bundle for the state `target` is made from: its revisions and all their ancestors, and nothing that
/// came later.
pub fn tree_digest(tree: &Tree, graph: &Graph, digests: &[Digests], target: &[usize]) -> Digest {
    sum::tree_digest(tree, graph, digests, target)
}

impl Seals {
    /// Whether a revision is published.
    pub fn contains(&self, id: &str) -> bool {
        self.revisions.contains_key(id)
    }

    /// Ids of all published revisions, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.revisions.keys().map(String::as_str)
    }

    /// The line of a published revision.
    pub fn line(&self, id: &str) -> Option<Line<'_>> {
        self.revisions.get(id).map(|sealed| Line {
            edges: &sealed.edges,
            digests: sealed.digests,
        })
    }

    /// Where the line of a published revision stands.
    pub fn place(&self, id: &str) -> Option<Span> {
        self.revisions.get(id).map(|sealed| sealed.at)
    }

    /// Why a revision was sealed again when it had these digests, if it was.
    pub fn resealed(&self, id: &str, digests: Digests) -> Option<&str> {
        let mut reseals = self.reseals.get(id).into_iter().flatten();
        let reseal = reseals.find(|reseal| reseal.was(digests))?;
        Some(&reseal.reason)
    }

    /// Whether `earlier` keeps something that a revision was, and this does not.
    pub fn forgets(&self, id: &str, earlier: &Self) -> bool {
        let kept = self.reseals.get(id).map_or(&[][..], Vec::as_slice);
        let mut before = earlier.reseals.get(id).into_iter().flatten();
        before.any(|reseal| !kept.contains(reseal))
    }

    /// What a published revision was sealed with.
    pub fn sealed(&self, id: &str) -> Option<Digests> {
        self.revisions.get(id).map(|sealed| sealed.digests)
    }

    /// What a revision took the place of, as it was published; what has no line in `signoff.sum`, which [`verify`]
    /// reports, is left out.
    pub fn replaced<'a>(&'a self, migration: &'a Migration) -> Vec<Replaced<'a>> {
        let ids = migration.replaces.iter().map(|(id, _)| id.as_str());
        let listed: BTreeSet<&str> = ids.clone().collect();
        let mut within: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut wholes = BTreeSet::new();
        for id in ids.clone() {
            let sealed = self.revisions.get(id);
            let parts = sealed.map_or(&[][..], |sealed| &sealed.edges.replaces);
            if !parts.is_empty() && parts.iter().all(|part| listed.contains(part.as_str())) {
                wholes.insert(id);
                for part in parts {
                    within.entry(part).or_default().push(id);
                }
            }
        }
        let replaced = ids.filter_map(|id| {
            Some(Replaced {
                id,
                digests: self.sealed(id)?,
                within: within.remove(id).unwrap_or_default(),
                whole: wholes.contains(id),
            })
        });
        replaced.collect()
    }

    /// Why a revision was sealed again, each time that it was.
    pub fn reasons(&self, id: &str) -> Vec<String> {
        let reseals = self.reseals.get(id).into_iter().flatten();
        let reason = |reseal: &Reseal| match reseal.reason.trim() {
            "" => "no reason given".to_owned(),
            reason => reason.to_owned(),
        };
        reseals.map(reason).collect()
    }

    /// Earlier `up` digests that a database may have recorded for a revision, sorted, without `now`.
    pub fn accepted(&self, id: &str, now: Digest) -> Vec<Digest> {
        let reseals = self.reseals.get(id).into_iter().flatten();
        let mut earlier: Vec<Digest> = reseals.map(|reseal| reseal.up).collect();
        earlier.sort_unstable();
        earlier.dedup();
        earlier.retain(|digest| *digest != now);
        earlier
    }
}

impl Digest {
    /// The 64 hex digits alone.
    pub fn hex(&self) -> String {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        let bytes = self.0.iter();
        bytes
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "sha256:{}", self.hex())
    }
}

/// Why a text is not a [`Digest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is `sha256:` and 64 lower-case hex digits")]
pub struct BadDigest;

impl FromStr for Digest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        let hex = text.strip_prefix("sha256:").ok_or(BadDigest)?.as_bytes();
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(BadDigest),
        };
        if hex.len() != 64 {
            return Err(BadDigest);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
