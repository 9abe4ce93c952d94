//! What the catalog is asked about a statement that runs bare: the names in it, as the server keeps them.

use crate::lex;
use crate::name::{Ident, QualifiedName};
use crate::plan::pieces::Item;
use crate::plan::unit::Context;
use crate::plan::{Guard, Probe, Scope};
use crate::postgres::{self, StatementKind};

impl Context<'_> {
    /// The guard of a statement that the catalog can be asked about. `None` for others, and where its names can't be read.
    pub(super) fn probed(&self, item: Item) -> Option<Guard> {
        use StatementKind as Kind;
        let head = &self.reading.statement(item)?.head;
        let object = head.object.as_ref();
        let name = object.map(|object| object.name.as_str().to_owned());
        let quoted = object.map(QualifiedName::quoted);
        let creates = |what| name.clone().map(|name| Guard::Create { what, name });
        let drops = |what| name.clone().map(|name| Guard::Drop { what, name });
        match (head.kind, &head.table, &head.partition) {
            (Kind::CreateIndexConcurrently, Some(table), _) => {
                let words = self.outer_words(item);
                Some(Guard::CreateIndex {
                    table: table.quoted(),
                    index: name?,
                    unique: words
                        .iter()
                        .take(2)
                        .any(|word| word.eq_ignore_ascii_case("unique")),
                    partial: words.iter().any(|word| word.eq_ignore_ascii_case("where")),
                    columns: self.index_columns(item),
                })
            }
            (Kind::DropIndexConcurrently, ..) => Some(Guard::Drop {
                what: Probe::Index,
                name: quoted?,
            }),
            (Kind::ReindexConcurrently, ..) => {
                let word = self.outer_words(item).get(1)?.to_ascii_lowercase();
                Some(match word.as_str() {
                    "index" => Guard::Reindex {
                        scope: Scope::Index,
                        name: quoted?,
                    },
                    "table" => Guard::Reindex {
                        scope: Scope::Table,
                        name: quoted?,
                    },
                    "schema" => Guard::Reindex {
                        scope: Scope::Schema,
                        name: quoted?,
                    },
                    _ => Guard::Reindex {
                        scope: Scope::Database,
                        name: String::new(),
                    },
                })
            }
            (Kind::DetachPartitionConcurrently, _, Some(partition)) => Some(Guard::Detach {
                table: quoted?,
                partition: partition.quoted(),
            }),
            (Kind::CreateDatabase, ..) => creates(Probe::Database),
            (Kind::CreateTablespace, ..) => creates(Probe::Tablespace),
            (Kind::CreateSubscription, ..) => creates(Probe::Subscription),
            (Kind::DropDatabase, ..) => drops(Probe::Database),
            (Kind::DropTablespace, ..) => drops(Probe::Tablespace),
            (Kind::DropSubscription, ..) => drops(Probe::Subscription),
            (Kind::AlterSubscriptionPublication, ..) => self.publications(item, name?),
            _ => None,
        }
    }

    /// `SET PUBLICATION` leads to the same list again; of `ADD` and `DROP` the list tells whether they are done.
    fn publications(&self, item: Item, subscription: String) -> Option<Guard> {
        let text = self.statement_text(item)?;
        let tokens: Vec<lex::Token> = lex::tokens(text)
            .filter(|token| !token.kind.is_trivia())
            .collect();
        let word = |at: usize, word: &str| {
            tokens.get(at).is_some_and(|token| {
                token.kind == lex::TokenKind::Word && text[token.range()].eq_ignore_ascii_case(word)
            })
        };
        // ALTER SUBSCRIPTION name verb PUBLICATION names
        let add = match (word(3, "set"), word(3, "add"), word(3, "drop")) {
            (true, ..) => return Some(Guard::Repeatable),
            (_, add, drop) if add || drop => add,
            _ => return None,
        };
        let mut publications = Vec::new();
        for (at, name) in tokens.iter().enumerate().skip(5).step_by(2) {
            publications.push(identifier(text, *name)?);
            if tokens.get(at + 1).map(|token| token.kind) != Some(lex::TokenKind::Comma) {
                break;
            }
        }
        Some(Guard::Publications {
            subscription,
            add,
            publications,
        })
    }

    /// The oldest server that takes a statement, where that is not the oldest of all. Of two kinds only the words tell.
    pub(in crate::plan) fn oldest_server(&self, item: Item) -> Option<(u16, &'static str)> {
        const SYNTAX: &str = "tried on server 13: a syntax error";
        let kind = self.reading.kind(item)?;
        let newer = if kind == StatementKind::ReindexConcurrently {
            let words = self.outer_words(item);
            !words
                .iter()
                .any(|word| word.eq_ignore_ascii_case("concurrently"))
        } else if kind == StatementKind::AlterSubscriptionPublication {
            !matches!(self.probed(item), Some(Guard::Repeatable))
        } else {
            return postgres::oldest_server(kind);
        };
        newer.then_some((14, SYNTAX))
    }

    fn statement_text(&self, item: Item) -> Option<&str> {
        let statement = self.reading.statement(item)?;
        Some(statement.slice(&self.reading.text(item.part).text))
    }

    /// The key columns of a CREATE INDEX, in order; an expression is `None`, as the catalog has it without a name.
    fn index_columns(&self, item: Item) -> Vec<Option<String>> {
        let Some(text) = self.statement_text(item) else {
            return Vec::new();
        };
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
    pub(super) fn outer_words(&self, item: Item) -> Vec<&str> {
        let Some(text) = self.statement_text(item) else {
            return Vec::new();
        };
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
}

/// The column that an index element names; `None` for an expression.
fn plain_column(text: &str, tokens: &[lex::Token]) -> Option<String> {
    let [name, next, ..] = tokens else {
        return None;
    };
    let called = matches!(next.kind, lex::TokenKind::OpenParen | lex::TokenKind::Dot);
    identifier(text, *name).filter(|_| !called)
}

/// A name as the server keeps it. An escaped one is left to the server, like an expression.
fn identifier(text: &str, token: lex::Token) -> Option<String> {
    let written = &text[token.range()];
    let named = token.kind == lex::TokenKind::Word
        || token.kind == lex::TokenKind::QuotedIdent && !written.starts_with(['u', 'U']);
    named.then(|| Ident::read(written).as_str().to_owned())
}
