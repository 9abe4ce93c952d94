//! What a release will do: a [`Plan`] of revisions, each one transaction or steps outside of one.
//!
//! Plain data: no SQL wording (that is `templates/`), no files. Decides what runs together, what guards a
//! statement that can't be rolled back, and what psql must not see raw.

mod apart;
mod block;
mod build;
mod guard;
pub mod needs;
mod pieces;
mod places;
mod plain;
mod repeatable;
mod table;
mod unit;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::config::{Config, Order};
use crate::diagnostic::Sink;
use crate::graph::{self, Graph};
use crate::postgres::Lock;
use crate::seal::{Digests, Seals};
use crate::source::Span;
use crate::tree::{Direction, OnConflict, Record, Tree};
use crate::version_table::{Row, VersionTable};

/// What shares a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transactions {
    /// Each revision has its own, or runs step by step.
    #[default]
    PerRevision,
    /// Everything that a script does is one transaction.
    One,
}

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The tree.
    pub tree: &'a Tree,
    /// Its graph.
    pub graph: &'a Graph,
    /// The digests of its migrations, by index.
    pub digests: &'a [Digests],
    /// What is published.
    pub seals: &'a Seals,
    /// The config.
    pub config: &'a Config,
    /// Where it is recorded.
    pub table: &'a VersionTable,
    /// What shares a transaction.
    pub transactions: Transactions,
}

/// Which clients can run a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Flavour {
    /// psql.
    #[default]
    Psql,
    /// Any that sends SQL.
    Plain,
}

/// Everything one script does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which way it goes.
    pub direction: Direction,
    /// Which clients it is for. For [`Flavour::Plain`] a piece of SQL is one statement ([`plain`]).
    pub flavour: Flavour,
    /// The project's name.
    pub project: String,
    /// The state it starts from, as text.
    pub from: String,
    /// The state it ends in, as text.
    pub to: String,
    /// Whether a number orders the revisions (nobody has parents).
    pub numbered: bool,
    /// What happens where a revision is missing below one that is applied.
    pub order: Order,
    /// What shares a transaction.
    pub transactions: Transactions,
    /// Where it runs.
    pub target: Target,
    /// Where it is recorded.
    pub table: VersionTable,
    /// Digest of the target and all its ancestors.
    pub tree_digest: String,
    /// Every revision up to the upper end of the range, in order; the `selected` ones are this plan's own.
    pub rows: Vec<Row>,
    /// The tree's other revisions: known, not part of this.
    pub others: Vec<Other>,
    /// Those of them that stand on what a downgrade reverts.
    pub above: Vec<String>,
    /// The plan's own revisions, in the order they run.
    pub blocks: Vec<Block>,
    /// What runs again afterwards.
    pub repeatables: Vec<Rerun>,
    /// What its own revisions need of the database.
    pub needs: needs::Needs,
    /// Values that variables have in its own revisions, by name.
    pub variables: BTreeMap<String, String>,
    /// What the reader must know first, a sentence each.
    pub notes: Vec<String>,
    /// What it records without running anything, where it is a stamp.
    pub stamp: Option<Stamp>,
}

/// What a stamp does to the version table. Its `selected` rows are recorded afterwards, and no others of the project.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// Where it may begin.
    pub start: Start,
    /// Indexes into [`Plan::rows`] of what it records, in order.
    pub records: Vec<usize>,
    /// Indexes into [`Plan::rows`] of what it forgets, the last one first.
    pub forgets: Vec<usize>,
}

/// From what a stamp may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Start {
    /// From a database that records exactly what the stamp starts from.
    #[default]
    Asserted,
    /// From whatever is recorded: that is replaced.
    Purged,
}

/// A revision beyond the upper end of a range: later, or on another branch.
#[derive(Debug, Clone)]
pub struct Other {
    /// Its id.
    pub revision: String,
    /// Ids of what it stands directly on: parents and dependencies, or the one before it.
    pub stands_on: Vec<String>,
    /// What the tree's own tool records of it.
    pub record: Record,
}

/// Where a script runs, and as whom.
#[derive(Debug, Clone)]
pub struct Target {
    /// Oldest major version of the server.
    pub server: u16,
    /// The only database it may run in.
    pub database: Option<String>,
    /// The role everything runs as.
    pub role: Option<String>,
    /// The search_path that revisions see.
    pub search_path: Option<String>,
    /// A PostgreSQL duration.
    pub lock_timeout: String,
    /// A PostgreSQL duration.
    pub statement_timeout: String,
    /// Whether it runs only with a ticket.
    pub require_ticket: bool,
}

/// One revision of a plan.
#[derive(Debug, Clone)]
pub struct Block {
    /// Index into [`Plan::rows`].
    pub row: usize,
    /// `path:line` of its script.
    pub place: String,
    /// How it runs.
    pub unit: Unit,
    /// Settings of its own, beside the target's.
    pub settings: Settings,
    /// The strongest lock that is known on something that was there before.
    pub lock: Option<Held>,
    /// What it needs of the database, and makes.
    pub asks: needs::Asks,
    /// Why there is no way back, where there is none.
    pub irreversible: Option<String>,
    /// Why it can't share a transaction with other revisions, where it can't.
    pub apart: Option<String>,
    /// Why it was changed after it was published, each time that it was.
    pub resealed: Vec<String>,
}

/// A lock, and what it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The mode.
    pub lock: Lock,
    /// Names, in the order the statements name them.
    pub on: Vec<String>,
}

/// A repeatable of a plan.
#[derive(Debug, Clone)]
pub struct Rerun {
    /// Its name.
    pub name: String,
    /// Its row.
    pub row: Row,
    /// `path:line`.
    pub place: String,
    /// Its SQL, in one transaction.
    pub pieces: Vec<Piece>,
    /// The whole SQL as one text.
    pub text: String,
    /// Settings of its own.
    pub settings: Settings,
}

/// Surroundings that a header asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// A role.
    pub role: Option<String>,
    /// A search_path.
    pub search_path: Option<String>,
    /// A PostgreSQL duration.
    pub lock_timeout: Option<String>,
    /// A PostgreSQL duration.
    pub statement_timeout: Option<String>,
}

/// How the statements of a revision share transactions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// All in one.
    Transaction {
        /// `ISOLATION LEVEL …`, lifted from the author's own BEGIN or SET TRANSACTION; empty without.
        modes: String,
        /// What runs in it.
        pieces: Vec<Piece>,
    },
    /// Step by step, each recorded.
    Steps(Vec<Step>),
}

/// A step of a revision that can't be one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What keeps it from running twice, or in part.
    pub guard: Guard,
    /// Settings of the session that earlier statements of the script made, and that it runs under.
    pub session: Vec<Piece>,
    /// What runs.
    pub pieces: Vec<Piece>,
    /// Its first words.
    pub summary: String,
    /// Digest of its tokens.
    pub digest: String,
}

/// What keeps a step from running twice, or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// It shares a transaction with its own record.
    Transaction {
        /// `ISOLATION LEVEL …`, or empty.
        modes: String,
    },
    /// CREATE INDEX CONCURRENTLY: what is left over is dropped first; the index must be valid after.
    CreateIndex {
        /// The table, quoted.
        table: String,
        /// The index's name as the server keeps it.
        index: String,
        /// Whether it is UNIQUE.
        unique: bool,
        /// Whether it has a WHERE.
        partial: bool,
        /// Its key columns in order; an expression is `None`.
        columns: Vec<Option<String>>,
    },
    /// CREATE of what a catalog knows by its name: done where it was begun here and is there.
    Create {
        /// Where it is looked for.
        what: Probe,
        /// Its name as the server keeps it.
        name: String,
    },
    /// DROP of what a catalog knows: done where it was begun here and its oid is gone.
    Drop {
        /// Where it is looked for.
        what: Probe,
        /// Its name as the server keeps it; of an index, quoted.
        name: String,
    },
    /// REINDEX … CONCURRENTLY: what an earlier run of this step left is dropped first; nothing of the kind may be left after.
    Reindex {
        /// What it rebuilds.
        scope: Scope,
        /// Its name, quoted; empty for a database.
        name: String,
    },
    /// DETACH PARTITION … CONCURRENTLY: one that is pending is finalized.
    Detach {
        /// The partitioned table, quoted.
        table: String,
        /// The partition, quoted.
        partition: String,
    },
    /// ALTER SUBSCRIPTION … ADD or DROP PUBLICATION: done where it was begun here and the list is as it should be.
    Publications {
        /// The subscription's name as the server keeps it.
        subscription: String,
        /// Whether they are added.
        add: bool,
        /// Their names as the server keeps them.
        publications: Vec<String>,
    },
    /// Running it again does no harm.
    Repeatable,
}

/// Where a guard looks for an object by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// Indexes, on the search_path.
    Index,
    /// Databases of the server.
    Database,
    /// Tablespaces of the server.
    Tablespace,
    /// Subscriptions of this database.
    Subscription,
}

/// What a REINDEX names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One index, with its partitions.
    Index,
    /// The indexes of a table, of its partitions and of their TOAST tables.
    Table,
    /// Those of a schema's tables.
    Schema,
    /// Those of all tables.
    Database,
}

/// A stretch of what a unit runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A statement that the unit does in its own way, and that is left out.
    Lifted {
        /// `path:line`.
        place: String,
        /// What became of it.
        what: &'static str,
    },
    /// RESET ALL: what psql reads by must be put back at once.
    Reset {
        /// `path:line`.
        place: String,
        /// Where it was written.
        at: Span,
        /// The statement with its `;`.
        text: String,
    },
    /// Statements as they are written.
    Sql {
        /// `path:line` of the first line.
        place: String,
        /// The text; ends its last statement.
        text: String,
        /// The statements in it; none where it is comments.
        statements: Vec<Stated>,
    },
    /// One statement that psql would not send as it is written.
    Carried {
        /// `path:line`.
        place: String,
        /// Where it was written.
        at: Span,
        /// The statement, without its `;`.
        text: String,
        /// What psql would do to it.
        why: &'static str,
    },
    /// Rows of a CSV file or of COPY … FROM stdin.
    Rows {
        /// `path:line`.
        place: String,
        /// Where the rows come from, in words.
        why: String,
        /// The table, as written.
        table: String,
        /// Column names as the server keeps them; empty: all, in the table's order.
        columns: Vec<String>,
        /// Cells; `None` is NULL.
        rows: Vec<Vec<Option<String>>>,
        /// The columns a conflict is on.
        key: Vec<String>,
        /// What happens then.
        on_conflict: OnConflict,
        /// Whether sequences of the columns go on behind the rows (COPY does not do that).
        advance: bool,
    },
}

/// A statement of [`Piece::Sql`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// Offsets into the piece's text: the comments before it and its `;` are in it.
    pub range: Range<usize>,
    /// `path:line` of its first line.
    pub place: String,
    /// Where it was written.
    pub at: Span,
}

/// Where a tree is recorded, as the config has it. `None` where an error was reported.
pub fn table(config: &Config, tree: &Tree, sink: &mut Sink) -> Option<VersionTable> {
    table::table(config, tree, sink)
}

/// The plan of an upgrade. `None` where an error was reported.
pub fn upgrade(input: Input<'_>, range: &graph::Range, sink: &mut Sink) -> Option<Plan> {
    build::upgrade(input, range, sink)
}

/// The plan of a downgrade over exactly this range; one that can't be reverted is an error.
pub fn downgrade(input: Input<'_>, range: &graph::Range, sink: &mut Sink) -> Option<Plan> {
    build::downgrade(input, range, sink)
}

/// The plan of the way back from an upgrade's range: it stops above what can't be reverted and says so.
/// Nothing is left of it where the upper end itself can't be.
pub fn way_back(input: Input<'_>, range: &graph::Range, sink: &mut Sink) -> Option<Plan> {
    build::way_back(input, range, sink)
}

/// The plan of a stamp: the version table goes from one state to the other, and nothing else is touched.
pub fn stamp(input: Input<'_>, range: &graph::Range, start: Start) -> Plan {
    build::stamp(input, range, start)
}

/// The same plan for clients that are not psql. `None` where an error was reported: not every statement can be made
/// safe for them.
pub fn plain(plan: Plan, sink: &mut Sink) -> Option<Plan> {
    plain::plain(plan, sink)
}

/// Reports what of the whole tree can't be carried, whatever the range.
pub fn examine(input: Input<'_>, sink: &mut Sink) {
    build::examine(input, sink);
}
