//! diesel: one folder per migration, with `up.sql`, mostly `down.sql`, sometimes `metadata.toml`.
//!
//! The version is the folder's name up to its first `_`, without `-`, and orders as text. Hidden and empty
//! folders and plain files are passed over; a folder without `up.sql` and an empty script are errors
//! (`diesel_migrations/src/file_based_migrations.rs`, 2.3; tried with the tool).

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use toml::de::{DeTable, DeValue};

use super::folders::{self, Files};
use super::numbered::{self, Tool};
use super::{Contents, Input};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};
use crate::tree::disk::File;
use crate::tree::{Error, Migration, Settings};

const TOOL: Tool = Tool {
    name: "diesel",
    migration: |pair, sources, _| pair.migration(sources, |_| Settings::default()),
};

const UP: &str = "up.sql";
const DOWN: &str = "down.sql";
const METADATA: &str = "metadata.toml";

/// Whether a file is a migration's script, by its name and depth.
pub(super) fn claims(file: &File) -> bool {
    folders::part(&file.path).is_some_and(|(_, name)| name == UP || name == DOWN)
}

pub(super) fn read(mut input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    let folders = folders::read(&mut input, &[UP, DOWN, METADATA], &TOOL, sink)?;
    let mut migrations: BTreeMap<String, (Utf8PathBuf, Migration)> = BTreeMap::new();
    for (name, files) in folders {
        let path = input.folder.show(Utf8Path::new(&name));
        let Some((version, migration)) = migration(&name, &path, &files, &input.sources, sink)
        else {
            continue;
        };
        if let Some((other, _)) = migrations.get(&version) {
            let told = format!("version {version} has two folders: `{other}` and `{path}`");
            sink.push(
                Diagnostic::error("duplicate-version", told)
                    .at(migration.at, "")
                    .help("give one of them another number"),
            );
            continue;
        }
        migrations.insert(version, (path, migration));
    }
    Ok(Contents {
        sources: input.sources,
        migrations: migrations
            .into_values()
            .map(|(_, migration)| migration)
            .collect(),
        repeatables: Vec::new(),
    })
}

fn migration(
    name: &str,
    path: &Utf8Path,
    files: &Files,
    sources: &Sources,
    sink: &mut Sink,
) -> Option<(String, Migration)> {
    let error = |told: String, help: &str| {
        Diagnostic::error("bad-folder", told)
            .path(path.to_owned())
            .help(help)
    };
    let Some(up) = files.get(UP) else {
        let told = format!(
            "the folder `{path}` has no `up.sql`, and diesel refuses the whole tree for it"
        );
        sink.push(error(told, "write it, or move the folder out of the tree"));
        return None;
    };
    if files.unsound {
        return None;
    }
    let (version, rest) = name.split_once('_').unwrap_or((name, ""));
    let version = version.replace('-', "");
    if version.is_empty() {
        let told = format!("the folder `{path}` has no version before its first `_`");
        sink.push(error(told, "begin its name with a date or a number"));
        return None;
    }
    if sources.text(up).is_empty() {
        let told = format!(
            "`{}` is empty, and diesel refuses to run an empty script",
            sources.path(up)
        );
        sink.push(
            Diagnostic::error("empty-script", told)
                .at(Span::new(up, 0..0), "")
                .help("a comment in it is enough"),
        );
    }
    let down = files.get(DOWN).filter(|down| {
        let empty = sources.text(*down).is_empty();
        if empty {
            let told = format!(
                "`{}` is empty, which diesel refuses to run: there is no way back",
                sources.path(*down)
            );
            sink.push(
                Diagnostic::warning("empty-script", told)
                    .at(Span::new(*down, 0..0), "")
                    .help("a comment in it makes it a downgrade that does nothing"),
            );
        }
        !empty
    });
    let metadata = files.get(METADATA);
    let settings = || Settings {
        no_transaction: metadata.is_some_and(|file| runs_outside(file, sources)),
        ..Settings::default()
    };
    if let Some(file) = metadata {
        warn_of_metadata(file, sources, sink);
    }
    let script = |file: FileId| numbered::script(sources, file, settings());
    let migration = numbered::migration(
        &version,
        Span::new(up, 0..0),
        numbered::prose(rest),
        Some(script(up)),
        down.map(script),
    )?;
    Some((version, migration))
}

/// What `metadata.toml` says of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Metadata {
    /// The key is there.
    Said(bool),
    /// It is TOML without the key, which diesel takes for `false`.
    Silent,
    /// Diesel can't read it, and falls back to a transaction.
    Unread,
}

fn metadata(text: &str) -> Metadata {
    let Ok(table) = DeTable::parse(text) else {
        return Metadata::Unread;
    };
    let value = table
        .get_ref()
        .iter()
        .find(|(key, _)| key.get_ref() == "run_in_transaction");
    match value.map(|(_, value)| value.get_ref()) {
        Some(DeValue::Boolean(flag)) => Metadata::Said(*flag),
        Some(_) => Metadata::Unread,
        None => Metadata::Silent,
    }
}

fn runs_outside(file: FileId, sources: &Sources) -> bool {
    match metadata(sources.text(file)) {
        Metadata::Said(transaction) => !transaction,
        Metadata::Silent => true,
        Metadata::Unread => false,
    }
}

fn warn_of_metadata(file: FileId, sources: &Sources, sink: &mut Sink) {
    let told = match metadata(sources.text(file)) {
        Metadata::Said(_) => return,
        Metadata::Silent => {
            "without `run_in_transaction` this file means that the migration runs outside a transaction"
        }
        Metadata::Unread => "diesel cannot read this file, and runs the migration in a transaction",
    };
    sink.push(
        Diagnostic::warning("diesel-metadata", told)
            .at(Span::new(file, 0..0), "")
            .help("say `run_in_transaction = true` or `run_in_transaction = false`"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_means_what_diesel_takes_it_for() {
        for (text, meaning) in [
            ("run_in_transaction = false", Metadata::Said(false)),
            ("run_in_transaction = true\nx = 1", Metadata::Said(true)),
            ("# nothing", Metadata::Silent),
            ("", Metadata::Silent),
            ("run_in_transaction = \"no\"", Metadata::Unread),
            ("run_in_transaction =", Metadata::Unread),
        ] {
            assert_eq!(metadata(text), meaning, "{text}");
        }
    }
}
