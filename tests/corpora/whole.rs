//! A database on which a whole tree was run, and the laws about running its script again.

use super::tree::{Tree, dumped};
use crate::postgres::made::{changes_nothing, run, same};
use crate::support::postgres::Database;

/// A script without the lines that tell a bundle's from one written alone.
pub(super) fn without_digest(script: &str) -> String {
    let alone = |line: &&str| {
        ![
            "-- bundle ",
            "-- run ",
            "-- first ",
            "\\set signoff_bundle ",
        ]
        .iter()
        .any(|start| line.starts_with(start))
    };
    script.lines().filter(alone).collect::<Vec<_>>().join("\n")
}

/// A database on which a whole tree was run by its release, and that script.
pub(super) struct Whole {
    database: Database,
    straight: Database,
    pub(super) script: String,
    plan: String,
    pub(super) state: String,
    pub(super) rows: String,
}

impl Whole {
    /// Law 1.
    pub(super) fn of(tree: &Tree, script: String, plan: String) -> Self {
        let database = Database::create();
        run(&database, &script);
        let straight = tree.straight_whole();
        let state = dumped(&database);
        same("its own tool", &dumped(&straight), &state);
        let mut ids = tree.ids();
        ids.sort_unstable();
        assert_eq!(
            database.query("SELECT revision FROM signoff_revision WHERE state = 'applied' ORDER BY revision COLLATE \"C\""),
            ids.join("\n")
        );
        let rows = database.rows();
        Self {
            database,
            straight,
            script,
            plan,
            state,
            rows,
        }
    }

    /// Law 2.
    pub(super) fn second_run_changes_nothing(&self) {
        changes_nothing(&self.database, || {
            run(&self.database, &self.script)
                .quiet()
                .stdout_has("signoff: nothing to apply: all of ");
        });
    }

    /// Law 8, for what runs and is rolled back.
    pub(super) fn rehearsal_changes_nothing(&self) {
        let empty = Database::create();
        changes_nothing(&empty, || {
            empty
                .psql_stdin(&self.script, &["-v", "dry_run=1"])
                .success()
                .stdout_has("signoff: rehearsed: ");
        });
    }

    /// Law 8.
    pub(super) fn refusals_change_nothing(&self) {
        let empty = Database::create();
        for (database, arguments, says) in [
            (&empty, &["-1"][..], "a transaction is open in this session"),
            (
                &empty,
                &["-v", "dry_run=ture"],
                "dry_run=ture is not understood",
            ),
            (
                &self.straight,
                &[],
                "this database has tables, and nothing is recorded as applied in",
            ),
        ] {
            changes_nothing(database, || {
                let outcome = database.psql_stdin(&self.script, arguments);
                outcome
                    .code(3)
                    .stderr_has(&format!("signoff: refused: {says}"));
            });
        }
        for database in [&empty, &self.database] {
            changes_nothing(database, || {
                run(database, &self.plan);
            });
        }
        let outcome = run(&self.database, &self.plan);
        outcome.stdout_has("signoff: nothing to apply: all of ");
        let other = "UPDATE signoff_revision SET up = 'sha256:0', up1 = 'sha256:0' WHERE started_at = (SELECT max(started_at) FROM signoff_revision)";
        self.database.query(other);
        changes_nothing(&self.database, || {
            let outcome = self.database.psql_stdin(&self.script, &[]);
            outcome
                .code(3)
                .stderr_has("was applied here with another text");
        });
    }
}
