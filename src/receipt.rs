//! Receipts: what the last line of a run, or `status.sql`, says of an environment, held against a tree.
//!
//! Knows no files and no databases: a command hands the text in. A receipt is a hint for what is compiled next; the
//! script itself always checks again.

#![allow(
    clippy::result_large_err,
    reason = "a receipt is refused at most once in a run, and its error is printed at once"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::graph::Graph;
use crate::seal::{Digests, Seals};
use crate::tree::Tree;

/// The format that is read.
const FORMAT: u64 = 1;

/// How the row of a repeatable begins; those stand in no graph.
const REPEATABLE: &str = "repeatable:";

/// What a database told of itself.
#[derive(Debug, Clone, Deserialize)]
pub struct Receipt {
    /// The project whose revisions they are.
    pub project: String,
    /// The database's name.
    #[serde(default)]
    pub database: String,
    /// When it was told.
    #[serde(default)]
    pub at: String,
    /// Under which ticket the run was made.
    pub ticket: Option<String>,
    /// What is recorded.
    pub revisions: Vec<Recorded>,
    format: u64,
}

/// A row of the version table.
#[derive(Debug, Clone, Deserialize)]
pub struct Recorded {
    /// The revision's id.
    pub id: String,
    /// Digest of the upgrade that was applied.
    pub up: String,
    /// `applied`, `upgrading`, `downgrading`.
    pub state: String,
}

/// Why a text is no receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No line of it is one.
    #[error(
        "holds no receipt: that is the line of JSON that a script prints at its end, and status.sql at any time; save it there"
    )]
    Missing,
    /// The line is cut off or changed.
    #[error("holds a receipt that can't be read ({0}): take the whole line, as it was printed")]
    Broken(String),
    /// Another signoff wrote it.
    #[error(
        "holds a receipt of format {0}, and this signoff reads format 1: use the signoff that made the scripts"
    )]
    Format(u64),
}

/// Where an environment stands in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Heads of what is applied without a hole, in order. Beyond a hole nothing is certain before the script has looked.
    pub heads: Vec<usize>,
    /// Revisions that are applied, in order.
    pub applied: Vec<usize>,
    /// Revisions that are half-done, with the word for it.
    pub half_done: Vec<(usize, String)>,
}

/// The last receipt in a text: the output of a script, of `status.sql`, or the line alone.
pub fn read(text: &str) -> Result<Receipt, Error> {
    let lines = text.lines().rev().map(str::trim);
    let line = lines
        .into_iter()
        .find(|line| line.starts_with("{\"format\""))
        .ok_or(Error::Missing)?;
    let receipt: Receipt =
        serde_json::from_str(line).map_err(|error| Error::Broken(error.to_string()))?;
    if receipt.format == FORMAT {
        Ok(receipt)
    } else {
        Err(Error::Format(receipt.format))
    }
}

/// Holds a receipt against the tree. What does not agree is listed, all of it: from there nothing can be compiled.
pub fn state(
    receipt: &Receipt,
    project: &str,
    tree: &Tree,
    graph: &Graph,
    digests: &[Digests],
    seals: &Seals,
) -> Result<State, Diagnostic> {
    if receipt.project != project {
        return Err(Diagnostic::error(
            "receipt-of-another-project",
            format!(
                "the receipt is of project `{}`, and this is `{project}`",
                receipt.project.escape_debug()
            ),
        )
        .help("name the receipt of an environment of this project"));
    }
    let mut recorded = vec![None; graph.len()];
    let mut replaced: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let mut disagree = Vec::new();
    let rows = receipt.revisions.iter();
    for row in rows.filter(|row| !row.id.starts_with(REPEATABLE)) {
        if let (Some(successor), Some(was)) = (graph.replacement(&row.id), seals.sealed(&row.id)) {
            let mut accepted = seals.accepted(&row.id, was.up).into_iter();
            if row.state != "applied" {
                disagree.push(format!(
                    "{} is half-done there, and was squashed since: finish it with the script that holds it",
                    row.id.escape_debug()
                ));
            } else if row.up != was.up.to_string()
                && !accepted.any(|earlier| row.up == earlier.to_string())
            {
                disagree.push(differs(row, &was.up.to_string()));
            }
            replaced.entry(successor).or_default().insert(&row.id);
            continue;
        }
        let Some(revision) = graph.find(&row.id) else {
            disagree.push(format!("{} is not in this tree", row.id.escape_debug()));
            continue;
        };
        let now = digests[revision].up;
        let mut accepted = seals.accepted(&row.id, now).into_iter();
        if row.state == "applied"
            && row.up != now.to_string()
            && !accepted.any(|earlier| row.up == earlier.to_string())
        {
            disagree.push(differs(row, &now.to_string()));
        }
        recorded[revision] = Some(row.state.as_str());
    }
    for (successor, there) in &replaced {
        let parts = seals.replaced(&tree.migrations[*successor]);
        let has = |id: &str| there.contains(id);
        if recorded[*successor].is_some() {
            disagree.push(format!(
                "{} is recorded there, and so is what it replaces",
                tree.migrations[*successor].id
            ));
            continue;
        }
        let missing: Vec<&str> = parts
            .iter()
            .filter(|part| !part.whole && !has(part.id) && !part.within.iter().any(|id| has(id)))
            .map(|part| part.id)
            .collect();
        if missing.is_empty() {
            recorded[*successor] = Some("applied");
        } else {
            disagree.push(format!(
                "{} was squashed from several, of which {} is applied and {} is not: bring it there with the release of before",
                tree.migrations[*successor].id,
                there.iter().copied().collect::<Vec<_>>().join(", "),
                missing.join(", ")
            ));
        }
    }
    if !disagree.is_empty() {
        let mut diagnostic = Diagnostic::error(
            "receipt-disagrees",
            format!(
                "the receipt of database `{}` does not agree with this tree",
                receipt.database.escape_debug()
            ),
        );
        for line in disagree {
            diagnostic = diagnostic.because(line);
        }
        return Err(diagnostic
            .because("a script that is made from here would refuse there")
            .help("compile from the tree that was applied, or find out who changed a published migration"));
    }
    let is_applied = |revision: usize| recorded[revision] == Some("applied");
    let mut whole = vec![false; graph.len()];
    for revision in graph.order().iter().copied() {
        let mut before = graph
            .parents(revision)
            .iter()
            .chain(graph.depends_on(revision));
        whole[revision] = is_applied(revision) && before.all(|before| whole[*before]);
    }
    let within = |keep: &dyn Fn(usize) -> bool| -> Vec<usize> {
        let all = graph.order().iter().copied();
        all.filter(|revision| keep(*revision)).collect()
    };
    let half_done = within(&|revision| recorded[revision].is_some() && !is_applied(revision));
    Ok(State {
        heads: graph.tips(&within(&|revision| whole[revision])),
        applied: within(&is_applied),
        half_done: half_done
            .into_iter()
            .filter_map(|revision| Some((revision, recorded[revision]?.to_owned())))
            .collect(),
    })
}

fn differs(row: &Recorded, here: &str) -> String {
    format!(
        "{} was applied as {}, and is {here} here",
        row.id.escape_debug(),
        row.up.escape_debug()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sink;
    use crate::graph::{build, sample};
    use crate::seal;

    const LINE: &str = r#"{"format" : 1, "project" : "shop", "database" : "d", "at" : "2026-11-25T20:00:00Z", "bundle" : null, "ticket" : null, "revisions" : []}"#;

    #[test]
    fn the_last_receipt_of_a_text_counts() {
        assert_eq!(read("").expect_err("none"), Error::Missing);
        assert_eq!(read("signoff: done\n").expect_err("none"), Error::Missing);
        assert!(read(LINE).is_ok());
        // psql pads the rows of a query.
        let text = format!(
            "signoff: done: 1 of 1\n{}\n {LINE} \n\n",
            LINE.replace("\"d\"", "\"first\"")
        );
        assert_eq!(read(&text).expect("two").database, "d");
        assert!(matches!(read(&LINE[..60]), Err(Error::Broken(_))));
        assert_eq!(
            read(&LINE.replace(": 1,", ": 2,")).expect_err("newer"),
            Error::Format(2)
        );
    }

    #[test]
    fn a_state_is_what_is_applied_without_a_hole() {
        let tree = sample::tree("aaaa\nbbbb < aaaa\ncccc < bbbb\ndddd < aaaa");
        let graph = build(&tree, &mut Sink::default()).expect("a graph");
        let digests = seal::digests(&tree);
        let row = |id: &str, state: &str| Recorded {
            id: id.to_owned(),
            up: digests[graph.find(id).unwrap_or(0)].up.to_string(),
            state: state.to_owned(),
        };
        let held = |revisions: Vec<Recorded>| {
            let receipt = Receipt {
                revisions,
                ..read(LINE).expect("a receipt")
            };
            state(&receipt, "shop", &tree, &graph, &digests, &Seals::default())
        };
        let ids = |found: &[usize]| -> Vec<&str> {
            found
                .iter()
                .map(|at| tree.migrations[*at].id.as_str())
                .collect()
        };
        let found = held(vec![
            row("aaaa", "applied"),
            row("bbbb", "upgrading"),
            row("cccc", "applied"),
            row("dddd", "applied"),
            row("repeatable:v", "applied"),
        ])
        .expect("a state");
        assert_eq!(ids(&found.heads), ["dddd"]);
        assert_eq!(ids(&found.applied), ["aaaa", "cccc", "dddd"]);
        assert_eq!(found.half_done.len(), 1);
        assert_eq!(held(Vec::new()).expect("a state").heads, [0; 0]);

        let mut other = row("bbbb", "applied");
        other.up = "sha256:0".to_owned();
        let refused = held(vec![row("aaaa", "applied"), other, row("eeee", "applied")]);
        let refused = refused.expect_err("two disagree");
        assert_eq!(refused.code, "receipt-disagrees");
        assert_eq!(refused.notes.len(), 3, "{:?}", refused.notes);
    }
}
