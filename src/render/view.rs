//! The shapes that templates see.

use serde::Serialize;

use crate::plan::{self, Guard, Piece, Plan, Settings, Unit};
use crate::render::filters;
use crate::tree::{Direction, OnConflict};

/// Rows per INSERT: a statement stays readable, and a script of many rows is not one of many round trips.
const BATCH: usize = 500;

/// Modes that come later: a script refuses them until they work.
const MODES_LATER: [&str; 5] = ["dry_run", "lock_timeout", "lock_wait", "ticket", "until"];

/// What people type for a mode by mistake.
const MODES_MISSPELT: [&str; 14] = [
    "dryrun",
    "dry",
    "first",
    "firstrun",
    "first_time",
    "force",
    "lockwait",
    "plan",
    "rehearse",
    "test",
    "ticket_id",
    "tickets",
    "to",
    "up_to",
];

/// What a script template sees.
#[derive(Debug, Serialize)]
pub struct Script {
    /// The template and the file: `upgrade.sql`, `downgrade.sql`, `plan.sql`, `status.sql`.
    pub file: &'static str,
    direction: &'static str,
    in_bundle: bool,
    project: String,
    from: String,
    to: String,
    count: usize,
    tree_digest: String,
    bundle_digest: String,
    header_notes: Vec<String>,
    contents: Vec<String>,
    version_table: String,
    event_table: String,
    schema_sql: String,
    lock_name: String,
    server_min: u16,
    database: Option<String>,
    role: Option<String>,
    lock_timeout: String,
    statement_timeout: String,
    user: String,
    own: String,
    numbered: bool,
    entries: Vec<Entry>,
    later: Vec<String>,
    modes_later: [&'static str; 5],
    modes_misspelt: [&'static str; 14],
    modes_hint: &'static str,
    has_transactions: bool,
    has_steps: bool,
    has_bare: bool,
    has_data: bool,
    blocks: Vec<Block>,
    repeatables: Vec<Repeatable>,
    done: String,
}

#[derive(Debug, Serialize)]
struct Entry {
    row: String,
    selected: bool,
}

#[derive(Debug, Serialize)]
struct Block {
    id: String,
    message: String,
    summary: String,
    /// Counts from 1, as the names of the rows in the script do.
    entry: usize,
    echo: String,
    user: Option<String>,
    modes: String,
    parts: Vec<Part>,
    steps: Vec<Step>,
    by_steps: bool,
}

#[derive(Debug, Serialize)]
struct Step {
    kind: &'static str,
    summary: String,
    modes: String,
    table: String,
    index: String,
    unique: bool,
    partial: bool,
    session: Vec<Part>,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Repeatable {
    row: String,
    echo: String,
    place: String,
    text: String,
    user: Option<String>,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Part {
    Lifted {
        place: String,
        what: &'static str,
    },
    Sql {
        place: String,
        text: String,
    },
    Carried {
        place: String,
        text: String,
        why: &'static str,
    },
    Rows {
        place: String,
        why: String,
        table: String,
        columns: Vec<String>,
        batches: Vec<Vec<Vec<Option<String>>>>,
        key: Vec<String>,
        updates: Vec<String>,
        conflict: &'static str,
        advance: bool,
    },
}

/// What the run book's template sees.
#[derive(Debug, Serialize)]
pub struct RunBook {
    /// The project's name.
    pub project: String,
    /// The state it starts from.
    pub from: String,
    /// The state it ends in.
    pub to: String,
    /// How many revisions the upgrade applies.
    pub count: usize,
    /// A line per revision.
    pub contents: Vec<String>,
    /// How many the downgrade reverts; nothing where there is no way back at all.
    pub reverts: usize,
    /// Where the downgrade ends.
    pub back_to: String,
    /// Why the way back is shorter, a sentence each.
    pub downgrade_notes: Vec<String>,
    /// Digest of the tree.
    pub tree_digest: String,
    /// Digest of the bundle.
    pub bundle_digest: String,
    /// Oldest major version of the server.
    pub server_min: u16,
    /// The only database it runs in.
    pub database: Option<String>,
    /// The role it runs as.
    pub role: Option<String>,
    /// The version table's name in SQL.
    pub version_table: String,
    /// The event table's name in SQL.
    pub event_table: String,
    /// Ids of revisions that run outside a transaction.
    pub bare: Vec<String>,
}

/// The view of `upgrade.sql` or `downgrade.sql`.
pub fn script(plan: Plan, bundle_digest: &str) -> Script {
    let file = match plan.direction {
        Direction::Up => "upgrade.sql",
        Direction::Down => "downgrade.sql",
    };
    build(plan, file, bundle_digest)
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
    let contents = plan::contents(plan);
    let mut view = build(without_blocks(plan), "plan.sql", bundle_digest);
    view.direction = "plan";
    view.contents = contents;
    view.count = plan.blocks.len();
    view
}

/// The view of `status.sql`, made from an upgrade's plan.
pub fn status_script(plan: &Plan, bundle_digest: &str) -> Script {
    let mut view = build(without_blocks(plan), "status.sql", bundle_digest);
    view.direction = "plan";
    view.count = plan.blocks.len();
    view
}

/// The view of the run book.
pub fn run_book(upgrade: &Plan, downgrade: &Plan, bundle_digest: &str) -> RunBook {
    let bare = upgrade
        .blocks
        .iter()
        .filter(|block| matches!(block.unit, Unit::Steps(_)));
    RunBook {
        project: upgrade.project.clone(),
        from: upgrade.from.clone(),
        to: upgrade.to.clone(),
        count: upgrade.blocks.len(),
        contents: plan::contents(upgrade),
        reverts: downgrade.blocks.len(),
        back_to: downgrade.to.clone(),
        downgrade_notes: downgrade.notes.clone(),
        tree_digest: upgrade.tree_digest.clone(),
        bundle_digest: bundle_digest.to_owned(),
        server_min: upgrade.target.server,
        database: upgrade.target.database.clone(),
        role: upgrade.target.role.clone(),
        version_table: upgrade.table.qualified().quoted(),
        event_table: upgrade.table.event().quoted(),
        bare: bare
            .map(|block| upgrade.rows[block.row].revision.clone())
            .collect(),
    }
}

fn without_blocks(plan: &Plan) -> Plan {
    Plan {
        direction: plan.direction,
        project: plan.project.clone(),
        from: plan.from.clone(),
        to: plan.to.clone(),
        numbered: plan.numbered,
        target: plan.target.clone(),
        table: plan.table.clone(),
        tree_digest: plan.tree_digest.clone(),
        rows: plan.rows.clone(),
        later: plan.later.clone(),
        blocks: Vec::new(),
        repeatables: Vec::new(),
        notes: plan.notes.clone(),
    }
}

fn build(plan: Plan, file: &'static str, bundle_digest: &str) -> Script {
    let contents = plan::contents(&plan);
    let count = plan.blocks.len();
    let Plan {
        direction,
        project,
        from,
        to,
        numbered,
        target,
        table,
        tree_digest,
        rows,
        later,
        blocks,
        repeatables,
        notes,
    } = plan;
    let user = user(&target, &Settings::default());
    let role = target.role.as_deref().map_or_else(
        || "RESET ROLE;".to_owned(),
        |role| format!("SET ROLE {};", filters::ident(role)),
    );
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
    let done = match direction {
        Direction::Up => format!("signoff: done: {count} of {count} revisions are applied"),
        Direction::Down => format!("signoff: done: {count} of {count} revisions are reverted"),
    };
    Script {
        file,
        in_bundle: false,
        direction: match direction {
            Direction::Up => "upgrade",
            Direction::Down => "downgrade",
        },
        count,
        header_notes: notes,
        contents,
        version_table: table.qualified().quoted(),
        event_table: table.event().quoted(),
        schema_sql: table.schema.quoted(),
        lock_name: table.lock_name(),
        server_min: target.server,
        own: format!("RESET SESSION AUTHORIZATION; {role} SET search_path = pg_catalog, pg_temp;"),
        modes_later: MODES_LATER,
        modes_misspelt: MODES_MISSPELT,
        modes_hint: "The one mode there is so far: -v first_run=1.",
        has_transactions: blocks.iter().any(|block| matches!(block.unit, Unit::Transaction { .. })),
        has_steps: blocks.iter().any(|block| matches!(block.unit, Unit::Steps(_))),
        has_bare: guards(&|guard| !matches!(guard, Guard::Transaction { .. })),
        has_data: has(&|piece| matches!(piece, Piece::Rows { advance: true, .. })),
        blocks: blocks
            .into_iter()
            .enumerate()
            .map(|(at, block)| {
                let row = &rows[block.row];
                let own = (block.settings != Settings::default()).then(|| self::user(&target, &block.settings));
                self::block(block, at + 1, count, direction, row, own)
            })
            .collect(),
        repeatables: repeatables
            .into_iter()
            .map(|again| Repeatable {
                row: json(&again.row),
                echo: match direction {
                    Direction::Up => format!("[repeatable] {}   ({}; if it stops here, nothing of it is applied: mend it, compile, run again)", again.name, again.place),
                    Direction::Down => format!("[repeatable] {}   ({}; its present text, over the older schema)", again.name, again.place),
                },
                place: again.place,
                text: again.text,
                user: (again.settings != Settings::default()).then(|| self::user(&target, &again.settings)),
                parts: again.pieces.into_iter().map(part).collect(),
            })
            .collect(),
        entries: rows.iter().map(|row| Entry { row: json(row), selected: row.selected }).collect(),
        database: target.database,
        role: target.role,
        lock_timeout: target.lock_timeout,
        statement_timeout: target.statement_timeout,
        user,
        project,
        from,
        to,
        tree_digest,
        bundle_digest: bundle_digest.to_owned(),
        numbered,
        later,
        done,
    }
}

fn block(
    block: plan::Block,
    number: usize,
    count: usize,
    direction: Direction,
    row: &crate::version_table::Row,
    user: Option<String>,
) -> Block {
    let summary = plan::summary(&block);
    let stops = match (&block.unit, direction) {
        (Unit::Transaction { .. }, Direction::Up) => {
            "if it stops here, nothing of it is applied: mend it, compile, run again"
        }
        (Unit::Transaction { .. }, Direction::Down) => {
            "if it stops here, nothing of it is reverted: mend it, compile, run again"
        }
        (Unit::Steps(_), _) => "if it stops here, run again: it goes on at the step that failed",
    };
    let echo = format!(
        "[{number}/{count}] {} {}   ({}; {stops})",
        row.revision, row.message, block.place
    );
    let by_steps = matches!(block.unit, Unit::Steps(_));
    let (modes, parts, steps) = match block.unit {
        Unit::Transaction { modes, pieces } => {
            (modes, pieces.into_iter().map(part).collect(), Vec::new())
        }
        Unit::Steps(steps) => (
            String::new(),
            Vec::new(),
            steps.into_iter().map(step).collect(),
        ),
    };
    Block {
        id: row.revision.clone(),
        message: row.message.clone(),
        summary,
        entry: block.row + 1,
        echo,
        user,
        modes,
        parts,
        steps,
        by_steps,
    }
}

fn step(step: plan::Step) -> Step {
    let mut view = Step {
        kind: "transaction",
        summary: step.summary,
        modes: String::new(),
        table: String::new(),
        index: String::new(),
        unique: false,
        partial: false,
        session: step.session.into_iter().map(part).collect(),
        parts: step.pieces.into_iter().map(part).collect(),
    };
    match step.guard {
        Guard::Transaction { modes } => view.modes = modes,
        Guard::CreateIndex {
            table,
            index,
            unique,
            partial,
        } => {
            view = Step {
                kind: "create_index",
                table,
                index,
                unique,
                partial,
                ..view
            };
        }
        Guard::DropIndex { index } => {
            view = Step {
                kind: "drop_index",
                index,
                ..view
            }
        }
        Guard::Repeatable => view.kind = "repeatable",
    }
    view
}

fn part(piece: Piece) -> Part {
    match piece {
        Piece::Lifted { place, what } => Part::Lifted { place, what },
        Piece::Sql { place, text } => Part::Sql { place, text },
        Piece::Carried { place, text, why } => Part::Carried { place, text, why },
        Piece::Rows {
            place,
            why,
            table,
            columns,
            rows,
            key,
            on_conflict,
            advance,
        } => {
            let mut batches: Vec<Vec<_>> = Vec::new();
            for row in rows {
                match batches.last_mut() {
                    Some(batch) if batch.len() < BATCH => batch.push(row),
                    _ => batches.push(vec![row]),
                }
            }
            let updates: Vec<String> = columns
                .iter()
                .filter(|column| !key.contains(column))
                .cloned()
                .collect();
            let conflict = match on_conflict {
                OnConflict::Error => "error",
                OnConflict::Update if !updates.is_empty() => "update",
                OnConflict::Nothing | OnConflict::Update => "nothing",
            };
            Part::Rows {
                place,
                why,
                table,
                columns,
                batches,
                key,
                updates,
                conflict,
                advance,
            }
        }
    }
}

/// The statements that put a revision's surroundings up.
fn user(target: &plan::Target, settings: &Settings) -> String {
    let path = settings
        .search_path
        .as_ref()
        .or(target.search_path.as_ref());
    let mut words = vec![path.map_or_else(
        || "RESET search_path;".to_owned(),
        |path| format!("SET search_path = {path};"),
    )];
    let timeouts = [
        ("lock_timeout", &settings.lock_timeout),
        ("statement_timeout", &settings.statement_timeout),
    ];
    for (name, value) in timeouts {
        words.extend(
            value
                .as_ref()
                .map(|value| format!("SET {name} = {};", filters::lit(value))),
        );
    }
    words.extend(
        settings
            .role
            .as_ref()
            .map(|role| format!("SET ROLE {};", filters::ident(role))),
    );
    words.join(" ")
}

fn json(row: &crate::version_table::Row) -> String {
    serde_json::to_string(row).expect("a row is text and lists of text")
}
