//! node-pg-migrate: a file for both directions; rows by a serial, in the order of the files. All that is pending is one
//! transaction, and somebody else who is running makes it fail.

use std::process::Command;

use super::peer::{Asked, Lock, Looks, Made, Peer, Pending, Place, TREE, Table, program, url};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

pub(super) struct NodePgMigrate;

impl Peer for NodePgMigrate {
    fn name(&self) -> &'static str {
        "node-pg-migrate"
    }

    fn program(&self) -> &'static str {
        "node/node_modules/.bin/node-pg-migrate"
    }

    fn goes_back(&self, _place: &Place) -> bool {
        true
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "public.pgmigrations",
            order: "run_on, id",
            serial: "id",
            varies: &[("run_on", Looks::Time)],
        }]
    }

    fn write(&self, project: &Project, made: &Made) {
        let sql = |statements| Made::sql(statements).replace(" CONCURRENTLY", "");
        let (up, down) = (sql(made.up), sql(made.down));
        let text = format!("-- Up Migration\n{up}\n-- Down Migration\n{down}");
        let path = format!("{TREE}/171256320000{}_{}.sql", made.number, made.word);
        project.write(&path, text.as_bytes());
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        let mut command = self.command(Asked::Up, place, database);
        outcome::run(command.arg(count.to_string()), "")
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, "");
        command
            .args(["-m", TREE])
            .env("DATABASE_URL", url(database));
        match asked {
            Asked::Up => command.arg("up"),
            Asked::Down => command.arg("down"),
            Asked::Status => command.args(["up", "--dry-run"]),
        };
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        let pending = said.success().stdout.lines();
        Pending::Count(pending.filter(|line| line.starts_with("> - ")).count())
    }

    fn idle(&self) -> &'static str {
        "No migrations to run!"
    }

    fn lock(&self) -> Lock {
        Lock::Refuses("Another migration is already running")
    }
}
