//! Prisma: one folder per migration, with `migration.sql`.
//!
//! The id is the folder's whole name, and names order as bytes; a folder without the file stops `migrate deploy` (P3015), what
//! lies beside the folders or deeper is passed over. The file is one simple query: one transaction, unless it has its own
//! BEGIN and COMMIT (prisma-engines; tried with 6.19). Prisma never goes back. Its manual has teams keep the way back as a
//! `down.sql` beside the migration, which is the downgrade here. The SHA-256 of the file is recorded.

use camino::Utf8Path;

use super::folders::{self, Files};
use super::numbered::{self, Tool};
use super::{Contents, Input, checksum};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};
use crate::tree::disk::File;
use crate::tree::text::{self, LineEnds};
use crate::tree::{Error, Migration, Record, Settings};

const TOOL: Tool = Tool {
    name: "prisma",
    migration: |pair, sources, _| pair.migration(sources, |_| Settings::default()),
};

const UP: &str = "migration.sql";
const DOWN: &str = "down.sql";
const LOCK: &str = "migration_lock.toml";

/// Whether a file is a migration's script, by its name and depth.
pub(super) fn claims(file: &File) -> bool {
    folders::part(&file.path).is_some_and(|(_, name)| name == UP)
}

pub(super) fn read(mut input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    if let Some(lock) = input.folder.take_file(LOCK)? {
        let taken = text::take_in(
            &input.folder,
            vec![lock],
            LineEnds::Keep,
            &mut input.sources,
        );
        for file in taken {
            sink.join(file.sink);
            refuse_others(file.id, &input.sources, sink);
        }
    }
    let folders = folders::read(&mut input, &[UP, DOWN], &TOOL, sink)?;
    let mut migrations = Vec::new();
    for (name, files) in folders {
        migrations.extend(migration(&name, &files, &input, sink));
    }
    Ok(Contents {
        sources: input.sources,
        migrations,
        repeatables: Vec::new(),
    })
}

fn migration(name: &str, files: &Files, input: &Input<'_>, sink: &mut Sink) -> Option<Migration> {
    let sources = &input.sources;
    let Some(up) = files.get(UP) else {
        let path = input.folder.show(Utf8Path::new(name));
        let told =
            format!("the folder `{path}` has no `{UP}`, and prisma refuses the whole tree for it");
        sink.push(
            Diagnostic::error("bad-folder", told)
                .path(path)
                .help("write it, or move the folder out of the tree"),
        );
        return None;
    };
    if files.unsound {
        return None;
    }
    let script = |file: FileId| numbered::script(sources, file, Settings::default());
    let mut migration = numbered::migration(
        name,
        Span::new(up, 0..0),
        message(name),
        Some(script(up)),
        files.get(DOWN).map(script),
    )?;
    migration.record = record(up, sources);
    Some(migration)
}

/// `checksum` of `_prisma_migrations`, and in `also` what else the tool takes for the same text: that of the file with the
/// other line ends (`checksum.rs` of the schema engine).
fn record(file: FileId, sources: &Sources) -> Record {
    let [mark, text] = checksum::whole(sources, file);
    let checksum = checksum::sha256([mark, text]);
    let mut also: Vec<String> = Vec::new();
    if text.contains('\n') {
        for other in [text.replace("\r\n", "\n"), text.replace('\n', "\r\n")] {
            let other = checksum::sha256([mark, &other]);
            if other != checksum {
                also.push(other);
            }
        }
    }
    Record::from([("checksum", checksum.into()), ("also", also.into())])
}

/// What a name says behind its date or number.
pub(super) fn message(name: &str) -> String {
    let rest = name.trim_start_matches(|char: char| char.is_ascii_digit());
    numbered::prose(if rest.len() < name.len() { rest } else { name })
}

/// The lock file names the database that the tree was written for.
fn refuse_others(file: FileId, sources: &Sources, sink: &mut Sink) {
    let text = sources.text(file);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let said = line
            .split_once('=')
            .filter(|(key, _)| key.trim() == "provider");
        if let Some((_, value)) = said {
            let value = value.split('#').next().unwrap_or_default();
            let provider = value.trim().trim_matches('"');
            if !matches!(provider, "postgresql" | "postgres") {
                let told = format!(
                    "this tree is for {provider}, and signoff writes scripts for PostgreSQL"
                );
                sink.push(
                    Diagnostic::error("other-database", told)
                        .at(Span::new(file, at..at + line.trim_end().len()), "")
                        .help("name the migrations of a PostgreSQL database"),
                );
            }
        }
        at += line.len();
    }
}

#[cfg(test)]
mod tests {
    use crate::tree::Direction;
    use crate::tree::tests::{Disk, ids, sql};

    #[test]
    fn folders_are_migrations_in_the_order_of_their_names() {
        let (tree, told) = Disk::new()
            .file(
                "migration_lock.toml",
                "# x\nprovider = \"postgresql\" # it\n",
            )
            .file("20240102000000_b/migration.sql", "b\r\n")
            .file("20240102000000_b/down.sql", "-b")
            .file("20240101000000_add_users/migration.sql", "a")
            .file("20240101000000_add_users/steps/migration.sql", "x")
            .file("README.md", "x")
            .file("1_z/migration.sql", "")
            .read();
        assert_eq!(told, Vec::<String>::new());
        assert_eq!(tree.layout, "prisma");
        assert_eq!(
            ids(&tree),
            ["1_z", "20240101000000_add_users", "20240102000000_b"]
        );
        let [_, users, b] = tree.migrations.as_slice() else {
            panic!("three");
        };
        assert_eq!(users.message, "add users");
        assert!(users.down.is_none());
        assert_eq!(sql(b, Direction::Up).as_deref(), Some("b\r\n"));
        assert_eq!(sql(b, Direction::Down).as_deref(), Some("-b"));
    }

    #[test]
    fn without_a_lock_file_the_folders_speak() {
        let (tree, told) = Disk::new().file("init/migration.sql", "a").read();
        assert_eq!((tree.layout, told), ("prisma", Vec::new()));
        assert_eq!(tree.migrations[0].message, "init");
    }

    #[test]
    fn what_prisma_refuses_is_refused() {
        let (tree, told) = Disk::new()
            .file("migration_lock.toml", "provider = \"mysql\"\n")
            .file("1_a/migration.sql", "a")
            .file("2_b/down.sql", "b")
            .read();
        assert_eq!(ids(&tree), ["1_a"]);
        assert_eq!(
            told,
            [
                "other-database m/migration_lock.toml:1:1 this tree is for mysql, and signoff writes scripts for PostgreSQL",
                "bad-folder the folder `m/2_b` has no `migration.sql`, and prisma refuses the whole tree for it",
            ]
        );
    }

    /// By `sha256sum`; the first is what the tool had in its table.
    #[test]
    fn a_record_knows_the_other_line_ends() {
        let (tree, _) = Disk::new()
            .layout("prisma")
            .file("1_lf/migration.sql", "create table users (id int);\n")
            .file("2_crlf/migration.sql", "create table users (id int);\r\n")
            .file("3_mixed/migration.sql", "a\r\nb\n")
            .file("4_mark/migration.sql", "\u{feff}a")
            .read();
        let records = tree.migrations.iter().map(|it| {
            let also = it.record["also"].as_array().expect("a list");
            let all = std::iter::once(&it.record["checksum"]).chain(also);
            let all = all.map(|hash| hash.as_str().expect("a text")[..12].to_owned());
            all.collect::<Vec<_>>()
        });
        let wanted: [&[&str]; 4] = [
            &["aa76ff90435c", "eecf79ea7d04"],
            &["eecf79ea7d04", "aa76ff90435c", "aa18d71c0904"],
            &["953bba9ac972", "911169ddaaf1", "db44a058e581"],
            &["1951c7860e96"],
        ];
        assert_eq!(records.collect::<Vec<_>>(), wanted);
    }
}
