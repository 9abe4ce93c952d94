//! Finds enum values that are used in the script that adds them.
//!
//! Such a use fails in the same transaction (55P04, servers 13 to 18; an enum created in the same transaction is let off from 17
//! on). What is found here is a guess on the safe side: a string that holds the value, wherever it stands.

use super::{EnumUse, Script, Statement, literal};
use crate::lex::{self, TokenKind};
use crate::name::{ObjectKind, QualifiedName};
use crate::postgres::StatementKind;

pub(super) fn used_later(text: &str, script: &Script) -> Vec<EnumUse> {
    let mut wanted: Vec<Wanted> = Vec::new();
    let mut uses = Vec::new();
    for (index, statement) in script.statements.iter().enumerate() {
        let speaks_only = matches!(
            statement.head.kind,
            StatementKind::AddEnumValue | StatementKind::Comment(_)
        );
        if !wanted.is_empty() && !speaks_only {
            let found = find(text, statement, &wanted);
            uses.extend(found.iter().map(|added| EnumUse {
                added: *added,
                used: index,
                created: creates(script, *added),
            }));
            wanted.retain(|value| !found.contains(&value.added));
        }
        if let (StatementKind::AddEnumValue, Some(value), Some(name)) = (
            statement.head.kind,
            &statement.head.value,
            &statement.head.object,
        ) {
            wanted.push(Wanted {
                added: index,
                quoted: format!("'{}'", value.replace('\'', "''")),
                value,
                enumeration: name,
            });
        }
    }
    uses.sort_by_key(|found| found.added);
    uses
}

/// Whether the enum that a statement adds a value to is created before it in the same script. A name that is written
/// otherwise may be another type's.
fn creates(script: &Script, added: usize) -> bool {
    let name = &script.statements[added].head.object;
    script.statements[..added].iter().any(|statement| {
        statement.head.kind == StatementKind::Create(ObjectKind::Type)
            && statement.head.object == *name
    })
}

/// Whether the name of a type stands here. What casts may make a value that is nowhere in the text: `x::mood`,
/// `TYPE mood`, `CAST(x AS mood)`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TypeName {
    /// It does not.
    No,
    /// It begins here, or goes on after a dot.
    Expected,
    /// A part of it was just read.
    Read,
}

/// A value that was added and not seen since.
struct Wanted<'a> {
    added: usize,
    value: &'a str,
    /// The value as a literal inside a body.
    quoted: String,
    enumeration: &'a QualifiedName,
}

/// Which of the values the statement seems to use, by the index that added them.
fn find(text: &str, statement: &Statement, wanted: &[Wanted]) -> Vec<usize> {
    let mut found = Vec::new();
    let alters = statement.head.kind == StatementKind::AlterTable;
    let mut type_name = TypeName::No;
    let mut in_cast = false;
    let mut literal_before = false;
    for token in lex::tokens_in(text, statement.range()).filter(|token| !token.kind.is_trivia()) {
        let written = &text[token.start..token.end];
        let mut literal_here = false;
        match token.kind {
            TokenKind::String | TokenKind::DollarString => {
                literal_here = true;
                if let Some(content) = literal::value(token.kind, written) {
                    let used = wanted.iter().filter(|wanted| holds(&content, wanted));
                    found.extend(used.map(|wanted| wanted.added));
                }
            }
            TokenKind::Word | TokenKind::QuotedIdent => {
                let names = |name: &str| written.trim_matches('"').eq_ignore_ascii_case(name);
                // Every value of an enum, the new one too.
                if ["enum_range", "enum_first", "enum_last"]
                    .iter()
                    .any(|name| names(name))
                {
                    found.extend(wanted.iter().map(|wanted| wanted.added));
                }
                if type_name == TypeName::Expected {
                    let cast = wanted
                        .iter()
                        .filter(|wanted| names(wanted.enumeration.name.as_str()));
                    found.extend(cast.map(|wanted| wanted.added));
                }
            }
            _ => {}
        }
        let word = |word: &str| token.kind == TokenKind::Word && written.eq_ignore_ascii_case(word);
        in_cast |= word("cast");
        type_name = match token.kind {
            TokenKind::Other if written == "::" && !literal_before => TypeName::Expected,
            TokenKind::Word if (alters && word("type")) || (in_cast && word("as")) => {
                TypeName::Expected
            }
            TokenKind::Word | TokenKind::QuotedIdent if type_name == TypeName::Expected => {
                TypeName::Read
            }
            TokenKind::Dot if type_name == TypeName::Read => TypeName::Expected,
            _ => TypeName::No,
        };
        literal_before = literal_here;
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a string is the value, an array with it, or a body that quotes it.
fn holds(content: &str, wanted: &Wanted) -> bool {
    if content == wanted.value || content.contains(&wanted.quoted) {
        return true;
    }
    content.starts_with('{')
        && content
            .split(['{', '}', ',', '"'])
            .any(|element| element.trim() == wanted.value)
}

#[cfg(test)]
mod tests {
    use crate::sql::{enum_values_used_later, read};

    fn uses(text: &str) -> Vec<(usize, usize)> {
        enum_values_used_later(text, &read(text))
            .into_iter()
            .map(|found| (found.added, found.used))
            .collect()
    }

    #[test]
    fn a_later_literal_is_a_use() {
        let add = "alter type app.mood add value if not exists 'so so' after 'sad';";
        for later in [
            "update t set m = 'so so'",
            "insert into t values ('so so'::app.mood)",
            "do $$ begin perform 'so so'::mood; end $$",
            "create function f() returns text language sql as 'select ''so so'''",
            "select '{sad,so so}'::mood[]",
            "select enum_range(null::mood)",
            "update t set m = x::mood",
            "update t set m = x::app.mood",
            "alter table t alter c type mood using c::text::mood",
            "select E'so\\x20so'",
            "select cast(x as mood) from t",
        ] {
            assert_eq!(uses(&format!("{add} {later}")), [(0, 1)], "{later}");
        }
    }

    #[test]
    fn a_new_enum_is_known_by_its_very_name() {
        let add = "alter type app.mood add value 'ok'; select 'ok'";
        for (before, created) in [
            ("create type app.mood as enum ('sad');", true),
            ("CREATE TYPE App.Mood AS ENUM ('sad');", true),
            ("create type mood as enum ('sad');", false),
            ("create type app.mode as enum ('sad');", false),
            ("drop type app.mood;", false),
        ] {
            let text = format!("{before} {add}");
            let [found] = enum_values_used_later(&text, &read(&text))[..] else {
                panic!("one use expected: {text}");
            };
            assert_eq!(found.created, created, "{text}");
        }
    }

    #[test]
    fn other_literals_and_earlier_ones_are_none() {
        let add = "alter type mood add value 'ok';";
        for later in [
            "update t set m = 'sad'::mood",
            "comment on type mood is 'not ok at all'",
            "alter table t add column m mood",
            "create view v as select mood from t",
            "select x as mood from t",
            "alter type mood add value 'good' after 'ok'",
            "select \"ok\"",
        ] {
            assert_eq!(uses(&format!("select 'ok'; {add} {later}")), [], "{later}");
        }
        assert_eq!(
            uses(
                "alter type a add value 'x'; alter type b add value 'y'; select 1; select 'y'; select 'x', 'y'"
            ),
            [(0, 4), (1, 3)]
        );
    }
}
