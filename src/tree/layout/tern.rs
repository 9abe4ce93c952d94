//! tern: `1_name.sql`, cut by `---- create above / drop below ----`.
//!
//! Read in tern 2.4 (`migrate/migrate.go`). Numbers go from 1 up without a gap; other names, and what lies in folders, are
//! passed over. Without the line, or with nothing below it, there is no way back. Each direction is a Go template, filled in
//! after the cut from `[data]` of `tern.conf`; here `{{ .name }}` is, from `[variables]`. A direction runs in a transaction unless it holds the line `---- tern: disable-tx ----`.

use std::collections::BTreeSet;
use std::ops::Range;

use camino::Utf8Path;

use super::filled::Filled;
use super::sections::{self, Half, Halves, Named, Tool, Whole};
use super::{Contents, Input, numbered, template};
use crate::diagnostic::{Diagnostic, Sink};
use crate::tree::Error;
use crate::tree::disk::File;
use crate::tree::variables::Spot;

/// Where the way back begins, wherever it stands.
const CUT: &str = "---- create above / drop below ----";
/// A line by itself.
const DISABLE_TX: &str = "---- tern: disable-tx ----";

const TOOL: Tool<i32> = Tool {
    name: "tern",
    named,
    cut,
    drops: |_| false,
    values: "tern takes them from `[data]` of its configuration when it runs, and writes `<no value>` where one is missing",
};

/// Whether a file has a marker.
pub(super) fn claims(file: &File) -> bool {
    super::marked(file, |text| {
        let text = text.as_bytes();
        [CUT, DISABLE_TX]
            .iter()
            .any(|mark| memchr::memmem::find(text, mark.as_bytes()).is_some())
    })
}

pub(super) fn read(input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    let mut numbers = BTreeSet::new();
    for file in &input.folder.files {
        let Some((digits, _)) = parts(&file.path) else {
            continue;
        };
        match digits.parse::<i32>() {
            Ok(number) if number > 0 => {
                numbers.insert(number);
            }
            Ok(_) | Err(_) => {
                let path = input.folder.show(&file.path);
                let told = format!(
                    "the number of `{path}` is none from 1 to {}, at which tern breaks off",
                    i32::MAX
                );
                sink.push(sections::bad_name(path, told));
            }
        }
    }
    let gap = (1..).zip(&numbers).find(|(want, number)| want != *number);
    if let Some((missing, next)) = gap {
        let told = format!(
            "there is no migration {missing}, and one with the number {next}: tern refuses the whole folder for the gap"
        );
        sink.push(
            Diagnostic::error("missing-number", told)
                .path(input.folder.shown.clone())
                .help("bring the file in, or number those behind it without a gap where no database has them"),
        );
    }
    sections::read(input, &TOOL, sink)
}

/// The digits and the rest of a migration's name.
fn parts(path: &Utf8Path) -> Option<(&str, &str)> {
    let name = path.as_str();
    if name.contains('/') {
        return None;
    }
    let (digits, rest) = name.split_once('_')?;
    let rest = rest.strip_suffix(".sql")?;
    let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (are_digits && !rest.is_empty()).then_some((digits, rest))
}

fn named(path: &Utf8Path) -> Option<Named<i32>> {
    let (digits, rest) = parts(path)?;
    let version: i32 = digits.parse().ok()?;
    (version > 0).then(|| Named {
        version,
        id: version.to_string(),
        message: numbered::prose(rest),
    })
}

fn cut(whole: &Whole<'_>, sink: &mut Sink) -> Option<Halves> {
    let text = whole.text;
    let (up, down) = match memchr::memmem::find(text.as_bytes(), CUT.as_bytes()) {
        Some(at) => (0..at, Some(at + CUT.len()..text.len())),
        None => (0..text.len(), None),
    };
    let mut filled = Filled::default();
    let mut others = Vec::new();
    for half in std::iter::once(&up).chain(&down) {
        let at = |range: Range<usize>| half.start + range.start..half.start + range.end;
        for action in template::actions(&text[half.clone()]) {
            match action.name {
                Some(name) => filled.spots.push(Spot {
                    range: at(action.range),
                    name: name.to_owned(),
                    value: whole.values.get(name).cloned(),
                }),
                None => others.push(at(action.shown)),
            }
        }
    }
    if !others.is_empty() {
        sink.push(
            super::filled::placeholders(
                whole,
                &others,
                "tern works them out when it runs, with its shared templates and functions, which no script has",
            )
            .help("write what they stand for into the file; only `{{ .name }}` is filled in, from [variables] in signoff.toml"),
        );
        return None;
    }
    let is_sql = |line: &sections::Line<'_>| {
        let line = line.text.trim();
        !line.is_empty() && !line.starts_with("--")
    };
    if !sections::lines(&text[up.clone()]).any(|line| is_sql(&line)) {
        let told = format!(
            "`{}` has no SQL in its upgrade, and tern refuses the whole folder for it",
            whole.path
        );
        sink.push(
            whole
                .refused("empty-script", told)
                .help("write the upgrade; `SELECT;` is one that does nothing"),
        );
        return None;
    }
    Some(Halves {
        up: Some(half(whole, up, sink)),
        down: down
            .filter(|down| !text[down.clone()].trim().is_empty())
            .map(|down| half(whole, down, sink)),
        message: None,
        filled,
    })
}

fn half(whole: &Whole<'_>, range: Range<usize>, sink: &mut Sink) -> Half {
    let text = &whole.text[range.clone()];
    let mut no_transaction = false;
    let mut start = 0;
    for line in text.split('\n') {
        no_transaction |= line == DISABLE_TX;
        if line.trim_end() == DISABLE_TX && line != DISABLE_TX {
            let at = range.start + start;
            sink.push(
                Diagnostic::warning("foreign-marker", "tern does not see this marker, for white space follows it, and neither is it seen here")
                    .at(whole.span(at..at + DISABLE_TX.len()), "")
                    .help("end the line right behind it, with LF alone"),
            );
        }
        start += line.len() + 1;
    }
    // The rest of the marker's line is a part of what follows, and mostly its end alone.
    let blank = if text.starts_with("\r\n") {
        2
    } else {
        usize::from(text.starts_with('\n'))
    };
    Half {
        stretches: std::iter::once(range.start + blank..range.end).collect(),
        no_transaction,
    }
}

#[cfg(test)]
mod tests {
    use super::{CUT, DISABLE_TX};
    use crate::tree::Direction;
    use crate::tree::tests::{Disk, sql};

    #[test]
    fn a_file_is_cut_at_the_first_line_between() {
        let (tree, told) = Disk::new()
            .file(
                "001_a_b.sql",
                format!("SELECT 1;\r\n{CUT}\r\nSELECT 2;\n{CUT}\n"),
            )
            .file("2_x.sql", "SELECT 1")
            .file("03_y.sql", format!("{DISABLE_TX}\nVACUUM;\n{CUT}\n \n"))
            .file(
                "04_z.sql",
                format!("SELECT 1;\n{CUT}\n-- nothing to undo\n"),
            )
            .file("shared/v1.sql", "SELECT {{.x}};")
            .file("notes.sql", "x")
            .file("5_.sql", "x")
            .read();
        assert_eq!(told, Vec::<String>::new());
        let ids: Vec<&str> = tree.migrations.iter().map(|it| it.id.as_str()).collect();
        assert_eq!((tree.layout, ids), ("tern", vec!["1", "2", "3", "4"]));
        let [one, two, bare, last] = tree.migrations.as_slice() else {
            panic!("four");
        };
        assert_eq!(one.message, "a b");
        assert_eq!(sql(one, Direction::Up).as_deref(), Some("SELECT 1;\r\n"));
        assert_eq!(
            sql(one, Direction::Down),
            Some(format!("SELECT 2;\n{CUT}\n"))
        );
        assert!(two.down.is_none() && bare.down.is_none() && last.down.is_some());
        let settings =
            [&one.up, &bare.up].map(|it| it.as_ref().expect("there").settings.no_transaction);
        assert_eq!(settings, [false, true]);
    }

    #[test]
    fn what_tern_refuses_is_refused() {
        let (_, told) = Disk::new()
            .layout("tern")
            .file("1_a.sql", format!("-- nothing\n\n{CUT}\nSELECT 1;\n"))
            .file("01_b.sql", "SELECT 1;")
            .file("0_c.sql", "SELECT 1;")
            .file("2147483648_d.sql", "SELECT 1;")
            .file("3_e.sql", "SELECT 1;")
            .file("4_f.sql", "CREATE TABLE {{ .schema }}.t (a text DEFAULT '{{.prefix}}');\n{{ template \"shared/v1.sql\" . }}")
            .read();
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        assert_eq!(
            told,
            [
                "bad-file-name the number of `m/0_c.sql` is none from 1 to 2147483647, at which tern breaks off",
                "bad-file-name the number of `m/2147483648_d.sql` is none from 1 to 2147483647, at which tern breaks off",
                "missing-number there is no migration 2, and one with the number 3: tern refuses the whole folder for the gap",
                "empty-script m/1_a.sql:1:1 `m/1_a.sql` has no SQL in its upgrade, and tern refuses the whole folder for it",
                "duplicate-version m/1_a.sql:1:1 version 1 has two files: `m/01_b.sql` and `m/1_a.sql`",
                "placeholder m/4_f.sql:2:1 `m/4_f.sql` has placeholders: `{{ template \"shared/v1.sql\" . }}`",
            ]
        );
    }

    #[test]
    fn a_template_is_filled_in() {
        let text = format!(
            "-- {{{{.s}}}}\nCREATE TABLE {{{{ .s }}}}.t (a text DEFAULT '{{{{.data.p}}}}');\nSELECT 1\n{{{{- .end -}}}}\n\n{CUT}\nDROP TABLE {{{{.s}}}}.t;\n"
        );
        let mut disk = Disk::new().file("1_a.sql", text.as_str());
        for (name, value) in [("s", "app"), ("data.p", "x"), ("end", ";")] {
            let variables = &mut disk.request.variables;
            variables.insert(name.to_owned(), value.to_owned());
        }
        let (_, told) = disk.read();
        assert_eq!(
            told,
            [
                "bad-variable m/1_a.sql:4:1 the value of `{{- .end -}}` changes what stands around it"
            ]
        );
        let variables = &mut disk.request.variables;
        variables.insert("end".to_owned(), "::int".to_owned());
        let (tree, told) = disk.read();
        assert_eq!(told, Vec::<String>::new());
        let one = &tree.migrations[0];
        assert_eq!(
            sql(one, Direction::Up).as_deref(),
            Some("-- app\nCREATE TABLE app.t (a text DEFAULT 'x');\nSELECT 1::int")
        );
        assert_eq!(
            sql(one, Direction::Down).as_deref(),
            Some("DROP TABLE app.t;\n")
        );
        let up = one.up.as_ref().expect("there");
        assert!(up.settings.variables);
        let values: Vec<_> = up.variables(&tree.sources).into_iter().collect();
        assert_eq!(values, [("data.p", "x"), ("end", "::int"), ("s", "app")]);
        disk.request.variables.clear();
        assert_eq!(
            disk.read().1,
            [
                "unknown-variable m/1_a.sql:2:42 the tree needs values that nothing gives: `data.p`, `end`, `s`"
            ]
        );
    }

    #[test]
    fn a_marker_that_tern_does_not_see_is_told_of() {
        let (tree, told) = Disk::new()
            .file("1_a.sql", format!("{DISABLE_TX}\r\nVACUUM;"))
            .read();
        assert_eq!(
            told,
            [
                "warning foreign-marker m/1_a.sql:1:1 tern does not see this marker, for white space follows it, and neither is it seen here"
            ]
        );
        assert!(
            !tree.migrations[0]
                .up
                .as_ref()
                .expect("there")
                .settings
                .no_transaction
        );
    }
}
