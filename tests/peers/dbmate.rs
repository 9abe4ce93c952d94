//! dbmate: a file for both directions; a row per version. It takes no lock.

use std::process::Command;

use super::peer::{Asked, Lock, Made, Peer, Pending, Place, TREE, Table, program, url};
use crate::support::outcome::Outcome;
use crate::support::postgres::Database;
use crate::support::project::Project;

pub(super) struct Dbmate;

impl Peer for Dbmate {
    fn name(&self) -> &'static str {
        "dbmate"
    }

    fn program(&self) -> &'static str {
        "node/node_modules/.bin/dbmate"
    }

    fn goes_back(&self, _place: &Place) -> bool {
        true
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "public.schema_migrations",
            order: "version",
            serial: "",
            varies: &[],
        }]
    }

    fn write(&self, project: &Project, made: &Made) {
        let alone = if made.alone { " transaction:false" } else { "" };
        let (up, down) = (Made::sql(made.up), Made::sql(made.down));
        let text = format!("-- migrate:up{alone}\n{up}\n-- migrate:down{alone}\n{down}");
        let path = format!("{TREE}/2024010{}000000_{}.sql", made.number, made.word);
        project.write(&path, text.as_bytes());
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        place.first(self, count, database)
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, "");
        command.args(["--no-dump-schema", "--url", &url(database)]);
        match asked {
            Asked::Up => command.arg("migrate"),
            Asked::Down => command.arg("rollback"),
            Asked::Status => command.arg("status"),
        };
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        let (_, pending) = said
            .success()
            .stdout
            .split_once("Pending: ")
            .expect("says so");
        Pending::Count(pending.trim().parse().expect("is a number"))
    }

    fn idle(&self) -> &'static str {
        ""
    }

    fn lock(&self) -> Lock {
        Lock::None
    }
}
