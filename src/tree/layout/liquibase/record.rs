//! What Liquibase records of a changeset (`MarkChangeSetRanGenerator`, `ChangeSet.generateCheckSum` of 4.28 and 5.0).

use std::borrow::Cow;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::cut::Changeset;
use super::master;
use crate::source::{Sources, Span};
use crate::tree::Record;
use crate::tree::layout::{checksum, numbered};

/// How many characters the column `comments` has.
const COMMENTS: usize = 250;

/// Columns of `databasechangelog`. `path` is the file's, from where Liquibase looks. Contexts are refused in a tree.
pub(super) fn record<'v>(
    changeset: &Changeset,
    path: &Utf8Path,
    sources: &Sources,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Record {
    let attribute = |wanted: &str| {
        let mut all = changeset.attributes.iter();
        all.find(|(name, _, _)| name == wanted)
            .map(|(_, value, _)| value.as_str())
    };
    let own = attribute("logicalFilePath").filter(|path| !path.is_empty());
    let filename = own.map_or_else(|| path.to_owned(), master::normalized);
    Record::from([
        ("id", changeset.id.as_str().into()),
        ("author", changeset.author.as_str().into()),
        ("filename", filename.as_str().into()),
        ("md5sum", checksum(&changeset.sql, sources, value).into()),
        ("description", "sql".into()),
        (
            "comments",
            numbered::shortened(&changeset.comment, COMMENTS).into(),
        ),
        ("contexts", Value::Null),
        ("labels", attribute("labels").and_then(labels).into()),
    ])
}

/// The path of a file in a tree that lies in `prefix` where Liquibase looks, unless its first line says another.
pub(super) fn path(logical: Option<&str>, prefix: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    match logical.filter(|path| !path.is_empty()) {
        Some(logical) => master::normalized(logical),
        None => prefix.join(path),
    }
}

/// Labels without capitals, each once (`Labels`).
fn labels(said: &str) -> Option<String> {
    let mut labels: Vec<String> = Vec::new();
    for label in said.split(',') {
        let label = label.trim().to_lowercase();
        if !label.is_empty() && !labels.contains(&label) {
            labels.push(label);
        }
    }
    (!labels.is_empty()).then(|| labels.join(","))
}

/// Version 9 of its checksums, of 4.22 and later: the hash of what the changes of a changeset have, here of one. White space
/// does not count. `None` where the text depends on how Liquibase is set: it then fills the column in by itself.
fn checksum<'v>(
    sql: &[Span],
    sources: &Sources,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Option<String> {
    let text: String = sql.iter().map(|span| sources.slice(*span)).collect();
    let text = expanded(&text, value)?;
    let hash = format!("9:{}", checksum::md5(text.split([' ', '\t', '\r', '\n'])));
    Some(format!("9:{}", checksum::md5([hash.as_str(), ":"])))
}

/// The text with values for `${name}` (`ExpressionExpander`). What has no value stays as it stands.
fn expanded<'t, 'v>(
    text: &'t str,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Option<Cow<'t, str>> {
    if !text.contains("${") {
        return Some(text.into());
    }
    let mut made = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        made.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find('}').map_or(rest.len(), |end| end + 1);
        let (whole, after) = rest.split_at(end);
        let name = whole[2..].trim_end_matches('}');
        // One in another, and `${:name}`, which is `${name}` where that is set.
        if name.contains("${") || name.starts_with(':') {
            return None;
        }
        let known = value(name.trim()).filter(|_| whole.ends_with('}'));
        if known.is_some_and(|value| value.contains("${")) {
            return None;
        }
        made.push_str(known.unwrap_or(whole));
        rest = after;
    }
    made.push_str(rest);
    Some(made.into())
}
