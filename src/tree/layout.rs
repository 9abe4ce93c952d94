//! The layouts that a tree can have on disk, in one table, and how a tree's own layout is recognised.
//!
//! A new layout is a file in this folder and a row in [`LAYOUTS`].

mod checksum;
mod dbmate;
mod diesel;
mod drizzle;
mod embedded;
mod filled;
mod flyway;
mod folders;
mod golang_migrate;
mod goose;
mod graphile_migrate;
mod liquibase;
mod marks;
mod native;
mod node_pg_migrate;
mod numbered;
mod prisma;
mod refinery;
mod sections;
mod sqitch;
mod sql_migrate;
mod sqlx;
mod supabase;
mod template;
mod tern;

use std::collections::BTreeMap;
use std::ops::Range;

use camino::Utf8Path;

use super::disk::{File, Folder};
use super::text::{self, LineEnds, Taken};
use super::{Error, Lineage, Migration, Repeatable};
use crate::config::{Order, table};
use crate::diagnostic::Sink;
use crate::source::Sources;

/// The layouts.
pub static LAYOUTS: &[Layout] = &[
    Layout {
        name: "native",
        files: "`.sql` files with a `--!` header",
        lineage: Lineage::Parents,
        order: Order::Strict,
        claims: native::claims,
        read: native::read,
    },
    Layout {
        name: "golang-migrate",
        files: "pairs like `1_name.up.sql` and `1_name.down.sql`",
        lineage: Lineage::Numbered,
        order: Order::Strict,
        claims: golang_migrate::claims,
        read: golang_migrate::read,
    },
    Layout {
        name: "diesel",
        files: "folders with an `up.sql`",
        lineage: Lineage::Numbered,
        order: Order::Any,
        claims: diesel::claims,
        read: diesel::read,
    },
    Layout {
        name: "sqlx",
        files: "files like `1_name.sql`",
        lineage: Lineage::Numbered,
        order: Order::Any,
        claims: sqlx::claims,
        read: sqlx::read,
    },
    Layout {
        name: "goose",
        files: "files like `1_name.sql` with `-- +goose Up`",
        lineage: Lineage::Numbered,
        order: Order::Any,
        claims: goose::claims,
        read: goose::read,
    },
    Layout {
        name: "dbmate",
        files: "files like `1_name.sql` with `-- migrate:up` and `-- migrate:down`",
        lineage: Lineage::Numbered,
        order: Order::Any,
        claims: dbmate::claims,
        read: dbmate::read,
    },
    Layout {
        name: "sql-migrate",
        files: "`.sql` files with `-- +migrate Up`",
        lineage: Lineage::Numbered,
        // `ToCatchup` in its `migrate.go`.
        order: Order::Any,
        claims: sql_migrate::claims,
        read: sql_migrate::read,
    },
    Layout {
        name: "node-pg-migrate",
        files: "files like `1_name.sql` with `-- Up Migration` and `-- Down Migration`",
        lineage: Lineage::Numbered,
        order: Order::Strict,
        claims: node_pg_migrate::claims,
        read: node_pg_migrate::read,
    },
    Layout {
        name: "tern",
        files: "files like `1_name.sql` with `---- create above / drop below ----`",
        lineage: Lineage::Numbered,
        order: Order::Strict,
        claims: tern::claims,
        read: tern::read,
    },
    Layout {
        name: "graphile-migrate",
        files: "files like `committed/000001.sql` that begin with `--! Previous:`",
        lineage: Lineage::Numbered,
        order: Order::Strict,
        claims: graphile_migrate::claims,
        read: graphile_migrate::read,
    },
    Layout {
        name: "refinery",
        files: "files like `V1__name.sql`, where `--layout refinery` says so",
        lineage: Lineage::Numbered,
        order: Order::Strict,
        claims: |_| false,
        read: refinery::read,
    },
    Layout {
        name: "prisma",
        files: "folders with a `migration.sql`",
        lineage: Lineage::Numbered,
        order: Order::Any,
        claims: prisma::claims,
        read: prisma::read,
    },
    Layout {
        name: "supabase",
        files: "files like `20240101000000_name.sql` in `supabase/migrations`",
        lineage: Lineage::Numbered,
        order: Order::Strict,
        // Its names are sqlx's too: the folder speaks (`marks`).
        claims: |_| false,
        read: supabase::read,
    },
    Layout {
        name: "drizzle",
        files: "files that `meta/_journal.json` lists, or folders with `migration.sql` and `snapshot.json`",
        lineage: Lineage::Numbered,
        order: Order::Strict,
        // Its names are sqlx's and Prisma's too: what lies beside them speaks (`marks`).
        claims: |_| false,
        read: drizzle::read,
    },
    Layout {
        name: "flyway",
        files: "files like `V1__name.sql`",
        lineage: Lineage::Numbered,
        order: Order::Strict,
        claims: flyway::claims,
        read: flyway::read,
    },
    Layout {
        name: "liquibase",
        files: "files that begin with `--liquibase formatted sql`",
        lineage: Lineage::Numbered,
        order: Order::Any,
        // Its names can be those of any tool: the first line speaks (`marks`).
        claims: |_| false,
        read: liquibase::read,
    },
    Layout {
        name: "sqitch",
        files: "`sqitch.plan`, and scripts in `deploy/` and `revert/`",
        lineage: Lineage::Numbered,
        order: Order::Strict,
        // Names say nothing without the plan, which speaks (`marks`).
        claims: |_| false,
        read: sqitch::read,
    },
];

/// The layouts that a file's text speaks for, by its marker lines: its name alone says nothing then.
const MARKED: [&str; 6] = [
    "goose",
    "dbmate",
    "sql-migrate",
    "node-pg-migrate",
    "tern",
    "graphile-migrate",
];

/// The layouts of tools that know no placeholders of this kind and are embedded in programs, which may fill a file in before
/// the tool sees it.
const EMBEDDED: [&str; 6] = [
    "golang-migrate",
    "diesel",
    "sqlx",
    "goose",
    "dbmate",
    "sql-migrate",
];

/// The word for "recognise it".
pub const AUTO: &str = "auto";

/// The layout that is no SQL: it is imported.
const ALEMBIC: &str = "alembic";

/// A way to keep migrations on disk.
#[derive(Debug)]
pub struct Layout {
    /// Its name in `--layout` and signoff.toml.
    pub name: &'static str,
    /// What its files look like.
    pub files: &'static str,
    /// How its revisions follow each other.
    pub lineage: Lineage,
    /// What becomes of a revision that is missing below one that is applied, where nobody says: what the tool does.
    /// [`Order::Strict`] where it refuses, or passes such a revision over.
    pub order: Order,
    /// Whether a `.sql` file speaks for this layout: by its name, or by its text where names say nothing.
    claims: fn(&File) -> bool,
    read: fn(Input<'_>, &mut Sink) -> Result<Contents, Error>,
}

/// Takes in SQL that is to become a section of a new native file; `path` is how it is shown. The text has LF at its end
/// and at the end of every line, and is else what was handed in. Where it would make another file than was meant, that
/// is reported, and there is none.
pub fn given(
    path: &Utf8Path,
    bytes: Vec<u8>,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Result<Option<String>, Error> {
    native::given::given(path, bytes, sources, sink)
}

/// Where the value of `revises` stands in the text of a native file, as it is on disk. `None` where it is no such file.
pub fn revises(text: &str) -> Option<Range<usize>> {
    native::revises(text)
}

/// The names of all layouts, for messages.
pub(super) fn names() -> String {
    let names: Vec<&str> = LAYOUTS.iter().map(|layout| layout.name).collect();
    table::list(&names)
}

/// What a layout reads.
#[derive(Debug)]
pub(super) struct Input<'r> {
    pub(super) folder: Folder,
    pub(super) sources: Sources,
    pub(super) variables: &'r BTreeMap<String, String>,
    /// The folder as its tool has it in the paths that it records, where somebody says so.
    pub(super) tool_path: Option<&'r str>,
}

/// What a layout found.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) sources: Sources,
    pub(super) migrations: Vec<Migration>,
    pub(super) repeatables: Vec<Repeatable>,
}

impl Input<'_> {
    /// Reads and takes in the wanted files. The others stay in the folder.
    fn take(
        &mut self,
        wanted: impl Fn(&File) -> bool + Sync,
        ends: LineEnds,
    ) -> Result<Vec<Taken>, Error> {
        self.folder.read(&wanted)?;
        let all = std::mem::take(&mut self.folder.files);
        let (files, others) = all.into_iter().partition(wanted);
        self.folder.files = others;
        Ok(text::take_in(&self.folder, files, ends, &mut self.sources))
    }
}

impl Layout {
    pub(super) fn read(&self, input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
        let values = input.variables;
        let mut contents = (self.read)(input, sink)?;
        if EMBEDDED.contains(&self.name) {
            embedded::fill(&mut contents, values, sink);
        }
        Ok(contents)
    }
}

/// The layout of that name, or for `auto` the one that the files speak for.
///
/// golang-migrate and reversible sqlx name their files alike. Read as the former, such a tree is ordered and
/// run the same, but for a `-- no-transaction`, about which that layout warns.
pub(super) fn choose(name: &str, folder: &mut Folder) -> Result<&'static Layout, Error> {
    let path = folder.shown.clone();
    if name == ALEMBIC {
        return Err(Error::Alembic { path });
    }
    if name != AUTO {
        let known = LAYOUTS.iter().map(|layout| layout.name);
        return LAYOUTS
            .iter()
            .find(|layout| layout.name == name)
            .ok_or_else(|| Error::UnknownLayout {
                name: name.to_owned(),
                nearest: table::nearest(name, known.chain([AUTO])),
            });
    }
    folder.read(File::is_sql)?;
    if let Some(name) = marks::layout(folder) {
        return choose(name, folder);
    }
    if !folder.files.iter().any(File::is_sql) && is_alembics(folder)? {
        return Err(Error::Alembic { path });
    }
    let scripts: Vec<&File> = folder.files.iter().filter(|file| file.is_sql()).collect();
    let mut claims: Vec<(&'static Layout, Vec<&File>)> = LAYOUTS
        .iter()
        .map(|layout| {
            let files = scripts.iter().copied();
            (layout, files.filter(|file| (layout.claims)(file)).collect())
        })
        .filter(|(_, files): &(_, Vec<&File>)| !files.is_empty())
        .collect();
    // Some tools let a file have no marker, which then looks like one of sqlx: what other files say outweighs its name.
    if claims
        .iter()
        .any(|(layout, _)| MARKED.contains(&layout.name))
    {
        claims.retain(|(layout, _)| layout.name != "sqlx");
    }
    let saw = match claims.as_slice() {
        [(layout, _)] => return Ok(layout),
        [] if scripts.is_empty() => return Ok(&LAYOUTS[0]),
        [] => {
            let example = &scripts[0].path;
            match scripts.len() {
                1 => {
                    format!("it has one `.sql` file, `{example}`, which is not as a layout has it")
                }
                count => format!(
                    "it has {count} `.sql` files such as `{example}`, none of them as a layout has it"
                ),
            }
        }
        several => {
            let each = several.iter().map(|(layout, files)| {
                let (count, example) = (files.len(), &files[0].path);
                format!("{count} as {} has them, such as `{example}`", layout.name)
            });
            let each: Vec<String> = each.collect();
            format!("it has files of several: {}", each.join("; "))
        }
    };
    Err(Error::UnclearLayout {
        path: folder.shown.clone(),
        saw,
    })
}

/// Whether a folder without SQL has a revision of Alembic's: a Python file that says what it revises.
fn is_alembics(folder: &mut Folder) -> Result<bool, Error> {
    let is_program = |file: &File| file.path.extension() == Some("py");
    folder.read(is_program)?;
    let mut programs = folder.files.iter().filter(|file| is_program(file));
    Ok(programs.any(|file| {
        let bytes = file.bytes.as_deref().unwrap_or_default();
        memchr::memmem::find(bytes, b"down_revision").is_some()
    }))
}

/// Whether a file's text speaks for a tool, and for nobody before it.
fn marked(file: &File, marks: fn(&str) -> bool) -> bool {
    let bytes = file.bytes.as_deref().unwrap_or_default();
    !native::claims(file) && marks(&String::from_utf8_lossy(bytes))
}

/// Whether a file begins like a native one: a `--!` line, behind blank lines and comments at most.
fn has_header(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for line in bytes.split(|byte| *byte == b'\n') {
        if line.starts_with(b"--!") {
            return !graphile_migrate::is_header(line.trim_ascii_end());
        }
        if !line.starts_with(b"--") && !line.trim_ascii().is_empty() {
            return false;
        }
    }
    false
}
