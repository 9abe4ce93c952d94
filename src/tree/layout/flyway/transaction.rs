//! Which scripts Flyway runs outside a transaction, found out from their statements as it does
//! (`PostgreSQLParser.detectCanExecuteInTransaction` of 13).

use crate::lex::{self, TokenKind};

/// What the statements of a script ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing: it is one transaction.
    Transaction,
    /// Every statement refuses to run in one.
    None,
    /// Some do, which Flyway refuses unless `mixed` is set; then none of the script is in one.
    Mixed,
}

/// The first words of statements that refuse to run in a transaction.
const OUTSIDE: [&[&str]; 15] = [
    &["CREATE", "DATABASE"],
    &["DROP", "DATABASE"],
    &["CREATE", "TABLESPACE"],
    &["DROP", "TABLESPACE"],
    &["CREATE", "SUBSCRIPTION"],
    &["DROP", "SUBSCRIPTION"],
    &["ALTER", "SYSTEM"],
    &["CREATE", "INDEX", "CONCURRENTLY"],
    &["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY"],
    &["DROP", "INDEX", "CONCURRENTLY"],
    &["REINDEX", "SCHEMA"],
    &["REINDEX", "DATABASE"],
    &["REINDEX", "SYSTEM"],
    &["VACUUM"],
    &["DISCARD", "ALL"],
];

/// What a script's statements ask for.
pub(super) fn asked(text: &str) -> Asked {
    let split = lex::split(text);
    let outside = split
        .statements
        .iter()
        .filter(|statement| is_outside(&text[statement.start..statement.end]))
        .count();
    match outside {
        0 => Asked::Transaction,
        all if all == split.statements.len() => Asked::None,
        _ => Asked::Mixed,
    }
}

fn is_outside(statement: &str) -> bool {
    let words: Vec<String> = lex::tokens(statement)
        .filter(|token| !token.kind.is_trivia())
        .take_while(|token| token.kind == TokenKind::Word)
        .take(4)
        .map(|token| statement[token.range()].to_ascii_uppercase())
        .collect();
    OUTSIDE.iter().any(|known| {
        words.len() >= known.len() && known.iter().zip(&words).all(|(one, other)| one == other)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_looked_at_whole() {
        for (text, wanted) in [
            ("", Asked::Transaction),
            ("CREATE INDEX i ON t (concurrently);", Asked::Transaction),
            (
                "-- x\ncreate unique /* y */ index concurrently i ON t (a);",
                Asked::None,
            ),
            ("VACUUM t; VACUUM (FULL) u", Asked::None),
            ("SELECT 1; DROP INDEX CONCURRENTLY i;", Asked::Mixed),
            ("ALTER TYPE t ADD VALUE 'x';", Asked::Transaction),
            ("SELECT 'VACUUM';", Asked::Transaction),
        ] {
            assert_eq!(asked(text), wanted, "{text}");
        }
    }
}
