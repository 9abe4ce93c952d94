//! The shapes that templates see.

mod block;
mod line;
mod needs;
pub mod run_book;
mod tool;

use std::collections::BTreeMap;

use serde::Serialize;

use line::{Contents, Line};

use crate::plan::{self, Flavour, Guard, Piece, Plan, Settings, Transactions, Unit};
use crate::tree::Direction;
use crate::version_table::Row;

/// What a DBA may type with `-v`.
const MODES: [&str; 6] = [
    "dry_run",
    "first_run",
    "lock_timeout",
    "lock_wait",
    "ticket",
    "until",
];

/// What people type for a mode by mistake. psql can't list its variables, so each is asked for by name.
const MODES_MISSPELT: [&str; 85] = [
    "DRY_RUN",
    "DryRun",
    "Dry_run",
    "FIRST_RUN",
    "LOCK_TIMEOUT",
    "LOCK_WAIT",
    "Lock_timeout",
    "Lock_wait",
    "TICKET",
    "Ticket",
    "UNTIL",
    "Until",
    "change",
    "change_id",
    "dr_yrun",
    "dry",
    "dryRn",
    "dryRun",
    "dry_rn",
    "dry_rnu",
    "dry_run_only",
    "dry_urn",
    "dryrn",
    "dryrun",
    "dryun",
    "dyr_run",
    "first",
    "firstRun",
    "first_rn",
    "first_time",
    "firstrun",
    "force",
    "itcket",
    "lockTimeout",
    "lockWait",
    "lock_time",
    "lock_time_out",
    "lock_timeot",
    "lock_timout",
    "lock_waits",
    "locktimeout",
    "lockwait",
    "lockwaits",
    "noop",
    "nutil",
    "plan",
    "plan_only",
    "preview",
    "rdy_run",
    "rehearsal",
    "rehearse",
    "rev",
    "revision",
    "simulate",
    "single_transaction",
    "stop_at",
    "target",
    "tciket",
    "test",
    "ticekt",
    "ticketId",
    "ticket_id",
    "ticket_no",
    "ticket_nr",
    "ticket_number",
    "tickets",
    "tickt",
    "tickte",
    "tikcet",
    "tiket",
    "till",
    "tkt",
    "to",
    "unitl",
    "unti",
    "until_",
    "until_rev",
    "until_revision",
    "untill",
    "untl",
    "untli",
    "up_to",
    "util",
    "utnil",
    "wait",
];

/// How long a script waits for another run to end, where nobody says otherwise.
const LOCK_WAIT: &str = "30s";

/// What a mode is where it was not typed.
#[derive(Debug, Serialize)]
struct Defaults {
    dry_run: bool,
    first_run: bool,
    lock_timeout: String,
    lock_wait: &'static str,
    ticket: &'static str,
    until: &'static str,
}

/// What a script template sees.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question a template asks"
)]
#[derive(Debug, Serialize)]
pub struct Script {
    /// The template and the file: `upgrade.sql`, `downgrade.sql`, `plan.sql`, `status.sql`.
    pub file: &'static str,
    /// Whose templates.
    #[serde(skip)]
    pub flavour: Flavour,
    title: &'static str,
    direction: &'static str,
    in_bundle: bool,
    acts: bool,
    project: String,
    from: String,
    to: String,
    count: usize,
    tree_digest: String,
    bundle_digest: String,
    header_notes: Vec<String>,
    contents: Contents,
    version_table: String,
    event_table: String,
    /// Whether there is one.
    events: bool,
    schema_sql: String,
    lock_name: String,
    /// The table of the tree's own tool, where that is kept as well.
    tool: Option<tool::Tool>,
    server_min: u16,
    database: Option<String>,
    role: Option<String>,
    lock_timeout: String,
    statement_timeout: String,
    surroundings: block::Surroundings,
    numbered: bool,
    entries: Vec<Entry>,
    order: &'static str,
    /// What each other revision of the tree stands directly on.
    others: BTreeMap<String, Vec<String>>,
    /// Those that stand on what is reverted.
    above: Vec<String>,
    needs: needs::Needs,
    modes: Vec<&'static str>,
    modes_misspelt: Vec<&'static str>,
    modes_default: Defaults,
    require_ticket: bool,
    single: bool,
    /// Id and reason of what can't share a transaction with other revisions.
    apart: Vec<(String, String)>,
    /// First words of each step, by revision and by the state in which they are walked through.
    step_names: BTreeMap<String, BTreeMap<&'static str, Vec<String>>>,
    has_transactions: bool,
    has_steps: bool,
    has_step_transactions: bool,
    has_bare: bool,
    guards: block::Guards,
    has_data: bool,
    has_copy: bool,
    blocks: Vec<block::Block>,
    repeatables: Vec<block::Repeatable>,
    /// Whether a database may record others in the place of some revision.
    has_replaced: bool,
    stamp: Option<Stamp>,
}

/// What a stamp changes in the version table, in order.
#[derive(Debug, Serialize)]
struct Stamp {
    purges: bool,
    records: Vec<Stamped>,
    forgets: Vec<Stamped>,
}

#[derive(Debug, Serialize)]
struct Stamped {
    id: String,
    message: String,
}

#[derive(Debug, Serialize)]
struct Entry {
    row: String,
    selected: bool,
}

/// The view of the script that a plan is: `upgrade.sql`, `downgrade.sql` or `stamp.sql`.
pub fn script(plan: Plan, bundle_digest: &str) -> Script {
    let file = file(&plan);
    let mut view = build(plan, file, bundle_digest);
    if let Some(stamp) = &view.stamp {
        view.count = stamp.records.len() + stamp.forgets.len();
        view.title = "stamp";
        view.direction = "stamp";
        // Nothing runs: there is nothing to stop at, and tables without a record are what it is for.
        let foreign = |mode: &&str| ["first_run", "until"].contains(mode);
        view.modes.retain(|mode| !foreign(mode));
        view.modes_misspelt
            .extend(MODES.iter().filter(|mode| foreign(mode)));
    }
    view
}

/// What the script of a plan is called.
pub fn file(plan: &Plan) -> &'static str {
    match plan {
        Plan { stamp: Some(_), .. } => "stamp.sql",
        Plan {
            direction: Direction::Up,
            ..
        } => "upgrade.sql",
        Plan {
            direction: Direction::Down,
            ..
        } => "downgrade.sql",
    }
}

/// The same as a file of a release, beside the others.
pub fn bundled(plan: Plan, bundle_digest: &str) -> Script {
    Script {
        in_bundle: true,
        ..script(plan, bundle_digest)
    }
}

/// The view of `plan.sql`, made from an upgrade's plan.
pub fn plan_script(plan: &Plan, bundle_digest: &str) -> Script {
    let contents = line::contents(plan);
    let mut view = build(without_blocks(plan), "plan.sql", bundle_digest);
    view.title = "plan";
    view.direction = "plan";
    view.acts = false;
    view.contents = contents;
    view.count = plan.blocks.len();
    view
}

/// The view of `status.sql`, made from the plans of both ways.
pub fn status_script(upgrade: &Plan, downgrade: &Plan, bundle_digest: &str) -> Script {
    let mut view = build(without_blocks(upgrade), "status.sql", bundle_digest);
    view.title = "status";
    view.direction = "plan";
    view.acts = false;
    view.contents = line::contents(upgrade);
    view.count = upgrade.blocks.len();
    for (plan, state) in [(upgrade, "upgrading"), (downgrade, "downgrading")] {
        for block in &plan.blocks {
            let Unit::Steps(steps) = &block.unit else {
                continue;
            };
            let names = steps.iter().map(|step| step.summary.clone()).collect();
            let revision = plan.rows[block.row].revision.clone();
            view.step_names
                .entry(revision)
                .or_default()
                .insert(state, names);
        }
    }
    view
}

fn without_blocks(plan: &Plan) -> Plan {
    Plan {
        direction: plan.direction,
        flavour: plan.flavour,
        project: plan.project.clone(),
        from: plan.from.clone(),
        to: plan.to.clone(),
        numbered: plan.numbered,
        order: plan.order,
        transactions: plan.transactions,
        target: plan.target.clone(),
        table: plan.table.clone(),
        tree_digest: plan.tree_digest.clone(),
        rows: plan.rows.clone(),
        others: plan.others.clone(),
        above: plan.above.clone(),
        needs: plan.needs.clone(),
        blocks: Vec::new(),
        repeatables: plan.repeatables.clone(),
        variables: plan.variables.clone(),
        notes: plan.notes.clone(),
        stamp: plan.stamp.clone(),
    }
}

fn build(plan: Plan, file: &'static str, bundle_digest: &str) -> Script {
    let contents = line::contents(&plan);
    let count = plan.blocks.len();
    let lines: Vec<Line> = plan
        .blocks
        .iter()
        .enumerate()
        .map(|(at, block)| line::line(&plan, block, at + 1))
        .collect();
    let Plan {
        direction,
        flavour,
        project,
        from,
        to,
        numbered,
        order,
        transactions,
        target,
        table,
        tree_digest,
        rows,
        others,
        above,
        needs,
        blocks,
        repeatables,
        variables: _,
        notes,
        stamp,
    } = plan;
    let has = |wanted: &dyn Fn(&Piece) -> bool| {
        let mut pieces = blocks.iter().flat_map(|block| match &block.unit {
            Unit::Transaction { pieces, .. } => pieces.iter().collect::<Vec<_>>(),
            Unit::Steps(steps) => steps.iter().flat_map(|step| &step.pieces).collect(),
        });
        pieces.any(wanted)
            || repeatables
                .iter()
                .flat_map(|again| &again.pieces)
                .any(wanted)
    };
    let guards = |wanted: &dyn Fn(&Guard) -> bool| {
        blocks.iter().any(|block| matches!(&block.unit, Unit::Steps(steps) if steps.iter().any(|step| wanted(&step.guard))))
    };
    let word = match direction {
        Direction::Up => "upgrade",
        Direction::Down => "downgrade",
    };
    Script {
        file,
        flavour,
        in_bundle: false,
        title: word,
        direction: word,
        acts: !blocks.is_empty() || !repeatables.is_empty(),
        count,
        header_notes: notes,
        contents,
        version_table: table.qualified().quoted(),
        event_table: table.event().quoted(),
        events: table.events,
        schema_sql: table.schema.quoted(),
        lock_name: table.lock_name(),
        tool: table
            .tool
            .as_ref()
            .map(|tool| tool::tool(tool, &table, &project, &others)),
        server_min: target.server,
        surroundings: block::surroundings(&target, Settings::default()),
        needs: needs::needs(needs, &target),
        modes: MODES.to_vec(),
        modes_misspelt: MODES_MISSPELT.to_vec(),
        modes_default: Defaults {
            dry_run: false,
            first_run: false,
            lock_timeout: target.lock_timeout.clone(),
            lock_wait: LOCK_WAIT,
            ticket: "",
            until: "",
        },
        require_ticket: target.require_ticket,
        single: transactions == Transactions::One,
        apart: blocks
            .iter()
            .filter_map(|block| {
                let reason = block.apart.clone()?;
                Some((rows[block.row].revision.clone(), reason))
            })
            .collect(),
        step_names: BTreeMap::new(),
        has_transactions: blocks
            .iter()
            .any(|block| matches!(block.unit, Unit::Transaction { .. })),
        has_steps: blocks
            .iter()
            .any(|block| matches!(block.unit, Unit::Steps(_))),
        has_step_transactions: guards(&|guard| matches!(guard, Guard::Transaction { .. })),
        has_bare: guards(&|guard| !matches!(guard, Guard::Transaction { .. })),
        guards: block::guards(&blocks),
        has_data: has(&|piece| matches!(piece, Piece::Rows { advance: true, .. })),
        has_copy: has(&|piece| matches!(piece, Piece::Rows { advance: false, .. })),
        blocks: blocks
            .into_iter()
            .zip(lines)
            .map(|(block, line)| block::block(block, line, &target))
            .collect(),
        repeatables: repeatables
            .into_iter()
            .map(|again| block::repeatable(again, &target))
            .collect(),
        has_replaced: rows.iter().any(|row| !row.replaces.is_empty()),
        stamp: stamp.map(|stamp| {
            let stamped = |places: &[usize]| {
                let rows = places.iter().map(|at| &rows[*at]);
                rows.map(|row| Stamped {
                    id: row.revision.clone(),
                    message: row.message.clone(),
                })
                .collect()
            };
            Stamp {
                purges: stamp.start == plan::Start::Purged,
                records: stamped(&stamp.records),
                forgets: stamped(&stamp.forgets),
            }
        }),
        entries: rows
            .iter()
            .map(|row| Entry {
                row: json(row),
                selected: row.selected,
            })
            .collect(),
        database: target.database,
        role: target.role,
        lock_timeout: target.lock_timeout,
        statement_timeout: target.statement_timeout,
        project,
        from,
        to,
        tree_digest,
        bundle_digest: bundle_digest.to_owned(),
        numbered,
        order: order.word(),
        others: others
            .into_iter()
            .map(|other| (other.revision, other.stands_on))
            .collect(),
        above,
    }
}

fn json(row: &Row) -> String {
    serde_json::to_string(row).expect("a row is text and lists of text")
}
