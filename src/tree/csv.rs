//! CSV by RFC 4180, with the place of every cell.
//!
//! A reader of our own, because `""` is the empty string and an empty unquoted field is NULL, and the usual
//! crate does not tell whether a field was quoted.

use std::ops::Range;

/// One record: at least one field.
pub(super) type Record = Vec<Field>;

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// `None` where the field is empty and not quoted.
    pub(super) value: Option<String>,
    /// Its bytes, quotes included.
    pub(super) range: Range<usize>,
}

/// What is no CSV, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// What.
    pub(super) message: &'static str,
    /// Where.
    pub(super) range: Range<usize>,
}

/// Reads a text whose lines end in LF.
pub(super) fn read(text: &str) -> Result<Vec<Record>, Fault> {
    let mut records = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let mut record: Record = Vec::new();
        loop {
            let field = field(text, at)?;
            at = field.range.end;
            record.push(field);
            match text.as_bytes().get(at) {
                Some(b',') => at += 1,
                Some(_) => {
                    at += 1;
                    break;
                }
                None => break,
            }
        }
        records.push(record);
    }
    Ok(records)
}

/// The field that begins at `at`. It ends at a comma, a newline or the end of the text.
fn field(text: &str, at: usize) -> Result<Field, Fault> {
    let rest = &text.as_bytes()[at..];
    if rest.first() != Some(&b'"') {
        let length = memchr::memchr3(b',', b'\n', b'"', rest).unwrap_or(rest.len());
        let range = at..at + length;
        if rest.get(length) == Some(&b'"') {
            return Err(Fault {
                message: "a quote inside a field that does not begin with one",
                range: range.end..range.end + 1,
            });
        }
        let value = (length > 0).then(|| text[range.clone()].to_owned());
        return Ok(Field { value, range });
    }
    let mut value = String::new();
    let mut from = at + 1;
    loop {
        let Some(length) = memchr::memchr(b'"', &text.as_bytes()[from..]) else {
            return Err(Fault {
                message: "this quote is not closed",
                range: at..at + 1,
            });
        };
        let quote = from + length;
        value.push_str(&text[from..quote]);
        match text.as_bytes().get(quote + 1) {
            Some(b'"') => {
                value.push('"');
                from = quote + 2;
            }
            Some(b',' | b'\n') | None => {
                return Ok(Field {
                    value: Some(value),
                    range: at..quote + 1,
                });
            }
            Some(_) => {
                return Err(Fault {
                    message: "text after the closing quote of a field",
                    range: quote + 1..text.ceil_char_boundary(quote + 2),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Vec<Option<String>>> {
        let records = read(text).expect("it is CSV");
        let values = records.into_iter().map(|record| {
            let values = record.into_iter().map(|field| field.value);
            values.collect()
        });
        values.collect()
    }

    macro_rules! some {
        ($text:literal) => {
            Some($text.to_owned())
        };
    }

    #[test]
    fn empty_is_null_and_quoted_empty_is_not() {
        assert_eq!(
            values("a,,\"\"\n\n,"),
            [
                vec![some!("a"), None, some!("")],
                vec![None],
                vec![None, None],
            ]
        );
        assert_eq!(values(""), Vec::<Vec<_>>::new());
    }

    #[test]
    fn quotes_hold_commas_newlines_and_quotes() {
        assert_eq!(
            values("\"a,\nb\",\"é\"\"\"\n x \n"),
            [vec![some!("a,\nb"), some!("é\"")], vec![some!(" x ")]]
        );
    }

    #[test]
    fn faults_have_a_place() {
        for (text, range) in [("a,b\"c", 3..4), ("a\n\"b", 2..3), ("\"a\"é,", 3..5)] {
            assert_eq!(read(text).expect_err("no CSV").range, range, "{text}");
        }
    }
}
