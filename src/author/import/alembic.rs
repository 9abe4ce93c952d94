//! What Alembic tells of a project, as lines of JSON: its graph, and what each revision runs. From these to native
//! revisions.
//!
//! What Alembic writes around a revision (its own row, BEGIN and COMMIT, the line that names it) was kept apart when it was
//! written, so nothing is looked for in texts. A direction that gave no SQL is unknown, not empty.

use std::collections::BTreeMap;

use camino::Utf8Path;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Revision, Section, Sql, ids, put_together, word};
use crate::diagnostic::{Diagnostic, Sink};
use crate::name::RevisionId;

/// A line of the answer.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Alembic is not there, or takes the project for none.
    Failed {
        /// What did not go.
        failed: String,
        /// Python's word for it; may be empty.
        reason: String,
        /// The Python that was asked.
        python: String,
    },
    /// A revision of the graph.
    Known(Box<Known>),
    /// The graph was told whole.
    Whole {
        /// Always `whole`.
        graph: String,
        /// Alembic's version.
        alembic: String,
    },
    /// A revision is about to run.
    Begins {
        /// Its id.
        begins: String,
    },
    /// What a revision runs.
    Ran(Box<Ran>),
}

/// A revision as Alembic knows it. Ids are whole, labels are its own.
#[derive(Debug, Clone, Deserialize)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a thing that its file does, or does not"
)]
pub struct Known {
    /// Its id.
    pub revision: String,
    parents: Vec<String>,
    labels: Vec<String>,
    depends_on: Vec<String>,
    message: String,
    /// The words behind `Create Date:`.
    created: Option<String>,
    path: String,
    /// Whether a string in its file holds a tab.
    tabs: bool,
    /// Whether it asks if there is a database.
    asks: bool,
    /// Whether `upgrade()` and `downgrade()` hold anything but `pass`.
    upgrade: bool,
    downgrade: bool,
}

impl Known {
    /// The same, its path told from where this folder is named.
    #[must_use]
    pub fn under(self, folder: &Utf8Path) -> Self {
        let path = folder.join(&self.path).into_string();
        Self { path, ..self }
    }
}

/// What a revision runs.
#[derive(Debug, Clone, Deserialize)]
pub struct Ran {
    /// Its id.
    pub ran: String,
    upgrade: Direction,
    downgrade: Direction,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Direction {
    Failed {
        error: String,
        /// The line of the revision's file, and its text.
        line: Option<(u32, String)>,
        /// Whether the migration had begun.
        inside: bool,
    },
    Wrote {
        before: Vec<String>,
        by: Vec<String>,
        after: Vec<String>,
        /// Schema and name of the version table.
        table: (Option<String>, String),
    },
}

/// A line of the answer; `None` where it is none.
pub fn answer(line: &str) -> Option<Answer> {
    serde_json::from_str(line).ok()
}

/// Why nothing of a project can be imported: env.py ends before any migration begins, each time.
pub fn fails_everywhere(ran: &[Ran]) -> Option<&str> {
    let mut first = None;
    for one in ran {
        match &one.upgrade {
            Direction::Failed {
                error,
                inside: false,
                ..
            } => first = first.or(Some(error.as_str())),
            Direction::Failed { .. } | Direction::Wrote { .. } => return None,
        }
    }
    first
}

/// The schema and name of the version table, where env.py names another than Alembic's own.
pub fn version_table(ran: &[Ran]) -> Option<(Option<&str>, &str)> {
    ran.iter().find_map(|one| match &one.upgrade {
        Direction::Wrote { table, .. } if table.0.is_some() || table.1 != "alembic_version" => {
            Some((table.0.as_deref(), table.1.as_str()))
        }
        Direction::Wrote { .. } | Direction::Failed { .. } => None,
    })
}

/// The revisions, parents first, with what must be known of them. What did not run to its end is not among `ran`.
pub fn revisions(known: &[Known], ran: &[Ran], sink: &mut Sink) -> Vec<Revision> {
    let names: Vec<&str> = known.iter().map(|one| one.revision.as_str()).collect();
    let here = ids(&names);
    let by_name: BTreeMap<&str, &RevisionId> = names.iter().copied().zip(&here).collect();
    let ran: BTreeMap<&str, &Ran> = ran.iter().map(|one| (one.ran.as_str(), one)).collect();
    let revisions = known.iter().zip(&here).map(|(one, id)| {
        let ran = ran.get(one.revision.as_str());
        let section = |function, holds, direction: fn(&Ran) -> &Direction| {
            let direction = ran.map(|ran| direction(ran));
            section(one, function, holds, direction)
        };
        let depends_on = one.depends_on.iter();
        Revision {
            id: id.clone(),
            parents: one
                .parents
                .iter()
                .filter_map(|parent| by_name.get(parent.as_str()).map(|id| (*id).clone()))
                .collect(),
            depends_on: depends_on
                .map(|name| {
                    by_name
                        .get(name.as_str())
                        .map_or_else(|| word(name), ToString::to_string)
                })
                .collect(),
            labels: one.labels.iter().map(|label| word(label)).collect(),
            message: one.message.clone(),
            created: one.created.as_deref().and_then(created),
            origin: one.path.clone(),
            allow: Vec::new(),
            variables: false,
            upgrade: section("upgrade", one.upgrade, |ran| &ran.upgrade),
            downgrade: Some(section("downgrade", one.downgrade, |ran| &ran.downgrade)),
        }
    });
    let revisions: Vec<Revision> = revisions.collect();
    tell(known, &here, &ran, sink);
    no_way_back(&revisions, sink);
    revisions
}

/// A time as `alembic revision` writes it. Without an offset it is taken for UTC.
fn created(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let time: jiff::civil::DateTime = text.parse().ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(time.timestamp())
}

fn section(known: &Known, function: &str, holds: bool, direction: Option<&Direction>) -> Section {
    let path = &known.path;
    let Some(direction) = direction else {
        return Section::Unknown(format!("Python ended in the middle of {path}"));
    };
    let stops = format!("`alembic {function} --sql` stops");
    match direction {
        Direction::Failed {
            error,
            line,
            inside,
        } => Section::Unknown(match line {
            Some((number, text)) => {
                format!("{stops} at {path}:{number}, `{}`: {error}", text.trim())
            }
            None if *inside => format!("{stops} in {path}: {error}"),
            None => format!("{stops} before it comes to {path}: {error}"),
        }),
        Direction::Wrote { by, .. } if holds && by.is_empty() => Section::Unknown(format!(
            "{function}() in {path} holds Python that gives no SQL without a database"
        )),
        Direction::Wrote {
            before, by, after, ..
        } => match sql(before, by, after) {
            Ok(sql) => Section::Sql(sql),
            Err(why) => Section::Unknown(format!("{path}: {why}")),
        },
    }
}

/// The SQL of one direction. What env.py runs itself comes along, before and behind.
fn sql(before: &[String], by: &[String], after: &[String]) -> Result<Sql, String> {
    let (before, after) = (own(before), own(after));
    // What stands outside of a transaction in it (`autocommit_block`), and what inside.
    let mut blocks: Vec<(bool, Vec<&str>)> = vec![(true, Vec::new())];
    for text in by.iter().map(|text| statement(text)) {
        match text {
            "COMMIT" => blocks.push((false, Vec::new())),
            "BEGIN" => blocks.push((true, Vec::new())),
            text => {
                if let Some((_, texts)) = blocks.last_mut() {
                    texts.push(text);
                }
            }
        }
    }
    blocks.retain(|(_, texts)| !texts.is_empty());
    if blocks.is_empty() {
        return Ok(Sql::default());
    }
    let (around, behind) = (put_together(before)?, put_together(after)?);
    let no_transaction = blocks.iter().all(|(inside, _)| !inside);
    let whole = blocks.iter().all(|(inside, _)| *inside);
    let mut text = around;
    for (inside, texts) in blocks {
        let texts = put_together(texts)?;
        if inside && !whole {
            text.push_str("BEGIN;\n");
            text.push_str(&texts);
            text.push_str("COMMIT;\n");
        } else {
            text.push_str(&texts);
        }
    }
    text.push_str(&behind);
    Ok(Sql {
        text,
        no_transaction,
    })
}

/// What env.py runs itself.
fn own(texts: &[String]) -> Vec<&str> {
    let texts = texts.iter().map(|text| statement(text));
    texts
        .filter(|text| {
            !matches!(*text, "BEGIN" | "COMMIT" | "") && !text.starts_with("-- Running ")
        })
        .collect()
}

/// A text as it was handed to Alembic, which puts a `;` and a blank line behind each.
fn statement(text: &str) -> &str {
    let text = text.trim_end_matches('\n');
    text.strip_suffix(';').unwrap_or(text)
}

/// What must be known of revisions, beside that there is no SQL of some.
fn tell(known: &[Known], here: &[RevisionId], ran: &BTreeMap<&str, &Ran>, sink: &mut Sink) {
    for (one, id) in known.iter().zip(here) {
        let wrote = ran.get(one.revision.as_str()).is_some_and(
            |ran| matches!(&ran.upgrade, Direction::Wrote { by, .. } if !by.is_empty()),
        );
        if one.asks && wrote {
            sink.push(
                Diagnostic::warning("import-asks", format!("`{id}` asks whether there is a database, and may do more where there is one"))
                    .path(one.path.clone())
                    .because("what it does only then is no SQL that Alembic can write, so it is not in the new file")
                    .help("hold the new file against what it does online, and write what is missing into it"),
            );
        }
        if one.tabs && wrote {
            sink.push(
                Diagnostic::note("import-tabs", format!("`{id}` holds a tab in a string, of which Alembic makes four blanks when it writes SQL"))
                    .path(one.path.clone())
                    .help("where the tab matters (in data, not between words), put it back into the new file"),
            );
        }
    }
    let around = ran.values().find_map(|ran| match &ran.upgrade {
        Direction::Wrote { before, after, .. } => own(before)
            .first()
            .or(own(after).first())
            .map(|text| (*text).to_owned()),
        Direction::Failed { .. } => None,
    });
    if let Some(text) = around {
        sink.push(
            Diagnostic::note("import-env", format!("env.py runs SQL of its own with every migration, beginning with `{}`", crate::author::one_line(&text)))
                .because("it stands in the new files, where it ran: before the SQL of each revision, or behind it")
                .help("a role, search_path or timeout is better set for all, under [target] in signoff.toml"),
        );
    }
    renamed(
        known.iter().map(|one| one.revision.as_str()).zip(here),
        sink,
    );
}

/// Says which revisions go up and not back.
fn no_way_back(revisions: &[Revision], sink: &mut Sink) {
    const SHOWN: usize = 4;
    let kept = revisions.iter().filter(|revision| {
        revision.gap().is_none() && matches!(revision.downgrade, Some(Section::Unknown(_)))
    });
    let ids: Vec<&str> = kept.map(|revision| revision.id.as_str()).collect();
    if ids.is_empty() {
        return;
    }
    let more = if ids.len() > SHOWN {
        format!(" and {} more", ids.len() - SHOWN)
    } else {
        String::new()
    };
    let shown = ids[..ids.len().min(SHOWN)].join(", ");
    sink.push(
        Diagnostic::note(
            "import-irreversible",
            format!("there is no way back over {shown}{more}: Alembic gives no SQL for it"),
        )
        .because("their files say `irreversible`, with the reason")
        .help("where there is a way, write its SQL below `--! downgrade`, and take `irreversible` out of the line"),
    );
}

/// Says which ids are other ones here.
pub(super) fn renamed<'r>(ids: impl Iterator<Item = (&'r str, &'r RevisionId)>, sink: &mut Sink) {
    const SHOWN: usize = 4;
    let other: Vec<String> = ids
        .filter(|(name, id)| *name != id.as_str())
        .map(|(name, id)| format!("`{}` is `{id}`", name.escape_debug()))
        .collect();
    if other.is_empty() {
        return;
    }
    let more = if other.len() > SHOWN {
        format!(", and {} more", other.len() - SHOWN)
    } else {
        String::new()
    };
    let shown = &other[..other.len().min(SHOWN)];
    sink.push(
        Diagnostic::note(
            "import-renamed",
            format!(
                "ids that can't be ids here are other ones: {}{more}",
                shown.join(", ")
            ),
        )
        .because("an id here has 4 to 64 letters, digits, `_` and `.`"),
    );
}
