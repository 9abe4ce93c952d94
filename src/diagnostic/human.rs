//! Diagnostics for people: rustc's look, by annotate-snippets.
//!
//! Turns plain data into text; does not print, and does not know whether a terminal takes colour.
//!
//! Text of the tree is shown as it is, but no character of it can steer a terminal: control characters and
//! bidirectional overrides come out as pictures of themselves.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Severity};
use crate::source::{FileId, Sources, Span};

/// Labels of one diagnostic that are drawn; the rest is counted.
const LABELS: usize = 60;

/// Bytes that the renderer is given at most for one snippet; it cuts lines to the width itself.
const WINDOW: usize = 1 << 14;

/// Bytes around a label that it is given of a longer line.
const AROUND: usize = 400;

/// Lines of one label that are drawn whole; of a longer one only its beginning is.
const LINES: usize = 30;

/// Whether the text holds colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    Never,
    /// ANSI escape sequences.
    Always,
}

/// All of them, each followed by an empty line.
pub fn human(diagnostics: &[Diagnostic], sources: &Sources, color: Color) -> String {
    let renderer = match color {
        Color::Never => Renderer::plain(),
        Color::Always => Renderer::styled(),
    };
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&[group(diagnostic, sources)]));
        text.push_str("\n\n");
    }
    text
}

/// How many there are of each kind, worst first: `2 errors, 1 warning`. Empty where there are none.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let counts = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
        let same = diagnostics.iter().filter(|it| it.severity == severity);
        match same.count() {
            0 => String::new(),
            1 => format!("1 {}", severity.word()),
            count => format!("{count} {}s", severity.word()),
        }
    });
    let counts: Vec<String> = counts.into_iter().filter(|it| !it.is_empty()).collect();
    counts.join(", ")
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code)
        .elements(snippets(diagnostic, sources));
    if diagnostic.labels.is_empty()
        && let Some(path) = &diagnostic.path
    {
        group = group.element(Origin::path(harmless(path.as_str())));
    }
    let drawn = diagnostic.labels.len().min(LABELS);
    if drawn < diagnostic.labels.len() {
        let more = diagnostic.labels.len() - drawn;
        group = group.element(Level::NOTE.message(format!("and {more} more places")));
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(harmless(note)));
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(harmless(help)));
    }
    group
}

/// A snippet per file, the main label's first. Where the lines between labels are too many to hand on, a
/// snippet per label.
fn snippets<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Element<'a>> {
    let mut files: Vec<(FileId, Vec<Drawn>)> = Vec::new();
    for (at, label) in diagnostic.labels.iter().take(LABELS).enumerate() {
        let file = label.span.file;
        let drawn = Drawn {
            kind: if at == 0 {
                AnnotationKind::Primary
            } else {
                AnnotationKind::Context
            },
            text: &label.text,
            range: drawable(sources.text(file), label.span),
        };
        match files.iter_mut().find(|(other, _)| *other == file) {
            Some((_, labels)) => labels.push(drawn),
            None => files.push((file, vec![drawn])),
        }
    }
    let mut elements = Vec::new();
    for (file, labels) in files {
        if window(sources.text(file), &labels).len() <= WINDOW {
            elements.extend(snippet(sources, file, &labels));
        } else {
            for label in labels {
                elements.extend(snippet(sources, file, &[label]));
            }
        }
    }
    elements
}

/// A label, cut to what is drawn.
struct Drawn<'a> {
    kind: AnnotationKind,
    text: &'a str,
    range: Range<usize>,
}

fn snippet<'a>(sources: &'a Sources, file: FileId, labels: &[Drawn<'a>]) -> Vec<Element<'a>> {
    let text = sources.text(file);
    let path = harmless(sources.path(file).as_str());
    let mut window = window(text, labels);
    let offset = |at: usize| u32::try_from(at).expect("a source file is smaller than 4 GiB");
    let line = sources.position(file, offset(window.start)).line;
    // A cut line would give a wrong column, so the place is said beforehand.
    let place = (window.len() > WINDOW).then(|| {
        let at = sources.position(file, offset(labels[0].range.start));
        let place = Origin::path(path.clone()).line(at.line);
        place.char_column(at.column)
    });
    if place.is_some() {
        let range = &labels[0].range;
        let from = range.start.saturating_sub(AROUND).max(window.start);
        let to = (range.end.min(range.start + AROUND) + AROUND).min(window.end);
        window = text.floor_char_boundary(from)..text.floor_char_boundary(to);
    }
    let annotations = labels.iter().map(|label| {
        let cut = |at: usize| at.clamp(window.start, window.end) - window.start;
        let span = cut(label.range.start)..cut(label.range.end);
        let text = (!label.text.is_empty()).then(|| harmless(label.text));
        label.kind.span(span).label(text)
    });
    let snippet = Snippet::source(&text[window.clone()])
        .line_start(line)
        .annotations(annotations);
    match place {
        Some(place) => vec![place.into(), snippet.into()],
        None => vec![snippet.path(path).into()],
    }
}

/// The span as it is drawn: within the text, on characters, not over too many lines.
fn drawable(text: &str, span: Span) -> Range<usize> {
    let range = span.range();
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = text.ceil_char_boundary(range.end.clamp(start, text.len()));
    let drawn = &text[start..end];
    let mut lines = memchr::memchr_iter(b'\n', drawn.as_bytes());
    let long = lines.nth(LINES).is_some();
    let drawn = if long {
        drawn.lines().next().unwrap_or(drawn)
    } else {
        drawn.trim_end_matches(['\n', '\r'])
    };
    start..start + drawn.len()
}

/// The lines that hold all spans. Only they are handed on: the renderer reads all it is given.
fn window(text: &str, labels: &[Drawn]) -> Range<usize> {
    let start = labels.iter().map(|label| label.range.start).min();
    let end = labels.iter().map(|label| label.range.end).max();
    let (start, end) = (start.unwrap_or(0), end.unwrap_or(0));
    let bytes = text.as_bytes();
    let from = memchr::memrchr(b'\n', &bytes[..start]).map_or(0, |at| at + 1);
    let to = memchr::memchr(b'\n', &bytes[end..]).map_or(text.len(), |at| end + at);
    from..to
}

/// The text without characters that steer a terminal or turn the line around.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => safe.push('\n'),
            '\t' => safe.push_str("    "),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => safe.push('\u{fffd}'),
            control if control.is_control() => match u32::from(control) {
                code @ 0..0x20 => safe.push(char::from_u32(0x2400 + code).unwrap_or('\u{fffd}')),
                _ => safe.push('\u{fffd}'),
            },
            plain => safe.push(plain),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> (Sources, FileId, FileId) {
        let mut sources = Sources::default();
        let text = "--! x\nCREATE TABLE a (\n\tb\u{1b}[31m int);\r\nSELECT 'é';\n";
        let first = sources.add("m/a.sql", text.to_owned());
        let long = format!(
            "SELECT {}x, {}1;",
            "abc, ".repeat(200_000),
            "y, ".repeat(1000)
        );
        let second = sources.add("m/b.sql", long);
        (sources, first, second)
    }

    fn text(diagnostic: Diagnostic, sources: &Sources) -> String {
        human(&[diagnostic], sources, Color::Never)
    }

    #[test]
    fn the_look_is_rustcs() {
        let (sources, first, _) = sources();
        let diagnostic = Diagnostic::error("bad-table", "the table `a` is bad")
            .at(Span::new(first, 13..18), "this one")
            .at(Span::new(first, 45..49), "read here")
            .because("it was so yesterday")
            .help("drop it");
        assert_eq!(
            text(diagnostic, &sources),
            "error[bad-table]: the table `a` is bad\n \
             --> m/a.sql:2:8\n  \
             |\n\
             2 | CREATE TABLE a (\n  \
             |        ^^^^^ this one\n\
             3 |     b␛[31m int);\n\
             4 | SELECT 'é';\n  \
             |        --- read here\n  \
             |\n  \
             = note: it was so yesterday\n  \
             = help: drop it\n\n"
        );
    }

    #[test]
    fn a_file_without_text_to_point_at_is_named() {
        let (sources, ..) = sources();
        let diagnostic = Diagnostic::warning("w", "nothing here").path("migrations");
        assert_eq!(
            text(diagnostic, &sources),
            "warning[w]: nothing here\n--> migrations\n\n"
        );
        assert!(text(Diagnostic::note("n", "just so"), &sources).starts_with("note[n]: just so\n"));
    }

    #[test]
    fn long_lines_and_far_labels_are_cut_at_the_right_place() {
        let (sources, first, second) = sources();
        let diagnostic = Diagnostic::error("e", "long")
            .at(Span::new(second, 1_000_007..1_000_008), "far out")
            .at(Span::new(second, 0..6), "begins here")
            .at(Span::new(first, 0..3), "elsewhere");
        let text = text(diagnostic, &sources);
        assert!(text.contains("m/b.sql:1:1000008"), "{text}");
        assert!(
            text.contains("^ far out") && text.contains("begins here"),
            "{text}"
        );
        assert!(
            text.lines().all(|line| line.chars().count() < 200),
            "{text}"
        );
    }

    #[test]
    fn any_span_is_drawn_without_a_panic() {
        let mut sources = Sources::default();
        let body = "é\r\n\u{202e}x\u{0}\n\n".repeat(40);
        let files = [
            sources.add("empty", String::new()),
            sources.add("newline", "\n".to_owned()),
            sources.add("plain", "no newline".to_owned()),
            sources.add("body", body),
        ];
        for file in files {
            let length = sources.text(file).len();
            for start in 0..=length {
                for end in [start, start + 1, start + 5, length, length + 9] {
                    let end = end.max(start);
                    let diagnostic =
                        Diagnostic::error("e", "m").at(Span::new(file, start..end), "l\u{1b}");
                    let text = text(diagnostic, &sources);
                    assert!(text.starts_with("error[e]: m\n"));
                    let steers = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
                    assert!(!text.contains(steers), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn colour_is_only_where_it_is_asked_for() {
        let (sources, ..) = sources();
        let diagnostics = [Diagnostic::error("e", "m\u{1b}[2J")];
        assert!(!human(&diagnostics, &sources, Color::Never).contains('\u{1b}'));
        let coloured = human(&diagnostics, &sources, Color::Always);
        assert!(coloured.contains("\u{1b}[") && !coloured.contains("\u{1b}[2J"));
    }

    #[test]
    fn the_summary_counts() {
        let one = Diagnostic::error("e", "m");
        let two = Diagnostic::warning("w", "m");
        assert_eq!(summary(&[one.clone(), two, one]), "2 errors, 1 warning");
        assert_eq!(summary(&[]), "");
    }
}
