//! How a file is cut into lines, and what of it never runs.

use super::*;

#[test]
fn lines_have_neither_of_their_ends() {
    let found: Vec<_> = lines("a\r\nb\n\nc\r")
        .map(|line| (line.range.clone(), line.text, line.shown()))
        .collect();
    assert_eq!(
        found,
        [
            (0..3, "a", 0..1),
            (3..5, "b", 3..4),
            (5..6, "", 5..5),
            (6..8, "c", 6..7),
        ]
    );
}

#[test]
fn a_statement_ends_with_the_line() {
    for (line, ends) in [
        ("SELECT 1;", true),
        ("SELECT 1; -- one;two", true),
        ("SELECT 1; two", false),
        ("SELECT 1;--", false),
        ("-- SELECT 1;", false),
        ("  ;  ", true),
        ("", false),
    ] {
        assert_eq!(ends_statement(line), ends, "{line}");
    }
}

#[test]
fn what_a_tool_drops_goes_where_it_is_seen() {
    let mut sources = Sources::default();
    let text = "-- x\nSELECT 'a\n-- x\nb', $$\n-- x\n$$;\n-- x\n";
    let file = sources.add("a.sql", text.to_owned());
    let whole = sources.whole(file);
    let made = without_lines(&sources, whole, |line| line == "-- x");
    assert_eq!(&*made.text, "-- x\nSELECT 'a\nb', $$\n$$;\n-- x\n");
    let at = made.text.find('b').expect("it is there");
    assert_eq!(sources.slice(made.locate(at..at + 2)), "b'");
    let made = without_lines(&sources, whole, |_| false);
    assert_eq!(&*made.text, text);
}
