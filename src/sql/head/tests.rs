//! What is read of the heads of statements.

use super::*;
use crate::name::ObjectKind;
use crate::postgres::{Lock, TableAction};
use crate::sql;

fn head(text: &str) -> Head {
    let mut script = sql::read(text);
    assert_eq!(script.statements.len(), 1, "{text}");
    script.statements.remove(0).head
}

fn kind(text: &str) -> StatementKind {
    head(text).kind
}

/// Object, others and table, as they would be printed.
fn names(text: &str) -> String {
    let head = head(text);
    let mut names: Vec<_> = head.objects().map(ToString::to_string).collect();
    names.extend(head.table.map(|table| format!("on {table}")));
    names.join(" ")
}

#[test]
fn kinds_by_their_first_words() {
    use StatementKind as K;
    for (text, expected) in [
        ("/* c */ BEGIN -- x", K::Begin),
        ("start transaction read only", K::Begin),
        ("end", K::Commit),
        ("commit and chain", K::CommitAndChain),
        ("commit and no chain", K::Commit),
        ("abort", K::Rollback),
        ("rollback to savepoint a", K::RollbackTo),
        ("rollback prepared 'a'", K::RollbackPrepared),
        ("prepare transaction 'a'", K::PrepareTransaction),
        ("prepare transaction as select 1", K::Prepare),
        (
            "set transaction isolation level serializable",
            K::SetTransaction,
        ),
        ("set constraints all deferred", K::SetConstraints),
        ("discard all", K::DiscardAll),
        ("discard temp", K::Discard),
        (
            "lock t in row exclusive mode",
            K::LockTable(Lock::RowExclusive),
        ),
        (
            "lock table only t, u nowait",
            K::LockTable(Lock::AccessExclusive),
        ),
        (
            "declare c cursor with hold for select 1",
            K::DeclareCursorWithHold,
        ),
        ("declare c no scroll cursor for select 1", K::DeclareCursor),
        ("(select 1)", K::Select),
        ("((values (1)) union select 2)", K::Select),
        ("table t", K::Select),
        ("do $$ begin update t set commit = 1; end $$", K::Do),
        (
            "do language plpgsql $$ begin loop perform f(); commit; end loop; end $$",
            K::DoCommitting,
        ),
        ("with a as (delete from t returning *) select 1", K::Select),
        (
            "with recursive a(x) as materialized (select 1) insert into t select * from a",
            K::Insert,
        ),
        ("with a as (select 1) (select 2)", K::Select),
        (
            "copy t (a, b) from stdin with (format csv)",
            K::CopyFromStdin,
        ),
        ("copy t from 'file'", K::CopyFrom),
        ("copy (select 1) to stdout", K::CopyToStdout),
        ("copy t to program 'x'", K::CopyTo),
        (
            "create unique index concurrently i on t (a)",
            K::CreateIndexConcurrently,
        ),
        ("create temp table t (a int)", K::Create(ObjectKind::Table)),
        (
            "create or replace recursive view v (a) as select 1",
            K::Create(ObjectKind::View),
        ),
        (
            "create constraint trigger g after insert on t execute function f()",
            K::Create(ObjectKind::Trigger),
        ),
        (
            "create trusted procedural language x",
            K::Create(ObjectKind::Language),
        ),
        (
            "create foreign data wrapper w",
            K::Create(ObjectKind::ForeignDataWrapper),
        ),
        (
            "create user mapping for x server y",
            K::Create(ObjectKind::UserMapping),
        ),
        (
            "create operator class o for type t using btree as storage t",
            K::Create(ObjectKind::OperatorClass),
        ),
        (
            "create text search configuration c (copy = d)",
            K::Create(ObjectKind::TextSearch),
        ),
        ("create table p partition of t default", K::CreatePartition),
        (
            "create subscription s connection '' publication p",
            K::CreateSubscription,
        ),
        (
            "create subscription s connection '' publication p with (enabled, create_slot = false)",
            K::CreateSubscriptionWithoutSlot,
        ),
        (
            "drop materialized view v",
            K::Drop(ObjectKind::MaterializedView),
        ),
        (
            "drop index concurrently if exists a",
            K::DropIndexConcurrently,
        ),
        ("drop database x", K::DropDatabase),
        ("alter type t add value 'x'", K::AddEnumValue),
        (
            "alter type t rename value 'x' to 'y'",
            K::Alter(ObjectKind::Type),
        ),
        (
            "alter database d set tablespace x",
            K::AlterDatabaseSetTablespace,
        ),
        (
            "alter database d set search_path = x",
            K::Alter(ObjectKind::Database),
        ),
        ("alter system set a = 1", K::AlterSystem),
        (
            "alter table all in tablespace a set tablespace b",
            K::AlterAllInTablespace,
        ),
        (
            "alter table t detach partition p concurrently",
            K::DetachPartitionConcurrently,
        ),
        ("alter table t detach partition p", K::AlterTable),
        (
            "alter subscription s refresh publication",
            K::RefreshSubscription,
        ),
        (
            "alter subscription s set publication a with (refresh = false)",
            K::Alter(ObjectKind::Subscription),
        ),
        (
            "alter subscription s add publication a",
            K::AlterSubscriptionPublication,
        ),
        (
            "alter subscription s set (failover = true)",
            K::AlterSubscriptionFailover,
        ),
        (
            "alter subscription s set (two_phase = false)",
            K::AlterSubscriptionTwoPhase,
        ),
        (
            "alter subscription s set (two_phase)",
            K::Alter(ObjectKind::Subscription),
        ),
        ("reindex table t", K::ReindexTable),
        ("reindex (concurrently) index i", K::ReindexConcurrently),
        (
            "reindex (concurrently off, verbose) index i",
            K::ReindexIndex,
        ),
        ("reindex schema concurrently s", K::ReindexConcurrently),
        ("reindex system s", K::ReindexMany),
        ("vacuum", K::Vacuum),
        ("vacuum (full, analyze) t", K::VacuumFull),
        ("vacuum (full false) t", K::Vacuum),
        ("vacuum full t", K::VacuumFull),
        ("cluster", K::ClusterAll),
        ("cluster verbose t using i", K::ClusterTable),
        (
            "refresh materialized view concurrently v",
            K::RefreshMaterializedViewConcurrently,
        ),
        (
            "comment on text search dictionary d is 'x'",
            K::Comment(ObjectKind::TextSearch),
        ),
        ("DROP IF EXISTS COLUMN a", K::Other),
        ("frobnicate", K::Other),
        (":x", K::Other),
        ("create", K::Other),
        ("alter table", K::AlterTable),
    ] {
        assert_eq!(kind(text), expected, "{text}");
    }
}

#[test]
fn names_are_read() {
    for (text, expected) in [
        ("create table if not exists \"A\".b (c int)", "\"A\".b"),
        ("create table if (c int)", "if"),
        ("create table db.public.t ()", "public.t"),
        ("create index on only t (a)", "on t"),
        (
            "create index concurrently if not exists i on only s.t (a)",
            "i on s.t",
        ),
        ("drop table if exists a, b.c cascade", "a b.c"),
        ("drop function if exists f(int, text), g() cascade", "f g"),
        ("drop trigger g on s.t", "g on s.t"),
        ("drop policy if exists p on t", "p on t"),
        ("truncate only a, b *, c restart identity cascade", "a b c"),
        ("alter table if exists only t * add a int", "t"),
        (
            "create trigger g before update of a, b on s.t for each row execute function f()",
            "g on s.t",
        ),
        (
            "create rule r as on insert to s.t do also (select 1; select 2)",
            "r on s.t",
        ),
        ("create statistics st (ndistinct) on a, b from t", "st on t"),
        ("create schema authorization r", ""),
        ("create schema if not exists s", "s"),
        ("comment on column a.b.c is 'x'", "c on a.b"),
        ("comment on constraint c on domain d is 'x'", "c on d"),
        (
            "create table p partition of s.t for values in (1)",
            "p on s.t",
        ),
        ("cluster i on t", "t"),
        (
            "create function s.f(a int) returns int language sql as ''",
            "s.f",
        ),
        ("insert into t values (1)", "t"),
        ("delete from only t", "t"),
        ("create table U&\"t\" ()", "t"),
        ("create or replace view v as select 1", "v"),
    ] {
        assert_eq!(names(text), expected, "{text}");
    }
}

#[test]
fn words_are_read() {
    let index = head("create unique index concurrently if not exists i on only t (a)");
    assert!(index.concurrently && index.if_not_exists && index.only);
    let dropped = head("drop table if exists a, b cascade");
    assert!(dropped.if_exists && dropped.cascade && !dropped.concurrently);
    assert!(head("truncate a restart identity cascade").cascade);
    assert!(head("create or replace temp view v as select 1").temporary);
    assert!(head("create or replace function f() returns int as ''").or_replace);
    assert_eq!(
        head("alter type \"M\" add value if not exists 'a''b' before 'c'")
            .value
            .as_deref(),
        Some("a'b")
    );
    let detach = head("alter table t detach partition s.p finalize");
    assert_eq!(
        detach.partition.map(|name| name.to_string()).as_deref(),
        Some("s.p")
    );
}

#[test]
fn settings_are_read() {
    let setting = |text: &str| {
        let head = head(text);
        let setting = head.setting.expect("a setting");
        (head.kind, setting.name, setting.value.unwrap_or_default())
    };
    for (text, kind, name, value) in [
        (
            "set search_path = a",
            StatementKind::Set,
            "search_path",
            "a",
        ),
        (
            "set search_path to a, b",
            StatementKind::Set,
            "search_path",
            "",
        ),
        (
            "set session Lock_Timeout to '5s'",
            StatementKind::Set,
            "lock_timeout",
            "5s",
        ),
        (
            "set local jwt.claims.sub = 'x'",
            StatementKind::SetLocal,
            "jwt.claims.sub",
            "x",
        ),
        (
            "set names 'UTF8'",
            StatementKind::Set,
            "client_encoding",
            "UTF8",
        ),
        ("set schema 'a'", StatementKind::Set, "search_path", "a"),
        ("set time zone 'UTC'", StatementKind::Set, "timezone", "UTC"),
        ("set local role x", StatementKind::SetLocal, "role", "x"),
        (
            "set session authorization x",
            StatementKind::Set,
            "session_authorization",
            "x",
        ),
        (
            "set local session authorization default",
            StatementKind::SetLocal,
            "session_authorization",
            "default",
        ),
        ("reset all", StatementKind::Reset, "all", ""),
        (
            "reset session authorization",
            StatementKind::Reset,
            "session_authorization",
            "",
        ),
    ] {
        assert_eq!(
            setting(text),
            (kind, name.to_owned(), value.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn modes_are_offsets_into_the_text() {
    let text = "select 1; begin work isolation level serializable, read only;";
    let script = sql::read(text);
    let modes = script.statements[1].head.modes.clone().expect("modes");
    assert_eq!(&text[modes], "isolation level serializable, read only");
    assert_eq!(head("begin").modes, None);
    assert_eq!(head("begin transaction -- x").modes, None);
}

#[test]
fn actions_and_the_strongest_lock() {
    use TableAction as A;
    for (text, expected) in [
        ("add column a int", A::AddColumn),
        ("add if not exists a int", A::AddColumn),
        (
            "add constraint c foreign key (a) references b",
            A::AddForeignKey,
        ),
        (
            "add foreign key (a) references b not valid",
            A::AddForeignKey,
        ),
        ("add constraint c check (a > 0)", A::AddConstraint),
        ("add unique (a)", A::AddConstraint),
        ("add exclude using gist (a with =)", A::AddConstraint),
        ("add exclude int", A::AddColumn),
        ("add constraint n not null a", A::AddConstraint),
        ("drop a", A::DropColumn),
        ("drop constraint if exists c", A::DropConstraint),
        ("alter a type bigint", A::ColumnType),
        ("alter column a set data type bigint", A::ColumnType),
        ("alter a set not null", A::SetNotNull),
        ("alter a set default 1", A::AlterColumn),
        ("alter a set statistics 5", A::ColumnStatistics),
        ("alter constraint c deferrable", A::AlterConstraint),
        ("validate constraint c", A::ValidateConstraint),
        ("disable trigger all", A::ToggleTrigger),
        ("enable always rule r", A::ToggleRule),
        ("no force row level security", A::RowSecurity),
        ("no inherit p", A::Inherit),
        ("set (fillfactor = 70)", A::StorageParameters),
        (
            "set (fillfactor = 70, user_catalog_table)",
            A::UserCatalogTable,
        ),
        ("set without cluster", A::ClusterOn),
        ("set schema s", A::SetSchema),
        ("set logged", A::SetStorage),
        ("rename to x", A::Rename),
        ("attach partition p default", A::AttachPartition),
        ("options (add a 'b')", A::Other),
    ] {
        assert_eq!(
            head(&format!("alter table t {text}")).actions,
            [expected],
            "{text}"
        );
    }
    let lock = |text: &str| sql::read(text).statements[0].lock(15);
    assert_eq!(
        head("alter table t add check (a in (1, 2)), validate constraint c").actions,
        [A::AddConstraint, A::ValidateConstraint]
    );
    assert_eq!(
        lock("alter table t validate constraint c, add foreign key (a) references b"),
        Some(Lock::ShareRowExclusive)
    );
    assert_eq!(
        lock("alter table t options (a 'b'), drop a"),
        Some(Lock::AccessExclusive)
    );
    assert_eq!(
        lock("alter table t options (a 'b'), validate constraint c"),
        None
    );
    assert_eq!(lock("create table t ()"), None);
    assert_eq!(lock("create index on t (a)"), Some(Lock::Share));
}

#[test]
fn what_is_locked_is_named() {
    let locked = |text: &str| {
        sql::read(text).statements[0]
            .locked()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(locked("create index i on s.t (a)"), ["s.t"]);
    assert_eq!(locked("drop table a, b"), ["a", "b"]);
    assert_eq!(locked("drop trigger g on t"), ["t"]);
    assert_eq!(locked("alter table t drop a"), ["t"]);
}
