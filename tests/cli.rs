//! The program as whoever types it meets it, command by command: answers, messages, exit codes.
//!
//! Help texts and messages are snapshots below `cli/snapshots`; `make golden` takes what is said now as the new ones.

mod alembic;
mod branches;
mod bundle;
mod check;
mod completions;
mod config;
mod current;
mod downgrade;
mod edit;
mod everywhere;
mod explain;
mod heads;
mod help;
mod history;
mod import;
mod init;
mod merge;
mod rebase;
mod revision;
mod rules;
mod seal;
mod show;
mod since;
mod squash;
mod stamp;
mod start;
mod streams;
mod upgrade;

use std::fmt::Write as _;

use crate::support::outcome::Outcome;
use crate::support::project::Project;

/// What `signoff.toml` says in these tests.
pub(crate) const CONFIG: &str = "[project]\nname = \"shop\"\n";

/// A native migration.
pub(crate) fn migration(id: &str, revises: &[&str], message: &str, up: &str, down: &str) -> String {
    format!(
        "--! revision = {id:?}\n--! revises = {revises:?}\n--! message = {message:?}\n\n\
         --! upgrade\n{up}\n\n--! downgrade\n{down}\n"
    )
}

/// A project with two revisions, one after the other.
pub(crate) fn shop() -> Project {
    Project::new()
        .env("SOURCE_DATE_EPOCH", "1767102933")
        .file("signoff.toml", CONFIG)
        .file(
            "migrations/one.sql",
            &migration(
                "aaaa00000001",
                &[],
                "Customers",
                "CREATE TABLE customer (id bigint PRIMARY KEY);",
                "DROP TABLE customer;",
            ),
        )
        .file(
            "migrations/two.sql",
            &migration(
                "bbbb00000002",
                &["aaaa00000001"],
                "Orders",
                "-- one row per order\nCREATE TABLE orders (id bigint PRIMARY KEY);",
                "DROP TABLE orders;",
            ),
        )
}

/// The same, with two more that both stand on the second.
pub(crate) fn branched() -> Project {
    let on_two = |id: &str, message: &str, table: &str| {
        migration(
            id,
            &["bbbb00000002"],
            message,
            &format!("CREATE TABLE {table} (id bigint PRIMARY KEY);"),
            &format!("DROP TABLE {table};"),
        )
    };
    shop()
        .file(
            "migrations/three.sql",
            &on_two("cccc00000003", "Invoices", "invoice"),
        )
        .file(
            "migrations/four.sql",
            &on_two("dddd00000004", "Refunds", "refund"),
        )
}

/// What a terminal would show of these commands, one after the other.
#[track_caller]
pub(crate) fn session(project: &Project, commands: &[&[&str]]) -> String {
    let mut text = String::new();
    for arguments in commands {
        let outcome = project.run(arguments);
        text += &said(arguments, &outcome);
    }
    text
}

/// What a terminal would show of one command. Standard error comes first, as it is printed first.
pub(crate) fn said(arguments: &[&str], outcome: &Outcome) -> String {
    let mut text = String::from("$ signoff");
    for argument in arguments {
        if argument.contains([' ', '"', '\'']) {
            write!(text, " {argument:?}").expect("a string takes text");
        } else {
            write!(text, " {argument}").expect("a string takes text");
        }
    }
    text += "\n";
    assert!(!outcome.stderr.contains("panicked"), "{outcome}");
    for stream in [&outcome.stderr, &outcome.stdout] {
        text += stream;
        if !stream.is_empty() && !stream.ends_with('\n') {
            text += "\n";
        }
    }
    if outcome.code != 0 {
        writeln!(text, "[exit code {}]", outcome.code).expect("a string takes text");
    }
    text
}

/// The one JSON document on standard output, its format number checked.
#[track_caller]
pub(crate) fn json(outcome: &Outcome) -> serde_json::Value {
    let value: serde_json::Value = serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("not JSON: {error}\n{outcome}"));
    assert_eq!(value["format"], 1, "{outcome}");
    value
}
