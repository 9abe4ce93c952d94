//! `signoff stamp`

use camino::Utf8PathBuf;

use super::context::Context;
use super::output::{Ending, Output, Stop};
use super::shape;
use crate::diagnostic::{Diagnostic, Sink};
use crate::plan::Start;
use crate::{compile, graph};

/// Write the SQL that records revisions as applied, or as not, and runs none of them
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff stamp 27da > stamp.sql            another tool brought the database to where 27da stands\n  signoff stamp 27da:head -o stamp.sql      it records 27da, and the rest was done by hand\n  signoff stamp head:27da                   the record goes back; the schema stays as it is\n  signoff stamp --purge prod,398c           whatever is recorded is replaced\n  psql -X -d shop -f stamp.sql              run it; it refuses any other start"
)]
pub(super) struct Arguments {
    /// What shall be recorded, or from:to; from is what is recorded now [default: base]
    #[arg(
        value_name = "[FROM:]TO",
        required = true,
        num_args = 1..,
        allow_negative_numbers = true
    )]
    states: Vec<String>,
    /// Start from whatever is recorded, and replace it
    #[arg(long)]
    purge: bool,
    /// Write to this file, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    /// Which clients can run it
    #[arg(long, value_enum, value_name = "FLAVOUR", default_value_t = shape::Flavour::Psql)]
    flavour: shape::Flavour,
    /// Alembic's word for what is always so here
    #[arg(long, hide = true)]
    sql: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let expression = arguments.states.join(",");
    let config = context.config(output)?;
    let mut sink = Sink::default();
    let mut sealed = context.sealed(&config, &mut sink, output)?;
    context.know(&config, &mut sealed, &expression, output)?;
    let range = graph::stamp_range(&sealed.graph, &sealed.tree, &expression)
        .map_err(|diagnostic| output.refuse(diagnostic, &sealed.tree.sources))?;
    let start = if arguments.purge {
        if !range.from.is_empty() {
            return Err(Stop::Failed(format!(
                "--purge starts from whatever is recorded, and `{expression}` says what that is; leave one of them out"
            )));
        }
        Start::Purged
    } else {
        Start::Asserted
    };
    if start == Start::Asserted && range.from == range.to {
        let told = format!(
            "a stamp from {0} to {0} would record nothing",
            range.to_name
        );
        let diagnostic = Diagnostic::error("nothing-to-stamp", told)
            .help("write `from:to`, where `from` is what the database records now; or `--purge`, which replaces whatever it records");
        return Err(output.refuse(diagnostic, &sealed.tree.sources));
    }
    let flavour = arguments.flavour.planned();
    let plan = compile::stamp(&sealed, &config, &range, start, flavour, &mut sink);
    // What would be recorded is the checksum of nothing, by which what is written there later would be refused.
    let recorded = range.revisions.iter();
    let unwritten = recorded.filter_map(|at| sealed.tree.migrations[*at].unwritten());
    unwritten.for_each(|diagnostic| sink.push(diagnostic));
    output.report(&sink, &sealed.tree.sources)?;
    let plan = plan.ok_or(Stop::Findings)?;
    context.write_script(&config, &sealed, plan, arguments.output.as_deref(), output)
}
