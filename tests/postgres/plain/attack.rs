//! No text of a user ends a quote of a plain script, and every statement arrives byte for byte.

use std::fmt::Write as _;

use super::super::made::{run as psql, same, tree, upgrade};
use super::plain;
use super::session::{run, statements};
use crate::support::postgres::Database;
use crate::support::project::Project;

/// Texts that end a quote somewhere, or would be put in somewhere.
const TEXTS: [&str; 9] = [
    "$signoff$; SELECT 1/0; $signoff$",
    "$m$ $m0$ $m1$ $signoff1$ $signoff",
    "$m0",
    "it's '' \"q\" \\ \\' E'",
    "%s %I %% :x :'x' ${y} {{ z }} ? $1",
    "-- c /* d",
    "END $signoff$; DROP TABLE a;",
    "a\nb",
    "$",
];

#[test]
fn every_text_is_only_text() {
    let mut script = String::from("CREATE TABLE a (n int, t text);\n");
    for (n, text) in TEXTS.iter().enumerate() {
        let literal = text.replace('\'', "''");
        writeln!(script, "INSERT INTO a VALUES ({n}, '{literal}');").expect("a string takes it");
    }
    let function = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $signoff$ SELECT '$m0$ $m$'::text -- $$\n $signoff$;\n";
    let copied =
        "CREATE TABLE c (t text);\nCOPY c (t) FROM stdin;\n$signoff$; $m0$ it's\n\\N\n\\.\n";
    let project = tree(&[&script, function, copied, "-- $signoff$\nSELECT 1 -- $m0$"]);
    let (one, other) = (Database::create(), Database::create());
    psql(&one, &upgrade(&project, ""));
    run(&other, &plain(&project, ""));
    same("psql", &one.state(), &other.state());
    same("psql", &one.rows(), &other.rows());
}

/// Ids, messages, names of projects, of tables, of settings.
#[test]
fn every_name_is_only_a_name() {
    for text in TEXTS.iter().filter(|text| !text.contains('\n')) {
        let quoted = serde_json::to_string(text).expect("is text");
        let project = Project::new()
            .file(
                "signoff.toml",
                &format!(
                    "[project]\nname = {quoted}\n[version_table]\nname = {quoted}\n[target]\nsearch_path = \"public\"\n"
                ),
            )
            .file(
                "migrations/1.sql",
                &format!(
                    "--! revision = \"rev1\"\n--! revises = []\n--! message = {quoted}\n--! search_path = \"public\"\n--! upgrade\nCREATE TABLE a (a int);\n"
                ),
            )
            .file(
                "migrations/2.sql",
                &format!("--! revision = \"rev2\"\n--! revises = [\"rev1\"]\n--! message = {quoted}\n--! upgrade\nCREATE INDEX CONCURRENTLY \"{}\" ON a (a);\n", text.replace('"', "\"\"")),
            );
        let one = project.run(&["upgrade"]);
        let other = project.run(&["upgrade", "--flavour", "plain"]);
        assert_eq!(one.code, other.code, "{text}");
        if other.code != 0 {
            continue;
        }
        let database = Database::create();
        run(&database, &other.stdout);
        run(&database, &other.stdout);
        assert_eq!(
            database.query("SELECT count(*) FROM pg_class WHERE relname = 'a'"),
            "1"
        );
        let by_psql = Database::create();
        psql(&by_psql, &one.stdout);
        same(
            "psql",
            &by_psql.state().replace(text, ""),
            &database.state().replace(text, ""),
        );
    }
}

/// Statement by statement, comments and all.
#[test]
fn a_statement_is_sent_as_it_was_written() {
    let first = "-- The first.\nCREATE TABLE a (\n    a int  -- a column\n);";
    let second = "/* the second */ COMMENT ON TABLE a IS 'x' ;";
    let third = "SELECT a[1:n] FROM (SELECT ARRAY[1] AS a, 1 AS n) AS x";
    let last = "SELECT 1\n  -- the last";
    let project = tree(&[&format!("{first}\n\n{second}\n{third};\n{last}\n")]);
    let script = plain(&project, "");
    for text in [first, second, third, last] {
        assert!(
            script.contains(&format!("EXECUTE $m0${text}")),
            "{text}\n{script}"
        );
    }
    assert!(script.contains("-- from migrations/1.sql:5\nEXECUTE $m0$-- The first."));
    assert!(script.contains("-- from migrations/1.sql:10\nEXECUTE $m0$/* the second */"));
    run(&Database::create(), &script);
}

/// A script is only statements: what stands between them is comments.
#[test]
fn nothing_but_sql() {
    let project = tree(&[
        "CREATE TABLE a (a int)",
        "CREATE INDEX CONCURRENTLY i ON a (a)",
    ]);
    let script = plain(&project, "");
    assert!(!script.contains('\\'), "a backslash");
    let all = statements(&script);
    assert!(all.iter().all(|one| one.trim_end().ends_with(';')));
    run(&Database::create(), &script);
}
