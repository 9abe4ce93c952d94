//! Laws 1, 2, 3, 5 and 8 for the sample tree and the golden projects.

use super::made::{changes_nothing, downgrade, run, same, upgrade};
use crate::support::faults;
use crate::support::postgres::{Database, is_older_than};
use crate::support::project::Project;
use crate::support::straight::{self, Migration};

/// A project that the laws are tried on.
pub(super) struct Case {
    /// Its folder in this repository; the sample tree is the repository's own.
    folder: &'static str,
    /// Its repeatables, in the order in which they run.
    repeatables: &'static [&'static str],
}

pub(super) const SAMPLE: Case = Case {
    folder: ".",
    repeatables: &["migrations/repeatable/account_position.sql"],
};
pub(super) const LINEAR: Case = Case {
    folder: "tests/golden/linear/project",
    repeatables: &[],
};
pub(super) const BRANCHES: Case = Case {
    folder: "tests/golden/branches/project",
    repeatables: &[
        "migrations/repeatable/customer_total.sql",
        "migrations/repeatable/a_rank.sql",
    ],
};
pub(super) const NUMBERED: Case = Case {
    folder: "tests/golden/numbered/project",
    repeatables: &[],
};

impl Case {
    /// The project, in a folder of its own.
    pub(super) fn project(&self) -> Project {
        if self.folder != "." {
            return Project::copy_of(self.folder);
        }
        let config = std::fs::read_to_string(crate::support::root().join("signoff.toml"));
        let project =
            Project::new().file("signoff.toml", &config.expect("the sample has a config"));
        let migrations = crate::support::root().join("migrations");
        for path in crate::support::all_files(&migrations) {
            let bytes = std::fs::read(migrations.join(&path)).expect("the sample is readable");
            project.write(&format!("migrations/{path}"), &bytes);
        }
        project
    }

    /// Whether the project is written for servers newer than this one.
    pub(super) fn is_for_newer_servers(&self) -> bool {
        let config = self.project().read("signoff.toml");
        let server = config.lines().find_map(|line| {
            let value = line.strip_prefix("server = \"")?;
            value.split('"').next()?.parse().ok()
        });
        server.is_some_and(|server| is_older_than(server, "[target] server of the project"))
    }

    /// An empty database on which these migrations ran straight, and then the repeatables.
    #[track_caller]
    fn straight(&self, project: &Project, migrations: &[Migration]) -> Database {
        let database = Database::create();
        for migration in migrations {
            straight::up(&database, project, migration);
        }
        straight::repeatables(&database, project, self.repeatables);
        database
    }

    /// Laws 1 and 2: the release is the migrations one after the other, and once is enough.
    fn upgrade_is_straight(&self) {
        let project = self.project();
        let migrations = straight::migrations(&project);
        let script = upgrade(&project, "");
        assert!(!faults::statements(&script).is_empty());

        let database = Database::create();
        run(&database, &script).quiet();
        let want = self.straight(&project, &migrations).state();
        same("running straight", &want, &database.state());
        let mut recorded: Vec<String> = migrations.iter().map(|m| m.id.clone()).collect();
        recorded.sort();
        assert_eq!(
            database.query(
                "SELECT revision FROM public.signoff_revision WHERE kind = 'revision' AND state = 'applied' ORDER BY revision COLLATE \"C\""
            ),
            recorded.join("\n")
        );
        for started in database
            .query("SELECT revision FROM public.signoff_event WHERE event = 'started'")
            .lines()
        {
            assert_eq!(
                database.query(&format!(
                    "SELECT string_agg(event, ' ' ORDER BY id) FROM public.signoff_event WHERE revision = '{started}'"
                )),
                "started applied"
            );
        }

        let total = migrations.len();
        changes_nothing(&database, || {
            let second = run(&database, &script);
            second.quiet();
            second.stdout_has(&format!(
                "signoff: nothing to apply: all of {total} revisions are applied here"
            ));
        });
    }

    /// Law 3, one revision at a time, on the way up: down again is as it was, up again is as it would be straight.
    /// Repeatables are no part of it, so both sides have their present texts where the upgrade brought them in.
    fn each_downgrade_restores(&self) {
        let project = self.project();
        let migrations = straight::migrations(&project);
        let (database, plain) = (Database::create(), Database::create());
        let mut reverted = 0;
        for (at, migration) in migrations.iter().enumerate() {
            let (below, above) = (&migrations[..at], &migrations[..=at]);
            let (low, high) = (tips(below), tips(above));
            let last = at + 1 == migrations.len();
            let before = if last {
                let both = Database::clone_of(&plain);
                straight::repeatables(&both, &project, self.repeatables);
                both.state()
            } else {
                plain.state()
            };
            let rows = database.rows();
            let up = upgrade(&project, &format!("{low}:{high}"));
            run(&database, &up).quiet();
            straight::up(&plain, &project, migration);
            if last {
                straight::repeatables(&plain, &project, self.repeatables);
            }
            let after = plain.state();
            same("running straight", &after, &database.state());
            if !migration.reversible {
                project
                    .run(&["downgrade", &format!("{high}:{low}")])
                    .code(1)
                    .stderr_has(&migration.id);
                continue;
            }
            let down = downgrade(&project, &format!("{high}:{low}"));
            run(&database, &down).quiet();
            same(
                &format!("before {}", migration.id),
                &before,
                &database.state(),
            );
            if !last {
                same("the rows before", &rows, &database.rows());
            }
            changes_nothing(&database, || {
                run(&database, &down).stdout_has("nothing to revert: none of 1 revisions");
            });
            run(&database, &up).quiet();
            same("once up", &after, &database.state());
            reverted += 1;
        }
        assert!(reverted > 0, "nothing was reverted");
    }

    /// Law 3 for the release's own downgrade.sql, which stops above what can't be reverted.
    fn downgrade_restores(&self) {
        let project = self.project();
        let migrations = straight::migrations(&project);
        project.run(&["bundle"]).success();
        let release = project
            .path("out")
            .read_dir_utf8()
            .expect("bundle makes out/");
        let release = release
            .map(|entry| entry.expect("out/ is readable").into_path())
            .find(|path| path.is_dir())
            .expect("bundle makes a folder");
        let kept = migrations
            .iter()
            .rposition(|migration| !migration.reversible)
            .map_or(0, |at| at + 1);
        let database = Database::create();
        let psql = |name: &str| database.psql_file(&release.join(name), &[]);
        changes_nothing(&database, || {
            psql("plan.sql")
                .success()
                .stdout_has(&format!("{0} of {0} to apply here", migrations.len()));
        });
        psql("upgrade.sql").success().quiet();
        changes_nothing(&database, || {
            psql("plan.sql").success().stdout_has("nothing to apply");
            psql("status.sql")
                .success()
                .stdout_has(&format!("{0} of {0} revisions", migrations.len()));
        });
        psql("downgrade.sql").success().quiet();
        // The views of `branches` stand on what is left, and the sample's does too.
        let want = self.straight(&project, &migrations[..kept]).state();
        same("running straight to there", &want, &database.state());
        changes_nothing(&database, || {
            let says = if kept == migrations.len() {
                "signoff: nothing to revert: there is no way back from "
            } else {
                "signoff: nothing to revert: none of "
            };
            psql("downgrade.sql").success().stdout_has(says);
        });
    }

    /// Law 5: from every set of revisions that holds what its members stand on.
    fn every_start_ends_the_same(&self) {
        let project = self.project();
        let migrations = straight::migrations(&project);
        let script = upgrade(&project, "");
        let whole = Database::create();
        run(&whole, &script);
        let (state, rows) = (whole.state(), whole.rows());
        let mut tried = 0;
        for set in 1..(1_u32 << migrations.len()) - 1 {
            let members: Vec<&Migration> = (0..migrations.len())
                .filter(|at| set & (1 << at) != 0)
                .map(|at| &migrations[at])
                .collect();
            let holds = |id: &String| members.iter().any(|member| member.id == *id);
            let numbered = migrations.iter().all(|m| m.parents.is_empty());
            let closed = members.iter().all(|m| m.parents.iter().all(holds));
            // Where a number orders the tree, an earlier state is a prefix.
            if !closed || (numbered && (set & (set + 1)) != 0) {
                continue;
            }
            let members: Vec<Migration> = members.into_iter().cloned().collect();
            let database = Database::create();
            run(
                &database,
                &upgrade(&project, &format!("base:{}", tips(&members))),
            );
            let done = run(&database, &script);
            done.stdout_has(&format!(
                "signoff: {} of {} to apply here; {} already applied",
                migrations.len() - members.len(),
                migrations.len(),
                members.len()
            ));
            same("from empty", &state, &database.state());
            same("the rows from empty", &rows, &database.rows());
            tried += 1;
        }
        assert!(tried >= migrations.len() - 1, "only {tried} states tried");
    }

    /// Law 8, for what refuses on any database: an outer transaction, another text, a state that is not the start.
    fn refusals_change_nothing(&self) {
        let project = self.project();
        let migrations = straight::migrations(&project);
        let script = upgrade(&project, "");
        let database = Database::create();
        changes_nothing(&database, || {
            database
                .psql_stdin(&script, &["-1"])
                .code(3)
                .stderr_has("refused: a transaction is open in this session");
        });
        let (first, last) = (&migrations[..1], &migrations[migrations.len() - 2..]);
        let later = upgrade(&project, &format!("{}:{}", tips(first), tips(&migrations)));
        changes_nothing(&database, || {
            database
                .psql_stdin(&later, &[])
                .code(3)
                .stderr_has(&format!("revision {} is not applied here", first[0].id));
        });
        run(
            &database,
            &upgrade(&project, &format!("base:{}", tips(first))),
        );
        database.query("UPDATE public.signoff_revision SET up = 'sha256:other', up1 = 'other'");
        for script in [&script, &later] {
            changes_nothing(&database, || {
                database
                    .psql_stdin(script, &[])
                    .code(3)
                    .stderr_has(&format!(
                        "refused: revision {} was applied here with another text",
                        first[0].id
                    ));
            });
        }
        let back = project.run(&["downgrade", &format!("{}:{}", last[1].id, last[0].id)]);
        if back.code == 0 {
            changes_nothing(&database, || {
                // Nothing of its range is applied, yet the recorded text is not what it was made from.
                database.psql_stdin(&back.stdout, &[]).code(3);
            });
        }
    }
}

/// The names of a state, for a range: those on which nothing in it stands.
fn tips(set: &[Migration]) -> String {
    let numbered = set.iter().all(|migration| migration.parents.is_empty());
    let tips: Vec<&str> = set
        .iter()
        .enumerate()
        .filter(|(at, migration)| {
            if numbered {
                *at + 1 == set.len()
            } else {
                !set.iter()
                    .any(|other| other.parents.contains(&migration.id))
            }
        })
        .map(|(_, migration)| migration.id.as_str())
        .collect();
    if tips.is_empty() {
        "base".to_owned()
    } else {
        tips.join(",")
    }
}

/// A law, where the project can be run at all.
fn keeps(case: &Case, law: fn(&Case)) {
    if !case.is_for_newer_servers() {
        law(case);
    }
}

/// The laws as tests of one case.
macro_rules! laws {
    ($name:ident, $case:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn upgrade_is_straight() {
                keeps(&$case, Case::upgrade_is_straight);
            }

            #[test]
            fn each_downgrade_restores() {
                keeps(&$case, Case::each_downgrade_restores);
            }

            #[test]
            fn downgrade_restores() {
                keeps(&$case, Case::downgrade_restores);
            }

            #[test]
            fn every_start_ends_the_same() {
                keeps(&$case, Case::every_start_ends_the_same);
            }

            #[test]
            fn refusals_change_nothing() {
                keeps(&$case, Case::refusals_change_nothing);
            }
        }
    };
}

laws!(sample_tree, SAMPLE);
laws!(linear, LINEAR);
laws!(branches, BRANCHES);
laws!(numbered, NUMBERED);

/// What `init --template example` writes runs as it stands, there and back.
#[test]
fn the_example_of_init() {
    let project = Project::new();
    project.run(&["init", "-t", "example"]).success();
    let database = Database::create();
    run(&database, &upgrade(&project, ""));
    let upgraded = database.dump();
    assert!(upgraded.contains("CREATE VIEW public.users_by_domain"));
    run(&database, &downgrade(&project, "head:base"));
    assert!(!database.dump().contains("public.users"));
    run(&database, &upgrade(&project, ""));
    same("the first upgrade", &upgraded, &database.dump());
}
