//! A plan for clients that are not psql: every piece of SQL is one statement, and what such a client can't be trusted
//! with is refused.
//!
//! There a transaction is one DO block that runs its statements by EXECUTE, and so is a step that can be one. What runs
//! outside a transaction stands between such blocks, where nothing can skip it: it must do no harm when it is sent again.
//! Knows nothing of wording; that is `templates/plain/`.

mod later;

use super::{Block, Flavour, Guard, Piece, Plan, Probe, Stated, Step, Transactions, Unit};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::postgres::StatementKind;
use crate::source::Span;
use crate::sql;

const CODE: &str = "plain-flavour";

/// What is done to a statement that stands alone.
const IF_NOT_EXISTS: &str =
    "IF NOT EXISTS is put in, so that it does no harm when it is sent again";
const IF_EXISTS: &str = "IF EXISTS is put in, so that it does no harm when it is sent again";

/// The plan, its pieces cut into statements. `None` where an error was reported.
pub(super) fn plain(plan: Plan, sink: &mut Sink) -> Option<Plan> {
    let mut writing = Writing { sink, sound: true };
    let mut plan = Plan {
        flavour: Flavour::Plain,
        ..plan
    };
    if plan.transactions == Transactions::One {
        writing.refuse(
            None,
            "--single-transaction is for psql only",
            "a script of this flavour can't see to it that its client sends every statement in one transaction",
            "leave --single-transaction or --flavour plain out",
        );
    }
    for block in &mut plan.blocks {
        let id = plan.rows[block.row].revision.as_str();
        writing.block(id, block);
    }
    for again in &mut plan.repeatables {
        again.pieces = writing.statements(std::mem::take(&mut again.pieces));
    }
    later::check(&plan, &mut writing);
    writing.sound.then_some(plan)
}

/// Where refusals go.
struct Writing<'s> {
    sink: &'s mut Sink,
    sound: bool,
}

impl Writing<'_> {
    fn refuse(&mut self, at: Option<Span>, message: impl Into<String>, why: &str, help: &str) {
        self.sound = false;
        let mut diagnostic = Diagnostic::error(CODE, message);
        if let Some(at) = at {
            diagnostic = diagnostic.at(at, "can't be sent by a client that is not psql");
        }
        self.sink.push(diagnostic.because(why).help(help));
    }

    fn block(&mut self, id: &str, block: &mut Block) {
        match &mut block.unit {
            Unit::Transaction { modes, pieces } => {
                self.modes(id, modes, pieces);
                *pieces = self.statements(std::mem::take(pieces));
            }
            Unit::Steps(steps) => {
                for step in steps {
                    self.step(id, step);
                }
            }
        }
    }

    fn step(&mut self, id: &str, step: &mut Step) {
        step.session = self.statements(std::mem::take(&mut step.session));
        if let Guard::Transaction { modes } = &step.guard {
            self.modes(id, modes, &step.pieces);
            step.pieces = self.statements(std::mem::take(&mut step.pieces));
            return;
        }
        let pieces = cut(std::mem::take(&mut step.pieces));
        step.pieces = pieces
            .into_iter()
            .map(|piece| self.alone(&step.guard, piece))
            .collect();
    }

    /// The modes of a transaction must be known when it begins, and nothing of ours stands before that.
    fn modes(&mut self, id: &str, modes: &str, pieces: &[Piece]) {
        if !modes.is_empty() {
            self.refuse(
                first(pieces),
                format!("revision {id} asks for {modes}, and a DO block can't choose the modes of its own transaction"),
                "it would run at whatever isolation level the client's session has",
                "run it with psql: leave --flavour plain out",
            );
        }
    }

    /// Pieces of a transaction, statement by statement.
    fn statements(&mut self, pieces: Vec<Piece>) -> Vec<Piece> {
        let pieces = cut(pieces);
        for piece in &pieces {
            match piece {
                Piece::Sql { text, .. } => self.inside(first(std::slice::from_ref(piece)), text),
                Piece::Reset { at, .. } => self.refuse(
                    Some(*at),
                    "RESET ALL in a script for clients that are not psql",
                    "it would take back what this script and the client itself keep in the session, and the next revision would refuse",
                    "reset parameters by name",
                ),
                Piece::Lifted { .. } | Piece::Carried { .. } | Piece::Rows { .. } => {}
            }
        }
        pieces
    }

    /// What EXECUTE does not do, or what would outlast the revision in a session that is the client's.
    fn inside(&mut self, at: Option<Span>, text: &str) {
        let script = sql::read(text);
        let Some(statement) = script.statements.first() else {
            return;
        };
        let kind = statement.head.kind;
        let session = matches!(
            kind,
            StatementKind::Prepare
                | StatementKind::Execute
                | StatementKind::Deallocate
                | StatementKind::DeclareCursorWithHold
                | StatementKind::Listen
                | StatementKind::Unlisten
        );
        if session {
            self.refuse(
                at,
                format!("{kind} in a script for clients that are not psql"),
                "the session is the client's own, and a script has no way to tidy that up",
                "do without it; or run it with psql: leave --flavour plain out",
            );
        } else if kind == StatementKind::Select && selects_into(statement.slice(text)) {
            self.refuse(
                at,
                "SELECT … INTO can't run inside a DO block",
                "the server refuses it there (0A000: EXECUTE of SELECT ... INTO is not implemented), and the revision would be rolled back",
                "write CREATE TABLE … AS SELECT …, which does the same; or run it with psql: leave --flavour plain out",
            );
        }
    }

    /// A statement that stands alone: nothing can skip it, so it must be harmless when it is sent again.
    fn alone(&mut self, guard: &Guard, piece: Piece) -> Piece {
        let Piece::Sql {
            place,
            text,
            statements,
        } = piece
        else {
            return piece;
        };
        let script = sql::read(&text);
        let (Some(statement), Some(at)) = (
            script.statements.first(),
            statements.first().map(|one| one.at),
        ) else {
            return Piece::Sql {
                place,
                text,
                statements,
            };
        };
        let kind = statement.head.kind;
        if let Some(why) = unguarded(guard, kind) {
            self.refuse(
                Some(at),
                format!("{kind} outside a transaction, in a script for clients that are not psql"),
                why,
                "run it with psql: leave --flavour plain out; or keep it in a release of its own",
            );
        }
        let put_in = if matches!(guard, Guard::CreateIndex { .. }) && !statement.head.if_not_exists
        {
            Some((" IF NOT EXISTS", IF_NOT_EXISTS))
        } else if drops_index(guard) && !statement.head.if_exists {
            Some((" IF EXISTS", IF_EXISTS))
        } else {
            None
        };
        match put_in.zip(behind_concurrently(&text, statement)) {
            Some(((words, why), behind)) => Piece::Carried {
                place,
                at,
                text: format!("{}{words}{}", &text[..behind], &text[behind..]),
                why,
            },
            None => Piece::Sql {
                place,
                text,
                statements,
            },
        }
    }
}

/// Why a statement that stands alone can't be made harmless, where it can't. The one place that knows it: a guard that
/// has no form in `templates/plain/` has its reason here.
fn unguarded(guard: &Guard, kind: StatementKind) -> Option<&'static str> {
    match guard {
        Guard::Transaction { .. }
        | Guard::CreateIndex { .. }
        | Guard::Drop {
            what: Probe::Index, ..
        } => None,
        Guard::Create { .. }
        | Guard::Drop { .. }
        | Guard::Reindex { .. }
        | Guard::Detach { .. }
        | Guard::Publications { .. } => Some(
            "nothing can skip it when the script is run a second time: it would fail there, or be done twice",
        ),
        Guard::Repeatable => matches!(
            kind,
            StatementKind::VacuumFull
                | StatementKind::ClusterTable
                | StatementKind::ClusterAll
                | StatementKind::ReindexIndex
                | StatementKind::ReindexTable
                | StatementKind::ReindexMany
                | StatementKind::AlterSystem
        )
        .then_some(
            "nothing can skip it when the script is run a second time: it would lock or rebuild everything again, or set again what somebody changed since",
        ),
    }
}

fn drops_index(guard: &Guard) -> bool {
    matches!(
        guard,
        Guard::Drop {
            what: Probe::Index,
            ..
        }
    )
}

/// Offset behind the word CONCURRENTLY.
fn behind_concurrently(text: &str, statement: &sql::Statement) -> Option<usize> {
    lex::tokens_in(text, statement.range())
        .find(|token| {
            token.kind == lex::TokenKind::Word
                && text[token.range()].eq_ignore_ascii_case("concurrently")
        })
        .map(|token| token.end)
}

/// Whether a SELECT makes a table: `INTO` is reserved, so outside of parentheses it is nothing else, or a label.
fn selects_into(text: &str) -> bool {
    let mut depth = 0usize;
    let mut label = false;
    for token in lex::tokens(text).filter(|token| !token.kind.is_trivia()) {
        let word = &text[token.range()];
        let is_word = token.kind == lex::TokenKind::Word;
        if token.kind == lex::TokenKind::OpenParen {
            depth += 1;
        } else if token.kind == lex::TokenKind::CloseParen {
            depth = depth.saturating_sub(1);
        } else if is_word && depth == 0 && !label && word.eq_ignore_ascii_case("into") {
            return true;
        }
        label = is_word && word.eq_ignore_ascii_case("as");
    }
    false
}

/// Pieces with one statement each. Comments that stand alone go with what follows them.
fn cut(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut all = Vec::with_capacity(pieces.len());
    let mut comments = String::new();
    let one = |comments: &mut String, place: String, at: Span, text: &str| {
        let mut whole = std::mem::take(comments);
        whole.push_str(text);
        Piece::Sql {
            place: place.clone(),
            statements: vec![Stated {
                range: 0..whole.len(),
                place,
                at,
            }],
            text: whole,
        }
    };
    for piece in pieces {
        match piece {
            Piece::Sql {
                text, statements, ..
            } if statements.is_empty() => {
                comments.push_str(&text);
                comments.push('\n');
            }
            Piece::Sql {
                text, statements, ..
            } => {
                for stated in statements {
                    let text = &text[stated.range];
                    all.push(one(&mut comments, stated.place, stated.at, text));
                }
            }
            Piece::Carried {
                place, at, text, ..
            } => all.push(one(&mut comments, place, at, &format!("{text}\n;"))),
            other @ (Piece::Lifted { .. } | Piece::Reset { .. } | Piece::Rows { .. }) => {
                all.push(other);
            }
        }
    }
    all
}

/// Where the first statement of some pieces was written.
fn first(pieces: &[Piece]) -> Option<Span> {
    pieces.iter().find_map(|piece| match piece {
        Piece::Sql { statements, .. } => statements.first().map(|one| one.at),
        Piece::Carried { at, .. } | Piece::Reset { at, .. } => Some(*at),
        Piece::Lifted { .. } | Piece::Rows { .. } => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_select_that_makes_a_table_is_known() {
        for (text, makes) in [
            ("select * into t from x", true),
            ("WITH w AS (SELECT 1) SELECT * INTO TEMP t FROM w", true),
            ("select 1 as into", false),
            (
                "with w as (insert into t values (1) returning a) select * from w",
                false,
            ),
            ("select 'into', \"into\" from t", false),
        ] {
            assert_eq!(selects_into(text), makes, "{text}");
        }
    }
}
