//! Where the data of a `COPY … FROM STDIN;` lie: psql's rule.
//!
//! Knows that a `;` ended such a statement and nothing else about it.

use std::ops::Range;

use memchr::{memchr, memmem};

use super::tokens_in;

/// The data after a COPY statement.
pub(super) struct Data {
    /// What follows the `;` on its line, when it is more than blanks and comments.
    pub(super) same_line: Option<Range<usize>>,
    /// The data lines.
    pub(super) lines: Range<usize>,
    /// One past the line `\.`, or the end of the text.
    pub(super) after: usize,
}

/// The data of the statement whose `;` ends at `semicolon_end`. They begin on the next line, whatever stands
/// there, and end before a line that is `\.` and nothing else, or with the text.
pub(super) fn data(text: &str, semicolon_end: usize) -> Data {
    let bytes = text.as_bytes();
    let line_end =
        memchr(b'\n', &bytes[semicolon_end..]).map_or(bytes.len(), |found| semicolon_end + found);
    let rest = semicolon_end..line_end;
    let same_line = tokens_in(text, rest.clone())
        .any(|token| !token.kind.is_trivia())
        .then_some(rest);
    let start = bytes.len().min(line_end + 1);
    let (end, after) = last_line(bytes, start).unwrap_or((bytes.len(), bytes.len()));
    Data {
        same_line,
        lines: start..end,
        after,
    }
}

/// Where the line `\.` begins, and one past its line end.
fn last_line(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    memmem::find_iter(&bytes[start..], b"\\.")
        .map(|found| start + found)
        .filter(|&at| at == start || bytes[at - 1] == b'\n')
        .find_map(|at| match &bytes[at + 2..] {
            [] => Some((at, at + 2)),
            [b'\n', ..] => Some((at, at + 3)),
            [b'\r', b'\n', ..] => Some((at, at + 4)),
            _ => None,
        })
}
