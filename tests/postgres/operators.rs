//! Law 7: several operators at once are as one after the other. One works, the others wait, or leave and say for whom.

use super::laws;
use super::made::{downgrade, run, same, upgrade};
use crate::support::outcome::Outcome;
use crate::support::postgres::Database;

/// Above this the sample is not reverted, and the tree has its CONCURRENTLY steps.
const BASE: &str = "2249d2bb179c";

/// What a run that did not do its work may say, all of it true: somebody else was there before it, or is there.
const LEAVES: [&str; 2] = [
    "signoff: refused: another run holds the lock: pid ",
    "signoff: refused: this database has no version table ",
];

/// What each of several runs at once did, in the order in which they were started.
fn at_once(database: &Database, scripts: &[&str]) -> Vec<Outcome> {
    let mut watcher = database.watcher();
    let working = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND backend_xid IS NOT NULL;",
        database.name()
    );
    std::thread::scope(|scope| {
        let runs: Vec<_> = scripts
            .iter()
            .map(|script| scope.spawn(|| database.psql_stdin(script, &[])))
            .collect();
        while !runs.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let working = watcher.ask(&working);
            assert!(working == "0" || working == "1", "{working} work at a time");
        }
        runs.into_iter()
            .map(|run| run.join().expect("psql can be run"))
            .collect()
    })
}

/// Everyone did the work, found it done, or left with a reason; nothing was left half-done.
#[track_caller]
#[expect(clippy::print_stdout, reason = "what was seen is told")]
fn all_is_well(database: &Database, outcomes: &[Outcome]) {
    for outcome in outcomes {
        if outcome.code == 0 {
            // Who had to wait was told for whom, and nothing else was said.
            let waits = outcome
                .stderr
                .contains("signoff: another run holds the lock (pid ");
            assert!(
                outcome.stderr.is_empty() || waits && outcome.stderr.lines().count() == 1,
                "{outcome}"
            );
        } else {
            outcome.code(3);
            assert!(
                LEAVES.iter().any(|says| outcome.stderr.contains(says)),
                "no reason to leave\n{outcome}"
            );
        }
    }
    let done = outcomes.iter().filter(|outcome| outcome.code == 0).count();
    let idle = |outcome: &&Outcome| outcome.stdout.contains("signoff: nothing to ");
    println!(
        "operators | {} at once | {done} ended well, {} of them found nothing to do | {} left",
        outcomes.len(),
        outcomes.iter().filter(idle).count(),
        outcomes.len() - done
    );
    assert!(done > 0, "nobody did the work");
    let invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(database.query(invalid), "0", "invalid indexes");
    let half = "SELECT count(*) FROM signoff_revision WHERE state <> 'applied'";
    assert_eq!(database.query(half), "0", "half-done revisions");
}

/// What each run did stands together in the log, and each revision that was begun was ended next.
#[track_caller]
fn one_worked_after_the_other(database: &Database) {
    let turns = "SELECT count(*) FILTER (WHERE pid IS DISTINCT FROM before) - count(DISTINCT pid)
                   FROM (SELECT pid, lag(pid) OVER (ORDER BY id) AS before FROM signoff_event WHERE pid IS NOT NULL) e";
    assert_eq!(database.query(turns), "0", "some worked in turns");
    let broken = "SELECT count(*) FROM (SELECT event, revision, lag(event) OVER w AS before, lag(revision) OVER w AS began FROM signoff_event WHERE revision NOT LIKE 'repeatable:%' WINDOW w AS (ORDER BY id)) e
                   WHERE event IN ('applied', 'reverted') AND (before, began) IS DISTINCT FROM (CASE event WHEN 'applied' THEN 'started' ELSE 'reverting' END, revision)";
    assert_eq!(database.query(broken), "0", "some came between others");
}

/// The log takes down who did it.
fn watched(database: &Database) {
    let pid = "ALTER TABLE signoff_event ADD COLUMN pid int; ALTER TABLE signoff_event ALTER COLUMN pid SET DEFAULT pg_backend_pid()";
    database.query(pid);
}

#[test]
fn several_upgrades_are_one() {
    let project = laws::SAMPLE.project();
    let script = upgrade(&project, "head");
    let (whole, empty) = (Database::create(), Database::create());
    run(&whole, &script);
    let below = Database::create();
    run(&below, &upgrade(&project, BASE));
    watched(&below);
    for operators in [2, 8] {
        for start in [&empty, &below] {
            let database = Database::clone_of(start);
            let outcomes = at_once(&database, &vec![script.as_str(); operators]);
            all_is_well(&database, &outcomes);
            let begun = "SELECT count(*) - count(DISTINCT revision) FROM signoff_event WHERE event = 'started'";
            assert_eq!(database.query(begun), "0", "something was begun twice");
            same("one operator", &whole.state(), &database.state());
            same("the rows of one operator", &whole.rows(), &database.rows());
        }
    }
}

#[test]
fn upgrades_and_downgrades_at_once_are_some_order_of_them() {
    let project = laws::SAMPLE.project();
    let up = upgrade(&project, "head");
    let down = downgrade(&project, &format!("head:{BASE}"));
    let start = Database::create();
    run(&start, &upgrade(&project, BASE));
    let high = Database::clone_of(&start);
    run(&high, &up);
    let low = Database::clone_of(&high);
    run(&low, &down);
    watched(&start);
    let watched_high = Database::clone_of(&high);
    watched(&watched_high);
    for scripts in [
        &[&up, &down][..],
        &[&up, &up, &down, &up, &up, &down, &up, &down],
    ] {
        let scripts: Vec<&str> = scripts.iter().map(|script| script.as_str()).collect();
        for start in [&start, &watched_high] {
            let database = Database::clone_of(start);
            let outcomes = at_once(&database, &scripts);
            all_is_well(&database, &outcomes);
            one_worked_after_the_other(&database);
            let last = "SELECT revision IS NOT NULL FROM (SELECT max(revision) AS revision FROM signoff_revision WHERE kind = 'revision' AND message = 'Disputes') r";
            let end = if database.query(last) == "t" {
                &high
            } else {
                &low
            };
            same("one order of them", &end.state(), &database.state());
            same("the rows of that", &end.rows(), &database.rows());
        }
    }
}

/// Where nothing was ever applied, a downgrade that comes first finds nothing, and says so.
#[test]
fn the_first_upgrade_and_a_downgrade_at_once() {
    let project = laws::SAMPLE.project();
    let up = upgrade(&project, "head");
    let down = downgrade(&project, &format!("head:{BASE}"));
    let database = Database::create();
    let outcomes = at_once(&database, &[&up, &down, &up]);
    all_is_well(&database, &outcomes);
}
