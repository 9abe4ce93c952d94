//! The table that records what is applied: its names, and the row that stands for a revision.
//!
//! One scheme so far, the native one. The statements that ask, record and forget are wording and live in
//! `templates/script/`; this room holds the values they take.

use serde::Serialize;

use crate::name::{Ident, QualifiedName};

/// Where bookkeeping lives in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTable {
    /// The schema of both tables.
    pub schema: Ident,
    /// The version table; the event table's name comes from it.
    pub name: Ident,
}

impl VersionTable {
    /// The version table's full name.
    pub fn qualified(&self) -> QualifiedName {
        QualifiedName {
            schema: Some(self.schema.clone()),
            name: self.name.clone(),
        }
    }

    /// The event table's full name: `signoff_revision` has `signoff_event`, and `x` has `x_event`.
    pub fn event(&self) -> QualifiedName {
        let stem = self
            .name
            .as_str()
            .strip_suffix("_revision")
            .unwrap_or(self.name.as_str());
        QualifiedName {
            schema: Some(self.schema.clone()),
            name: Ident::new(format!("{stem}_event")),
        }
    }

    /// What the advisory lock's key is made from: `hashtextextended(text, 0)`.
    pub fn lock_name(&self) -> String {
        format!("signoff:{}.{}", self.schema.as_str(), self.name.as_str())
    }
}

/// A revision that another one took the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replaced {
    /// Its id.
    pub revision: String,
    /// Digest of its upgrade.
    pub up: String,
    /// The same, blind to comments and white space.
    pub up1: String,
    /// Earlier digests that are accepted in its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<String>,
    /// Those of its fellows that took its own place before: a database may record one of them instead of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<String>,
    /// Whether it took the place of fellows itself, which then stand for it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
}

/// What a script knows of one revision. It stands in the script as one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The id; `repeatable:NAME` for a repeatable.
    pub revision: String,
    /// `revision` or `repeatable`.
    pub kind: &'static str,
    /// Ids of the parents; none where a number orders the tree.
    pub parents: Vec<String>,
    /// Ids of what it depends on beside them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// One line of prose.
    pub message: String,
    /// Digest of the upgrade.
    pub up: String,
    /// The same, blind to comments and white space.
    pub up1: String,
    /// Earlier digests that are accepted in its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<String>,
    /// Digest of the variables' values, where it uses any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<String>,
    /// Digests of the steps that run outside a transaction.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// Repeatables that must run again after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recreates: Vec<String>,
    /// Revisions whose place it takes: a database may record them instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<Replaced>,
    /// Whether this script applies or reverts it; the others must be there already. In a stamp: whether it is
    /// recorded afterwards.
    pub selected: bool,
    /// Whether a stamp starts from a database that records it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub before: bool,
}
