//! Findings about single scripts: syntax that PostgreSQL's grammar does not take, statements we can't read, directions
//! that are missing or empty; and a rule per file, beside its page.
//!
//! Knows no catalog and no locks; what stops a script from being carried is `plan`'s to say.

mod drops_repeatable;
mod empty_upgrade;
mod validate_in_one_transaction;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::config::{Config, Level};
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::lex::{self, TokenKind};
use crate::source::{FileId, Span};
use crate::sql::{self, ddl, judge};
use crate::tree::{Direction, Lineage, Migration, Part, Script, Text, Tree};

/// Every rule: its name, which is its findings' code, and its level where the config says nothing.
pub const RULES: [(&str, Level); 6] = [
    (drops_repeatable::CODE, Level::Warn),
    ("empty-downgrade", Level::Warn),
    (empty_upgrade::CODE, Level::Warn),
    ("missing-downgrade", Level::Warn),
    ("syntax-error", Level::Deny),
    (validate_in_one_transaction::CODE, Level::Warn),
];

/// What rules find and why it hurts, by code.
pub const PAGES: [(&str, &str); 3] = [
    (
        drops_repeatable::CODE,
        include_str!("lint/drops_repeatable.md"),
    ),
    (empty_upgrade::CODE, include_str!("lint/empty_upgrade.md")),
    (
        validate_in_one_transaction::CODE,
        include_str!("lint/validate_in_one_transaction.md"),
    ),
];

/// What was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Statements in all scripts.
    pub statements: usize,
    /// Those that could not be analysed; they are emitted as they are written.
    pub unread: usize,
}

/// Looks at every script of the tree.
pub fn check(tree: &Tree, config: &Config, sink: &mut Sink) -> Counts {
    for name in config
        .rules
        .keys()
        .filter(|name| RULES.iter().all(|(rule, _)| rule != name))
    {
        let rules: Vec<&str> = RULES.iter().map(|(rule, _)| *rule).collect();
        sink.push(
            Diagnostic::warning(
                "unknown-rule",
                format!("[rules] names `{name}`, and there is no such rule"),
            )
            .help(format!("rules are {}", rules.join(", "))),
        );
    }
    let refused = Refused::of(sink);
    let made = drops_repeatable::made(tree);
    let all: Vec<&Migration> = tree.migrations.iter().collect();
    let results: Vec<(Counts, Sink)> = all
        .par_iter()
        .map(|migration| {
            let (counts, mut found) = self::migration(migration, &refused);
            for script in migration.up.iter().chain(&migration.down) {
                let server = config.target.server.value;
                validate_in_one_transaction::look(script, server, &mut found);
            }
            drops_repeatable::look(tree, &made, migration, &mut found);
            (counts, found)
        })
        .collect();
    let mut total = Counts::default();
    for (migration, (counts, found)) in all.iter().zip(results) {
        total = total.and(counts);
        for diagnostic in found.diagnostics() {
            judged(diagnostic.clone(), Some(migration), config, sink);
        }
    }
    for repeatable in &tree.repeatables {
        let mut found = Sink::default();
        let counts = script(&repeatable.apply, &refused, &mut found);
        total = total.and(counts);
        for diagnostic in found.diagnostics() {
            judged(diagnostic.clone(), None, config, sink);
        }
    }
    for lack in [&MISSING_DOWNGRADE, &EMPTY_DOWNGRADE, &empty_upgrade::LACK] {
        lacking(lack, tree, &all, &refused, config, sink);
    }
    total
}

/// What must be known of some revisions before they are released: syntax errors, empty directions, repeatables that would
/// be gone. None is more than a warning: a release may be wanted all the same (a downgrade that never ran).
pub fn warn(tree: &Tree, config: &Config, revisions: &[usize], sink: &mut Sink) {
    let refused = Refused::of(sink);
    let made = drops_repeatable::made(tree);
    let some = some(tree, revisions);
    let results: Vec<Sink> = some
        .par_iter()
        .map(|migration| {
            let (_, mut found) = self::migration(migration, &refused);
            drops_repeatable::look(tree, &made, migration, &mut found);
            found
        })
        .collect();
    let mut found = Sink::default();
    for (migration, result) in some.iter().zip(results) {
        for diagnostic in result.diagnostics() {
            judged(diagnostic.clone(), Some(migration), config, &mut found);
        }
    }
    for lack in [&EMPTY_DOWNGRADE, &empty_upgrade::LACK] {
        lacking(lack, tree, &some, &refused, config, &mut found);
    }
    for diagnostic in found.diagnostics() {
        let mut diagnostic = diagnostic.clone();
        diagnostic.severity = diagnostic.severity.min(Severity::Warning);
        sink.push(diagnostic);
    }
}

/// What must be known of some revisions before they are sealed: an upgrade that is not written yet.
pub fn unwritten(tree: &Tree, config: &Config, revisions: &[usize], sink: &mut Sink) {
    let refused = Refused::of(sink);
    let some = some(tree, revisions);
    for unwritten in some.iter().filter_map(|migration| migration.unwritten()) {
        sink.push(unwritten);
    }
    lacking(&empty_upgrade::LACK, tree, &some, &refused, config, sink);
}

fn some<'t>(tree: &'t Tree, revisions: &[usize]) -> Vec<&'t Migration> {
    let some = revisions.iter().map(|revision| &tree.migrations[*revision]);
    some.collect()
}

impl Counts {
    /// Both together.
    #[must_use]
    fn and(self, other: Self) -> Self {
        Self {
            statements: self.statements + other.statements,
            unread: self.unread + other.unread,
        }
    }
}

/// A finding at the level that the config and the header give its rule.
fn judged(
    mut diagnostic: Diagnostic,
    migration: Option<&Migration>,
    config: &Config,
    sink: &mut Sink,
) {
    let code = diagnostic.code;
    if migration.is_some_and(|migration| migration.allow.iter().any(|(rule, _)| rule == code)) {
        return;
    }
    let own = RULES
        .iter()
        .find(|(rule, _)| *rule == code)
        .map(|(_, level)| *level);
    let level = config.rules.get(code).map(|setting| setting.value).or(own);
    diagnostic.severity = match level {
        Some(Level::Allow) => return,
        Some(Level::Warn) => Severity::Warning,
        Some(Level::Deny) => Severity::Error,
        None => diagnostic.severity,
    };
    sink.push(diagnostic);
}

/// Where errors were reported before: what is said of the same statement, or of what a broken file seems to lack,
/// would be noise.
struct Refused(BTreeSet<Span>);

impl Refused {
    fn of(sink: &Sink) -> Self {
        let errors = sink
            .diagnostics()
            .iter()
            // A changed seal says nothing about the text.
            .filter(|diagnostic| {
                diagnostic.severity == Severity::Error && !diagnostic.code.starts_with("seal-")
            });
        Self(
            errors
                .filter_map(|error| Some(error.labels.first()?.span))
                .collect(),
        )
    }

    /// Whether an error begins within these bytes.
    fn within(&self, span: Span) -> bool {
        let first = Span { end: 0, ..span };
        let next = self.0.range(first..).next();
        next.is_some_and(|error| error.file == span.file && error.start < span.end)
    }

    /// Whether an error was reported in this file.
    fn has(&self, file: FileId) -> bool {
        let first = Span::new(file, 0..0);
        let next = self.0.range(first..).next();
        next.is_some_and(|error| error.file == file)
    }
}

fn migration(migration: &Migration, refused: &Refused) -> (Counts, Sink) {
    let mut sink = Sink::default();
    let mut counts = Counts::default();
    for script in migration.up.iter().chain(&migration.down) {
        counts = counts.and(self::script(script, refused, &mut sink));
    }
    (counts, sink)
}

fn script(script: &Script, refused: &Refused, sink: &mut Sink) -> Counts {
    let mut counts = Counts::default();
    for part in &script.parts {
        let Part::Sql(text) = part else { continue };
        let read = sql::read(&text.text);
        // What is not closed is reported where it opens; everything after it would be noise.
        if read.unclosed.is_some() {
            continue;
        }
        for statement in &read.statements {
            counts.statements += 1;
            if refused.within(text.locate(statement.raw.start..statement.raw.end)) {
                continue;
            }
            match judge::syntax_error(&text.text, statement) {
                Some(objection) => sink.push(syntax(text, objection)),
                None if ddl::read(&text.text, statement) == ddl::Reading::Unread => {
                    counts.unread += 1;
                }
                None => {}
            }
        }
    }
    counts
}

fn syntax(text: &Text, objection: sql::Objection) -> Diagnostic {
    Diagnostic::error(objection.code, objection.message)
        .at(text.locate(objection.range), "")
        .help(objection.help)
}

/// What is said of revisions that lack something.
struct Lack {
    code: &'static str,
    is_lacking: fn(&Migration) -> bool,
    /// What is looked at, where it is there.
    direction: Direction,
    one: &'static str,
    several: &'static str,
    because: &'static str,
    help: &'static str,
    /// Where a number orders the tree: there a file is a direction.
    help_numbered: &'static str,
}

const MISSING_DOWNGRADE: Lack = Lack {
    code: "missing-downgrade",
    is_lacking: |migration| migration.down.is_none() && migration.irreversible.is_none(),
    direction: Direction::Down,
    one: "has no downgrade, and nothing says why",
    several: "have no downgrade",
    because: "a downgrade.sql stops above it",
    help: "write the downgrade, or say why there is none: --! downgrade { irreversible = \"reason\" }",
    help_numbered: "write the down files, if there should be a way back",
};

const EMPTY_DOWNGRADE: Lack = Lack {
    code: "empty-downgrade",
    is_lacking: |migration| {
        migration.down.as_ref().is_some_and(is_empty)
            && migration.up.as_ref().is_some_and(|up| !is_empty(up))
    },
    direction: Direction::Down,
    one: "has an empty downgrade, and its upgrade is not empty",
    several: "have an empty downgrade for an upgrade that is not empty",
    because: "a downgrade.sql would take the record away and leave in the database what the upgrade did",
    help: "write the SQL that undoes it, or say that nothing can: --! downgrade { irreversible = \"reason\" }",
    help_numbered: "write the down files, if there should be a way back",
};

/// Whether nothing runs: no statement, no row.
fn is_empty(script: &Script) -> bool {
    script.parts.iter().all(|part| match part {
        Part::Sql(text) => lex::tokens(&text.text)
            .all(|token| token.kind.is_trivia() || token.kind == TokenKind::Semicolon),
        Part::Data(data) => data.rows.is_empty(),
        Part::Step(_) => true,
    })
}

/// A tree of a tool that has no downgrades would repeat itself for every file, so numbered trees get one finding.
fn lacking(
    lack: &Lack,
    tree: &Tree,
    among: &[&Migration],
    refused: &Refused,
    config: &Config,
    sink: &mut Sink,
) {
    let found = among
        .par_iter()
        .filter(|migration| (lack.is_lacking)(migration) && !refused.has(migration.at.file));
    let found: Vec<&Migration> = found.copied().collect();
    match (tree.lineage, found.as_slice()) {
        (_, []) => {}
        (Lineage::Parents, found) => {
            for migration in found {
                let script = migration.script(lack.direction);
                let told = format!("revision {} {}", migration.id, lack.one);
                let diagnostic = Diagnostic::warning(lack.code, told)
                    .at(script.map_or(migration.at, |script| script.body), "")
                    .because(lack.because)
                    .help(lack.help);
                judged(diagnostic, Some(migration), config, sink);
            }
        }
        (Lineage::Numbered, found @ [first, ..]) => {
            let (count, all) = (found.len(), among.len());
            let told = format!("{count} of {all} revisions {}", lack.several);
            let diagnostic = Diagnostic::warning(lack.code, told)
                .at(first.at, "the first of them")
                .because(lack.because)
                .help(lack.help_numbered);
            judged(diagnostic, None, config, sink);
        }
    }
}
