//! What can't share a transaction with other revisions: a rehearsal leaves it out, and one transaction for all refuses it.

use super::Unit;
use super::unit::Context;
use crate::diagnostic::Diagnostic;
use crate::name::RevisionId;
use crate::postgres::StatementKind;
use crate::source::Span;

/// Why a revision can't share a transaction.
#[derive(Debug, Clone)]
pub(super) struct Apart {
    /// The statement.
    at: Span,
    /// A clause: `REINDEX runs outside of a transaction`.
    pub(super) reason: String,
    /// Whether only what comes after it minds.
    last_is_fine: bool,
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
                last_is_fine: false,
            }
        }
        Unit::Transaction { modes, .. } if !modes.is_empty() => Apart {
            at: reading.span(first),
            reason: format!("it asks for {modes}"),
            last_is_fine: false,
        },
        Unit::Transaction { .. } => {
            let adds = |item: &&_| reading.kind(**item) == Some(StatementKind::AddEnumValue);
            let item = reading.items.iter().find(adds)?;
            Apart {
                at: reading.span(*item),
                reason: format!(
                    "`{}` counts only once it is committed",
                    reading.first_words(*item)
                ),
                last_is_fine: true,
            }
        }
    };
    Some(found)
}

/// Why everything can't be one transaction, where it can't. `last`: no other revision runs after this one.
pub(super) fn refused(apart: &Apart, revision: &RevisionId, last: bool) -> Option<Diagnostic> {
    if apart.last_is_fine && last {
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
