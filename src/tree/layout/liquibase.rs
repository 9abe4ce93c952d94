//! Liquibase: files that begin with `--liquibase formatted sql`, each with any number of changesets.
//!
//! Changesets run in the order of their files and lines, each in a transaction unless `runInTransaction:false`. The order of
//! files is that of a changelog which does nothing but include them; without one it is that of their paths, as `includeAll` has
//! it. Liquibase knows a changeset by id, author and file. Here the first of an id has that id, and later ones are
//! `author:id`, or `file::id::author` where that is taken: what is recorded stays right when others are added below.
//! (liquibase 4.28 and 5.0; tried with 4.28)
//!
//! A changeset's file is recorded with its path from where Liquibase looks. A tree knows that of itself where a changelog
//! names a file from there (`db/changelog/a.sql`); else the tree's folder is taken for the place.

mod cut;
mod judge;
mod master;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use self::cut::{Changeset, Cut};
use self::judge::Judged;
use self::master::Include;
use super::numbered::{self, Tool};
use super::{Contents, Input};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};
use crate::tree::disk::{File, Folder};
use crate::tree::text::LineEnds;
use crate::tree::variables::{self, Missing, Style};
use crate::tree::weave::Weave;
use crate::tree::{Error, Migration, Part, Script, Settings};

const TOOL: Tool = Tool {
    name: "liquibase",
    migration: |pair, sources, _| pair.migration(sources, |_| Settings::default()),
};

/// Whether a script in the folder begins as formatted SQL does, which means nothing to any other tool.
pub(super) fn is_home(folder: &Folder) -> bool {
    let mut scripts = folder.files.iter().filter(|file| file.is_sql());
    scripts.any(|file| {
        let bytes = file.bytes.as_deref().unwrap_or_default();
        std::str::from_utf8(bytes).is_ok_and(cut::is_formatted)
    })
}

/// Whether a `dbms` filter lets PostgreSQL through.
fn is_for_postgres(filter: &str) -> bool {
    let mut words = filter
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    let (refused, named): (Vec<&str>, Vec<&str>) =
        words.by_ref().partition(|word| word.starts_with('!'));
    let is_ours =
        |word: &str| word.eq_ignore_ascii_case("postgresql") || word.eq_ignore_ascii_case("all");
    !refused.iter().any(|word| is_ours(&word[1..]))
        && (named.is_empty() || named.iter().any(|word| is_ours(word)))
}

pub(super) fn read(mut input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    let wanted = |file: &File| file.is_sql() || master::is_candidate(&file.path);
    let taken = input.take(wanted, LineEnds::KeepWithoutMark)?;
    let mut scripts: BTreeMap<Utf8PathBuf, FileId> = BTreeMap::new();
    let mut lists: BTreeMap<Utf8PathBuf, (FileId, Vec<Include>)> = BTreeMap::new();
    for file in taken {
        let path = file.path.clone();
        if !file.path.as_str().to_ascii_lowercase().ends_with(".sql") {
            match master::includes(&path, input.sources.text(file.id)) {
                Some(Ok(includes)) => {
                    lists.insert(path, (file.id, includes));
                }
                Some(Err(what)) => sink.push(no_list(file.id, &what, &input.sources)),
                None => {}
            }
            continue;
        }
        let (id, sound) = numbered::judge(file, &input.sources, &TOOL, sink);
        if sound {
            scripts.insert(path, id);
        }
    }
    let ordered = order(&scripts, &lists, &input.sources, sink);
    let mut reading = Reading {
        sources: &input.sources,
        prefix: match input.tool_path {
            Some(path) => path.trim_end_matches('/').into(),
            None => prefix(&scripts, &lists),
        },
        values: input.variables,
        properties: BTreeMap::new(),
        missing: Missing::new(),
        seen: BTreeMap::new(),
        ids: BTreeSet::new(),
        sink,
    };
    let mut migrations = Vec::new();
    for (path, file) in ordered {
        migrations.extend(reading.file(&path, file));
    }
    let missing = std::mem::take(&mut reading.missing);
    let because = "liquibase puts in what is defined when it runs, and leaves others as they stand; `${:name}` stands for the text `${name}`";
    variables::report_missing(&missing, because, sink);
    Ok(Contents {
        sources: input.sources,
        migrations,
        repeatables: Vec::new(),
    })
}

/// Where the tree lies in what Liquibase looks through, as the first include tells that is written from there.
fn prefix(
    scripts: &BTreeMap<Utf8PathBuf, FileId>,
    lists: &BTreeMap<Utf8PathBuf, (FileId, Vec<Include>)>,
) -> Utf8PathBuf {
    let files = scripts.keys().chain(lists.keys());
    let files: BTreeSet<&Utf8Path> = files.map(Utf8PathBuf::as_path).collect();
    let folders = files.iter().flat_map(|path| path.ancestors().skip(1));
    let folders: BTreeSet<&Utf8Path> = folders.filter(|path| *path != "").collect();
    let mut found = lists.iter().flat_map(|(list, (_, includes))| {
        includes.iter().filter_map(|include| {
            let known = if include.is_folder { &folders } else { &files };
            let path = master::resolve(include, list, |path| known.get(path).copied())?;
            master::prefix(include, &path)
        })
    });
    found.next().unwrap_or_default()
}

fn no_list(file: FileId, what: &str, sources: &Sources) -> Diagnostic {
    let told = format!(
        "`{}` is a changelog with more than a list of files: {what}",
        sources.path(file)
    );
    Diagnostic::error("changelog", told)
        .at(Span::new(file, 0..0), "")
        .because("of changelogs in XML, YAML and JSON only `include` and `includeAll` are read: what others mean in SQL is known to liquibase alone")
        .help("write its changesets as formatted SQL (`liquibase update-sql` prints what it would run), or take the file out of the tree")
}

/// The scripts in the order they run.
fn order(
    scripts: &BTreeMap<Utf8PathBuf, FileId>,
    lists: &BTreeMap<Utf8PathBuf, (FileId, Vec<Include>)>,
    sources: &Sources,
    sink: &mut Sink,
) -> Vec<(Utf8PathBuf, FileId)> {
    let known = |path: &Utf8Path| {
        let of_scripts = scripts.get_key_value(path).map(|(path, _)| path.as_path());
        of_scripts.or_else(|| lists.get_key_value(path).map(|(path, _)| path.as_path()))
    };
    let included = |list: &Utf8Path| {
        lists.iter().any(|(path, (_, includes))| {
            let files = includes.iter().filter(|include| !include.is_folder);
            files
                .into_iter()
                .any(|include| master::resolve(include, path, known).as_deref() == Some(list))
        })
    };
    let roots: Vec<&Utf8PathBuf> = lists.keys().filter(|path| !included(path)).collect();
    let [root] = roots.as_slice() else {
        if let [first, second, ..] = roots.as_slice() {
            let told = format!(
                "the tree has several changelogs that nothing includes, `{first}` and `{second}`"
            );
            sink.push(
                Diagnostic::error("changelog", told)
                    .at(Span::new(lists[*second].0, 0..0), "")
                    .because("each could be the one that liquibase is started with, and the order of the files depends on it")
                    .help("keep the one that is run, or one that includes the others"),
            );
        } else if scripts.len() > 1 && lists.is_empty() {
            let file = scripts.values().next().map(|file| Span::new(*file, 0..0));
            let note = Diagnostic::note(
                "changelog",
                "the files are taken in the order of their paths, as `includeAll` takes them",
            );
            let note = match file {
                Some(first) => note.at(first, "the first"),
                None => note,
            };
            sink.push(note.help("if a changelog elsewhere has another order, put one into the tree that includes them in it"));
        }
        return scripts
            .iter()
            .map(|(path, file)| (path.clone(), *file))
            .collect();
    };
    let mut walk = Walk {
        scripts,
        lists,
        sources,
        listed: Vec::new(),
        open: Vec::new(),
    };
    walk.list(root, sink);
    let listed = walk.listed;
    for (path, file) in scripts {
        if !listed.contains(path) {
            let shown = sources.path(*file);
            let told = format!("`{shown}` is left out: no changelog includes it");
            sink.push(
                Diagnostic::warning("passed-over", told)
                    .path(shown.to_owned())
                    .help("include it, or remove it"),
            );
        }
    }
    listed
        .into_iter()
        .map(|path| {
            let file = scripts[&path];
            (path, file)
        })
        .collect()
}

/// On the way through lists of lists.
struct Walk<'w> {
    scripts: &'w BTreeMap<Utf8PathBuf, FileId>,
    lists: &'w BTreeMap<Utf8PathBuf, (FileId, Vec<Include>)>,
    sources: &'w Sources,
    listed: Vec<Utf8PathBuf>,
    open: Vec<Utf8PathBuf>,
}

impl Walk<'_> {
    fn list(&mut self, path: &Utf8Path, sink: &mut Sink) {
        let Some((file, includes)) = self.lists.get(path) else {
            return;
        };
        if self.open.iter().any(|open| open == path) {
            return;
        }
        self.open.push(path.to_owned());
        for include in includes {
            let at = master::place(*file, self.sources.text(*file), include);
            let found = if include.is_folder {
                self.folder(include, path)
            } else {
                let (scripts, lists) = (self.scripts, self.lists);
                let known = |path: &Utf8Path| {
                    let script = scripts.get_key_value(path).map(|(path, _)| path.as_path());
                    script.or_else(|| lists.get_key_value(path).map(|(path, _)| path.as_path()))
                };
                master::resolve(include, path, known).into_iter().collect()
            };
            if found.is_empty() {
                let told = format!("`{}` is included, and is not in the tree", include.path);
                sink.push(
                    Diagnostic::error("missing-file", told)
                        .at(at, "")
                        .because("what it holds would be missing from every script")
                        .help("put it into the tree, or name the folder above with --path"),
                );
            }
            for path in found {
                if self.lists.contains_key(&path) {
                    self.list(&path, sink);
                } else if !self.listed.contains(&path) {
                    self.listed.push(path);
                }
            }
        }
        self.open.pop();
    }

    /// The scripts below a folder, by path.
    fn folder(&self, include: &Include, list: &Utf8Path) -> Vec<Utf8PathBuf> {
        let folders: BTreeSet<&Utf8Path> = self
            .scripts
            .keys()
            .flat_map(|path| path.ancestors().skip(1))
            .collect();
        let known = |path: &Utf8Path| folders.get(path).copied();
        let Some(folder) = master::resolve(include, list, known) else {
            return Vec::new();
        };
        self.scripts
            .keys()
            .filter(|path| path.starts_with(&folder))
            .cloned()
            .collect()
    }
}

struct Reading<'r> {
    sources: &'r Sources,
    /// What stands before the paths of the tree where they are recorded.
    prefix: Utf8PathBuf,
    values: &'r BTreeMap<String, String>,
    properties: BTreeMap<String, String>,
    missing: Missing,
    /// By what Liquibase knows a changeset by.
    seen: BTreeMap<(String, String, Utf8PathBuf), Span>,
    ids: BTreeSet<String>,
    sink: &'r mut Sink,
}

impl Reading<'_> {
    fn file(&mut self, path: &Utf8Path, file: FileId) -> Vec<Migration> {
        if !cut::is_formatted(self.sources.text(file)) {
            let told = format!(
                "`{}` does not begin with `--liquibase formatted sql`",
                self.sources.path(file)
            );
            self.sink.push(
                Diagnostic::error("other-layout", told)
                    .at(Span::new(file, 0..0), "")
                    .because("liquibase would run it as one changeset whose id is its path")
                    .help("begin it with that line and a `--changeset author:id`, or move it out of the tree"),
            );
            return Vec::new();
        }
        let Cut {
            logical_path,
            changesets,
            properties,
        } = cut::cut(file, self.sources, self.sink);
        for (name, value) in properties {
            self.properties.entry(name).or_insert(value);
        }
        let recorded = record::path(logical_path.as_deref(), &self.prefix, path);
        let made = changesets
            .into_iter()
            .filter_map(|changeset| self.migration(path, &recorded, changeset));
        made.collect()
    }

    fn migration(
        &mut self,
        path: &Utf8Path,
        recorded: &Utf8Path,
        changeset: Changeset,
    ) -> Option<Migration> {
        let judged = judge::judge(&changeset, self.sink);
        if judged.is_left_out {
            return None;
        }
        let key = (
            changeset.id.clone(),
            changeset.author.clone(),
            path.to_owned(),
        );
        if let Some(first) = self.seen.get(&key) {
            let told = format!(
                "changeset {}:{} is twice in one file",
                changeset.author, changeset.id
            );
            self.sink.push(
                Diagnostic::error("duplicate-version", told)
                    .at(changeset.at, "again")
                    .at(*first, "here first")
                    .because("liquibase refuses the whole changelog")
                    .help("give one of them another id"),
            );
            return None;
        }
        self.seen.insert(key, changeset.at);
        let Changeset { id, author, .. } = &changeset;
        let names = [
            id.clone(),
            format!("{author}:{id}"),
            format!("{path}::{id}::{author}"),
        ];
        let name = names
            .into_iter()
            .find(|name| self.ids.insert(name.clone()))?;
        let home = changeset.at;
        let up = self.script(&changeset.sql, &changeset.sql, home, &judged);
        let down = changeset
            .rollback
            .as_ref()
            .map(|sql| self.script(sql, &changeset.rollback_lines, home, &judged));
        let from = [self.values, &self.properties];
        let record = record::record(&changeset, recorded, self.sources, |name| value(from, name));
        let mut migration = numbered::migration(&name, home, changeset.comment, Some(up), down)?;
        migration.at = home;
        migration.record = record;
        Some(migration)
    }

    /// Stretches of SQL as one text. `lines` is what is written for them in the file.
    fn script(&mut self, sql: &[Span], lines: &[Span], home: Span, judged: &Judged) -> Script {
        let is_blank = |span: &&Span| self.sources.slice(**span).trim().is_empty();
        let first = lines.iter().position(|span| !is_blank(&span));
        let last = lines.iter().rposition(|span| !is_blank(&span));
        let end = home.range().end;
        let body = match (first, last) {
            (Some(first), Some(last)) => Span::new(
                home.file,
                lines[first].range().start..lines[last].range().end,
            ),
            _ => Span::new(home.file, end..end),
        };
        let mut settings = judged.settings.clone();
        let mut weave = Weave::default();
        let from = [self.values, &self.properties];
        let style = Style {
            name: placeholder,
            value: &|name| match name.strip_prefix(':') {
                Some(literal) => Some(format!("${{{literal}}}")),
                None => value(from, name).map(str::to_owned),
            },
        };
        // Blank lines before the first and after the last are nobody's.
        for span in sql
            .iter()
            .filter(|span| (body.start..body.end).contains(&span.start))
        {
            if judged.delimiter.as_deref() == Some(self.sources.slice(*span).trim()) {
                weave.instead(";\n", *span);
                continue;
            }
            weave.verbatim(self.sources, *span);
        }
        let text = weave.finish(body);
        let text = variables::place(self.sources, text, &style, &mut self.missing, self.sink);
        settings.variables = text
            .origins
            .iter()
            .any(|origin| !origin.verbatim && self.sources.slice(origin.span).starts_with("${"));
        Script {
            body,
            parts: vec![Part::Sql(text)],
            settings,
        }
    }
}

/// The value of a parameter: what the config says goes before what the files say, and capitals are as small letters
/// (`ChangeLogParameters`).
fn value<'v>(from: [&'v BTreeMap<String, String>; 2], name: &str) -> Option<&'v str> {
    from.into_iter().find_map(|all| {
        let exact = all.get(name);
        let found = exact.or_else(|| {
            let mut all = all.iter();
            all.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value))
        });
        found.map(String::as_str)
    })
}

/// The name in a placeholder: anything up to the next `}` on the line (`ExpressionExpander`).
fn placeholder(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find(['}', '\n', ' '])?;
    (end > 0 && inner[end..].starts_with('}')).then_some(&inner[..end])
}

#[cfg(test)]
mod tests;
