//! The migration tree as it is on disk: files in, [`Migration`]s out.
//!
//! Reads each file once. Knows layouts, headers, directives and CSV; does not know what SQL means, which
//! revision comes first, or what is sealed.

mod csv;
mod disk;
pub mod layout;
mod text;
mod variables;
mod weave;

use std::borrow::Cow;
use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use crate::config::Order;
use crate::diagnostic::{Diagnostic, Sink};
use crate::name::RevisionId;
use crate::source::{FileId, Sources, Span, Stretch};

/// Name of the file that says which revisions are published.
pub const SEAL_FILE: &str = "signoff.sum";

/// Reads a tree. What is wrong in the files is reported, and reading goes on, so that one run tells all of it.
pub fn read(request: &Request, sink: &mut Sink) -> Result<Tree, Error> {
    let folder = disk::Folder::list(&request.cwd, &request.root, sink)?;
    read_folder(folder, request, sink)
}

/// Reads a tree of which no file is on disk: an earlier state, as version control keeps it. Paths begin at the tree's
/// folder.
pub fn read_given(
    request: &Request,
    files: Vec<(Utf8PathBuf, Vec<u8>)>,
    sink: &mut Sink,
) -> Result<Tree, Error> {
    let folder = disk::Folder::given(&request.root, files, sink)?;
    read_folder(folder, request, sink)
}

fn read_folder(
    mut folder: disk::Folder,
    request: &Request,
    sink: &mut Sink,
) -> Result<Tree, Error> {
    let layout = layout::choose(&request.layout, &mut folder)?;
    let seal_file = folder.take_file(SEAL_FILE)?;
    let root = folder.shown.clone();
    let mut sources = Sources::default();
    let seals = seal_file.map(|file| {
        let taken = text::take_in(&folder, vec![file], text::LineEnds::Fold, &mut sources);
        let mut ids = taken.into_iter().map(|taken| {
            sink.join(taken.sink);
            taken.id
        });
        ids.next().expect("one file in, one file out")
    });
    let input = layout::Input {
        folder,
        sources,
        variables: &request.variables,
        tool_path: request.tool_path.as_deref(),
    };
    let contents = layout.read(input, sink)?;
    if contents.migrations.is_empty() && !sink.has_errors() {
        sink.push(
            Diagnostic::warning("empty-tree", format!("`{root}` holds no migrations"))
                .path(root.clone())
                .help("write the first one with `signoff revision -m \"…\"`"),
        );
    }
    Ok(Tree {
        root,
        layout: layout.name,
        lineage: layout.lineage,
        order: layout.order,
        sources: contents.sources,
        migrations: contents.migrations,
        repeatables: contents.repeatables,
        seals,
    })
}

/// What [`read`] is asked.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The working folder, absolute.
    pub cwd: Utf8PathBuf,
    /// The tree's folder, as the user named it.
    pub root: Utf8PathBuf,
    /// `auto`, or the name of one of [`layout::LAYOUTS`].
    pub layout: String,
    /// Values for `${name}`, by name.
    pub variables: BTreeMap<String, String>,
    /// The folder as its tool has it in the paths that it records.
    pub tool_path: Option<String>,
}

/// Why there is no tree to speak of.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such folder.
    #[error(
        "there is no migrations folder `{path}`; name another with --path or under [migrations] in signoff.toml, or begin one with `signoff init`"
    )]
    Missing {
        /// As the user named it.
        path: Utf8PathBuf,
    },
    /// Something else stands there.
    #[error("`{path}` is not a folder; name the folder that holds the migrations")]
    NotAFolder {
        /// As the user named it.
        path: Utf8PathBuf,
    },
    /// The path would move the cursor or break the line of whatever names it.
    #[error("the path `{}` holds a control character; rename the folder", path.as_str().escape_debug())]
    Unprintable {
        /// As the user named it.
        path: Utf8PathBuf,
    },
    /// A file or folder can't be read.
    #[error("cannot read `{path}`: {source}; see to it that it can be read, and run again")]
    Unreadable {
        /// As the user would type it.
        path: Utf8PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// 4 GiB or more.
    #[error("`{path}` has 4 GiB or more; load such an amount of data outside of a migration")]
    TooLarge {
        /// As the user would type it.
        path: Utf8PathBuf,
    },
    /// A layout that is not built.
    #[error("there is no layout `{}`{}; the layouts are {}", name.escape_debug(), did_you_mean(*nearest), layout::names())]
    UnknownLayout {
        /// What was asked for.
        name: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// Alembic's migrations.
    #[error(
        "`{path}` holds Alembic's migrations, which are programs and not SQL: `signoff import alembic --from DIR` writes them as a tree of SQL, where DIR is the project's folder, with its `alembic.ini`"
    )]
    Alembic {
        /// As the user named it.
        path: Utf8PathBuf,
    },
    /// The files fit no layout, or several.
    #[error(
        "cannot tell which layout `{path}` has: {saw}; say it with --layout: {}",
        layout::names()
    )]
    UnclearLayout {
        /// As the user named it.
        path: Utf8PathBuf,
        /// What is there.
        saw: String,
    },
}

fn did_you_mean(word: Option<&str>) -> String {
    word.map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

/// A tree that was read.
#[derive(Debug)]
pub struct Tree {
    /// The folder, as the user named it.
    pub root: Utf8PathBuf,
    /// The layout's name: one of [`layout::LAYOUTS`].
    pub layout: &'static str,
    /// How revisions follow each other.
    pub lineage: Lineage,
    /// What a script does where a revision is missing below one that is applied, and nobody says: what the tree's own
    /// tool does.
    pub order: Order,
    /// Every text that was read. Paths are relative to the working folder, with `/`.
    pub sources: Sources,
    /// In file-name order for the native layout, in the tool's own order for the others.
    pub migrations: Vec<Migration>,
    /// Files of `repeatable/`, in the order they run: what comes `after` others behind them, else by name.
    pub repeatables: Vec<Repeatable>,
    /// `signoff.sum`, where there is one.
    pub seals: Option<FileId>,
}

impl Tree {
    /// Whether the tree's own tool applies a revision that is missing below one that is applied.
    pub fn takes_late(&self) -> bool {
        match self.order {
            Order::Strict => false,
            Order::Warn | Order::Any => true,
        }
    }

    /// Names of the repeatables that must run again because of a migration: those it names, and all that come after
    /// them, for what stands on a view goes with it.
    pub fn recreated(&self, migration: &Migration) -> Vec<String> {
        let names = migration.recreates.iter();
        let mut all: Vec<String> = names.map(|(name, _)| name.clone()).collect();
        // They stand in the order they run, so one walk reaches everything.
        for repeatable in &self.repeatables {
            let stands_on = repeatable.after.iter().any(|(name, _)| all.contains(name));
            if stands_on && !all.contains(&repeatable.name) {
                all.push(repeatable.name.clone());
            }
        }
        all
    }
}

/// How revisions follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lineage {
    /// Each names its parents.
    Parents,
    /// A number or name orders them: `migrations` stands in that order, and nobody has parents.
    Numbered,
}

/// The two ways a revision can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Apply.
    Up,
    /// Revert.
    Down,
}

/// What a tool of another layout records of a migration beside its id, by the names that the tool's version table or its
/// documents have for it. Empty where that is nothing.
pub type Record = BTreeMap<&'static str, serde_json::Value>;

/// The file or files that a person wrote for one revision.
#[derive(Debug)]
pub struct Migration {
    /// Its id.
    pub id: RevisionId,
    /// Where the id is said: the header's value, or the start of the file.
    pub at: Span,
    /// One line of prose; empty where the layout has none.
    pub message: String,
    /// Parents, each with the place it is named.
    pub parents: Vec<(RevisionId, Span)>,
    /// Revisions of other branches that must be applied first (ids, or labels).
    pub depends_on: Vec<(String, Span)>,
    /// Branch labels.
    pub labels: Vec<(String, Span)>,
    /// When it was written, with its place.
    pub created: Option<(jiff::Timestamp, Span)>,
    /// Repeatables that must run again because this revision dropped what they make.
    pub recreates: Vec<(String, Span)>,
    /// Revisions whose place it takes, in the order in which they were applied: a database may have them instead.
    pub replaces: Vec<(RevisionId, Span)>,
    /// Rules that the author allows here: rule and reason.
    pub allow: Vec<(String, String)>,
    /// The upgrade. `None` where a layout lets it be missing (golang-migrate): the revision then only moves the version.
    pub up: Option<Script>,
    /// The downgrade. `None` is missing; an empty one is a `Script` without statements.
    pub down: Option<Script>,
    /// Why there is no way back, where the author says so.
    pub irreversible: Option<String>,
    /// What the tree's own tool records of it beside the id, by the name that its scheme knows it by.
    pub record: Record,
}

impl Migration {
    /// What stands in the way of a release of it, where its upgrade is not written by its own word.
    pub fn unwritten(&self) -> Option<Diagnostic> {
        let reason = self.up.as_ref()?.settings.unwritten.as_ref()?;
        let told = format!("the upgrade of `{}` is not written: {reason}", self.id);
        Some(
            Diagnostic::error("unwritten-upgrade", told)
                .at(self.at, "this revision")
                .because("a database would record it as applied, and would have nothing of it")
                .help("write its SQL below `--! upgrade`, and take `unwritten` out of that line")
                .help("where a new database needs nothing of it, leave the upgrade empty and say why: --! allow = { empty-upgrade = \"reason\" }"),
        )
    }

    /// The script of a direction.
    pub fn script(&self, direction: Direction) -> Option<&Script> {
        match direction {
            Direction::Up => self.up.as_ref(),
            Direction::Down => self.down.as_ref(),
        }
    }
}

/// The SQL of one direction.
#[derive(Debug, Clone)]
pub struct Script {
    /// The unsubstituted text, directives inside it included. Digests are over this.
    pub body: Span,
    /// What runs, in order.
    pub parts: Vec<Part>,
    /// What the header and the direction's options ask for.
    pub settings: Settings,
}

impl Script {
    /// The script cut where its author ends a step; itself where nobody does.
    pub fn steps(&self) -> Vec<Cow<'_, Self>> {
        let is_end = |part: &Part| matches!(part, Part::Step(_));
        if !self.parts.iter().any(is_end) {
            return vec![Cow::Borrowed(self)];
        }
        let steps = self.parts.split(is_end).map(|parts| {
            Cow::Owned(Self {
                body: self.body,
                parts: parts.to_vec(),
                settings: self.settings.clone(),
            })
        });
        steps.collect()
    }

    /// The variables whose values stand in the script, by name. An empty value is not seen.
    pub fn variables<'t>(&'t self, sources: &'t Sources) -> BTreeMap<&'t str, &'t str> {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Sql(text) => Some(text),
            Part::Data(_) | Part::Step(_) => None,
        });
        let values = texts.flat_map(|text| {
            text.origins.iter().enumerate().filter_map(|(at, origin)| {
                let end = text
                    .origins
                    .get(at + 1)
                    .map_or(text.text.len(), |next| next.at);
                let name = variables::name(sources.slice(origin.span))?;
                (!origin.verbatim).then(|| (name, &text.text[origin.at..end]))
            })
        });
        values.collect()
    }
}

/// What an author asks for, beside the SQL. Each changes what runs and so is part of the digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `transaction = false`, or a tool's own marker.
    pub no_transaction: bool,
    /// Runs as this role.
    pub role: Option<String>,
    /// With this search_path.
    pub search_path: Option<String>,
    /// With this lock_timeout.
    pub lock_timeout: Option<String>,
    /// With this statement_timeout.
    pub statement_timeout: Option<String>,
    /// `variables = true`.
    pub variables: bool,
    /// Why there is no SQL: an upgrade that somebody has still to write, and that nothing runs, records or seals.
    pub unwritten: Option<String>,
}

/// A stretch of a script.
#[derive(Debug, Clone)]
pub enum Part {
    /// SQL text.
    Sql(Text),
    /// Rows of a CSV file.
    Data(Data),
    /// The end of a step: what follows runs in a transaction of its own, and in a session that is as it was.
    Step(Span),
}

/// SQL after substitution, with the way back to the files.
#[derive(Debug, Default, Clone)]
pub struct Text {
    /// What runs.
    pub text: Stretch,
    /// Where stretches of `text` come from, ascending, the first at 0.
    pub origins: Vec<Origin>,
}

/// `text` from `at` on comes from `span`.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// Offset in the text.
    pub at: usize,
    /// The bytes in the file: as long as the stretch for plain text, the placeholder for a variable's value.
    pub span: Span,
    /// Whether the stretch stands in the file letter for letter.
    pub verbatim: bool,
}

impl Text {
    /// Plain text of one span.
    pub fn verbatim(sources: &Sources, span: Span) -> Self {
        Self {
            text: sources.stretch(span),
            origins: vec![Origin {
                at: 0,
                span,
                verbatim: true,
            }],
        }
    }

    /// The place in the files of a range of the text.
    ///
    /// # Panics
    /// When the text has no origin.
    pub fn locate(&self, range: std::ops::Range<usize>) -> Span {
        let start = self.origin(range.start);
        let end = self.origin(range.end.max(range.start + 1) - 1);
        let from = if start.verbatim {
            start.span.start as usize + range.start - start.at
        } else {
            start.span.start as usize
        };
        let to = if end.span.file != start.span.file {
            // It goes on in a file that is included: what of it stands in this one.
            start.span.end as usize
        } else if end.verbatim {
            end.span.start as usize + range.end - end.at
        } else {
            end.span.end as usize
        };
        Span::new(start.span.file, from..to.max(from))
    }

    fn origin(&self, at: usize) -> &Origin {
        let next = self.origins.partition_point(|origin| origin.at <= at);
        &self.origins[next.saturating_sub(1)]
    }
}

/// A `--! data` directive: a CSV file of the tree as rows of the script.
#[derive(Debug, Clone)]
pub struct Data {
    /// The directive.
    pub at: Span,
    /// The CSV file; its text is part of the digest.
    pub file: FileId,
    /// The table, as written.
    pub table: String,
    /// The columns on which the table is unique.
    pub key: Vec<String>,
    /// What happens to a row that is there already.
    pub on_conflict: OnConflict,
    /// Column names, from the first row.
    pub columns: Vec<String>,
    /// Cells; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

/// What happens to a row that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// The server's own error.
    Error,
    /// The row that is there stays.
    Nothing,
    /// The row that is there takes the file's values.
    Update,
}

/// A file of `repeatable/`: SQL that runs again whenever its text changed.
#[derive(Debug)]
pub struct Repeatable {
    /// Its name, unique in the tree.
    pub name: String,
    /// Where the name is said.
    pub at: Span,
    /// Names that run before it.
    pub after: Vec<(String, Span)>,
    /// The `--! apply` section.
    pub apply: Script,
    /// What the tree's own tool records of it, as of a migration.
    pub record: Record,
}

#[cfg(test)]
mod tests;
