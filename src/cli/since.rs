//! `check --since`: what git keeps of the tree, held against the tree as it is.

use std::fmt::Write as _;

use serde_json::json;

use super::context::Context;
use super::git;
use super::output::{Output, Stop, failed};
use crate::compile::{self, Sealed};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Sink};
use crate::since::{self, State};
use crate::tree::Tree;

/// What is new since a commit.
pub(super) struct Since {
    name: String,
    commit: String,
    fork: Option<String>,
    added: Vec<usize>,
    /// Whether two people made a head each, which was reported.
    pub(super) forked: bool,
}

/// Compares the tree with what it was at a commit.
pub(super) fn compare(
    context: &Context,
    config: &Config,
    sealed: &Sealed,
    name: &str,
    sink: &mut Sink,
) -> Result<Since, Stop> {
    let folder = context.cwd.join(&config.migrations.path.value);
    let past = git::past(&folder, &sealed.tree.root, name).map_err(Stop::Failed)?;
    let state = |files: Option<git::Files>| -> Result<Option<State>, Stop> {
        let files = files.map(|files| compile::earlier(sealed, config, files));
        files.transpose().map_err(failed)
    };
    let there = state(past.there)?;
    let at_fork = state(past.at_fork)?;
    let is_merged = past.fork.as_ref() == Some(&past.commit);
    // Whoever typed it may have typed anything.
    let name = name.escape_debug().to_string();
    let states = since::Past {
        name: &name,
        there: there.as_ref(),
        fork: if is_merged {
            there.as_ref()
        } else {
            at_fork.as_ref()
        },
    };
    let since::Since { added, forked } = compile::since(sealed, &states, sink);
    Ok(Since {
        name,
        commit: past.commit,
        fork: past.fork,
        added,
        forked,
    })
}

impl Since {
    /// What is new, a line each.
    pub(super) fn list(&self, tree: &Tree, output: &Output<'_>) -> String {
        let name = &self.name;
        let mut list = match self.added.len() {
            0 => format!("no new revision since {name}\n"),
            1 => format!("1 new revision since {name}\n"),
            count => format!("{count} new revisions since {name}\n"),
        };
        for revision in &self.added {
            let migration = &tree.migrations[*revision];
            let style = anstyle::AnsiColor::Yellow.on_default();
            writeln!(
                list,
                "  {}  {} ({})",
                output.paint(style, migration.id.as_str()),
                migration.message,
                tree.sources.path(migration.at.file)
            )
            .expect("a string takes all");
        }
        list
    }

    /// What is new, where there is no place for a list.
    pub(super) fn notes(&self, tree: &Tree) -> Sink {
        let mut sink = Sink::default();
        for revision in &self.added {
            let migration = &tree.migrations[*revision];
            let told = format!(
                "revision `{}` is new since `{}`: {}",
                migration.id, self.name, migration.message
            );
            sink.push(Diagnostic::note("since-added", told).at(migration.at, "new"));
        }
        sink
    }

    /// The same for programs.
    pub(super) fn object(&self, tree: &Tree) -> serde_json::Value {
        let added = self.added.iter().map(|revision| {
            let migration = &tree.migrations[*revision];
            json!({
                "id": migration.id,
                "message": migration.message,
                "file": tree.sources.path(migration.at.file),
            })
        });
        json!({
            "ref": self.name,
            "commit": self.commit,
            "fork": self.fork,
            "added": added.collect::<Vec<_>>(),
        })
    }
}
