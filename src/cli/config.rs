//! `signoff config`

use serde_json::json;

use super::context::Context;
use super::output::{Ending, Output};
use crate::config;

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
    let key = listing.iter().map(|line| line.key.len()).max().unwrap_or(0);
    let value = listing
        .iter()
        .filter_map(|line| line.value.as_ref())
        .map(|value| value.chars().count())
        .max()
        .unwrap_or(0);
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
