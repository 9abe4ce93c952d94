//! A COMMIT that ends nothing. psql sends each statement of such a script on its own and the server warns of the COMMIT, so
//! the script runs well; in a release it would end the transaction around it, and so it is left out.

use crate::diagnostic::{Diagnostic, Sink};
use crate::lex::{self, TokenKind};
use crate::source::Sources;
use crate::tree::Text;
use crate::tree::weave::Weave;

/// The text without its COMMITs that end no transaction of its own.
pub(super) fn without_lone_ones(sources: &Sources, text: Text, sink: &mut Sink) -> Text {
    let mut lone = Vec::new();
    let mut is_open = false;
    for statement in lex::split(&text.text).statements {
        let range = statement.start..statement.end;
        match word(&text.text[range.clone()]).as_str() {
            "BEGIN" | "START" => is_open = true,
            "COMMIT" | "END" if !is_open => lone.push(range),
            // ROLLBACK is refused in any case, and ROLLBACK TO ends nothing.
            "COMMIT" | "END" => is_open = false,
            _ => {}
        }
    }
    if lone.is_empty() {
        return text;
    }
    let mut weave = Weave::default();
    let mut done = 0;
    for range in lone {
        sink.push(
            Diagnostic::warning("lone-commit", "this COMMIT ends no transaction of the script, and is left out")
                .at(text.locate(range.clone()), "")
                .because("psql runs every statement of the script on its own, and the server only warns of it; a release makes one transaction of them")
                .help("write BEGIN at the start of the script, or take the COMMIT out"),
        );
        weave.part(sources, &text, done..range.start);
        done = range.end;
    }
    weave.part(sources, &text, done..text.text.len());
    weave.finish(text.locate(0..1))
}

/// The first word of a statement that begins with one.
fn word(statement: &str) -> String {
    let first = lex::tokens(statement).next();
    let first = first.filter(|token| token.kind == TokenKind::Word);
    first.map_or_else(String::new, |token| {
        statement[token.range()].to_ascii_uppercase()
    })
}
