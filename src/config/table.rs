//! TOML tables with the place of every key and value: what `signoff.toml`, a migration's header and a
//! directive's options are read with.
//!
//! A key is taken by name and type; what nobody asked for is an unknown key when the table is finished, and
//! the nearest key that was asked for is offered. Knows TOML; does not know what any key means.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Span};

/// A value, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// The bytes that say it.
    pub span: Span,
}

/// Where a piece of TOML stands: its byte 0 is byte `start` of `file`.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// Offset of the TOML text in it.
    pub start: usize,
}

impl Place {
    fn span(self, range: Range<usize>) -> Span {
        Span::new(self.file, self.start + range.start..self.start + range.end)
    }
}

/// A key and its value.
type Entry<'i> = (Located<String>, Spanned<DeValue<'i>>);

/// A table whose keys are taken one by one.
#[derive(Debug)]
pub struct Table<'i> {
    place: Place,
    /// How messages call it: `the header`, `[target]`.
    noun: String,
    /// The whole table.
    span: Span,
    /// In file order.
    entries: Vec<Entry<'i>>,
    asked: Vec<&'static str>,
}

/// A value that can be written short or long.
#[derive(Debug)]
pub enum TextOrTable<'i> {
    /// `name = "…"`
    Text(Located<String>),
    /// `name = { … }`
    Table(Table<'i>),
}

impl<'i> Table<'i> {
    /// Reads a whole document. Bad TOML is one diagnostic, and `None`.
    pub fn document(text: &'i str, place: Place, noun: &str, sink: &mut Sink) -> Option<Self> {
        match DeTable::parse(text) {
            Ok(table) => {
                let span = place.span(0..text.len());
                Some(Self::new(table.into_inner(), place, noun.to_owned(), span))
            }
            Err(error) => {
                sink.push(not_toml(&error, text, place, noun));
                None
            }
        }
    }

    /// The whole table's place.
    pub fn span(&self) -> Span {
        self.span
    }

    /// How messages call the table.
    pub fn noun(&self) -> &str {
        &self.noun
    }

    /// Whether a key is there and was not taken.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(present, _)| present.value == key)
    }

    /// Takes a text. A value of another type, or one with a control character, is an error.
    pub fn text(&mut self, key: &'static str, sink: &mut Sink) -> Option<Located<String>> {
        let (_, value) = self.take(key)?;
        self.read_text(&format!("`{key}`"), &value, sink)
    }

    /// Takes a text, or a whole number as its digits.
    pub fn text_or_number(
        &mut self,
        key: &'static str,
        sink: &mut Sink,
    ) -> Option<Located<String>> {
        let (_, value) = self.take(key)?;
        if let DeValue::Integer(number) = value.get_ref() {
            let span = self.place.span(value.span());
            return Some(Located {
                value: number.to_string(),
                span,
            });
        }
        self.read_text(&format!("`{key}`"), &value, sink)
    }

    /// Takes `true` or `false`.
    pub fn flag(&mut self, key: &'static str, sink: &mut Sink) -> Option<Located<bool>> {
        let (_, value) = self.take(key)?;
        let span = self.place.span(value.span());
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(Located { value: *flag, span });
        }
        sink.push(bad_type(
            &format!("`{key}`"),
            "`true` or `false`",
            &value,
            span,
        ));
        None
    }

    /// Takes a point in time with its offset from UTC.
    pub fn time(&mut self, key: &'static str, sink: &mut Sink) -> Option<Located<jiff::Timestamp>> {
        let (_, value) = self.take(key)?;
        let span = self.place.span(value.span());
        let wanted = "a date and time with an offset, such as 2025-12-30T13:55:33Z";
        if let DeValue::Datetime(time) = value.get_ref() {
            if let Ok(value) = time.to_string().parse() {
                return Some(Located { value, span });
            }
            let told = format!("`{key}` is {time}, and must be {wanted}");
            sink.push(Diagnostic::error("bad-value", told).at(span, "no point in time"));
            return None;
        }
        sink.push(bad_type(&format!("`{key}`"), wanted, &value, span));
        None
    }

    /// Takes an array of texts, and the place of the array. A text that stands twice is an error.
    pub fn texts(
        &mut self,
        key: &'static str,
        sink: &mut Sink,
    ) -> Option<Located<Vec<(String, Span)>>> {
        let (_, value) = self.take(key)?;
        let span = self.place.span(value.span());
        let DeValue::Array(_) = value.get_ref() else {
            let mut told = bad_type(&format!("`{key}`"), "an array of strings", &value, span);
            if let DeValue::String(text) = value.get_ref() {
                told = told.help(format!("write `{key} = [{text:?}]`"));
            }
            sink.push(told);
            return None;
        };
        let DeValue::Array(items) = value.into_inner() else {
            return None;
        };
        let mut texts: Vec<(String, Span)> = Vec::new();
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for item in items {
            let Some(text) = self.read_text(&format!("an item of `{key}`"), &item, sink) else {
                continue;
            };
            if let Some(first) = seen.get(&text.value) {
                let told = format!("`{key}` names `{}` twice", text.value);
                sink.push(
                    Diagnostic::error("named-twice", told)
                        .at(text.span, "again")
                        .at(*first, "here first"),
                );
                continue;
            }
            seen.insert(text.value.clone(), text.span);
            texts.push((text.value, text.span));
        }
        Some(Located { value: texts, span })
    }

    /// Takes a table inside this one; messages call it `noun`.
    pub fn table(&mut self, key: &'static str, noun: &str, sink: &mut Sink) -> Option<Table<'i>> {
        let (_, value) = self.take(key)?;
        Self::of_value(value, self.place, noun.to_owned(), sink)
    }

    /// Takes everything that is left: `name = "…"` or `name = { … }`.
    pub fn texts_or_tables(&mut self, sink: &mut Sink) -> Vec<(Located<String>, TextOrTable<'i>)> {
        self.take_all(sink)
            .into_iter()
            .filter_map(|(key, value)| {
                let noun = format!("`{}`", key.value);
                let given = if value.get_ref().is_table() {
                    TextOrTable::Table(Self::of_value(value, self.place, noun, sink)?)
                } else {
                    TextOrTable::Text(self.read_text(&noun, &value, sink)?)
                };
                Some((key, given))
            })
            .collect()
    }

    /// Takes everything that is left, as tables: `[section.name]`.
    pub fn tables(&mut self, sink: &mut Sink) -> Vec<(Located<String>, Table<'i>)> {
        self.take_all(sink)
            .into_iter()
            .filter_map(|(key, value)| {
                let noun = format!("`{}`", key.value);
                Some((key, Self::of_value(value, self.place, noun, sink)?))
            })
            .collect()
    }

    /// Takes everything that is left, as texts: `name = "…"`.
    pub fn pairs(&mut self, sink: &mut Sink) -> Vec<(Located<String>, Located<String>)> {
        self.take_all(sink)
            .into_iter()
            .filter_map(|(key, value)| {
                let noun = format!("`{}`", key.value);
                Some((key, self.read_text(&noun, &value, sink)?))
            })
            .collect()
    }

    /// Reports what nobody asked for.
    pub fn finish(self, sink: &mut Sink) {
        for (key, _) in self.entries {
            let told = format!("{} has no key `{}`", self.noun, key.value.escape_debug());
            let mut diagnostic = Diagnostic::error("unknown-key", told).at(key.span, "unknown key");
            diagnostic = match nearest(&key.value, self.asked.iter().copied()) {
                Some(word) => diagnostic.help(format!("did you mean `{word}`?")),
                None => diagnostic.help(format!("the keys are {}", list(&self.asked))),
            };
            sink.push(diagnostic);
        }
    }

    fn new(table: DeTable<'i>, place: Place, noun: String, span: Span) -> Self {
        let mut entries: Vec<_> = table
            .into_iter()
            .map(|(key, value)| {
                let span = place.span(key.span());
                let value_of_key = key.into_inner().into_owned();
                let key = Located {
                    value: value_of_key,
                    span,
                };
                (key, value)
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.span);
        Self {
            place,
            noun,
            span,
            entries,
            asked: Vec::new(),
        }
    }

    fn of_value(
        value: Spanned<DeValue<'i>>,
        place: Place,
        noun: String,
        sink: &mut Sink,
    ) -> Option<Self> {
        let span = place.span(value.span());
        if !value.get_ref().is_table() {
            sink.push(bad_type(&noun, "a table", &value, span));
            return None;
        }
        let DeValue::Table(table) = value.into_inner() else {
            return None;
        };
        Some(Self::new(table, place, noun, span))
    }

    fn take(&mut self, key: &'static str) -> Option<Entry<'i>> {
        self.asked.push(key);
        let at = self
            .entries
            .iter()
            .position(|(present, _)| present.value == key)?;
        Some(self.entries.remove(at))
    }

    /// Takes every key that is left and can be printed.
    fn take_all(&mut self, sink: &mut Sink) -> Vec<Entry<'i>> {
        let mut entries = std::mem::take(&mut self.entries);
        entries.retain(|(key, _)| {
            let printable = !key.value.is_empty() && !key.value.chars().any(is_unprintable);
            if !printable {
                let told = format!("`{}` cannot be a key here", key.value.escape_debug());
                sink.push(
                    Diagnostic::error("control-character", told)
                        .at(key.span, "only printable characters, and at least one"),
                );
            }
            printable
        });
        entries
    }

    fn read_text(
        &self,
        noun: &str,
        value: &Spanned<DeValue<'i>>,
        sink: &mut Sink,
    ) -> Option<Located<String>> {
        let span = self.place.span(value.span());
        let DeValue::String(text) = value.get_ref() else {
            let mut told = bad_type(noun, "a string", value, span);
            if let DeValue::Integer(number) = value.get_ref() {
                told = told.help(in_quotes(number));
            }
            // An id such as 1975e8839712.
            if let DeValue::Float(number) = value.get_ref() {
                told = told.help(in_quotes(number));
            }
            sink.push(told);
            return None;
        };
        if let Some(bad) = text.chars().find(|char| is_unprintable(*char)) {
            let told = format!(
                "{noun} holds the control character {}",
                bad.escape_unicode()
            );
            sink.push(
                Diagnostic::error("control-character", told)
                    .at(span, "only printable characters, on one line")
                    .because("this text is printed to the terminal of whoever runs the script"),
            );
            return None;
        }
        Some(Located {
            value: text.clone().into_owned(),
            span,
        })
    }
}

/// Where the value of a key stands in a document.
pub fn place_of(text: &str, key: &str) -> Option<Range<usize>> {
    let table = DeTable::parse(text).ok()?.into_inner();
    table.get(key).map(Spanned::span)
}

/// Whether a character moves the cursor, breaks the line or turns the direction of text: C0 and C1 controls,
/// the line and paragraph separators, and the bidirectional controls of Unicode 6.3 (UAX #9). Such a
/// character in a name or message shows the reader something else than what stands there.
pub fn is_unprintable(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        )
}

/// The word that was probably meant, if one is near enough: at most a third of its letters are wrong.
pub fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    // The distance takes quadratic time, and nobody means a short word by a very long one.
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    words
        .into_iter()
        .filter(|other| other.len() <= 2 * LONGEST)
        .map(|other| {
            let distance = strsim::damerau_levenshtein(&word, &other.to_lowercase());
            (distance, other)
        })
        .filter(|(distance, other)| *distance <= (other.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// As [`list`]; of many, the first twelve.
pub fn list_first(words: &[&str]) -> String {
    const MOST: usize = 12;
    if words.len() > MOST {
        let (first, rest) = words.split_at(MOST);
        let quoted: Vec<String> = first.iter().map(|word| format!("`{word}`")).collect();
        return format!("{} and {} more", quoted.join(", "), rest.len());
    }
    list(words)
}

/// `` `a`, `b` and `c` ``
pub fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn bad_type(noun: &str, wanted: &str, value: &Spanned<DeValue<'_>>, span: Span) -> Diagnostic {
    let found = match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "`true` or `false`",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    };
    let told = format!("{noun} is {found}, and must be {wanted}");
    Diagnostic::error("bad-type", told).at(span, format!("must be {wanted}"))
}

fn not_toml(error: &toml::de::Error, text: &str, place: Place, noun: &str) -> Diagnostic {
    let range = error.span().unwrap_or(0..0);
    let start = text.floor_char_boundary(range.start);
    let end = text.ceil_char_boundary(range.end).max(start);
    let told = format!("{noun} cannot be read as TOML: {}", error.message());
    let diagnostic = Diagnostic::error("bad-toml", told).at(place.span(start..end), "here");
    match unquoted(text, start) {
        Some(value) => diagnostic.help(in_quotes(value)),
        None => diagnostic,
    }
}

fn in_quotes(value: impl std::fmt::Display) -> String {
    format!("put it in quotes: \"{value}\"")
}

/// The value around `at`, where it is words that somebody forgot to quote.
fn unquoted(text: &str, at: usize) -> Option<&str> {
    let start = text[..at]
        .rfind(['=', '[', ',', '\n'])
        .map_or(0, |before| before + 1);
    let before = text[..start].trim_end();
    let in_array = |open: &str| open.trim_end().ends_with(['=', '[', ',']);
    let ends: &[char] = if before.ends_with('=') {
        &['\n', '#']
    } else if before.ends_with(',') || before.strip_suffix('[').is_some_and(in_array) {
        &['\n', '#', ',', ']']
    } else {
        return None;
    };
    let value = text[start..].trim_start();
    let value = value[..value.find(ends).unwrap_or(value.len())].trim_end();
    let words = value.starts_with(|first: char| first.is_alphanumeric() || first == '_')
        && !value.contains(['"', '\\', '=', '[', '{', '}'])
        && !value.chars().any(is_unprintable);
    // A date, `True`: those are written without quotes, but otherwise.
    let other = value.starts_with(|first: char| first.is_ascii_digit())
        && value.contains(['-', ':'])
        || ["true", "false"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word));
    (words && !other).then_some(value)
}

#[cfg(test)]
mod tests;
