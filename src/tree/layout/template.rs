//! Go's `text/template`, as far as a release can do it: `{{ .name }}`, with the marks that trim white space.
//!
//! Finds actions; what becomes of them, who asks says. White space and names are those of Go's lexer (`parse/lex.go`).

use std::ops::Range;

/// What Go trims.
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// What stands between `{{` and `}}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Action<'t> {
    /// What its value takes the place of: the action, and the white space that it trims.
    pub(super) range: Range<usize>,
    /// The action alone.
    pub(super) shown: Range<usize>,
    /// `a.b` of `{{ .a.b }}`. `None` where it is anything else.
    pub(super) name: Option<&'t str>,
}

/// The actions of a text. One that is not just a name ends with its line here, if nothing ends it before.
pub(super) fn actions(text: &str) -> Vec<Action<'_>> {
    let mut found: Vec<Action<'_>> = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find("{{") {
        let start = at + open;
        let (name, end, trims) = match field(&text[start..]) {
            Some((name, length, trims)) => (Some(name), start + length, trims),
            None => (None, end(text, start), (false, false)),
        };
        let before = if trims.0 {
            text[at..start].trim_end_matches(SPACE).len()
        } else {
            open
        };
        let behind = if trims.1 {
            text.len() - text[end..].trim_start_matches(SPACE).len()
        } else {
            end
        };
        found.push(Action {
            range: at + before..behind,
            shown: start..end,
            name,
        });
        at = behind;
    }
    found
}

/// The name in the action that `text` begins with, how long that is, and which sides it trims.
fn field(text: &str) -> Option<(&str, usize, (bool, bool))> {
    let inner = text.strip_prefix("{{")?;
    let trims_before = inner.starts_with('-') && inner[1..].starts_with(SPACE);
    let inner = inner[usize::from(trims_before)..].trim_start_matches(SPACE);
    let inner = inner.strip_prefix('.')?;
    let is_part = |char: char| char.is_alphanumeric() || matches!(char, '_' | '.');
    let length = inner.find(|char| !is_part(char))?;
    let (name, rest) = inner.split_at(length);
    let is_name = |part: &str| part.starts_with(|char: char| char.is_alphabetic() || char == '_');
    let close = rest.trim_start_matches(SPACE);
    let trims_behind = close.starts_with('-') && close.len() < rest.len();
    let behind = close[usize::from(trims_behind)..].strip_prefix("}}")?;
    let length = text.len() - behind.len();
    let trims = (trims_before, trims_behind);
    name.split('.')
        .all(is_name)
        .then_some((name, length, trims))
}

fn end(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let line = rest.find('\n').unwrap_or(rest.len());
    start + rest[..line].find("}}").map_or(line, |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_is_known() {
        for (text, name) in [
            ("{{.a}}", Some("a")),
            ("{{ .a_1.B }}", Some("a_1.B")),
            ("{{- .a\n-}}", Some("a")),
            ("{{.ä}}", Some("ä")),
            ("{{-.a}}", None),
            ("{{ .a-}}", None),
            ("{{ .a }", None),
            ("{{.}}", None),
            ("{{ .1 }}", None),
            ("{{ .a..b }}", None),
            ("{{ .a. }}", None),
            ("{{ a }}", None),
            ("{{ .a .b }}", None),
            ("{{ .a | upper }}", None),
            ("{{/* .a */}}", None),
            ("{{", None),
        ] {
            let found = actions(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].name, name, "{text}");
            assert_eq!(found[0].shown, 0..text.len(), "{text}");
        }
    }

    #[test]
    fn white_space_goes_where_it_is_trimmed() {
        let text = "a \n{{- .x -}}\t {{- .y }} {{ if .z }} b\n{{ .w -}}\n";
        let found = actions(text);
        let places: Vec<&str> = found.iter().map(|it| &text[it.range.clone()]).collect();
        assert_eq!(
            places,
            [
                " \n{{- .x -}}\t ",
                "{{- .y }}",
                "{{ if .z }}",
                "{{ .w -}}\n"
            ]
        );
        assert_eq!(&text[found[0].shown.clone()], "{{- .x -}}");
    }
}
