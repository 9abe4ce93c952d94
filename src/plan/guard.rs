//! What makes a statement outside of a transaction safe to run again, and what has nothing that does.

mod probe;

use super::Guard;
use super::pieces::Item;
use super::unit::Context;
use crate::diagnostic::{Diagnostic, Sink};
use crate::postgres::{self, Recovery, StatementKind};

/// The rule's name, in findings and in `allow`.
pub(super) const NO_RECOVERY: &str = "no-recovery";

impl Context<'_> {
    /// What makes a statement that can't be rolled back safe to run again.
    pub(super) fn guard(&self, item: Item, sink: &mut Sink) -> Option<Guard> {
        let kind = self.reading.kind(item)?;
        if let Some(guard) = self.probed(item) {
            return Some(guard);
        }
        if matches!(postgres::recovery(kind), Recovery::Repeatable { .. }) {
            return Some(Guard::Repeatable);
        }
        if self.allows(NO_RECOVERY) {
            return Some(Guard::Repeatable);
        }
        let words = self.reading.first_words(item);
        sink.push(
            Diagnostic::error(NO_RECOVERY, format!("`{words}` can't be carried: it runs outside a transaction and has no recovery yet"))
                .at(self.reading.span(item), "stopped half-way, this can't be taken up again")
                .because("if the script stopped in it, nobody could say whether it is done, and a second run might fail or do it twice")
                .help(format!("if running it twice does no harm, say so in the header: allow = {{ {NO_RECOVERY} = \"reason\" }}")),
        );
        None
    }

    /// Steps share nothing but settings made by SET: what leans on the rest of the session can't be taken apart.
    pub(super) fn check_apart(
        &self,
        groups: &[(String, Vec<Item>)],
        sink: &mut Sink,
    ) -> Option<()> {
        let reading = self.reading;
        let work = |own: &[Item]| own.iter().any(|item| !reading.only_session(*item));
        let first = groups.iter().position(|(_, own)| work(own));
        let last = groups.iter().rposition(|(_, own)| work(own));
        let mut sound = true;
        for (at, (_, own)) in groups.iter().enumerate() {
            let own: Vec<Item> = own
                .iter()
                .copied()
                .filter(|item| !reading.only_session(*item))
                .collect();
            let (earlier, later) = (
                first.is_some_and(|first| first < at),
                last.is_some_and(|last| at < last),
            );
            for (index, item) in own.iter().enumerate() {
                let found = match reading.session_state(*item) {
                    Some(what) if earlier && index == 0 => Some(what),
                    // What reads a sequence's last value leaves nothing behind.
                    Some(what) if later && !what.contains("last value") => Some(what),
                    Some(_) | None => {
                        (later && reading.is_temporary(*item)).then_some("something temporary")
                    }
                };
                if let Some(what) = found {
                    sound = false;
                    sink.push(apart(what).at(
                        reading.span(*item),
                        "another step begins behind it, or stands before it",
                    ));
                }
            }
        }
        sound.then_some(())
    }

    /// A procedure may commit, which fails in the transaction that a step shares with its record.
    pub(super) fn warn_of_call(&self, item: Item, sink: &mut Sink) {
        if self.pinned && self.reading.kind(item) == Some(StatementKind::Call) && !self.bare(item) {
            sink.push(
                Diagnostic::warning("call-in-step", "this CALL runs in a transaction, with its own record")
                    .at(self.reading.span(item), "a procedure that commits fails here (2D000)")
                    .help(format!("if it commits, and calling it twice does no harm, say so: allow = {{ {NO_RECOVERY} = \"reason\" }}")),
            );
        }
    }
}

fn apart(what: &str) -> Diagnostic {
    Diagnostic::error("session-across-steps", format!("this revision runs step by step, and {what} does not outlive a step"))
        .because("a later run begins in the middle; a statement would fail there, or hit another object or value than it means")
        .help("put what belongs together into a revision of its own that is one transaction; settings may be made by SET")
}
