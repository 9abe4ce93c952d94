//! graphile-migrate: `committed/000001-name.sql` with a header, upgrades only.
//!
//! Read in graphile-migrate 1.4 (`migration.js`, `header.js`) and tried with it. The tree is the folder `migrations`, or
//! `committed` in it; `current.sql` is work that nobody committed, and passed over as the tool does. A header's lines begin
//! with `--! ` and a capital, an empty line ends it; `Previous` names the `Hash` of the file before. What follows runs in a
//! transaction unless its first line is `--! no-transaction`. Placeholders like `:DATABASE_NAME` are filled in when the tool
//! runs, within strings too; here they have their values from `[variables]`, without the colon. Hashes are compared and recorded, not computed: `signoff.sum` holds what was published. What is
//! recorded are the `Hash` of the header, right or not, that of the file before, and the number as a file's name.

use std::collections::BTreeMap;
use std::ops::Range;

use camino::Utf8Path;

use super::filled::{self, Filled};
use super::sections::{self, Half, Halves, Line, Named, Tool, Whole};
use super::{Contents, Input, numbered};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::source::Span;
use crate::tree::Error;
use crate::tree::disk::File;
use crate::tree::variables::Spot;

const TOOL: Tool<String> = Tool {
    name: "graphile-migrate",
    named,
    cut,
    drops: |_| false,
    values: "graphile-migrate takes them from `placeholders` of `.gmrc`, and from the database that it is connected to",
};

/// The folder of what is committed, where the tree is the folder above it.
const COMMITTED: &str = "committed/";

/// What graphile-migrate fills in whatever its configuration says.
const RESERVED: &str = ":DATABASE_";

/// What `to_char` has behind a colon in its patterns, in strings that have no placeholders.
const PATTERNS: [&str; 8] = [
    ":MI", ":SS", ":SSSS", ":SSSSS", ":MS", ":US", ":TZH", ":TZM",
];

/// Whether a file begins with a header of this tool.
pub(super) fn claims(file: &File) -> bool {
    let text = String::from_utf8_lossy(file.bytes.as_deref().unwrap_or_default());
    let first = sections::lines(text.trim_start_matches('\u{feff}')).next();
    first.is_some_and(|line| is_header(line.text.as_bytes()))
}

/// Whether a line is one of this tool's headers; the keys of native ones begin with a small letter.
pub(super) fn is_header(line: &[u8]) -> bool {
    std::str::from_utf8(line).is_ok_and(|line| header(line).is_some())
}

pub(super) fn read(input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    let mut contents = sections::read(input, &TOOL, sink)?;
    let mut last: Option<(Span, String)> = None;
    for migration in &mut contents.migrations {
        let text = contents.sources.text(migration.at.file);
        let (headers, _) = headers(text);
        let value = |key: &str| headers.get(key).and_then(|header| header.value);
        let previous = value("Previous").filter(|value| *value != "-");
        let wanted = last.as_ref().map(|(_, hash)| hash.as_str());
        if previous != wanted {
            let path = contents.sources.path(migration.at.file);
            let told = match wanted {
                None => format!("`{path}` stands on another migration, and none comes before it"),
                Some(_) => format!("`{path}` does not stand on the migration before it"),
            };
            let line = headers
                .get("Previous")
                .map_or(0..0, |header| header.line.clone());
            let mut diagnostic = Diagnostic::error("graphile-chain", told).at(
                Span::new(migration.at.file, line),
                "`Previous` is the `Hash` of the file before",
            );
            if let Some((before, _)) = &last {
                diagnostic = diagnostic.at(*before, "the file before");
            }
            sink.push(
                diagnostic
                    .because("graphile-migrate refuses all of them for it")
                    .help("bring the file in that is missing; of two that were committed on two branches, uncommit the later one and commit it again"),
            );
        }
        let hash = value("Hash").unwrap_or_default();
        migration.record.insert("hash", hash.into());
        if let Some(previous) = previous {
            migration.record.insert("previous_hash", previous.into());
        }
        let filename = format!("{}.sql", migration.id.as_str());
        migration.record.insert("filename", filename.into());
        last = Some((migration.at, hash.to_owned()));
    }
    Ok(contents)
}

/// The digits and the rest of a name: `^([0-9]+)(-[-_a-zA-Z0-9]*)?\.sql$`.
fn named(path: &Utf8Path) -> Option<Named<String>> {
    let name = path.as_str();
    let stem = name
        .strip_prefix(COMMITTED)
        .unwrap_or(name)
        .strip_suffix(".sql")?;
    let slug = stem.trim_start_matches(|char: char| char.is_ascii_digit());
    let digits = &stem[..stem.len() - slug.len()];
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
    let is_slug = slug.is_empty() || (slug.starts_with('-') && slug.chars().all(is_word));
    (!digits.is_empty() && is_slug).then(|| Named {
        version: digits.to_owned(),
        id: digits.to_owned(),
        message: numbered::prose(&slug.replace('-', "_")),
    })
}

/// A line of the header.
#[derive(Debug)]
struct Header<'t> {
    line: Range<usize>,
    value: Option<&'t str>,
    twice: bool,
}

/// Key and value: `^--! ([A-Z][a-zA-Z0-9_]*)(?::(.*))?$`.
fn header(line: &str) -> Option<(&str, Option<&str>)> {
    let rest = line.strip_prefix("--! ")?;
    let end = rest.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
    let (key, rest) = rest.split_at(end.unwrap_or(rest.len()));
    if !key.starts_with(|char: char| char.is_ascii_uppercase()) {
        return None;
    }
    match rest.strip_prefix(':') {
        Some(value) => Some((key, Some(value.trim()))),
        None => rest.is_empty().then_some((key, None)),
    }
}

/// The header, and the line that ends it.
fn headers(text: &str) -> (BTreeMap<&str, Header<'_>>, Option<Line<'_>>) {
    let mut headers: BTreeMap<&str, Header<'_>> = BTreeMap::new();
    for line in sections::lines(text) {
        // A carriage return ends no line there, and is in no header.
        let has_return = text[line.range.clone()].contains('\r');
        let Some((key, value)) = header(line.text).filter(|_| !has_return) else {
            return (headers, Some(line));
        };
        headers
            .entry(key)
            .and_modify(|header| header.twice = true)
            .or_insert(Header {
                line: line.shown(),
                value,
                twice: false,
            });
    }
    (headers, None)
}

fn cut(whole: &Whole<'_>, sink: &mut Sink) -> Option<Halves> {
    let text = whole.text;
    let (headers, end) = headers(text);
    let is_empty = |line: &Line<'_>| text[line.range.clone()].trim_end_matches('\n').is_empty();
    let end = end.filter(is_empty);
    let value = |key: &str| headers.get(key).and_then(|header| header.value);
    let fault = if let Some((key, _)) = headers.iter().find(|(_, header)| header.twice) {
        Some(format!("`{key}` stands twice in its header"))
    } else if value("Previous").is_none_or(str::is_empty) {
        Some("it has no `--! Previous:` in its header".to_owned())
    } else if value("Hash").is_none_or(str::is_empty) {
        Some("it has no `--! Hash:` in its header".to_owned())
    } else if end.is_none() {
        Some("no empty line with LF alone ends its header".to_owned())
    } else {
        None
    };
    if let Some(fault) = fault {
        let told = format!("graphile-migrate refuses `{}`: {fault}", whole.path);
        sink.push(
            whole
                .refused("graphile-header", told)
                .help("let `graphile-migrate commit` write the file, or move it out of the folder"),
        );
        return None;
    }
    let start = end.map_or(text.len(), |end| end.range.end);
    let body = start..text.len();
    let filled = fill(whole, body.clone(), sink);
    let first = text[body.clone()].trim_start().lines().next();
    let word = first
        .and_then(|line| line.strip_prefix("--!"))
        .map(str::trim_start);
    let rest = word.and_then(|word| word.strip_prefix("no-transaction"));
    let no_transaction = rest.is_some_and(|rest| {
        !rest.starts_with(|char: char| char.is_ascii_alphanumeric() || char == '_')
    });
    Some(Halves {
        up: Some(Half {
            stretches: std::iter::once(body).collect(),
            no_transaction,
        }),
        down: None,
        message: value("Message").map(str::to_owned),
        filled,
    })
}

/// What is filled in: every name that has a value, wherever it stands, and what the tool has a value of for sure. Of what
/// its configuration may name, it is told.
fn fill(whole: &Whole<'_>, body: Range<usize>, sink: &mut Sink) -> Filled {
    let mut taken = Filled::default();
    let mut maybe = Vec::new();
    let text = &whole.text[body.clone()];
    let mut tokens = lex::tokens(text).peekable();
    for found in places(text) {
        while tokens.next_if(|token| token.end <= found.start).is_some() {}
        let Some(kind) = tokens.peek().map(|token| token.kind) else {
            break;
        };
        let range = body.start + found.start..body.start + found.end;
        let written = &text[found.clone()];
        let name = written[1..].to_owned();
        let value = whole.values.get(&name).cloned();
        // What stands behind a colon is a type, unless the tool has a value of that name.
        let is_nothing = kind.is_trivia() || text[..found.start].ends_with(':');
        let is_sure = written.starts_with(RESERVED) || !kind.is_opaque();
        if value.is_some() || (is_sure && !is_nothing) {
            taken.spots.push(Spot { range, name, value });
        } else if !is_nothing && !PATTERNS.contains(&written) {
            maybe.push(range);
        }
    }
    if !maybe.is_empty() {
        let because = "graphile-migrate fills in those that its configuration names";
        let diagnostic = filled::maybe_placeholders(whole, &maybe, because);
        sink.push(diagnostic.help("where `.gmrc` names one of them under `placeholders`, give its value under [variables] in signoff.toml, without the colon; else nothing is to be done"));
    }
    taken
}

/// Names like `:ABC_DEF`.
fn places(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    memchr::memchr_iter(b':', bytes)
        .filter_map(|at| {
            let rest = &bytes[at + 1..];
            let length = rest.iter().take_while(|byte| is_word(**byte)).count();
            let name = &rest[..length];
            let is_name = length > 1
                && name[0].is_ascii_uppercase()
                && !name.iter().any(u8::is_ascii_lowercase);
            is_name.then_some(at..at + 1 + length)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::places;
    use crate::tree::tests::{Disk, sql};
    use crate::tree::{Direction, Migration};

    fn committed(previous: &str, hash: &str, body: &str) -> String {
        format!("--! Previous: {previous}\n--! Hash: {hash}\n\n{body}")
    }

    fn told(text: &str) -> Vec<String> {
        let disk = Disk::new()
            .layout("graphile-migrate")
            .file("000001.sql", text);
        disk.read().1
    }

    #[test]
    fn what_is_committed_is_read_in_its_order() {
        let second = "--! Previous: sha1:a\n--! Hash: sha1:b\n--! Message: The second: one\n--! AllowInvalidHash\n\n\n--! no-transaction\nVACUUM;\n";
        let (tree, told) = Disk::new()
            .file("committed/000002-second-one.sql", second)
            .file(
                "committed/000001-the_first.sql",
                committed("-", "sha1:a", "SELECT 'HH24:MI:SS'::TEXT;\n"),
            )
            .file("current.sql", "SELECT :DATABASE_NAME;")
            .file("fixtures/1.sql", "x")
            .read();
        assert_eq!(told, Vec::<String>::new());
        assert_eq!(tree.layout, "graphile-migrate");
        let ids: Vec<&str> = tree.migrations.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["000001", "000002"]);
        let [one, two] = tree.migrations.as_slice() else {
            panic!("two");
        };
        assert_eq!(
            (one.message.as_str(), two.message.as_str()),
            ("the first", "The second: one")
        );
        assert_eq!(
            sql(one, Direction::Up).as_deref(),
            Some("SELECT 'HH24:MI:SS'::TEXT;\n")
        );
        let settings =
            [&one.up, &two.up].map(|it| it.as_ref().expect("there").settings.no_transaction);
        assert_eq!(settings, [false, true]);
        assert!(one.down.is_none());
        let record = |it: &Migration| serde_json::to_value(&it.record).expect("texts");
        assert_eq!(
            record(one),
            serde_json::json!({"hash": "sha1:a", "filename": "000001.sql"})
        );
        assert_eq!(
            record(two),
            serde_json::json!({"hash": "sha1:b", "previous_hash": "sha1:a", "filename": "000002.sql"})
        );
    }

    #[test]
    fn what_the_tool_refuses_is_refused() {
        for (text, fault) in [
            ("SELECT 1;", "it has no `--! Previous:` in its header"),
            (
                "--! Previous: -\n\nSELECT 1;",
                "it has no `--! Hash:` in its header",
            ),
            (
                "--! Previous: -\n--! Hash: x\nSELECT 1;",
                "no empty line with LF alone ends its header",
            ),
            (
                "--! Previous: -\n--! Hash: x\n",
                "no empty line with LF alone ends its header",
            ),
            (
                "--! Previous: -\n--! Hash: x\n\r\nSELECT 1;",
                "no empty line with LF alone ends its header",
            ),
            (
                "--! Previous: -\n--! Previous: -\n--! Hash: x\n\n",
                "`Previous` stands twice in its header",
            ),
        ] {
            let expected = format!(
                "graphile-header m/000001.sql:1:1 graphile-migrate refuses `m/000001.sql`: {fault}"
            );
            assert_eq!(told(text), [expected]);
        }
    }

    #[test]
    fn the_chain_is_held() {
        let (_, told) = Disk::new()
            .file("000001.sql", committed("sha1:0", "sha1:a", ""))
            .file("000002.sql", committed("sha1:a", "sha1:b", ""))
            .file("000003.sql", committed("sha1:x", "sha1:c", ""))
            .file("000003-x.sql", committed("sha1:x", "sha1:d", ""))
            .read();
        assert_eq!(
            told,
            [
                "duplicate-version m/000003.sql:1:1 version 000003 has two files: `m/000003-x.sql` and `m/000003.sql`",
                "graphile-chain m/000001.sql:1:1 `m/000001.sql` stands on another migration, and none comes before it",
                "graphile-chain m/000003-x.sql:1:1 `m/000003-x.sql` does not stand on the migration before it",
            ]
        );
    }

    #[test]
    fn placeholders_are_filled_in_wherever_they_stand() {
        let body = "GRANT CONNECT ON DATABASE :DATABASE_NAME TO :APP;\nDO $$ BEGIN PERFORM ':APP', 'x::APP', ':APPS'; END $$; -- :APP :DATABASE_X\n";
        let mut disk = Disk::new().file("000001.sql", committed("-", "a", body));
        for (name, value) in [
            ("DATABASE_NAME", "\"my db\""),
            ("APP", "visitor"),
            ("APPS", "two"),
        ] {
            let variables = &mut disk.request.variables;
            variables.insert(name.to_owned(), value.to_owned());
        }
        let (tree, told) = disk.read();
        assert_eq!(told, Vec::<String>::new());
        let one = &tree.migrations[0];
        assert_eq!(
            sql(one, Direction::Up).as_deref(),
            Some(
                "GRANT CONNECT ON DATABASE \"my db\" TO visitor;\nDO $$ BEGIN PERFORM 'visitor', 'x:visitor', 'two'; END $$; -- visitor :DATABASE_X\n"
            )
        );
        let up = one.up.as_ref().expect("there");
        let values: Vec<_> = up.variables(&tree.sources).into_iter().collect();
        assert_eq!(
            values,
            [
                ("APP", "visitor"),
                ("APPS", "two"),
                ("DATABASE_NAME", "\"my db\"")
            ]
        );
        assert!(up.settings.variables);
    }

    #[test]
    fn placeholders_are_asked_for_and_maybes_told_of() {
        assert_eq!(
            told(&committed(
                "-",
                "a",
                "GRANT CONNECT ON DATABASE :DATABASE_NAME TO :APP_USER;\nSELECT ':DATABASE_OWNER';\n"
            )),
            [
                "unknown-variable m/000001.sql:4:45 the tree needs values that nothing gives: `APP_USER`, `DATABASE_NAME`, `DATABASE_OWNER`"
            ]
        );
        assert_eq!(
            told(&committed(
                "-",
                "a",
                "SELECT ':APP_USER', a::TEXT, x[1:2]; -- :OTHER\n"
            )),
            [
                "warning maybe-placeholder m/000001.sql:4:9 `m/000001.sql` may have placeholders within quotes or comments: `:APP_USER`"
            ]
        );
        assert_eq!(places(":A :AB c::DE :ab :AbC :A_1"), [3..6, 9..12, 22..26]);
    }
}
