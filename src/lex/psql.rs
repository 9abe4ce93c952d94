//! The counter by which psql 14 and later guess that they are inside a `BEGIN ATOMIC` body.
//!
//! A copy of the `{identifier}` rule of `psqlscan.l`: it sees unquoted words and the depth of parentheses, and
//! nothing else. That it is wrong about some statements is the point.

use std::ops::Range;

/// psql's state within one statement.
#[derive(Debug, Default)]
pub(super) struct Counter {
    /// First letters of the first words, where they are words of CREATE [OR REPLACE] FUNCTION | PROCEDURE.
    first: [u8; 4],
    words: usize,
    routine: bool,
    depth: usize,
    /// The word that was counted last, for the one who has to find out.
    counted: Option<Range<usize>>,
}

impl Counter {
    /// A statement begins.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Whether psql would end the statement at a `;` outside parentheses.
    pub(super) fn is_outside(&self) -> bool {
        self.depth == 0
    }

    /// The word that was counted last.
    pub(super) fn counted(&self) -> Option<Range<usize>> {
        self.counted.clone()
    }

    /// psql reads the unquoted word `bytes[range]`.
    #[inline]
    pub(super) fn word(&mut self, bytes: &[u8], range: Range<usize>, parens: usize) {
        if self.words < self.first.len() {
            self.begins_with(&bytes[range.clone()]);
        }
        if self.routine && parens == 0 {
            self.count(&bytes[range.clone()], range);
        }
    }

    fn begins_with(&mut self, word: &[u8]) {
        const COUNTED: [&[u8]; 5] = [b"create", b"function", b"procedure", b"or", b"replace"];
        if COUNTED.iter().any(|known| word.eq_ignore_ascii_case(known)) {
            self.first[self.words] = word[0].to_ascii_lowercase();
        }
        self.words += 1;
        self.routine = matches!(
            self.first,
            [b'c', b'f' | b'p', ..] | [b'c', b'o', b'r', b'f' | b'p']
        );
    }

    fn count(&mut self, word: &[u8], range: Range<usize>) {
        if word.eq_ignore_ascii_case(b"begin")
            || (self.depth > 0 && word.eq_ignore_ascii_case(b"case"))
        {
            self.depth += 1;
            self.counted = Some(range);
        } else if self.depth > 0 && word.eq_ignore_ascii_case(b"end") {
            self.depth -= 1;
            self.counted = Some(range);
        }
    }
}
