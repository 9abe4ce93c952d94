//! How the statements of one script share transactions.

use super::pieces::{self, Item, Reading};
use super::{Guard, Piece, Settings, Step, Unit};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::name::Ident;
use crate::postgres::{self, StatementKind, TransactionRule};
use crate::seal;
use crate::sql::{self, Shape};
use crate::tree::{self, Script};

/// The rule's name, in findings and in `allow`.
const NO_RECOVERY: &str = "no-recovery";

/// What deciding about a script takes.
pub(super) struct Context<'a> {
    /// The script, read.
    pub(super) reading: &'a Reading<'a>,
    /// Oldest server it must run on.
    pub(super) server: u16,
    /// Whether the author asked for no transaction.
    pub(super) pinned: bool,
    /// Rules that the author allows: rule and reason.
    pub(super) allow: &'a [(String, String)],
}

/// The unit of a script. `None` where an error was reported.
pub(super) fn unit(context: &Context<'_>, sink: &mut Sink) -> Option<Unit> {
    let reading = context.reading;
    let items = reading.items.as_slice();
    match shape(reading, sink)? {
        Shape::OneBlock { begin, commit } => {
            let inner: Vec<Item> = (0..items.len())
                .filter(|at| *at != begin && *at != commit)
                .map(|at| items[at])
                .collect();
            context.check_inside(&inner, sink)?;
            let modes = reading.modes(items[begin]);
            let mut all = pieces::lifted(
                reading,
                items[begin],
                "the file's own BEGIN and COMMIT are this transaction",
            );
            all.extend(pieces::pieces(reading, &inner, sink)?);
            Some(Unit::Transaction { modes, pieces: all })
        }
        Shape::Plain => {
            let cuts = enum_cuts(reading);
            if !context.pinned && cuts.is_empty() && !items.iter().any(|item| context.never(*item))
            {
                return transaction(reading, sink);
            }
            let groups = if context.pinned && !items.iter().any(|item| reading.is_temporary(*item))
            {
                items.iter().map(|item| vec![*item]).collect()
            } else {
                context.grouped(items, &cuts)
            };
            context.steps(groups.into_iter().map(|own| (String::new(), own)), sink)
        }
        Shape::Blocks(shape) => {
            let mut groups = Vec::new();
            for step in shape {
                match step {
                    sql::Step::Single(at) => groups.push((String::new(), vec![items[at]])),
                    sql::Step::Block { begin, commit } => {
                        let inner = &items[begin + 1..commit];
                        context.check_inside(inner, sink)?;
                        if !inner.is_empty() {
                            groups.push((reading.modes(items[begin]), inner.to_vec()));
                        }
                    }
                }
            }
            context.steps(groups.into_iter(), sink)
        }
        // `shape` has reported it.
        Shape::Refused(_) => None,
    }
}

/// Settings that the header asks for, beside the target's.
pub(super) fn settings(script: &Script) -> Settings {
    let tree::Settings {
        role,
        search_path,
        lock_timeout,
        statement_timeout,
        ..
    } = script.settings.clone();
    Settings {
        role,
        search_path,
        lock_timeout,
        statement_timeout,
    }
}

/// The transactions that the script opens itself. Rows of a file stand between texts, so own transactions and
/// data directives exclude each other.
fn shape(reading: &Reading<'_>, sink: &mut Sink) -> Option<Shape> {
    let mut found = Shape::Plain;
    for (part, text, script) in reading.texts() {
        match sql::shape(script) {
            Shape::Plain => {}
            Shape::Refused(objection) => {
                sink.push(pieces::diagnostic(text, objection));
                return None;
            }
            own @ (Shape::OneBlock { .. } | Shape::Blocks(_)) => {
                if reading.has_data() {
                    let begins = |item: &&Item| {
                        item.part == part && reading.kind(**item) == Some(StatementKind::Begin)
                    };
                    let place = reading
                        .items
                        .iter()
                        .find(begins)
                        .map_or(reading.span(reading.items[0]), |item| reading.span(*item));
                    sink.push(
                        Diagnostic::error(
                            "transaction-and-data",
                            "a script with `--! data` can't open transactions of its own",
                        )
                        .at(place, "opened here")
                        .because("the rows would land inside or outside of it by accident")
                        .help("leave BEGIN and COMMIT out: the revision is one transaction anyway"),
                    );
                    return None;
                }
                found = own;
            }
        }
    }
    Some(found)
}

/// Everything in one transaction; a leading SET TRANSACTION goes into its BEGIN.
fn transaction(reading: &Reading<'_>, sink: &mut Sink) -> Option<Unit> {
    let items = &reading.items;
    let first = items.iter().position(|item| !reading.only_session(*item));
    let lifted = first.filter(|at| reading.kind(items[*at]) == Some(StatementKind::SetTransaction));
    let modes = lifted.map_or_else(String::new, |at| reading.modes(items[at]));
    let rest: Vec<Item> = (0..items.len())
        .filter(|at| Some(*at) != lifted)
        .map(|at| items[at])
        .collect();
    let what = "SET TRANSACTION stands in the BEGIN of this transaction";
    let mut all = lifted.map_or_else(Vec::new, |at| pieces::lifted(reading, items[at], what));
    all.extend(pieces::pieces(reading, &rest, sink)?);
    Some(Unit::Transaction { modes, pieces: all })
}

/// Where a script must be cut so that an enum value is committed before it is used.
fn enum_cuts(reading: &Reading<'_>) -> Vec<usize> {
    let mut cuts = Vec::new();
    for (part, text, script) in reading.texts() {
        let first = reading
            .items
            .iter()
            .position(|item| item.part == part)
            .unwrap_or(0);
        cuts.extend(
            sql::enum_values_used_later(&text.text, script)
                .into_iter()
                .map(|found| first + found.added + 1),
        );
    }
    cuts
}

impl Context<'_> {
    fn rule(&self, item: Item) -> TransactionRule {
        self.reading
            .kind(item)
            .map_or(TransactionRule::Inside, |kind| {
                postgres::transaction_rule_since(kind, self.server)
            })
    }

    fn never(&self, item: Item) -> bool {
        matches!(self.rule(item), TransactionRule::Never { .. })
    }

    /// Whether a statement runs without a transaction: where the server insists, or may insist and the author says so.
    fn bare(&self, item: Item) -> bool {
        match self.rule(item) {
            TransactionRule::Never { .. } => true,
            TransactionRule::Depends { .. } => self.pinned,
            // A procedure that commits runs only so; that running it again does no harm is the author's to say.
            TransactionRule::Inside => {
                self.pinned
                    && self.allows(NO_RECOVERY)
                    && self.reading.kind(item) == Some(StatementKind::Call)
            }
            TransactionRule::Control => false,
        }
    }

    fn allows(&self, rule: &str) -> bool {
        self.allow.iter().any(|(allowed, _)| allowed == rule)
    }

    fn check_inside(&self, inner: &[Item], sink: &mut Sink) -> Option<()> {
        let Some(item) = inner.iter().find(|item| self.never(**item)) else {
            return Some(());
        };
        sink.push(
            Diagnostic::error(
                "never-in-a-transaction",
                "this statement stands inside the file's own BEGIN … COMMIT, and PostgreSQL refuses it there",
            )
            .at(self.reading.span(*item), "can't run inside a transaction")
            .because("the script would stop at it with SQLSTATE 25001, and the transaction would be rolled back")
            .help("move it out of the block, into a revision of its own"),
        );
        None
    }

    /// Neighbours that may share a transaction do; a cut or a statement that can't ends the group.
    fn grouped(&self, items: &[Item], cuts: &[usize]) -> Vec<Vec<Item>> {
        let mut groups: Vec<Vec<Item>> = Vec::new();
        let mut open = false;
        for (at, item) in items.iter().enumerate() {
            let alone = self.bare(*item);
            match groups.last_mut() {
                Some(group) if open && !alone && !cuts.contains(&at) => group.push(*item),
                _ => groups.push(vec![*item]),
            }
            open = !alone;
        }
        groups
    }

    /// Steps from groups of items. A SET for the session counts for the steps after it too, so each repeats those
    /// before it: a later run begins in the middle.
    fn steps(
        &self,
        groups: impl Iterator<Item = (String, Vec<Item>)>,
        sink: &mut Sink,
    ) -> Option<Unit> {
        let reading = self.reading;
        let mut session: Vec<Item> = Vec::new();
        let mut steps = Vec::new();
        let mut whole = true;
        for (modes, own) in groups {
            let (sets, work): (Vec<Item>, Vec<Item>) =
                own.iter().partition(|item| reading.only_session(**item));
            if let Some(first) = work.first() {
                self.warn_of_call(*first, sink);
                let guard = match own.as_slice() {
                    [item] if self.bare(*item) => self.guard(*item, sink),
                    _ => Some(Guard::Transaction { modes }),
                };
                let before = pieces::pieces(reading, &session, sink);
                match (guard, before, pieces::pieces(reading, &own, sink)) {
                    (Some(guard), Some(session), Some(pieces)) => {
                        let more = if work.len() > 1 {
                            format!(" … ({} statements)", work.len())
                        } else {
                            String::new()
                        };
                        let summary = reading.first_words(*first) + &more;
                        steps.push(Step {
                            guard,
                            digest: digest(session.iter().chain(&pieces)),
                            session,
                            pieces,
                            summary,
                        });
                    }
                    _ => whole = false,
                }
            }
            session.extend(sets);
        }
        whole.then_some(Unit::Steps(steps))
    }

    /// A procedure may commit, which fails in the transaction that a step shares with its record.
    fn warn_of_call(&self, item: Item, sink: &mut Sink) {
        if self.pinned && self.reading.kind(item) == Some(StatementKind::Call) && !self.bare(item) {
            sink.push(
                Diagnostic::warning("call-in-step", "this CALL runs in a transaction, with its own record")
                    .at(self.reading.span(item), "a procedure that commits fails here (2D000)")
                    .help(format!("if it commits, and calling it twice does no harm, say so: allow = {{ {NO_RECOVERY} = \"reason\" }}")),
            );
        }
    }

    /// What makes a statement that can't be rolled back safe to run again.
    fn guard(&self, item: Item, sink: &mut Sink) -> Option<Guard> {
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
}

/// The column that an index element names; `None` for an expression.
fn plain_column(text: &str, tokens: &[lex::Token]) -> Option<String> {
    let [name, next, ..] = tokens else {
        return None;
    };
    let named = matches!(
        name.kind,
        lex::TokenKind::Word | lex::TokenKind::QuotedIdent
    );
    let called = matches!(next.kind, lex::TokenKind::OpenParen | lex::TokenKind::Dot);
    (named && !called).then(|| Ident::read(&text[name.range()]).as_str().to_owned())
}

/// Identifies a step by what it runs, blind to comments and white space: the first 64 bits of a SHA-256.
fn digest<'p>(pieces: impl Iterator<Item = &'p Piece>) -> String {
    let mut bytes = Vec::new();
    let mut add = |word: &str| {
        bytes.extend_from_slice(&(word.len() as u64).to_le_bytes());
        bytes.extend_from_slice(word.as_bytes());
    };
    for piece in pieces {
        match piece {
            Piece::Lifted { .. } => {}
            Piece::Sql { text, .. } | Piece::Carried { text, .. } => {
                for token in lex::tokens(text).filter(|token| !token.kind.is_trivia()) {
                    add(&text[token.range()]);
                }
            }
            Piece::Rows {
                table,
                columns,
                rows,
                ..
            } => {
                add(table);
                for column in columns {
                    add(column);
                }
                for cell in rows.iter().flatten() {
                    add(cell.as_deref().unwrap_or("\0"));
                }
            }
        }
    }
    seal::sha256(&bytes).hex()[..16].to_owned()
}
