//! From a tree of any layout to native revisions: one line, in the order of the tool that it belongs to.

use std::collections::BTreeMap;

use super::{Revision, Section, Sql, ids, put_together, word};
use crate::author::NewFile;
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::Sources;
use crate::tree::{Migration, Part, Script, Text, Tree};

/// The revisions, each on the one before it.
pub fn revisions(tree: &Tree, sink: &mut Sink) -> Vec<Revision> {
    let names: Vec<&str> = tree.migrations.iter().map(|it| it.id.as_str()).collect();
    let here = ids(&names);
    let mut revisions: Vec<Revision> = Vec::with_capacity(here.len());
    for (migration, id) in tree.migrations.iter().zip(&here) {
        let parents = revisions.last().map(|below| below.id.clone());
        revisions.push(Revision {
            id: id.clone(),
            parents: parents.into_iter().collect(),
            depends_on: Vec::new(),
            labels: Vec::new(),
            message: migration.message.clone(),
            created: migration
                .created
                .map(|(time, _)| time)
                .or_else(|| super::time_of(migration.id.as_str())),
            origin: tree.sources.path(migration.at.file).to_string(),
            ..directions(tree, migration)
        });
    }
    super::alembic::renamed(names.into_iter().zip(&here), sink);
    line_ends(tree, sink);
    revisions
}

/// The files of what runs again whenever it changes, below the migrations folder.
pub fn repeatables(tree: &Tree) -> Result<Vec<NewFile>, String> {
    let names: Vec<String> = tree.repeatables.iter().map(|it| word(&it.name)).collect();
    let sorted = names.is_sorted();
    let files = tree.repeatables.iter().enumerate().map(|(at, repeatable)| {
        let name = &names[at];
        if names[..at].contains(name) {
            return Err(format!(
                "two repeatables would be called `{name}`; rename one of them"
            ));
        }
        let mut after: Vec<String> = repeatable
            .after
            .iter()
            .map(|(name, _)| word(name))
            .collect();
        if let Some(before) = at.checked_sub(1).filter(|_| !sorted && after.is_empty()) {
            after.push(names[before].clone());
        }
        let (section, _) = section(&tree.sources, &repeatable.apply);
        let sql = match section {
            Section::Sql(sql) => sql,
            Section::Unknown(why) => return Err(format!("repeatable `{name}`: {why}")),
        };
        let origin = tree.sources.path(repeatable.at.file).as_str();
        Ok(NewFile {
            path: format!("repeatable/{name}.sql").into(),
            text: super::repeatable(name, &after, origin, &sql),
        })
    });
    files.collect()
}

fn directions(tree: &Tree, migration: &Migration) -> Revision {
    let both = |script: &Option<Script>| script.as_ref().map(|it| section(&tree.sources, it));
    let mut allow = Vec::new();
    let up = both(&migration.up).unwrap_or_else(|| {
        let why = format!("{} has no file for the way up", tree.layout);
        allow.push(("empty-upgrade".to_owned(), why));
        (Section::Sql(Sql::default()), false)
    });
    let down = both(&migration.down);
    let variables = up.1 || down.as_ref().is_some_and(|down| down.1);
    let reason = migration.irreversible.clone().map(Section::Unknown);
    Revision {
        id: migration.id.clone(),
        parents: Vec::new(),
        depends_on: Vec::new(),
        labels: Vec::new(),
        message: String::new(),
        created: None,
        origin: String::new(),
        allow,
        variables,
        upgrade: up.0,
        downgrade: reason.or(down.map(|down| down.0)),
    }
}

/// A script as a section, and whether values of variables stand in it.
fn section(sources: &Sources, script: &Script) -> (Section, bool) {
    let values = script.variables(sources);
    let mut variables = false;
    let mut texts: Vec<String> = Vec::new();
    for part in &script.parts {
        match part {
            Part::Sql(text) => texts.push(with_names(sources, text, &values, &mut variables)),
            Part::Data(_) | Part::Step(_) => {
                let why = "it holds what only a native file can".to_owned();
                return (Section::Unknown(why), false);
            }
        }
    }
    let section = match put_together(texts.iter().map(String::as_str)) {
        Ok(text) => Section::Sql(Sql {
            text,
            no_transaction: script.settings.no_transaction,
        }),
        Err(why) => Section::Unknown(why),
    };
    (section, variables)
}

/// A text in which `${name}` stands again where it stood, and not what it means today.
fn with_names(
    sources: &Sources,
    text: &Text,
    values: &BTreeMap<&str, &str>,
    variables: &mut bool,
) -> String {
    let mut named = String::with_capacity(text.text.len());
    for (at, origin) in text.origins.iter().enumerate() {
        let end = text
            .origins
            .get(at + 1)
            .map_or(text.text.len(), |next| next.at);
        let written = sources.slice(origin.span);
        let name = written
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        if !origin.verbatim && name.is_some_and(|name| values.contains_key(name)) {
            *variables = true;
            named.push_str(written);
        } else {
            named.push_str(&text.text[origin.at..end]);
        }
    }
    named
}

fn line_ends(tree: &Tree, sink: &mut Sink) {
    let files = tree.sources.files();
    let carried: Vec<_> = files.filter(|(_, text)| text.contains("\r\n")).collect();
    if let [(first, _), ..] = carried.as_slice() {
        let told = format!(
            "{} of the files end their lines with CRLF, and the new ones with LF",
            carried.len()
        );
        sink.push(
            Diagnostic::note("import-line-ends", told)
                .path((*first).to_owned())
                .because("a literal or a function's body that goes over several lines is another one by that"),
        );
    }
}
