//! What `upgrade`, `downgrade` and `bundle` may be asked of their scripts, beside the range.

use crate::compile;
use crate::plan::Scope;

/// How the scripts are to be.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Shape {
    /// All revisions of a script in one transaction; refused where a statement forbids it
    #[arg(long)]
    single_transaction: bool,
}

impl Shape {
    /// What the street is asked.
    pub(super) fn request(self) -> compile::Request {
        compile::Request {
            scope: if self.single_transaction {
                Scope::Whole
            } else {
                Scope::Revision
            },
        }
    }
}
