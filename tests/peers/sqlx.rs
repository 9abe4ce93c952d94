//! sqlx: a file for each direction; a row per version, with the checksum of its file. Its program takes no lock.

use std::process::Command;

use super::peer::{Asked, Lock, Looks, Made, Peer, Pending, Place, TREE, Table, program, url};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

pub(super) struct Sqlx;

impl Peer for Sqlx {
    fn name(&self) -> &'static str {
        "sqlx"
    }

    fn program(&self) -> &'static str {
        "cargo/bin/sqlx"
    }

    fn reads_its_example(&self) -> bool {
        false
    }

    fn goes_back(&self, _place: &Place) -> bool {
        true
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "public._sqlx_migrations",
            order: "version",
            serial: "",
            varies: &[
                ("installed_on", Looks::Time),
                ("execution_time", Looks::Number),
            ],
        }]
    }

    fn write(&self, project: &Project, made: &Made) {
        let alone = if made.alone {
            "-- no-transaction\n"
        } else {
            ""
        };
        for (way, statements) in [("up", made.up), ("down", made.down)] {
            let path = format!(
                "{TREE}/2024010{}000000_{}.{way}.sql",
                made.number, made.word
            );
            let text = format!("{alone}{}", Made::sql(statements));
            project.write(&path, text.as_bytes());
        }
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        let mut command = self.command(Asked::Up, place, database);
        outcome::run(
            command.args(["--target-version", &place.ids[count - 1]]),
            "",
        )
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, "");
        command.arg("migrate").arg(match asked {
            Asked::Up => "run",
            Asked::Down => "revert",
            Asked::Status => "info",
        });
        command.args(["--source", TREE, "--database-url", &url(database)]);
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        let lines: Vec<&str> = said.success().stdout.lines().collect();
        assert!(!said.stdout.contains("different checksum"), "{said}");
        Pending::Count(
            lines
                .iter()
                .filter(|line| line.contains("/pending "))
                .count(),
        )
    }

    fn idle(&self) -> &'static str {
        ""
    }

    fn lock(&self) -> Lock {
        Lock::None
    }
}
