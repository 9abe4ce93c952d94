//! `signoff upgrade`

use camino::Utf8PathBuf;

use super::context::Context;
use super::output::{Ending, Output};
use super::shape;
use crate::tree::Direction;

/// Write the SQL that upgrades a database, to standard output or a file
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff upgrade > upgrade.sql             from nothing to the head\n  signoff upgrade 27da:head -o upgrade.sql  from one revision to the head\n  signoff upgrade +2                        the first two revisions\n  psql -X -d shop -f upgrade.sql            run it"
)]
pub(super) struct Arguments {
    /// Where to, or from:to [default: base:head]
    #[arg(
        value_name = "RANGE",
        allow_negative_numbers = true,
        default_value = "",
        hide_default_value = true
    )]
    range: String,
    /// Write to this file, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
    #[command(flatten)]
    shape: shape::Shape,
    /// Alembic's word for what is always so here
    #[arg(long, hide = true)]
    sql: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    context.script(
        &arguments.range,
        Direction::Up,
        arguments.shape.request(),
        arguments.output.as_deref(),
        output,
    )
}
