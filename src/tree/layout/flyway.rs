//! Flyway: `V1__name.sql` at any depth, `U1__name.sql` to undo it, `R__name.sql` to run whenever it changes.
//!
//! Versions order as numbers, part by part; the id is the version as Flyway records it (`V1_2__x` is `1.2`). A script is one
//! transaction unless its statements or its `.conf` say otherwise, and `${name}` stands for a value wherever it is written
//! (flyway-core 13). Repeatables become the tree's own and run after all, in the order of their descriptions. What the file's
//! name says and a CRC-32 of its lines are recorded: of what is written in a versioned script, and of what runs of a repeatable.

mod conf;
mod name;
mod transaction;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use self::conf::Conf;
use self::name::{Kind, Name, Version};
use self::transaction::Asked;
use super::numbered::{self, Tool};
use super::{Contents, Input, checksum};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};
use crate::tree::disk::File;
use crate::tree::text::LineEnds;
use crate::tree::variables::{self, Missing, Style};
use crate::tree::{Error, Migration, Part, Record, Repeatable, Script, Settings, Text};

const TOOL: Tool = Tool {
    name: "flyway",
    migration: |pair, sources, _| pair.migration(sources, |_| Settings::default()),
};

/// How many characters the column `description` has (`AbbreviationUtils`).
const DESCRIPTION: usize = 200;

/// Whether a file is one of Flyway's, by its name.
pub(super) fn claims(file: &File) -> bool {
    let bytes = file.bytes.as_deref().unwrap_or_default();
    file.path.as_str().contains("__")
        && name::parse(&file.path).is_some()
        && !super::has_header(bytes)
}

pub(super) fn read(mut input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    refuse(&input, sink);
    let is_conf = |path: &Utf8Path| path.as_str().to_ascii_lowercase().ends_with(".sql.conf");
    let wanted = |file: &File| is_conf(&file.path) || name::parse(&file.path).is_some();
    let taken = input.take(wanted, LineEnds::KeepWithoutMark)?;
    let mut confs: BTreeMap<Utf8PathBuf, Conf> = BTreeMap::new();
    let mut scripts: Vec<(Name, Utf8PathBuf, FileId)> = Vec::new();
    for file in taken {
        let path = file.path.clone();
        let Some(name) = name::parse(&path) else {
            let conf = conf::read(file.id, &input.sources, sink);
            sink.join(file.sink);
            confs.insert(path.with_extension(""), conf);
            continue;
        };
        let (id, sound) = numbered::judge(file, &input.sources, &TOOL, sink);
        if sound {
            scripts.push((name, path, id));
        }
    }
    let mut reading = Reading {
        sources: &input.sources,
        values: input.variables,
        confs,
        missing: Missing::new(),
        sink,
    };
    let (migrations, repeatables) = reading.arrange(scripts);
    let missing = std::mem::take(&mut reading.missing);
    report_missing(missing, sink);
    Ok(Contents {
        sources: input.sources,
        migrations,
        repeatables,
    })
}

/// What can't become a part of a script, and what Flyway passes over.
fn refuse(input: &Input<'_>, sink: &mut Sink) {
    for file in &input.folder.files {
        let path = input.folder.show(&file.path);
        let diagnostic = if name::is_program(&file.path) {
            let told =
                format!("`{path}` is a migration that is a program, and no SQL script can run it");
            Diagnostic::error("program", told)
                .because("what comes after it in the order would run without it")
                .help("write what it does as a SQL migration of the same version; where databases have it already, keep the program for flyway alone in a location of its own")
        } else if let Some(event) = name::callback(&file.path) {
            let told = format!("`{path}` is a callback: flyway runs it at `{event}`, every time");
            Diagnostic::error("callback", told)
                .because("a release applies each revision once, and has no such events")
                .help("write what it does into a migration, or an R__ script if it is to run again after changes; then take the file out of the tree")
        } else if file.is_sql() && name::parse(&file.path).is_none() {
            let told = format!(
                "`{path}` is left out: flyway passes over files that are not named like `V1__name.sql`"
            );
            Diagnostic::warning("passed-over", told).help("rename it, or move it out of the folder")
        } else {
            continue;
        };
        sink.push(diagnostic.path(path));
    }
}

/// The files of one version.
#[derive(Default)]
struct Versioned {
    up: Option<(Name, Utf8PathBuf, FileId)>,
    down: Option<(Name, Utf8PathBuf, FileId)>,
}

struct Reading<'r> {
    sources: &'r Sources,
    values: &'r BTreeMap<String, String>,
    confs: BTreeMap<Utf8PathBuf, Conf>,
    missing: Missing,
    sink: &'r mut Sink,
}

impl Reading<'_> {
    fn arrange(
        &mut self,
        scripts: Vec<(Name, Utf8PathBuf, FileId)>,
    ) -> (Vec<Migration>, Vec<Repeatable>) {
        let mut versions: BTreeMap<Version, Versioned> = BTreeMap::new();
        let mut baselines: BTreeMap<Version, (Name, Utf8PathBuf, FileId)> = BTreeMap::new();
        let mut named: BTreeMap<String, Repeatable> = BTreeMap::new();
        for (name, path, file) in scripts {
            if name.kind == Kind::Repeatable {
                if let Some(first) = named.get(&name.description) {
                    let what = format!("two repeatables are described `{}`", name.description);
                    self.twice(&what, first.at.file, file);
                    continue;
                }
                let apply = self.script(&path, file);
                let record = of_repeatable(&name, &path, self.sources.text(file), &apply);
                let repeatable = Repeatable {
                    name: name.description.clone(),
                    at: Span::new(file, 0..0),
                    after: Vec::new(),
                    apply,
                    record,
                };
                named.insert(name.description, repeatable);
                continue;
            }
            let Some(version) = Version::of(&name.version) else {
                continue;
            };
            let slot = match name.kind {
                Kind::Undo => &mut versions.entry(version).or_default().down,
                Kind::Versioned => &mut versions.entry(version).or_default().up,
                Kind::Baseline | Kind::Repeatable => {
                    let first = baselines.get(&version).map(|(_, _, first)| *first);
                    if let Some(first) = first {
                        self.twice(
                            &format!("version {} has two baselines", name.version),
                            first,
                            file,
                        );
                    } else {
                        baselines.insert(version, (name, path, file));
                    }
                    continue;
                }
            };
            if let Some((first, _, other)) = slot {
                let what = format!("version {} has two files of one direction", first.version);
                let other = *other;
                self.twice(&what, other, file);
            } else {
                *slot = Some((name, path, file));
            }
        }
        self.begin(&mut versions, baselines);
        let migrations = versions
            .into_values()
            .filter_map(|files| self.migration(files))
            .collect();
        (migrations, named.into_values().collect())
    }

    /// A baseline stands for all up to its version, in a new database. Where those are there, they do the same; where
    /// they are gone, the newest baseline is the first migration.
    fn begin(
        &mut self,
        versions: &mut BTreeMap<Version, Versioned>,
        mut baselines: BTreeMap<Version, (Name, Utf8PathBuf, FileId)>,
    ) {
        let newest = baselines.pop_last();
        let older = baselines.into_values().map(|(name, _, file)| (name, file));
        let mut left: Vec<(Name, FileId)> = older.collect();
        if let Some((version, baseline)) = newest {
            let first = versions.iter().find(|(_, files)| files.up.is_some());
            if first.is_some_and(|(first, _)| *first <= version) {
                left.push((baseline.0, baseline.2));
            } else {
                versions.insert(
                    version,
                    Versioned {
                        up: Some(baseline),
                        down: None,
                    },
                );
            }
        }
        for (name, file) in left {
            let told = format!(
                "baseline {} is left out: the migrations that it stands for are there, and new databases get those",
                name.version
            );
            self.sink.push(
                Diagnostic::warning("baseline", told)
                    .at(Span::new(file, 0..0), "")
                    .because("flyway runs the newest baseline in a new database, in the place of all up to its version")
                    .help("once no database needs them any more, take those up to its version out: then it is the first migration"),
            );
        }
    }

    fn migration(&mut self, files: Versioned) -> Option<Migration> {
        let Some((name, path, file)) = files.up else {
            let (_, _, file) = files.down?;
            let told = format!(
                "`{}` undoes what nothing applies, and is left out: flyway never runs it",
                self.sources.path(file)
            );
            self.sink.push(
                Diagnostic::warning("lone-downgrade", told)
                    .at(Span::new(file, 0..0), "")
                    .help("add the V file of its version, or remove it"),
            );
            return None;
        };
        let up = self.script(&path, file);
        let down = files.down.map(|(_, path, file)| self.script(&path, file));
        let at = Span::new(file, 0..0);
        let mut record = record(&name, &path, self.sources.text(file));
        record.insert("version", name.version.as_str().into());
        let mut migration =
            numbered::migration(&name.version, at, name.description, Some(up), down)?;
        migration.record = record;
        Some(migration)
    }

    fn script(&mut self, path: &Utf8Path, file: FileId) -> Script {
        let conf = self.confs.get(path).copied().unwrap_or_default();
        let body = self.sources.whole(file);
        let asked = transaction::asked(self.sources.text(file));
        if asked == Asked::Mixed && conf.transaction.is_none() {
            let told = format!(
                "`{}` has statements that refuse to run in a transaction, and others",
                self.sources.path(file)
            );
            self.sink.push(
                Diagnostic::warning("mixed", told)
                    .at(Span::new(file, 0..0), "")
                    .because("flyway refuses it unless `mixed` is set, and then runs every statement on its own; here each is a step that is recorded when it is done")
                    .help("give those that refuse a file of their own"),
            );
        }
        let mut settings = Settings {
            no_transaction: !conf.transaction.unwrap_or(asked == Asked::Transaction),
            ..Settings::default()
        };
        if !conf.placeholders.unwrap_or(true) {
            return numbered::script(self.sources, file, settings);
        }
        let (values, name) = (self.values, path.file_name().unwrap_or_default());
        let style = Style {
            name: placeholder,
            value: &|wanted| value(values, name, wanted),
        };
        let text = variables::place(
            self.sources,
            Text::verbatim(self.sources, body),
            &style,
            &mut self.missing,
            self.sink,
        );
        settings.variables = text.origins.iter().any(|origin| !origin.verbatim);
        Script {
            body,
            parts: vec![Part::Sql(text)],
            settings,
        }
    }

    fn twice(&mut self, what: &str, first: FileId, second: FileId) {
        let [one, other] = [first, second].map(|file| self.sources.path(file));
        let told = format!("{what}: `{one}` and `{other}`");
        self.sink.push(
            Diagnostic::error("duplicate-version", told)
                .at(Span::new(second, 0..0), "this one")
                .at(Span::new(first, 0..0), "and this one")
                .because("flyway refuses the whole tree")
                .help("give one of them another version or description"),
        );
    }
}

/// Columns of `flyway_schema_history` that the file alone decides (`SqlMigrationResolver`, `SchemaHistory.addAppliedMigration`).
/// The script is the path from the location, which is the tree's folder.
fn record(name: &Name, path: &Utf8Path, text: &str) -> Record {
    let kind = match name.kind {
        Kind::Baseline => "SQL_BASELINE",
        Kind::Versioned | Kind::Undo | Kind::Repeatable => "SQL",
    };
    let description = numbered::shortened(&name.recorded, DESCRIPTION);
    Record::from([
        ("description", description.into()),
        ("type", kind.into()),
        ("script", path.as_str().into()),
        ("checksum", checksum(text).into()),
    ])
}

/// The same of a repeatable: its checksum is that of the text with the values in their places, or, in `also`, of the text
/// as it is written, which Flyway takes for the same.
fn of_repeatable(name: &Name, path: &Utf8Path, written: &str, apply: &Script) -> Record {
    let parts = apply.parts.iter().filter_map(|part| match part {
        Part::Sql(text) => Some(&*text.text),
        Part::Data(_) | Part::Step(_) => None,
    });
    let runs: String = parts.collect();
    let mut record = record(name, path, &runs);
    let also = [checksum(written)].into_iter();
    let also: Vec<i32> = also.filter(|other| *other != checksum(&runs)).collect();
    record.insert("also", also.into());
    record
}

/// A CRC-32 over the lines one after another, without their ends (`ChecksumCalculator`).
fn checksum(text: &str) -> i32 {
    checksum::crc32(text.split(['\r', '\n'])).cast_signed()
}

/// The name in a placeholder: anything up to the next `}` on the line.
fn placeholder(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find(['}', '\n'])?;
    inner[end..].starts_with('}').then_some(&inner[..end])
}

/// Flyway looks names up without regard to case. Of its own it gives one that is the same everywhere.
fn value(values: &BTreeMap<String, String>, file: &str, wanted: &str) -> Option<String> {
    if wanted.eq_ignore_ascii_case("flyway:filename") {
        return Some(file.to_owned());
    }
    let exact = values.get(wanted);
    let found = exact.or_else(|| {
        let mut all = values.iter();
        all.find_map(|(name, value)| name.eq_ignore_ascii_case(wanted).then_some(value))
    });
    found.cloned()
}

fn report_missing(missing: Missing, sink: &mut Sink) {
    let (own, missing): (Missing, Missing) = missing
        .into_iter()
        .partition(|(name, _)| name.to_ascii_lowercase().starts_with("flyway:"));
    for (name, place) in own {
        let told = format!("`${{{name}}}` is known when flyway runs, and not here");
        sink.push(
            Diagnostic::error("unknown-variable", told)
                .at(place, "")
                .because("a release runs wherever a DBA runs it; of flyway's own placeholders only `${flyway:filename}` is the same everywhere")
                .help("let the server say it: current_database(), current_user, current_schema(), now(); or write the value"),
        );
    }
    let because = "flyway takes them from its configuration, and stops where one is missing";
    variables::report_missing(&missing, because, sink);
}

#[cfg(test)]
mod tests;
