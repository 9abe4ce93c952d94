//! What `upgrade`, `downgrade` and `bundle` may be asked of their scripts, beside the range.

use crate::compile;
use crate::plan::{self, Transactions};

/// How the scripts are to be.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Shape {
    /// Which clients can run it
    #[arg(long, value_enum, value_name = "FLAVOUR", default_value_t = Flavour::Psql)]
    flavour: Flavour,
    /// All revisions of a script in one transaction; refused where a statement forbids it
    #[arg(long)]
    single_transaction: bool,
}

/// Which clients can run a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Flavour {
    /// psql, where a script can protect most
    Psql,
    /// Any client that sends SQL: pgAdmin, DBeaver, JDBC
    Plain,
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
            flavour: self.flavour.planned(),
        }
    }
}

impl Flavour {
    /// What a plan calls it.
    pub(super) fn planned(self) -> plan::Flavour {
        match self {
            Self::Psql => plan::Flavour::Psql,
            Self::Plain => plan::Flavour::Plain,
        }
    }
}
