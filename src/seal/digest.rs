//! Digests of scripts, by the canonical form in the text of [`super`].
//!
//! Streams into the hashers: nothing of a script's size is built.

use std::ops::Range;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::{Digest, Digests};
use crate::lex::{self, TokenKind};
use crate::source::{FileId, Sources};
use crate::tree::{Migration, Part, Repeatable, Script, Text, Tree};

/// What a direction that is not there is hashed as.
const MISSING: &[u8] = b"\0missing";

/// Tokens are gathered up to this many bytes before they are hashed.
const BUFFER: usize = 4096;

pub(super) fn all(tree: &Tree) -> Vec<Digests> {
    let digests = tree.migrations.par_iter();
    digests
        .map(|migration| of_migration(&tree.sources, migration))
        .collect()
}

pub(super) fn repeatable(sources: &Sources, repeatable: &Repeatable) -> Digests {
    let (up, up1) = both(sources, &repeatable.apply, &[]);
    Digests {
        up,
        up1,
        down: sha256(MISSING),
    }
}

pub(super) fn sha256(bytes: &[u8]) -> Digest {
    finish(Sha256::new().chain_update(bytes))
}

fn of_migration(sources: &Sources, migration: &Migration) -> Digests {
    let names = migration.recreates.iter().map(|(name, _)| name.as_str());
    let mut recreates: Vec<&str> = names.collect();
    recreates.sort_unstable();
    let (up, up1) = match &migration.up {
        Some(script) => both(sources, script, &recreates),
        None => (sha256(MISSING), sha256(MISSING)),
    };
    let down = match &migration.down {
        Some(script) => {
            let mut hasher = preamble(sources, script, &recreates);
            update(&mut hasher, sources.slice(script.body));
            finish(hasher)
        }
        None => sha256(MISSING),
    };
    Digests { up, up1, down }
}

/// The script byte for byte, and as tokens.
fn both(sources: &Sources, script: &Script, recreates: &[&str]) -> (Digest, Digest) {
    let body = sources.slice(script.body);
    let mut exact = preamble(sources, script, recreates);
    let tokens = exact.clone();
    update(&mut exact, body);
    (finish(exact), token_digest(tokens, body))
}

fn preamble(sources: &Sources, script: &Script, recreates: &[&str]) -> Sha256 {
    let mut hasher = Sha256::new();
    let mut begun = false;
    let mut field = |name: &str, value: &str| {
        if !begun {
            hasher.update(b"\0signoff 1\n");
            begun = true;
        }
        let length = value.len() - crlfs(value);
        hasher.update(format!("{name} {length}\n"));
        update(&mut hasher, value);
        hasher.update(b"\n");
    };
    let settings = &script.settings;
    if settings.no_transaction {
        field("transaction", "false");
    }
    let texts = [
        ("role", &settings.role),
        ("search_path", &settings.search_path),
        ("lock_timeout", &settings.lock_timeout),
        ("statement_timeout", &settings.statement_timeout),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            field(name, value);
        }
    }
    if settings.variables {
        field("variables", "true");
    }
    for name in recreates {
        field("recreates", name);
    }
    for part in &script.parts {
        match part {
            Part::Data(data) => field("data", sources.text(data.file)),
            Part::Sql(text) => {
                for file in included(script, text) {
                    field("include", sources.text(file));
                }
            }
            // The directive's line is in the body.
            Part::Step(_) => {}
        }
    }
    if begun {
        hasher.update(b"\0");
    }
    hasher
}

/// The files of a text that are not the script's own, in the order of their first places.
fn included(script: &Script, text: &Text) -> Vec<FileId> {
    let mut files = Vec::new();
    for file in text.origins.iter().map(|origin| origin.span.file) {
        if file != script.body.file && !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// Tokens on their way into a hasher.
struct Tokens {
    hasher: Sha256,
    buffer: Vec<u8>,
    /// Whether any could hold a CRLF: native files hold none once they are read, and need no look at each token.
    has_cr: bool,
}

fn token_digest(hasher: Sha256, body: &str) -> Digest {
    let mut tokens = Tokens {
        hasher,
        buffer: Vec::with_capacity(BUFFER),
        has_cr: memchr::memchr(b'\r', body.as_bytes()).is_some(),
    };
    // Data lines of a COPY are not SQL: their white space counts.
    let copies = if may_copy(body) {
        let statements = lex::split(body).statements.into_iter();
        statements
            .filter_map(|statement| statement.copy_data)
            .collect()
    } else {
        Vec::new()
    };
    let mut start = 0;
    for copy in copies {
        sql_tokens(&mut tokens, body, start..copy.start);
        start = copy.end;
        tokens.push(&body[copy]);
    }
    sql_tokens(&mut tokens, body, start..body.len());
    tokens.hasher.update(&tokens.buffer);
    finish(tokens.hasher)
}

fn sql_tokens(tokens: &mut Tokens, body: &str, part: Range<usize>) {
    for found in lex::tokens_in(body, part) {
        let text = &body[found.start..found.end];
        match found.kind {
            TokenKind::Space | TokenKind::BlockComment => {}
            TokenKind::LineComment => {
                let line_start = found.start == 0 || body.as_bytes()[found.start - 1] == b'\n';
                if line_start && text.starts_with("--!") {
                    tokens.push(text.trim_end());
                }
            }
            TokenKind::Word
            | TokenKind::QuotedIdent
            | TokenKind::String
            | TokenKind::DollarString
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
            | TokenKind::Backslash
            | TokenKind::Other
            | TokenKind::Unterminated => tokens.push(text),
        }
    }
}

/// Whether the body could hold a `COPY … FROM STDIN`: most don't, and are read once.
fn may_copy(body: &str) -> bool {
    let bytes = body.as_bytes();
    memchr::memchr2_iter(b's', b'S', bytes).any(|at| {
        let word = bytes.get(at..at + 5);
        word.is_some_and(|word| word.eq_ignore_ascii_case(b"stdin"))
    })
}

impl Tokens {
    fn push(&mut self, text: &str) {
        let folded = if self.has_cr { crlfs(text) } else { 0 };
        let length = u32::try_from(text.len() - folded).expect("files are smaller than 4 GiB");
        self.buffer.extend_from_slice(&length.to_le_bytes());
        if text.len() < BUFFER && folded == 0 {
            self.buffer.extend_from_slice(text.as_bytes());
        } else {
            self.flush();
            update(&mut self.hasher, text);
        }
        if self.buffer.len() >= BUFFER {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.hasher.update(&self.buffer);
        self.buffer.clear();
    }
}

/// Hashes text with every CRLF as LF.
fn update(hasher: &mut Sha256, text: &str) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for at in memchr::memchr_iter(b'\r', bytes) {
        if bytes.get(at + 1) == Some(&b'\n') {
            hasher.update(&bytes[from..at]);
            from = at + 1;
        }
    }
    hasher.update(&bytes[from..]);
}

fn crlfs(text: &str) -> usize {
    let bytes = text.as_bytes();
    let found = memchr::memchr_iter(b'\r', bytes);
    found.filter(|at| bytes.get(at + 1) == Some(&b'\n')).count()
}

fn finish(hasher: Sha256) -> Digest {
    Digest(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;
    use crate::tree::{Data, OnConflict, Settings};

    fn script(sources: &mut Sources, body: &str) -> Script {
        let file = sources.add("a.sql", body.to_owned());
        Script {
            body: sources.whole(file),
            parts: Vec::new(),
            settings: Settings::default(),
        }
    }

    fn pair(body: &str) -> (Digest, Digest) {
        let mut sources = Sources::default();
        let script = script(&mut sources, body);
        both(&sources, &script, &[])
    }

    #[test]
    fn the_digest_of_plain_sql_is_that_of_its_bytes() {
        let (up, _) = pair("SELECT 1;\n");
        // printf 'SELECT 1;\n' | sha256sum
        let want = "sha256:b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd";
        assert_eq!(up.to_string(), want);
        assert_eq!(up, pair("SELECT 1;\r\n").0);
        assert_ne!(up, pair("SELECT 1;\r").0);
    }

    #[test]
    fn tokens_are_hashed_as_the_form_says() {
        let mut hasher = Sha256::new();
        for word in ["SELECT", "'a  b'", ";"] {
            let length = u32::try_from(word.len()).expect("short");
            hasher.update(length.to_le_bytes());
            hasher.update(word);
        }
        let want = finish(hasher);
        for body in [
            "SELECT 'a  b';",
            "-- x\nSELECT\n\t'a  b' /* y */ ;  --! no directive\n",
            "\r\nSELECT 'a  b'\r\n;",
        ] {
            assert_eq!(pair(body).1, want, "{body}");
        }
        for body in [
            "select 'a  b';",
            "SELECT 'a b';",
            "SELECT 'a  b'",
            "SELECT 'a  b';;",
            "--! data {}\nSELECT 'a  b';",
        ] {
            assert_ne!(pair(body).1, want, "{body}");
        }
    }

    #[test]
    fn tokens_do_not_run_together() {
        let other = |a: &str, b: &str| assert_ne!(pair(a).1, pair(b).1, "{a} {b}");
        other("a <= b", "a < = b");
        other("ab c", "a bc");
        other("x::y", "x: :y");
        other("$$ a $$", "$$ a  $$");
        other("$$ a -- b\n$$", "$$ a $$");
        other(
            "COPY t FROM stdin;\na\tb\n\\.\n",
            "COPY t FROM stdin;\na b\n\\.\n",
        );
        assert_eq!(
            pair("COPY t FROM stdin;\na\tb\n\\.\nSELECT 1 ;").1,
            pair("COPY t  FROM stdin;\na\tb\n\\.\n-- x\nSELECT 1;").1
        );
    }

    #[test]
    fn long_tokens_and_many_tokens_count_wholly() {
        let long = format!("SELECT '{}'", "x".repeat(3 * BUFFER));
        assert_ne!(pair(&long).1, pair(&long.replacen("xx", "xy", 1)).1);
        let many = "f(1), ".repeat(5000);
        assert_eq!(pair(&many).1, pair(&many.replace(' ', "\n")).1);
        assert_ne!(pair(&many).1, pair(&many[6..]).1);
    }

    #[test]
    fn every_setting_changes_every_digest_and_nothing_else_does() {
        let mut sources = Sources::default();
        let mut plain = script(&mut sources, "SELECT 1;");
        let csv = [
            sources.add("a.csv", "a\n1\n".to_owned()),
            sources.add("b.csv", "a\n2\n".to_owned()),
        ];
        let mut seen = vec![both(&sources, &plain, &[])];
        let changes: [fn(&mut Settings); 6] = [
            |it| it.no_transaction = true,
            |it| it.role = Some("x".to_owned()),
            |it| it.search_path = Some("x".to_owned()),
            |it| it.lock_timeout = Some("x".to_owned()),
            |it| it.statement_timeout = Some("x".to_owned()),
            |it| it.variables = true,
        ];
        for change in changes {
            plain.settings = Settings::default();
            change(&mut plain.settings);
            seen.push(both(&sources, &plain, &[]));
        }
        plain.settings = Settings::default();
        seen.push(both(&sources, &plain, &["view"]));
        for file in csv {
            plain.parts = vec![Part::Data(Data {
                at: Span::new(file, 0..0),
                file,
                table: "t".to_owned(),
                key: Vec::new(),
                on_conflict: OnConflict::Error,
                columns: Vec::new(),
                rows: Vec::new(),
            })];
            seen.push(both(&sources, &plain, &[]));
        }
        for text in ["SELECT 2;", "SELECT 3;"] {
            let file = sources.add("included.sql", text.to_owned());
            let text = Text::verbatim(&sources, sources.whole(file));
            plain.parts = vec![Part::Sql(text)];
            seen.push(both(&sources, &plain, &[]));
        }
        let mut all: Vec<Digest> = seen.iter().flat_map(|(up, up1)| [*up, *up1]).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 2 * seen.len());
    }

    #[test]
    fn a_missing_direction_is_not_an_empty_one() {
        let tree = crate::graph::sample::tree("aaaa");
        let digests = all(&tree);
        assert_ne!(digests[0].down, sha256(b""));
        assert_eq!(digests[0].down, sha256(MISSING));
    }

    #[test]
    fn digests_are_written_and_read_back() {
        let digest = sha256(b"x");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for bad in [
            "",
            "sha256:",
            "sha256:XY",
            &digest.to_string().to_uppercase(),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }
}
