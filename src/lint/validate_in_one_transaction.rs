//! `validate-in-one-transaction`: a constraint that is added NOT VALID and validated before the lock of adding it is let go.

use crate::diagnostic::{Diagnostic, Sink};
use crate::name::{Ident, ObjectKind, QualifiedName};
use crate::postgres::{self, StatementKind, TransactionRule};
use crate::source::Span;
use crate::sql::ddl::{self, Action, Ddl};
use crate::sql::{self, Shape};
use crate::tree::{Part, Script};

/// The rule's name.
pub(super) const CODE: &str = "validate-in-one-transaction";

/// What the open transaction did so far.
#[derive(Default)]
struct Open {
    /// Tables that it created: nobody else waits for those.
    created: Vec<QualifiedName>,
    /// Constraints that it added NOT VALID, and where.
    added: Vec<(QualifiedName, Ident, Span)>,
}

/// Looks at one script, as it runs on servers from `server` on.
pub(super) fn look(script: &Script, server: u16, sink: &mut Sink) {
    // Each statement is a transaction of its own.
    if script.settings.no_transaction {
        return;
    }
    let mut open = Open::default();
    for part in &script.parts {
        let text = match part {
            Part::Sql(text) => text,
            Part::Data(_) => continue,
            Part::Step(_) => {
                open = Open::default();
                continue;
            }
        };
        let read = sql::read(&text.text);
        let own_blocks = sql::shape(&read) != Shape::Plain;
        let mut inside = false;
        for statement in &read.statements {
            let kind = statement.head.kind;
            let place = text.locate(statement.range());
            if kind == StatementKind::Begin {
                inside = true;
            } else if kind == StatementKind::Commit {
                inside = false;
            } else if matches!(
                kind,
                StatementKind::Create(ObjectKind::Table) | StatementKind::CreatePartition
            ) {
                open.created.extend(statement.head.object.clone());
            } else if kind == StatementKind::AlterTable
                && let ddl::Reading::Read(Ddl::AlterTable(alter)) = ddl::read(&text.text, statement)
            {
                open.alter(alter, place, sink);
            }
            let bare = matches!(
                postgres::transaction_rule_since(kind, server),
                TransactionRule::Never { .. }
            );
            if bare || own_blocks && !inside {
                open = Open::default();
            }
        }
    }
}

impl Open {
    fn alter(&mut self, alter: ddl::AlterTable, place: Span, sink: &mut Sink) {
        let table = alter.name;
        if self.created.contains(&table) {
            return;
        }
        for action in alter.actions {
            if let Action::AddConstraint {
                constraint,
                not_valid: true,
            } = action
            {
                let name = constraint.name;
                self.added
                    .extend(name.map(|name| (table.clone(), name, place)));
            } else if let Action::ValidateConstraint(name) = action {
                let same =
                    |(on, added, _): &&(QualifiedName, Ident, Span)| *on == table && *added == name;
                if let Some((_, _, added)) = self.added.iter().find(same) {
                    sink.push(finding(&table, &name, place, *added));
                }
            }
        }
    }
}

fn finding(table: &QualifiedName, constraint: &Ident, validated: Span, added: Span) -> Diagnostic {
    let (on, name) = (table.quoted(), constraint.quoted());
    Diagnostic::warning(
        CODE,
        format!("constraint {name} of {on} is added NOT VALID and validated in the same transaction"),
    )
    .at(validated, "reads every row, under the lock of adding it")
    .at(added, "takes that lock, and keeps it until the transaction ends")
    .because("writes to the table wait for the whole scan, which is what NOT VALID is there to spare them")
    .help(format!(
        "leave ADD CONSTRAINT … NOT VALID here, and write ALTER TABLE {on} VALIDATE CONSTRAINT {name} into the next revision"
    ))
    .help("or put BEGIN; and COMMIT; around each of the two: the revision then runs as two transactions")
}
