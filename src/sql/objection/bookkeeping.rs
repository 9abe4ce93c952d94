//! Statements that touch the tables which record what is applied.

use crate::name::{ObjectKind, QualifiedName};
use crate::postgres::StatementKind;
use crate::sql::{Objection, Protected, Statement};

pub(super) fn look(statement: &Statement, protected: &Protected, found: &mut Vec<Objection>) {
    let head = &statement.head;
    match head.kind {
        StatementKind::Drop(ObjectKind::Schema) | StatementKind::Alter(ObjectKind::Schema) => {
            for table in [&protected.version_table, &protected.event_table] {
                let holds = |name: &QualifiedName| table.schema.as_ref() == Some(&name.name);
                if let Some(schema) = head.objects().find(|name| holds(name)) {
                    found.push(Objection::error(
                        "bookkeeping",
                        statement,
                        format!(
                            "{} {schema}: the table that records what is applied, {table}, lives in this schema, and a database without it can't be upgraded again",
                            head.kind
                        ),
                        "put the version table into a schema of its own with [version_table] schema, or name what is to go",
                    ));
                    return;
                }
            }
        }
        StatementKind::Drop(ObjectKind::Table | ObjectKind::View)
        | StatementKind::AlterTable
        | StatementKind::Truncate
        | StatementKind::Insert
        | StatementKind::Update
        | StatementKind::Delete
        | StatementKind::Merge
        | StatementKind::CopyFrom
        | StatementKind::CopyFromStdin
        | StatementKind::LockTable(_)
        | StatementKind::Create(
            ObjectKind::Table
            | ObjectKind::View
            | ObjectKind::Trigger
            | ObjectKind::Rule
            | ObjectKind::Policy,
        )
        | StatementKind::Comment(ObjectKind::Table)
        | StatementKind::VacuumFull
        | StatementKind::ClusterTable => {
            let touched = head
                .objects()
                .chain(&head.table)
                .find(|name| !head.temporary && is_protected(name, protected));
            if let Some(table) = touched {
                found.push(Objection::error(
                    "bookkeeping",
                    statement,
                    format!(
                        "{} {table}: this table records what is applied; a release would skip revisions or run them twice",
                        head.kind
                    ),
                    "take it out; only a release writes this table",
                ));
            }
        }
        _ => {}
    }
}

/// A name without a schema is taken for ours: where it leads depends on the database's search_path.
fn is_protected(name: &QualifiedName, protected: &Protected) -> bool {
    [&protected.version_table, &protected.event_table]
        .into_iter()
        .any(|table| {
            table.name == name.name && (name.schema.is_none() || name.schema == table.schema)
        })
}
