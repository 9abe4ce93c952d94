//! From sqlparser's tree to ours. The only place that names sqlparser.

use sqlparser::ast::{
    self, AlterColumnOperation, AlterTableOperation, ColumnOption, DropBehavior, Expr, ObjectName,
    RenameTableNameKind, TableConstraint, UserDefinedTypeRepresentation,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

use super::{
    Action, AlterTable, Column, ColumnChange, Constraint, ConstraintKind, CreateIndex, CreateTable,
    Ddl, TypeDefinition,
};
use crate::name::{Ident, QualifiedName};
use crate::sql::Head;

/// sqlparser's own limit is 50 levels; what is deeper than this is unread.
const RECURSION: usize = 200;

/// Reads one statement; `None` where sqlparser can't, or where its tree has no place in ours.
pub(super) fn statement(sql: &str, head: &Head) -> Option<Ddl> {
    let mut statements = Parser::new(&PostgreSqlDialect {})
        .with_recursion_limit(RECURSION)
        .try_with_sql(sql)
        .ok()?
        .parse_statements()
        .ok()?;
    let statement = statements.pop().filter(|_| statements.is_empty())?;
    match statement {
        ast::Statement::CreateTable(create) => Some(Ddl::CreateTable(CreateTable {
            name: name(&create.name)?,
            if_not_exists: create.if_not_exists,
            temporary: create.temporary,
            columns: create.columns.iter().map(column).collect(),
            constraints: create
                .constraints
                .iter()
                .map(constraint)
                .collect::<Option<_>>()?,
            parent: None,
            from_query: create.query.is_some(),
        })),
        ast::Statement::AlterTable(alter) => alter_table(&alter, head),
        ast::Statement::CreateIndex(create) => Some(Ddl::CreateIndex(CreateIndex {
            name: create.name.as_ref().and_then(name),
            table: name(&create.table_name)?,
            columns: create
                .columns
                .iter()
                .map(|column| match &column.column.expr {
                    Expr::Identifier(column) => Some(ident(column)),
                    _ => None,
                })
                .collect(),
            unique: create.unique,
            concurrently: create.concurrently,
            if_not_exists: create.if_not_exists,
            partial: create.predicate.is_some(),
        })),
        ast::Statement::CreateView(create) => Some(Ddl::CreateView {
            name: name(&create.name)?,
            materialized: create.materialized,
            or_replace: create.or_replace,
            columns: create
                .columns
                .iter()
                .map(|column| ident(&column.name))
                .collect(),
        }),
        ast::Statement::CreateType {
            name: written,
            representation,
        } => Some(Ddl::CreateType {
            name: name(&written)?,
            definition: match representation {
                Some(UserDefinedTypeRepresentation::Enum { labels }) => {
                    TypeDefinition::Enum(labels.into_iter().map(|label| label.value).collect())
                }
                Some(UserDefinedTypeRepresentation::Composite { attributes }) => {
                    TypeDefinition::Composite(
                        attributes
                            .iter()
                            .map(|attribute| bare_column(&attribute.name, &attribute.data_type))
                            .collect(),
                    )
                }
                _ => TypeDefinition::Other,
            },
        }),
        _ => None,
    }
}

fn alter_table(alter: &ast::AlterTable, head: &Head) -> Option<Ddl> {
    // Ours and sqlparser's actions stand side by side; where they do not, one of the two misread.
    if alter.operations.len() != head.actions.len() {
        return None;
    }
    let mut actions = Vec::new();
    for (operation, kind) in alter.operations.iter().zip(&head.actions) {
        match operation {
            AlterTableOperation::AddColumn {
                if_not_exists,
                column_def,
                ..
            } => actions.push(Action::AddColumn {
                column: column(column_def),
                if_not_exists: *if_not_exists,
            }),
            AlterTableOperation::DropColumn {
                column_names,
                if_exists,
                drop_behavior,
                ..
            } => actions.extend(column_names.iter().map(|name| Action::DropColumn {
                name: ident(name),
                if_exists: *if_exists,
                cascade: cascades(*drop_behavior),
            })),
            AlterTableOperation::AlterColumn { column_name, op } => {
                actions.push(Action::AlterColumn {
                    name: ident(column_name),
                    change: change(op),
                });
            }
            AlterTableOperation::AddConstraint {
                constraint: added,
                not_valid,
            } => actions.push(Action::AddConstraint {
                constraint: constraint(added)?,
                not_valid: *not_valid,
            }),
            AlterTableOperation::DropConstraint {
                if_exists,
                name,
                drop_behavior,
            } => actions.push(Action::DropConstraint {
                name: ident(name),
                if_exists: *if_exists,
                cascade: cascades(*drop_behavior),
            }),
            AlterTableOperation::ValidateConstraint { name } => {
                actions.push(Action::ValidateConstraint(ident(name)));
            }
            AlterTableOperation::RenameColumn {
                old_column_name,
                new_column_name,
            } => actions.push(Action::RenameColumn {
                from: ident(old_column_name),
                to: ident(new_column_name),
            }),
            AlterTableOperation::RenameConstraint { old_name, new_name } => {
                actions.push(Action::RenameConstraint {
                    from: ident(old_name),
                    to: ident(new_name),
                });
            }
            AlterTableOperation::RenameTable {
                table_name: RenameTableNameKind::To(to) | RenameTableNameKind::As(to),
            } => actions.push(Action::RenameTable(name(to)?.name)),
            _ => actions.push(Action::Other(*kind)),
        }
    }
    Some(Ddl::AlterTable(AlterTable {
        name: name(&alter.name)?,
        if_exists: alter.if_exists,
        actions,
    }))
}

fn change(operation: &AlterColumnOperation) -> ColumnChange {
    match operation {
        AlterColumnOperation::SetNotNull => ColumnChange::SetNotNull,
        AlterColumnOperation::DropNotNull => ColumnChange::DropNotNull,
        AlterColumnOperation::SetDefault { .. } => ColumnChange::SetDefault,
        AlterColumnOperation::DropDefault => ColumnChange::DropDefault,
        AlterColumnOperation::SetDataType {
            data_type, using, ..
        } => ColumnChange::Type {
            type_name: data_type.to_string(),
            using: using.is_some(),
        },
        AlterColumnOperation::AddGenerated { .. } => ColumnChange::AddIdentity,
    }
}

fn column(written: &ast::ColumnDef) -> Column {
    let mut column = bare_column(&written.name, &written.data_type);
    for ast::ColumnOptionDef {
        name: given,
        option,
    } in &written.options
    {
        let here = || vec![column.name.clone()];
        let kind = match option {
            ColumnOption::NotNull => {
                column.not_null = true;
                continue;
            }
            ColumnOption::Default(_) => {
                column.has_default = true;
                continue;
            }
            ColumnOption::Generated { .. } | ColumnOption::Identity(_) => {
                column.generated = true;
                continue;
            }
            ColumnOption::PrimaryKey(_) => ConstraintKind::PrimaryKey(here()),
            ColumnOption::Unique(_) => ConstraintKind::Unique(here()),
            ColumnOption::ForeignKey(key) => match name(&key.foreign_table) {
                Some(table) => ConstraintKind::ForeignKey {
                    columns: here(),
                    table,
                    referred: key.referred_columns.iter().map(ident).collect(),
                },
                None => ConstraintKind::Other,
            },
            ColumnOption::Check(_) => ConstraintKind::Check,
            _ => continue,
        };
        column.constraints.push(Constraint {
            name: given.as_ref().map(ident),
            kind,
        });
    }
    column
}

fn bare_column(name: &ast::Ident, data_type: &ast::DataType) -> Column {
    Column {
        name: ident(name),
        type_name: data_type.to_string(),
        not_null: false,
        has_default: false,
        generated: false,
        constraints: Vec::new(),
    }
}

fn constraint(written: &TableConstraint) -> Option<Constraint> {
    let columns = |columns: &[ast::IndexColumn]| {
        columns
            .iter()
            .filter_map(|column| match &column.column.expr {
                Expr::Identifier(column) => Some(ident(column)),
                _ => None,
            })
            .collect()
    };
    let (name, kind) = match written {
        TableConstraint::PrimaryKey(key) => {
            (&key.name, ConstraintKind::PrimaryKey(columns(&key.columns)))
        }
        TableConstraint::Unique(key) => (&key.name, ConstraintKind::Unique(columns(&key.columns))),
        TableConstraint::ForeignKey(key) => (
            &key.name,
            ConstraintKind::ForeignKey {
                columns: key.columns.iter().map(ident).collect(),
                table: self::name(&key.foreign_table)?,
                referred: key.referred_columns.iter().map(ident).collect(),
            },
        ),
        TableConstraint::Check(check) => (&check.name, ConstraintKind::Check),
        _ => (&None, ConstraintKind::Other),
    };
    Some(Constraint {
        name: name.as_ref().map(ident),
        kind,
    })
}

fn cascades(behavior: Option<DropBehavior>) -> bool {
    behavior == Some(DropBehavior::Cascade)
}

fn ident(written: &ast::Ident) -> Ident {
    if written.quote_style.is_some() {
        Ident::new(written.value.clone())
    } else {
        Ident::read(&written.value)
    }
}

/// The last two parts of a name; `None` where a part is no plain identifier.
fn name(written: &ObjectName) -> Option<QualifiedName> {
    let mut parts = written
        .0
        .iter()
        .rev()
        .map(|part| part.as_ident().map(ident));
    let name = parts.next()??;
    let schema = match parts.next() {
        Some(schema) => Some(schema?),
        None => None,
    };
    Some(QualifiedName { schema, name })
}
