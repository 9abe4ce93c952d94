//! `${name}` in SQL: values in place of names, and nothing but values.
//!
//! A value comes from outside of the review, so it must stay what it is put in as: a part of the string, name or
//! comment around it, or some whole tokens of a statement. One that would end what stands around it, or begin a
//! statement of its own, is refused.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Text;
use super::weave::Weave;
use crate::config::table::{is_unprintable, nearest};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex::{self, Token, TokenKind};
use crate::source::{Sources, Span};

/// SQL with `${name}` replaced by values, as native files have it. Whatever else has a `$` is text, `$${` too.
pub(super) fn substitute(
    sources: &Sources,
    span: Span,
    values: &BTreeMap<String, String>,
    sink: &mut Sink,
) -> Text {
    let style = Style {
        name: placeholder,
        value: &|name| values.get(name).cloned(),
    };
    let mut missing = Vec::new();
    let mut others = Sink::default();
    let text = Text::verbatim(sources, span);
    let text = place(sources, text, &style, &mut missing, &mut others);
    for (name, place) in missing {
        sink.push(unknown(&name, place, values));
    }
    sink.join(others);
    text
}

/// What a layout takes for a placeholder, and what it puts there.
pub(super) struct Style<'v> {
    /// The name in the `${name}` that a text begins with.
    pub(super) name: fn(&str) -> Option<&str>,
    /// The value of a name.
    pub(super) value: &'v dyn Fn(&str) -> Option<String>,
}

/// Names without a value, with their places.
pub(super) type Missing = Vec<(String, Span)>;

/// One error for all names of a tree that have no value, with every place; of a name that is needed often, the first few.
pub(super) fn report_missing(missing: &Missing, because: &str, sink: &mut Sink) {
    const PLACES: usize = 3;
    let mut names: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for (name, span) in missing {
        names.entry(name).or_default().push(*span);
    }
    if names.is_empty() {
        return;
    }
    let quoted: Vec<String> = names.keys().map(|name| format!("`{name}`")).collect();
    let told = format!(
        "the tree needs values that nothing gives: {}",
        quoted.join(", ")
    );
    let mut diagnostic = Diagnostic::error("unknown-variable", told);
    for (name, places) in &names {
        for (at, place) in places.iter().take(PLACES).enumerate() {
            let more = places.len() - PLACES.min(places.len());
            let label = if at + 1 == PLACES && more > 0 {
                format!("`{name}`, and in {more} more places")
            } else {
                format!("`{name}`")
            };
            diagnostic = diagnostic.at(*place, label);
        }
    }
    let lines: Vec<String> = names
        .keys()
        .map(|name| {
            let plain = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if plain {
                format!("{name} = \"…\"")
            } else {
                format!("\"{name}\" = \"…\"")
            }
        })
        .collect();
    sink.push(diagnostic.because(because).help(format!(
        "give them under [variables] in signoff.toml: {}",
        lines.join(", ")
    )));
}

/// SQL with placeholders replaced by values. A name without a value is left as it stands, and handed out.
pub(super) fn place(
    sources: &Sources,
    text: Text,
    style: &Style<'_>,
    missing: &mut Missing,
    sink: &mut Sink,
) -> Text {
    let mut spots: Vec<Spot> = Vec::new();
    for at in memchr::memmem::find_iter(text.text.as_bytes(), "${") {
        let Some(name) = (style.name)(&text.text[at..]) else {
            continue;
        };
        // One may stand inside another that was taken already.
        if spots.last().is_none_or(|last| last.range.end <= at) {
            spots.push(Spot {
                range: at..at + name.len() + 3,
                name: name.to_owned(),
                value: (style.value)(name),
            });
        }
    }
    if spots.is_empty() {
        return text;
    }
    fill(sources, &text, &spots, missing, sink)
}

/// A place for a value.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// What it takes the place of.
    pub(super) range: Range<usize>,
    /// Of the value.
    pub(super) name: String,
    /// What is put there, where anything gives it.
    pub(super) value: Option<String>,
}

/// Text with values in its spots, which stand in order. A value that would change what stands around it is refused.
pub(super) fn fill(
    sources: &Sources,
    source: &Text,
    spots: &[Spot],
    missing: &mut Missing,
    sink: &mut Sink,
) -> Text {
    let mut weave = Weave::default();
    let mut placed = Vec::new();
    // The same with a letter in place of each value: what the author wrote, as far as its tokens go.
    let mut plain = String::new();
    let mut done = 0;
    for Spot { range, name, value } in spots {
        let written = &source.text[range.clone()];
        // White space that Go's templates trim goes with the placeholder.
        let start = range.start + written.len() - written.trim_start().len();
        let shown = written.trim();
        let place = source.locate(start..start + shown.len());
        let Some(value) = value else {
            missing.push((name.clone(), place));
            continue;
        };
        if value.chars().any(is_unprintable) {
            let told = format!("the value of `{shown}` holds a control character");
            sink.push(
                Diagnostic::error("bad-variable", told)
                    .at(place, "it would stand here")
                    .help("give it a value on one line of printable characters"),
            );
            continue;
        }
        weave.part(sources, source, done..range.start);
        plain.push_str(&source.text[done..range.start]);
        done = range.end;
        let at = weave.text().len();
        placed.push(Placed {
            shown,
            span: place,
            plain: plain.len(),
            value: at..at + value.len(),
        });
        plain.push('v');
        weave.instead(value, place);
    }
    weave.part(sources, source, done..source.text.len());
    plain.push_str(&source.text[done..]);
    if let Some(Placed { shown, span, .. }) = leaking(&plain, weave.text(), &placed) {
        let told = format!("the value of `{shown}` changes what stands around it");
        sink.push(
            Diagnostic::error("bad-variable", told)
                .at(*span, "it would stand here")
                .because("a value that ends its string, or brings a `;` or a comment, runs SQL that nobody reviewed")
                .help("give it a value that is a part of what it stands in; a quote in a string or a quoted name is written twice"),
        );
    }
    let home = source.locate(0..source.text.len().max(1));
    weave.finish(home)
}

/// A value in its place.
struct Placed<'t> {
    shown: &'t str,
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

/// The name of the variable whose value stands in the place of that text of a file. Where the text says what else is to be
/// made of the value (`${a:-b}`), that is a part of it: the same variable is another value then.
pub(super) fn name(text: &str) -> Option<&str> {
    if let Some(name) = text.strip_prefix(':') {
        // psql's `:name`, `:'name'` and `:"name"`.
        return Some(name.trim_matches(['\'', '"']));
    }
    if let Some(action) = text.strip_prefix("{{") {
        let field = action.strip_suffix("}}")?.trim_matches('-').trim();
        return field.strip_prefix('.');
    }
    if let Some(marker) = text.strip_prefix("/* TEMPLATE: ") {
        return marker.strip_suffix(" */");
    }
    if let Some(inner) = text.strip_prefix("${") {
        let inner = inner.strip_suffix('}')?;
        // These are the tool's own (`${flyway:filename}`, `${:literal}`), which the file gives itself.
        let own = inner.starts_with(':') || inner.to_ascii_lowercase().starts_with("flyway:");
        return (!own).then_some(inner);
    }
    let bare = text.strip_prefix('$')?;
    bare.starts_with(char::is_alphabetic).then_some(bare)
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
