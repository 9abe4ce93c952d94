//! What is interrupted: a way through a tree, the database on which it starts, and what an unbroken run leaves.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};

use crate::postgres::laws::Case;
use crate::postgres::made::{run, same, tree};
use crate::support::faults;
use crate::support::outcome;
use crate::support::postgres::{Database, left_out};
use crate::support::project::Project;

/// Nobody waits so long in a test, so that nothing but the fault ends a run.
const PATIENT: &str = "2min";
/// No lock that is held against a statement is given back so soon.
const IMPATIENT: &str = "40ms";

/// Where the real tree lies below the corpora.
const CORPUS: &str = "quickwit/quickwit/quickwit-metastore/migrations/postgresql";

/// Steps outside a transaction, each of which shows when it ran twice.
const STEPS: [&str; 3] = [
    "--! upgrade\nCREATE TABLE counter (n int);\nINSERT INTO counter VALUES (0);\n\
     CREATE TABLE reading (at int, x int);\nINSERT INTO reading SELECT g, g FROM generate_series(1, 10) g;\n\
     --! downgrade\nDROP TABLE reading;\nDROP TABLE counter;\n",
    "--! upgrade { transaction = false }\nUPDATE counter SET n = n + 1;\n\
     CREATE INDEX CONCURRENTLY reading_at ON reading (at);\nUPDATE counter SET n = n * 3;\n\
     CREATE UNIQUE INDEX CONCURRENTLY reading_x ON reading (x);\n\
     DROP INDEX CONCURRENTLY reading_at;\nUPDATE counter SET n = n + 7;\n\
     --! downgrade { transaction = false }\nUPDATE counter SET n = n - 7;\n\
     CREATE INDEX CONCURRENTLY reading_at ON reading (at);\n\
     DROP INDEX CONCURRENTLY reading_x;\nUPDATE counter SET n = n / 3;\n\
     DROP INDEX CONCURRENTLY reading_at;\nUPDATE counter SET n = n - 1;\n",
    "--! upgrade\nUPDATE counter SET n = n * 2;\nALTER TABLE reading ADD COLUMN y int;\n\
     --! downgrade\nALTER TABLE reading DROP COLUMN y;\nUPDATE counter SET n = n / 2;\n",
];

/// What is run, on what.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// `upgrade RANGE`, on an empty database.
    Up(&'static str),
    /// `downgrade RANGE`, after `upgrade RANGE`.
    Down(&'static str, &'static str),
}

/// A way through a tree.
pub(super) struct Journey {
    /// For the table.
    pub(super) name: &'static str,
    project: Project,
    /// The tree, where it is not the project's own.
    path: Option<Utf8PathBuf>,
    way: Way,
}

impl Journey {
    pub(super) fn through(case: &Case, name: &'static str, way: Way) -> Self {
        Self {
            name,
            project: case.project(),
            path: None,
            way,
        }
    }

    pub(super) fn through_steps(name: &'static str, way: Way) -> Self {
        Self {
            name,
            project: tree(&STEPS),
            path: None,
            way,
        }
    }

    /// Through a tree that other people wrote; none where the corpora are not at hand.
    pub(super) fn through_corpus(name: &'static str, way: Way) -> Option<Self> {
        let Ok(corpora) = std::env::var("SIGNOFF_CORPORA") else {
            left_out("SIGNOFF_CORPORA names no folder of real trees");
            return None;
        };
        let path = Utf8Path::new(&corpora).join(CORPUS);
        assert!(path.is_dir(), "{path}: no migrations there");
        Some(Self {
            name,
            project: Project::new(),
            path: Some(path),
            way,
        })
    }

    /// A script whose statements wait so long for locks.
    #[track_caller]
    fn compile(&self, command: &str, range: &str, lock_timeout: &str) -> String {
        let mut arguments = vec![command, range];
        if let Some(path) = &self.path {
            arguments.extend(["--path", path.as_str()]);
        }
        let mut command = self.project.command(&arguments);
        command.env("SIGNOFF_TARGET_LOCK_TIMEOUT", lock_timeout);
        outcome::run(&mut command, "").success().stdout.clone()
    }
}

/// A script, and where its statements are.
pub(super) struct Script {
    pub(super) text: String,
    pub(super) statements: Vec<Range<usize>>,
}

impl Script {
    fn of(text: String) -> Self {
        let statements = faults::spans(&text);
        assert!(statements.len() > 1, "too few statements to stop at");
        Self { text, statements }
    }

    /// Whether the statement runs outside a transaction, and waits for locks as long as it takes.
    pub(super) fn is_concurrent(&self, statement: usize) -> bool {
        self.text[self.statements[statement].clone()].contains("CONCURRENTLY")
    }
}

/// The database that a way starts on, its script, and what a database looks like where that ran unbroken.
pub(super) struct Start {
    pub(super) database: Database,
    pub(super) script: Script,
    /// The same, but a statement that has to wait for a lock fails.
    pub(super) impatient: Script,
    state: String,
    rows: String,
}

impl Start {
    /// In an empty database, which is brought to where the journey starts.
    pub(super) fn of(journey: &Journey, database: Database) -> Self {
        let (command, range) = match journey.way {
            Way::Up(range) => ("upgrade", range),
            Way::Down(above, range) => {
                run(&database, &journey.compile("upgrade", above, PATIENT));
                ("downgrade", range)
            }
        };
        let script = journey.compile(command, range, PATIENT);
        let unbroken = Database::clone_of(&database);
        run(&unbroken, &script);
        Self {
            database,
            impatient: Script::of(journey.compile(command, range, IMPATIENT)),
            script: Script::of(script),
            state: unbroken.state(),
            rows: unbroken.rows(),
        }
    }

    /// A database where a script stopped and was run again is as one where it never stopped.
    #[track_caller]
    pub(super) fn is_reached(&self, database: &Database, what: &str) {
        same(what, &self.state, &database.state());
        same(what, &self.rows, &database.rows());
    }
}
