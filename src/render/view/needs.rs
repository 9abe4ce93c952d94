//! What a script asks the server for before it changes anything, as templates see it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::block::{self, Surroundings};
use crate::name::{Ident, QualifiedName};
use crate::plan::Target;
use crate::plan::needs::{self, Asked, Need};

#[derive(Debug, Serialize)]
pub(super) struct Needs {
    groups: Vec<Group>,
    /// The words of [`Line::need`] that occur.
    kinds: Vec<&'static str>,
    /// Whether one of them is about relations.
    relations: bool,
    /// Whether one of those is a privilege.
    privileges: bool,
    unsure: Vec<usize>,
    waits: Vec<usize>,
}

#[derive(Debug, Serialize)]
struct Group {
    surroundings: Surroundings,
    /// A need each, as JSON.
    lines: Vec<String>,
}

/// A need as the script holds it.
#[derive(Debug, Default, Serialize)]
struct Line<'a> {
    need: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    by: &'a [usize],
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<usize>,
}

pub(super) fn needs(needs: needs::Needs, target: &Target) -> Needs {
    let all = || needs.groups.iter().flat_map(|group| &group.needs);
    let kinds: BTreeSet<&'static str> = all().map(|asked| words(&asked.need).need).collect();
    let relation = |need: &Need| {
        matches!(
            need,
            Need::Own(_) | Need::Drop(_) | Need::Index(_) | Need::On(..)
        )
    };
    Needs {
        kinds: kinds.into_iter().collect(),
        relations: all().any(|asked| relation(&asked.need)),
        privileges: all().any(|asked| matches!(asked.need, Need::On(..))),
        groups: needs
            .groups
            .into_iter()
            .map(|group| Group {
                lines: group.needs.iter().map(line).collect(),
                surroundings: block::surroundings(target, group.settings),
            })
            .collect(),
        unsure: needs.unsure,
        waits: needs.waits,
    }
}

fn line(asked: &Asked) -> String {
    let line = Line {
        by: &asked.by,
        after: asked.after,
        ..words(&asked.need)
    };
    serde_json::to_string(&line).expect("a need is texts and numbers")
}

fn words(need: &Need) -> Line<'_> {
    let plain = |need| Line {
        need,
        ..Line::default()
    };
    match need {
        Need::CreateInSchema(schema) => Line {
            schema: schema.as_deref(),
            ..plain("create")
        },
        Need::CreateInDatabase => plain("database"),
        Need::Own(name) => of("own", name),
        Need::Drop(name) => of("drop", name),
        Need::Index(name) => of("index", name),
        Need::On(privilege, name) => of(privilege, name),
        Need::OwnType(name) => of("own type", name),
        Need::OwnSchema(schema) => Line {
            schema: Some(schema),
            ..plain("own schema")
        },
        Need::Extension(name, version) => Line {
            name: Some(name),
            version: version.as_deref(),
            ..plain("extension")
        },
        Need::Role(name) => Line {
            name: Some(name),
            ..plain("role")
        },
    }
}

fn of<'a>(need: &'static str, name: &'a QualifiedName) -> Line<'a> {
    Line {
        need,
        schema: name.schema.as_ref().map(Ident::as_str),
        name: Some(name.name.as_str()),
        ..Line::default()
    }
}
