//! Findings about single scripts: syntax that PostgreSQL's grammar does not take, statements we can't read, a way back
//! that is missing.
//!
//! Knows no catalog and no locks; what stops a script from being carried is `plan`'s to say.

use rayon::prelude::*;

use crate::config::{Config, Level};
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::sql::{self, ddl, judge};
use crate::tree::{Direction, Lineage, Migration, Part, Script, Text, Tree};

/// Every rule: its name, which is its findings' code, and its level where the config says nothing.
pub const RULES: [(&str, Level); 2] = [
    ("missing-downgrade", Level::Warn),
    ("syntax-error", Level::Deny),
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
    let results: Vec<(Counts, Sink)> = tree.migrations.par_iter().map(migration).collect();
    let mut total = Counts::default();
    for (migration, (counts, found)) in tree.migrations.iter().zip(results) {
        total.statements += counts.statements;
        total.unread += counts.unread;
        for diagnostic in found.diagnostics() {
            judged(diagnostic.clone(), Some(migration), config, sink);
        }
    }
    for repeatable in &tree.repeatables {
        let mut found = Sink::default();
        let counts = script(&repeatable.apply, &mut found);
        total.statements += counts.statements;
        total.unread += counts.unread;
        for diagnostic in found.diagnostics() {
            judged(diagnostic.clone(), None, config, sink);
        }
    }
    missing_downgrades(tree, config, sink);
    total
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

fn migration(migration: &Migration) -> (Counts, Sink) {
    let mut sink = Sink::default();
    let mut counts = Counts::default();
    for script in [Direction::Up, Direction::Down]
        .iter()
        .filter_map(|direction| migration.script(*direction))
    {
        let found = self::script(script, &mut sink);
        counts.statements += found.statements;
        counts.unread += found.unread;
    }
    (counts, sink)
}

fn script(script: &Script, sink: &mut Sink) -> Counts {
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

/// A tree of a tool without downgrades would repeat itself for every file, so numbered trees get one finding.
fn missing_downgrades(tree: &Tree, config: &Config, sink: &mut Sink) {
    let missing: Vec<&Migration> = tree
        .migrations
        .iter()
        .filter(|migration| migration.down.is_none() && migration.irreversible.is_none())
        .collect();
    match (tree.lineage, missing.as_slice()) {
        (_, []) => {}
        (Lineage::Parents, missing) => {
            for migration in missing {
                let diagnostic = Diagnostic::warning("missing-downgrade", format!("revision {} has no way back, and nothing says why", migration.id))
                    .at(migration.at, "neither a downgrade nor a reason")
                    .because("downgrade.sql stops above it")
                    .help("write `--! downgrade` with the SQL, or `--! downgrade { irreversible = \"reason\" }`");
                judged(diagnostic, Some(migration), config, sink);
            }
        }
        (Lineage::Numbered, [first, ..]) => {
            let count = missing.len();
            let diagnostic = Diagnostic::warning(
                "missing-downgrade",
                format!(
                    "{count} of {} revisions have no downgrade",
                    tree.migrations.len()
                ),
            )
            .at(first.at, "the first of them")
            .because("a downgrade.sql stops above the newest of them")
            .help("write the down files that are missing, if there should be a way back");
            judged(diagnostic, None, config, sink);
        }
    }
}
