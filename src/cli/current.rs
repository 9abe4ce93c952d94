//! `signoff current`

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;

use super::context::{Context, Environment};
use super::describe;
use super::output::{Ending, Output, Stop};
use crate::compile::Sealed;
use crate::config::Config;
use crate::diagnostic::Sink;
use crate::graph::Graph;
use crate::tree::Tree;

/// Show what an environment has, by the receipt of its last run
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff current prod                       [environments.prod] receipt = \"deploy/prod.json\" in signoff.toml\n  signoff current --receipt status.txt       what status.sql printed\n  signoff current prod --check-heads         exit code 1 where it is behind\n\nThen: signoff history -i prod, signoff upgrade prod:head, signoff bundle prod:head"
)]
pub(super) struct Arguments {
    /// Which of [environments] [default: all]
    #[arg(value_name = "ENV")]
    environment: Option<String>,
    /// Fail where something of the tree is not applied
    #[arg(short, long)]
    check_heads: bool,
    /// With what is not applied, and where revisions are written
    #[arg(short, long)]
    verbose: bool,
    /// As JSON
    #[arg(long, conflicts_with = "verbose")]
    json: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let config = context.config(output)?;
    let mut sink = Sink::default();
    let mut sealed = context.sealed(&config, &mut sink, output)?;
    let named = arguments.environment.as_deref();
    let environments = environments(context, &config, &mut sealed, named, output)?;
    let missing = |environment: &Environment| -> Vec<usize> {
        let applied: BTreeSet<usize> = environment.state.applied.iter().copied().collect();
        let all = sealed.graph.order().iter().copied();
        all.filter(|revision| !applied.contains(revision)).collect()
    };
    let behind: Vec<Vec<usize>> = environments.iter().map(missing).collect();
    if arguments.json {
        let told = environments.iter().zip(&behind);
        let told: Vec<_> = told
            .map(|(environment, behind)| object(&sealed, environment, behind))
            .collect();
        output.json(&json!({ "format": 1, "environments": told }))?;
    } else {
        for (environment, behind) in environments.iter().zip(&behind) {
            output.print(&text(
                output,
                &sealed,
                environment,
                behind,
                arguments.verbose,
            ))?;
        }
    }
    if arguments.check_heads && behind.iter().any(|behind| !behind.is_empty()) {
        return Err(Stop::Findings);
    }
    Ok(())
}

/// The one that is named, or all; the one of `--receipt` alone where no other is named. There is at least one, or it is
/// said how to tell of one.
pub(super) fn environments(
    context: &Context,
    config: &Config,
    sealed: &mut Sealed,
    named: Option<&str>,
    output: &mut Output<'_>,
) -> Result<Vec<Environment>, Stop> {
    let named = named.filter(|name| !name.is_empty());
    if let Some(name) = named
        && !config.environments.contains_key(name)
    {
        let known: Vec<&str> = config.environments.keys().map(String::as_str).collect();
        return Err(Stop::Failed(match known.as_slice() {
            [] => format!(
                "there is no environment `{}`: write [environments.{}] receipt = \"FILE\" into signoff.toml, or say --receipt FILE",
                name.escape_debug(),
                name.escape_debug()
            ),
            known => format!(
                "there is no environment `{}`; [environments] has {}",
                name.escape_debug(),
                known.join(", ")
            ),
        }));
    }
    if named.is_none() && config.environments.is_empty() && context.receipt.is_none() {
        return Err(Stop::Failed(
            "no database is asked here, and no receipt is named: say --receipt FILE with what a script or status.sql printed, or write [environments.prod] receipt = \"FILE\" into signoff.toml"
                .to_owned(),
        ));
    }
    let all = named.is_none() && context.receipt.is_none();
    let wanted = |name: &str| all || named == Some(name);
    context.environments(config, sealed, &wanted, output)
}

/// The tree in order, and in its graph the states that the expression names: no digest is made where it names none.
pub(super) fn ordered(
    context: &Context,
    expression: &str,
    output: &mut Output<'_>,
) -> Result<(Tree, Graph), Stop> {
    let config = context.config(output)?;
    let mut names = config.environments.keys();
    if context.receipt.is_none() && !names.any(|name| expression.contains(name.as_str())) {
        return context.ordered(output);
    }
    let mut sealed = context.sealed(&config, &mut Sink::default(), output)?;
    context.know(&config, &mut sealed, expression, output)?;
    Ok((sealed.tree, sealed.graph))
}

fn text(
    output: &Output<'_>,
    sealed: &Sealed,
    environment: &Environment,
    behind: &[usize],
    verbose: bool,
) -> String {
    let Environment {
        name,
        file,
        receipt,
        state,
    } = environment;
    let (tree, graph) = (&sealed.tree, &sealed.graph);
    let mut text = String::new();
    let mut put = |line: String| writeln!(text, "{line}").expect("a string takes all");
    let ticket = receipt.ticket.as_deref();
    let ticket = ticket.map_or_else(String::new, |ticket| {
        format!(", ticket {}", ticket.escape_debug())
    });
    put(format!(
        "{name}: database {}, {}{ticket}  ({file})",
        receipt.database.escape_debug(),
        receipt.at.escape_debug(),
    ));
    if state.heads.is_empty() {
        put("  nothing is applied".to_owned());
    }
    for head in &state.heads {
        put(format!("  {}", describe::line(output, tree, graph, *head)));
    }
    for (revision, word) in &state.half_done {
        let line = describe::line(output, tree, graph, *revision);
        put(format!("  half-done ({}): {line}", word.escape_debug()));
    }
    put(match behind.len() {
        0 => "  everything is applied".to_owned(),
        count => format!("  behind by {count}"),
    });
    if verbose {
        for revision in behind {
            let line = describe::line(output, tree, graph, *revision);
            put(format!("    {line}"));
        }
    }
    text
}

fn object(sealed: &Sealed, environment: &Environment, behind: &[usize]) -> serde_json::Value {
    let Environment {
        name,
        file,
        receipt,
        state,
    } = environment;
    let id = |revision: &usize| sealed.tree.migrations[*revision].id.to_string();
    let half_done = state.half_done.iter().map(|(revision, _)| id(revision));
    json!({
        "name": name,
        "receipt": file,
        "database": receipt.database,
        "at": receipt.at,
        "ticket": receipt.ticket,
        "heads": state.heads.iter().map(id).collect::<Vec<_>>(),
        "half_done": half_done.collect::<Vec<_>>(),
        "behind": behind.iter().map(id).collect::<Vec<_>>(),
    })
}
