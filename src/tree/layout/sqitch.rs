//! Sqitch: `sqitch.plan` says what is deployed in which order; the scripts lie in `deploy/` and `revert/` by the changes' names.
//!
//! psql runs a script, with what its own BEGIN and COMMIT say of transactions; variables and includes are put in here when
//! compiling. A change that the plan has again was reworked: the scripts of what it was before are `name@tag.sql`, by the first
//! tag between the two that such a file is there for (sqitch 1.3, `Plan.pm`, `Change.pm`). The id is the change's name. A rework
//! is a revision of its own, `name#2` and so on, and the first keeps its name: databases have recorded that, and it must go
//! on to mean what was applied there. `verify/` is not read: a release holds what changes a database. Sqitch itself knows a change
//! by a hash of its line and of all above, which is recorded with the rest of the line.

mod commits;
mod plan;
mod psql;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use self::plan::{Change, Home, Plan, Tag};
use super::numbered::{self, Tool};
use super::{Contents, Input, checksum};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Span};
use crate::tree::disk::{File, Folder};
use crate::tree::text::{self, LineEnds};
use crate::tree::variables::{self, Missing};
use crate::tree::{Error, Migration, Part, Record, Script, Settings};

const TOOL: Tool = Tool {
    name: "sqitch",
    migration: |pair, sources, _| pair.migration(sources, |_| Settings::default()),
};

const CONF: &str = "sqitch.conf";

/// Whether the folder is where sqitch is started.
pub(super) fn is_home(folder: &Folder) -> bool {
    let mut files = folder.files.iter();
    files.any(|file| file.path == "sqitch.plan" || file.path == CONF)
}

pub(super) fn read(mut input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    let conf = take(&mut input, Utf8Path::new(CONF), sink)?;
    let home = Home::of(conf, &input.sources, sink);
    let Some(file) = take(&mut input, &home.plan, sink)? else {
        let path = input.folder.show(&home.plan);
        let told = format!("there is no plan `{path}`");
        sink.push(
            Diagnostic::error("missing-file", told)
                .path(path)
                .because("the plan alone says what is deployed, and in which order")
                .help("name the folder that sqitch is started in with --path"),
        );
        return Ok(Contents {
            sources: input.sources,
            ..Contents::default()
        });
    };
    let plan = plan::read(file, &input.sources, sink);
    check_needs(&plan, sink);
    let named = named(&plan, &home, &input.folder, sink);
    let wanted: BTreeSet<&Utf8PathBuf> = named
        .iter()
        .flat_map(|it| [&it.deploy, &it.revert])
        .collect();
    let mut by_path: BTreeMap<Utf8PathBuf, FileId> = BTreeMap::new();
    let mut unsound: BTreeSet<FileId> = BTreeSet::new();
    let is_wanted = |file: &File| wanted.contains(&file.path);
    for file in input.take(is_wanted, LineEnds::KeepWithoutMark)? {
        let path = file.path.clone();
        let (id, sound) = numbered::judge(file, &input.sources, &TOOL, sink);
        by_path.insert(path, id);
        if !sound {
            unsound.insert(id);
        }
    }
    warn_of_others(&input.folder, &home, sink);
    take_included(&mut input, &mut by_path, sink)?;
    let files = psql::Files {
        sources: &input.sources,
        by_path: &by_path,
        values: input.variables,
    };
    let mut missing = Missing::new();
    let mut migrations = Vec::new();
    for it in named {
        let Some(up) = by_path.get(&it.deploy).copied() else {
            let path = input.folder.show(&it.deploy);
            let told = format!(
                "the plan names `{}`, and there is no `{path}`",
                it.change.name
            );
            sink.push(
                Diagnostic::error("missing-file", told)
                    .at(it.change.at, "named here")
                    .because("sqitch stops at this change, and what comes after may need it")
                    .help("put the file back, or take the change out of the plan"),
            );
            continue;
        };
        if unsound.contains(&up) {
            continue;
        }
        let mut script = |path: &Utf8Path, file: FileId| {
            let text = psql::resolve(&files, path, file, &mut missing, sink);
            Script {
                body: files.sources.whole(file),
                parts: vec![Part::Sql(commits::without_lone_ones(
                    files.sources,
                    text,
                    sink,
                ))],
                settings: Settings::default(),
            }
        };
        let script_hash = checksum::sha1(checksum::whole(files.sources, up));
        let up = script(&it.deploy, up);
        let down = by_path
            .get(&it.revert)
            .filter(|file| !unsound.contains(*file));
        let down = down.map(|file| script(&it.revert, *file));
        migrations.extend(migration(it, &script_hash, up, down));
    }
    let because = "psql takes them from `--set` of sqitch or from its configuration; without a value the server would get the name";
    variables::report_missing(&missing, because, sink);
    Ok(Contents {
        sources: input.sources,
        migrations,
        repeatables: Vec::new(),
    })
}

/// A change, what it is called here, and its scripts.
struct Named<'p> {
    change: &'p Change,
    id: String,
    /// All but the script's hash.
    record: Record,
    deploy: Utf8PathBuf,
    revert: Utf8PathBuf,
}

fn migration(
    it: Named<'_>,
    script_hash: &str,
    up: Script,
    down: Option<Script>,
) -> Option<Migration> {
    let at = Span::new(up.body.file, 0..0);
    let note = it.change.planned.message();
    let mut migration = numbered::migration(&it.id, at, note, Some(up), down)?;
    migration.record = it.record;
    migration.record.insert("script_hash", script_hash.into());
    Some(migration)
}

/// Ids and files of all changes. What a name was before it was reworked lies under a tag.
fn named<'p>(plan: &'p Plan, home: &Home, folder: &Folder, sink: &mut Sink) -> Vec<Named<'p>> {
    let has = |path: &Utf8Path| folder.files.iter().any(|file| file.path == path);
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut named = Vec::new();
    let records = record::records(plan);
    for ((index, change), record) in plan.changes.iter().enumerate().zip(records) {
        let time = times.entry(&change.name).or_default();
        *time += 1;
        let id = match *time {
            1 => change.name.clone(),
            time => format!("{}#{time}", change.name),
        };
        let later = &plan.changes[index + 1..];
        let mut tag = None;
        if let Some(distance) = later.iter().position(|other| other.name == change.name) {
            // From the rework back to this one.
            let tags: Vec<&Tag> = plan.changes[index..=index + distance]
                .iter()
                .rev()
                .flat_map(|between| &between.tags)
                .collect();
            // The rework's own tags stand behind it.
            let own = plan.changes[index + 1 + distance].at;
            let Some(first) = tags.first() else {
                let told = format!("the plan has `{}` twice without a tag between", change.name);
                sink.push(
                    Diagnostic::error("duplicate-version", told)
                        .at(own, "again")
                        .at(change.at, "here first")
                        .because("sqitch refuses the plan: both would have the same scripts")
                        .help("give one of them another name, or tag what is released and use `sqitch rework`"),
                );
                continue;
            };
            let there = tags
                .iter()
                .find(|tag| has(&home.script(&home.deploy, &change.name, Some(&tag.name))));
            tag = Some(there.unwrap_or(first).name.as_str());
        }
        named.push(Named {
            change,
            id,
            record,
            deploy: home.script(&home.deploy, &change.name, tag),
            revert: home.script(&home.revert, &change.name, tag),
        });
    }
    named
}

/// What a change requires must stand above it in the plan, and what it conflicts with must not.
fn check_needs(plan: &Plan, sink: &mut Sink) {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut tags: BTreeSet<&str> = BTreeSet::new();
    for change in &plan.changes {
        for (written, at) in &change.needs {
            let (conflicts, need) = match written.strip_prefix('!') {
                Some(need) => (true, need),
                None => (false, written.as_str()),
            };
            let need = match need.split_once(':') {
                Some((project, need)) if project == plan.project => need,
                Some((project, _)) => {
                    let told = format!(
                        "`{written}` is of another project, `{project}`, and no script looks for it"
                    );
                    sink.push(
                        Diagnostic::warning("other-project", told)
                            .at(*at, "")
                            .because(
                                "sqitch asks the database for it, and stops where it is missing",
                            )
                            .help("see to it before the release, and write it into its ticket"),
                    );
                    continue;
                }
                None => need,
            };
            let (name, tag) = need.split_once('@').unwrap_or((need, ""));
            // `^` and `~` count from a change; an id of 40 digits is known to the database.
            if need.contains(['^', '~'])
                || (need.len() == 40 && need.bytes().all(|byte| byte.is_ascii_hexdigit()))
            {
                continue;
            }
            let is_there = (name.is_empty() || names.contains(name))
                && (tag.is_empty()
                    || matches!(tag, "ROOT" | "HEAD" | "FIRST" | "LAST")
                    || tags.contains(tag));
            if is_there == conflicts {
                let told = if conflicts {
                    format!(
                        "`{}` conflicts with `{need}`, which stands above it in the plan",
                        change.name
                    )
                } else {
                    format!(
                        "`{}` requires `{need}`, which does not stand above it in the plan",
                        change.name
                    )
                };
                sink.push(
                    Diagnostic::error("unmet-need", told)
                        .at(*at, "said here")
                        .because("sqitch stops at this change")
                        .help("move the change, or mend what it names"),
                );
            }
        }
        names.insert(&change.name);
        tags.extend(change.tags.iter().map(|tag| tag.name.as_str()));
    }
}

/// Scripts that the plan does not name are never run.
fn warn_of_others(folder: &Folder, home: &Home, sink: &mut Sink) {
    for file in &folder.files {
        if file.path.starts_with(&home.deploy) && file.path.extension() == Some(&home.extension) {
            let path = folder.show(&file.path);
            let told = format!("`{path}` is left out: the plan does not name it");
            sink.push(
                Diagnostic::warning("passed-over", told)
                    .path(path)
                    .help("add it to the plan (`sqitch add`), or remove it; what scripts include may lie in a folder of its own"),
            );
        }
    }
}

/// Reads what scripts include, and what that includes.
fn take_included(
    input: &mut Input<'_>,
    by_path: &mut BTreeMap<Utf8PathBuf, FileId>,
    sink: &mut Sink,
) -> Result<(), Error> {
    let mut look: Vec<(Utf8PathBuf, FileId)> = by_path
        .iter()
        .map(|(path, file)| (path.clone(), *file))
        .collect();
    while let Some((path, file)) = look.pop() {
        for wanted in psql::includes(&path, input.sources.text(file)) {
            if by_path.contains_key(&wanted) {
                continue;
            }
            if let Some(file) = take(input, &wanted, sink)? {
                by_path.insert(wanted.clone(), file);
                look.push((wanted, file));
            }
        }
    }
    Ok(())
}

/// Takes one file in, if it is there.
fn take(input: &mut Input<'_>, path: &Utf8Path, sink: &mut Sink) -> Result<Option<FileId>, Error> {
    let Some(file) = input.folder.take_file(path.as_str())? else {
        return Ok(None);
    };
    let taken = text::take_in(
        &input.folder,
        vec![file],
        LineEnds::KeepWithoutMark,
        &mut input.sources,
    );
    let ids = taken.into_iter().map(|file| {
        sink.join(file.sink);
        file.id
    });
    Ok(ids.last())
}

#[cfg(test)]
mod tests;
