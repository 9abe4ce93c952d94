//! After which statements nothing is known of rights any more, nor of what a name stands for.

use crate::lex::{self, TokenKind};
use crate::name::ObjectKind;
use crate::postgres::{self, StatementKind};
use crate::sql::{self, Head, Statement};

/// Words that a statement which may run other SQL changes rights or names with, judged generously.
const CHANGES: [&str; 9] = [
    "authorization",
    "drop",
    "grant",
    "owner",
    "reassign",
    "rename",
    "role",
    "schema",
    "search_path",
];

/// The same for what alters an object.
const MOVES: [&str; 3] = ["owner", "rename", "schema"];

/// Whether a statement changes whom the rest of its revision runs as, or where names are looked up.
pub(super) fn changes_session(head: &Head) -> bool {
    let named = head.setting.as_ref().is_some_and(|setting| {
        ["role", "session_authorization", "search_path", "all"].contains(&setting.name.as_str())
    });
    // A temporary table hides one that is there; its name may be anywhere in a SELECT … INTO TEMP.
    named || head.temporary && head.object.is_none()
}

/// Whether a statement may change who has which right, or what a name stands for, beyond its own revision.
pub(super) fn changes_rights(statement: &Statement, text: &str) -> bool {
    let head = &statement.head;
    let slice = statement.slice(text);
    if head.cascade || always_changes_rights(head.kind) {
        return true;
    }
    if head.kind == StatementKind::Explain {
        return mentions(slice, &["analyse", "analyze"]);
    }
    if runs_expressions(statement, slice) && calls_somebodys(statement, text) {
        return true;
    }
    if matches!(
        head.kind,
        StatementKind::AlterTable | StatementKind::Alter(_)
    ) {
        return mentions(slice, &MOVES) && !renames_inside(slice);
    }
    is_opaque(head.kind) && mentions(slice, &CHANGES)
}

fn always_changes_rights(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Grant
            | StatementKind::ReassignOwned
            | StatementKind::DropOwned
            | StatementKind::ImportForeignSchema
            | StatementKind::Call
            | StatementKind::Do
            | StatementKind::DoCommitting
            | StatementKind::Execute
            | StatementKind::Create(ObjectKind::Role)
            | StatementKind::Alter(ObjectKind::Role)
            | StatementKind::Drop(ObjectKind::Schema | ObjectKind::Extension)
    )
}

/// Whether a statement may run any other.
fn is_opaque(kind: StatementKind) -> bool {
    matches!(
        kind,
        StatementKind::Prepare
            | StatementKind::Other
            | StatementKind::Create(
                ObjectKind::Function | ObjectKind::Procedure | ObjectKind::EventTrigger
            )
    )
}

/// Whether a statement runs the expressions in it: it does not only keep them for later, as a default or the body of a view.
fn runs_expressions(statement: &Statement, text: &str) -> bool {
    let kind = statement.head.kind;
    if kind == StatementKind::Create(ObjectKind::Table) {
        return is_filled(text);
    }
    let keeps = matches!(kind, StatementKind::Create(_) | StatementKind::Prepare)
        && kind != StatementKind::Create(ObjectKind::MaterializedView);
    // A setting of the session is no more than that.
    !keeps && statement.head.setting.is_none()
}

/// Whether a `CREATE TABLE` has an `AS` of its own, outside of parentheses.
fn is_filled(text: &str) -> bool {
    let mut depth = 0_usize;
    lex::tokens(text).any(|token| {
        if token.kind == TokenKind::OpenParen {
            depth += 1;
        } else if token.kind == TokenKind::CloseParen {
            depth = depth.saturating_sub(1);
        }
        let word = depth == 0 && token.kind == TokenKind::Word;
        word && text[token.range()].eq_ignore_ascii_case("as")
    })
}

/// Whether a statement calls a function that is not the server's own, or runs what was prepared before: what that does, its
/// name does not tell.
fn calls_somebodys(statement: &Statement, text: &str) -> bool {
    let prepared = statement.head.kind == StatementKind::Create(ObjectKind::Table)
        && mentions(statement.slice(text), &["execute"]);
    let mut calls = sql::calls(text, statement).into_iter();
    prepared || calls.any(|called| !postgres::is_known(&called))
}

/// Whether an ALTER renames a part of its object, which nobody else's rights hang on.
fn renames_inside(text: &str) -> bool {
    let mut words = text
        .split_whitespace()
        .skip_while(|word| !word.eq_ignore_ascii_case("rename"));
    words.next();
    words.next().is_some_and(|word| {
        ["attribute", "column", "constraint", "value"]
            .iter()
            .any(|part| word.eq_ignore_ascii_case(part))
    })
}

/// Whether one of these words stands anywhere in a text, strings and bodies included.
fn mentions(text: &str, words: &[&str]) -> bool {
    text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_')
        .any(|word| words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted)))
}
