//! What a script says: its statements with their heads read, its own transactions, and what can't be carried into a
//! release.
//!
//! Heads are read always, at lexer speed; trees ([`ddl`]) and syntax judgement ([`judge`]) only when asked for, one statement
//! at a time. No parser's own types leave this room. Knows no files and no revisions: every range is offsets into the
//! text it was given.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "readers pick a few of many tokens and of a foreign parser's many nodes"
)]

pub mod copy;
mod cursor;
pub mod ddl;
mod depth;
mod enums;
mod head;
mod inside;
pub mod judge;
mod literal;
mod objection;
mod session;
mod shape;

use std::ops::Range;

use crate::diagnostic::Severity;
use crate::lex;
use crate::name::QualifiedName;
use crate::postgres::{self, Lock, StatementKind, TableAction};

/// The schema of what ends with the session.
const TEMPORARY_SCHEMA: &str = "pg_temp";

/// One statement, with its head read.
#[derive(Debug)]
pub struct Statement {
    /// Where it is in the text.
    pub raw: lex::RawStatement,
    /// What its first words say.
    pub head: Head,
}

impl Statement {
    /// The statement as it is written, without its `;` and the comments before it.
    pub fn slice<'a>(&self, text: &'a str) -> &'a str {
        &text[self.raw.start..self.raw.end]
    }

    /// The bytes of [`Statement::slice`].
    pub fn range(&self) -> Range<usize> {
        self.raw.start..self.raw.end
    }

    /// The strongest lock on [`Statement::locked`] that the head alone tells, on a server of that major version.
    /// `None` where there is none on anything that is there already, and where it can't be known.
    pub fn lock(&self, server: u16) -> Option<Lock> {
        if self.head.kind != StatementKind::AlterTable {
            return postgres::lock(self.head.kind, server);
        }
        let locks = self
            .head
            .actions
            .iter()
            .map(|action| postgres::action_lock(*action, server));
        // An action that is not known takes nothing above ACCESS EXCLUSIVE, so that one settles it.
        let strongest = locks.clone().flatten().max();
        if strongest == Some(Lock::AccessExclusive) || locks.clone().all(|lock| lock.is_some()) {
            strongest
        } else {
            None
        }
    }

    /// The names that [`Statement::lock`] speaks of.
    pub fn locked(&self) -> impl Iterator<Item = &QualifiedName> {
        let (table, objects) = match &self.head.table {
            Some(table) => (Some(table), None),
            None => (None, Some(self.head.objects())),
        };
        table.into_iter().chain(objects.into_iter().flatten())
    }
}

/// The statements of a text.
#[derive(Debug, Default)]
pub struct Script {
    /// In order.
    pub statements: Vec<Statement>,
    /// A quote or parenthesis left open at the end of the text: its offset and what it is.
    pub unclosed: Option<(usize, &'static str)>,
    /// Hazards after the last statement.
    pub tail: Vec<lex::Hazard>,
}

/// What the first words of a statement say. Names are as the server keeps them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a word that stands in the statement, or does not"
)]
pub struct Head {
    /// What it is.
    pub kind: StatementKind,
    /// What it creates, alters, drops, fills or reads; the first one where it names several.
    pub object: Option<QualifiedName>,
    /// The further objects of a `DROP`, `TRUNCATE`, `LOCK`.
    pub others: Vec<QualifiedName>,
    /// The relation that an index, trigger, rule or policy is on; the parent of a new partition.
    pub table: Option<QualifiedName>,
    /// The partition of an `ATTACH` or `DETACH PARTITION`.
    pub partition: Option<QualifiedName>,
    /// `IF EXISTS`.
    pub if_exists: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `OR REPLACE`.
    pub or_replace: bool,
    /// `CASCADE` of a `DROP` or `TRUNCATE`.
    pub cascade: bool,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `ONLY` before the table.
    pub only: bool,
    /// Whether what is created ends with the session: `TEMPORARY`, `INTO TEMP`, or a name in `pg_temp`.
    pub temporary: bool,
    /// What a `SET`, `SET LOCAL` or `RESET` speaks of; and a `SELECT set_config(…, false)` that does nothing else.
    pub setting: Option<Setting>,
    /// The actions of an `ALTER TABLE`, in order.
    pub actions: Vec<TableAction>,
    /// The value that an `ALTER TYPE … ADD VALUE` adds.
    pub value: Option<String>,
    /// The modes of a `BEGIN` or `SET TRANSACTION` (`ISOLATION LEVEL …`) as offsets into the text; `None` without any.
    pub modes: Option<Range<usize>>,
}

impl Head {
    /// [`Head::object`] and [`Head::others`].
    pub fn objects(&self) -> impl Iterator<Item = &QualifiedName> {
        self.object.iter().chain(&self.others)
    }

    /// Whether the statement changes nothing but settings of the session: a script that is run again from its middle
    /// needs it again.
    pub fn only_session(&self) -> bool {
        match self.kind {
            StatementKind::Set | StatementKind::Reset => true,
            StatementKind::Select => self.setting.is_some(),
            _ => false,
        }
    }
}

/// What a `SET` sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The parameter in lower case: `role`, `session_authorization`, `timezone`, `search_path` for `SET SCHEMA`,
    /// `client_encoding` for `SET NAMES`; `all` for `RESET ALL`.
    pub name: String,
    /// Its value, where it is one word, number or string.
    pub value: Option<String>,
}

/// The transactions that a script opens and closes itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Shape {
    /// None.
    Plain,
    /// One around everything, [`Head::only_session`] statements before it aside: those mean the same inside it.
    OneBlock {
        /// Index of the `BEGIN`.
        begin: usize,
        /// Index of the `COMMIT`, the last statement.
        commit: usize,
    },
    /// Several, or one among other statements.
    Blocks(Vec<Step>),
    /// Some that can't be carried.
    Refused(Objection),
}

/// A step of [`Shape::Blocks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A block: its own statements stand between these two indices.
    Block {
        /// Index of the `BEGIN`.
        begin: usize,
        /// Index of the `COMMIT`.
        commit: usize,
    },
    /// A statement outside of the blocks. Where it is [`Head::only_session`], a later run must repeat it.
    Single(usize),
}

/// Something to say about a place in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// A stable slug.
    pub code: &'static str,
    /// `Error` where no release can be written from this.
    pub severity: Severity,
    /// Offsets into the text.
    pub range: Range<usize>,
    /// One line.
    pub message: String,
    /// The next step.
    pub help: String,
}

/// The tables that bookkeeping lives in, schemas included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// The version table.
    pub version_table: QualifiedName,
    /// The event table.
    pub event_table: QualifiedName,
}

/// An enum value that is used in the script that adds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnumUse {
    /// Index of the `ALTER TYPE … ADD VALUE`, or of the `DO` that says it.
    pub added: usize,
    /// Index of the first later statement that seems to use the value.
    pub used: usize,
    /// Whether a statement before it creates the enum, by the very same name.
    pub created: bool,
}

/// Splits a text and reads the head of each statement.
pub fn read(text: &str) -> Script {
    let split = lex::split(text);
    let statements = split
        .statements
        .into_iter()
        .map(|raw| Statement {
            head: head::read(text, raw.start..raw.end),
            raw,
        })
        .collect();
    Script {
        statements,
        unclosed: split.unclosed,
        tail: split.tail,
    }
}

/// The transactions that the script opens and closes itself.
pub fn shape(script: &Script) -> Shape {
    shape::of(script)
}

/// What of a script can't be carried into a release, or should not be there: in order of place. What [`shape`] and
/// [`copy::rows`] refuse is not repeated here.
pub fn objections(text: &str, script: &Script, protected: &Protected) -> Vec<Objection> {
    objection::all(text, script, protected)
}

/// What of the session a statement leaves behind or leans on, beside settings that [`Head::only_session`] tells: a few words
/// that name it. Run apart from its neighbours it would fail, or do something else.
pub fn session_state(text: &str, statement: &Statement) -> Option<&'static str> {
    session::state(text, statement)
}

/// Whether a statement adds a value to an enum, in the body of a `DO` too.
pub fn adds_enum_value(text: &str, statement: &Statement) -> bool {
    !enums::added(text, statement).is_empty()
}

/// The names before a parenthesis in a statement: what it calls, and keywords.
pub fn calls(text: &str, statement: &Statement) -> Vec<QualifiedName> {
    inside::calls(text, statement)
}

/// The same in its strings and bodies, where a name at the end counts too: the rest may be joined to it.
pub fn calls_within(text: &str, statement: &Statement) -> Vec<QualifiedName> {
    inside::calls_within(text, statement)
}

/// Whether a statement, or SQL in its strings and bodies, copies to a file of the server or runs a program there.
pub fn copies_outside(text: &str, statement: &Statement) -> bool {
    inside::copies_outside(text, statement)
}

/// Enum values that a later statement of the same script seems to use, judged generously: by the literal, in strings and
/// bodies too. Such a use fails in the transaction that adds the value (55P04).
pub fn enum_values_used_later(text: &str, script: &Script) -> Vec<EnumUse> {
    enums::used_later(text, script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pieces that meet the readers' branches more often than letters would.
    const PIECES: &[&str] = &[
        "alter",
        "table",
        "create",
        "index",
        "concurrently",
        "type",
        "add",
        "value",
        "drop",
        "column",
        "if",
        "exists",
        "not",
        "only",
        "on",
        "with",
        "set",
        "local",
        "copy",
        "from",
        "stdin",
        "begin",
        "commit",
        "do",
        "vacuum",
        "(full",
        "as",
        "constraint",
        "partition",
        "of",
        "select",
        "cast",
        "enum_range",
        "a",
        "\"b\"\"\"",
        "U&\"\\00e9\"",
        "U&'client\\005f",
        "'client_'",
        "'encoding'",
        "||",
        "uescape",
        "set_config",
        "'c'",
        "E'\\",
        "'x''y'",
        "$$",
        "$t$ ' $t$",
        "(",
        ")",
        "[",
        ",",
        ".",
        ";",
        ";\n",
        "::",
        "=",
        "1",
        "\\",
        ":v",
        "é",
        "\n",
        "--",
        "/*",
        "\0",
        "\r",
        "\u{202e}",
        "\\.\n",
        "\\N",
        "\t",
        "\u{feff}",
    ];

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(picks in prop::collection::vec(0..PIECES.len(), 0..40)) {
            let text: String = picks.iter().flat_map(|pick| [PIECES[*pick], " "]).collect();
            let script = read(&text);
            let table = QualifiedName { schema: None, name: crate::name::Ident::new("b") };
            let protected = Protected { version_table: table.clone(), event_table: table };
            for objection in objections(&text, &script, &protected) {
                prop_assert!(text.get(objection.range).is_some());
            }
            if let Shape::Refused(objection) = shape(&script) {
                prop_assert!(text.get(objection.range).is_some());
            }
            enum_values_used_later(&text, &script);
            for statement in &script.statements {
                session_state(&text, statement);
                calls(&text, statement);
                calls_within(&text, statement);
                copies_outside(&text, statement);
                prop_assert!(statement.head.modes.clone().is_none_or(|modes| text.get(modes).is_some()));
                if let Some(objection) = judge::syntax_error(&text, statement) {
                    prop_assert!(text.get(objection.range).is_some());
                }
                let _ = ddl::read(&text, statement);
                let _ = copy::rows(&text, statement);
            }
        }
    }
}
