//! refinery: `V1__name.sql`, in folders of any depth, upgrades only.
//!
//! Read in refinery 0.9 (`refinery_core/src/util.rs`) and tried with 0.10. A name is
//! `^[U|V](\d+(?:\.\d+)?)__(\w+)\.sql$`; others are passed over, and a version with a dot is refused. `U` says that a
//! migration may come late, and is applied like any other. Order is by number. Each file runs in a transaction. Flyway has
//! the same names, so a tree is only read so when that is said. Of a migration its name is recorded, and a SipHash-1-3 over
//! name, version and text as Rust's `Hash` feeds them (`refinery_core/src/runner.rs`).

use camino::Utf8Path;

use super::sections::{self, Half, Halves, Named, Tool};
use super::{Contents, Input, checksum, numbered};
use crate::diagnostic::Sink;
use crate::source::{FileId, Sources};
use crate::tree::{Error, Record};

const TOOL: Tool<i64> = Tool {
    name: "refinery",
    named,
    cut: |whole, _| {
        Some(Halves {
            up: Some(Half {
                stretches: std::iter::once(0..whole.text.len()).collect(),
                no_transaction: false,
            }),
            ..Halves::default()
        })
    },
    drops: |_| false,
    values: "",
};

pub(super) fn read(input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    sections::refuse_programs(
        &input,
        TOOL.name,
        |path| parts(path, ".rs").is_some_and(|(version, _)| version.parse::<i64>().is_ok()),
        sink,
    );
    for file in &input.folder.files {
        if let Some((version, _)) = parts(&file.path, ".sql")
            && version.parse::<i64>().is_err()
        {
            let path = input.folder.show(&file.path);
            let told = format!(
                "the version of `{path}` is no whole number of 64 bits, and refinery refuses the whole folder for it"
            );
            sink.push(sections::bad_name(path, told));
        }
    }
    let mut contents = sections::read(input, &TOOL, sink)?;
    for migration in &mut contents.migrations {
        migration.record = record(migration.at.file, &contents.sources).unwrap_or_default();
    }
    Ok(contents)
}

/// `name` and `checksum` of `refinery_schema_history`. A version is of 32 bits in the tool as it is built by itself, and of
/// 64 with its feature `int8-versions`: one tree has two checksums, and a large version the latter only.
fn record(file: FileId, sources: &Sources) -> Option<Record> {
    let (version, name) = parts(sources.path(file), ".sql")?;
    let version: i64 = version.parse().ok()?;
    let checksum = |version: &[u8]| {
        let [mark, text] = checksum::whole(sources, file).map(str::as_bytes);
        // A text is closed by a byte that is in none.
        let end: &[u8] = b"\xff";
        checksum::siphash([name.as_bytes(), end, version, mark, text, end]).to_string()
    };
    let mut record = Record::from([
        ("name", name.into()),
        ("checksum_int8", checksum(&version.to_le_bytes()).into()),
    ]);
    if let Ok(short) = i32::try_from(version) {
        record.insert("checksum", checksum(&short.to_le_bytes()).into());
    }
    Some(record)
}

/// Version and name of a file.
fn parts<'p>(path: &'p Utf8Path, end: &str) -> Option<(&'p str, &'p str)> {
    let stem = path.file_name()?.strip_suffix(end)?;
    // The bar is in the expression's brackets, and so is a letter to it.
    let rest = stem.strip_prefix(['U', '|', 'V'])?;
    let (version, name) = rest.split_once("__")?;
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let is_version = match version.split_once('.') {
        Some((whole, part)) => are_digits(whole) && are_digits(part),
        None => are_digits(version),
    };
    let is_name = !name.is_empty() && name.chars().all(|it| it.is_alphanumeric() || it == '_');
    (is_version && is_name).then_some((version, name))
}

fn named(path: &Utf8Path) -> Option<Named<i64>> {
    let (version, name) = parts(path, ".sql")?;
    let version: i64 = version.parse().ok()?;
    Some(Named {
        version,
        id: version.to_string(),
        message: numbered::prose(name),
    })
}

#[cfg(test)]
mod tests {
    use crate::tree::Direction;
    use crate::tree::tests::{Disk, sql};

    #[test]
    fn files_of_any_folder_are_ordered_by_number() {
        let (tree, told) = Disk::new()
            .layout("refinery")
            .file("V10__ten.sql", "SELECT 10")
            .file("old/U9__nine_x.sql", "SELECT 9;\r\n")
            .file("V01__one.sql", "")
            .file("V2_two.sql", "x")
            .file("v3__three.sql", "x")
            .file("V4__four-x.sql", "x")
            .file("V5__lib.txt", "x")
            .file("mod.rs", "x")
            .read();
        assert_eq!(told, Vec::<String>::new());
        let ids: Vec<&str> = tree.migrations.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["1", "9", "10"]);
        assert_eq!(tree.migrations[1].message, "nine x");
        assert_eq!(
            sql(&tree.migrations[1], Direction::Up).as_deref(),
            Some("SELECT 9;\r\n")
        );
        assert!(tree.migrations.iter().all(|it| it.down.is_none()));
    }

    #[test]
    fn what_refinery_refuses_is_refused() {
        let (_, told) = Disk::new()
            .layout("refinery")
            .file("V1__a.sql", "")
            .file("sub/U1__b.sql", "")
            .file("V2__c.rs", "")
            .file("V3.1__d.sql", "")
            .read();
        assert_eq!(
            told,
            [
                "not-sql `m/V2__c.rs` is a program, and only SQL can be carried into a script",
                "bad-file-name the version of `m/V3.1__d.sql` is no whole number of 64 bits, and refinery refuses the whole folder for it",
                "duplicate-version m/sub/U1__b.sql:1:1 version 1 has two files: `m/V1__a.sql` and `m/sub/U1__b.sql`",
            ]
        );
    }

    /// The first two checksums are those that refinery 0.10 wrote, by its two builds.
    #[test]
    fn a_record_has_a_checksum_for_each_build() {
        let (tree, told) = Disk::new()
            .layout("refinery")
            .file("V1__create_users.sql", "create table users (id int);\n")
            .file("V3000000000__big.sql", "\u{feff}SELECT 1;\r\n")
            .read();
        assert_eq!(told.len(), 1, "the mark: {told:?}");
        let text = |at: usize, key: &str| tree.migrations[at].record.get(key)?.as_str();
        assert_eq!(text(0, "name"), Some("create_users"));
        assert_eq!(text(0, "checksum"), Some("5162266121508368546"));
        assert_eq!(text(0, "checksum_int8"), Some("6015320231627655023"));
        assert_eq!(text(1, "checksum"), None);
        assert_eq!(text(1, "checksum_int8"), Some("171351934068230403"));
    }
}
