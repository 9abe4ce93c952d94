//! Whether what stands alone is still harmless when a script that ran to its end is run again: not where a later
//! statement of the same script takes its objects away, or makes another of their name.

use std::collections::BTreeMap;

use super::{Writing, first};
use crate::lex::{self, Token, TokenKind};
use crate::name::{Ident, ObjectKind};
use crate::plan::{Guard, Piece, Plan, Step, Unit};
use crate::postgres::{StatementKind, TableAction};
use crate::sql;

/// What a statement does to a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// There is nothing of that name afterwards, or something else.
    Gone,
    /// A relation of that name is made.
    Made,
    /// A column of that name is dropped, and the indexes on it with it; whose, a parent's children would hide.
    Dropped,
}

/// The last places at which names change: a name is looked up without its schema, which may stand in one place only.
type Changes = BTreeMap<(String, Change), usize>;

pub(super) fn check(plan: &Plan, writing: &mut Writing<'_>) {
    let units = || {
        plan.blocks.iter().flat_map(|block| match &block.unit {
            Unit::Transaction { pieces, .. } => vec![(None, pieces.as_slice())],
            Unit::Steps(steps) => steps
                .iter()
                .map(|step| (Some(step), step.pieces.as_slice()))
                .collect(),
        })
    };
    let alone = |step: &&Step| !matches!(step.guard, Guard::Transaction { .. });
    if !units().any(|(step, _)| step.as_ref().is_some_and(alone)) {
        return;
    }
    let mut changes = Changes::new();
    for (at, (_, pieces)) in units().enumerate() {
        for piece in pieces {
            record(piece, at, &mut changes);
        }
    }
    for (at, (step, pieces)) in units().enumerate() {
        let Some(step) = step.filter(alone) else {
            continue;
        };
        let later = |name: &str, change: Change| {
            let key = (name.to_owned(), change);
            changes.get(&key).is_some_and(|last| *last > at)
        };
        let names = names(pieces);
        // What is dropped is gone already; what else stands alone needs what it names.
        let harm = if matches!(step.guard, Guard::Drop { .. }) {
            Change::Made
        } else {
            Change::Gone
        };
        let columns = columns(pieces);
        let found = names.iter().find(|name| later(name, harm));
        let found = found.or_else(|| {
            let mut columns = columns.iter().filter(|_| harm == Change::Gone);
            columns.find(|name| later(name, Change::Dropped))
        });
        if let Some(name) = found {
            writing.refuse(
                first(pieces),
                format!("{} is changed again further on in the same script, and this statement runs outside a transaction", quote(name)),
                "nothing can skip it when the script is run a second time: it would fail there, or do to another object what was meant for this one",
                "compile two releases, the second from behind this revision; or run it with psql: leave --flavour plain out",
            );
        }
    }
}

fn quote(name: &str) -> String {
    crate::name::Ident::new(name).to_string()
}

/// What a statement that stands alone leans on.
fn names(pieces: &[Piece]) -> Vec<String> {
    let mut names = Vec::new();
    for text in pieces.iter().filter_map(text) {
        for statement in &sql::read(text).statements {
            let head = &statement.head;
            for name in head.objects().chain(&head.table) {
                names.push(name.name.as_str().to_owned());
                names.extend(
                    name.schema
                        .as_ref()
                        .map(|schema| schema.as_str().to_owned()),
                );
            }
        }
    }
    names
}

/// Every name in a statement that stands alone, the columns of an index among them.
fn columns(pieces: &[Piece]) -> Vec<String> {
    let idents = |text| lex::tokens(text).filter_map(|token| ident(text, token));
    pieces.iter().filter_map(text).flat_map(idents).collect()
}

fn record(piece: &Piece, at: usize, changes: &mut Changes) {
    let Some(text) = text(piece) else {
        return;
    };
    for statement in &sql::read(text).statements {
        let head = &statement.head;
        let mut put = |name: &str, change: Change| {
            changes.insert((name.to_owned(), change), at);
        };
        let gone = matches!(
            head.kind,
            StatementKind::Drop(
                ObjectKind::Table
                    | ObjectKind::Index
                    | ObjectKind::Schema
                    | ObjectKind::MaterializedView
            ) | StatementKind::DropIndex
                | StatementKind::DropIndexConcurrently
                | StatementKind::Alter(
                    ObjectKind::Index | ObjectKind::Schema | ObjectKind::MaterializedView
                )
        );
        let renames =
            |action: &TableAction| matches!(action, TableAction::Rename | TableAction::SetSchema);
        let made = matches!(
            head.kind,
            StatementKind::CreateIndex
                | StatementKind::CreateIndexConcurrently
                | StatementKind::CreatePartition
                | StatementKind::Create(
                    ObjectKind::Table
                        | ObjectKind::View
                        | ObjectKind::MaterializedView
                        | ObjectKind::Sequence
                        | ObjectKind::ForeignTable
                )
        );
        if gone {
            let names = head.objects();
            names.for_each(|name| put(name.name.as_str(), Change::Gone));
        } else if head.kind == StatementKind::AlterTable && head.actions.iter().any(renames) {
            let names = head.objects().chain(&head.table);
            names.for_each(|name| put(name.name.as_str(), Change::Gone));
        } else if made {
            let names = head.objects();
            names.for_each(|name| put(name.name.as_str(), Change::Made));
        }
        if matches!(
            head.kind,
            StatementKind::AlterTable
                | StatementKind::Alter(_)
                | StatementKind::CreatePartition
                | StatementKind::Create(ObjectKind::Table | ObjectKind::ForeignTable)
        ) {
            parts(statement.slice(text), &mut put);
        }
    }
}

/// What a statement does to indexes by way of constraints and columns, and the new name that it gives.
fn parts(text: &str, put: &mut dyn FnMut(&str, Change)) {
    let tokens: Vec<Token> = lex::tokens(text)
        .filter(|token| !token.kind.is_trivia())
        .collect();
    let is = |at: usize, words: &[&str]| {
        let word = tokens.get(at).filter(|token| token.kind == TokenKind::Word);
        word.is_some_and(|token| {
            let written = &text[token.range()];
            words.iter().any(|word| written.eq_ignore_ascii_case(word))
        })
    };
    let behind_if = |at: usize| if is(at, &["if"]) { at + 2 } else { at };
    let name = |at: usize| tokens.get(at).and_then(|token| ident(text, *token));
    // The constraint that is being made, until the next comma.
    let mut making = None;
    for (at, token) in tokens.iter().enumerate() {
        let (named, change) = if token.kind == TokenKind::Comma {
            making = None;
            continue;
        } else if is(at, &["constraint"]) && is(at + 2, &["unique", "primary", "exclude"]) {
            making = name(at + 1);
            (making.clone(), Change::Made)
        } else if is(at, &["using"]) && is(at + 1, &["index"]) && making.is_some() {
            // The index takes the name of the constraint.
            (
                name(at + 2).filter(|_| making != name(at + 2)),
                Change::Gone,
            )
        } else if is(at, &["drop"]) && is(at + 1, &["constraint"]) {
            (name(behind_if(at + 2)), Change::Gone)
        } else if is(at, &["drop"]) && !is(at + 1, &["default", "not"]) {
            let column = at + 1 + usize::from(is(at + 1, &["column"]));
            (name(behind_if(column)), Change::Dropped)
        } else if is(at, &["rename"]) {
            let constraint = is(at + 1, &["constraint"]);
            let to = if constraint { at + 3 } else { at + 1 };
            (name(to + 1).filter(|_| is(to, &["to"])), Change::Made)
        } else {
            continue;
        };
        if let Some(named) = named {
            put(&named, change);
        }
    }
}

/// A name as the server keeps it.
fn ident(text: &str, token: Token) -> Option<String> {
    let named = matches!(token.kind, TokenKind::Word | TokenKind::QuotedIdent);
    named.then(|| Ident::read(&text[token.range()]).as_str().to_owned())
}

fn text(piece: &Piece) -> Option<&str> {
    match piece {
        Piece::Sql { text, .. } | Piece::Carried { text, .. } | Piece::Reset { text, .. } => {
            Some(text)
        }
        Piece::Lifted { .. } | Piece::Rows { .. } => None,
    }
}
