//! The typed tree, statement by statement.

use super::*;
use crate::sql;

fn ddl(text: &str) -> Ddl {
    match read(text, &sql::read(text).statements[0]) {
        Reading::Read(ddl) => ddl,
        Reading::Unread => panic!("unread: {text}"),
    }
}

fn unread(text: &str) -> bool {
    read(text, &sql::read(text).statements[0]) == Reading::Unread
}

fn words(idents: &[Ident]) -> Vec<&str> {
    idents.iter().map(Ident::as_str).collect()
}

#[test]
fn a_table_with_its_columns_and_constraints() {
    let Ddl::CreateTable(table) = ddl(
        "create table App.\"Users\" (Id bigint generated always as identity primary key, \
         email varchar(50) not null default 'x', org int constraint o references orgs (id), \
         constraint u unique (email, \"Org\"), check (id > 0), foreign key (org) references s.orgs)",
    ) else {
        panic!("no table")
    };
    assert_eq!(table.name.to_string(), "app.\"Users\"");
    let [id, email, org] = &table.columns[..] else {
        panic!("three columns")
    };
    assert!(id.generated && !id.not_null);
    assert_eq!(
        id.constraints[0].kind,
        ConstraintKind::PrimaryKey(vec![Ident::new("id")])
    );
    assert!(email.not_null && email.has_default);
    assert_eq!(email.type_name, "VARCHAR(50)");
    assert_eq!(org.constraints[0].name, Some(Ident::new("o")));
    let [unique, check, foreign] = &table.constraints[..] else {
        panic!("three constraints")
    };
    assert!(matches!(&unique.kind, ConstraintKind::Unique(on) if words(on) == ["email", "Org"]));
    assert_eq!(check.kind, ConstraintKind::Check);
    assert!(
        matches!(&foreign.kind, ConstraintKind::ForeignKey { table, .. } if table.to_string() == "s.orgs")
    );
}

#[test]
fn the_actions_of_an_alter_table() {
    let Ddl::AlterTable(alter) = ddl(
        "alter table if exists t add column if not exists a int not null, drop column b cascade, \
         alter column c type bigint using c::bigint, drop constraint d, enable row level security, \
         add constraint e check (a > 0) not valid",
    ) else {
        panic!("no alter table")
    };
    assert!(alter.if_exists);
    assert!(matches!(
        &alter.actions[..],
        [
            Action::AddColumn {
                if_not_exists: true,
                ..
            },
            Action::DropColumn { cascade: true, .. },
            Action::AlterColumn {
                change: ColumnChange::Type { using: true, .. },
                ..
            },
            Action::DropConstraint { .. },
            Action::Other(TableAction::RowSecurity),
            Action::AddConstraint {
                not_valid: true,
                ..
            },
        ]
    ));
    assert!(matches!(
        ddl("alter table t rename column a to \"B\""),
        Ddl::AlterTable(alter) if matches!(&alter.actions[..], [Action::RenameColumn { to, .. }] if to.as_str() == "B")
    ));
}

#[test]
fn other_objects() {
    assert!(matches!(
        ddl("create unique index concurrently i on s.t (a, lower(b)) where c"),
        Ddl::CreateIndex(index) if index.unique && index.partial && index.columns == [Some(Ident::new("a")), None]
    ));
    assert_eq!(
        ddl("create type m as enum ('a', 'b''c')"),
        Ddl::CreateType {
            name: QualifiedName {
                schema: None,
                name: Ident::new("m")
            },
            definition: TypeDefinition::Enum(vec!["a".to_owned(), "b'c".to_owned()]),
        }
    );
    assert!(matches!(
        ddl("create or replace view v (a) as select 1"),
        Ddl::CreateView {
            or_replace: true,
            ..
        }
    ));
    assert!(
        matches!(ddl("create table p partition of t default"), Ddl::CreateTable(table) if table.parent.is_some())
    );
    assert!(matches!(
        ddl("drop index concurrently if exists a"),
        Ddl::Drop {
            kind: ObjectKind::Index,
            if_exists: true,
            ..
        }
    ));
    assert!(matches!(
        ddl("create trigger g before insert on t for each row execute procedure f('x')"),
        Ddl::Create {
            kind: ObjectKind::Trigger,
            table: Some(_),
            ..
        }
    ));
    assert_eq!(ddl("select 1"), Ddl::Other(StatementKind::Select));
}

#[test]
fn what_is_not_understood_is_unread() {
    assert!(unread("do $$ begin end $$"));
    assert!(unread("create table t (a int"));
    assert!(unread("alter sequence s restart"));
    for levels in [100, 1_000, 100_000] {
        let text = format!(
            "create view v as select {}1{}",
            "(".repeat(levels),
            ")".repeat(levels)
        );
        let _ = read(&text, &sql::read(&text).statements[0]);
        let text = format!("create view v as select {}1", "1+".repeat(levels));
        let _ = read(&text, &sql::read(&text).statements[0]);
    }
}
