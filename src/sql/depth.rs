//! Keeps foreign parsers from running out of stack on deeply nested input.
//!
//! They call themselves once per level, and their trees are as deep as an operator chain is long. Nothing can catch an
//! overflow, so the depth is bounded before they see the statement.

use std::ops::Range;

use crate::lex::{self, TokenKind};

/// Deeper input is not handed on: the parsers are quadratic in depth as well.
const DEEPEST: usize = 4_000;

/// Up to here the stack of any thread does (2 MiB; about 3 KiB a level without optimisation).
const SHALLOW: usize = 250;

/// For `DEEPEST` levels of the costliest construct. Pages that are not touched cost nothing.
const STACK: usize = 256 << 20;

/// Runs a parser over `text[range]`, on a bigger stack where that is needed; `None` where the text is too deep for it.
pub(super) fn guarded<T: Send>(
    text: &str,
    range: Range<usize>,
    parse: impl FnOnce(&str) -> T + Send,
) -> Option<T> {
    let depth = bound(text, range.clone());
    let slice = &text[range];
    if depth > DEEPEST {
        return None;
    }
    if depth <= SHALLOW {
        return Some(parse(slice));
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || parse(slice))
            .ok()?;
        thread.join().ok()
    })
}

/// A bound on the depth of any tree over the text. Bodies in quotes count as if they stood there: the parser of a
/// function looks into them.
fn bound(text: &str, range: Range<usize>) -> usize {
    let mut bodies = 0;
    let outside = levels(text, range, |body| {
        // Its quotes and tags change the count by one or two at most.
        let inner = body.trim_matches(|letter| letter == '\'' || letter == '$');
        bodies = bodies.max(levels(inner, 0..inner.len(), |_| {}));
    });
    outside + bodies
}

/// Tokens since the last comma, over all open brackets: every node on a way down has one of them of its own.
fn levels(text: &str, range: Range<usize>, mut body: impl FnMut(&str)) -> usize {
    let mut deepest = 0;
    let mut open: Vec<usize> = Vec::new();
    let mut here = 0_usize;
    let mut below = 0_usize;
    for token in lex::tokens_in(text, range).filter(|token| !token.kind.is_trivia()) {
        here += 1;
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket => {
                below += here;
                open.push(here);
                here = 0;
            }
            TokenKind::CloseParen | TokenKind::CloseBracket => {
                if let Some(outer) = open.pop() {
                    below -= outer;
                    here = outer;
                }
            }
            TokenKind::Comma | TokenKind::Semicolon => here = 0,
            TokenKind::DollarString | TokenKind::String => body(&text[token.start..token.end]),
            _ => {}
        }
        deepest = deepest.max(below + here);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_flat_and_chains_are_deep() {
        let depth = |text: &str| bound(text, 0..text.len());
        assert!(
            depth(&format!(
                "insert into t values {}",
                "(1, 'a'),".repeat(9_000)
            )) < 30
        );
        assert!(depth(&"(".repeat(300)) >= 300);
        assert!(depth(&"1+".repeat(300)) >= 300);
        assert!(depth(&format!("select $${}$$", "(".repeat(300))) >= 300);
        assert_eq!(guarded("((", 0..2, str::len), Some(2));
        let deep = "(".repeat(1_000);
        assert_eq!(guarded(&deep, 0..deep.len(), str::len), Some(1_000));
        let too_deep = "(".repeat(5_000);
        assert_eq!(guarded(&too_deep, 0..too_deep.len(), str::len), None);
    }
}
