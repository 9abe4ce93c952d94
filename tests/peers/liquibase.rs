//! Liquibase: changesets in formatted SQL, by the order of a changelog. A row of a second table is its lock.

use std::process::Command;

use super::peer::{Asked, Lock, Looks, Made, Peer, Pending, Place, TREE, Table, program};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

const CHANGES: &str = "db/migrations/changes/made.sql";

pub(super) struct Liquibase;

impl Liquibase {
    fn ready(&self, place: &Place, database: &Database) -> Command {
        let mut command = program("sh", place, TREE);
        let (port, name) = (database.port(), database.name());
        command
            .arg(super::peer::found(self.program()))
            .arg(format!("--url=jdbc:postgresql://127.0.0.1:{port}/{name}"))
            .args(["--username=postgres", "--show-banner=false"]);
        command
    }
}

impl Peer for Liquibase {
    fn name(&self) -> &'static str {
        "liquibase"
    }

    fn program(&self) -> &'static str {
        "node/node_modules/liquibase/dist/liquibase/liquibase"
    }

    fn goes_back(&self, _place: &Place) -> bool {
        true
    }

    fn tables(&self) -> &'static [Table] {
        &[
            Table {
                name: "public.databasechangelog",
                order: "orderexecuted",
                serial: "",
                varies: &[
                    ("dateexecuted", Looks::Time),
                    ("deployment_id", Looks::Number),
                    ("liquibase", Looks::Text),
                ],
            },
            Table {
                name: "public.databasechangeloglock",
                order: "id",
                serial: "",
                varies: &[],
            },
        ]
    }

    fn write(&self, project: &Project, made: &Made) {
        if made.number == 1 {
            let list = "databaseChangeLog:\n  - include:\n      file: changes/made.sql\n      relativeToChangelogFile: true\n";
            project.write(&format!("{TREE}/changelog.yaml"), list.as_bytes());
            project.write(CHANGES, b"--liquibase formatted sql\n");
        }
        let alone = if made.alone {
            " runInTransaction:false"
        } else {
            ""
        };
        let mut text = project.read(CHANGES);
        let (word, up) = (made.word, Made::sql(made.up));
        text.extend(["\n--changeset maria:", word, alone, "\n", &up]);
        for statement in made.down {
            text.extend(["--rollback ", statement, ";\n"]);
        }
        project.write(CHANGES, text.as_bytes());
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        let mut command = self.ready(place, database);
        command.args(["--changelog-file=changelog.yaml", "update-count"]);
        outcome::run(command.arg(format!("--count={count}")), "")
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = self.ready(place, database);
        command.arg("--changelog-file=changelog.yaml");
        match asked {
            Asked::Up => command.arg("update"),
            Asked::Down => command.args(["rollback-count", "--count=1"]),
            Asked::Status => command.arg("status"),
        };
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        let said = said.success();
        let text = said.stdout.clone() + &said.stderr;
        let count = text.lines().find_map(|line| {
            if line.ends_with(" is up to date") {
                return Some(0);
            }
            let (count, rest) = line.split_once(" changeset")?;
            let count = rest.contains("not been applied").then_some(count)?;
            count.parse().ok()
        });
        Pending::Count(count.unwrap_or_else(|| panic!("nothing about what is pending\n{said}")))
    }

    fn idle(&self) -> &'static str {
        "Database is up to date, no changesets to execute"
    }

    fn lock(&self) -> Lock {
        Lock::Waits
    }
}
