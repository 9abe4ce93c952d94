//! What `upgrade`, `downgrade` and `bundle` may be asked of their scripts, beside the range.

use crate::compile;
use crate::plan::Transactions;

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
            transactions: if self.single_transaction {
                Transactions::One
            } else {
                Transactions::PerRevision
            },
        }
    }
}
