//! refinery: `V1__name.sql`, in folders of any depth, upgrades only.
//!
//! Read in refinery 0.9 (`refinery_core/src/util.rs`) and tried with 0.10. A name is
//! `^[U|V](\d+(?:\.\d+)?)__(\w+)\.sql$`; others are passed over, and a version with a dot is refused. `U` says that a
//! migration may come late, and is applied like any other. Order is by number. Each file runs in a transaction. Flyway has
//! the same names, so a tree is only read so when that is said.

use camino::Utf8Path;

use super::sections::{self, Half, Halves, Named, Tool};
use super::{Contents, Input, numbered};
use crate::diagnostic::Sink;
use crate::tree::Error;

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
    sections::read(input, &TOOL, sink)
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
}
