//! `signoff merge`

use super::context::Context;
use super::output::{Ending, Output};
use super::site::{self, Draft, Site};
use crate::author::Content;
use crate::diagnostic::Diagnostic;

/// Join heads: write a revision that stands on all of them and does nothing else
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What to join [default: heads, which is all of them]
    #[arg(value_name = "REV", default_value = "heads", hide_default_value = true)]
    revisions: Vec<String>,
    /// What it is for, in one line [default: which revisions it joins]
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    names: site::Names,
}

const EXAMPLES: &str = "\
Examples:
  signoff merge                              all heads
  signoff merge 27da 5b1e                    two of them
  signoff merge billing@head refunds@head    the heads of two branches
  signoff merge heads -m \"release 4\"";

/// Ids that a message names.
const NAMED: usize = 3;

pub(super) fn run(context: &Context, arguments: &Arguments, output: &mut Output<'_>) -> Ending {
    if let Some(message) = &arguments.message {
        site::check_message(message)?;
    }
    let site = Site::read(context, output)?;
    let parents = site.named(&arguments.revisions, output)?;
    if parents.len() < 2 {
        return Err(output.refuse(
            nothing_to_merge(&site, arguments, &parents),
            &site.tree.sources,
        ));
    }
    let help = "name heads; `signoff heads` lists them";
    site.refuse_branch(&parents, help, output)?;
    let message = match &arguments.message {
        Some(message) => message.clone(),
        None => message(&site, &parents),
    };
    let draft = Draft {
        names: &arguments.names,
        parents: &parents,
        message: &message,
        depends_on: &[],
        content: Content::Join,
    };
    site.write(context, &draft, output)?;
    Ok(())
}

fn nothing_to_merge(site: &Site, arguments: &Arguments, named: &[usize]) -> Diagnostic {
    let told = match named {
        [] => {
            let words = arguments.revisions.join("` and `");
            format!(
                "there is nothing to merge: `{}` names no revision",
                words.escape_debug()
            )
        }
        several => format!("there is nothing to merge {} with", site.shown(several[0])),
    };
    Diagnostic::error("nothing-to-merge", told)
        .help("a merge joins two heads or more; `signoff heads` lists them")
}

/// `merge 27dafa983136 and 5b1e0c2d9f47`; of many, the first.
fn message(site: &Site, parents: &[usize]) -> String {
    let ids = parents
        .iter()
        .map(|parent| site.tree.migrations[*parent].id.as_str());
    let mut ids: Vec<String> = ids.map(str::to_owned).collect();
    if ids.len() > NAMED {
        let more = ids.len() - (NAMED - 1);
        ids.truncate(NAMED - 1);
        ids.push(format!("{more} more"));
    }
    let last = ids.pop().expect("a merge has parents");
    format!("merge {} and {last}", ids.join(", "))
}
