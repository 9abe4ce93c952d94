//! The run book as its template sees it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::line::{self, Contents};
use crate::plan::{Flavour, Plan, Transactions, Unit};

/// The table of another tool that is kept.
#[derive(Debug, Serialize)]
struct Tool {
    name: &'static str,
    table: String,
}

/// What the run book's template sees.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question a template asks"
)]
#[derive(Debug, Serialize)]
pub struct RunBook {
    /// The project's name.
    project: String,
    /// The state it starts from.
    from: String,
    /// The state it ends in.
    to: String,
    /// How many revisions the upgrade applies.
    count: usize,
    /// A line per revision.
    contents: Contents,
    /// The same for the way back.
    back: Contents,
    /// How many the downgrade reverts; nothing where there is no way back at all.
    reverts: usize,
    /// Where the downgrade ends.
    back_to: String,
    /// Why the way back is shorter, a sentence each.
    downgrade_notes: Vec<String>,
    /// Digest of the tree.
    tree_digest: String,
    /// Digest of the bundle.
    bundle_digest: String,
    /// Oldest major version of the server.
    server_min: u16,
    /// The only database it runs in.
    database: Option<String>,
    /// The role it runs as.
    role: Option<String>,
    /// How long a statement waits for a lock, where nobody says otherwise.
    lock_timeout: String,
    /// Whether it runs only with a ticket.
    require_ticket: bool,
    /// Whether the upgrade is one transaction.
    single: bool,
    /// The version table's name in SQL.
    version_table: String,
    /// The event table's name in SQL.
    event_table: String,
    events: bool,
    tool: Option<Tool>,
    /// Values of the variables its revisions use.
    variables: BTreeMap<String, String>,
    /// Ids of revisions that run step by step.
    by_steps: Vec<String>,
    /// Whether it is for clients that are not psql.
    plain: bool,
    /// Whether a script of it has steps, which must be committed on their own.
    one_by_one: bool,
}

/// The view of the run book.
pub fn view(upgrade: &Plan, downgrade: &Plan, bundle_digest: &str) -> RunBook {
    let stepwise = upgrade
        .blocks
        .iter()
        .filter(|block| matches!(block.unit, Unit::Steps(_)));
    RunBook {
        plain: upgrade.flavour == Flavour::Plain,
        one_by_one: upgrade
            .blocks
            .iter()
            .any(|block| matches!(block.unit, Unit::Steps(_))),
        project: upgrade.project.clone(),
        from: upgrade.from.clone(),
        to: upgrade.to.clone(),
        count: upgrade.blocks.len(),
        contents: line::contents(upgrade),
        back: line::contents(downgrade),
        reverts: downgrade.blocks.len(),
        back_to: downgrade.to.clone(),
        downgrade_notes: downgrade.notes.clone(),
        tree_digest: upgrade.tree_digest.clone(),
        bundle_digest: bundle_digest.to_owned(),
        server_min: upgrade.target.server,
        database: upgrade.target.database.clone(),
        role: upgrade.target.role.clone(),
        lock_timeout: upgrade.target.lock_timeout.clone(),
        require_ticket: upgrade.target.require_ticket,
        single: upgrade.transactions == Transactions::One,
        version_table: upgrade.table.qualified().quoted(),
        event_table: upgrade.table.event().quoted(),
        events: upgrade.table.events,
        tool: upgrade.table.tool.as_ref().map(|tool| Tool {
            name: tool.scheme.name,
            table: tool.qualified().quoted(),
        }),
        variables: upgrade.variables.clone(),
        by_steps: stepwise
            .map(|block| upgrade.rows[block.row].revision.clone())
            .collect(),
    }
}
