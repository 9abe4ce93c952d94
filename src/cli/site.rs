//! The tree that `revision` and `merge` write into: what a new revision may stand on, and its file.

use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};

use super::context::Context;
use super::disk;
use super::output::{Ending, Output, Stop, failed};
use super::world;
use crate::author::{self, New};
use crate::compile;
use crate::config::Config;
use crate::config::table::is_unprintable;
use crate::diagnostic::{Diagnostic, Sink};
use crate::graph::{self, Graph};
use crate::name::{self, RevisionId};
use crate::tree::{Tree, layout};

/// How a new revision is named, beside its message.
#[derive(Debug, clap::Args)]
pub(super) struct Names {
    /// Name the branch that begins with it; more than one may be given
    #[arg(long, value_name = "NAME")]
    branch_label: Vec<String>,
    /// Its id [default: twelve random hex digits]
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
}

/// A revision that is to be written.
pub(super) struct Draft<'a> {
    pub(super) names: &'a Names,
    pub(super) parents: &'a [usize],
    pub(super) message: &'a str,
    pub(super) depends_on: &'a [String],
    pub(super) content: author::Content<'a>,
}

impl Names {
    /// Whether the branch has a name.
    pub(super) fn has_label(&self) -> bool {
        !self.branch_label.is_empty()
    }
}

/// A tree that is sound, and takes native files.
pub(super) struct Site {
    pub(super) config: Config,
    pub(super) tree: Tree,
    pub(super) graph: Graph,
}

/// A message that says something and stays on its line.
pub(super) fn check_message(message: &str) -> Ending {
    if message.trim().is_empty() {
        return Err(Stop::Failed(
            "the message is empty; say in a few words what the revision is for".to_owned(),
        ));
    }
    let steers = |char: &char| is_unprintable(*char) && !char.is_whitespace();
    if let Some(char) = message.chars().find(steers) {
        return Err(Stop::Failed(format!(
            "the message holds the control character {}; write it without",
            char.escape_unicode()
        )));
    }
    Ok(())
}

impl Site {
    /// Reads the tree; an error in it ends the command.
    pub(super) fn read(context: &Context, output: &mut Output<'_>) -> Result<Self, Stop> {
        let config = context.config(output)?;
        let mut sink = Sink::default();
        let compile::Ordered { tree, graph } =
            compile::ordered(&context.cwd, &config, &mut sink).map_err(failed)?;
        if sink.has_errors() {
            output.report(&sink, &tree.sources)?;
        }
        let graph = graph.ok_or(Stop::Findings)?;
        if graph.is_numbered() {
            return Err(Stop::Failed(format!(
                "this tree has the {} layout, and signoff writes native files; add the next files by hand, as {} does",
                tree.layout, tree.layout
            )));
        }
        Ok(Self {
            config,
            tree,
            graph,
        })
    }

    /// What these expressions name, each once and in the order of the words; none of it stands on another.
    pub(super) fn named(
        &self,
        expressions: &[String],
        output: &mut Output<'_>,
    ) -> Result<Vec<usize>, Stop> {
        let mut named = Vec::new();
        for expression in expressions {
            let found = graph::revisions(&self.graph, &self.tree, expression)
                .map_err(|diagnostic| output.refuse(diagnostic, &self.tree.sources))?;
            if found.is_empty() && expressions.len() > 1 {
                let told = format!(
                    "`{}` is no revision, so nothing can be joined with it",
                    expression.escape_debug()
                );
                let diagnostic = Diagnostic::error("base-and-more", told)
                    .help("name it alone where a new base is meant, else leave it out");
                return Err(output.refuse(diagnostic, &self.tree.sources));
            }
            for revision in found {
                if !named.contains(&revision) {
                    named.push(revision);
                }
            }
        }
        let tips = self.graph.tips(&named);
        if let Some(below) = named.iter().find(|revision| !tips.contains(revision)) {
            let above = tips
                .iter()
                .find(|tip| self.graph.tips(&[**tip, *below]).len() == 1);
            let above = above.expect("what is no tip stands below one");
            let told = format!(
                "{} stands on {} already, so there is nothing to join",
                self.shown(*above),
                self.shown(*below)
            );
            let diagnostic = Diagnostic::error("one-line", told)
                .at(self.tree.migrations[*above].at, "stands on the other")
                .at(self.tree.migrations[*below].at, "the other")
                .help(format!("leave {} out", self.shown(*below)));
            return Err(output.refuse(diagnostic, &self.tree.sources));
        }
        Ok(named)
    }

    /// Refuses a parent that other revisions stand on already; `help` is what to type instead.
    pub(super) fn refuse_branch(
        &self,
        parents: &[usize],
        help: &str,
        output: &mut Output<'_>,
    ) -> Ending {
        let heads = self.graph.heads();
        let Some(parent) = parents.iter().find(|parent| !heads.contains(parent)) else {
            return Ok(());
        };
        let child = self.graph.children(*parent)[0];
        let which = if heads.len() == 1 {
            "a second"
        } else {
            "another"
        };
        let told = format!(
            "{} is not a head: {} stands on it, and a new revision there would make {which} head",
            self.shown(*parent),
            self.shown(child)
        );
        let diagnostic = Diagnostic::error("not-a-head", told)
            .at(self.tree.migrations[*parent].at, "not a head")
            .at(self.tree.migrations[child].at, "stands on it")
            .because("while a tree has several heads, nobody is given a script for `head` until one is named or all are joined")
            .help(help);
        Err(output.refuse(diagnostic, &self.tree.sources))
    }

    /// What a revision on these parents depends on: labels as they are, everything else as whole ids.
    pub(super) fn dependencies(
        &self,
        expressions: &[String],
        parents: &[usize],
        output: &mut Output<'_>,
    ) -> Result<Vec<String>, Stop> {
        let below = self.graph.ancestors(parents);
        let mut names = Vec::new();
        for expression in expressions {
            let found = graph::revisions(&self.graph, &self.tree, expression)
                .map_err(|diagnostic| output.refuse(diagnostic, &self.tree.sources))?;
            if found.is_empty() {
                let told = format!(
                    "`{}` is no revision to depend on",
                    expression.escape_debug()
                );
                let diagnostic = Diagnostic::error("no-dependency", told).help(
                    "name a revision or a label of another branch; `signoff history` lists them",
                );
                return Err(output.refuse(diagnostic, &self.tree.sources));
            }
            if let Some(applied) = found.iter().find(|revision| below[**revision]) {
                let told = format!(
                    "{} is applied before the new revision anyway: it is below what that stands on",
                    self.shown(*applied)
                );
                let diagnostic = Diagnostic::error("dependency-below", told)
                    .at(self.tree.migrations[*applied].at, "applied before it")
                    .help(format!(
                        "leave --depends-on {} out",
                        expression.escape_debug()
                    ));
                return Err(output.refuse(diagnostic, &self.tree.sources));
            }
            if self.graph.label(expression).is_some() {
                names.push(expression.clone());
                continue;
            }
            let ids = found
                .iter()
                .map(|revision| &self.tree.migrations[*revision].id);
            names.extend(ids.map(ToString::to_string));
        }
        Ok(once(&names))
    }

    /// The upgrade that a file holds, or standard input where that is called `-`.
    pub(super) fn sql(
        &mut self,
        context: &Context,
        file: &Utf8Path,
        input: &mut dyn Read,
        output: &mut Output<'_>,
    ) -> Result<String, Stop> {
        let (shown, bytes) = if file == "-" {
            let mut bytes = Vec::new();
            input
                .read_to_end(&mut bytes)
                .map_err(|error| Stop::Failed(format!("cannot read standard input: {error}")))?;
            (Utf8Path::new("standard input"), bytes)
        } else {
            (file, disk::bytes(&context.cwd, file).map_err(failed)?)
        };
        let mut sink = Sink::default();
        let sources = &mut self.tree.sources;
        let text = layout::given(shown, bytes, sources, &mut sink).map_err(failed)?;
        output.show(&sink, sources)?;
        text.ok_or(Stop::Refused)
    }

    /// Writes the file of a revision, and prints where.
    pub(super) fn write(
        &self,
        context: &Context,
        draft: &Draft<'_>,
        output: &mut Output<'_>,
    ) -> Result<Utf8PathBuf, Stop> {
        let (shown, text) = self.drawn_up(context, draft, output)?;
        disk::create(&context.cwd, &shown, &text).map_err(failed)?;
        output.print(&format!("{shown}\n"))?;
        Ok(shown)
    }

    /// The file of a revision and its text.
    pub(super) fn drawn_up(
        &self,
        context: &Context,
        draft: &Draft<'_>,
        output: &mut Output<'_>,
    ) -> Result<(Utf8PathBuf, String), Stop> {
        let id = self.id(draft.names)?;
        let labels = self.labels(draft.names, &id, output)?;
        let parents: Vec<RevisionId> = draft
            .parents
            .iter()
            .map(|parent| self.tree.migrations[*parent].id.clone())
            .collect();
        let new = New {
            id: &id,
            parents: &parents,
            message: draft.message,
            created: match draft.content.created() {
                Some(created) => Some(created),
                None => Some(world::now(&context.environment).map_err(Stop::Failed)?),
            },
            labels: &labels,
            depends_on: draft.depends_on,
        };
        let template = &self.config.migrations.file_template.value;
        let name = author::file_name(template, &new).map_err(failed)?;
        Ok((
            self.tree.root.join(name),
            author::migration(&new, draft.content),
        ))
    }

    /// A revision as messages name it.
    pub(super) fn shown(&self, revision: usize) -> String {
        format!("`{}`", self.tree.migrations[revision].id)
    }

    /// An id that nothing in the tree is called.
    fn id(&self, names: &Names) -> Result<RevisionId, Stop> {
        let id = match &names.rev_id {
            Some(text) => RevisionId::native(text).map_err(|why| {
                let shown = text.escape_debug();
                Stop::Failed(format!("`{shown}` can't be a revision id: {why}"))
            })?,
            None => author::new_id(world::chance()),
        };
        let taken = if self.graph.find(id.as_str()).is_some() {
            "revision"
        } else if self.graph.replacement(id.as_str()).is_some() {
            "revision that was squashed,"
        } else if self.graph.label(id.as_str()).is_some() {
            "label"
        } else {
            return Ok(id);
        };
        Err(Stop::Failed(format!(
            "there is a {taken} {id} already; choose another id"
        )))
    }

    /// Labels that the tree can take in.
    fn labels(
        &self,
        names: &Names,
        id: &RevisionId,
        output: &mut Output<'_>,
    ) -> Result<Vec<String>, Stop> {
        for label in &names.branch_label {
            if let Err(why) = name::word(label) {
                let shown = label.escape_debug();
                return Err(Stop::Failed(format!("`{shown}` can't be a label: {why}")));
            }
            if label == id.as_str() {
                return Err(Stop::Failed(format!(
                    "`{label}` can't be the revision's id and its label; choose another label"
                )));
            }
            let (taken, told) = match (self.graph.find(label), self.graph.label(label)) {
                (Some(revision), _) => (revision, format!("`{label}` is the id of a revision")),
                (None, Some(revision)) => (
                    revision,
                    format!(
                        "the label `{label}` belongs to {} already",
                        self.shown(revision)
                    ),
                ),
                (None, None) => continue,
            };
            let diagnostic = Diagnostic::error("label-taken", told)
                .at(self.tree.migrations[taken].at, "this revision")
                .because("an expression that says this word would mean two things, so nobody would be given a script")
                .help("choose another label");
            return Err(output.refuse(diagnostic, &self.tree.sources));
        }
        Ok(once(&names.branch_label))
    }
}

/// Each once, in their order.
fn once(names: &[String]) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for name in names {
        if !once.contains(name) {
            once.push(name.clone());
        }
    }
    once
}
