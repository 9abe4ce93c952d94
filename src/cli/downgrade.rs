//! `signoff downgrade`

use camino::Utf8PathBuf;

use super::context::Context;
use super::output::{Ending, Output};
use super::shape;
use crate::tree::Direction;

/// Write the SQL that reverts revisions, to standard output or a file
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff downgrade -1 > downgrade.sql      revert the head\n  signoff downgrade head:27da               back to one revision, which stays applied\n  signoff downgrade head:base               everything"
)]
pub(super) struct Arguments {
    /// from:to, where `to` stays applied; -1 means head:head-1, base means head:base
    #[arg(value_name = "RANGE", allow_negative_numbers = true)]
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
        Direction::Down,
        arguments.shape.request(),
        arguments.output.as_deref(),
        output,
    )
}
