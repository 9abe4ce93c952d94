//! Names that are checked at birth: revision ids and SQL identifiers.
//!
//! Knows how a name is written, folded and quoted; knows nothing of what it names.

use std::fmt;

use serde::Serialize;

/// The id of a revision. Holds no control characters and is not empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RevisionId(String);

/// Words of the revision grammar that can't be ids.
pub const RESERVED: [&str; 5] = ["base", "head", "heads", "current", "null"];

/// Why a text can't be a revision id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRevisionId {
    /// Too short or too long for the native layout.
    #[error("a revision id has 4 to 64 characters")]
    Length,
    /// A character outside letters, digits, `_` and `.`.
    #[error("a revision id holds only ASCII letters, digits, `_` and `.`")]
    Character,
    /// One of [`RESERVED`].
    #[error("this word means something else in a revision expression")]
    Reserved,
    /// Empty, or with a control character (foreign layouts).
    #[error("a revision id holds no control characters and is not empty")]
    Control,
}

impl RevisionId {
    /// An id of the native layout: 4 to 64 ASCII letters, digits, `_`, `.`, and no word of the revision grammar.
    pub fn native(text: &str) -> Result<Self, BadRevisionId> {
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
        {
            return Err(BadRevisionId::Character);
        }
        if !(4..=64).contains(&text.len()) {
            return Err(BadRevisionId::Length);
        }
        if RESERVED.contains(&text) {
            return Err(BadRevisionId::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// An id of a foreign layout: opaque text of any length.
    pub fn foreign(text: &str) -> Result<Self, BadRevisionId> {
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(BadRevisionId::Control);
        }
        Ok(Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// An SQL identifier as the server keeps it: folded to lower case unless it was quoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ident(String);

impl Ident {
    /// An identifier whose kept form is `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Reads an identifier as it is written in SQL: `"A""b"` is `A"b`, `Ab` is `ab` (ASCII folding, as the
    /// server does in UTF-8 databases; `downcase_identifier` in `src/backend/parser/scansup.c`).
    pub fn read(written: &str) -> Self {
        match written
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            Some(inner) => Self(inner.replace("\"\"", "\"")),
            None => Self(written.to_ascii_lowercase()),
        }
    }

    /// The kept form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identifier in double quotes, always safe to put into SQL.
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.0.replace('"', "\"\""))
    }
}

impl fmt::Display for Ident {
    /// Plain where the server would read it back unchanged, quoted elsewhere. Keywords are not known here:
    /// this form is for people; SQL takes [`Ident::quoted`].
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.0.bytes();
        let plain = bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_')
            && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if plain {
            out.write_str(&self.0)
        } else {
            out.write_str(&self.quoted())
        }
    }
}

/// A name with an optional schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QualifiedName {
    /// The schema, where one was written.
    pub schema: Option<Ident>,
    /// The object's own name.
    pub name: Ident,
}

impl QualifiedName {
    /// Both parts in double quotes, for SQL.
    pub fn quoted(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", schema.quoted(), self.name.quoted()),
            None => self.name.quoted(),
        }
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(out, "{schema}.")?;
        }
        write!(out, "{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_native_id_is_checked_at_birth() {
        assert!(RevisionId::native("27dafa983136").is_ok());
        assert_eq!(RevisionId::native("abc"), Err(BadRevisionId::Length));
        assert_eq!(RevisionId::native("head"), Err(BadRevisionId::Reserved));
        assert_eq!(RevisionId::native("a-bcd"), Err(BadRevisionId::Character));
        assert_eq!(RevisionId::foreign("a\nb"), Err(BadRevisionId::Control));
    }

    #[test]
    fn identifiers_fold_and_quote() {
        assert_eq!(Ident::read("Users").as_str(), "users");
        assert_eq!(Ident::read("\"A\"\"b\"").as_str(), "A\"b");
        assert_eq!(Ident::read("\"A\"\"b\"").quoted(), "\"A\"\"b\"");
        assert_eq!(Ident::read("\"A b\"").to_string(), "\"A b\"");
        assert_eq!(Ident::read("a_1").to_string(), "a_1");
    }
}
