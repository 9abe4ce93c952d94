//! SQL that somebody hands in for a section of a new file, taken in as the reader of that file will.

use camino::Utf8Path;

use super::cut::MARK;
use super::directives;
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::source::{FileId, Sources, Span};
use crate::tree::Error;
use crate::tree::text::{self, LineEnds};

/// The text with LF at its end and at the end of every line. Where it would make another file than was meant, that is
/// reported, and `None`.
pub(in crate::tree) fn given(
    path: &Utf8Path,
    bytes: Vec<u8>,
    sources: &mut Sources,
    sink: &mut Sink,
) -> Result<Option<String>, Error> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(Error::TooLarge {
            path: path.to_owned(),
        });
    }
    let (file, faults) = text::take_in_one(path, bytes, LineEnds::Fold, sources);
    let mut found = faults;
    let mut text = sources.text(file).to_owned();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    refuse_directives(&text, file, &mut found);
    if !found.has_errors() {
        refuse_open_end(&text, file, &mut found);
    }
    if !found.has_errors() && lex::split(&text).statements.is_empty() {
        let told = format!("`{path}` holds no SQL");
        found.push(
            Diagnostic::error("no-sql", told)
                .because("a database would record the revision as applied and change nothing")
                .help(
                    "write the upgrade into it, or leave --sql out and write it into the new file",
                ),
        );
    }
    let sound = !found.has_errors();
    sink.join(found);
    Ok(sound.then_some(text))
}

/// Lines that would be read as directives.
fn refuse_directives(text: &str, file: FileId, sink: &mut Sink) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(MARK) {
            let told =
                "a line begins with `--!`, and in a migration it would be read as a directive";
            sink.push(
                Diagnostic::error("directive-in-sql", told)
                    .at(Span::new(file, at..at + line.trim_end().len()), "this line")
                    .because("the upgrade could end there, or run otherwise than what was handed in")
                    .help("hand in the SQL of the upgrade alone; options of a direction are written into the new file"),
            );
        }
        at += line.len();
    }
}

/// A quote, comment or COPY that does not end: it would swallow the section below.
fn refuse_open_end(text: &str, file: FileId, sink: &mut Sink) {
    let mut found = Sink::default();
    directives::find(&format!("{text}{MARK} downgrade\n"), file, 0, &mut found);
    let open = found.diagnostics().iter().find(|it| it.code == "unclosed");
    if let Some(opened) = open.and_then(|open| open.labels.first()) {
        let told =
            "something that is opened here does not end, and would take the downgrade below it in";
        sink.push(
            Diagnostic::error("unclosed", told)
                .at(opened.span, "opened here")
                .help("close the quote or comment; data of COPY end with a line `\\.`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::Direction;
    use crate::tree::tests::{Disk, sql};

    fn taken(bytes: &[u8]) -> Result<String, Vec<String>> {
        let mut sources = Sources::default();
        let mut sink = Sink::default();
        let text = given("x.sql".into(), bytes.to_vec(), &mut sources, &mut sink);
        text.expect("is small enough").ok_or_else(|| {
            let told = sink.diagnostics().iter().map(|diagnostic| {
                let line = diagnostic.labels.first().map_or(0, |label| {
                    sources.position(label.span.file, label.span.start).line
                });
                format!("{} {line}", diagnostic.code)
            });
            told.collect()
        })
    }

    #[test]
    fn a_text_is_kept_but_for_its_line_ends() {
        for (bytes, text) in [
            (&b"SELECT 1"[..], "SELECT 1\n"),
            (b"\xef\xbb\xbfSELECT 1;\r\n\r\n", "SELECT 1;\n\n"),
            (
                b"  SELECT '\t--! x';\n --! upgrade\n",
                "  SELECT '\t--! x';\n --! upgrade\n",
            ),
            (
                b"COPY t FROM STDIN;\n1\n\\.",
                "COPY t FROM STDIN;\n1\n\\.\n",
            ),
        ] {
            assert_eq!(taken(bytes).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_would_make_another_file_is_refused_with_its_line() {
        for (bytes, told) in [
            (&b""[..], &["no-sql 0"][..]),
            (b" \n-- nothing\n/* yet */;", &["no-sql 0"]),
            (b"SELECT 1;\n\0", &["nul 2"]),
            (b"SELECT 1;\n\n\xff", &["not-utf8 3"]),
            (b"SELECT 1;\rSELECT 2;", &["lone-cr 1"]),
            (
                b"--! upgrade\nSELECT 1;\n--!\n",
                &["directive-in-sql 1", "directive-in-sql 3"],
            ),
            (b"SELECT 1;\n SELECT 'x", &["unclosed 2"]),
            (b"SELECT 1 /* x", &["unclosed 1"]),
            (b"\nCOPY t FROM STDIN;\n1\n", &["unclosed 2"]),
        ] {
            let shown = String::from_utf8_lossy(bytes);
            assert_eq!(taken(bytes).expect_err(&shown), told, "{shown}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// What is taken in is what the reader finds in the section, and the section below is still there.
        #[test]
        fn the_reader_finds_what_was_taken_in(
            text in "([a-z;'\"$(/* \\n\\r\\\\.-]|--!|COPY t FROM STDIN;|SELECT 1;|\\$\\$| downgrade){0,12}",
        ) {
            if let Ok(text) = taken(text.as_bytes()) {
                let file = format!(
                    "--! revision = \"aaaa\"\n--! revises = []\n\n--! upgrade\n{text}\n--! downgrade\nSELECT 2;\n"
                );
                let (tree, told) = Disk::new().layout("native").file("a.sql", file).read();
                let told: Vec<String> = told.into_iter().filter(|told| !told.contains("indented")).collect();
                prop_assert_eq!(told, Vec::<String>::new());
                let found = |direction| sql(&tree.migrations[0], direction).expect("is there");
                prop_assert_eq!(found(Direction::Up), format!("{text}\n"));
                prop_assert_eq!(found(Direction::Down), "SELECT 2;\n");
            }
        }
    }
}
