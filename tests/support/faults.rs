//! Faults for law 4: copies of an emitted script that stop after statement k, by an error or by the client's death.
//!
//! A place is an offset into the script.

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

/// How a script stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The next statement fails: psql exits with 3.
    Error,
    /// psql is killed, as a closed laptop kills it; the server finds out by itself.
    Killed,
}

impl Fault {
    /// The line that does it.
    fn line(self) -> &'static str {
        match self {
            Self::Error => "SELECT 1/0 AS fault;\n",
            // The shell's parent is psql.
            Self::Killed => "\\! kill -KILL $PPID\n",
        }
    }

    /// psql's exit code then.
    pub(crate) fn code(self) -> i32 {
        match self {
            Self::Error => 3,
            Self::Killed => 128 + 9,
        }
    }
}

/// The places right after each user statement.
pub(crate) fn statements(script: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut start = None;
    let mut at = 0;
    for line in script.split_inclusive('\n') {
        let next = at + line.len();
        if start.is_none() && line.starts_with(FROM) {
            start = Some(next);
        } else if let Some(from) = start.filter(|_| END.iter().any(|end| line.starts_with(end))) {
            places.extend(ends(&script[from..at]).into_iter().map(|end| from + end));
            start = None;
        }
        at = next;
    }
    assert!(start.is_none(), "nothing follows a `{FROM}` line's SQL");
    places
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
    let (before, rest) = script.split_at(stop);
    let newline = if before.ends_with('\n') { "" } else { "\n" };
    format!("{before}{newline}{}{rest}", fault.line())
}

/// The offsets right after each statement of a stretch of SQL, as psql would send it: at a `;` outside parentheses,
/// or at the end of a line with a backslash command (`\gexec`).
fn ends(sql: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut open = false;
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
            open = true;
            continue;
        };
        // A `;` alone is nothing to stop after: the script ends what its author had ended already.
        if open {
            ends.push(ended);
        }
        (open, depth) = (false, 0);
    }
    ends
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
