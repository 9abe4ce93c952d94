//! What can't be carried, and how that is said.

use super::*;
use crate::name::{Ident, QualifiedName};
use crate::sql::read;

fn table(name: &str) -> QualifiedName {
    QualifiedName {
        schema: Some(Ident::new("ops")),
        name: Ident::new(name),
    }
}

fn objections(text: &str) -> Vec<Objection> {
    let protected = Protected {
        version_table: table("signoff_revision"),
        event_table: table("signoff_event"),
    };
    all(text, &read(text), &protected)
}

/// Severity, code and place of each.
fn said(text: &str) -> Vec<String> {
    objections(text)
        .iter()
        .map(|objection| {
            format!(
                "{} {} at {}",
                objection.severity.word(),
                objection.code,
                &text[objection.range.clone()]
            )
        })
        .collect()
}

#[test]
fn what_is_carried_is_not_mentioned() {
    for text in [
        "select a[1:n] from t where b = :name",
        "create function f() returns int begin atomic select 1; end",
        "copy t from stdin;\n1\n\\.\n",
        "begin; select 1; commit;",
        "create index concurrently i on t (a)",
        "set standard_conforming_strings = on; set client_encoding = 'UTF8'; set names 'utf-8'",
        "set local role x; set role none; reset search_path",
        "discard plans",
        "create database x",
        "drop table public.signoff_revision",
        "drop schema public cascade",
        "create temp table signoff_event (a int)",
        "comment on table a is 'a\\b'",
        "set transaction read only, read write; set local transaction_read_only = off",
        "create index concurrently U&\"a\" on t (U&\"\\0061\")",
        "select 'pg_create_logical_replication_slot'",
    ] {
        assert_eq!(said(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn commands_of_psql_and_what_it_misreads() {
    assert_eq!(said("\\set x 1\nselect 1"), ["error psql-command at \\set"]);
    assert!(
        objections("select 1 \\gexec")[0]
            .message
            .starts_with("`\\gexec` is")
    );
    assert!(objections("\\! rm")[0].message.starts_with("`\\!` is"));
    assert_eq!(said("select 'a"), ["error unclosed at 'a"]);
    assert_eq!(said("select '\0'"), ["error nul-byte at \0"]);
    assert_eq!(said("select 'a\r\nb', 'a\r\nb'").len(), 1);
    assert_eq!(said("select\u{a0}1"), ["error hidden-character at \u{a0}"]);
    assert_eq!(
        said("select '\u{202e}'"),
        ["warning hidden-character at \u{202e}"]
    );
    assert_eq!(said("copy t from stdin; select 1\n1\n\\.\n").len(), 1);
    assert_eq!(
        said("select 1; -- \u{200b}"),
        ["warning hidden-character at \u{200b}"]
    );
}

#[test]
fn bookkeeping_is_protected() {
    for text in [
        "drop table a, signoff_revision",
        "drop table ops.signoff_event",
        "drop schema a, ops cascade",
        "alter schema ops rename to x",
        "alter table \"ops\".\"signoff_revision\" add column a int",
        "truncate signoff_event",
        "comment on table signoff_revision is 'x'",
        "delete from signoff_revision",
        "create table signoff_revision (a int)",
        "create trigger t before insert on ops.signoff_event execute function f()",
    ] {
        assert_eq!(said(text), [format!("error bookkeeping at {text}")]);
    }
}

#[test]
fn session_state() {
    assert_eq!(said("discard all"), ["error discard-all at discard all"]);
    assert_eq!(
        said("select 1; select pg_advisory_unlock_all()"),
        ["error unlock-all at pg_advisory_unlock_all"]
    );
    assert_eq!(
        said("do $$ begin perform PG_ADVISORY_unlock_all(); end $$"),
        ["error unlock-all at PG_ADVISORY_unlock_all"]
    );
    for (text, code) in [
        ("reset all", "warning session-leak"),
        ("set role x", "warning session-leak"),
        ("set session authorization x", "warning session-leak"),
        (
            "set session_replication_role = replica",
            "warning replication-role",
        ),
        (
            "set standard_conforming_strings to off",
            "error lexing-setting",
        ),
        ("set client_encoding = latin1", "error lexing-setting"),
        ("set names 'latin1'", "error lexing-setting"),
        ("commit prepared 'x'", "error prepared-transaction"),
        ("copy t to stdout", "error copy-to-client"),
        ("create index concurrently on t (a)", "error unnamed-index"),
        (
            "create index concurrently U&\"\\0061\" on t (a)",
            "error escaped-name",
        ),
        ("drop owned by x", "warning drop-owned"),
        ("set transaction read only", "error read-only"),
        ("set local transaction_read_only = on", "error read-only"),
        (
            "select 1, pg_create_logical_replication_slot('a', 'b')",
            "error logical-slot",
        ),
    ] {
        assert_eq!(said(text), [format!("{code} at {text}")]);
    }
}

#[test]
fn what_must_stand_alone() {
    assert_eq!(
        said("create database x; select 1"),
        ["error server-wide at create database x"]
    );
    assert_eq!(
        said("set local a = 1; begin; commit; select 1"),
        ["warning no-effect at set local a = 1"]
    );
}

#[test]
fn names_that_are_cut_off() {
    let name = "a".repeat(64);
    assert_eq!(
        said(&format!("select 1 as {name}")),
        [format!("warning long-name at {name}")]
    );
    assert_eq!(said(&format!("select 1 as \"{name}\"")).len(), 1);
    assert!(said(&format!("select 1 as {}", &name[1..])).is_empty());
    assert!(said(&format!("select '{name}'")).is_empty());
}

/// psql reads what follows under the changed setting: a `\!` in a later string would be run.
#[test]
fn nothing_may_change_how_psql_reads_on() {
    for text in [
        "select set_config('standard_conforming_strings', 'off', false)",
        "select pg_catalog.set_config('client_encoding', 'GBK', true)",
        "select set_config('client_encoding', null, false)",
        "select set_config('Client_Encoding', current_setting('x'), false)",
        "reset standard_conforming_strings",
        "reset client_encoding",
        "reset \"client_encoding\"",
        "set standard_conforming_strings to default",
        "set local client_encoding to default",
        "set names default",
        "set names",
        "set names $$latin1$$",
        "set \"standard_conforming_strings\" = off",
    ] {
        assert_eq!(said(text), [format!("error lexing-setting at {text}")]);
    }
    for (text, place) in [
        (
            "do $$ begin set STANDARD_conforming_strings = off; end $$",
            "$$ begin set STANDARD_conforming_strings = off; end $$",
        ),
        (
            "do 'begin execute ''set client_encoding = gbk''; end'",
            "'begin execute ''set client_encoding = gbk''; end'",
        ),
        (
            "create function f() returns int language sql as $f$ select set_config('client_encoding', 'GBK', false) $f$",
            "$f$ select set_config('client_encoding', 'GBK', false) $f$",
        ),
        (
            "select set_config('standard_conforming_strings', 'on', false), 1",
            "'standard_conforming_strings'",
        ),
        (
            "update pg_settings set setting = 'off' where name = E'standard\\x5fconforming_strings'",
            "E'standard\\x5fconforming_strings'",
        ),
        (
            "update pg_settings set setting = 'off' where name = 'standard_' || 'conforming_' || 'strings'",
            "'strings'",
        ),
        (
            "select set_config(e'client\\x5f'\n'en\\x63oding', 'GBK', false)",
            "'en\\x63oding'",
        ),
        (
            "set U&\"client\\005fencoding\" = 'GBK'",
            "U&\"client\\005fencoding\"",
        ),
        (
            "select set_config(U&'client!00005fencoding' uescape '!', 'GBK', false), U&'client!+00005fencoding' uescape '!'",
            "U&'client!+00005fencoding'",
        ),
        (
            "do $a$ begin execute $b$ do 'begin perform set_config(''client'' || ''_encoding'', ''GBK'', false); end' $b$; end $a$",
            "$a$ begin execute $b$ do 'begin perform set_config(''client'' || ''_encoding'', ''GBK'', false); end' $b$; end $a$",
        ),
        (
            "comment on table a is 'client_encoding'",
            "'client_encoding'",
        ),
    ] {
        assert_eq!(
            said(text),
            [format!("error lexing-setting at {place}")],
            "{text}"
        );
    }
    for text in [
        "alter role x set standard_conforming_strings = off",
        "alter user x in database d set client_encoding to latin1",
        "alter database d set \"client_encoding\" = 'latin1'",
    ] {
        assert_eq!(said(text), [format!("warning lexing-setting at {text}")]);
    }
    for text in [
        "select pg_catalog.set_config('standard_conforming_strings', 'on', false)",
        "select set_config('client_encoding', 'UTF8', true)",
        "set session client_encoding = 'UTF8'",
        "alter role x set client_encoding = utf8; alter role x reset client_encoding; alter role x set search_path = a",
        "alter database d set standard_conforming_strings to default",
        "show client_encoding -- standard_conforming_strings",
        "select 'standard_conforming', 'strings', 'client' || '-encoding', 'client', '_encoding'",
        "set backslash_quote = off; set escape_string_warning = off",
    ] {
        assert_eq!(said(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_role_set_by_a_call_leaks_too() {
    assert_eq!(said("select set_config('role', 'x', false)").len(), 1);
    assert!(said("select set_config('role', 'x', true)").is_empty());
}
