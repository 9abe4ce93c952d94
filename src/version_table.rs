//! The tables that record what is applied: their names, the row that stands for a revision, and the schemes, each of
//! which keeps the table of another tool beside ours.
//!
//! The statements that ask, record and forget are wording and live in `templates/script/` and, one file per scheme, in
//! `templates/version_table/`; this room holds the values they take. A new scheme is a file here, a row in [`SCHEMES`] and
//! its template.

mod alembic;
mod dbmate;
mod diesel;
mod drizzle;
mod flyway;
mod golang_migrate;
mod goose;
mod graphile_migrate;
mod liquibase;
mod node_pg_migrate;
mod prisma;
mod refinery;
mod sqitch;
mod sql_migrate;
mod sqlx;
mod supabase;
mod tern;

use serde::Serialize;

use crate::name::{Ident, QualifiedName};
use crate::tree;

/// The schemes of other tools.
pub static SCHEMES: &[Scheme] = &[
    alembic::SCHEME,
    golang_migrate::SCHEME,
    goose::SCHEME,
    dbmate::SCHEME,
    sqlx::SCHEME,
    diesel::SCHEME,
    flyway::SCHEME,
    liquibase::SCHEME,
    sqitch::SCHEME,
    prisma::SCHEME,
    supabase::SCHEME,
    sql_migrate::SCHEME,
    refinery::SCHEME,
    drizzle::SCHEME,
    tern::SCHEME,
    graphile_migrate::SCHEME,
    node_pg_migrate::SCHEME,
];

/// What most tools have: one table of a row per revision, where the search_path begins.
const ROWS: Scheme = Scheme {
    name: "",
    layout: "",
    schema: "public",
    table: "",
    beside: &[],
    makes_schema: false,
    records: false,
    repeats: false,
    marks: false,
    settles: false,
    by_path: true,
};

/// The scheme that is nobody's but ours.
pub const NATIVE: &str = "native";

/// The word for "as the tree's own tool has it".
pub const AUTO: &str = "auto";

/// How a tool records what is applied.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question a template asks"
)]
#[derive(Debug, PartialEq, Eq)]
pub struct Scheme {
    /// Its word in signoff.toml, and the tool's name.
    pub name: &'static str,
    /// The layout that says what the tool records of a revision.
    pub layout: &'static str,
    /// The schema in which the tool puts its table where nobody says otherwise.
    pub schema: &'static str,
    /// The table that is read first to know what is applied.
    pub table: &'static str,
    /// The tool's other tables, in the same schema.
    pub beside: &'static [&'static str],
    /// Whether the tool makes a schema that is missing.
    pub makes_schema: bool,
    /// Whether what is recorded of all the tree's revisions is needed to read the table: an id is not what it holds.
    pub records: bool,
    /// Whether the tool records repeatables.
    pub repeats: bool,
    /// Whether the tool's lock is a row, which says that a revision by steps is under way.
    pub marks: bool,
    /// Whether the table has no row per revision, and is written from our own record.
    pub settles: bool,
    /// Whether the tool puts its table into the schema that comes first on the search_path.
    pub by_path: bool,
}

/// Where bookkeeping lives in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTable {
    /// The schema of both tables.
    pub schema: Ident,
    /// The version table; the event table's name comes from it.
    pub name: Ident,
    /// The table of the tree's own tool, where that is kept as well.
    pub tool: Option<Tool>,
    /// Whether there is an event table.
    pub events: bool,
}

/// A table of another tool that is kept beside ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Whose.
    pub scheme: &'static Scheme,
    /// Its schema.
    pub schema: Ident,
    /// Its name.
    pub name: Ident,
    /// Whether somebody said where it is.
    pub said: bool,
}

impl Tool {
    /// The table's full name.
    pub fn qualified(&self) -> QualifiedName {
        QualifiedName {
            schema: Some(self.schema.clone()),
            name: self.name.clone(),
        }
    }

    /// Full names of the tool's other tables.
    pub fn beside(&self) -> impl Iterator<Item = QualifiedName> {
        let beside = self.scheme.beside.iter();
        beside.map(|name| QualifiedName {
            schema: Some(self.schema.clone()),
            name: Ident::new(*name),
        })
    }
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
    /// What the tree's own tool records of it, beside the id.
    #[serde(skip_serializing_if = "tree::Record::is_empty")]
    pub record: tree::Record,
    /// Whether this script applies or reverts it; the others must be there already. In a stamp: whether it is
    /// recorded afterwards.
    pub selected: bool,
    /// Whether a stamp starts from a database that records it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub before: bool,
}
