//! The table of another tool, as templates see it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::Other;
use crate::tree::Record;
use crate::version_table::{self, VersionTable};

/// A table of another tool that is kept beside ours.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a question a template asks"
)]
#[derive(Debug, Serialize)]
pub(super) struct Tool {
    /// The tool's name.
    word: &'static str,
    /// The template of its scheme.
    template: String,
    /// The table, quoted.
    table: String,
    /// All its tables, quoted; the one that is read first comes first.
    tables: Vec<String>,
    /// The schema, quoted.
    schema_sql: String,
    /// The schema and the table, as the server keeps their names.
    schema: String,
    name: String,
    makes_schema: bool,
    /// Whether the tool records repeatables.
    repeats: bool,
    /// Whether its lock is a row.
    marks: bool,
    /// Whether it is written from our own record.
    settles: bool,
    /// Whether the schema is what the tool would take where its search_path begins with it.
    guessed: bool,
    /// Tables of all tools with their names, to tell whose a database is.
    tables_of: Vec<(&'static str, &'static str)>,
    /// What it records of the tree's revisions that are no part of this, by id, where that is needed to read the table.
    records: Option<BTreeMap<String, Record>>,
    /// Our own version table, quoted, and the project in it.
    ours: String,
    project: String,
}

/// The view of a tool's table beside ours.
pub(super) fn tool(
    tool: &version_table::Tool,
    table: &VersionTable,
    project: &str,
    others: &[Other],
) -> Tool {
    let beside = tool.beside().map(|name| name.quoted());
    let name = tool.qualified().quoted();
    Tool {
        word: tool.scheme.name,
        template: format!("version_table/{}.sql", tool.scheme.name),
        tables: std::iter::once(name.clone()).chain(beside).collect(),
        table: name,
        schema_sql: tool.schema.quoted(),
        schema: tool.schema.as_str().to_owned(),
        name: tool.name.as_str().to_owned(),
        makes_schema: tool.scheme.makes_schema,
        repeats: tool.scheme.repeats,
        marks: tool.scheme.marks,
        settles: tool.scheme.settles,
        guessed: !tool.said,
        tables_of: version_table::SCHEMES
            .iter()
            .map(|scheme| (scheme.table, scheme.name))
            .collect(),
        records: tool.scheme.records.then(|| {
            let others = others.iter();
            others
                .map(|other| (other.revision.clone(), other.record.clone()))
                .collect()
        }),
        ours: table.qualified().quoted(),
        project: project.to_owned(),
    }
}
