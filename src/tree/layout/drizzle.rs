//! drizzle-kit: files that `meta/_journal.json` lists, or, from 1.0 on, a folder with `migration.sql` for each.
//!
//! The journal's entries order the files, and `tag` is a file's name without `.sql`; from 1.0 on folders order by name. A file is
//! cut at every `--> statement-breakpoint`, wherever it stands, and each piece is sent on its own (drizzle-orm `migrator.ts`;
//! tried with drizzle-kit 0.31 and drizzle-orm 0.45). All that is missing runs in one transaction. There is no way back.
//! The SHA-256 of the file is recorded, and a date, by which it is known: `when` of the journal, or what a folder's name begins
//! with (drizzle-orm 1.0).

use std::collections::BTreeMap;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::folders;
use super::numbered::{self, Tool};
use super::{Contents, Input, checksum};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::source::{FileId, Sources, Span};
use crate::tree::disk::{File, Folder};
use crate::tree::text::{self, LineEnds};
use crate::tree::weave::Weave;
use crate::tree::{Error, Migration, Part, Script, Settings};

const TOOL: Tool = Tool {
    name: "drizzle",
    migration: |pair, sources, _| pair.migration(sources, |_| Settings::default()),
};

const JOURNAL: &str = "meta/_journal.json";
const SCRIPT: &str = "migration.sql";
const BREAKPOINT: &str = "--> statement-breakpoint";

/// Whether the folder is drizzle's: it keeps a snapshot or a journal, by whatever names.
pub(super) fn is_home(folder: &Folder) -> bool {
    let has = |path: &str| folder.files.iter().any(|file| file.path == path);
    let snapshots = folder
        .files
        .iter()
        .filter_map(|file| folders::part(&file.path).filter(|(_, name)| *name == "snapshot.json"));
    has(JOURNAL)
        || snapshots
            .into_iter()
            .any(|(home, _)| has(&format!("{home}/{SCRIPT}")))
}

pub(super) fn read(mut input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    let journal = input.folder.take_file(JOURNAL)?;
    let migrations = match journal {
        Some(file) => of_journal(&mut input, file, sink)?,
        None => of_folders(&mut input, sink)?,
    };
    Ok(Contents {
        sources: input.sources,
        migrations,
        repeatables: Vec::new(),
    })
}

fn of_folders(input: &mut Input<'_>, sink: &mut Sink) -> Result<Vec<Migration>, Error> {
    let folders = folders::read(input, &[SCRIPT], &TOOL, sink)?;
    let sound = folders.into_iter().filter(|(_, files)| !files.unsound);
    let found = sound.filter_map(|(name, files)| {
        let file = files.get(SCRIPT)?;
        let mut migration = migration(&name, file, &input.sources, sink)?;
        let record = &mut migration.record;
        record.insert("form", "folders".into());
        record.insert("created_at", millis(&name).into());
        record.insert("name", name.into());
        Some(migration)
    });
    Ok(found.collect())
}

/// A line of the journal.
struct Entry {
    tag: String,
    when: i64,
    at: Span,
}

fn of_journal(
    input: &mut Input<'_>,
    journal: File,
    sink: &mut Sink,
) -> Result<Vec<Migration>, Error> {
    let taken = text::take_in(
        &input.folder,
        vec![journal],
        LineEnds::Keep,
        &mut input.sources,
    );
    let mut entries = Vec::new();
    for file in taken {
        sink.join(file.sink);
        entries = read_journal(file.id, &input.sources, sink).unwrap_or_default();
    }
    let is_script =
        |path: &Utf8Path| path.extension() == Some("sql") && !path.as_str().contains('/');
    let mut scripts: BTreeMap<Utf8PathBuf, text::Taken> = BTreeMap::new();
    for file in input.take(|file| is_script(&file.path), LineEnds::Keep)? {
        scripts.insert(file.path.clone(), file);
    }
    let sources = &input.sources;
    let mut migrations: Vec<Migration> = Vec::new();
    let mut listed: BTreeMap<&str, Span> = BTreeMap::new();
    let mut newest: Option<&Entry> = None;
    for entry in &entries {
        let path = Utf8PathBuf::from(format!("{}.sql", entry.tag));
        if let Some(first) = listed.get(entry.tag.as_str()) {
            let told = format!("the journal lists `{path}` twice");
            sink.push(
                Diagnostic::error("duplicate-version", told)
                    .at(entry.at, "again")
                    .at(*first, "the file")
                    .because("its SQL would run twice, and the second time fail half-way")
                    .help("take one of the entries out"),
            );
            continue;
        }
        let Some(file) = scripts.remove(&path) else {
            let told = format!(
                "the journal lists `{}`, and there is no such file",
                entry.tag
            );
            sink.push(
                Diagnostic::error("missing-file", told)
                    .at(entry.at, "listed here")
                    .because("drizzle stops before it runs anything")
                    .help("put the file back, or take the entry out of the journal"),
            );
            continue;
        };
        if let Some(other) = newest.filter(|other| other.when >= entry.when) {
            let told = format!(
                "`{}` is dated before `{}`, which stands above it in the journal",
                entry.tag, other.tag
            );
            sink.push(
                Diagnostic::warning("journal-order", told)
                    .at(entry.at, "`when` of this entry")
                    .because("drizzle passes it over in a database that has the other, without a word; scripts made here apply it")
                    .help("raise `when` above that of the entry before it"),
            );
        } else {
            newest = Some(entry);
        }
        let (id, sound) = numbered::judge(file, sources, &TOOL, sink);
        if sound {
            let mut migration = migration(&entry.tag, id, sources, sink);
            if let Some(migration) = &mut migration {
                let record = &mut migration.record;
                record.insert("form", "journal".into());
                record.insert("when", entry.when.into());
            }
            listed.extend(migration.iter().map(|it| (entry.tag.as_str(), it.at)));
            migrations.extend(migration);
        }
    }
    for file in scripts.into_values() {
        let path = sources.path(file.id).to_owned();
        let told =
            format!("`{path}` is not in the journal, and is left out: drizzle never runs it");
        sink.push(
            Diagnostic::warning("passed-over", told)
                .path(path)
                .help("let drizzle-kit add it (`drizzle-kit generate --custom`), or remove it"),
        );
    }
    Ok(migrations)
}

fn read_journal(file: FileId, sources: &Sources, sink: &mut Sink) -> Option<Vec<Entry>> {
    let text = sources.text(file);
    let refuse = |told: String, range: Range<usize>| {
        Diagnostic::error("bad-journal", told)
            .at(Span::new(file, range), "")
            .because("the journal alone says which files are run, and in which order")
            .help("put it back as drizzle-kit wrote it")
    };
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            let lines = text
                .split_inclusive('\n')
                .take(error.line().saturating_sub(1));
            let line: usize = lines.map(str::len).sum();
            let at =
                text.floor_char_boundary((line + error.column().saturating_sub(1)).min(text.len()));
            sink.push(refuse(format!("the journal is not JSON: {error}"), at..at));
            return None;
        }
    };
    let place = |word: &str, from: usize| {
        let quoted = Value::from(word).to_string();
        // JSON can write a character in another way; then nothing is pointed at.
        let at = text[from..].find(&quoted).map(|at| from + at);
        at.map_or(from..from, |at| at..at + quoted.len())
    };
    if let Some(dialect) = value["dialect"].as_str()
        && !matches!(dialect, "postgresql" | "pg")
    {
        let told = format!("this tree is for {dialect}, and signoff writes scripts for PostgreSQL");
        sink.push(
            Diagnostic::error("other-database", told)
                .at(Span::new(file, place(dialect, 0)), "")
                .help("name the migrations of a PostgreSQL database"),
        );
    }
    let Some(list) = value["entries"].as_array() else {
        sink.push(refuse("the journal has no list `entries`".to_owned(), 0..0));
        return None;
    };
    let mut entries = Vec::new();
    let mut from = 0;
    for entry in list {
        let (Some(tag), Some(when)) = (entry["tag"].as_str(), entry["when"].as_i64()) else {
            sink.push(refuse(
                format!("an entry of the journal has no `tag` or no `when`: {entry}"),
                from..from,
            ));
            continue;
        };
        let range = place(tag, from);
        from = range.end;
        entries.push(Entry {
            tag: tag.to_owned(),
            when,
            at: Span::new(file, range),
        });
    }
    Some(entries)
}

fn migration(id: &str, file: FileId, sources: &Sources, sink: &mut Sink) -> Option<Migration> {
    let up = script(file, sources, sink);
    let at = Span::new(file, 0..0);
    let mut migration = numbered::migration(id, at, super::prisma::message(id), Some(up), None)?;
    let hash = checksum::sha256(checksum::whole(sources, file));
    migration.record.insert("hash", hash.into());
    Some(migration)
}

/// `created_at` of a folder: the 14 digits of its name as a time in UTC, in milliseconds (`migrator.utils.ts` of 1.0). `None`
/// where they are no time: what the tool makes of such a name is an accident of JavaScript.
fn millis(name: &str) -> Option<i64> {
    let digits = name.get(..14)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let part = |range: Range<usize>| digits[range].parse::<i8>().ok();
    let time = jiff::civil::DateTime::new(
        digits[..4].parse().ok().filter(|_| is_number)?,
        part(4..6)?,
        part(6..8)?,
        part(8..10)?,
        part(10..12)?,
        part(12..14)?,
        0,
    );
    let instant = jiff::tz::Offset::UTC.to_timestamp(time.ok()?).ok()?;
    Some(instant.as_millisecond())
}

/// A file whose pieces are statements of their own, whether a `;` ends them or not.
fn script(file: FileId, sources: &Sources, sink: &mut Sink) -> Script {
    let text = sources.text(file);
    let body = sources.whole(file);
    let mut weave = Weave::default();
    let mut from = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), BREAKPOINT) {
        let split = lex::split(&text[from..at]);
        weave.verbatim(sources, Span::new(file, from..at));
        from = at;
        let cut = Span::new(file, at..at + BREAKPOINT.len());
        if let Some((open, what)) = split.unclosed {
            let told = format!("drizzle cuts the file here, inside a {what}");
            sink.push(
                Diagnostic::error("breakpoint-inside", told)
                    .at(cut, "")
                    .because(format!("what is opened {open} bytes into the piece is sent without its end, and the server refuses it"))
                    .help("move the breakpoint behind the statement"),
            );
        } else if split.statements.last().is_some_and(|last| !last.terminated) {
            // On a line of its own: the piece may end in a comment.
            weave.instead("\n;", cut);
        }
        // As it stands the mark is a comment; SQL behind it on its line would be a part of that.
        let rest = text[cut.range().end..].lines().next().unwrap_or_default();
        if !rest.trim().is_empty() {
            weave.instead("\n", cut);
            from = cut.range().end;
        }
    }
    weave.verbatim(sources, Span::new(file, from..text.len()));
    Script {
        body,
        parts: vec![Part::Sql(weave.finish(body))],
        settings: Settings::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Direction;
    use crate::tree::tests::{Disk, ids, sql};

    fn journal(entries: &[(i64, &str)]) -> String {
        let entries = entries.iter().enumerate().map(|(idx, (when, tag))| {
            serde_json::json!({"idx": idx, "version": "7", "when": when, "tag": tag, "breakpoints": true})
        });
        let entries: Vec<Value> = entries.collect();
        serde_json::json!({"version": "7", "dialect": "postgresql", "entries": entries}).to_string()
    }

    #[test]
    fn the_journal_orders_the_files() {
        let (tree, told) = Disk::new()
            .file(JOURNAL, journal(&[(1, "0001_b"), (2, "0000_add_users")]))
            .file("meta/0000_snapshot.json", "{}")
            .file("0000_add_users.sql", "a")
            .file("0001_b.sql", "b\r\n")
            .file("0002_c.sql", "c")
            .read();
        assert_eq!(tree.layout, "drizzle");
        assert_eq!(ids(&tree), ["0001_b", "0000_add_users"]);
        assert_eq!(tree.migrations[1].message, "add users");
        assert_eq!(
            told,
            [
                "warning passed-over `m/0002_c.sql` is not in the journal, and is left out: drizzle never runs it"
            ]
        );
    }

    #[test]
    fn folders_order_by_name_where_there_is_no_journal() {
        let (tree, told) = Disk::new()
            .file("20250102030405_b/migration.sql", "b")
            .file("20250102030405_b/snapshot.json", "{}")
            .file("20240102030405_a/migration.sql", "a")
            .file("notes/x.txt", "")
            .read();
        assert_eq!((tree.layout, told), ("drizzle", Vec::new()));
        assert_eq!(ids(&tree), ["20240102030405_a", "20250102030405_b"]);
    }

    #[test]
    fn a_breakpoint_ends_a_statement() {
        let (tree, told) = Disk::new()
            .file(JOURNAL, journal(&[(1, "0000_a")]))
            .file(
                "0000_a.sql",
                "SELECT 1;--> statement-breakpoint\nSELECT 2 -- x\n--> statement-breakpoint\n--> statement-breakpoint SELECT 3",
            )
            .read();
        assert_eq!(told, Vec::<String>::new());
        let up = tree.migrations[0].up.as_ref().expect("there");
        assert_eq!(
            sql(&tree.migrations[0], Direction::Up).as_deref(),
            Some(
                "SELECT 1;--> statement-breakpoint\nSELECT 2 -- x\n\n;--> statement-breakpoint\n\n SELECT 3"
            )
        );
        let Part::Sql(text) = &up.parts[0] else {
            panic!("SQL");
        };
        let at = text.text.find("SELECT 3").expect("there");
        assert_eq!(tree.sources.slice(text.locate(at..at + 8)), "SELECT 3");
        assert!(up.variables(&tree.sources).is_empty());
    }

    #[test]
    fn what_drizzle_would_not_run_as_it_looks_is_told() {
        let (tree, told) = Disk::new()
            .file(
                JOURNAL,
                journal(&[(5, "0000_a"), (3, "0001_b"), (6, "0002_c"), (7, "0000_a")]),
            )
            .file("0000_a.sql", "SELECT '--> statement-breakpoint';")
            .file("0001_b.sql", "b")
            .read();
        assert_eq!(ids(&tree), ["0000_a", "0001_b"]);
        let codes: Vec<&str> = told
            .iter()
            .map(|line| &line[..line.find(" m/").unwrap_or(line.len())])
            .collect();
        assert_eq!(
            codes,
            [
                "breakpoint-inside",
                "warning journal-order",
                "missing-file",
                "duplicate-version"
            ]
        );
        let (_, told) = Disk::new().file(JOURNAL, "{\"entries\": [\n 1,]}").read();
        assert!(
            told[0].starts_with("bad-journal m/meta/_journal.json:2:4 the journal is not JSON"),
            "{told:?}"
        );
        let (_, told) = Disk::new()
            .file(JOURNAL, "{\"dialect\": \"mysql\", \"entries\": []}")
            .read();
        assert_eq!(
            told[0],
            "other-database m/meta/_journal.json:1:13 this tree is for mysql, and signoff writes scripts for PostgreSQL"
        );
    }

    /// Times as drizzle-orm 1.0 has them, hashes by `sha256sum`.
    #[test]
    fn a_record_has_the_hash_and_the_date_that_the_tool_goes_by() {
        let text = "create table users (id int);\n";
        let (tree, _) = Disk::new()
            .file(JOURNAL, journal(&[(1_700_000_000_123, "0000_a")]))
            .file("0000_a.sql", text)
            .read();
        let hash = "aa76ff90435ce799b755046554b3bd03d6ccc618dfac6c24c129e8ce83c63ead";
        let of = |tree: &crate::tree::Tree, at: usize| {
            let record = &tree.migrations[at].record;
            serde_json::to_value(record).expect("texts and numbers")
        };
        assert_eq!(
            of(&tree, 0),
            serde_json::json!({"form": "journal", "hash": hash, "when": 1_700_000_000_123_i64})
        );
        let (tree, _) = Disk::new()
            .layout("drizzle")
            .file("20240229235959_a/migration.sql", text)
            .file("20240230000000_b/migration.sql", "\u{feff}a\r\n")
            .file("init/migration.sql", "")
            .read();
        assert_eq!(
            of(&tree, 0),
            serde_json::json!({"form": "folders", "hash": hash, "name": "20240229235959_a", "created_at": 1_709_251_199_000_i64})
        );
        let other = of(&tree, 1);
        let dates = [&other["created_at"], &of(&tree, 2)["created_at"]];
        assert_eq!(dates, [&Value::Null; 2]);
        assert_eq!(
            other["hash"],
            "ea3948106c12d96eaf84d4bb8be214b194c3442acb99a3005251960b0ec2ba63"
        );
    }
}
