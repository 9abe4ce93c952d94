//! `signoff rebase`

#![expect(
    clippy::result_large_err,
    reason = "a move is refused at most once in a run, and the error is printed at once"
)]

use camino::Utf8PathBuf;

use super::context::Context;
use super::disk;
use super::output::{Ending, Output, Stop, failed};
use super::site::Site;
use crate::author;
use crate::config::table::list_first;
use crate::diagnostic::{Diagnostic, Sink};
use crate::graph::{self, Rebase};
use crate::seal::{self, Seals};
use crate::tree::layout;

/// Move revisions that are not published onto another head
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Any revision of the line that moves [default: the one of two lines that is not published]
    #[arg(value_name = "REV")]
    revision: Option<String>,
    /// What the line is to stand on [default: the other head]
    #[arg(long, value_name = "REV")]
    onto: Option<String>,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

const EXAMPLES: &str = "\
Examples:
  signoff rebase                       two heads, and only one line is not published: it moves
  signoff rebase 5b1e                  that line, onto the other head
  signoff rebase 5b1e --onto 27da      onto this one
  signoff rebase 5b1e --dry-run        what would change

All that 5b1e stands on and 27da does not moves, and what stands on it; in the files only the
`revises` of the lowest changes. Published revisions never move: `signoff merge` joins those. A
database that has what moves (your own, a test system's) would get what now comes before it
afterwards: where that makes a difference, revert it there before you move it.";

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let site = Site::read(context, output)?;
    let mut sink = Sink::default();
    let seals = seal::read(&site.tree, &mut sink);
    output.report(&sink, &site.tree.sources)?;
    let seals = seals.ok_or(Stop::Findings)?;
    let seen = Seen {
        site: &site,
        seals: &seals,
    };
    let line = seen.one(arguments.revision.as_deref(), output)?;
    let onto = seen.one(arguments.onto.as_deref(), output)?;
    let plan = seen
        .plan(line, onto)
        .map_err(|diagnostic| output.refuse(diagnostic, &site.tree.sources))?;
    let files = new_files(context, &site, &plan)?;
    if !arguments.dry_run {
        disk::replace_all(&context.cwd, &files).map_err(failed)?;
    }
    seen.tell(&plan, arguments.dry_run, output)
}

/// What moves, and onto what.
struct Plan {
    onto: usize,
    rebase: Rebase,
}

/// The tree, and what of it is published.
struct Seen<'a> {
    site: &'a Site,
    seals: &'a Seals,
}

impl Seen<'_> {
    fn plan(&self, line: Option<usize>, onto: Option<usize>) -> Result<Plan, Diagnostic> {
        match (line, onto) {
            (Some(line), Some(onto)) => self.unsealed(line, onto),
            (Some(line), None) => self.unsealed(line, self.other_head(line)?),
            (None, Some(onto)) => self.not_a_base(self.unsealed(self.other_line(onto)?, onto)?),
            (None, None) => self.not_a_base(self.the_unpublished()?),
        }
    }

    /// The one revision that an expression names, where there is one.
    fn one(
        &self,
        expression: Option<&str>,
        output: &mut Output<'_>,
    ) -> Result<Option<usize>, Stop> {
        let Some(expression) = expression else {
            return Ok(None);
        };
        let Site { tree, graph, .. } = self.site;
        let found = graph::revisions(graph, tree, expression)
            .map_err(|diagnostic| output.refuse(diagnostic, &tree.sources))?;
        if let [revision] = found.as_slice() {
            return Ok(Some(*revision));
        }
        let told = format!(
            "`{}` is {}, and a line moves onto one revision",
            expression.escape_debug(),
            match found.len() {
                0 => "no revision".to_owned(),
                count => format!("{count} revisions"),
            }
        );
        let diagnostic = Diagnostic::error("not-one-revision", told)
            .help("name one; `signoff heads` lists where lines end");
        Err(output.refuse(diagnostic, &tree.sources))
    }

    fn other_head(&self, line: usize) -> Result<usize, Diagnostic> {
        let graph = &self.site.graph;
        let above = graph.heads_above(line);
        let others = graph.heads().iter().copied();
        let others: Vec<usize> = others.filter(|head| !above.contains(head)).collect();
        let shown = self.site.shown(line);
        match others.as_slice() {
            [other] => Ok(*other),
            [] => Err(self.at_heads(Diagnostic::error(
                "nothing-to-rebase",
                format!("there is no other head for the line of {shown} to move onto"),
            ))
            .help(match above.len() {
                1 => "name what it is to stand on with --onto; where a teammate's revision is not here yet, bring it in by git first",
                _ => "name a revision on which only one of the heads stands",
            })),
            several => Err(self.at_heads(Diagnostic::error(
                "several-heads",
                format!("the line of {shown} could move onto {} heads", several.len()),
            ))
            .help(format!("say which: `signoff rebase {} --onto REV`", self.id(line)))),
        }
    }

    fn other_line(&self, onto: usize) -> Result<usize, Diagnostic> {
        let graph = &self.site.graph;
        let above = graph.heads_above(onto);
        let lines = graph.heads().iter().copied();
        let lines: Vec<usize> = lines.filter(|head| !above.contains(head)).collect();
        let shown = self.site.shown(onto);
        match lines.as_slice() {
            [line] => Ok(*line),
            [] => Err(self
                .at_heads(Diagnostic::error(
                    "nothing-to-rebase",
                    format!("every head stands on {shown}"),
                ))
                .help(format!(
                    "say which line moves: `signoff rebase REV --onto {}`",
                    self.id(onto)
                ))),
            several => Err(self
                .at_heads(Diagnostic::error(
                    "several-heads",
                    format!("{} lines could move onto {shown}", several.len()),
                ))
                .help(format!(
                    "say which: `signoff rebase REV --onto {}`",
                    self.id(onto)
                ))),
        }
    }

    /// Of two lines the one of which nothing is published, if the other has something that is.
    fn the_unpublished(&self) -> Result<Plan, Diagnostic> {
        let heads = self.site.graph.heads();
        let [one, other] = *heads else {
            let told = match heads.len() {
                0 => "the tree has no revisions".to_owned(),
                1 => "the tree has one head, so no line stands beside another".to_owned(),
                count => format!("the tree has {count} heads, so two of them have to be named"),
            };
            let diagnostic = match heads.len() {
                0 | 1 => Diagnostic::error("nothing-to-rebase", told)
                    .help("where a teammate's revision is not here yet, bring it in by git first"),
                _ => self
                    .at_heads(Diagnostic::error("several-heads", told))
                    .help("say what moves, and onto what: `signoff rebase REV --onto REV`"),
            };
            return Err(diagnostic);
        };
        let first = self.moving(one, other)?;
        let second = self.moving(other, one)?;
        match (
            self.sealed(&first).is_empty(),
            self.sealed(&second).is_empty(),
        ) {
            (true, false) => Ok(first),
            (false, true) => Ok(second),
            (false, false) => Err(self.refuse_sealed(&first)),
            (true, true) => {
                let [one, other] = [self.id(one), self.id(other)];
                let told = format!(
                    "`{one}` and `{other}` end two lines, and of neither anything is published"
                );
                Err(self.at_heads(Diagnostic::error("several-heads", told))
                    .because("what others have applied already must stay where it is, and only you know which line that is")
                    .help(format!("where `{one}` is yours: `signoff rebase {one} --onto {other}`"))
                    .help(format!("where `{other}` is yours: `signoff rebase {other} --onto {one}`")))
            }
        }
    }

    fn unsealed(&self, line: usize, onto: usize) -> Result<Plan, Diagnostic> {
        let plan = self.moving(line, onto)?;
        if self.sealed(&plan).is_empty() {
            Ok(plan)
        } else {
            Err(self.refuse_sealed(&plan))
        }
    }

    fn moving(&self, line: usize, onto: usize) -> Result<Plan, Diagnostic> {
        let Site { tree, graph, .. } = self.site;
        let rebase = graph::rebase(graph, tree, line, onto)?;
        Ok(Plan { onto, rebase })
    }

    /// A base of its own is what somebody asked for; it is never taken for a line that was left behind.
    fn not_a_base(&self, plan: Plan) -> Result<Plan, Diagnostic> {
        let Some(base) = self.bases(&plan).next() else {
            return Ok(plan);
        };
        let (shown, onto) = (self.site.shown(base), self.id(plan.onto));
        let told = format!("{shown} begins a line of its own, on nothing, and nobody named it");
        Err(Diagnostic::error("rebase-base", told)
            .at(self.site.tree.migrations[base].at, "a base")
            .because("lines with a base of their own are often meant to stay apart")
            .help(format!(
                "where it is meant, name it: `signoff rebase {} --onto {onto}`",
                self.id(base)
            )))
    }

    /// What moves and revised nothing so far.
    fn bases<'p>(&'p self, plan: &'p Plan) -> impl Iterator<Item = usize> {
        let bottoms = plan.rebase.bottoms.iter().copied();
        bottoms.filter(|bottom| self.site.graph.parents(*bottom).is_empty())
    }

    /// What would move and is published.
    fn sealed(&self, plan: &Plan) -> Vec<usize> {
        let moved = plan.rebase.revisions.iter().copied();
        moved
            .filter(|revision| self.seals.contains(self.id(*revision)))
            .collect()
    }

    fn refuse_sealed(&self, plan: &Plan) -> Diagnostic {
        const SHOWN: usize = 8;
        let Site { tree, graph, .. } = self.site;
        let sealed = self.sealed(plan);
        let ids: Vec<&str> = sealed.iter().map(|revision| self.id(*revision)).collect();
        let mut diagnostic = Diagnostic::error(
            "rebase-sealed",
            format!("what is published can't move: {}", list_first(&ids)),
        );
        for revision in sealed.iter().take(SHOWN) {
            let migration = &tree.migrations[*revision];
            diagnostic = diagnostic.at(migration.at, migration.message.clone());
        }
        let heads = graph.heads().iter().copied();
        let theirs = graph.heads_above(plan.onto);
        let (moved, stays): (Vec<usize>, Vec<usize>) = heads
            .filter(|head| theirs.contains(head) || plan.rebase.moves[*head])
            .partition(|head| plan.rebase.moves[*head]);
        let heads: Vec<&str> = stays
            .into_iter()
            .chain(moved)
            .map(|head| self.id(head))
            .collect();
        diagnostic
            .because("databases may have it where it stands: they would get what now comes before it afterwards, and others the other way round")
            .help(match heads.as_slice() {
                [head] => format!("leave it: both lines meet in `{head}` already"),
                heads => format!("join the lines instead: `signoff merge {}`", heads.join(" ")),
            })
    }

    fn id(&self, revision: usize) -> &str {
        self.site.tree.migrations[revision].id.as_str()
    }

    /// Points at the heads, which are the choices.
    fn at_heads(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        const SHOWN: usize = 8;
        for head in self.site.graph.heads().iter().take(SHOWN) {
            let migration = &self.site.tree.migrations[*head];
            diagnostic = diagnostic.at(migration.at, migration.message.clone());
        }
        diagnostic
    }

    fn base_no_more(&self, base: usize, onto: usize) -> Diagnostic {
        let (shown, onto) = (self.site.shown(base), self.id(onto));
        let migration = &self.site.tree.migrations[base];
        let labels: Vec<&str> = migration
            .labels
            .iter()
            .map(|(label, _)| label.as_str())
            .collect();
        let named = match labels.as_slice() {
            [] => String::new(),
            labels => format!(" ({})", labels.join(", ")),
        };
        Diagnostic::note(
            "rebase-base",
            format!("{shown}{named} begins a line of its own; moved, it stands on `{onto}`"),
        )
        .at(migration.at, "a base")
        .because(format!(
            "whoever gets it gets `{onto}` first, and all that is below; labels stay where they are"
        ))
        .help("where the line is meant to stay apart, put `revises = []` back")
    }

    /// A merge of two lines that are one now still stands there, and does nothing.
    fn merge_of_one_line(&self, merge: usize, plan: &Plan, sink: &mut Sink) {
        let goes = |parent: &&usize| plan.rebase.moves[**parent];
        let parents = self.site.graph.parents(merge).iter();
        let (moved, stays): (Vec<&usize>, Vec<&usize>) = parents.partition(goes);
        let ([_, ..], [stays, ..]) = (moved.as_slice(), stays.as_slice()) else {
            return;
        };
        let told = format!(
            "merge {} joins the line with {}, which is below it anyway once it is moved",
            self.site.shown(merge),
            self.site.shown(**stays)
        );
        sink.push(
            Diagnostic::note("rebase-merge", told)
                .at(self.site.tree.migrations[merge].at, "a merge of one line")
                .because("it is applied as before, and joins nothing any more")
                .help("it may stay; where nothing stands on it and it holds no SQL, its file can be deleted"),
        );
    }

    fn tell(&self, plan: &Plan, dry_run: bool, output: &mut Output<'_>) -> Ending {
        let Site { tree, graph, .. } = self.site;
        let (moved, wrote) = if dry_run {
            ("would move", "would write")
        } else {
            ("moved", "wrote")
        };
        for revision in &plan.rebase.revisions {
            let migration = &tree.migrations[*revision];
            let line = format!("{moved} {}  {}", migration.id, migration.message);
            output.say(line.trim_end())?;
        }
        let now = author::parent_list(&[tree.migrations[plan.onto].id.clone()]);
        for bottom in &plan.rebase.bottoms {
            let migration = &tree.migrations[*bottom];
            let before = migration.parents.iter().map(|(parent, _)| parent.clone());
            let before: Vec<_> = before.collect();
            output.say(&format!(
                "{wrote} {}: revises = {now}, before {}",
                tree.sources.path(migration.at.file),
                author::parent_list(&before)
            ))?;
        }
        let mut notes = Sink::default();
        for base in self.bases(plan) {
            notes.push(self.base_no_more(base, plan.onto));
        }
        for merge in plan.rebase.revisions.iter().copied() {
            if graph.is_merge_point(merge) {
                self.merge_of_one_line(merge, plan, &mut notes);
            }
        }
        output.show(&notes, &tree.sources)?;
        output.say(if dry_run {
            "next: the same without --dry-run; nothing was changed"
        } else {
            "next: signoff check"
        })
    }
}

/// The new texts of the files in which `revises` changes.
fn new_files(
    context: &Context,
    site: &Site,
    plan: &Plan,
) -> Result<Vec<(Utf8PathBuf, String)>, Stop> {
    let parents = [site.tree.migrations[plan.onto].id.clone()];
    let files = plan.rebase.bottoms.iter().map(|bottom| {
        let path = site
            .tree
            .sources
            .path(site.tree.migrations[*bottom].at.file);
        let bytes = disk::bytes(&context.cwd, path).map_err(failed)?;
        let text = String::from_utf8(bytes).ok();
        let place = text.as_deref().and_then(layout::revises);
        let (Some(text), Some(place)) = (text, place) else {
            return Err(Stop::Failed(format!(
                "`{path}` was changed while it was read; nothing was changed by this: run it again"
            )));
        };
        Ok((
            path.to_owned(),
            author::with_parents(&text, place, &parents),
        ))
    });
    files.collect()
}
