//! Prisma: a folder per migration; no way back of its own. Its engine runs as WebAssembly inside node, through an
//! adapter. It waits ten seconds for whoever else is running.

use std::process::Command;

use camino::Utf8Path;

use super::peer::{
    Asked, Lock, Looks, Made, Peer, Pending, Place, TREE, Table, fetched, program, url,
};
use crate::support::outcome::Outcome;
use crate::support::postgres::Database;
use crate::support::project::Project;

/// The adapter knows no columns of PostgreSQL's type name (19); as text (25) they are the same bytes.
const CONFIG: &str = r#"import { defineConfig } from "prisma/config"
import { PrismaPg } from "@prisma/adapter-pg"
import pg from "pg"

const addFields = pg.Result.prototype.addFields
pg.Result.prototype.addFields = function (fields) {
  for (const field of fields) if (field.dataTypeID === 19) field.dataTypeID = 25
  return addFields.call(this, fields)
}

// The engine's ten seconds of patience with a lock go on when it has the lock; the program need not wait for them.
const setTimer = globalThis.setTimeout
globalThis.setTimeout = function (...given) {
  const timer = setTimer.apply(this, given)
  if (given[1] >= 10000) timer.unref()
  return timer
} as any

export default defineConfig({
  experimental: { adapter: true },
  schema: "db/schema.prisma",
  migrations: { path: "db/migrations" },
  engine: "js",
  adapter: async () => new PrismaPg({ connectionString: process.env.DATABASE_URL, allowExitOnIdle: true }),
} as any)
"#;

const SCHEMA: &str = r#"datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}
generator client {
  provider   = "prisma-client"
  output     = "./client"
  engineType = "client"
}
"#;

pub(super) struct Prisma;

impl Peer for Prisma {
    fn name(&self) -> &'static str {
        "prisma"
    }

    fn program(&self) -> &'static str {
        "node/node_modules/.bin/prisma"
    }

    fn goes_back(&self, _place: &Place) -> bool {
        false
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "public._prisma_migrations",
            order: "started_at",
            serial: "",
            varies: &[
                ("id", Looks::Uuid),
                ("started_at", Looks::Time),
                ("finished_at", Looks::Time),
            ],
        }]
    }

    fn write(&self, project: &Project, made: &Made) {
        let lock = b"provider = \"postgresql\"\n";
        project.write(&format!("{TREE}/migration_lock.toml"), lock);
        let folder = format!("{TREE}/2024010{}000000_{}", made.number, made.word);
        for (file, statements) in [("migration.sql", made.up), ("down.sql", made.down)] {
            project.write(
                &format!("{folder}/{file}"),
                Made::sql(statements).as_bytes(),
            );
        }
    }

    fn prepare(&self, project: &Project) {
        project.write("prisma.config.ts", CONFIG.as_bytes());
        project.write("db/schema.prisma", SCHEMA.as_bytes());
        let modules = fetched().join("node/node_modules");
        std::os::unix::fs::symlink(modules, project.path("node_modules"))
            .expect("a link can be made");
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        let kept = &place.ids[..count];
        let copy = Place::copy(self, place, |file| {
            let folder = file.parent().map(Utf8Path::as_str).unwrap_or_default();
            folder.is_empty() || kept.iter().any(|id| id == folder)
        });
        copy.run(self, Asked::Up, database)
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, "");
        command
            .env("DATABASE_URL", url(database))
            .env("CHECKPOINT_DISABLE", "1")
            .env("PRISMA_HIDE_UPDATE_MESSAGE", "1")
            .arg("migrate")
            .arg(match asked {
                Asked::Up | Asked::Down => "deploy",
                Asked::Status => "status",
            });
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        if said.stdout.contains("Database schema is up to date!") {
            said.success();
            return Pending::Count(0);
        }
        let (_, pending) = said
            .code(1)
            .stdout
            .split_once("not yet been applied:\n")
            .expect("says what is pending");
        Pending::Count(pending.lines().take_while(|line| !line.is_empty()).count())
    }

    fn idle(&self) -> &'static str {
        "No pending migrations to apply."
    }

    fn lock(&self) -> Lock {
        Lock::Waits
    }
}
