//! `${name}` in SQL: values in place of names, and nothing but values.
//!
//! A value comes from outside of the review, so it must stay what it is put in as: a part of the string, name or
//! comment around it, or some whole tokens of a statement. One that would end what stands around it, or begin a
//! statement of its own, is refused.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Origin, Text};
use crate::config::table::{is_unprintable, nearest};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex::{self, Token, TokenKind};
use crate::source::{Sources, Span};

/// SQL with `${name}` replaced by values. Whatever else has a `$` is text, `$${` too.
pub(super) fn substitute(
    sources: &Sources,
    span: Span,
    values: &BTreeMap<String, String>,
    sink: &mut Sink,
) -> Text {
    let source = sources.slice(span);
    let start = span.range().start;
    let mut text = String::new();
    let mut origins = Vec::new();
    let mut placed = Vec::new();
    // The same with a letter in place of each value: what the author wrote, as far as its tokens go.
    let mut plain = String::new();
    let mut done = 0;
    let stretch = |text: &mut String, origins: &mut Vec<Origin>, range: Range<usize>| {
        if range.is_empty() {
            return;
        }
        origins.push(Origin {
            at: text.len(),
            span: Span::new(span.file, start + range.start..start + range.end),
            verbatim: true,
        });
        text.push_str(&source[range]);
    };
    for at in memchr::memmem::find_iter(source.as_bytes(), "${") {
        let Some(name) = placeholder(&source[at..]) else {
            continue;
        };
        let whole = at..at + name.len() + 3;
        let place = Span::new(span.file, start + whole.start..start + whole.end);
        let Some(value) = values.get(name) else {
            sink.push(unknown(name, place, values));
            continue;
        };
        if value.chars().any(is_unprintable) {
            let told = format!("the value of `${{{name}}}` holds a control character");
            sink.push(
                Diagnostic::error("bad-variable", told)
                    .at(place, "it would stand here")
                    .help("give it a value on one line of printable characters"),
            );
            continue;
        }
        stretch(&mut text, &mut origins, done..whole.start);
        plain.push_str(&source[done..whole.start]);
        done = whole.end;
        placed.push(Placed {
            name,
            span: place,
            plain: plain.len(),
            value: text.len()..text.len() + value.len(),
        });
        plain.push('v');
        if !value.is_empty() {
            origins.push(Origin {
                at: text.len(),
                span: place,
                verbatim: false,
            });
            text.push_str(value);
        }
    }
    stretch(&mut text, &mut origins, done..source.len());
    plain.push_str(&source[done..]);
    if let Some(Placed { name, span, .. }) = leaking(&plain, &text, &placed) {
        let told = format!("the value of `${{{name}}}` changes what stands around it");
        sink.push(
            Diagnostic::error("bad-variable", told)
                .at(*span, "it would stand here")
                .because("a value that ends its string, or brings a `;` or a comment, runs SQL that nobody reviewed")
                .help("give it a value that is a part of what it stands in; a quote in a string or a quoted name is written twice"),
        );
    }
    if origins.is_empty() {
        origins.push(Origin {
            at: 0,
            span,
            verbatim: source.is_empty(),
        });
    }
    Text {
        text: text.into(),
        origins,
    }
}

/// A value in its place.
struct Placed<'t> {
    name: &'t str,
    span: Span,
    /// Where its letter stands in the plain text.
    plain: usize,
    /// Where it stands in the real one.
    value: Range<usize>,
}

/// The value after which the tokens of the real text are not those of the plain one, if there is one.
fn leaking<'p, 't>(plain: &str, real: &str, placed: &'p [Placed<'t>]) -> Option<&'p Placed<'t>> {
    let mut tokens = lex::tokens(real);
    let mut next = 0;
    let mut end = 0;
    for token in lex::tokens(plain).take_while(|_| !placed.is_empty()) {
        let start = end;
        let first = next;
        end += token.end - token.start;
        while let Some(value) = placed.get(next).filter(|it| it.plain < token.end) {
            end = end - 1 + value.value.len();
            next += 1;
        }
        let holds = if first == next || is_around(token.kind) {
            let Token { kind, .. } = token;
            tokens.next() == Some(Token { kind, start, end })
        } else {
            whole(&mut tokens, start, end)
        };
        if !holds {
            // A token without a value in it is changed by the one right after it, or by one before.
            let touches = placed.get(first).is_some_and(|it| it.plain <= token.end);
            let at = if touches {
                first
            } else {
                first.saturating_sub(1)
            };
            return placed.get(at);
        }
    }
    None
}

/// Whether a value is within the token, and not a token of its own.
fn is_around(kind: TokenKind) -> bool {
    kind.is_trivia()
        || matches!(
            kind,
            TokenKind::QuotedIdent
                | TokenKind::String
                | TokenKind::DollarString
                | TokenKind::Unterminated
        )
}

/// Whether the next tokens go exactly from `start` to `end`, and belong to one statement.
fn whole(tokens: &mut lex::Tokens<'_>, start: usize, end: usize) -> bool {
    let mut at = start;
    let mut open = 0_usize;
    while at < end {
        let Some(token) = tokens.next() else {
            return false;
        };
        let closes = token.kind == TokenKind::CloseParen;
        let foreign = matches!(
            token.kind,
            TokenKind::Semicolon
                | TokenKind::Backslash
                | TokenKind::LineComment
                | TokenKind::BlockComment
                | TokenKind::Unterminated
        );
        if foreign || token.start != at || (closes && open == 0) {
            return false;
        }
        open += usize::from(token.kind == TokenKind::OpenParen);
        open -= usize::from(closes);
        at = token.end;
    }
    at == end && open == 0
}

/// The name in the `${name}` that `text` begins with.
pub(super) fn placeholder(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_'))?;
    let begins_well = end > 0 && !inner.starts_with(|char: char| char.is_ascii_digit());
    (begins_well && inner[end..].starts_with('}')).then_some(&inner[..end])
}

fn unknown(name: &str, place: Span, values: &BTreeMap<String, String>) -> Diagnostic {
    let told = format!("no variable `{name}` has a value");
    let diagnostic = Diagnostic::error("unknown-variable", told)
        .at(place, "this file says `variables = true`")
        .because("without a value the text would reach the server as it stands");
    match nearest(name, values.keys().map(String::as_str)) {
        Some(meant) => diagnostic.help(format!("did you mean `${{{meant}}}`?")),
        None => diagnostic.help(format!(
            "give `{name}` a default under [variables] in signoff.toml, or set the environment variable that it names there"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_the_text_and_lead_back() {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", "--x\n${a}.t $${b}${b} ${a-b} ${1} ${\n".to_owned());
        let span = Span::new(file, 4..sources.text(file).len());
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let values = BTreeMap::from([pair("a", "app"), pair("b", "")]);
        let mut sink = Sink::default();
        let text = substitute(&sources, span, &values, &mut sink);
        assert_eq!(&*text.text, "app.t $ ${a-b} ${1} ${\n");
        assert!(sink.diagnostics().is_empty());
        assert_eq!(sources.slice(text.locate(0..3)), "${a}");
        assert_eq!(sources.slice(text.locate(3..5)), ".t");
        assert_eq!(sources.slice(text.locate(1..5)), "${a}.t");
        assert_eq!(sources.slice(text.locate(8..14)), "${a-b}");
    }

    #[test]
    fn a_name_without_a_value_is_an_error() {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", "SELECT '${app_shema}', ${x};".to_owned());
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let values = BTreeMap::from([pair("app_schema", "app"), pair("x", "a\nb")]);
        let mut sink = Sink::default();
        let text = substitute(&sources, sources.whole(file), &values, &mut sink);
        assert_eq!(&*text.text, "SELECT '${app_shema}', ${x};");
        let [unknown, bad] = sink.diagnostics() else {
            panic!("{sink:?}");
        };
        assert_eq!(unknown.labels[0].span.range(), 8..20);
        assert_eq!(unknown.help, ["did you mean `${app_schema}`?"]);
        assert_eq!(bad.code, "bad-variable");
    }

    /// Whether the value may stand at `${x}` in the SQL.
    fn holds(sql: &str, value: &str) -> bool {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", sql.to_owned());
        let values = BTreeMap::from([("x".to_owned(), value.to_owned())]);
        let mut sink = Sink::default();
        substitute(&sources, sources.whole(file), &values, &mut sink);
        assert!(sink.diagnostics().len() < 2, "{sink:?}");
        sink.diagnostics().is_empty()
    }

    #[test]
    fn a_value_stays_in_what_it_stands_in() {
        for (sql, value) in [
            ("SELECT '${x}';", "it''s; -- \\q \" $$ /*"),
            ("SELECT E'${x}';", "a\\'b"),
            ("SELECT \"${x}\";", "a\"\"b; 'c"),
            ("SELECT $$ ${x} $$;", "it's; -- $1"),
            ("SELECT $a$ ${x} $a$;", "$b$"),
            ("-- ${x}\nSELECT 1;", "';\"$$/*"),
            ("/* ${x} */ SELECT 1;", "'; --"),
            ("SELECT * FROM ${x}.t;", "\"App\""),
            ("SELECT * FROM app_${x}, b;", "two"),
            ("SET search_path = ${x};", "app, public"),
            ("CREATE TABLE t (a ${x});", "numeric(12, 2) DEFAULT 'x;y'"),
            ("SELECT ${x};", ""),
            ("SELECT ${x}${x};", "a::text"),
            ("SELECT '${x}', $$${x}$$, \"${x}\", ${x};", "app"),
            ("SELECT 'open ${x}", "app"),
        ] {
            assert!(holds(sql, value), "{sql} with {value}");
        }
        for (sql, value) in [
            ("SELECT '${x}';", "'; DROP TABLE t; --"),
            ("SELECT '${x}';", "' || '"),
            ("SELECT '${x}';", "'"),
            ("SELECT E'${x}';", "\\"),
            ("SELECT \"${x}\";", "a\", \"b"),
            ("SELECT $$ ${x} $$;", "$$; DROP TABLE t; $$"),
            ("SELECT $a$ ${x} $a$;", "$a$ || $a$"),
            ("/* ${x} */ SELECT 1;", "*/ DROP TABLE t; /*"),
            ("/* ${x} */ SELECT 1;", "/*"),
            ("SELECT ${x};", "1; DROP TABLE t"),
            ("SELECT ${x};", "1 -- "),
            ("SELECT ${x};", "1 /* "),
            ("SELECT ${x};", "'open"),
            ("SELECT ${x};", "1) + (2"),
            ("SELECT (${x});", "1) + (2"),
            ("SELECT ${x};", "\\q"),
            ("SELECT ${x}'a\\';", "E"),
            ("SELECT 1 -${x};", "-1"),
            ("SELECT 1 -${x}-1;", ""),
            ("SELECT 1 /${x}* 2;", ""),
            ("SELECT ${x}'b';", "'a'"),
            ("SELECT 1${x}", "$$"),
        ] {
            assert!(!holds(sql, value), "{sql} with {value}");
        }
    }
}
