//! Law 4: a script that stopped anywhere, in any way, is run again, and ends as if it had never stopped.
//!
//! Up and down through the sample tree, a made-up tree of steps that count, and a real tree where the corpora are at
//! hand. What was tried is counted and printed; a kind of fault that never hit is a failure. `SIGNOFF_FAULTS=all` tries
//! every kind at every statement of every tree (`make faults`). Without it the kinds are dealt out: each is tried on one
//! statement of an upgrade and of a downgrade, always another one.

mod attempt;
mod journey;

use attempt::{Cut, Moment, is_taken_up};
use journey::{Journey, Script, Start, Way};

use super::laws;
use super::made::run;
use crate::support::faults::{self, Fault};
use crate::support::postgres::{Database, Server};

/// All kinds of faults.
const FAULTS: &[(Moment, &[Cut])] = &[
    (
        Moment::After,
        &[
            Cut::Error,
            Cut::PsqlKilled,
            Cut::PsqlTerminated,
            Cut::Terminated,
            Cut::BackendKilled,
            Cut::ServerStopped,
        ],
    ),
    (
        Moment::Inside,
        &[
            Cut::PsqlKilled,
            Cut::PsqlTerminated,
            Cut::Cancelled,
            Cut::Terminated,
            Cut::LockTimeout,
            Cut::Deadlock,
            Cut::BackendKilled,
            Cut::ServerStopped,
        ],
    ),
    (Moment::BehindWriter, CONCURRENT),
    (Moment::BehindReader, CONCURRENT),
];

/// The lock_timeout does not hold there.
const CONCURRENT: &[Cut] = &[
    Cut::PsqlKilled,
    Cut::PsqlTerminated,
    Cut::Cancelled,
    Cut::Terminated,
    Cut::Deadlock,
    Cut::BackendKilled,
    Cut::ServerStopped,
];

/// The numbers of the statements on which this fault can be tried.
fn candidates(script: &Script, moment: Moment, cut: Cut) -> Vec<usize> {
    let wanted = |statement: &usize| match (moment, cut) {
        (Moment::BehindWriter | Moment::BehindReader, _) => script.is_concurrent(*statement),
        (_, Cut::LockTimeout) => !script.is_concurrent(*statement),
        (Moment::After | Moment::Inside, _) => true,
    };
    (0..script.statements.len()).filter(wanted).collect()
}

/// Tries those faults that do, or do not, take the server, each on a database of its own; in these moments only, where
/// not everything is tried.
#[track_caller]
#[expect(clippy::print_stdout, reason = "what was tried is counted")]
fn stops_are_taken_up(
    journey: &Journey,
    database: Database,
    moments: &[Moment],
    kinds: fn(Cut) -> bool,
) {
    let start = Start::of(journey, database);
    let dealt = |moment: Moment| faults::all() || moments.contains(&moment);
    let pairs = FAULTS
        .iter()
        .flat_map(|(moment, cuts)| cuts.iter().map(|cut| (*moment, *cut)))
        .filter(|(moment, cut)| dealt(*moment) && kinds(*cut));
    for (nth, (moment, cut)) in pairs.enumerate() {
        let mut statements = candidates(&start.script, moment, cut);
        if statements.is_empty() {
            continue;
        }
        // Each kind begins elsewhere, so that one of each is tried all over the tree.
        let first = nth * 7 % statements.len();
        statements.rotate_left(first);
        let (mut tried, mut hit) = (0, 0);
        for statement in statements {
            tried += 1;
            hit += usize::from(is_taken_up(&start, statement, moment, cut));
            if hit > 0 && !faults::all() {
                break;
            }
        }
        let (name, missed) = (journey.name, tried - hit);
        println!("fault | {name} | {moment:?} | {cut:?} | {tried} | {hit} | {missed}");
        assert!(hit > 0, "{name}: {cut:?} {moment:?} never hit");
    }
}

/// Stops in all these places, on one database, one place after the other: each run takes up what the one before left,
/// and is stopped in the next place.
#[track_caller]
#[expect(clippy::print_stdout, reason = "what was tried is counted")]
fn a_row_of_stops_is_taken_up(journey: &Journey, fault: Fault, places: fn(&str) -> Vec<usize>) {
    let start = Start::of(journey, Database::create());
    let script = &start.script.text;
    let places = places(script);
    for place in &places {
        let broken = faults::at(script, *place, fault);
        start.database.psql_stdin(&broken, &[]).code(fault.code());
    }
    run(&start.database, script).stdout_has("signoff: done:");
    start.is_reached(&start.database, "without so many stops");
    println!(
        "fault | {} | InARow | {fault:?} | {1} | {1} | 0",
        journey.name,
        places.len()
    );
}

/// Moments that any statement has, and those of a tree with many CONCURRENTLY steps.
const ANY: &[Moment] = &[Moment::After, Moment::Inside];
const CONCURRENTLY: &[Moment] = &[Moment::BehindWriter, Moment::BehindReader];

/// All faults on one journey, if there is one.
macro_rules! faults {
    ($name:ident, $moments:expr, $journey:expr) => {
        mod $name {
            use super::*;

            #[test]
            fn of_statements_and_sessions() {
                if let Some(journey) = $journey {
                    stops_are_taken_up(&journey, Database::create(), $moments, |cut: Cut| {
                        !cut.takes_the_server()
                    });
                }
            }

            #[test]
            fn of_the_server() {
                if let Some(journey) = $journey {
                    let server = Server::start();
                    let database = server.database();
                    stops_are_taken_up(&journey, database, $moments, Cut::takes_the_server);
                }
            }

            #[test]
            fn in_a_row() {
                if let Some(journey) = $journey {
                    // Between all lines of machinery too.
                    a_row_of_stops_is_taken_up(&journey, Fault::Killed, faults::stops);
                    a_row_of_stops_is_taken_up(&journey, Fault::Error, faults::statements);
                }
            }
        }
    };
}

faults!(
    sample_up,
    ANY,
    Some(Journey::through(
        &laws::SAMPLE,
        "sample up",
        Way::Up("head")
    ))
);
faults!(
    sample_down,
    ANY,
    Some(Journey::through(
        &laws::SAMPLE,
        "sample down",
        Way::Down("head", "head:2249d2bb179c")
    ))
);
faults!(
    steps_up,
    CONCURRENTLY,
    Some(Journey::through_steps("steps up", Way::Up("head")))
);
faults!(
    steps_down,
    CONCURRENTLY,
    Some(Journey::through_steps(
        "steps down",
        Way::Down("head", "head:base")
    ))
);
faults!(
    corpus_up,
    ANY,
    Journey::through_corpus("quickwit up", Way::Up("head"))
);
// Between these, some have no way back, and some fail for their own tool too.
faults!(
    corpus_down,
    ANY,
    Journey::through_corpus("quickwit down", Way::Down("head", "head:20"))
);
faults!(
    corpus_early_down,
    ANY,
    Journey::through_corpus("quickwit down from 13", Way::Down("13", "13:8"))
);

/// What the sample has not, by one stop after the other: below what can't be reverted, over a branch and a merge;
/// revisions with repeatables that are dropped on the way; numbers.
#[test]
fn other_trees_in_a_row() {
    for (case, name, way) in [
        (
            &laws::SAMPLE,
            "sample down to nothing",
            Way::Down("0b2cf12098b2", "0b2cf12098b2:base"),
        ),
        (&laws::LINEAR, "linear up", Way::Up("head")),
        (&laws::LINEAR, "linear down", Way::Down("head", "head:base")),
        (&laws::BRANCHES, "branches up", Way::Up("head")),
        (
            &laws::BRANCHES,
            "branches down",
            Way::Down("head", "head:0d3f7a91c2e4"),
        ),
        (&laws::NUMBERED, "numbered up", Way::Up("head")),
        (&laws::NUMBERED, "numbered down", Way::Down("9", "9:base")),
    ] {
        if case.is_for_newer_servers() {
            continue;
        }
        let journey = Journey::through(case, name, way);
        a_row_of_stops_is_taken_up(&journey, Fault::Killed, faults::stops);
        a_row_of_stops_is_taken_up(&journey, Fault::Error, faults::statements);
    }
}
