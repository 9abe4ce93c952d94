//! Law 4: a script that stopped anywhere is run again, and ends as if it had never stopped.
//!
//! An error stops it after each statement of the user, and psql's death does so too; deaths one after the other also
//! stop it between all lines of machinery around them.

use super::laws;
use super::made::{downgrade, run, same, upgrade};
use crate::support::faults::{self, Fault};
use crate::support::postgres::Database;
use crate::support::project::Project;

/// What is run, on what.
enum Way {
    /// `upgrade RANGE`, on an empty database.
    Up(&'static str),
    /// `downgrade RANGE`, after `upgrade RANGE`.
    Down(&'static str, &'static str),
}

/// The database that a way starts on, its script, and a database where that ran unbroken.
struct Start {
    database: Database,
    script: String,
    state: String,
    rows: String,
}

impl Start {
    fn of(project: &Project, way: &Way) -> Self {
        let database = Database::create();
        let script = match way {
            Way::Up(range) => upgrade(project, range),
            Way::Down(above, range) => {
                run(&database, &upgrade(project, above));
                downgrade(project, range)
            }
        };
        let unbroken = Database::clone_of(&database);
        run(&unbroken, &script);
        Self {
            database,
            script,
            state: unbroken.state(),
            rows: unbroken.rows(),
        }
    }

    /// Runs the whole script on a database where it stopped.
    fn finish(&self, database: &Database, what: &str) {
        run(database, &self.script).stdout_has("signoff: done:");
        same(what, &self.state, &database.state());
        same(what, &self.rows, &database.rows());
    }
}

/// Stops after each statement of the user, each on a database of its own, and runs the script again.
fn each_stop_is_taken_up(project: &Project, way: &Way, fault: Fault) {
    let start = Start::of(project, way);
    let stops = faults::statements(&start.script);
    assert!(stops.len() > 1, "too few places to stop at: {stops:?}");
    for (k, stop) in stops.iter().enumerate() {
        let database = Database::clone_of(&start.database);
        let broken = faults::at(&start.script, *stop, fault);
        database.psql_stdin(&broken, &[]).code(fault.code());
        start.finish(
            &database,
            &format!("without a stop after {} of {}", k + 1, stops.len()),
        );
    }
}

/// Stops everywhere, on one database, one place after the other: each run takes up what the one before left, and is
/// stopped in the next place.
fn all_stops_are_taken_up(project: &Project, way: &Way) {
    let start = Start::of(project, way);
    let stops = faults::stops(&start.script);
    assert!(stops.len() > faults::statements(&start.script).len());
    for stop in stops {
        let broken = faults::at(&start.script, stop, Fault::Killed);
        let outcome = start.database.psql_stdin(&broken, &[]);
        outcome.code(Fault::Killed.code());
    }
    start.finish(&start.database, "without so many stops");
}

/// Both faults, and many of them, as tests of one way through one project.
macro_rules! stops {
    ($name:ident, $case:expr, $way:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn by_an_error() {
                each_stop_is_taken_up(&$case.project(), &$way, Fault::Error);
            }

            #[test]
            fn by_the_death_of_psql() {
                each_stop_is_taken_up(&$case.project(), &$way, Fault::Killed);
            }

            #[test]
            fn by_one_death_after_the_other() {
                all_stops_are_taken_up(&$case.project(), &$way);
            }
        }
    };
}

stops!(sample_up, laws::SAMPLE, Way::Up("head"));
stops!(
    sample_down,
    laws::SAMPLE,
    Way::Down("head", "head:2249d2bb179c")
);
// Below what can't be reverted, over the branch and the merge.
stops!(
    sample_down_to_nothing,
    laws::SAMPLE,
    Way::Down("0b2cf12098b2", "0b2cf12098b2:base")
);
stops!(linear_up, laws::LINEAR, Way::Up("head"));
stops!(linear_down, laws::LINEAR, Way::Down("head", "head:base"));
stops!(numbered_up, laws::NUMBERED, Way::Up("head"));
stops!(numbered_down, laws::NUMBERED, Way::Down("9", "9:base"));

// Nothing in it that the sample has not: no more than one death after the other.
#[test]
fn branches_by_one_death_after_the_other() {
    let project = laws::BRANCHES.project();
    all_stops_are_taken_up(&project, &Way::Up("head"));
    all_stops_are_taken_up(&project, &Way::Down("head", "head:0d3f7a91c2e4"));
}
