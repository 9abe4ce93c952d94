//! drizzle-kit: files that a journal lists; no way back, no word about what is pending. All that is pending is one
//! transaction. It takes no lock.

use std::process::Command;

use super::peer::{Asked, Lock, Made, Peer, Pending, Place, TREE, Table, fetched, program, url};
use crate::support::outcome::Outcome;
use crate::support::postgres::Database;
use crate::support::project::Project;

const JOURNAL: &str = "db/migrations/meta/_journal.json";

pub(super) struct Drizzle;

impl Drizzle {
    fn journal(project: &Project) -> serde_json::Value {
        serde_json::from_str(&project.read(JOURNAL)).expect("a journal is JSON")
    }

    fn entries(journal: &mut serde_json::Value) -> &mut Vec<serde_json::Value> {
        journal["entries"].as_array_mut().expect("is a list")
    }
}

impl Peer for Drizzle {
    fn name(&self) -> &'static str {
        "drizzle"
    }

    fn program(&self) -> &'static str {
        "node/node_modules/.bin/drizzle-kit"
    }

    fn goes_back(&self, _place: &Place) -> bool {
        false
    }

    fn tables(&self) -> &'static [Table] {
        &[Table {
            name: "drizzle.__drizzle_migrations",
            order: "created_at",
            serial: "id",
            varies: &[],
        }]
    }

    fn write(&self, project: &Project, made: &Made) {
        if made.number == 1 {
            let empty = r#"{"version": "7", "dialect": "postgresql", "entries": []}"#;
            project.write(JOURNAL, empty.as_bytes());
        }
        let number = made.number - 1;
        let tag = format!("{number:04}_{}", made.word);
        let mut journal = Self::journal(project);
        Self::entries(&mut journal).push(serde_json::json!({
            "idx": number, "version": "7", "when": 1_712_000_000_000_u64 + 1000 * made.number as u64,
            "tag": tag, "breakpoints": true
        }));
        project.write(JOURNAL, journal.to_string().as_bytes());
        let statements: Vec<String> = made.up.iter().map(|it| format!("{it};")).collect();
        let text = statements
            .join("\n--> statement-breakpoint\n")
            .replace(" CONCURRENTLY", "");
        project.write(&format!("{TREE}/{tag}.sql"), text.as_bytes());
    }

    fn prepare(&self, project: &Project) {
        let config = format!(
            "module.exports = {{dialect: 'postgresql', out: './{TREE}', schema: './schema.js', \
             dbCredentials: {{url: process.env.DATABASE_URL}}}}\n"
        );
        project.write("drizzle.config.js", config.as_bytes());
        project.write("schema.js", b"");
        let modules = fetched().join("node/node_modules");
        std::os::unix::fs::symlink(modules, project.path("node_modules"))
            .expect("a link can be made");
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        let mut journal = Self::journal(&place.project);
        Self::entries(&mut journal).truncate(count);
        let copy = Place::copy(self, place, |_| true);
        copy.project.write(JOURNAL, journal.to_string().as_bytes());
        copy.run(self, Asked::Up, database)
    }

    fn command(&self, _asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, "");
        command.arg("migrate").env("DATABASE_URL", url(database));
        command
    }

    fn pending(&self, _said: &Outcome) -> Pending {
        Pending::Unsaid
    }

    fn idle(&self) -> &'static str {
        "migrations applied successfully"
    }

    fn lock(&self) -> Lock {
        Lock::None
    }
}
