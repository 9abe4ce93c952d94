//! sqlx: `1_name.sql`, or `1_name.up.sql` and `1_name.down.sql`, in one folder.
//!
//! A name is cut at its first `_`; without one, or without `.sql`, the file is passed over; a first part that
//! is no 64-bit number stops sqlx altogether (`sqlx-core/src/migrate/source.rs`, 0.9). Order is by number.
//! Each file runs in a transaction unless its very first bytes are `-- no-transaction`. Of a migration its description
//! and the SHA-384 of its upgrade's bytes are recorded.

use camino::Utf8Path;

use super::numbered::{self, Named, Pair, Tool};
use super::{Contents, Input, checksum, sections};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};
use crate::tree::disk::File;
use crate::tree::{Direction, Error, Migration, Record, Settings};

/// What a file begins with that runs outside a transaction.
pub(super) const NO_TRANSACTION: &str = "-- no-transaction";

const TOOL: Tool = Tool {
    name: "sqlx",
    migration,
};

/// Whether a file is a simple migration, by its name; pairs speak for golang-migrate, and a marker in the text for
/// its tool.
pub(super) fn claims(file: &File) -> bool {
    parse(&file.path).is_some()
        && !super::golang_migrate::claims(file)
        && !super::native::claims(file)
}

pub(super) fn read(input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    for file in &input.folder.files {
        if let Some((number, _)) = parts(&file.path)
            && number.parse::<i64>().is_err()
        {
            let path = input.folder.show(&file.path);
            let told = format!(
                "`{path}` does not begin with a number, and sqlx refuses the whole folder for it"
            );
            sink.push(sections::bad_name(path, told));
        }
    }
    numbered::read(input, &TOOL, parse, sink)
}

/// The number and the rest of a name that sqlx looks at.
fn parts(path: &Utf8Path) -> Option<(&str, &str)> {
    let name = path.as_str();
    if name.contains('/') {
        return None;
    }
    let (number, rest) = name.split_once('_')?;
    Some((number, rest.strip_suffix(".sql")?))
}

fn parse(path: &Utf8Path) -> Option<Named<i64>> {
    let (number, rest) = parts(path)?;
    let version: i64 = number.parse().ok()?;
    let (message, direction) = if let Some(message) = rest.strip_suffix(".down") {
        (message, Direction::Down)
    } else {
        (rest.strip_suffix(".up").unwrap_or(rest), Direction::Up)
    };
    Some(Named {
        version,
        id: version.to_string(),
        direction,
        message: numbered::prose(message),
    })
}

fn migration(pair: Pair, sources: &Sources, sink: &mut Sink) -> Option<Migration> {
    if let Some(file) = pair.lone_down() {
        let path = sources.path(file);
        let told =
            format!("`{path}` reverts what nothing applies, and is left out: sqlx never runs it");
        sink.push(
            Diagnostic::warning("lone-downgrade", told)
                .at(Span::new(file, 0..0), "")
                .help("add the upgrade beside it, or remove it"),
        );
        return None;
    }
    let record = pair.up().map(|file| record(file, sources));
    let mut migration = pair.migration(sources, |text| Settings {
        no_transaction: text.starts_with(NO_TRANSACTION),
        ..Settings::default()
    })?;
    migration.record = record.unwrap_or_default();
    Some(migration)
}

/// `description` and `checksum` of `_sqlx_migrations`. The description is what follows the first `_`, without the end of
/// the name however often it stands there (`trim_end_matches` in `sqlx-core/src/migrate/source.rs`).
fn record(file: FileId, sources: &Sources) -> Record {
    let name = sources.path(file).file_name().unwrap_or_default();
    let rest = name.split_once('_').map_or("", |(_, rest)| rest);
    let end = if rest.ends_with(".up.sql") {
        ".up.sql"
    } else {
        ".sql"
    };
    let description = rest.trim_end_matches(end).replace('_', " ");
    let checksum = checksum::sha384(checksum::whole(sources, file));
    Record::from([
        ("description", description.into()),
        ("checksum", checksum.into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::tests::Disk;

    fn parsed(name: &str) -> Option<(i64, Direction, String)> {
        let named = parse(Utf8Path::new(name))?;
        Some((named.version, named.direction, named.message))
    }

    #[test]
    fn names_are_read_as_the_tool_reads_them() {
        let some =
            |version, direction, message: &str| Some((version, direction, message.to_owned()));
        assert_eq!(
            parsed("10_add-split_id.up.sql"),
            some(10, Direction::Up, "add-split id")
        );
        assert_eq!(parsed("007_a.down.sql"), some(7, Direction::Down, "a"));
        assert_eq!(parsed("8_a.sql"), some(8, Direction::Up, "a"));
        for other in [
            "a.sql",
            "1_a.txt",
            "x/1_a.sql",
            "a_b.sql",
            "9223372036854775808_a.sql",
        ] {
            assert_eq!(parsed(other), None, "{other}");
        }
    }

    /// The hashes are those of `sha384sum`; the tool had the first of them in its table.
    #[test]
    fn a_record_is_of_the_bytes_of_the_upgrade() {
        let (tree, _) = Disk::new()
            .layout("sqlx")
            .file("1__create__users.sql", "create table users (id int);\n")
            .file("2_b.up.sql.up.sql", "create table users (id int);\r\n")
            .file("2_b.down.sql", "drop table users;")
            .file("3_c.sql", "\u{feff}create table users (id int);\n")
            .read();
        let records = tree.migrations.iter().map(|it| {
            let text = |key: &str| it.record[key].as_str().expect("a text").to_owned();
            (text("description"), text("checksum")[..16].to_owned())
        });
        let wanted = [
            (" create  users", "b413549f4f31405f"),
            ("b", "15d5d9f4e1485609"),
            ("c", "819514dc156d7a03"),
        ];
        assert_eq!(
            records.collect::<Vec<_>>(),
            wanted.map(|(text, hash)| (text.to_owned(), hash.to_owned()))
        );
    }
}
