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

/// Why a text can't be a label or the name of a repeatable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadWord {
    /// Empty, too long, or with a character that is none of these.
    #[error(
        "it has 1 to 64 bytes of letters, digits, `_`, `.` and `-`, and does not begin with `-`"
    )]
    Form,
    /// One of [`RESERVED`].
    #[error("this word means something else in a revision expression")]
    Reserved,
}

/// Judges a name that people type: a label, a repeatable.
pub fn word(text: &str) -> Result<(), BadWord> {
    let fits = |char: char| char.is_alphanumeric() || matches!(char, '_' | '.' | '-');
    if !(1..=64).contains(&text.len()) || !text.chars().all(fits) || text.starts_with('-') {
        return Err(BadWord::Form);
    }
    if RESERVED.contains(&text) {
        return Err(BadWord::Reserved);
    }
    Ok(())
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

/// Kinds of object that a statement can create, alter or drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// `ACCESS METHOD`.
    AccessMethod,
    /// `AGGREGATE`.
    Aggregate,
    /// `CAST`.
    Cast,
    /// `COLLATION`.
    Collation,
    /// `COLUMN`, of a relation or composite type.
    Column,
    /// `CONSTRAINT`, of a table or domain.
    Constraint,
    /// `CONVERSION`.
    Conversion,
    /// `DATABASE`.
    Database,
    /// `DOMAIN`.
    Domain,
    /// `EVENT TRIGGER`.
    EventTrigger,
    /// `EXTENSION`.
    Extension,
    /// `FOREIGN DATA WRAPPER`.
    ForeignDataWrapper,
    /// `FOREIGN TABLE`.
    ForeignTable,
    /// `FUNCTION`.
    Function,
    /// `INDEX`.
    Index,
    /// `LANGUAGE`.
    Language,
    /// `LARGE OBJECT`.
    LargeObject,
    /// `MATERIALIZED VIEW`.
    MaterializedView,
    /// `OPERATOR`.
    Operator,
    /// `OPERATOR CLASS`.
    OperatorClass,
    /// `OPERATOR FAMILY`.
    OperatorFamily,
    /// `POLICY`, of a table.
    Policy,
    /// `PROCEDURE`.
    Procedure,
    /// `PUBLICATION`.
    Publication,
    /// `ROLE`, `USER`, `GROUP`.
    Role,
    /// `ROUTINE`: a function, procedure or aggregate.
    Routine,
    /// `RULE`, of a relation.
    Rule,
    /// `SCHEMA`.
    Schema,
    /// `SEQUENCE`.
    Sequence,
    /// `SERVER`.
    Server,
    /// `STATISTICS`.
    Statistics,
    /// `SUBSCRIPTION`.
    Subscription,
    /// `TABLE`.
    Table,
    /// `TABLESPACE`.
    Tablespace,
    /// `TEXT SEARCH CONFIGURATION`, `DICTIONARY`, `PARSER`, `TEMPLATE`.
    TextSearch,
    /// `TRANSFORM`.
    Transform,
    /// `TRIGGER`, of a relation.
    Trigger,
    /// `TYPE`.
    Type,
    /// `USER MAPPING`.
    UserMapping,
    /// `VIEW`.
    View,
}

impl ObjectKind {
    /// The words of SQL for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::AccessMethod => "ACCESS METHOD",
            Self::Aggregate => "AGGREGATE",
            Self::Cast => "CAST",
            Self::Collation => "COLLATION",
            Self::Column => "COLUMN",
            Self::Constraint => "CONSTRAINT",
            Self::Conversion => "CONVERSION",
            Self::Database => "DATABASE",
            Self::Domain => "DOMAIN",
            Self::EventTrigger => "EVENT TRIGGER",
            Self::Extension => "EXTENSION",
            Self::ForeignDataWrapper => "FOREIGN DATA WRAPPER",
            Self::ForeignTable => "FOREIGN TABLE",
            Self::Function => "FUNCTION",
            Self::Index => "INDEX",
            Self::Language => "LANGUAGE",
            Self::LargeObject => "LARGE OBJECT",
            Self::MaterializedView => "MATERIALIZED VIEW",
            Self::Operator => "OPERATOR",
            Self::OperatorClass => "OPERATOR CLASS",
            Self::OperatorFamily => "OPERATOR FAMILY",
            Self::Policy => "POLICY",
            Self::Procedure => "PROCEDURE",
            Self::Publication => "PUBLICATION",
            Self::Role => "ROLE",
            Self::Routine => "ROUTINE",
            Self::Rule => "RULE",
            Self::Schema => "SCHEMA",
            Self::Sequence => "SEQUENCE",
            Self::Server => "SERVER",
            Self::Statistics => "STATISTICS",
            Self::Subscription => "SUBSCRIPTION",
            Self::Table => "TABLE",
            Self::Tablespace => "TABLESPACE",
            Self::TextSearch => "TEXT SEARCH",
            Self::Transform => "TRANSFORM",
            Self::Trigger => "TRIGGER",
            Self::Type => "TYPE",
            Self::UserMapping => "USER MAPPING",
            Self::View => "VIEW",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.words())
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
    fn a_word_is_one_that_can_be_typed() {
        assert_eq!(word("größe-2.x_"), Ok(()));
        for bad in ["", "-x", "a b", "a@b", "a:b", "a+1", "a,b", &"x".repeat(65)] {
            assert_eq!(word(bad), Err(BadWord::Form), "{bad}");
        }
        assert_eq!(word("heads"), Err(BadWord::Reserved));
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
