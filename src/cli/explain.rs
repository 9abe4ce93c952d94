//! `signoff explain`

use clap::builder::PossibleValuesParser;

use super::output::{Ending, Output};
use crate::{graph, lint};

/// Explain a rule, or how revisions are written
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff explain revisions\n  signoff explain drops-repeatable\n  signoff explain               what there is to explain"
)]
pub(super) struct Arguments {
    /// `revisions`, or the code of a finding
    #[arg(value_name = "TOPIC", value_parser = topics(), hide_possible_values = true)]
    topic: Option<String>,
}

/// Every page, by its name.
fn pages() -> impl Iterator<Item = (&'static str, &'static str)> {
    std::iter::once(("revisions", graph::PAGE)).chain(lint::PAGES)
}

fn topics() -> PossibleValuesParser {
    PossibleValuesParser::new(pages().map(|(name, _)| name))
}

pub(super) fn run(arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let Some(topic) = &arguments.topic else {
        for (name, page) in pages() {
            let first = page
                .lines()
                .find(|line| !line.is_empty() && !line.starts_with('#'));
            output.print(&format!("{name:<28}  {}\n", first.unwrap_or_default()))?;
        }
        return Ok(());
    };
    let page = pages().find(|(name, _)| name == topic);
    output.print(page.map_or("", |(_, page)| page))
}
