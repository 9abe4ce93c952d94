//! Where a number ends.
//!
//! Servers before 16 have neither `0x1F` nor `1_000`: they read a number and a name, and the name ends at the
//! same byte. A name directly after a number is left to be a token of its own.

use super::Tokens;
use super::token::DIGIT;

impl Tokens<'_> {
    /// The end of the number that begins at `start`, with a digit or with `.` and a digit.
    pub(super) fn number(&self, start: usize) -> usize {
        if let Some(end) = self.with_base(start) {
            return end;
        }
        let mut at = self.digits(start);
        // `1..10` is a range of two integers.
        if self.is(at, b'.') && !self.is(at + 1, b'.') {
            at = self.digits(at + 1);
        }
        if let Some(b'e' | b'E') = self.bytes.get(at) {
            let sign = usize::from(matches!(self.bytes.get(at + 1), Some(b'+' | b'-')));
            if self.has(at + 1 + sign, DIGIT) {
                at = self.digits(at + 1 + sign);
            }
        }
        at
    }

    /// `0x1F`, `0o17`, `0b11`.
    fn with_base(&self, start: usize) -> Option<usize> {
        let digit: fn(&u8) -> bool = match self.bytes[start..] {
            [b'0', b'x' | b'X', ..] => u8::is_ascii_hexdigit,
            [b'0', b'o' | b'O', ..] => |byte| matches!(byte, b'0'..=b'7'),
            [b'0', b'b' | b'B', ..] => |byte| matches!(byte, b'0' | b'1'),
            _ => return None,
        };
        let mut at = start + 2;
        loop {
            let underscore = usize::from(self.is(at, b'_'));
            if !self.bytes.get(at + underscore).is_some_and(digit) {
                return (at > start + 2).then_some(at);
            }
            at += underscore + 1;
        }
    }

    /// Digits with single `_` between them.
    fn digits(&self, mut at: usize) -> usize {
        loop {
            at = self.run(at, DIGIT);
            if self.is(at, b'_') && self.has(at + 1, DIGIT) && self.has(at.wrapping_sub(1), DIGIT) {
                at += 1;
            } else {
                return at;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lex::{TokenKind, tokens};

    fn pieces(text: &str) -> Vec<&str> {
        tokens(text)
            .filter(|token| token.kind != TokenKind::Space)
            .map(|token| &text[token.range()])
            .collect()
    }

    #[test]
    fn numbers_end_where_old_and_new_servers_end_them() {
        for text in [
            "1", "1.5", "1.", ".5", "1.5e3", "1e-3", "1.e5", "0x1F", "0o17", "0b01", "1_000",
            "0x_f",
        ] {
            let kinds: Vec<_> = tokens(text).map(|token| token.kind).collect();
            assert_eq!(kinds, [TokenKind::Number], "{text}");
        }
        assert_eq!(pieces("1..10"), ["1", "..", "10"]);
        assert_eq!(pieces("1e+"), ["1", "e", "+"]);
        assert_eq!(pieces("1.5.6"), ["1.5", ".6"]);
        assert_eq!(
            pieces("0x1Fzoo$$ 1__2 0b'1'"),
            ["0x1F", "zoo$$", "1", "__2", "0", "b'1'"]
        );
        assert_eq!(pieces("a.b"), ["a", ".", "b"]);
    }
}
