//! refinery: a file per migration, no way back; a row per version, with a checksum. It takes no lock, and runs a file and
//! records it in two transactions.

use std::process::Command;

use super::peer::{Asked, Lock, Looks, Made, Peer, Pending, Place, TREE, Table, program, url};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

pub(super) struct Refinery;

impl Peer for Refinery {
    fn name(&self) -> &'static str {
        "refinery"
    }

    fn program(&self) -> &'static str {
        "cargo/bin/refinery"
    }

    fn goes_back(&self, _place: &Place) -> bool {
        false
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "public.refinery_schema_history",
            order: "version",
            serial: "",
            varies: &[("applied_on", Looks::Rfc3339)],
        }]
    }

    fn write(&self, project: &Project, made: &Made) {
        let text = Made::sql(made.up).replace(" CONCURRENTLY", "");
        let path = format!("{TREE}/V{}__{}.sql", made.number, made.word);
        project.write(&path, text.as_bytes());
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        let mut command = self.command(Asked::Up, place, database);
        outcome::run(command.args(["-t", &place.ids[count - 1]]), "")
    }

    fn command(&self, _asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, "");
        // It fails on what is missing or differs only when told to.
        command.env("DATABASE_URL", url(database)).args([
            "migrate",
            "-e",
            "DATABASE_URL",
            "-p",
            TREE,
            "-d",
            "-m",
        ]);
        command
    }

    fn pending(&self, _said: &Outcome) -> Pending {
        Pending::Unsaid
    }

    fn idle(&self) -> &'static str {
        ""
    }

    fn lock(&self) -> Lock {
        Lock::None
    }
}
