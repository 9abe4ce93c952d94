//! What a program fills in before the tool that it embeds sees a file: `{{ .Name }}` of Go's `text/template`, and River's
//! `/* TEMPLATE: name */` (`rivershared/sqlctemplate`).
//!
//! The marker stands for a value wherever it is, as in River. Braces may be meant as they stand, in the text of a mail say:
//! one in SQL itself, in a quoted name or in the body of a function says that the migration is a template, and then all of it
//! is. Where they stand in strings alone they are filled in if there is a value of that name, and left and told of if not. In
//! comments they ask for nothing.

use std::collections::BTreeMap;
use std::ops::Range;

use super::sections::Whole;
use super::template::{self, Action};
use super::{Contents, checksum, filled};
use crate::diagnostic::Sink;
use crate::lex::{self, TokenKind};
use crate::source::Sources;
use crate::tree::variables::{self, Missing, Spot};
use crate::tree::{Migration, Part, Script, Text};

/// How River's markers begin.
const MARKER: &str = "/* TEMPLATE";

/// What Go's templates do beside putting values in. A comment of people seldom has one of these behind `{{`.
const WORDS: [&str; 8] = [
    "if", "range", "with", "define", "block", "template", "else", "end",
];

/// Fills in what every migration has of it.
pub(super) fn fill(contents: &mut Contents, values: &BTreeMap<String, String>, sink: &mut Sink) {
    let mut missing = Missing::new();
    for migration in &mut contents.migrations {
        let is_template = is_template(migration);
        for script in migration.up.iter_mut().chain(&mut migration.down) {
            let mut filling = Filling {
                sources: &contents.sources,
                values,
                is_template,
                missing: &mut missing,
                sink,
            };
            filling.script(script);
        }
        record(migration);
    }
    let because = "the program that the tool is a part of puts values there before the tool sees them, for SQL has no such thing";
    variables::report_missing(&missing, because, sink);
}

/// sqlx hashes what it is given, which is the text with the values in it.
fn record(migration: &mut Migration) {
    let filled = migration.up.iter().filter(|up| up.settings.variables);
    let parts = filled.flat_map(|up| &up.parts);
    let texts: Vec<&str> = parts
        .filter_map(|part| match part {
            Part::Sql(text) => Some(&*text.text),
            Part::Data(_) | Part::Step(_) => None,
        })
        .collect();
    if let Some(checksum) = migration.record.get_mut("checksum")
        && !texts.is_empty()
    {
        *checksum = checksum::sha384(texts).into();
    }
}

fn is_template(migration: &Migration) -> bool {
    let scripts = migration.up.iter().chain(&migration.down);
    let mut parts = scripts.flat_map(|script| &script.parts);
    parts.any(|part| match part {
        Part::Sql(text) => {
            let mut found = actions(&text.text).into_iter();
            found.any(|(_, place)| place == Place::Code)
        }
        Part::Data(_) | Part::Step(_) => false,
    })
}

struct Filling<'f> {
    sources: &'f Sources,
    values: &'f BTreeMap<String, String>,
    /// Whether the migration has braces where SQL has none.
    is_template: bool,
    missing: &'f mut Missing,
    sink: &'f mut Sink,
}

impl Filling<'_> {
    fn script(&mut self, script: &mut Script) {
        let file = script.body.file;
        let whole = Whole {
            file,
            path: self.sources.path(file),
            text: self.sources.text(file),
            values: self.values,
        };
        let (mut others, mut maybe) = (Vec::new(), Vec::new());
        for part in &mut script.parts {
            let Part::Sql(text) = part else {
                continue;
            };
            let mut spots = self.markers(text, &mut others);
            for (action, place) in actions(&text.text) {
                let written = text.locate(action.shown).range();
                let Some(name) = action.name else {
                    if self.is_template {
                        others.push(written);
                    } else if place == Place::Comment && is_word(&whole.text[written.clone()]) {
                        maybe.push(written);
                    }
                    continue;
                };
                let value = self.values.get(name).cloned();
                let asks = self.is_template && place != Place::Comment;
                if value.is_some() || asks {
                    spots.push(Spot {
                        range: action.range,
                        name: name.to_owned(),
                        value,
                    });
                } else if place == Place::String {
                    maybe.push(written);
                }
            }
            if !spots.is_empty() {
                spots.sort_by_key(|spot| spot.range.start);
                script.settings.variables = true;
                *text = variables::fill(self.sources, text, &spots, self.missing, self.sink);
            }
        }
        if !others.is_empty() {
            let because =
                "the program that runs the migrations works them out, which no script can";
            self.sink.push(filled::placeholders(&whole, &others, because).help(
                "write what they stand for into the file; only `{{ .name }}` and `/* TEMPLATE: name */` are filled in, from [variables] in signoff.toml",
            ));
        }
        if !maybe.is_empty() {
            let because = "they stay as they are, which is right where no program fills them in before the tool sees the file";
            self.sink.push(filled::maybe_placeholders(&whole, &maybe, because).help(
                "where one does, give the values under [variables] in signoff.toml; else nothing is to be done",
            ));
        }
    }

    /// River's markers. It knows others that stand around SQL, which its migrations do not have.
    fn markers(&self, text: &Text, others: &mut Vec<Range<usize>>) -> Vec<Spot> {
        let mut spots = Vec::new();
        for at in memchr::memmem::find_iter(text.text.as_bytes(), MARKER) {
            let inner = &text.text[at + MARKER.len()..];
            let Some((word, _)) = inner.split_once(" */") else {
                continue;
            };
            let range = at..at + MARKER.len() + word.len() + " */".len();
            let is_name = |name: &str| !name.is_empty() && name.bytes().all(is_of_name);
            if let Some(name) = word.strip_prefix(": ").filter(|name| is_name(name)) {
                let value = self.values.get(name).map(|value| before_name(name, value));
                spots.push(Spot {
                    range,
                    name: name.to_owned(),
                    value,
                });
            } else if word == "_END" || word.strip_prefix("_BEGIN: ").is_some_and(is_name) {
                others.push(text.locate(range).range());
            }
        }
        spots
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// A schema by itself gets its dot, and quotes if it needs them, as River's own migrator does it (`dbutil.SafeIdentifier`).
fn before_name(name: &str, value: &str) -> String {
    let mut tokens = lex::tokens(value);
    let (first, rest) = (tokens.next(), tokens.next());
    match first
        .filter(|_| name == "schema" && rest.is_none())
        .map(|it| it.kind)
    {
        Some(TokenKind::Word) if value.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            ["\"", value, "\"."].concat()
        }
        Some(TokenKind::Word | TokenKind::QuotedIdent) => [value, "."].concat(),
        _ => value.to_owned(),
    }
}

fn is_word(action: &str) -> bool {
    let inner = action.trim_start_matches(['{', '-', ' ', '\t']);
    let end = inner.find(|char: char| !char.is_ascii_lowercase());
    WORDS.contains(&&inner[..end.unwrap_or(inner.len())])
}

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A quoted name and the body of a function are, too.
    Code,
    String,
    Comment,
}

/// The actions of a text, each with where it stands.
fn actions(text: &str) -> Vec<(Action<'_>, Place)> {
    let found = template::actions(text);
    if found.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::with_capacity(found.len());
    let mut found = found.into_iter().peekable();
    sort_out(text, 0, &mut found, &mut all);
    all
}

/// Takes those that begin in the stretch at `base`; but for the whole text that is a body.
fn sort_out<'t>(
    text: &str,
    base: usize,
    found: &mut std::iter::Peekable<std::vec::IntoIter<Action<'t>>>,
    all: &mut Vec<(Action<'t>, Place)>,
) {
    let is = |one: &str, words: &[&str]| words.iter().any(|it| one.eq_ignore_ascii_case(it));
    // The first word of the statement, and whether a body belongs to it.
    let mut first: Option<&str> = None;
    let mut has_body = false;
    for token in lex::tokens(text) {
        let written = &text[token.range()];
        if token.kind == TokenKind::Semicolon {
            (first, has_body) = (None, false);
        } else if token.kind == TokenKind::Word {
            let first = *first.get_or_insert(written);
            has_body |= is(first, &["do"])
                || (is(first, &["create"]) && is(written, &["function", "procedure"]));
        }
        let end = base + token.end;
        let is_dollars = token.kind == TokenKind::DollarString;
        let place = if is_dollars && (base > 0 || has_body) {
            let tag = written[1..].find('$').map_or(0, |end| end + 2);
            let body = tag..written.len() - tag;
            sort_out(&written[body], base + token.start + tag, found, all);
            Place::Code
        } else if is_dollars || token.kind == TokenKind::String {
            Place::String
        } else if token.kind.is_trivia() {
            Place::Comment
        } else {
            Place::Code
        };
        while let Some(action) = found.next_if(|action| action.shown.start < end) {
            all.push((action, place));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tree::Direction;
    use crate::tree::tests::{Disk, sql};

    /// The upgrade with these values, and what is told of it.
    fn read(text: &str, values: &[(&str, &str)]) -> (String, Vec<String>) {
        let mut disk = Disk::new()
            .layout("golang-migrate")
            .file("1_a.up.sql", text);
        let pairs = values.iter();
        disk.request.variables = pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let (tree, told) = disk.read();
        (
            sql(&tree.migrations[0], Direction::Up).expect("there"),
            told,
        )
    }

    #[track_caller]
    fn filled(text: &str, values: &[(&str, &str)], wanted: &str) {
        assert_eq!(read(text, values), (wanted.to_owned(), Vec::new()));
    }

    #[test]
    fn a_template_is_filled_in_wherever_it_has_a_name() {
        filled(
            "-- {{ .Why }}\nCREATE TABLE {{ .Schema }}.t (a text DEFAULT '{{.Schema}}');",
            &[("Schema", "app")],
            "-- {{ .Why }}\nCREATE TABLE app.t (a text DEFAULT 'app');",
        );
        filled(
            "SELECT \"{{ .A }}\".x, '{{ .B }}'",
            &[("A", "a"), ("B", "b")],
            "SELECT \"a\".x, 'b'",
        );
        filled(
            "CREATE FUNCTION f() RETURNS int AS $x$ SELECT 1 FROM {{- .S -}}  .t $x$ LANGUAGE sql",
            &[("S", " app")],
            "CREATE FUNCTION f() RETURNS int AS $x$ SELECT 1 FROM app.t $x$ LANGUAGE sql",
        );
        filled(
            "SELECT '{{ .Schema }}.t'::regclass",
            &[("Schema", "app")],
            "SELECT 'app.t'::regclass",
        );
    }

    #[test]
    fn names_without_a_value_are_asked_for_together() {
        let (_, told) = read(
            "DO $$ BEGIN EXECUTE 'DROP TABLE {{ .S }}.t'; PERFORM {{ .F }}(); END $$; DROP TABLE /* TEMPLATE: schema */t; SELECT '/* TEMPLATE: schema */u'",
            &[],
        );
        assert_eq!(
            told,
            [
                "unknown-variable m/1_a.up.sql:1:54 the tree needs values that nothing gives: `F`, `S`, `schema`"
            ]
        );
    }

    #[test]
    fn what_may_be_meant_as_it_stands_stays() {
        let text = "INSERT INTO mail VALUES ('Dear {{ .Name }}', $$Yours, {{ .Us }}$$, '{{1,2},{3,4}}', '{{ user }}'); CREATE TABLE t (a text DEFAULT $$to {{ .Us }}$$);";
        let (sql, told) = read(text, &[("Other", "x")]);
        assert_eq!(sql, text);
        assert_eq!(
            told,
            [
                "warning maybe-placeholder m/1_a.up.sql:1:32 `m/1_a.up.sql` may have placeholders within quotes or comments: `{{ .Name }}` and `{{ .Us }}`"
            ]
        );
        filled(
            "SELECT '{{1,2},{3,4}}'; -- {{ .x }}",
            &[],
            "SELECT '{{1,2},{3,4}}'; -- {{ .x }}",
        );
        let (_, told) = read("/* {{ if .Fast }} */ SELECT 1; /* {{ end }} */", &[]);
        assert!(told[0].starts_with("warning maybe-placeholder"), "{told:?}");
    }

    #[test]
    fn what_a_program_works_out_is_refused() {
        let (_, told) = read(
            "{{ if .A }}SELECT {{ .B | quote }}, {{ .B }};{{ end }}",
            &[("B", "b")],
        );
        assert_eq!(
            told,
            [
                "placeholder m/1_a.up.sql:1:1 `m/1_a.up.sql` has placeholders: `{{ .B | quote }}`, `{{ end }}` and `{{ if .A }}`"
            ]
        );
        let (_, told) = read("SELECT /* TEMPLATE_BEGIN: x */ 1 /* TEMPLATE_END */", &[]);
        assert!(
            told[0].starts_with("placeholder m/1_a.up.sql:1:8 "),
            "{told:?}"
        );
    }

    #[test]
    fn a_marker_is_the_text_in_its_place() {
        for (value, wanted) in [
            ("river", "DROP TABLE river.t, river.u, x;"),
            ("river.", "DROP TABLE river.t, river.u, x;"),
            ("\"My s\"", "DROP TABLE \"My s\".t, \"My s\".u, x;"),
            ("River", "DROP TABLE \"River\".t, \"River\".u, x;"),
            ("", "DROP TABLE t, u, x;"),
        ] {
            let text = "DROP TABLE /* TEMPLATE: schema */t, /* TEMPLATE: schema */u, /* TEMPLATE: other */x;";
            filled(text, &[("schema", value), ("other", "")], wanted);
        }
        let text = "/* TEMPLATE: copy this for new files */ SELECT 1;";
        filled(text, &[], text);
        let (_, told) = read(
            "DROP TABLE /* TEMPLATE: schema */t",
            &[("schema", "a; DROP TABLE b; --")],
        );
        assert!(
            told[0].starts_with("bad-variable m/1_a.up.sql:1:12 "),
            "{told:?}"
        );
    }

    #[test]
    fn sqlx_hashes_what_it_is_given() {
        let checksum = |text: &str| {
            let mut disk = Disk::new().layout("sqlx").file("1_a.sql", text);
            let variables = &mut disk.request.variables;
            variables.insert("S".to_owned(), "app".to_owned());
            let (tree, told) = disk.read();
            assert_eq!(told, Vec::<String>::new());
            tree.migrations[0].record["checksum"].clone()
        };
        assert_eq!(
            checksum("DROP TABLE {{.S}}.t;"),
            checksum("DROP TABLE app.t;")
        );
    }

    #[test]
    fn positions_lead_back_and_values_are_known() {
        let mut disk = Disk::new().file("1_a.sql", "-- +goose Up\nDROP TABLE {{ .S }}.t;\n");
        disk.request
            .variables
            .insert("S".to_owned(), "application".to_owned());
        let (tree, told) = disk.read();
        assert_eq!(told, Vec::<String>::new());
        let up = tree.migrations[0].up.as_ref().expect("there");
        assert!(up.settings.variables);
        let values: Vec<_> = up.variables(&tree.sources).into_iter().collect();
        assert_eq!(values, [("S", "application")]);
        let crate::tree::Part::Sql(text) = &up.parts[0] else {
            panic!("SQL");
        };
        let at = text.text.find(".t").expect("there");
        assert_eq!(tree.sources.slice(text.locate(at..at + 3)), ".t;");
    }
}
