//! Alembic: Python files, which are written here from the revisions of a native tree; a row per head. It takes no lock.

use std::fmt::Write as _;
use std::process::Command;

use super::peer::{Asked, Lock, Made, Peer, Pending, Place, TREE, Table, program, url};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

const ENV: &str = r#"import os
from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"#;

pub(super) struct Alembic;

impl Alembic {
    fn ready(&self, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, "");
        let url = url(database).replace("postgres:", "postgresql+psycopg2:");
        command.env("DATABASE_URL", url);
        command
    }

    /// What a section of a native file is in Python.
    fn function(name: &str, section: &str) -> String {
        let code = |line: &str| !line.is_empty() && !line.starts_with("--");
        if !section.lines().any(code) {
            return format!("def {name}():\n    pass\n");
        }
        // A string of JSON is one of Python's.
        let text = serde_json::Value::from(section.trim()).to_string();
        let execute = format!("op.execute({text})");
        if section.contains(" CONCURRENTLY ") {
            return format!(
                "def {name}():\n    with op.get_context().autocommit_block():\n        {execute}\n"
            );
        }
        format!("def {name}():\n    {execute}\n")
    }
}

impl Peer for Alembic {
    fn name(&self) -> &'static str {
        "alembic"
    }

    fn program(&self) -> &'static str {
        "python/bin/alembic"
    }

    fn config(&self) -> String {
        "layout = \"native\"\n\n[version_table]\nscheme = \"alembic\"\n".to_owned()
    }

    /// It finds its way down from a merge ambiguous.
    fn goes_back(&self, place: &Place) -> bool {
        let files = place.project.files(TREE);
        let merges = |file| {
            place
                .project
                .read(&format!("{TREE}/{file}"))
                .contains("\", \"")
        };
        !files.iter().any(merges)
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "public.alembic_version",
            order: "version_num",
            serial: "",
            varies: &[],
        }]
    }

    fn write(&self, project: &Project, made: &Made) {
        let (number, word) = (made.number, made.word);
        let parent = match number {
            1 => String::new(),
            number => format!("\"rev{}\"", number - 1),
        };
        let head = format!(
            "--! revision = \"rev{number}\"\n--! revises = [{parent}]\n--! message = \"{word}\"\n"
        );
        let (up, down) = (Made::sql(made.up), Made::sql(made.down));
        let text = format!("{head}\n--! upgrade\n{up}\n--! downgrade\n{down}");
        project.write(&format!("{TREE}/{number}.sql"), text.as_bytes());
    }

    fn prepare(&self, project: &Project) {
        project.write("alembic.ini", b"[alembic]\nscript_location = alembic\n");
        project.write("alembic/env.py", ENV.as_bytes());
        for file in project.files(TREE) {
            let Some(stem) = file.file_stem().filter(|_| file.extension() == Some("sql")) else {
                continue;
            };
            let text = project.read(&format!("{TREE}/{file}"));
            let said = |name: &str| {
                let mut lines = text.lines().filter_map(|line| line.strip_prefix("--! "));
                let value = lines.find_map(|line| line.strip_prefix(name)?.split_once('='));
                value.expect("each revision says it").1.trim().to_owned()
            };
            let (up, down) = text.split_once("--! downgrade").expect("has both");
            let (_, up) = up.split_once("--! upgrade").expect("has both");
            let mut python = String::from("from alembic import op\n");
            writeln!(python, "revision = {}", said("revision")).expect("a string takes all");
            let parents = said("revises")
                .replace('[', "(")
                .replace(']', ",)")
                .replace("(,)", "None");
            writeln!(python, "down_revision = {parents}").expect("a string takes all");
            python += &Self::function("upgrade", up);
            python += &Self::function("downgrade", down);
            project.write(&format!("alembic/versions/r{stem}.py"), python.as_bytes());
        }
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        // One by one, for there may be branches.
        let mut said = None;
        for id in &place.ids[..count] {
            let mut command = self.ready(place, database);
            said = Some(outcome::run(command.args(["upgrade", id]), ""));
        }
        said.expect("is one at least")
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = self.ready(place, database);
        match asked {
            Asked::Up => command.args(["upgrade", "heads"]),
            Asked::Down => command.args(["downgrade", "-1"]),
            Asked::Status => command.args(["current", "--check-heads"]),
        };
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        if said.code == 0 {
            return Pending::Count(0);
        }
        let all = said.stdout.clone() + &said.stderr;
        assert!(all.contains("not on all head revisions"), "{said}");
        Pending::Some
    }

    fn idle(&self) -> &'static str {
        ""
    }

    fn lock(&self) -> Lock {
        Lock::None
    }
}
