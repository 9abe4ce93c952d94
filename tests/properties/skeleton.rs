//! What is left of an emitted script when every text in it is taken out: its commands, statements and machinery.
//!
//! Two scripts with one skeleton do the same to a database, whatever their names and messages say.

use std::fmt::Write as _;

use signoff::lex::{self, TokenKind};

/// Variables of psql that hold SQL of ours, which runs where they are named.
const SQL: [&str; 3] = ["signoff_user", "signoff_own", "signoff_modes"];
/// Variables that hold one JSON document each.
const JSON: [&str; 2] = ["signoff_row_", "signoff_repeat_"];

/// The skeleton, a line per token.
pub(super) fn of(script: &str) -> String {
    let mut bones = String::new();
    sql(script, 0, &mut bones);
    bones
}

fn sql(text: &str, depth: usize, bones: &mut String) {
    let mut tokens = lex::tokens(text).peekable();
    while let Some(token) = tokens.next() {
        let said = &text[token.range()];
        match token.kind {
            TokenKind::Space => {}
            // A comment and a string are one bone, whatever is in them.
            TokenKind::LineComment
            | TokenKind::BlockComment
            | TokenKind::String
            | TokenKind::QuotedIdent => bone(depth, &format!("{:?}", token.kind), bones),
            // Machinery is SQL in dollar quotes, and what it does is within.
            TokenKind::DollarString => {
                let tag = said[1..].find('$').map_or(0, |at| at + 2);
                let (open, rest) = said.split_at(tag);
                let inner = &rest[..rest.len() - tag];
                if open == "$m$" || open == "$signoff$" {
                    bone(depth, open, bones);
                    sql(inner, depth + 1, bones);
                } else {
                    bone(depth, "DollarString", bones);
                }
            }
            TokenKind::Backslash => {
                let line = text[token.start..].split('\n').next().unwrap_or_default();
                command(line, depth, bones);
                let end = token.start + line.len();
                while tokens.next_if(|next| next.start < end).is_some() {}
            }
            TokenKind::Unterminated => panic!("nothing ends {said:?}"),
            TokenKind::Word
            | TokenKind::Parameter
            | TokenKind::Number
            | TokenKind::Semicolon
            | TokenKind::OpenParen
            | TokenKind::CloseParen
            | TokenKind::OpenBracket
            | TokenKind::CloseBracket
            | TokenKind::Comma
            | TokenKind::Dot
            | TokenKind::PsqlVariable
            | TokenKind::Other => bone(depth, said, bones),
        }
    }
}

/// A line of psql's: the command, and its arguments as psql reads them (`psqlscanslash.l`).
fn command(line: &str, depth: usize, bones: &mut String) {
    let (name, mut rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
    bone(depth, name, bones);
    let mut last = String::new();
    loop {
        rest = rest.trim_start_matches(' ');
        let Some(first) = rest.chars().next() else {
            return;
        };
        if first != '\'' {
            // Bare: ours, and so the same in every script. A quote or a backquote in it would be an attack.
            let word = rest.split(' ').next().unwrap_or_default();
            assert!(!word.contains(['\'', '"', '`', '\\']), "{line}");
            bone(depth + 1, word, bones);
            word.clone_into(&mut last);
            rest = &rest[word.len()..];
            continue;
        }
        let (value, length) = quoted(rest).unwrap_or_else(|| panic!("nothing ends {line:?}"));
        rest = &rest[length..];
        assert!(
            rest.is_empty() || rest.starts_with(' '),
            "two arguments touch: {line}"
        );
        bone(depth + 1, "argument", bones);
        if SQL.contains(&last.as_str()) {
            sql(&value, depth + 2, bones);
        } else if JSON.iter().any(|prefix| last.starts_with(prefix)) {
            let value: serde_json::Value = serde_json::from_str(&value).expect("a row is JSON");
            json(&value, depth + 2, bones);
        }
    }
}

/// The keys and lists of a document.
fn json(value: &serde_json::Value, depth: usize, bones: &mut String) {
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                bone(depth, key, bones);
                json(value, depth + 1, bones);
            }
        }
        serde_json::Value::Array(list) => {
            for value in list {
                json(value, depth + 1, bones);
            }
        }
        serde_json::Value::String(_) => bone(depth, "text", bones),
        other @ (serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)) => bone(depth, &other.to_string(), bones),
    }
}

/// The value of a quoted argument, and the argument's length.
fn quoted(text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '\'' if chars.next_if(|(_, next)| *next == '\'').is_some() => value.push('\''),
            '\'' => return Some((value, at + 1)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                digit @ ('0'..='7' | 'x' | 'b' | 'f') => panic!("\\{digit} in {text:?}"),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

fn bone(depth: usize, what: &str, bones: &mut String) {
    writeln!(bones, "{}{what}", " ".repeat(depth)).expect("a string takes text");
}

#[test]
fn a_skeleton_sees_structure_and_no_text() {
    let script = |message: &str| {
        format!(
            "-- {message}\n\\echo '{message}'\nSELECT '{message}' AS \"{message}\"; SELECT $m$ DO $signoff$ '{message}' $signoff$; $m$ \\gset\n"
        )
    };
    assert_eq!(of(&script("a")), of(&script("b c")));
    for attack in ["a\nb", "a''b'", "' || '", "$signoff$"] {
        let bones = std::panic::catch_unwind(|| of(&script(attack)));
        assert!(
            bones.is_err() || bones.is_ok_and(|bones| bones != of(&script("a"))),
            "{attack:?}"
        );
    }
    assert_ne!(of("SELECT :x;"), of("SELECT :y;"));
    assert_ne!(of("\\set a 'b'\n"), of("\\set a 'b' 'c'\n"));
    assert_eq!(
        quoted("'a''b\\\\''c\\n' rest"),
        Some(("a'b\\'c\n".to_owned(), 13))
    );
}
