//! Laws over made-up input: any text, and texts made of the pieces that make lexing hard.

use proptest::prelude::*;

use super::{Split, split, tokens, tokens_in};

/// Pieces that begin, end or imitate quotes, comments, bodies and data.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "'", "''", "\\'", "E'", "n'", "U&'", "u&\"", "\"", "$$", "$a$", "$1", "a$b$", "--", "/*", "*/", "+", "-", "/",
    "\n", "\r", " ", ";", "(", ")", "[1:n]", "::", ":x", ":'x'", ":{?x}", ":e", "\\", "select", "1.5e3", "1..2",
    "0x1F", "é", "\u{a0}", "\u{200b}", "\u{feff}", "\0", "begin", "end", "case", "begin atomic ", "create function ",
    "create or replace procedure ", "copy t from stdin;\n", "\\.\n", "\\.",
];

fn fragments() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    prop::collection::vec((piece, any::<bool>()), 0..40).prop_map(|pieces| {
        let mut text = String::new();
        for (piece, spaced) in pieces {
            text.push_str(piece);
            if spaced {
                text.push(' ');
            }
        }
        text
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![fragments(), any::<String>(), "[ -~\\n]{0,60}"]
}

fn statement_texts<'a>(text: &'a str, split: &Split) -> Vec<&'a str> {
    split
        .statements
        .iter()
        .map(|statement| &text[statement.start..statement.end])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_concatenate_to_the_text(text in any_text()) {
        let mut at = 0;
        for token in tokens(&text) {
            prop_assert_eq!(token.start, at);
            prop_assert!(token.end > token.start);
            prop_assert!(text.get(token.range()).is_some(), "cuts a character");
            at = token.end;
        }
        prop_assert_eq!(at, text.len());
    }

    #[test]
    fn spans_ascend_and_cut_no_character(text in any_text()) {
        let split = split(&text);
        let mut last = 0;
        for statement in &split.statements {
            prop_assert!(last <= statement.lead && statement.lead <= statement.start);
            prop_assert!(statement.start < statement.end && statement.end <= statement.after);
            prop_assert!(text.get(statement.lead..statement.start).is_some());
            prop_assert!(text.get(statement.start..statement.end).is_some());
            prop_assert!(text.get(statement.end..statement.after).is_some());
            let lead = statement.lead..statement.start;
            prop_assert!(tokens_in(&text, lead).all(|token| token.kind.is_trivia()));
            if let Some(data) = statement.copy_data.clone() {
                prop_assert!(statement.end < data.start && data.end <= statement.after);
                prop_assert!(text.get(data).is_some());
            }
            last = statement.after;
        }
        for hazard in split.statements.iter().flat_map(|it| &it.hazards).chain(&split.tail) {
            prop_assert!(text.get(hazard.start..hazard.end).is_some_and(|it| !it.is_empty()));
        }
    }

    #[test]
    fn the_split_is_stable_under_rejoin(text in any_text()) {
        let first = split(&text);
        let joined: String =
            first.statements.iter().map(|it| &text[it.lead..it.after]).collect();
        // A byte order mark that was not at the start would be skipped if it came to stand there.
        prop_assume!(!joined.starts_with('\u{feff}'));
        let second = split(&joined);
        prop_assert_eq!(statement_texts(&text, &first), statement_texts(&joined, &second));
    }

    #[test]
    fn a_statement_alone_is_one_statement(text in any_text()) {
        let first = split(&text);
        for (alone, statement) in statement_texts(&text, &first).into_iter().zip(&first.statements) {
            if statement.terminated && !alone.starts_with('\u{feff}') {
                let split = split(alone);
                prop_assert_eq!(statement_texts(alone, &split), [alone]);
                prop_assert_eq!(split.unclosed, None);
            }
        }
    }
}
