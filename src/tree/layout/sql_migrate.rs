//! sql-migrate: `name.sql` with `-- +migrate Up` and `-- +migrate Down`.
//!
//! Read in sql-migrate 1.7 (`migrate.go`, `sqlparse/sqlparse.go`) and tried with Debian's. Every `.sql` file of the folder
//! is a migration, named as it is recorded; those that begin with digits come first, by that number, then by name. A
//! direction may stand in several sections, and says for itself that it wants no transaction. A statement ends where a line
//! ends in `;`, or at `StatementEnd`. Lines that begin with `-- ` never reach the server, not even those in a function's
//! body.

use std::ops::Range;

use camino::Utf8Path;

use super::sections::{self, Half, Halves, Line, Named, Tool, Whole};
use super::{Contents, Input, numbered};
use crate::diagnostic::{Diagnostic, Sink};
use crate::tree::disk::File;
use crate::tree::{Direction, Error};

/// What a marker begins with.
const MARK: &str = "-- +migrate ";

/// Names without a number come last; then the number, then the name.
type Version = (bool, u64, String);

const TOOL: Tool<Version> = Tool {
    name: "sql-migrate",
    named,
    cut,
    drops: |line| line.starts_with("-- "),
    values: "",
};

/// Whether a file has a marker.
pub(super) fn claims(file: &File) -> bool {
    super::marked(file, |text| {
        text.contains(MARK) && sections::lines(text).any(|line| line.text.starts_with(MARK))
    })
}

pub(super) fn read(input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    sections::refuse_folders(
        &input,
        TOOL.name,
        |path| path.extension() == Some("sql"),
        sink,
    );
    for file in &input.folder.files {
        if named(&file.path).is_some() && number(&file.path).is_err() {
            let path = input.folder.show(&file.path);
            let told = format!(
                "`{path}` begins with a number of more than 63 bits, at which sql-migrate breaks off"
            );
            sink.push(sections::bad_name(path, told));
        }
    }
    sections::read(input, &TOOL, sink)
}

fn named(path: &Utf8Path) -> Option<Named<Version>> {
    let name = path.as_str();
    if name.contains('/') {
        return None;
    }
    let stem = name.strip_suffix(".sql")?;
    let number = number(path).unwrap_or(Some(u64::MAX));
    let rest = stem.trim_start_matches(|char: char| char.is_ascii_digit());
    Some(Named {
        version: (number.is_none(), number.unwrap_or(0), name.to_owned()),
        id: name.to_owned(),
        message: numbered::prose(rest.trim_start_matches(['-', '_'])),
    })
}

/// The number that a name begins with, if any.
fn number(path: &Utf8Path) -> Result<Option<u64>, std::num::ParseIntError> {
    let name = path.as_str();
    let end = name.find(|char: char| !char.is_ascii_digit());
    let digits = &name[..end.unwrap_or(name.len())];
    if digits.is_empty() {
        return Ok(None);
    }
    let number: i64 = digits.parse()?;
    Ok(Some(number.unsigned_abs()))
}

/// What was read of a file so far.
#[derive(Default)]
struct Reading {
    up: Option<Half>,
    down: Option<Half>,
    at: Option<Direction>,
    /// `StatementBegin`, while it is open.
    begun: Option<Range<usize>>,
    /// Where a statement began that has not ended.
    open: Option<Range<usize>>,
    /// Each `StatementBegin` of a direction, and what stands between it and its `StatementEnd`.
    blocks: Vec<(Direction, Range<usize>, Range<usize>)>,
    /// SQL before the first direction.
    before: Option<Range<usize>>,
}

fn cut(whole: &Whole<'_>, sink: &mut Sink) -> Option<Halves> {
    let mut reading = Reading::default();
    for line in sections::lines(whole.text) {
        if let Err(fault) = reading.line(whole, &line) {
            sink.push(*fault);
            return None;
        }
    }
    if let Some(begun) = reading.begun {
        sink.push(whole.no_statement_end(
            "sql-migrate-marker",
            "sql-migrate",
            begun,
            "-- +migrate StatementEnd",
        ));
        return None;
    }
    if reading.at.is_none() {
        let told = format!(
            "`{}` has no `{MARK}Up`, and sql-migrate refuses it",
            whole.path
        );
        sink.push(
            whole
                .refused("sql-migrate-marker", told)
                .help("write `-- +migrate Up` above its SQL, or move it out of the folder"),
        );
        return None;
    }
    if let Some(open) = reading.open {
        sink.push(unfinished(whole, open));
        return None;
    }
    if let Some(before) = reading.before {
        let told = "this stands before the first direction, and sql-migrate passes over it, as is done here";
        sink.push(
            Diagnostic::warning("passed-over", told)
                .at(whole.span(before), "")
                .help("move it below `-- +migrate Up`, or take it away"),
        );
    }
    for (direction, begun, block) in &reading.blocks {
        let half = match direction {
            Direction::Up => &reading.up,
            Direction::Down => &reading.down,
        };
        if half.as_ref().is_some_and(|half| half.no_transaction) {
            sections::tell_of_one_message(TOOL.name, whole, begun, block, sink);
        }
    }
    Some(Halves {
        // Without an upgrade the file is recorded, and nothing runs.
        up: Some(reading.up.unwrap_or_default()),
        down: reading.down,
        ..Halves::default()
    })
}

impl Reading {
    fn line(&mut self, whole: &Whole<'_>, line: &Line<'_>) -> Result<(), Box<Diagnostic>> {
        if let Some(command) = line.text.strip_prefix(MARK) {
            return self.command(command, whole, line);
        }
        let is_blank = line.text.trim().is_empty();
        if self.at.is_none() {
            let is_comment = line.text.trim_start().starts_with("--");
            if !is_blank && !is_comment && self.before.is_none() {
                self.before = Some(line.shown());
            }
            return Ok(());
        }
        if !line.text.starts_with("-- ") {
            if self.begun.is_none() && sections::ends_statement(line.text) {
                self.open = None;
            } else if !is_blank && self.open.is_none() {
                self.open = Some(line.shown());
            }
        }
        self.take(line);
        Ok(())
    }

    fn half(&mut self) -> Option<&mut Half> {
        let half = match self.at? {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        };
        half.as_mut()
    }

    fn take(&mut self, line: &Line<'_>) {
        if let Some(half) = self.half() {
            half.take(line);
        }
    }

    fn command(
        &mut self,
        command: &str,
        whole: &Whole<'_>,
        line: &Line<'_>,
    ) -> Result<(), Box<Diagnostic>> {
        let mut words = command.split_whitespace();
        let Some(word) = words.next() else {
            let told = "this marker has no word, and sql-migrate refuses the file for it";
            return Err(Box::new(
                whole
                    .fault("sql-migrate-marker", line, told)
                    .help("it is `Up`, `Down`, `StatementBegin` or `StatementEnd`"),
            ));
        };
        let direction = match word {
            "Up" => Direction::Up,
            "Down" => Direction::Down,
            "StatementBegin" => {
                if self.at.is_some() {
                    self.begun = Some(line.shown());
                }
                self.take(line);
                return Ok(());
            }
            "StatementEnd" => {
                self.take(line);
                self.end_block(whole, line);
                return Ok(());
            }
            // Others mean nothing to sql-migrate, and it says nothing.
            _ => {
                self.take(line);
                return Ok(());
            }
        };
        if let Some(open) = self.open.take() {
            return Err(Box::new(unfinished(whole, open)));
        }
        self.at = Some(direction);
        let side = match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        };
        match side {
            Some(half) => half.go_on_behind(line),
            None => *side = Some(Half::behind(line)),
        }
        if let Some(half) = side
            && words.any(|word| word == "notransaction")
        {
            half.no_transaction = true;
        }
        Ok(())
    }

    fn end_block(&mut self, whole: &Whole<'_>, line: &Line<'_>) {
        let (Some(begun), Some(direction)) = (self.begun.take(), self.at) else {
            return;
        };
        self.open = None;
        let block = begun.end..line.range.start;
        if let Some(half) = self.half() {
            half.end_statement(whole, &block, line);
        }
        self.blocks.push((direction, begun, block));
    }
}

fn unfinished(whole: &Whole<'_>, open: Range<usize>) -> Diagnostic {
    let told = "this does not end as sql-migrate wants it, which refuses the file for it";
    Diagnostic::error("sql-migrate-unfinished", told)
        .at(whole.span(open), "a line that ends in `;` ends it")
        .help("put a `;` at the end of its last line, or `-- +migrate StatementBegin` and `StatementEnd` around it; a comment begins with `-- `")
}

#[cfg(test)]
mod tests {
    use crate::tree::Direction;
    use crate::tree::tests::{Disk, sql};

    fn told(text: &str) -> Vec<String> {
        let disk = Disk::new().layout("sql-migrate").file("1.sql", text);
        disk.read().1
    }

    #[test]
    fn every_file_is_a_migration_by_its_name() {
        let text = "-- +migrate Up\n";
        let (tree, told) = Disk::new()
            .file("b.sql", text)
            .file("10-x.sql", text)
            .file("9_b.sql", text)
            .file("09_a-b.sql", text)
            .file("a.sql", text)
            .file("notes.txt", "x")
            .file("sub/1.sql", "x")
            .read();
        assert_eq!(told, Vec::<String>::new());
        let ids: Vec<&str> = tree.migrations.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(tree.layout, "sql-migrate");
        assert_eq!(ids, ["09_a-b.sql", "9_b.sql", "10-x.sql", "a.sql", "b.sql"]);
        assert_eq!(tree.migrations[0].message, "a-b");
        assert!(
            tree.migrations
                .iter()
                .all(|it| it.up.is_some() && it.down.is_none())
        );
    }

    #[test]
    fn a_direction_may_stand_in_several_sections() {
        let (tree, found) = Disk::new()
            .file(
                "1.sql",
                "-- why\n-- +migrate Up\r\nSELECT 1;\r\n-- +migrate Down notransaction\nSELECT 2;\n-- +migrate Up\nSELECT 3;",
            )
            .file("2.sql", "-- +migrate Down\nSELECT 1;\n")
            .read();
        assert_eq!(found, Vec::<String>::new());
        let [one, two] = tree.migrations.as_slice() else {
            panic!("two");
        };
        assert_eq!(
            sql(one, Direction::Up).as_deref(),
            Some("SELECT 1;\r\nSELECT 3;")
        );
        assert_eq!(sql(one, Direction::Down).as_deref(), Some("SELECT 2;\n"));
        let settings =
            [&one.up, &one.down].map(|it| it.as_ref().expect("there").settings.no_transaction);
        assert_eq!(settings, [false, true]);
        assert_eq!(sql(two, Direction::Up).as_deref(), Some(""));
        assert_eq!(
            told("SELECT 1;\n-- +migrate Up\n"),
            [
                "warning passed-over m/1.sql:1:1 this stands before the first direction, and sql-migrate passes over it, as is done here"
            ]
        );
    }

    #[test]
    fn lines_that_never_reach_the_server_go_from_bodies() {
        let text =
            "-- +migrate Up\n-- why\nDO $$\n-- gone\n--stays\nBEGIN END $$;\nSELECT '\n-- +x\n';\n";
        let (tree, _) = Disk::new().file("1.sql", text).read();
        assert_eq!(
            sql(&tree.migrations[0], Direction::Up).as_deref(),
            Some("-- why\nDO $$\n--stays\nBEGIN END $$;\nSELECT '\n';\n")
        );
    }

    #[test]
    fn the_end_of_a_block_ends_a_statement() {
        let text = "-- +migrate Up\n-- +migrate StatementBegin\nDO $$ BEGIN END $$\n-- +migrate StatementEnd\nSELECT 1;\n";
        let (tree, told) = Disk::new().file("1.sql", text).read();
        assert_eq!(told, Vec::<String>::new());
        let up = tree.migrations[0].up.as_ref().expect("there");
        assert_eq!(up.parts.len(), 2);
    }

    #[test]
    fn what_sql_migrate_refuses_is_refused() {
        for (text, code, line) in [
            ("", "sql-migrate-marker", 1),
            ("SELECT 1;\n", "sql-migrate-marker", 1),
            ("-- +migrate Sideways\n", "sql-migrate-marker", 1),
            ("-- +migrate Up\n-- +migrate \n", "sql-migrate-marker", 2),
            (
                "-- +migrate Up\n-- +migrate StatementBegin\nSELECT 1;\n",
                "sql-migrate-marker",
                2,
            ),
            ("-- +migrate Up\nSELECT 1\n", "sql-migrate-unfinished", 2),
            (
                "-- +migrate Up\nSELECT 1;\n--x\n",
                "sql-migrate-unfinished",
                3,
            ),
            (
                "-- +migrate Up\nSELECT 1\n-- +migrate Down\n",
                "sql-migrate-unfinished",
                2,
            ),
            (
                "-- +migrate Up\n-- +migrate Down\nSELECT 1\n",
                "sql-migrate-unfinished",
                3,
            ),
        ] {
            let told = told(text);
            let expected = format!("{code} m/1.sql:{line}:1 ");
            assert!(
                told.len() == 1 && told[0].starts_with(&expected),
                "{text}: {told:?}"
            );
        }
        let (_, told) = Disk::new()
            .file("1.sql", "-- +migrate Up\n")
            .file("9223372036854775808.sql", "-- +migrate Up\n")
            .file("2.sql/x.txt", "")
            .read();
        assert_eq!(
            told,
            [
                "bad-folder `m/2.sql` is a folder, which sql-migrate takes for a migration and can't read",
                "bad-file-name `m/9223372036854775808.sql` begins with a number of more than 63 bits, at which sql-migrate breaks off",
            ]
        );
    }
}
