//! What layouts share whose files are named by a number and a direction: one [`Migration`] from one or two
//! files, in the order of the numbers.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Contents, Input};
use crate::diagnostic::{Diagnostic, Sink};
use crate::name::RevisionId;
use crate::source::{FileId, Sources, Span};
use crate::tree::text::{LineEnds, Taken};
use crate::tree::{Direction, Error, Migration, Part, Record, Script, Settings, Text};

/// What a file's name says.
#[derive(Debug)]
pub(super) struct Named<V> {
    /// Orders the migrations.
    pub(super) version: V,
    /// The id: the version as the tool writes it.
    pub(super) id: String,
    pub(super) direction: Direction,
    pub(super) message: String,
}

/// A migration's files.
#[derive(Debug)]
pub(super) struct Pair {
    id: String,
    message: String,
    up: Option<FileId>,
    down: Option<FileId>,
}

/// Reads the files whose names `name` understands, and pairs them.
pub(super) fn read<V: Ord>(
    mut input: Input<'_>,
    tool: &Tool,
    name: fn(&Utf8Path) -> Option<Named<V>>,
    sink: &mut Sink,
) -> Result<Contents, Error> {
    let taken = input.take(|file| name(&file.path).is_some(), LineEnds::Keep)?;
    let mut pairs: BTreeMap<V, Pair> = BTreeMap::new();
    for file in taken {
        let Some(named) = name(&file.path) else {
            continue;
        };
        let (id, sound) = judge(file, &input.sources, tool, sink);
        if !sound {
            continue;
        }
        let direction = named.direction;
        let pair = pairs.entry(named.version).or_insert_with(|| Pair {
            id: named.id.clone(),
            message: String::new(),
            up: None,
            down: None,
        });
        let side = match direction {
            Direction::Up => &mut pair.up,
            Direction::Down => &mut pair.down,
        };
        if let Some(first) = *side {
            sink.push(twice(&named.id, first, id, &input.sources));
            continue;
        }
        *side = Some(id);
        if direction == Direction::Up || pair.message.is_empty() {
            pair.message = named.message;
        }
    }
    let migrations = pairs
        .into_values()
        .filter_map(|pair| (tool.migration)(pair, &input.sources, sink))
        .collect();
    Ok(Contents {
        sources: input.sources,
        migrations,
        repeatables: Vec::new(),
    })
}

/// How a tool differs from the next.
pub(super) struct Tool {
    /// Its name.
    pub(super) name: &'static str,
    /// Makes a migration of a pair, or reports why there is none.
    pub(super) migration: fn(Pair, &Sources, &mut Sink) -> Option<Migration>,
}

impl Pair {
    /// The upgrade's file.
    pub(super) fn up(&self) -> Option<FileId> {
        self.up
    }

    /// The downgrade's file, where there is no upgrade.
    pub(super) fn lone_down(&self) -> Option<FileId> {
        if self.up.is_some() { None } else { self.down }
    }

    /// The migration, with the settings that a file's own text asks for.
    pub(super) fn migration(
        self,
        sources: &Sources,
        settings: impl Fn(&str) -> Settings,
    ) -> Option<Migration> {
        let script = |file: FileId| script(sources, file, settings(sources.text(file)));
        let first = self.up.or(self.down)?;
        migration(
            &self.id,
            Span::new(first, 0..0),
            self.message,
            self.up.map(script),
            self.down.map(script),
        )
    }
}

/// A migration of a layout that knows an id, a message and two scripts.
pub(super) fn migration(
    id: &str,
    at: Span,
    message: String,
    up: Option<Script>,
    down: Option<Script>,
) -> Option<Migration> {
    Some(Migration {
        id: RevisionId::foreign(id).ok()?,
        at,
        message,
        parents: Vec::new(),
        depends_on: Vec::new(),
        labels: Vec::new(),
        created: None,
        recreates: Vec::new(),
        replaces: Vec::new(),
        allow: Vec::new(),
        up,
        down,
        irreversible: None,
        record: Record::new(),
    })
}

/// A file as a script.
pub(super) fn script(sources: &Sources, file: FileId, settings: Settings) -> Script {
    let body = sources.whole(file);
    Script {
        body,
        parts: vec![Part::Sql(Text::verbatim(sources, body))],
        settings,
    }
}

/// The rest of a file's name as a line of prose.
pub(super) fn prose(name: &str) -> String {
    name.replace('_', " ").trim().to_owned()
}

/// A text as tools in Java cut it for a column: no longer than `limit`, by their count of characters, with dots at its end.
pub(super) fn shortened(text: &str, limit: usize) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    if units.len() <= limit {
        return text.to_owned();
    }
    String::from_utf16_lossy(&units[..limit - 3]) + "..."
}

/// Hands on what is wrong with a file, and reports one that another tool wrote: run whole, it would do and
/// undo at once.
pub(super) fn judge(
    file: Taken,
    sources: &Sources,
    tool: &Tool,
    sink: &mut Sink,
) -> (FileId, bool) {
    sink.join(file.sink);
    let text = sources.text(file.id);
    let path = sources.path(file.id);
    let other = if super::has_header(text.as_bytes()) {
        Some(("native", 0))
    } else {
        other_tool(text)
    };
    let Some((other, at)) = other else {
        return (file.id, true);
    };
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    let told = format!("`{path}` is a file of {other}, not of {}", tool.name);
    let diagnostic = Diagnostic::error("other-layout", told)
        .at(Span::new(file.id, at..end), "")
        .because("it holds both directions, and sent whole it would apply and revert in one go");
    sink.push(diagnostic.help(format!(
        "say `--layout {other}`, or keep the two kinds in folders of their own"
    )));
    (file.id, false)
}

/// Tools that keep both directions in one file, by the line that begins the way back.
fn other_tool(text: &str) -> Option<(&'static str, usize)> {
    const MARKS: [(&str, &str); 5] = [
        ("-- +goose Down", "goose"),
        ("-- migrate:down", "dbmate"),
        ("-- +migrate Down", "sql-migrate"),
        ("---- create above / drop below ----", "tern"),
        ("-- Down Migration", "node-pg-migrate"),
    ];
    MARKS.iter().find_map(|(mark, tool)| {
        memchr::memmem::find_iter(text.as_bytes(), mark)
            .find(|at| *at == 0 || text.as_bytes()[at - 1] == b'\n')
            .map(|at| (*tool, at))
    })
}

fn twice(id: &str, first: FileId, second: FileId, sources: &Sources) -> Diagnostic {
    let paths: [Utf8PathBuf; 2] = [first, second].map(|file| sources.path(file).to_owned());
    let [one, other] = &paths;
    let told = format!("version {id} has two files of one direction: `{one}` and `{other}`");
    Diagnostic::error("duplicate-version", told)
        .at(Span::new(second, 0..0), "this one")
        .at(Span::new(first, 0..0), "and this one")
        .help("give one of them another number")
}
