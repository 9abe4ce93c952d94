//! What goose puts into a line under `ENVSUB ON`: `$NAME` and its kin, as `mfridman/interpolate` reads them.
//!
//! Values come from `[variables]` alone. What goose makes empty for want of a value is asked for here; a default that the file
//! gives is what goose would take, and is taken.

use std::collections::BTreeMap;
use std::ops::Range;

/// A part of a line in the place of which something else is put.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) range: Range<usize>,
    pub(super) found: Found,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A `$`.
    Dollar,
    Value(String),
    /// The name of a variable without a value.
    Missing(String),
}

/// The places of a line, or where one begins for which goose refuses the file.
pub(super) fn places(
    line: &str,
    values: &BTreeMap<String, String>,
) -> Result<Vec<Place>, Range<usize>> {
    let mut reading = Reading { text: line, at: 0 };
    let mut found = Vec::new();
    while let Some((range, piece)) = reading.next("")? {
        let found_here = match piece {
            Piece::Text(_) => continue,
            Piece::Dollar => Found::Dollar,
            Piece::Value(value) => match value.expand(values) {
                Ok(value) => Found::Value(value),
                Err(Unset(name)) => Found::Missing(name.to_owned()),
            },
        };
        found.push(Place {
            range,
            found: found_here,
        });
    }
    Ok(found)
}

enum Piece<'t> {
    Text(&'t str),
    Dollar,
    Value(Value<'t>),
}

struct Value<'t> {
    name: &'t str,
    then: Then<'t>,
}

/// What is made of a value.
enum Then<'t> {
    Nothing,
    /// `:-`: another one in place of none, and of an empty one.
    UnlessEmpty(Vec<Piece<'t>>),
    /// `-`: another one in place of none.
    UnlessSet(Vec<Piece<'t>>),
    /// `:1:2`: some of its bytes.
    Part(i64, Option<i64>),
}

struct Unset<'t>(&'t str);

impl<'t> Value<'t> {
    fn expand(&self, values: &BTreeMap<String, String>) -> Result<String, Unset<'t>> {
        let value = values.get(self.name);
        match (&self.then, value) {
            (Then::UnlessEmpty(other) | Then::UnlessSet(other), None) => expand(other, values),
            (Then::UnlessEmpty(other), Some(value)) if value.is_empty() => expand(other, values),
            (Then::Nothing | Then::Part(..), None) => Err(Unset(self.name)),
            (Then::Part(from, length), Some(value)) => Ok(part(value, *from, *length)),
            (_, Some(value)) => Ok(value.clone()),
        }
    }
}

fn expand<'t>(
    pieces: &[Piece<'t>],
    values: &BTreeMap<String, String>,
) -> Result<String, Unset<'t>> {
    let mut all = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => all.push_str(text),
            Piece::Dollar => all.push('$'),
            Piece::Value(value) => all.push_str(&value.expand(values)?),
        }
    }
    Ok(all)
}

/// Numbers below zero count from the end. Half a letter is none.
fn part(value: &str, from: i64, length: Option<i64>) -> String {
    let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let from = if from < 0 { from + size } else { from }.clamp(0, size);
    let to = match length {
        None => size,
        Some(length) if length < 0 => (size + length).max(from),
        Some(length) => from.saturating_add(length).min(size),
    };
    let bytes = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
    String::from_utf8_lossy(&value.as_bytes()[bytes]).into_owned()
}

/// A text on the way through it.
struct Reading<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reading<'t> {
    /// The next piece up to `stop`. What goose can't read is handed out with its place.
    fn next(&mut self, stop: &str) -> Result<Option<(Range<usize>, Piece<'t>)>, Range<usize>> {
        let start = self.at;
        let rest = &self.text[start..];
        let Some(first) = rest.chars().next().filter(|char| !stop.contains(*char)) else {
            return Ok(None);
        };
        let begins = |one_of: &[&str]| one_of.iter().any(|it| rest.starts_with(it));
        let piece = if begins(&["\\\\", "$("]) {
            self.at += 2;
            Piece::Text(&rest[..2])
        } else if begins(&["\\$", "$$"]) {
            self.at += 2;
            Piece::Dollar
        } else if first == '$' && rest.len() > 1 {
            self.at += 1;
            let whole = start..self.text.len();
            Piece::Value(self.value().ok_or(whole)?)
        } else {
            let more = &rest[first.len_utf8()..];
            let ends = |char: char| matches!(char, '$' | '\\') || stop.contains(char);
            let length = first.len_utf8() + more.find(ends).unwrap_or(more.len());
            self.at += length;
            Piece::Text(&rest[..length])
        };
        Ok(Some((start..self.at, piece)))
    }

    /// What follows a `$`.
    fn value(&mut self) -> Option<Value<'t>> {
        if !self.takes("{") {
            let name = self.name()?;
            let then = Then::Nothing;
            return Some(Value { name, then });
        }
        let name = self.name()?;
        let then = if self.takes(":-") {
            Then::UnlessEmpty(self.other()?)
        } else if self.takes("-") {
            Then::UnlessSet(self.other()?)
        } else if self.takes("?") {
            // What goose says where there is no value.
            self.other()?;
            Then::Nothing
        } else if self.takes(":") {
            let from = self.number()?;
            let length = if self.takes(":") {
                Some(self.number()?)
            } else {
                None
            };
            Then::Part(from, length)
        } else {
            Then::Nothing
        };
        self.takes("}").then_some(Value { name, then })
    }

    fn takes(&mut self, word: &str) -> bool {
        let takes = self.text[self.at..].starts_with(word);
        self.at += if takes { word.len() } else { 0 };
        takes
    }

    fn name(&mut self) -> Option<&'t str> {
        let rest = &self.text[self.at..];
        let is_word = |char: char| char.is_alphanumeric() || char == '_';
        let length = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
        self.at += length;
        let name = &rest[..length];
        name.starts_with(char::is_alphabetic).then_some(name)
    }

    fn other(&mut self) -> Option<Vec<Piece<'t>>> {
        let mut pieces = Vec::new();
        while let Some((_, piece)) = self.next("}").ok()? {
            pieces.push(piece);
        }
        Some(pieces)
    }

    fn number(&mut self) -> Option<i64> {
        let rest = &self.text[self.at..];
        let length = rest.find([':', '}'])?;
        self.at += length;
        rest[..length].trim().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> BTreeMap<String, String> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        BTreeMap::from([pair("A", "app"), pair("EMPTY", ""), pair("é1_b", "x")])
    }

    /// The line with everything in its place, or the first name that has no value.
    fn filled(line: &str) -> Result<String, String> {
        let mut all = String::new();
        let mut done = 0;
        let places = places(line, &values()).map_err(|at| format!("refused at {}", at.start))?;
        for place in places {
            all.push_str(&line[done..place.range.start]);
            done = place.range.end;
            match place.found {
                Found::Dollar => all.push('$'),
                Found::Value(value) => all.push_str(&value),
                Found::Missing(name) => return Err(name),
            }
        }
        Ok(all + &line[done..])
    }

    #[test]
    fn a_line_is_filled_as_goose_fills_it() {
        for (line, wanted) in [
            ("$A.t, ${A}s, $é1_b", "app.t, apps, x"),
            (
                "'$EMPTY' ${EMPTY:-d} ${EMPTY-d} ${A:-d} ${A?}",
                "'' d  app app",
            ),
            ("${B:-d} ${B-} ${B:-${A}} ${B-${C:-$A x}}", "d  app app x"),
            (
                "${A:1} ${A:1:1} ${A: -2} ${A:0:-1} ${A:9} ${A:-9}",
                "pp p pp ap  app",
            ),
            ("$$x \\$A \\\\$A $(A) a\\n 1$", "$x $A \\\\app $(A) a\\n 1$"),
            ("${B:-\\$\\}}", "$\\}"),
        ] {
            assert_eq!(filled(line).as_deref(), Ok(wanted), "{line}");
        }
        for (line, name) in [
            ("$B", "B"),
            ("${B:-$C}", "C"),
            ("${B?no}", "B"),
            ("${B:1}", "B"),
            ("$body$", "body"),
        ] {
            assert_eq!(filled(line), Err(name.to_owned()), "{line}");
        }
        for line in [
            "$1", "a $ b", "${A", "${A!}", "${A:?no}", "${}", "$body$ x", "${A:x}",
        ] {
            let told = filled(line).expect_err(line);
            assert!(told.starts_with("refused at "), "{line}: {told}");
        }
    }
}
