//! `signoff bundle`

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use super::context::Context;
use super::output::{Ending, Output, Stop, failed};
use super::shape;
use crate::bundle::{self, Written};
use crate::diagnostic::Sink;
use crate::{compile, graph};

/// Write a release folder: scripts, run book, manifest and checksums
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  signoff bundle                  everything, into out/<project>-base-<head>/\n  signoff bundle 27da:head        from one revision to the head\n  signoff bundle --out /tmp/rel   below another folder"
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
    /// The folder to write below [default: out, beside the config file]
    #[arg(long, value_name = "DIR")]
    out: Option<Utf8PathBuf>,
    #[command(flatten)]
    shape: shape::Shape,
    /// Say what was written as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    let config = context.config(output)?;
    let mut sink = Sink::default();
    let mut sealed = context.sealed(&config, &mut sink, output)?;
    context.know(&config, &mut sealed, &arguments.range, output)?;
    let range = graph::upgrade_range(&sealed.graph, &sealed.tree, &arguments.range)
        .map_err(|diagnostic| output.refuse(diagnostic, &sealed.tree.sources))?;
    let plans = compile::plans(
        &sealed,
        &config,
        &range,
        arguments.shape.request(),
        &mut sink,
    );
    output.report(&sink, &sealed.tree.sources)?;
    let Some((upgrade, downgrade)) = plans else {
        return Err(Stop::Findings);
    };
    let renderer = context.renderer(&config)?;
    let release = compile::release(&renderer, &upgrade, &downgrade).map_err(failed)?;
    let out = arguments.out.clone().unwrap_or_else(|| {
        let beside = config.file.as_deref().and_then(Utf8Path::parent);
        beside.unwrap_or(Utf8Path::new("")).join("out")
    });
    let written = bundle::write(&release, &context.cwd, &out).map_err(failed)?;
    let folder = out.join(&release.name);
    if arguments.json {
        let files: Vec<&str> = release
            .files
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let word = match written {
            Written::New => "new",
            Written::Replaced => "replaced",
            Written::Unchanged => "unchanged",
        };
        return output.json(&json!({ "format": 1, "folder": folder, "bundle": release.digest, "written": word, "files": files }));
    }
    let count = upgrade.blocks.len();
    let revisions = if count == 1 { "revision" } else { "revisions" };
    let how = match written {
        Written::New => "wrote",
        Written::Replaced => "replaced",
        Written::Unchanged => "unchanged:",
    };
    output.say(&format!(
        "{how} {folder}  ({count} {revisions}, {})",
        release.digest
    ))?;
    for note in &downgrade.notes {
        output.say(&format!("downgrade.sql {note}"))?;
    }
    output.say(&format!("next: read {folder}/README.md"))
}
