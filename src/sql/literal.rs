//! What a string token means: quotes, doubled quotes and escapes undone.

use crate::lex::TokenKind;

/// The value of a string or dollar string. `None` for bit strings, for `U&'…'` with escapes, and for other tokens.
pub(super) fn value(kind: TokenKind, written: &str) -> Option<String> {
    match kind {
        TokenKind::DollarString => body(written).map(str::to_owned),
        TokenKind::String => {
            let quote = written.find('\'')?;
            let inner = written[quote + 1..].strip_suffix('\'')?;
            match &written[..quote] {
                "" | "n" | "N" => Some(inner.replace("''", "'")),
                "u&" | "U&" => (!inner.contains('\\')).then(|| inner.replace("''", "'")),
                "e" | "E" => Some(unescape(inner)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What stands between the tags of a dollar string.
pub(super) fn body(written: &str) -> Option<&str> {
    let tag = written.get(1..)?.find('$')? + 2;
    written.get(tag..written.len().checked_sub(tag)?)
}

/// Undoes the escapes of an `E'…'` string. Bytes that are no UTF-8 become U+FFFD: nothing is compared with those.
fn unescape(inner: &str) -> String {
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\'' => {
                bytes.next_if_eq(&b'\'');
                out.push(b'\'');
            }
            b'\\' => match bytes.next() {
                Some(b'b') => out.push(8),
                Some(b'f') => out.push(12),
                Some(b'n') => out.push(b'\n'),
                Some(b'r') => out.push(b'\r'),
                Some(b't') => out.push(b'\t'),
                Some(digit @ b'0'..=b'7') => out.push(number(&mut bytes, 8, 2, digit)),
                Some(b'x') if bytes.peek().is_some_and(u8::is_ascii_hexdigit) => {
                    out.push(number(&mut bytes, 16, 2, b'0'));
                }
                Some(letter @ (b'u' | b'U')) => {
                    let digits = if letter == b'u' { 4 } else { 8 };
                    let mut code = 0_u32;
                    for _ in 0..digits {
                        let digit = bytes
                            .next()
                            .map_or(0, |byte| char::from(byte).to_digit(16).unwrap_or(0));
                        code = (code << 4) | digit;
                    }
                    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A byte from `first` and up to `more` further digits; what does not fit into a byte is cut off, as the server does.
pub(super) fn number(
    bytes: &mut std::iter::Peekable<impl Iterator<Item = u8>>,
    radix: u32,
    more: usize,
    first: u8,
) -> u8 {
    let digit = |byte: u8| char::from(byte).to_digit(radix);
    let mut value = digit(first).unwrap_or(0);
    for _ in 0..more {
        let Some(next) = bytes.next_if(|byte| digit(*byte).is_some()) else {
            break;
        };
        value = value * radix + digit(next).unwrap_or(0);
    }
    u8::try_from(value & 0xff).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_mean_what_the_server_reads() {
        let string = |written| value(TokenKind::String, written);
        assert_eq!(string("'a''b'").as_deref(), Some("a'b"));
        assert_eq!(string("'a\\n'").as_deref(), Some("a\\n"));
        assert_eq!(
            string("E'a\\'\\n\\x41\\101\\u00e9'").as_deref(),
            Some("a'\nAA\u{e9}")
        );
        assert_eq!(string("n'x'").as_deref(), Some("x"));
        assert_eq!(string("B'01'"), None);
        assert_eq!(string("U&'\\0041'"), None);
        assert_eq!(string("E'\\").as_deref(), None);
        let dollar = |written| value(TokenKind::DollarString, written);
        assert_eq!(dollar("$$a$$").as_deref(), Some("a"));
        assert_eq!(dollar("$x$ $$ $x$").as_deref(), Some(" $$ "));
    }
}
