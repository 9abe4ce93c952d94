//! How the statements of one script share transactions.

use super::guard::NO_RECOVERY;
use super::pieces::{self, Item, Reading};
use super::{Guard, Piece, Settings, Step, Unit};
use crate::diagnostic::{Diagnostic, Sink};
use crate::lex;
use crate::postgres::{self, StatementKind, TransactionRule};
use crate::seal;
use crate::sql::{self, Shape};
use crate::tree::{self, OnConflict, Script};

/// What an older server does not know.
const NEWER: &str = "newer-than-server";
/// What only the database decides.
const DEPENDS: &str = "maybe-in-a-transaction";

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
    context.check_server(items, sink)?;
    match shape(reading, sink)? {
        Shape::OneBlock { begin, commit } => {
            let inner: Vec<Item> = (0..items.len())
                .filter(|at| *at != begin && *at != commit)
                .map(|at| items[at])
                .collect();
            context.check_inside(&inner, sink)?;
            context.warn_of_depends(&inner, sink);
            context.check_session_modes(&items[..begin], sink)?;
            let what = "the file's own BEGIN and COMMIT are this transaction";
            let before = pieces::lifted(reading, items[begin], what);
            transaction(reading, &inner, reading.modes(items[begin]), before, sink)
        }
        Shape::Plain => {
            let cuts = context.enum_cuts();
            if !context.pinned && cuts.is_empty() && !items.iter().any(|item| context.bare(*item)) {
                context.warn_of_depends(items, sink);
                return transaction(reading, items, String::new(), Vec::new(), sink);
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
            context.check_session_modes(items, sink)?;
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

/// The same as steps, also where it could be one transaction: the author says that it is a step among others.
pub(super) fn steps(context: &Context<'_>, sink: &mut Sink) -> Option<Vec<Step>> {
    let reading = context.reading;
    let Some(first) = reading.items.first() else {
        return Some(Vec::new());
    };
    Some(match unit(context, sink)? {
        Unit::Steps(steps) => steps,
        Unit::Transaction { modes, pieces } => {
            let guard = Guard::Transaction { modes };
            let digest = digest(&guard, pieces.iter());
            vec![Step {
                guard,
                session: Vec::new(),
                pieces,
                summary: summary(reading, *first, reading.items.len()),
                digest,
            }]
        }
    })
}

/// A step's first words, and how many statements it has where they are several.
fn summary(reading: &Reading<'_>, first: Item, statements: usize) -> String {
    let more = if statements > 1 {
        format!(" … ({statements} statements)")
    } else {
        String::new()
    };
    reading.first_words(first) + &more
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

/// Everything in one transaction.
fn transaction(
    reading: &Reading<'_>,
    items: &[Item],
    modes: String,
    before: Vec<Piece>,
    sink: &mut Sink,
) -> Option<Unit> {
    let (modes, lifted, rest) = lift(reading, items, modes);
    let mut all = before;
    all.extend(lifted);
    all.extend(pieces::pieces(reading, &rest, sink)?);
    Some(Unit::Transaction { modes, pieces: all })
}

/// Takes leading SET TRANSACTIONs into the modes of the BEGIN: behind our bookkeeping they would come too late.
fn lift(reading: &Reading<'_>, items: &[Item], modes: String) -> (String, Vec<Piece>, Vec<Item>) {
    let mut all: Vec<String> = Some(modes)
        .filter(|modes| !modes.is_empty())
        .into_iter()
        .collect();
    let (mut lifted, mut rest) = (Vec::new(), Vec::new());
    let mut leading = true;
    for item in items {
        let kind = reading.kind(*item);
        if leading && kind == Some(StatementKind::SetTransaction) {
            all.push(reading.modes(*item));
            let what = "SET TRANSACTION stands in the BEGIN of this transaction";
            lifted.extend(pieces::lifted(reading, *item, what));
        } else {
            leading &= reading.only_session(*item) || kind == Some(StatementKind::SetLocal);
            rest.push(*item);
        }
    }
    (all.join(", "), lifted, rest)
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

    /// Whether a statement is all that its script does, settings aside.
    fn alone(&self, item: Item) -> bool {
        let others = |other: &Item| *other != item && !self.reading.only_session(*other);
        !self.reading.items.iter().any(others)
    }

    /// Whether a statement runs without a transaction: where the server insists; where the database decides and nothing has
    /// to be atomic with it; where the database decides and the author says so.
    pub(super) fn bare(&self, item: Item) -> bool {
        match self.rule(item) {
            TransactionRule::Never { .. } => true,
            TransactionRule::Depends { .. } => self.pinned || self.alone(item),
            // A procedure that commits runs only so; that running it again does no harm is the author's to say.
            TransactionRule::Inside => {
                self.pinned
                    && self.allows(NO_RECOVERY)
                    && self.reading.kind(item) == Some(StatementKind::Call)
            }
            TransactionRule::Control => false,
        }
    }

    /// A statement of these that an older server than the oldest would not take: the script would stop half-way there.
    fn check_server(&self, items: &[Item], sink: &mut Sink) -> Option<()> {
        let mut sound = true;
        for item in items {
            let Some((oldest, _)) = self.oldest_server(*item) else {
                continue;
            };
            if self.server < oldest {
                sound = false;
                let words = self.reading.first_words(*item);
                sink.push(
                    Diagnostic::error(NEWER, format!("`{words}` needs PostgreSQL {oldest}, and this is compiled for {} and later", self.server))
                        .at(self.reading.span(*item), "an older server refuses this")
                        .because("the script would stop here on such a server, with what stands before it applied")
                        .help(format!("if no such server is meant, say so: [target] server = {oldest}")),
                );
            }
        }
        sound.then_some(())
    }

    /// What the database decides about stays in the transaction of what it stands with: there it may fail, and nothing of
    /// the revision stays.
    fn warn_of_depends(&self, items: &[Item], sink: &mut Sink) {
        if self.allows(DEPENDS) || self.pinned {
            return;
        }
        for item in items {
            if let TransactionRule::Depends { why, .. } = self.rule(*item) {
                let words = self.reading.first_words(*item);
                sink.push(
                    Diagnostic::warning(DEPENDS, format!("`{words}` runs in a transaction here, and may not be able to"))
                        .at(self.reading.span(*item), why)
                        .because("the script would stop here with SQLSTATE 25001, and nothing of this revision would be applied")
                        .help(format!("give it a revision of its own, without BEGIN; or say why it may stay: allow = {{ {DEPENDS} = \"reason\" }}")),
                );
            }
        }
    }

    pub(super) fn allows(&self, rule: &str) -> bool {
        self.allow.iter().any(|(allowed, _)| allowed == rule)
    }

    /// Where a script must be cut so that an enum value is committed before it is used. Across rows of a file nobody
    /// looks for the value: there every ADD VALUE is cut off.
    fn enum_cuts(&self) -> Vec<usize> {
        let reading = self.reading;
        let items = &reading.items;
        if reading.has_data() {
            let adds = |at: &usize| reading.adds_enum_value(items[*at]);
            return (0..items.len())
                .filter(adds)
                .map(|at| at + 1)
                .filter(|at| *at < items.len())
                .collect();
        }
        let mut cuts = Vec::new();
        let mut all_new = postgres::uses_values_of_a_new_enum(self.server);
        for (part, text, script) in reading.texts() {
            let first = items.iter().position(|item| item.part == part).unwrap_or(0);
            let used = sql::enum_values_used_later(&text.text, script);
            all_new &= used.iter().all(|found| found.created);
            cuts.extend(used.into_iter().map(|found| first + found.added + 1));
        }
        // A new enum is let off only where nothing else cuts it from its value.
        if all_new && !items.iter().any(|item| self.bare(*item)) {
            cuts.clear();
        }
        cuts
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

    /// Modes that a session setting would give to a BEGIN behind it: ours stands before it.
    fn check_session_modes(&self, items: &[Item], sink: &mut Sink) -> Option<()> {
        let Some(item) = items.iter().find(|item| self.reading.sets_modes(**item)) else {
            return Some(());
        };
        sink.push(
            Diagnostic::error(
                "session-modes",
                "this setting is for transactions that begin after it, and ours begins before it",
            )
            .at(
                self.reading.span(*item),
                "would have no effect in the script",
            )
            .because("the file's own BEGIN … COMMIT becomes a transaction with our record in it")
            .help("write the modes into the BEGIN: BEGIN ISOLATION LEVEL SERIALIZABLE;"),
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
        let groups: Vec<(String, Vec<Item>)> = groups.collect();
        self.check_apart(&groups, sink)?;
        let mut session: Vec<Item> = Vec::new();
        let mut steps = Vec::new();
        let mut whole = true;
        for (modes, own) in groups {
            let (sets, work): (Vec<Item>, Vec<Item>) =
                own.iter().partition(|item| reading.only_session(**item));
            if let Some(first) = work.first() {
                self.warn_of_call(*first, sink);
                let (modes, mut lifted, rest) = lift(reading, &own, modes);
                let guard = match rest.as_slice() {
                    [item] if self.bare(*item) => self.guard(*item, sink),
                    together => {
                        self.warn_of_depends(together, sink);
                        Some(Guard::Transaction { modes })
                    }
                };
                let before = pieces::pieces(reading, &session, sink);
                match (guard, before, pieces::pieces(reading, &rest, sink)) {
                    (Some(guard), Some(session), Some(mut pieces)) => {
                        lifted.append(&mut pieces);
                        let pieces = lifted;
                        let summary = summary(reading, *first, work.len());
                        let digest = digest(&guard, session.iter().chain(&pieces));
                        steps.push(Step {
                            guard,
                            session,
                            pieces,
                            summary,
                            digest,
                        });
                    }
                    _ => whole = false,
                }
            }
            session.extend(sets);
        }
        whole.then_some(Unit::Steps(steps))
    }
}

/// Identifies a step by what it runs, blind to comments and white space: the first 64 bits of a SHA-256.
fn digest<'p>(guard: &Guard, pieces: impl Iterator<Item = &'p Piece>) -> String {
    let mut bytes = Vec::new();
    let mut add = |word: &str| {
        bytes.extend_from_slice(&(word.len() as u64).to_le_bytes());
        bytes.extend_from_slice(word.as_bytes());
    };
    if let Guard::Transaction { modes } = guard {
        add(modes);
    }
    for piece in pieces {
        match piece {
            Piece::Lifted { .. } => {}
            Piece::Sql { text, .. } | Piece::Carried { text, .. } | Piece::Reset { text, .. } => {
                for token in lex::tokens(text).filter(|token| !token.kind.is_trivia()) {
                    add(&text[token.range()]);
                }
            }
            Piece::Rows {
                table,
                columns,
                rows,
                key,
                on_conflict,
                ..
            } => {
                add(match on_conflict {
                    OnConflict::Error => "error",
                    OnConflict::Nothing => "nothing",
                    OnConflict::Update => "update",
                });
                for column in key {
                    add(column);
                }
                add(table);
                for column in columns {
                    add(column);
                }
                for cell in rows.iter().flatten() {
                    add(if cell.is_some() { "=" } else { "null" });
                    add(cell.as_deref().unwrap_or_default());
                }
            }
        }
    }
    seal::sha256(&bytes).hex()[..16].to_owned()
}
