//! `signoff config`

use serde_json::json;

use super::context::Context;
use super::output::{Ending, Output};
use crate::config;

/// Characters of a column at most.
const WIDEST: usize = 60;

/// Show every setting and where its value comes from
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff config\n  SIGNOFF_TARGET_SERVER=16 signoff config --json"
)]
pub(super) struct Arguments {
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let config = context.config(output)?;
    let listing = config::listing(&config);
    if arguments.json {
        let settings: Vec<_> =
            listing.iter().map(|line| json!({ "key": line.key, "value": line.value, "origin": line.origin.to_string() })).collect();
        return output.json(&json!({ "format": 1, "file": config.file, "settings": settings }));
    }
    let key = width(listing.iter().map(|line| line.key.as_str()));
    let value = width(listing.iter().filter_map(|line| line.value.as_deref()));
    for line in &listing {
        output.print(&format!(
            "{:key$}  {:value$}  {}\n",
            line.key,
            line.value.as_deref().unwrap_or("-"),
            line.origin
        ))?;
    }
    Ok(())
}

/// The width of a column. One very long text does not push the next column out of sight.
fn width<'t>(texts: impl Iterator<Item = &'t str>) -> usize {
    let widest = texts.map(|text| text.chars().count()).max();
    widest.unwrap_or(0).min(WIDEST)
}
