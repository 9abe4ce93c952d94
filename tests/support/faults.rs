//! Faults for law 4: copies of an emitted script that stop after statement k, by an error or by the client's death,
//! or wait there until they are told to go on.
//!
//! A place is an offset into the script.

use std::ops::Range;

use camino::Utf8Path;
use signoff::lex::{self, TokenKind};

use super::postgres::Database;

/// The line before a user's SQL; the file and line follow.
const FROM: &str = "-- from ";
/// How the line after it begins: a piece of machinery, or the end of a step that may be skipped.
const END: [&str; 2] = [":signoff_", "\\endif"];

/// How the line above each block begins.
const BLOCK: &str = "\n-- ── ";

/// What may stand between statements and is none.
const BETWEEN: [TokenKind; 3] = [
    TokenKind::Space,
    TokenKind::LineComment,
    TokenKind::BlockComment,
];

/// Whether every fault is tried everywhere, or each on a few statements.
pub(crate) fn all() -> bool {
    std::env::var("SIGNOFF_FAULTS").is_ok_and(|value| value == "all")
}

/// How a script stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The next statement fails: psql exits with 3.
    Error,
    /// psql is killed, as a closed laptop kills it; the server finds out by itself.
    Killed,
    /// psql is told to end, as a shutting down machine tells it.
    Terminated,
}

impl Fault {
    /// The line that does it.
    fn line(self) -> &'static str {
        match self {
            Self::Error => "SELECT 1/0 AS fault;\n",
            // The shell's parent is psql.
            Self::Killed => "\\! kill -KILL $PPID\n",
            Self::Terminated => "\\! kill -TERM $PPID\n",
        }
    }

    /// psql's exit code then.
    pub(crate) fn code(self) -> i32 {
        match self {
            Self::Error => 3,
            Self::Killed => 128 + 9,
            Self::Terminated => 128 + 15,
        }
    }
}

/// The places right after each user statement.
pub(crate) fn statements(script: &str) -> Vec<usize> {
    spans(script).into_iter().map(|span| span.end).collect()
}

/// From right before each user statement to right after it.
pub(crate) fn spans(script: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut start = None;
    let mut at = 0;
    for line in script.split_inclusive('\n') {
        let next = at + line.len();
        if start.is_none() && line.starts_with(FROM) {
            start = Some(next);
        } else if let Some(from) = start.filter(|_| END.iter().any(|end| line.starts_with(end))) {
            let inside = split(&script[from..at]).into_iter();
            spans.extend(inside.map(|span| from + span.start..from + span.end));
            start = None;
        }
        at = next;
    }
    assert!(start.is_none(), "nothing follows a `{FROM}` line's SQL");
    spans
}

/// The places right after each user statement, and before each line of machinery in the blocks.
pub(crate) fn stops(script: &str) -> Vec<usize> {
    let mut stops = statements(script);
    let mut at = script.find(BLOCK).expect("a script has a block");
    for line in script[at..].split_inclusive('\n') {
        if line.starts_with(END[0]) {
            stops.push(at);
        }
        at += line.len();
    }
    stops.sort_unstable();
    stops
}

/// A copy of the script that stops in this place, one of [`stops`].
pub(crate) fn at(script: &str, stop: usize, fault: Fault) -> String {
    with_line(script, stop, fault.line())
}

/// A copy of the script that waits in this place. It writes psql's process id into the file `here` of a folder, and goes
/// on when the file `go` is there, or when the folder is gone.
pub(crate) fn paused(script: &str, stop: usize, folder: &Utf8Path) -> String {
    let line = format!(
        "\\! exec >/dev/null 2>&1; cd {folder} && echo $PPID >writing && mv writing here; \
         while [ -e here ] && [ ! -e go ]; do sleep 0.01; done\n"
    );
    with_line(script, stop, &line)
}

fn with_line(script: &str, place: usize, line: &str) -> String {
    let (before, rest) = script.split_at(place);
    let newline = if before.ends_with('\n') { "" } else { "\n" };
    format!("{before}{newline}{line}{rest}")
}

/// Where each statement of a stretch of SQL is, as psql would send it: up to a `;` outside parentheses, or to the end of
/// a line with a backslash command (`\gexec`).
fn split(sql: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut from = None;
    let mut depth = 0_u32;
    let mut skip = 0;
    for token in lex::tokens(sql) {
        let kind = token.kind;
        if token.start < skip || BETWEEN.contains(&kind) {
            continue;
        }
        let ended = if kind == TokenKind::Semicolon && depth == 0 {
            token.end
        } else if kind == TokenKind::Backslash {
            let line = sql[token.start..].find('\n');
            skip = line.map_or(sql.len(), |length| token.start + length);
            skip
        } else {
            depth += u32::from(kind == TokenKind::OpenParen);
            depth = depth.saturating_sub(u32::from(kind == TokenKind::CloseParen));
            from = from.or(Some(token.start));
            continue;
        };
        // A `;` alone is nothing to stop after: the script ends what its author had ended already.
        if let Some(start) = from {
            spans.push(start..ended);
        }
        (from, depth) = (None, 0);
    }
    spans
}

#[test]
fn a_fault_stands_after_its_statement() {
    let script = "\\set ON_ERROR_STOP on\nSELECT 'machinery';\n\
                  -- from migrations/a.sql:7\n\
                  CREATE TABLE a (x int); -- why\n\
                  CREATE RULE r AS ON DELETE TO a DO ALSO (SELECT 1; SELECT 2)\n;\n;\n\
                  -- from migrations/a.sql:9: rows of a.csv\n\
                  INSERT INTO a VALUES\n  (1)\n;\n\\set signoff_table 'a'\n\
                  :signoff_setval\nSELECT 'machinery';\n\
                  \\if true\n\
                  -- from migrations/b.sql:1\n\
                  SELECT $t$ SELECT '{1}'::int[]; $t$ \\gexec\n\
                  \\endif\n";
    let places = statements(script);
    assert_eq!(places.len(), 4);
    let before = |k: usize, fault: Fault| {
        let copy = at(script, places[k - 1], fault);
        let before = copy.split(fault.line()).next().expect("a split has a part");
        before.lines().last().expect("is not empty").to_owned()
    };
    assert_eq!(before(1, Fault::Error), "CREATE TABLE a (x int);");
    assert_eq!(before(2, Fault::Killed), ";");
    assert_eq!(before(3, Fault::Killed), ";");
    assert_eq!(
        before(4, Fault::Error),
        "SELECT $t$ SELECT '{1}'::int[]; $t$ \\gexec"
    );

    for fault in [Fault::Error, Fault::Killed] {
        let database = Database::create();
        let copy = at(script, places[0], fault);
        database.psql_stdin(&copy, &[]).code(fault.code());
        database.wait_until_alone();
        assert_eq!(database.query("SELECT count(*) FROM a"), "0");
        assert_eq!(
            database.query("SELECT count(*) FROM pg_rules WHERE tablename = 'a'"),
            "0"
        );
    }
}
