//! What can't share a transaction with other revisions: a rehearsal leaves it out, and one transaction for all refuses it.

use super::Unit;
use super::pieces::{Item, Reading};
use super::unit::Context;
use crate::diagnostic::Diagnostic;
use crate::name::RevisionId;
use crate::postgres;
use crate::source::Span;
use crate::sql;

/// Why a revision can't share a transaction.
#[derive(Debug, Clone)]
pub(super) struct Apart {
    /// The statement.
    at: Span,
    /// A clause: `REINDEX runs outside of a transaction`.
    pub(super) reason: String,
    /// Whom it hurts.
    hurts: Hurts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hurts {
    /// Whatever shares the transaction.
    All,
    /// What comes after it in the transaction.
    Later,
    /// A rehearsal, which must be rolled back.
    Rehearsal,
}

/// Looks for what can't share a transaction in a script that was planned as `unit`.
pub(super) fn apart(context: &Context<'_>, unit: &Unit) -> Option<Apart> {
    let reading = context.reading;
    let first = *reading.items.first()?;
    let found = match unit {
        Unit::Steps(_) => {
            let bare = reading.items.iter().find(|item| context.bare(**item));
            let reason = bare.map_or_else(
                || "it runs step by step".to_owned(),
                |item| {
                    format!(
                        "`{}` runs outside of a transaction",
                        reading.first_words(*item)
                    )
                },
            );
            Apart {
                at: reading.span(*bare.unwrap_or(&first)),
                reason,
                hurts: Hurts::All,
            }
        }
        Unit::Transaction { modes, .. } if !modes.is_empty() => Apart {
            at: reading.span(first),
            reason: format!("it asks for {modes}"),
            hurts: Hurts::All,
        },
        Unit::Transaction { .. } => {
            let adds = |item: &&_| reading.adds_enum_value(**item);
            let stays = |item| lasting(reading, item).map(|does| (item, does));
            let (item, what, hurts) = if let Some(item) = reading.items.iter().find(adds) {
                let what = "counts only once it is committed".to_owned();
                (item, what, Hurts::Later)
            } else {
                let (item, does) = reading.items.iter().find_map(stays)?;
                let what = format!("{does}, which no rollback takes back");
                (item, what, Hurts::Rehearsal)
            };
            Apart {
                at: reading.span(*item),
                reason: format!("`{}` {what}", reading.first_words(*item)),
                hurts,
            }
        }
    };
    Some(found)
}

/// The same of a script whose author cuts it in steps.
pub(super) fn by_steps(readings: &[Reading<'_>]) -> Option<Apart> {
    let reading = readings.iter().find(|reading| !reading.items.is_empty())?;
    Some(Apart {
        at: reading.span(reading.items[0]),
        reason: "it runs step by step, as its author says".to_owned(),
        hurts: Hurts::All,
    })
}

/// What a statement does that a rollback leaves. Generously: in a body or a string too.
fn lasting(reading: &Reading<'_>, item: &Item) -> Option<&'static str> {
    let statement = reading.statement(*item)?;
    let text = &reading.text(item.part).text;
    if sql::copies_outside(text, statement) {
        return Some("writes a file or runs a program on the server");
    }
    let own = sql::calls(text, statement).into_iter();
    own.chain(sql::calls_within(text, statement))
        .find_map(|called| postgres::lasting(called.name.as_str()))
        .map(|lasting| lasting.does)
}

/// Why everything can't be one transaction, where it can't. `last`: nothing runs after this one, no
/// repeatable either.
pub(super) fn refused(apart: &Apart, revision: &RevisionId, last: bool) -> Option<Diagnostic> {
    if apart.hurts == Hurts::Rehearsal || apart.hurts == Hurts::Later && last {
        return None;
    }
    Some(
        Diagnostic::error(
            "single-transaction",
            format!("revision {revision} can't share one transaction with the others: {}", apart.reason),
        )
        .at(apart.at, "here")
        .because("with --single-transaction all revisions of the script are applied or none is, and this one could not be rolled back with them, or would fail")
        .help("leave --single-transaction out, or end the range before this revision"),
    )
}
