//! Finds enum values that are used in the script that adds them.
//!
//! Such a use fails in the same transaction (55P04, servers 13 to 18; an enum created in the same transaction is let off from 17
//! on). What is found here is a guess on the safe side: a string that holds the value, wherever it stands.

use super::inside::{self, Stretch};
use super::{EnumUse, Script, Statement, copy, head, literal};
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
            uses.extend(found.iter().map(|at| EnumUse {
                added: wanted[*at].added,
                used: index,
                created: creates(script, &wanted[*at]),
            }));
            let mut at = 0..;
            wanted.retain(|_| at.next().is_none_or(|at| !found.contains(&at)));
        }
        let values = added(text, statement).into_iter();
        wanted.extend(values.map(|(enumeration, value)| Wanted {
            added: index,
            enumeration,
            value,
        }));
    }
    uses.sort_by_key(|found| found.added);
    uses
}

/// The enums that a statement adds values to, and the values: by itself, or in the body of a `DO`. What is put together
/// there, or written with escapes, is not known.
pub(super) fn added(
    text: &str,
    statement: &Statement,
) -> Vec<(Option<QualifiedName>, Option<String>)> {
    let head = &statement.head;
    let mut found = Vec::new();
    if head.kind == StatementKind::AddEnumValue {
        found.push((head.object.clone(), head.value.clone()));
    } else if head.kind == StatementKind::Do {
        inside::walk(text, statement.range(), &mut |stretch| {
            let adds = (0..stretch.tokens.len()).filter(|at| stretch.words(*at, &["add", "value"]));
            found.extend(adds.map(|at| added_at(stretch, at)));
        });
    }
    found
}

/// The same for an `ADD VALUE` in a body.
fn added_at(stretch: &Stretch<'_>, at: usize) -> (Option<QualifiedName>, Option<String>) {
    /// Tokens of `ALTER TYPE` and a name of three parts.
    const BEFORE: usize = 7;
    let start = (at.saturating_sub(BEFORE)..at)
        .rev()
        .find(|start| stretch.words(*start, &["alter", "type"]));
    let head = start.map(|start| {
        let range = stretch.tokens[start].start..stretch.text.len();
        head::read(stretch.text, range)
    });
    let behind = if stretch.words(at + 2, &["if", "not", "exists"]) {
        at + 5
    } else {
        at + 2
    };
    let value = stretch.tokens.get(behind);
    let value = value.and_then(|token| literal::value(token.kind, stretch.written(behind)));
    (head.and_then(|head| head.object), value)
}

/// Whether the enum that a statement adds a value to is created before it in the same script. A name that is written
/// otherwise may be another type's.
fn creates(script: &Script, value: &Wanted) -> bool {
    script.statements[..value.added].iter().any(|statement| {
        statement.head.kind == StatementKind::Create(ObjectKind::Type)
            && statement.head.object.is_some()
            && statement.head.object == value.enumeration
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
struct Wanted {
    added: usize,
    enumeration: Option<QualifiedName>,
    /// Where it is not known, any literal may be it.
    value: Option<String>,
}

impl Wanted {
    /// Whether a text is the value, or holds it as a word: in an array, a row, a document.
    fn is_in(&self, content: &str) -> bool {
        let Some(value) = &self.value else {
            return true;
        };
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        content.match_indices(value.as_str()).any(|(at, _)| {
            !content[..at].ends_with(is_word) && !content[at + value.len()..].starts_with(is_word)
        })
    }

    /// Whether a body that is run, now or later, quotes it.
    fn is_quoted_in(&self, body: &str) -> bool {
        let Some(value) = &self.value else {
            return true;
        };
        let mut found = body.contains(&format!("'{}'", value.replace('\'', "''")));
        inside::walk(body, 0..body.len(), &mut |stretch| {
            found |= stretch.tokens.iter().any(|token| {
                let written = &stretch.text[token.range()];
                token.kind == TokenKind::String
                    && literal::value(token.kind, written).is_none_or(|inner| self.is_in(&inner))
            });
        });
        found
    }
}

/// Whether a `COPY` may bring the value: its rows stand behind the statement, or nobody here sees them.
fn copies(text: &str, statement: &Statement, wanted: &Wanted) -> bool {
    if statement.head.kind != StatementKind::CopyFromStdin {
        return statement.head.kind == StatementKind::CopyFrom;
    }
    copy::rows(text, statement).map_or(true, |rows| {
        let mut cells = rows.rows.iter().flatten().flatten();
        cells.any(|cell| wanted.is_in(cell))
    })
}

/// Which of the values the statement seems to use, by their places.
fn find(text: &str, statement: &Statement, wanted: &[Wanted]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut note = |is: &dyn Fn(&Wanted) -> bool| {
        let places = wanted.iter().enumerate().filter(|(_, value)| is(value));
        found.extend(places.map(|(at, _)| at));
    };
    note(&|value| copies(text, statement, value));
    let runs = matches!(
        statement.head.kind,
        StatementKind::Do
            | StatementKind::DoCommitting
            | StatementKind::Create(ObjectKind::Function | ObjectKind::Procedure)
    );
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
                match literal::value(token.kind, written) {
                    Some(body) if runs => note(&|value| value.is_quoted_in(&body)),
                    Some(content) => note(&|value| value.is_in(&content)),
                    // With escapes it may be any.
                    None => note(&|_| true),
                }
            }
            TokenKind::Word | TokenKind::QuotedIdent => {
                let names = |name: &str| written.trim_matches('"').eq_ignore_ascii_case(name);
                // Every value of an enum, the new one too.
                if ["enum_range", "enum_first", "enum_last"]
                    .iter()
                    .any(|name| names(name))
                {
                    note(&|_| true);
                }
                if type_name == TypeName::Expected {
                    note(&|value| {
                        let name = value.enumeration.as_ref();
                        name.is_none_or(|name| names(name.name.as_str()))
                    });
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
            "copy t from stdin;\n1\tso so\n\\.\n",
            "copy t from '/tmp/t'",
            "select * from json_to_recordset('[{\"m\":\"so so\"}]') as x (m mood)",
            "insert into t select ('(1,so so)'::r).*",
            "do $$ begin insert into t select ('(1,so so)'::r).*; end $$",
            "do $$ begin execute 'select ''so so'''; end $$",
            "select U&'so \\0073o'",
        ] {
            assert_eq!(uses(&format!("{add} {later}")), [(0, 1)], "{later}");
        }
    }

    /// What is added there, and to which enum, need not be known.
    #[test]
    fn a_body_adds_values_too() {
        let later = "update t set m = 'ok'";
        for adds in [
            "do $$ begin alter type mood add value 'ok'; end $$",
            "do $$ begin alter type app.mood add value if not exists 'ok'; end $$",
            "do $$ begin execute 'alter type mood add value ''ok'''; end $$",
            "do $$ begin execute format('alter type %I add value %L', 'mood', 'o' || 'k'); end $$",
            "do $$ begin execute 'alter type mood add value ''' || 'ok' || ''''; end $$",
            "alter type mood add value U&'\\006fk'",
        ] {
            assert_eq!(uses(&format!("{adds}; {later}")), [(0, 1)], "{adds}");
        }
        for adds in [
            "do $$ begin alter type mood add value 'glad'; end $$",
            "do $$ begin alter type mood rename value 'sad' to 'ok'; end $$",
            "select 'alter type mood add value ''ok'''",
        ] {
            assert_eq!(uses(&format!("{adds}; {later}")), [], "{adds}");
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
            "select 'token', 'ok_', 'not_ok', 'okay', ''",
            "copy t from stdin;\ntoken\n\\.\n",
            "create function ok() returns int language sql as $$ select 1 as ok $$",
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
