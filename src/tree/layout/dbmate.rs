//! dbmate: `1_name.sql` with `-- migrate:up` and `-- migrate:down`.
//!
//! Tried with dbmate 2.36. A file is a migration if its name begins with digits and ends in `.sql`; the digits, as text,
//! are the version, and files run in the order of their names, byte by byte. Both markers stand in every file, each once,
//! `up` first, and nothing but comments before it. What runs goes from one marker to the next as one message, in a
//! transaction unless the marker's line says `transaction:false`.

use camino::Utf8Path;

use super::sections::{self, Half, Halves, Line, Named, Tool, Whole};
use super::{Contents, Input, numbered};
use crate::diagnostic::{Diagnostic, Sink};
use crate::tree::disk::File;
use crate::tree::{Direction, Error};

const TOOL: Tool<String> = Tool {
    name: "dbmate",
    named,
    cut,
    drops: |_| false,
    values: "",
};

/// Whether a file has a marker.
pub(super) fn claims(file: &File) -> bool {
    super::marked(file, |text| {
        text.contains("migrate:") && sections::lines(text).any(|line| marker(line.text).is_some())
    })
}

pub(super) fn read(input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    sections::read(input, &TOOL, sink)
}

fn named(path: &Utf8Path) -> Option<Named<String>> {
    let name = path.as_str();
    if name.contains('/') {
        return None;
    }
    let stem = name.strip_suffix(".sql")?;
    let rest = stem.trim_start_matches(|char: char| char.is_ascii_digit());
    let digits = &stem[..stem.len() - rest.len()];
    (!digits.is_empty()).then(|| Named {
        version: name.to_owned(),
        id: digits.to_owned(),
        message: numbered::prose(rest),
    })
}

/// The direction that a line begins, and the rest of the line.
fn marker(line: &str) -> Option<(Direction, &str)> {
    let word = line.strip_prefix("--")?.trim_start();
    let word = word.strip_prefix("migrate:")?;
    let (direction, rest) = [("up", Direction::Up), ("down", Direction::Down)]
        .into_iter()
        .find_map(|(name, direction)| Some((direction, word.strip_prefix(name)?)))?;
    let ends = rest.is_empty() || rest.starts_with(|char: char| char.is_ascii_whitespace());
    ends.then_some((direction, rest))
}

/// Whether the options on a marker's line ask for no transaction. Others mean nothing to dbmate.
fn no_transaction(options: &str) -> bool {
    let mut pairs = options
        .split_ascii_whitespace()
        .filter_map(|option| option.split_once(':'));
    // The last one counts.
    let last = pairs.rfind(|(key, value)| *key == "transaction" && !value.contains(':'));
    last.is_some_and(|(_, value)| value == "false")
}

fn cut(whole: &Whole<'_>, sink: &mut Sink) -> Option<Halves> {
    let mut halves = Halves::default();
    for line in sections::lines(whole.text) {
        if let Some((direction, options)) = marker(line.text) {
            let half = Half {
                no_transaction: no_transaction(options),
                ..Half::behind(&line)
            };
            let side = match direction {
                Direction::Up if halves.up.is_none() => &mut halves.up,
                Direction::Down if halves.up.is_some() && halves.down.is_none() => &mut halves.down,
                Direction::Up | Direction::Down => {
                    sink.push(misplaced(whole, &line));
                    return None;
                }
            };
            *side = Some(half);
        } else if let Some(half) = halves.down.as_mut().or(halves.up.as_mut()) {
            half.take(&line);
        } else if !line.text.trim().is_empty() && !line.text.trim_start().starts_with("--") {
            let told = "this stands before `-- migrate:up`, and dbmate refuses the file for it";
            sink.push(
                whole
                    .fault("dbmate-marker", &line, told)
                    .help("write `-- migrate:up` above it"),
            );
            return None;
        }
    }
    let missing = match (&halves.up, &halves.down) {
        (None, _) => "-- migrate:up",
        (_, None) => "-- migrate:down",
        (Some(_), Some(_)) => return Some(halves),
    };
    let told = format!("`{}` has no `{missing}`, and dbmate refuses it", whole.path);
    let help = if halves.up.is_some() {
        "write `-- migrate:down` behind the upgrade; nothing needs to stand below it"
    } else {
        "write `-- migrate:up` above its SQL and `-- migrate:down` behind it, or move it out of the folder"
    };
    sink.push(whole.refused("dbmate-marker", told).help(help));
    None
}

fn misplaced(whole: &Whole<'_>, line: &Line<'_>) -> Diagnostic {
    let told = "`-- migrate:up` and `-- migrate:down` stand once each, in this order";
    whole
        .fault("dbmate-marker", line, told)
        .because(
            "dbmate refuses the file for it, or stops when it records the version a second time",
        )
        .help("make another file of what follows, or take the marker away")
}

#[cfg(test)]
mod tests {
    use super::no_transaction;
    use crate::tree::Direction;
    use crate::tree::tests::{Disk, sql};

    #[test]
    fn files_are_ordered_by_their_names_and_cut_at_both_markers() {
        let (tree, told) = Disk::new()
            .file("2_two.sql", "-- migrate:up\n-- migrate:down\n")
            .file(
                "10_ten_x.sql",
                "-- why\n\n--migrate:up transaction:false\r\nVACUUM;\r\n--  migrate:down\r\n-- nothing",
            )
            .file("003.sql", "-- migrate:up\nSELECT 1;\n-- migrate:downer\n-- migrate:down\nSELECT 2")
            .file("seed.sql", "SELECT 1;")
            .file("4_folder.sql/x.txt", "")
            .file("sub/5_x.sql", "SELECT 1;")
            .read();
        assert_eq!(told, Vec::<String>::new());
        let ids: Vec<&str> = tree.migrations.iter().map(|it| it.id.as_str()).collect();
        assert_eq!((tree.layout, ids), ("dbmate", vec!["003", "10", "2"]));
        let [first, ten, two] = tree.migrations.as_slice() else {
            panic!("three");
        };
        let up = |it| sql(it, Direction::Up);
        let down = |it| sql(it, Direction::Down);
        assert_eq!(up(first).as_deref(), Some("SELECT 1;\n-- migrate:downer\n"));
        assert_eq!(down(first).as_deref(), Some("SELECT 2"));
        assert_eq!(up(ten).as_deref(), Some("VACUUM;\r\n"));
        assert_eq!(down(ten).as_deref(), Some("-- nothing"));
        assert_eq!(ten.message, "ten x");
        assert_eq!(
            (up(two).as_deref(), down(two).as_deref()),
            (Some(""), Some(""))
        );
        let settings =
            [&ten.up, &ten.down].map(|it| it.as_ref().expect("there").settings.no_transaction);
        assert_eq!(settings, [true, false]);
    }

    #[test]
    fn only_one_option_counts() {
        for (options, asks) in [
            ("", false),
            (" transaction:false", true),
            ("\ttransaction:false foo", true),
            (" transaction:true", false),
            (" transaction:False", false),
            (" transaction: false", false),
            (" transaction:false transaction:true", false),
            (" transaction:false:x", false),
        ] {
            assert_eq!(no_transaction(options), asks, "{options}");
        }
    }

    #[test]
    fn what_dbmate_refuses_is_refused() {
        for (text, line) in [
            ("", 1),
            ("SELECT 1;\n", 1),
            ("-- migrate:up\nSELECT 1;\n", 1),
            ("-- migrate:down\n-- migrate:up\n", 1),
            (" -- migrate:up\n-- migrate:down\n", 2),
            ("/* x */\n-- migrate:up\n-- migrate:down\n", 1),
            ("-- migrate:up\n-- migrate:up\n-- migrate:down\n", 2),
            ("-- migrate:up\n-- migrate:down\n-- migrate:down\n", 3),
            (
                "-- migrate:up\n-- migrate:down\n-- migrate:up\n-- migrate:down\n",
                3,
            ),
        ] {
            let (_, told) = Disk::new().layout("dbmate").file("1_a.sql", text).read();
            let expected = format!("dbmate-marker m/1_a.sql:{line}:1 ");
            assert!(
                told.len() == 1 && told[0].starts_with(&expected),
                "{text}: {told:?}"
            );
        }
    }

    #[test]
    fn a_version_twice_names_both_files() {
        let text = "-- migrate:up\n-- migrate:down\n";
        let disk = Disk::new().file("1_a.sql", text).file("1_b.sql", text);
        let (tree, told) = disk.file("01_c.sql", text).read();
        assert_eq!(tree.migrations.len(), 2);
        assert_eq!(
            told,
            [
                "duplicate-version m/1_b.sql:1:1 version 1 has two files: `m/1_a.sql` and `m/1_b.sql`"
            ]
        );
    }
}
