//! The header of a native file: TOML with fixed keys.

use crate::config::check;
use crate::config::table::{Located, Place, Table};
use crate::diagnostic::{Diagnostic, Sink};
use crate::name::{self, RevisionId};
use crate::source::Span;
use crate::tree::Settings;

/// A header that was read.
#[derive(Debug)]
pub(super) enum Header {
    Migration(Box<Revision>),
    Repeatable(Box<Repeated>),
}

/// The header of a migration.
#[derive(Debug)]
pub(super) struct Revision {
    /// `None` where it is missing or wrong, which was reported.
    pub(super) id: Option<(RevisionId, Span)>,
    pub(super) revises: Vec<(RevisionId, Span)>,
    pub(super) message: String,
    pub(super) created: Option<(jiff::Timestamp, Span)>,
    pub(super) labels: Vec<(String, Span)>,
    pub(super) depends_on: Vec<(String, Span)>,
    pub(super) recreates: Vec<(String, Span)>,
    pub(super) replaces: Vec<(RevisionId, Span)>,
    pub(super) allow: Vec<(String, String)>,
    pub(super) settings: Settings,
}

/// The header of a repeatable.
#[derive(Debug)]
pub(super) struct Repeated {
    /// `None` where it is missing or wrong, which was reported.
    pub(super) name: Option<(String, Span)>,
    pub(super) after: Vec<(String, Span)>,
    pub(super) settings: Settings,
}

/// Reads a migration's header; `None` where it is no TOML.
pub(super) fn migration(toml: &str, place: Place, sink: &mut Sink) -> Option<Header> {
    let mut table = Table::document(toml, place, "the header of a migration", sink)?;
    let revision = required(&mut table, "revision", sink).and_then(|text| id(&text, sink));
    if !table.has("revises") {
        missing(
            &table,
            "revises",
            "add `--! revises = []` for the first revision, else its parents",
            sink,
        );
    }
    let revises = ids(&mut table, "revises", sink);
    let message = table.text("message", sink);
    let created = table.time("created", sink);
    let labels = words(&mut table, "labels", sink);
    let depends_on = words(&mut table, "depends_on", sink);
    let recreates = words(&mut table, "recreates", sink);
    let replaces = ids(&mut table, "replaces", sink);
    let allow = table.table("allow", "`allow`", sink);
    let settings = settings(&mut table, sink);
    let allow = allow.map_or_else(Vec::new, |mut allow| {
        let pairs = allow.pairs(sink).into_iter();
        pairs.map(|(rule, why)| (rule.value, why.value)).collect()
    });
    table.finish(sink);
    Some(Header::Migration(Box::new(Revision {
        id: revision,
        revises,
        message: message.map_or_else(String::new, |text| text.value),
        created: created.map(|time| (time.value, time.span)),
        labels,
        depends_on,
        recreates,
        replaces,
        allow,
        settings,
    })))
}

/// Reads a repeatable's header; `None` where it is no TOML.
pub(super) fn repeatable(toml: &str, place: Place, sink: &mut Sink) -> Option<Header> {
    let mut table = Table::document(toml, place, "the header of a repeatable", sink)?;
    let name = required(&mut table, "name", sink).and_then(|text| word(text, "name", sink));
    let after = words(&mut table, "after", sink);
    let settings = settings(&mut table, sink);
    table.finish(sink);
    Some(Header::Repeatable(Box::new(Repeated {
        name,
        after,
        settings,
    })))
}

fn settings(table: &mut Table<'_>, sink: &mut Sink) -> Settings {
    let role = table.text("role", sink);
    let search_path = table.text("search_path", sink);
    let lock_timeout = table.text_or_number("lock_timeout", sink);
    let statement_timeout = table.text_or_number("statement_timeout", sink);
    Settings {
        no_transaction: false,
        role: judged("role", role, check::role, sink),
        search_path: judged("search_path", search_path, check::search_path, sink),
        lock_timeout: judged("lock_timeout", lock_timeout, check::duration, sink),
        statement_timeout: judged(
            "statement_timeout",
            statement_timeout,
            check::duration,
            sink,
        ),
        variables: table.flag("variables", sink).is_some_and(|flag| flag.value),
        unwritten: None,
    }
}

fn judged<Why: Into<check::Unfit>>(
    key: &str,
    text: Option<Located<String>>,
    judge: fn(&str) -> Result<String, Why>,
    sink: &mut Sink,
) -> Option<String> {
    let text = text?;
    judge(&text.value)
        .map_err(|why| sink.push(bad(key, &text, why.into())))
        .ok()
}

fn required(table: &mut Table<'_>, key: &'static str, sink: &mut Sink) -> Option<Located<String>> {
    if !table.has(key) {
        missing(table, key, &format!("add `--! {key} = \"…\"`"), sink);
    }
    table.text(key, sink)
}

fn missing(table: &Table<'_>, key: &str, help: &str, sink: &mut Sink) {
    let told = format!("{} has no `{key}`", table.noun());
    sink.push(
        Diagnostic::error("missing-key", told)
            .at(table.span(), format!("no `{key}`"))
            .help(help),
    );
}

/// A list of revision ids.
fn ids(table: &mut Table<'_>, key: &'static str, sink: &mut Sink) -> Vec<(RevisionId, Span)> {
    let texts = table.texts(key, sink);
    let texts = texts.map_or_else(Vec::new, |texts| texts.value);
    let ids = texts
        .into_iter()
        .filter_map(|(value, span)| id(&Located { value, span }, sink));
    ids.collect()
}

fn id(text: &Located<String>, sink: &mut Sink) -> Option<(RevisionId, Span)> {
    match RevisionId::native(&text.value) {
        Ok(id) => Some((id, text.span)),
        Err(why) => {
            let told = format!("`{}` is no revision id: {why}", text.value);
            sink.push(Diagnostic::error("bad-revision-id", told).at(text.span, "no revision id"));
            None
        }
    }
}

/// Names that people type: labels, repeatables, and what a revision depends on.
fn words(table: &mut Table<'_>, key: &'static str, sink: &mut Sink) -> Vec<(String, Span)> {
    let texts = table.texts(key, sink);
    let texts = texts.map_or_else(Vec::new, |texts| texts.value);
    let words = texts
        .into_iter()
        .filter_map(|(value, span)| word(Located { value, span }, key, sink));
    words.collect()
}

fn word(text: Located<String>, key: &str, sink: &mut Sink) -> Option<(String, Span)> {
    match name::word(&text.value) {
        Ok(()) => Some((text.value, text.span)),
        Err(why) => {
            sink.push(bad(key, &text, why.to_string().into()));
            None
        }
    }
}

fn bad(key: &str, text: &Located<String>, why: check::Unfit) -> Diagnostic {
    why.diagnostic(key, &text.value).at(text.span, "this value")
}
