//! Characters that nobody sees: bidirectional controls, zero-width characters, no-break spaces, NUL.
//!
//! Found in passes of their own over the whole text, at the speed of `memchr`, so that the token loop does not
//! pay for them. Does not know what token they are in.

use memchr::{memchr_iter, memchr3_iter};

/// What an unseen character is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unseen {
    /// U+0000.
    Nul,
    /// A bidirectional control, or a character without width.
    Hidden,
    /// U+00A0: harmless in quotes and comments, part of a name elsewhere.
    NoBreakSpace,
}

/// All of them in `text`, by offset of the first byte, ascending. A byte order mark at offset 0 is none.
pub(super) fn find(text: &str) -> Vec<(usize, Unseen)> {
    let bytes = text.as_bytes();
    // First bytes of U+00A0, of U+2000 to U+2FFF, and of U+F000 to U+FFFF.
    let mut found: Vec<_> = memchr3_iter(0xc2, 0xe2, 0xef, bytes)
        .filter_map(|at| Some((at, classify(at, &bytes[at..])?)))
        .collect();
    let visible = found.len();
    found.extend(memchr_iter(0, bytes).map(|at| (at, Unseen::Nul)));
    if visible > 0 && visible < found.len() {
        found.sort_unstable_by_key(|&(at, _)| at);
    }
    found
}

/// How many bytes the character of `kind` that begins with the byte `first` has.
pub(super) fn width(kind: Unseen) -> usize {
    match kind {
        Unseen::Nul => 1,
        Unseen::NoBreakSpace => 2,
        Unseen::Hidden => 3,
    }
}

fn classify(at: usize, rest: &[u8]) -> Option<Unseen> {
    match rest {
        [0xc2, 0xa0, ..] => Some(Unseen::NoBreakSpace),
        // U+200B to U+200F, U+202A to U+202E; U+2060, U+2066 to U+2069.
        [0xe2, 0x80, 0x8b..=0x8f | 0xaa..=0xae, ..] | [0xe2, 0x81, 0xa0 | 0xa6..=0xa9, ..] => {
            Some(Unseen::Hidden)
        }
        [0xef, 0xbb, 0xbf, ..] if at > 0 => Some(Unseen::Hidden),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Unseen, find};

    #[test]
    fn every_listed_character_is_found_and_its_neighbours_are_not() {
        for code in 1..0x1_0000_u32 {
            let Some(character) = char::from_u32(code) else {
                continue;
            };
            let want = match code {
                0xa0 => Some(Unseen::NoBreakSpace),
                0x200b..=0x200f | 0x202a..=0x202e | 0x2060 | 0x2066..=0x2069 | 0xfeff => {
                    Some(Unseen::Hidden)
                }
                _ => None,
            };
            let got = find(&format!("a{character}b"));
            assert_eq!(got.first().map(|&(_, kind)| kind), want, "U+{code:04X}");
        }
    }

    #[test]
    fn order_holds_with_nul_among_others() {
        let offsets: Vec<usize> = find("\0a\u{a0}\0\u{202e}\0")
            .into_iter()
            .map(|(at, _)| at)
            .collect();
        assert_eq!(offsets, [0, 2, 4, 5, 8]);
    }

    #[test]
    fn a_byte_order_mark_counts_except_at_the_start() {
        assert_eq!(find("\u{feff}x\u{feff}"), [(4, Unseen::Hidden)]);
    }
}
