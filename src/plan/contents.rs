//! What a plan does, a line per revision, for people.

use super::{Block, Guard, Plan, Settings, Unit};

/// One line per revision.
pub(super) fn lines(plan: &Plan) -> Vec<String> {
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let number = plan.blocks.len().to_string().len();
    let id = width(
        &mut plan
            .blocks
            .iter()
            .map(|block| plan.rows[block.row].revision.chars().count()),
    );
    let message = width(
        &mut plan
            .blocks
            .iter()
            .map(|block| plan.rows[block.row].message.chars().count()),
    )
    .min(60);
    let revisions = plan.blocks.iter().enumerate().map(|(at, block)| {
        let row = &plan.rows[block.row];
        format!(
            "  {:>number$}  {:id$}  {:message$}  {}",
            at + 1,
            row.revision,
            row.message,
            summary(block)
        )
    });
    let repeatables = plan.repeatables.iter().map(|again| {
        format!(
            "  {:>number$}  {:id$}  {:message$}  where its text changed",
            "·", "repeatable", again.name
        )
    });
    revisions.chain(repeatables).collect()
}

/// How a block runs.
pub(super) fn summary(block: &Block) -> String {
    let mut words = match &block.unit {
        Unit::Transaction { modes, .. } if modes.is_empty() => vec!["one transaction".to_owned()],
        Unit::Transaction { modes, .. } => vec![format!("one transaction, {modes}")],
        Unit::Steps(steps) => {
            let bare: Vec<&str> = steps
                .iter()
                .filter(|step| !matches!(step.guard, Guard::Transaction { .. }))
                .map(|step| step.summary.as_str())
                .collect();
            let count = if steps.len() == 1 {
                "1 step".to_owned()
            } else {
                format!("{} steps", steps.len())
            };
            match bare.as_slice() {
                [] => vec![format!("{count}, a transaction each")],
                bare => vec![format!(
                    "{count}, outside a transaction: {}",
                    bare.join(", ")
                )],
            }
        }
    };
    words.extend(block.lock.clone());
    if block.settings != Settings::default() {
        words.push("settings of its own".to_owned());
    }
    if let Some(reason) = &block.irreversible {
        words.push(format!("no way back: {reason}"));
    }
    words.join(" · ")
}
