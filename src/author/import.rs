//! Revisions of another tool as native files: their names here, their text, and whether such a text was edited since.
//!
//! [`alembic`] makes them from what Alembic tells of a project, [`layout`] from a tree that was read. Starts nothing and
//! reads no file.

pub mod alembic;
pub mod layout;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use camino::Utf8PathBuf;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{BadTemplate, Content, New, list, quote};
use crate::lex::{self, TokenKind};
use crate::name::{self, RevisionId};
use crate::sql;
use crate::tree::{Migration, Script, Tree};

/// A revision of another tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its id here.
    pub id: RevisionId,
    /// What it revises, by ids of here.
    pub parents: Vec<RevisionId>,
    /// Ids or labels that must be applied first.
    pub depends_on: Vec<String>,
    /// Branch labels.
    pub labels: Vec<String>,
    /// What it is for.
    pub message: String,
    /// When it was written, where the tool says so.
    pub created: Option<Timestamp>,
    /// The file that it comes from, as people find it.
    pub origin: String,
    /// Findings that are meant so: rule and reason.
    pub allow: Vec<(String, String)>,
    /// Whether `${name}` in it stands for a value.
    pub variables: bool,
    /// The way up.
    pub upgrade: Section,
    /// The way back; `None` where the tool has none.
    pub downgrade: Option<Section>,
}

/// One direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Section {
    /// What runs.
    Sql(Sql),
    /// Nobody can tell what runs, and why.
    Unknown(String),
}

/// SQL that was put together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sql {
    /// Empty, or with a newline at its end.
    pub text: String,
    /// Whether each statement is a step of its own.
    pub no_transaction: bool,
}

/// What became of a file since it was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since<'t> {
    /// It is as it was written; the checksum.
    Untouched(&'t str),
    /// It was edited; the checksum of what was written.
    Edited(&'t str),
    /// It was not imported.
    Own,
}

/// What begins the line that tells an imported file.
const MARK: &str = "-- Imported from ";
/// What stands around the checksum in it.
const SUM: (&str, &str) = (
    " (",
    "). Once it is edited, a later import leaves it as it is.",
);

impl Revision {
    /// The whole text of its file.
    pub fn text(&self) -> String {
        marked(
            &super::migration(&self.draft(), Content::Imported(self)),
            &self.origin,
        )
    }

    /// Its path below the migrations folder, from the config's `file_template`.
    pub fn file_name(&self, template: &str) -> Result<Utf8PathBuf, BadTemplate> {
        let mut draft = self.draft();
        // Ids of other tools often say both already.
        if time_of(self.id.as_str()).is_some() {
            draft.created = None;
        }
        if super::slug(self.id.as_str()).ends_with(&super::slug(&self.message)) {
            draft.message = "";
        }
        super::file_name(template, &draft)
    }

    /// Why its upgrade is not known, where it is not.
    pub fn gap(&self) -> Option<&str> {
        match &self.upgrade {
            Section::Unknown(reason) => Some(reason),
            Section::Sql(_) => None,
        }
    }

    fn draft(&self) -> New<'_> {
        New {
            id: &self.id,
            parents: &self.parents,
            message: &self.message,
            created: self.created,
            labels: &self.labels,
            depends_on: &self.depends_on,
        }
    }

    /// The lines of the header that are its own.
    pub(super) fn header(&self) -> Vec<(&'static str, String)> {
        let mut header = Vec::new();
        if !self.allow.is_empty() {
            let pairs = self.allow.iter();
            let pairs = pairs.map(|(rule, why)| format!("{rule} = {}", quote(why)));
            let pairs: Vec<String> = pairs.collect();
            header.push(("allow", format!("{{ {} }}", pairs.join(", "))));
        }
        if self.variables {
            header.push(("variables", "true".to_owned()));
        }
        header
    }

    /// Both directions with their directives.
    pub(super) fn sections(&self) -> String {
        let mut text = String::new();
        let sections = [
            (Some(&self.upgrade), "upgrade", "unwritten"),
            (self.downgrade.as_ref(), "downgrade", "irreversible"),
        ];
        for (section, word, without) in sections {
            // A string takes all.
            let _ = match section {
                None => Ok(()),
                Some(Section::Unknown(reason)) => {
                    let reason = quote(&super::one_line(reason));
                    writeln!(text, "\n--! {word} {{ {without} = {reason} }}")
                }
                Some(Section::Sql(sql)) => {
                    let options = if sql.no_transaction {
                        " { transaction = false }"
                    } else {
                        ""
                    };
                    write!(text, "\n--! {word}{options}\n{}", sql.text)
                }
            };
        }
        text
    }
}

/// The text of a repeatable's file.
pub fn repeatable(name: &str, after: &[String], origin: &str, sql: &Sql) -> String {
    let mut text = format!("--! name = {}\n", quote(name));
    if !after.is_empty() {
        let after: Vec<String> = after.iter().map(|name| quote(name)).collect();
        let _ = writeln!(text, "--! after = {}", list(&after));
    }
    let _ = write!(text, "\n--! apply\n{}", sql.text);
    marked(
        &format!("-- For signoff: runs again wherever its text changed.\n{text}"),
        origin,
    )
}

/// Ids of revisions whose files, once read, say anything else than was meant.
pub fn unlike<'r>(revisions: &'r [Revision], tree: &Tree) -> Vec<&'r RevisionId> {
    let read: BTreeMap<&RevisionId, &Migration> =
        tree.migrations.iter().map(|it| (&it.id, it)).collect();
    let same = |section: Option<&Section>, script: Option<&Script>| match (section, script) {
        (Some(Section::Sql(sql)), Some(script)) => {
            tree.sources.slice(script.body).trim_end() == sql.text.trim_end()
                && script.settings.no_transaction == sql.no_transaction
                && script.settings.unwritten.is_none()
        }
        (Some(Section::Unknown(_)), Some(script)) => script.settings.unwritten.is_some(),
        (None | Some(Section::Unknown(_)), None) => true,
        (None, Some(_)) | (Some(Section::Sql(_)), None) => false,
    };
    let unlike = revisions.iter().filter(|revision| {
        !read.get(&revision.id).is_some_and(|migration| {
            let parents = migration.parents.iter().map(|(parent, _)| parent);
            parents.eq(&revision.parents)
                && same(Some(&revision.upgrade), migration.up.as_ref())
                && same(revision.downgrade.as_ref(), migration.down.as_ref())
        })
    });
    unlike.map(|revision| &revision.id).collect()
}

/// What became of a file, by its text.
pub fn since(text: &str) -> Since<'_> {
    let mut lines = text.split_inclusive('\n');
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else {
        return Since::Own;
    };
    let Some(sum) = second
        .trim_end()
        .strip_prefix(MARK)
        .and_then(|rest| rest.strip_suffix(SUM.1))
        .and_then(|rest| rest.rsplit_once(SUM.0))
        .map(|(_, sum)| sum)
    else {
        return Since::Own;
    };
    let rest = &text[first.len() + second.len()..];
    if checksum(&format!("{first}{rest}")) == sum {
        Since::Untouched(sum)
    } else {
        Since::Edited(sum)
    }
}

/// A text with the line that tells where it comes from, and what it was.
fn marked(text: &str, origin: &str) -> String {
    let sum = checksum(text);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let origin = super::one_line(origin);
    format!("{first}\n{MARK}{origin}{}{sum}{}\n{rest}", SUM.0, SUM.1)
}

/// As long as nobody meets another one by chance. git may have changed the line ends.
fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.replace("\r\n", "\n").as_bytes());
    let mut hex = String::new();
    for byte in &digest[..8] {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// The ids that these have here, in their order: themselves, wherever the native layout takes them.
pub fn ids(names: &[&str]) -> Vec<RevisionId> {
    let mut taken: Vec<String> = names
        .iter()
        .filter(|name| RevisionId::native(name).is_ok())
        .map(|name| (*name).to_owned())
        .collect();
    let ids = names.iter().map(|name| {
        RevisionId::native(name).unwrap_or_else(|_| {
            let id = fitting(name, &taken);
            taken.push(id.clone());
            RevisionId::native(&id).expect("it was made to be one")
        })
    });
    ids.collect()
}

/// The name that a label or a repeatable has here.
pub fn word(text: &str) -> String {
    if name::word(text).is_ok() {
        return text.to_owned();
    }
    let fits = |char: char| char.is_alphanumeric() || matches!(char, '_' | '.' | '-');
    let mut word: String = text
        .chars()
        .map(|char| if fits(char) { char } else { '_' })
        .collect();
    while word.len() > 60 {
        word.pop();
    }
    if name::word(&word).is_err() {
        word = format!("_{}", word.trim_start_matches('-'));
    }
    word
}

/// The time that an id begins with: `20240131120000`, or as diesel has it, `2024-01-31-120000`.
fn time_of(id: &str) -> Option<Timestamp> {
    let digits: String = id
        .chars()
        .take_while(|char| char.is_ascii_digit() || *char == '-')
        .filter(char::is_ascii_digit)
        .collect();
    if digits.len() != 14 || !digits.starts_with("20") {
        return None;
    }
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", &digits).ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(time.timestamp())
}

/// An id that the native layout takes and that nobody else has.
fn fitting(name: &str, taken: &[String]) -> String {
    const LONGEST: usize = 50;
    let fits = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.');
    let kept: String = name
        .chars()
        .map(|char| if fits(char) { char } else { '_' })
        .take(LONGEST)
        .collect();
    let plain = if kept.starts_with(|first: char| first.is_ascii_digit()) {
        // A number sorts as it counts.
        format!("{kept:0>4}")
    } else {
        format!("{kept:_<4}")
    };
    let free = |id: &String| RevisionId::native(id).is_ok() && !taken.contains(id);
    let numbered = (2..).map(|number: u32| format!("{plain}_{number}"));
    std::iter::once(plain.clone())
        .chain(numbered)
        .find(free)
        .expect("numbers do not end")
}

/// SQL as it may stand in a section, statement for statement: each text ends its last statement, and no comment of it can be
/// taken for a directive. The error says what is left open.
fn put_together<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<String, String> {
    let mut all = String::new();
    for text in texts {
        let text = &text.replace("\r\n", "\n");
        if text.contains(['\r', '\0']) {
            return Err("its SQL holds a carriage return or NUL that no file may hold".to_owned());
        }
        let read = sql::read(text);
        if let Some((_, what)) = read.unclosed {
            return Err(format!("its SQL leaves a {what} open"));
        }
        let text = text.trim_matches(['\n', '\r']).trim_end();
        if text.is_empty() {
            continue;
        }
        all.push_str(&without_directives(text));
        if read
            .statements
            .last()
            .is_some_and(|last| !last.raw.terminated)
        {
            let last = lex::tokens(text).last();
            // A comment would take the `;` in.
            let newline = last.is_some_and(|last| last.kind == TokenKind::LineComment);
            all.push_str(if newline { "\n;" } else { ";" });
        }
        all.push('\n');
    }
    Ok(all)
}

/// A comment `--!` at the start of a line becomes a plain one.
fn without_directives(text: &str) -> String {
    if !text.contains("--!") {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for token in lex::tokens(text) {
        let comment = &text[token.range()];
        let first = token.start == 0 || text.as_bytes()[token.start - 1] == b'\n';
        if token.kind == TokenKind::LineComment && first && comment.starts_with("--!") {
            plain.push_str("-- ");
            plain.push_str(&comment[2..]);
        } else {
            plain.push_str(comment);
        }
    }
    plain
}

#[cfg(test)]
mod tests;
