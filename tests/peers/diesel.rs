//! diesel: a folder per migration; a row per version. It takes no lock on the server.

use std::process::Command;

use super::peer::{Asked, Lock, Looks, Made, Peer, Pending, Place, TREE, Table, program, url};
use crate::support::outcome::Outcome;
use crate::support::postgres::Database;
use crate::support::project::Project;

pub(super) struct Diesel;

impl Peer for Diesel {
    fn name(&self) -> &'static str {
        "diesel"
    }

    fn program(&self) -> &'static str {
        "cargo/bin/diesel"
    }

    fn reads_its_example(&self) -> bool {
        false
    }

    fn goes_back(&self, _place: &Place) -> bool {
        true
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "public.__diesel_schema_migrations",
            order: "version",
            serial: "",
            varies: &[("run_on", Looks::Time)],
        }]
    }

    fn write(&self, project: &Project, made: &Made) {
        let folder = format!("{TREE}/2024-01-0{}-000000_{}", made.number, made.word);
        for (way, statements) in [("up", made.up), ("down", made.down)] {
            let path = format!("{folder}/{way}.sql");
            project.write(&path, Made::sql(statements).as_bytes());
        }
        if made.alone {
            project.write(
                &format!("{folder}/metadata.toml"),
                b"run_in_transaction = false\n",
            );
        }
    }

    fn prepare(&self, project: &Project) {
        project.write("diesel.toml", b"");
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        place.first(self, count, database)
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, "");
        command.arg("migration").arg(match asked {
            Asked::Up => "run",
            Asked::Down => "revert",
            Asked::Status => "list",
        });
        command.args(["--migration-dir", TREE, "--database-url", &url(database)]);
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        let lines = said.success().stdout.lines();
        Pending::Count(lines.filter(|line| line.contains("[ ]")).count())
    }

    fn idle(&self) -> &'static str {
        ""
    }

    fn lock(&self) -> Lock {
        Lock::None
    }
}
