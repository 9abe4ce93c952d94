//! graphile-migrate: numbered files, each with the hash of the one before; no way back. Somebody else who is running makes
//! it fail.

use std::process::Command;

use super::peer::{Asked, Lock, Looks, Made, Peer, Pending, Place, TREE, Table, program, url};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

pub(super) struct GraphileMigrate;

impl Peer for GraphileMigrate {
    fn name(&self) -> &'static str {
        "graphile-migrate"
    }

    fn program(&self) -> &'static str {
        "node/node_modules/.bin/graphile-migrate"
    }

    fn goes_back(&self, _place: &Place) -> bool {
        false
    }

    fn tables(&self) -> &'static [Table] {
        &[
            Table {
                name: "graphile_migrate.migrations",
                order: "filename",
                serial: "",
                varies: &[("date", Looks::Time)],
            },
            Table {
                name: "graphile_migrate.current",
                order: "filename",
                serial: "",
                varies: &[("date", Looks::Time)],
            },
        ]
    }

    fn write(&self, project: &Project, made: &Made) {
        let alone = if made.alone {
            "--! no-transaction\n"
        } else {
            ""
        };
        let body = format!("{alone}{}", Made::sql(made.up));
        let before = |number: usize| format!("{TREE}/committed/{number:06}.sql");
        let previous = match made.number {
            1 => "-".to_owned(),
            number => {
                let text = project.read(&before(number - 1));
                let hash = text
                    .lines()
                    .find_map(|line| line.strip_prefix("--! Hash: "));
                hash.expect("each file says its own").to_owned()
            }
        };
        let hashed = format!("{}\n{}\n", previous.trim_start_matches('-'), body.trim());
        let sum = outcome::run(
            &mut Command::new("sha1sum"),
            &(hashed.trim().to_owned() + "\n"),
        );
        let hash = &sum.success().stdout[..40];
        let text = format!("--! Previous: {previous}\n--! Hash: sha1:{hash}\n\n{body}");
        project.write(&before(made.number), text.as_bytes());
    }

    fn prepare(&self, project: &Project) {
        let settings = format!("{{\"migrationsFolder\": \"./{TREE}\"}}\n");
        project.write(".gmrc", settings.as_bytes());
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        let copy = Place::copy(self, place, |file| {
            let number = file
                .file_name()
                .and_then(|name| name.get(..6)?.parse().ok());
            number.is_some_and(|number: usize| number <= count)
        });
        copy.run(self, Asked::Up, database)
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, "");
        // It wants to know of a second database, which it uses for other commands.
        command
            .env("DATABASE_URL", url(database))
            .env(
                "SHADOW_DATABASE_URL",
                url(database).replace('?', "_shadow?"),
            )
            .env(
                "ROOT_DATABASE_URL",
                url(database).replace(database.name(), "postgres"),
            )
            .arg(match asked {
                Asked::Up | Asked::Down => "migrate",
                Asked::Status => "status",
            });
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        let files = said.stdout.lines().filter(|line| line.starts_with("  00"));
        let count = files.count();
        said.code(i32::from(count > 0));
        Pending::Count(count)
    }

    fn idle(&self) -> &'static str {
        "Already up to date"
    }

    fn lock(&self) -> Lock {
        Lock::Refuses("Failed to get exclusive lock")
    }
}
