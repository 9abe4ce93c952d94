//! node-pg-migrate, as far as its migrations are SQL: `1_name.sql` with `-- Up Migration` and `-- Down Migration`.
//!
//! Read in node-pg-migrate 9.0 and tried with it. Every file of the folder is a migration, and its name begins with a
//! number: a count, milliseconds, or 17 digits of a time in UTC. Order is by that number, then by the name as a reader
//! would sort it. Without `Up Migration` the whole file is the upgrade; without `Down Migration` there is no way back. The
//! tool runs all files in one transaction; here each is one, which takes whatever ran there.

use camino::Utf8Path;

use super::sections::{self, Half, Halves, Named, Tool, Whole};
use super::{Contents, Input, numbered};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::tree::disk::File;
use crate::tree::{Direction, Error};

const TOOL: Tool<Version> = Tool {
    name: "node-pg-migrate",
    named,
    cut,
    drops: |_| false,
    values: "",
};

/// What Node runs.
const PROGRAMS: [&str; 6] = ["js", "cjs", "mjs", "ts", "cts", "mts"];

/// Whether a file has a marker that is nothing else. The tool takes any comment that begins so, and a sentence does too:
/// `-- Down migration is a no-op` stands in other tools' files. A pair's half is none of its files.
pub(super) fn claims(file: &File) -> bool {
    !super::golang_migrate::claims(file)
        && super::marked(file, |text| {
            sections::lines(text)
                .any(|line| marker(line.text).is_some() && is_nothing_else(line.text))
        })
}

fn is_nothing_else(line: &str) -> bool {
    let line = line.trim_ascii_end().trim_end_matches('-');
    line.trim_ascii_end()
        .to_ascii_lowercase()
        .ends_with("migration")
}

pub(super) fn read(input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    sections::refuse_programs(&input, TOOL.name, is_program, sink);
    for file in &input.folder.files {
        let is_sql = file.path.extension() == Some("sql") && !file.path.as_str().contains('/');
        if is_sql && named(&file.path).is_none() {
            let path = input.folder.show(&file.path);
            let told = format!(
                "`{path}` does not begin with a number, and node-pg-migrate refuses the whole folder for it"
            );
            sink.push(sections::bad_name(path, told));
        }
    }
    sections::read(input, &TOOL, sink)
}

/// The number in milliseconds or as it is, then the name as it is sorted.
type Version = (u128, Sorted);

/// A file's name as `localeCompare` sorts it, with numbers by what they count and without punctuation: small letters
/// before capital ones where nothing else differs. What ties there is in no order; here the bytes decide.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sorted {
    words: Vec<Word>,
    capitals: Vec<bool>,
    name: String,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Number(u128),
    Letter(char),
}

fn sorted(name: &str) -> Sorted {
    let mut words = Vec::new();
    let mut capitals = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = leading_digits(rest);
        if digits.is_empty() {
            if first.is_alphanumeric() {
                words.extend(first.to_lowercase().map(Word::Letter));
                capitals.push(first.is_uppercase());
            }
            rest = &rest[first.len_utf8()..];
        } else {
            words.push(Word::Number(count(digits)));
            rest = &rest[digits.len()..];
        }
    }
    Sorted {
        words,
        capitals,
        name: name.to_owned(),
    }
}

fn leading_digits(text: &str) -> &str {
    let end = text.find(|char: char| !char.is_ascii_digit());
    &text[..end.unwrap_or(text.len())]
}

fn count(digits: &str) -> u128 {
    digits.parse().unwrap_or(u128::MAX)
}

/// What a name's number counts.
fn number(digits: &str) -> u128 {
    if digits.len() != 17 {
        return count(digits);
    }
    let (seconds, milliseconds) = digits.split_at(14);
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", seconds).ok();
    let time = time.and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC).ok());
    let time = time.and_then(|time| u128::try_from(time.timestamp().as_millisecond()).ok());
    time.map_or_else(|| count(digits), |time| time + count(milliseconds))
}

fn named(path: &Utf8Path) -> Option<Named<Version>> {
    let name = path.as_str();
    if name.contains('/') {
        return None;
    }
    let stem = name.strip_suffix(".sql")?;
    let digits = leading_digits(stem);
    let rest = &stem[digits.len()..];
    (!digits.is_empty()).then(|| Named {
        version: (number(digits), sorted(name)),
        id: stem.to_owned(),
        message: numbered::prose(rest.trim_start_matches(['-', '_'])),
    })
}

fn is_program(path: &Utf8Path) -> bool {
    let name = path.as_str();
    let numbered = !name.contains('/') && !leading_digits(name).is_empty();
    numbered && path.extension().is_some_and(|it| PROGRAMS.contains(&it))
}

/// The direction that a line begins: `^\s*--[\s-]*up\s+migration`, in any case.
fn marker(line: &str) -> Option<Direction> {
    let comment = line.trim_start().strip_prefix("--")?;
    let comment = comment.trim_start_matches(|char: char| char.is_whitespace() || char == '-');
    let (word, rest) = comment.split_once(char::is_whitespace)?;
    let what = rest.trim_start().get(.."migration".len())?;
    if !what.eq_ignore_ascii_case("migration") {
        return None;
    }
    [("up", Direction::Up), ("down", Direction::Down)]
        .into_iter()
        .find_map(|(name, direction)| word.eq_ignore_ascii_case(name).then_some(direction))
}

fn cut(whole: &Whole<'_>, sink: &mut Sink) -> Option<Halves> {
    let mut before = Half::default();
    let mut halves = Halves::default();
    let mut at = None;
    for line in sections::lines(whole.text) {
        // Only the first of each is one; others are comments.
        let new = marker(line.text).filter(|direction| match direction {
            Direction::Up => halves.up.is_none(),
            Direction::Down => halves.down.is_none(),
        });
        match (new, at) {
            (Some(Direction::Up), _) => halves.up = Some(Half::behind(&line)),
            (Some(Direction::Down), _) => halves.down = Some(Half::behind(&line)),
            (None, None) => before.take(&line),
            (None, Some(direction)) => {
                let half = match direction {
                    Direction::Up => &mut halves.up,
                    Direction::Down => &mut halves.down,
                };
                half.as_mut().expect("it was begun").take(&line);
            }
        }
        at = new.or(at);
    }
    match (&halves.up, &halves.down) {
        (None, None) => halves.up = Some(before),
        (None, Some(_)) => {
            let told = format!(
                "`{}` has `-- Down Migration` and no `-- Up Migration`: node-pg-migrate runs all of it as the upgrade, and would apply and revert in one go",
                whole.path
            );
            sink.push(
                whole
                    .refused("node-pg-migrate-marker", told)
                    .help("write `-- Up Migration` above the upgrade"),
            );
            return None;
        }
        (Some(_), _) => tell_of_what_stands_before(whole, &before, sink),
    }
    Some(halves)
}

fn tell_of_what_stands_before(whole: &Whole<'_>, before: &Half, sink: &mut Sink) {
    let Some(range) = before.stretches.first() else {
        return;
    };
    let tokens = lex::tokens(&whole.text[range.clone()]);
    let Some(first) = tokens.into_iter().find(|token| !token.kind.is_trivia()) else {
        return;
    };
    let told = "this stands before the first direction, and node-pg-migrate passes over it, as is done here";
    sink.push(
        Diagnostic::warning("passed-over", told)
            .at(
                whole.span(range.start + first.start..range.start + first.end),
                "",
            )
            .help("move it below `-- Up Migration`, or take it away"),
    );
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::{marker, named};
    use crate::tree::Direction;
    use crate::tree::tests::{Disk, sql};

    #[test]
    fn names_are_sorted_as_the_tool_sorts_them() {
        // This is the order in which node-pg-migrate 9.0 ran them.
        let names = [
            "1_a9",
            "1_a10",
            "1_a_b",
            "1_ab",
            "1_a",
            "1_A",
            "1_b",
            "9-y",
            "10_x",
            "20200513070724505_x.y",
        ];
        let version = |name: &&str| {
            named(Utf8Path::new(&format!("{name}.sql")))
                .expect("a migration")
                .version
        };
        let mut sorted = names.to_vec();
        sorted.reverse();
        sorted.sort_by_key(version);
        assert_eq!(sorted, names);
        let number = |name: &str| named(Utf8Path::new(name)).expect("a migration").version.0;
        assert_eq!(number("20200513070724505_x.sql"), 1_589_353_644_505);
        assert_eq!(number("1589353644505_x.sql"), 1_589_353_644_505);
        assert_eq!(number("99999999999999999_x.sql"), 99_999_999_999_999_999);
    }

    #[test]
    fn markers_are_read_as_the_tool_reads_them() {
        for (line, direction) in [
            ("-- Up Migration", Some(Direction::Up)),
            ("  ---- - DOWN\tmigrations are below", Some(Direction::Down)),
            ("--up  migration", Some(Direction::Up)),
            ("-- Upmigration", None),
            ("-- Up Migratio", None),
            ("-- the Up Migration", None),
            ("Up Migration", None),
        ] {
            assert_eq!(marker(line), direction, "{line}");
        }
    }

    #[test]
    fn directions_stand_in_any_order() {
        let (tree, told) = Disk::new()
            .file("1_a.sql", "-- why\n-- Down Migration\nSELECT 2;\n-- Up Migration\r\nSELECT 1;\r\n-- Up Migration\n")
            .file("2_b-c.sql", "SELECT 1")
            .file("3_d.sql", "-- Up Migration\n-- Down Migration\n")
            .file("README.md", "x")
            .read();
        assert_eq!(told, Vec::<String>::new());
        let ids: Vec<&str> = tree.migrations.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(
            (tree.layout, ids),
            ("node-pg-migrate", vec!["1_a", "2_b-c", "3_d"])
        );
        let [one, two, last] = tree.migrations.as_slice() else {
            panic!("three");
        };
        assert_eq!(
            sql(one, Direction::Up).as_deref(),
            Some("SELECT 1;\r\n-- Up Migration\n")
        );
        assert_eq!(sql(one, Direction::Down).as_deref(), Some("SELECT 2;\n"));
        assert_eq!((two.message.as_str(), two.down.is_none()), ("b-c", true));
        assert_eq!(sql(two, Direction::Up).as_deref(), Some("SELECT 1"));
        assert_eq!(sql(last, Direction::Down).as_deref(), Some(""));
    }

    #[test]
    fn what_can_not_be_told_or_carried_is_refused() {
        let (_, told) = Disk::new()
            .layout("node-pg-migrate")
            .file("1_a.sql", "SELECT 1;\n-- Down Migration\nSELECT 2;\n")
            .file("2_b.ts", "export const up = () => {}")
            .file("3_c.sql", "SELECT 1;\n-- Up Migration\n")
            .file("seed.sql", "")
            .read();
        assert_eq!(
            told,
            [
                "not-sql `m/2_b.ts` is a program, and only SQL can be carried into a script",
                "bad-file-name `m/seed.sql` does not begin with a number, and node-pg-migrate refuses the whole folder for it",
                "node-pg-migrate-marker m/1_a.sql:1:1 `m/1_a.sql` has `-- Down Migration` and no `-- Up Migration`: node-pg-migrate runs all of it as the upgrade, and would apply and revert in one go",
                "warning passed-over m/3_c.sql:1:1 this stands before the first direction, and node-pg-migrate passes over it, as is done here",
            ]
        );
    }
}
