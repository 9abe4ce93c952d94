//! What makes a statement outside of a transaction safe to run again, and what has nothing that does.

use super::Guard;
use super::pieces::Item;
use super::unit::Context;
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::name::Ident;
use crate::postgres::StatementKind;

/// The rule's name, in findings and in `allow`.
pub(super) const NO_RECOVERY: &str = "no-recovery";

impl Context<'_> {
    /// What makes a statement that can't be rolled back safe to run again.
    pub(super) fn guard(&self, item: Item, sink: &mut Sink) -> Option<Guard> {
        let head = &self.reading.statement(item)?.head;
        match (head.kind, &head.object, &head.table) {
            (StatementKind::CreateIndexConcurrently, Some(index), Some(table)) => {
                let words = self.outer_words(item);
                return Some(Guard::CreateIndex {
                    table: table.quoted(),
                    index: index.name.as_str().to_owned(),
                    unique: words
                        .iter()
                        .take(2)
                        .any(|word| word.eq_ignore_ascii_case("unique")),
                    partial: words.iter().any(|word| word.eq_ignore_ascii_case("where")),
                    columns: self.index_columns(item),
                });
            }
            (StatementKind::DropIndexConcurrently, Some(index), _) => {
                return Some(Guard::DropIndex {
                    index: index.quoted(),
                });
            }
            (
                StatementKind::Vacuum
                | StatementKind::VacuumFull
                | StatementKind::ReindexIndex
                | StatementKind::ReindexTable
                | StatementKind::ReindexMany
                | StatementKind::ClusterTable
                | StatementKind::ClusterAll
                | StatementKind::AlterSystem,
                _,
                _,
            ) => return Some(Guard::Repeatable),
            _ => {}
        }
        if self.allows(NO_RECOVERY) {
            return Some(Guard::Repeatable);
        }
        let words = self.reading.first_words(item);
        sink.push(
            Diagnostic::error(NO_RECOVERY, format!("`{words}` can't be carried: it runs outside a transaction and has no recovery yet"))
                .at(self.reading.span(item), "stopped half-way, this can't be taken up again")
                .because("if the script stopped in it, nobody could say whether it is done, and a second run might fail or do it twice")
                .help(format!("if running it twice does no harm, say so in the header: allow = {{ {NO_RECOVERY} = \"reason\" }}")),
        );
        None
    }

    /// The key columns of a CREATE INDEX, in order; an expression is `None`, as the catalog has it without a name.
    fn index_columns(&self, item: Item) -> Vec<Option<String>> {
        let Some(statement) = self.reading.statement(item) else {
            return Vec::new();
        };
        let text = statement.slice(&self.reading.text(item.part).text);
        let tokens: Vec<lex::Token> = lex::tokens(text)
            .filter(|token| !token.kind.is_trivia())
            .collect();
        let Some(open) = tokens
            .iter()
            .position(|token| token.kind == lex::TokenKind::OpenParen)
        else {
            return Vec::new();
        };
        let mut columns = Vec::new();
        let mut depth = 0usize;
        let mut first: Option<usize> = None;
        for (at, token) in tokens.iter().enumerate().skip(open) {
            if token.kind == lex::TokenKind::OpenParen {
                depth += 1;
                if depth == 2 {
                    first.get_or_insert(at);
                }
            } else if token.kind == lex::TokenKind::CloseParen {
                depth = depth.saturating_sub(1);
            } else if depth == 1 && token.kind != lex::TokenKind::Comma {
                first.get_or_insert(at);
            }
            let ends = (depth == 1 && token.kind == lex::TokenKind::Comma) || depth == 0;
            if let Some(at) = first.filter(|_| ends) {
                columns.push(plain_column(text, &tokens[at..]));
                first = None;
            }
            if depth == 0 {
                break;
            }
        }
        columns
    }

    /// Words of a statement outside of parentheses.
    fn outer_words(&self, item: Item) -> Vec<&str> {
        let Some(statement) = self.reading.statement(item) else {
            return Vec::new();
        };
        let text = statement.slice(&self.reading.text(item.part).text);
        let mut depth = 0usize;
        let mut words = Vec::new();
        for token in lex::tokens(text) {
            if token.kind == lex::TokenKind::OpenParen {
                depth += 1;
            } else if token.kind == lex::TokenKind::CloseParen {
                depth = depth.saturating_sub(1);
            } else if token.kind == lex::TokenKind::Word && depth == 0 {
                words.push(&text[token.start..token.end]);
            }
        }
        words
    }

    /// Steps share nothing but settings made by SET: what leans on the rest of the session can't be taken apart.
    pub(super) fn check_apart(
        &self,
        groups: &[(String, Vec<Item>)],
        sink: &mut Sink,
    ) -> Option<()> {
        let reading = self.reading;
        let work = |own: &[Item]| own.iter().any(|item| !reading.only_session(*item));
        let first = groups.iter().position(|(_, own)| work(own));
        let last = groups.iter().rposition(|(_, own)| work(own));
        let mut sound = true;
        for (at, (_, own)) in groups.iter().enumerate() {
            let own: Vec<Item> = own
                .iter()
                .copied()
                .filter(|item| !reading.only_session(*item))
                .collect();
            let (earlier, later) = (
                first.is_some_and(|first| first < at),
                last.is_some_and(|last| at < last),
            );
            for (index, item) in own.iter().enumerate() {
                let found = match reading.session_state(*item) {
                    Some(what) if earlier && index == 0 => Some(what),
                    // What reads a sequence's last value leaves nothing behind.
                    Some(what) if later && !what.contains("last value") => Some(what),
                    Some(_) | None => {
                        (later && reading.is_temporary(*item)).then_some("something temporary")
                    }
                };
                if let Some(what) = found {
                    sound = false;
                    sink.push(apart(what).at(
                        reading.span(*item),
                        "another step begins behind it, or stands before it",
                    ));
                }
            }
        }
        sound.then_some(())
    }

    /// A procedure may commit, which fails in the transaction that a step shares with its record.
    pub(super) fn warn_of_call(&self, item: Item, sink: &mut Sink) {
        if self.pinned && self.reading.kind(item) == Some(StatementKind::Call) && !self.bare(item) {
            sink.push(
                Diagnostic::warning("call-in-step", "this CALL runs in a transaction, with its own record")
                    .at(self.reading.span(item), "a procedure that commits fails here (2D000)")
                    .help(format!("if it commits, and calling it twice does no harm, say so: allow = {{ {NO_RECOVERY} = \"reason\" }}")),
            );
        }
    }
}

/// The column that an index element names; `None` for an expression.
fn plain_column(text: &str, tokens: &[lex::Token]) -> Option<String> {
    let [name, next, ..] = tokens else {
        return None;
    };
    // An escaped name is left to the server, like an expression.
    let escaped =
        text[name.range()].starts_with(['u', 'U']) && name.kind == lex::TokenKind::QuotedIdent;
    let named = !escaped
        && matches!(
            name.kind,
            lex::TokenKind::Word | lex::TokenKind::QuotedIdent
        );
    let called = matches!(next.kind, lex::TokenKind::OpenParen | lex::TokenKind::Dot);
    (named && !called).then(|| Ident::read(&text[name.range()]).as_str().to_owned())
}

fn apart(what: &str) -> Diagnostic {
    Diagnostic::error("session-across-steps", format!("this revision runs step by step, and {what} does not outlive a step"))
        .because("a later run begins in the middle; a statement would fail there, or hit another object or value than it means")
        .help("put what belongs together into a revision of its own that is one transaction; settings may be made by SET")
}
