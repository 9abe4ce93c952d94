//! Supabase: `20240101000000_name.sql` in `supabase/migrations`.
//!
//! A name is `^([0-9]+)_(.*)\.sql$`, and files are run in the order of their names; the digits are the version, as text. Others
//! are passed over, and so is a first `…_init.sql` from before 2021-12-09, which an early version of the tool wrote (supabase
//! CLI, `pkg/migration/list.go`; tried with 3.1.0). The statements of a file are sent as one batch: one transaction, unless it
//! has its own BEGIN and COMMIT. There is no way back. The rest of a file's name is recorded as it stands.

use camino::Utf8Path;

use super::numbered::{self, Named, Pair, Tool};
use super::{Contents, Input};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::source::Sources;
use crate::tree::disk::Folder;
use crate::tree::{Direction, Error, Migration, Record, Settings};

const TOOL: Tool = Tool {
    name: "supabase",
    migration,
};

/// Where the tool looks, and nowhere else.
const FOLDER: &str = "supabase/migrations";

/// The first version whose `init` is a migration (`list.go`).
const FIRST_INIT: u64 = 20_211_209_000_000;

/// Whether the folder is Supabase's. Its file names are those of others too, so the place decides.
pub(super) fn is_home(folder: &Folder) -> bool {
    folder.is_called(Utf8Path::new(FOLDER))
        && folder.files.iter().any(|file| {
            let bytes = file.bytes.as_deref().unwrap_or_default();
            parse(&file.path).is_some() && !super::has_header(bytes)
        })
}

pub(super) fn read(mut input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    // Sorted by path, as the tool has them.
    let first = input
        .folder
        .files
        .iter()
        .position(|file| !file.path.as_str().contains('/') && file.is_sql());
    if let Some(first) = first
        && is_old_init(&input.folder.files[first].path)
    {
        let file = input.folder.files.remove(first);
        let path = input.folder.show(&file.path);
        let told = format!(
            "`{path}` is left out: supabase takes it for a dump that an early version of it wrote"
        );
        sink.push(
            Diagnostic::warning("passed-over", told)
                .path(path)
                .help("if it is a migration, give it a later number"),
        );
    }
    for file in &input.folder.files {
        if file.is_sql() && !file.path.as_str().contains('/') && parse(&file.path).is_none() {
            let path = input.folder.show(&file.path);
            let told = format!(
                "`{path}` is left out: supabase runs files like `20240101000000_name.sql` only"
            );
            sink.push(
                Diagnostic::warning("passed-over", told)
                    .path(path)
                    .help("rename it, or move it out of the folder"),
            );
        }
    }
    numbered::read(input, &TOOL, parse, sink)
}

/// The digits and the rest of a name.
fn parts(path: &Utf8Path) -> Option<(&str, &str)> {
    let name = path.as_str();
    let (digits, rest) = name.split_once('_')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let rest = rest.strip_suffix(".sql")?;
    (is_number && !rest.contains('/')).then_some((digits, rest))
}

fn parse(path: &Utf8Path) -> Option<Named<String>> {
    let (digits, message) = parts(path)?;
    Some(Named {
        // With what follows them in the name, so that they order as names do: `10_` before `9_`.
        version: format!("{digits}_"),
        id: digits.to_owned(),
        direction: Direction::Up,
        message: numbered::prose(message),
    })
}

fn migration(pair: Pair, sources: &Sources, _: &mut Sink) -> Option<Migration> {
    let path = pair.up().map(|file| sources.path(file));
    let name = path
        .and_then(Utf8Path::file_name)
        .and_then(|name| parts(Utf8Path::new(name)));
    let text = pair.up().map_or("", |file| sources.text(file));
    let record = name.map(|(_, name)| {
        Record::from([
            ("name", name.into()),
            ("statements", statements(text).into()),
        ])
    });
    let mut migration = pair.migration(sources, |_| Settings::default())?;
    migration.record = record.unwrap_or_default();
    Some(migration)
}

/// The pieces that the tool records of a file: what stands up to each `;`, comments before it included, and what comments
/// stand behind the last (tried with 3.1.0).
fn statements(text: &str) -> Vec<&str> {
    let split = lex::split(text);
    let last = split.statements.last();
    let tail = last.map_or(0, |last| last.after);
    let pieces = split.statements.iter();
    let pieces = pieces.map(|piece| text[piece.lead..piece.end].trim());
    let pieces = pieces.chain([text[tail..]
        .trim_start_matches([';', ' ', '\n', '\r', '\t'])
        .trim()]);
    pieces.filter(|piece| !piece.is_empty()).collect()
}

fn is_old_init(path: &Utf8Path) -> bool {
    parts(path).is_some_and(|(digits, rest)| {
        digits.len() == 14
            && rest == "init"
            && digits.parse().is_ok_and(|number: u64| number < FIRST_INIT)
    })
}

#[cfg(test)]
mod tests {
    use crate::tree::tests::{Disk, ids};

    fn supabase() -> Disk {
        let mut disk = Disk::new();
        disk.request.root = "m/supabase/migrations".into();
        disk
    }

    #[test]
    fn names_order_as_text_and_the_place_tells_whose_they_are() {
        let (tree, told) = supabase()
            .file("supabase/seed.sql", "x")
            .file("supabase/migrations/20240102000000_b_b.sql", "b")
            .file("supabase/migrations/20240101000000_a.sql", "a\r\n")
            .file("supabase/migrations/9_d.sql", "d")
            .file("supabase/migrations/10_c.sql", "")
            .file("supabase/migrations/old/1_x.sql", "x")
            .file("supabase/migrations/notes.sql", "x")
            .read();
        assert_eq!(tree.layout, "supabase");
        assert_eq!(ids(&tree), ["10", "20240101000000", "20240102000000", "9"]);
        assert_eq!(tree.migrations[2].message, "b b");
        assert_eq!(tree.migrations[2].record["name"], "b_b");
        assert_eq!(
            told,
            [
                "warning passed-over `m/supabase/migrations/notes.sql` is left out: supabase runs files like `20240101000000_name.sql` only"
            ]
        );
        let (tree, _) = Disk::new().file("20240101000000_a.sql", "a").read();
        assert_eq!(tree.layout, "sqlx");
    }

    #[test]
    fn what_is_recorded_of_a_file() {
        assert_eq!(
            super::statements(
                "-- leading comment\n\ncreate table t (id int);\n-- trailing comment\n/* block; */ insert into t values (1);;\n\
                 select 'a;b', $$x;y$$, E'a\\'b';\ncreate function f() returns int language sql begin atomic select 1; end;\n-- last comment\n"
            ),
            [
                "-- leading comment\n\ncreate table t (id int)",
                "-- trailing comment\n/* block; */ insert into t values (1)",
                "select 'a;b', $$x;y$$, E'a\\'b'",
                "create function f() returns int language sql begin atomic select 1; end",
                "-- last comment"
            ]
        );
        assert!(super::statements(" \n").is_empty());
    }

    #[test]
    fn an_old_dump_is_left_out_and_a_version_twice_refused() {
        let (tree, told) = supabase()
            .file("supabase/migrations/20210101000000_init.sql", "x")
            .file("supabase/migrations/20240101000000_a.sql", "a")
            .file("supabase/migrations/20240101000000_b.sql", "b")
            .read();
        assert_eq!(ids(&tree), ["20240101000000"]);
        assert_eq!(
            told,
            [
                "warning passed-over `m/supabase/migrations/20210101000000_init.sql` is left out: supabase takes it for a dump that an early version of it wrote",
                "duplicate-version m/supabase/migrations/20240101000000_b.sql:1:1 version 20240101000000 has two files of one direction: `m/supabase/migrations/20240101000000_a.sql` and `m/supabase/migrations/20240101000000_b.sql`",
            ]
        );
    }
}
