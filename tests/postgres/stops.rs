//! Law 4: a script that stopped anywhere is run again, and ends as if it had never stopped.
//!
//! An error stops it after each statement of the user; psql's death does so too, and between all lines of machinery
//! around them. Each stop is tried on a database of its own.

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

/// Stops the script in every place, on copies of one database, and runs it again.
fn every_stop_is_taken_up(project: &Project, way: &Way, fault: Fault) {
    let start = Database::create();
    let script = match way {
        Way::Up(range) => upgrade(project, range),
        Way::Down(above, range) => {
            run(&start, &upgrade(project, above));
            downgrade(project, range)
        }
    };
    let unbroken = Database::clone_of(&start);
    run(&unbroken, &script);
    let (state, rows) = (unbroken.state(), unbroken.rows());
    let stops = match fault {
        Fault::Error => faults::statements(&script),
        Fault::Killed => faults::stops(&script),
    };
    assert!(stops.len() > 2, "too few places to stop at: {stops:?}");
    for (k, stop) in stops.iter().enumerate() {
        let database = Database::clone_of(&start);
        let broken = faults::at(&script, *stop, fault);
        database.psql_stdin(&broken, &[]).code(fault.code());
        run(&database, &script).stdout_has("signoff: done:");
        let what = format!("without stop {} of {}, {fault:?}", k + 1, stops.len());
        same(&what, &state, &database.state());
        same(&what, &rows, &database.rows());
    }
}

/// Both faults, as two tests of one way through one project.
macro_rules! stops {
    ($name:ident, $case:expr, $way:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn by_an_error() {
                every_stop_is_taken_up(&$case.project(), &$way, Fault::Error);
            }

            #[test]
            fn by_the_death_of_psql() {
                every_stop_is_taken_up(&$case.project(), &$way, Fault::Killed);
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
stops!(branches_up, laws::BRANCHES, Way::Up("head"));
stops!(
    branches_down,
    laws::BRANCHES,
    Way::Down("head", "head:0d3f7a91c2e4")
);
