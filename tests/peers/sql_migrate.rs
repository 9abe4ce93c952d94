//! sql-migrate: a file for both directions; a row per file. It takes no lock.

use std::process::Command;

use super::peer::{Asked, Lock, Looks, Made, Peer, Pending, Place, TREE, Table, program};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

pub(super) struct SqlMigrate;

impl Peer for SqlMigrate {
    fn name(&self) -> &'static str {
        "sql-migrate"
    }

    fn program(&self) -> &'static str {
        "sql-migrate"
    }

    fn goes_back(&self, _place: &Place) -> bool {
        true
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "public.gorp_migrations",
            order: "id",
            serial: "",
            varies: &[("applied_at", Looks::Time)],
        }]
    }

    fn write(&self, project: &Project, made: &Made) {
        let alone = if made.alone { " notransaction" } else { "" };
        let (up, down) = (Made::sql(made.up), Made::sql(made.down));
        let text = format!("-- +migrate Up{alone}\n{up}\n-- +migrate Down{alone}\n{down}");
        let path = format!("{TREE}/{}-{}.sql", made.number, made.word);
        project.write(&path, text.as_bytes());
    }

    fn prepare(&self, project: &Project) {
        let settings = format!(
            "development:\n  dialect: postgres\n  datasource: ${{SOURCE}}\n  dir: {TREE}\n"
        );
        project.write("dbconfig.yml", settings.as_bytes());
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        let mut command = self.command(Asked::Up, place, database);
        outcome::run(command.arg(format!("-limit={count}")), "")
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let (port, name) = (database.port(), database.name());
        let source =
            format!("host=127.0.0.1 port={port} user=postgres dbname={name} sslmode=disable");
        let mut command = program(self.program(), place, "");
        command.env("SOURCE", source).arg(match asked {
            Asked::Up => "up",
            Asked::Down => "down",
            Asked::Status => "status",
        });
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        let rows = said.success().stdout.lines();
        Pending::Count(rows.filter(|line| line.contains("| no ")).count())
    }

    fn idle(&self) -> &'static str {
        "Applied 0 migrations"
    }

    fn lock(&self) -> Lock {
        Lock::None
    }
}
