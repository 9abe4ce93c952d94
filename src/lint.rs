//! Findings about single scripts: syntax that PostgreSQL's grammar does not take, statements we can't read, a way back
//! that is missing; and a rule per file, beside its page.
//!
//! Knows no catalog and no locks; what stops a script from being carried is `plan`'s to say.

mod validate_in_one_transaction;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::config::{Config, Level};
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::source::{FileId, Span};
use crate::sql::{self, ddl, judge};
use crate::tree::{Lineage, Migration, Part, Script, Text, Tree};

/// Every rule: its name, which is its findings' code, and its level where the config says nothing.
pub const RULES: [(&str, Level); 4] = [
    ("empty-downgrade", Level::Warn),
    ("missing-downgrade", Level::Warn),
    ("syntax-error", Level::Deny),
    (validate_in_one_transaction::CODE, Level::Warn),
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
    let results: Vec<(Counts, Counts, Sink)> = tree
        .migrations
        .par_iter()
        .map(|migration| {
            let (up, down, mut found) = self::migration(migration, &refused);
            for script in migration.up.iter().chain(&migration.down) {
                let server = config.target.server.value;
                validate_in_one_transaction::look(script, server, &mut found);
            }
            (up, down, found)
        })
        .collect();
    let mut total = Counts::default();
    let mut empty = Vec::new();
    for (migration, (up, down, found)) in tree.migrations.iter().zip(results) {
        total = total.and(up).and(down);
        for diagnostic in found.diagnostics() {
            judged(diagnostic.clone(), Some(migration), config, sink);
        }
        if migration.down.is_some()
            && migration.irreversible.is_none()
            && up.statements > 0
            && down.statements == 0
            && !refused.has(migration.at.file)
        {
            empty.push(migration);
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
    let missing = |migration: &&Migration| {
        migration.down.is_none()
            && migration.irreversible.is_none()
            && !refused.has(migration.at.file)
    };
    let missing: Vec<&Migration> = tree.migrations.iter().filter(missing).collect();
    no_way_back(&MISSING, &missing, tree, config, sink);
    no_way_back(&EMPTY, &empty, tree, config, sink);
    total
}

/// Syntax errors in some revisions, as warnings: a release may be wanted all the same (a downgrade that never ran).
pub fn warn(tree: &Tree, revisions: &[usize], sink: &mut Sink) {
    let refused = Refused::of(sink);
    let found: Vec<Sink> = revisions
        .par_iter()
        .map(|revision| migration(&tree.migrations[*revision], &refused).2)
        .collect();
    for diagnostic in found.iter().flat_map(Sink::diagnostics) {
        let mut diagnostic = diagnostic.clone();
        diagnostic.severity = diagnostic.severity.min(Severity::Warning);
        sink.push(diagnostic);
    }
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

fn migration(migration: &Migration, refused: &Refused) -> (Counts, Counts, Sink) {
    let mut sink = Sink::default();
    let mut read = |script: &Option<Script>| {
        script
            .as_ref()
            .map(|script| self::script(script, refused, &mut sink))
            .unwrap_or_default()
    };
    let (up, down) = (read(&migration.up), read(&migration.down));
    (up, down, sink)
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

/// What is said of revisions without a way back.
struct NoWayBack {
    code: &'static str,
    one: &'static str,
    several: &'static str,
    because: &'static str,
    help: &'static str,
}

const MISSING: NoWayBack = NoWayBack {
    code: "missing-downgrade",
    one: "has no downgrade, and nothing says why",
    several: "have no downgrade",
    because: "a downgrade.sql stops above it",
    help: "write the downgrade, or say why there is none: --! downgrade { irreversible = \"reason\" }",
};

const EMPTY: NoWayBack = NoWayBack {
    code: "empty-downgrade",
    one: "has an empty downgrade, and its upgrade is not empty",
    several: "have an empty downgrade for an upgrade that is not empty",
    because: "a downgrade.sql would take the record away and leave in the database what the upgrade did",
    help: "write the SQL that undoes it, or say that nothing can: --! downgrade { irreversible = \"reason\" }",
};

/// A tree of a tool that has no downgrades would repeat itself for every file, so numbered trees get one finding.
fn no_way_back(
    rule: &NoWayBack,
    found: &[&Migration],
    tree: &Tree,
    config: &Config,
    sink: &mut Sink,
) {
    let NoWayBack {
        code,
        one,
        several,
        because,
        help,
    } = *rule;
    match (tree.lineage, found) {
        (_, []) => {}
        (Lineage::Parents, found) => {
            for migration in found {
                let at = migration
                    .down
                    .as_ref()
                    .map_or(migration.at, |script| script.body);
                let diagnostic =
                    Diagnostic::warning(code, format!("revision {} {one}", migration.id))
                        .at(at, "")
                        .because(because)
                        .help(help);
                judged(diagnostic, Some(migration), config, sink);
            }
        }
        (Lineage::Numbered, [first, ..]) => {
            let (count, all) = (found.len(), tree.migrations.len());
            let diagnostic =
                Diagnostic::warning(code, format!("{count} of {all} revisions {several}"))
                    .at(first.at, "the first of them")
                    .because(because)
                    .help("write the down files, if there should be a way back");
            judged(diagnostic, None, config, sink);
        }
    }
}
