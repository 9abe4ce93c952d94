//! Supabase: files; no way back; the table keeps each file's statements. It takes no lock.

use std::process::Command;

use super::peer::{Asked, Lock, Made, Peer, Pending, Place, TREE, Table, program, url};
use crate::support::outcome::Outcome;
use crate::support::postgres::Database;
use crate::support::project::Project;

pub(super) struct Supabase;

impl Peer for Supabase {
    fn name(&self) -> &'static str {
        "supabase"
    }

    fn program(&self) -> &'static str {
        "node/node_modules/.bin/supabase"
    }

    fn goes_back(&self, _place: &Place) -> bool {
        false
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "supabase_migrations.schema_migrations",
            order: "version",
            serial: "",
            varies: &[],
        }]
    }

    fn write(&self, project: &Project, made: &Made) {
        let text = Made::sql(made.up).replace(" CONCURRENTLY", "");
        let path = format!("{TREE}/2024010{}000000_{}.sql", made.number, made.word);
        project.write(&path, text.as_bytes());
    }

    fn prepare(&self, project: &Project) {
        project.write("supabase/.gitignore", b"");
        std::os::unix::fs::symlink(project.path(TREE), project.path("supabase/migrations"))
            .expect("a link can be made");
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        place.first(self, count, database)
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, "");
        match asked {
            Asked::Up | Asked::Down => command.args(["migration", "up", "--yes"]),
            Asked::Status => command.args(["migration", "list"]),
        };
        command.arg(format!("--remote={}", url(database)));
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        let rows = said.success().stdout.lines();
        Pending::Count(rows.filter(|line| line.contains("` | ` `")).count())
    }

    fn idle(&self) -> &'static str {
        "Remote database is up to date."
    }

    fn lock(&self) -> Lock {
        Lock::None
    }
}
