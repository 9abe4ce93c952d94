//! Sqitch: a plan, and three scripts for each of its changes; six tables in a schema of their own. It waits for whoever
//! else is running.

use std::process::Command;

use super::peer::{Asked, Lock, Looks, Made, Peer, Pending, Place, TREE, Table, program};
use crate::support::outcome::{self, Outcome};
use crate::support::postgres::Database;
use crate::support::project::Project;

const COMMITTER: [(&str, Looks); 3] = [
    ("committed_at", Looks::Time),
    ("committer_name", Looks::Text),
    ("committer_email", Looks::Text),
];

pub(super) struct Sqitch;

impl Peer for Sqitch {
    fn name(&self) -> &'static str {
        "sqitch"
    }

    fn program(&self) -> &'static str {
        "sqitch"
    }

    fn goes_back(&self, _place: &Place) -> bool {
        true
    }

    fn tables(&self) -> &'static [Table] {
        &[
            Table {
                name: "sqitch.releases",
                order: "version",
                serial: "",
                varies: &[
                    ("installed_at", Looks::Time),
                    ("installer_name", Looks::Text),
                    ("installer_email", Looks::Text),
                ],
            },
            Table {
                name: "sqitch.projects",
                order: "project",
                serial: "",
                varies: &[
                    ("created_at", Looks::Time),
                    ("creator_name", Looks::Text),
                    ("creator_email", Looks::Text),
                ],
            },
            Table {
                name: "sqitch.changes",
                order: "committed_at",
                serial: "",
                varies: &COMMITTER,
            },
            Table {
                name: "sqitch.tags",
                order: "committed_at",
                serial: "",
                varies: &COMMITTER,
            },
            Table {
                name: "sqitch.dependencies",
                order: "change_id, dependency",
                serial: "",
                varies: &[],
            },
            Table {
                name: "sqitch.events",
                order: "committed_at",
                serial: "",
                varies: &COMMITTER,
            },
        ]
    }

    fn write(&self, project: &Project, made: &Made) {
        let plan = format!("{TREE}/sqitch.plan");
        if made.number == 1 {
            project.write(
                &plan,
                b"%syntax-version=1.0.0\n%project=bank\n%uri=https://example.com/bank\n\n",
            );
            project.write(&format!("{TREE}/sqitch.conf"), b"[core]\n\tengine = pg\n");
        }
        let mut text = project.read(&plan);
        // The second stands on the first, and a tag stands behind the fourth.
        let requires = if made.number == 2 { " [accounts]" } else { "" };
        let (number, word) = (made.number, made.word);
        let (day, who) = (number.to_string(), "Z Ines Prado <ines@example.com> # ");
        text.extend([
            word,
            requires,
            " 2024-02-0",
            &day,
            "T09:00:00",
            who,
            "Step\n",
        ]);
        if number == 4 {
            text.extend(["@v1.0 2024-02-05T08:00:00", who, "First release\n\n"]);
        }
        project.write(&plan, text.as_bytes());
        for (folder, statements) in [("deploy", made.up), ("revert", made.down)] {
            let sql = Made::sql(statements);
            let sql = if made.alone {
                format!("-- {folder} {word}\n\n{sql}")
            } else {
                format!("-- {folder} {word}\n\nBEGIN;\n\n{sql}\nCOMMIT;\n")
            };
            project.write(&format!("{TREE}/{folder}/{word}.sql"), sql.as_bytes());
        }
    }

    fn first(&self, count: usize, place: &Place, database: &Database) -> Outcome {
        // `is_lent#2` is ours for what the plan names again; the last of a name needs no tag.
        let plan = place.project.read(&format!("{TREE}/sqitch.plan"));
        let named = |line: &&str| !line.is_empty() && !line.starts_with(['%', '@', '#']);
        let changes: Vec<&str> = plan.lines().filter(named).collect();
        let word = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let mut target = word(changes[count - 1]);
        if changes[count..].iter().any(|line| word(line) == target) {
            target += "@v1.0";
        }
        let mut command = self.command(Asked::Up, place, database);
        outcome::run(command.args(["--to-change", &target]), "")
    }

    fn command(&self, asked: Asked, place: &Place, database: &Database) -> Command {
        let mut command = program(self.program(), place, TREE);
        command
            .env("SQITCH_FULLNAME", "Test User")
            .env("SQITCH_EMAIL", "test@example.com");
        match asked {
            Asked::Up => command.arg("deploy"),
            Asked::Down => command.args(["revert", "-y", "--to", "@HEAD^"]),
            Asked::Status => command.arg("status"),
        };
        let (port, name) = (database.port(), database.name());
        command.arg(format!("db:pg://postgres@127.0.0.1:{port}/{name}"));
        command
    }

    fn pending(&self, said: &Outcome) -> Pending {
        if said.stdout.contains("No changes deployed") {
            said.code(1);
            return Pending::Some;
        }
        let changes = said.success().stdout.lines();
        Pending::Count(changes.filter(|line| line.starts_with("  * ")).count())
    }

    fn idle(&self) -> &'static str {
        "Nothing to deploy (up-to-date)"
    }

    fn lock(&self) -> Lock {
        Lock::Waits
    }
}
