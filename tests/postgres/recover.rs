//! What can't be rolled back: each kind of statement runs once, is taken up where it was cut off, and touches nothing of
//! anybody else. The cut is real: another session's transaction holds the statement where it waits, and its backend ends.

mod alone;
mod changed;
mod detach;
mod enums;
mod objects;
mod reindex;
mod subscription;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use crate::support::faults::{self, Fault};
use crate::support::outcome::Outcome;
use crate::support::postgres::Database;

/// A session with an open transaction; it is rolled back when this is dropped.
pub(super) struct Holder(Child);

impl Holder {
    /// One that has done this in the database.
    #[track_caller]
    pub(super) fn of(database: &Database, what: &str) -> Self {
        Self::with(database.psql_as("postgres"), what)
    }

    /// One that has done this where this psql connects to.
    #[track_caller]
    pub(super) fn with(mut psql: Command, what: &str) -> Self {
        let mut child = psql
            .arg("-Xqo/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("psql can be started");
        let stdin = child.stdin.as_mut().expect("was piped");
        writeln!(stdin, "BEGIN;\n{what};\n\\echo held").expect("psql reads");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("was piped"));
        stdout.read_line(&mut line).expect("psql writes");
        assert_eq!(line, "held\n");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().ok();
    }
}

/// Waits until a query says something.
#[track_caller]
pub(super) fn wait_for(database: &Database, query: &str) {
    wait_until(|| !["", "0", "f"].contains(&database.query(query).as_str()));
}

/// Waits until something is so.
#[track_caller]
pub(super) fn wait_until(so: impl Fn() -> bool) {
    for _ in 0..3000 {
        if so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("never happened");
}

/// How a statement is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// It is cancelled, as with Ctrl-C.
    Cancelled,
    /// Its backend ends.
    Terminated,
}

/// The statement that waits for another session, by its first words.
fn waiting(words: &str) -> String {
    format!(
        "FROM pg_stat_activity WHERE query LIKE '{words}%' AND state = 'active' AND wait_event_type = 'Lock' AND datname = current_database()"
    )
}

/// Runs the script up to a statement that waits for somebody, and cuts that off there.
#[track_caller]
pub(super) fn cut(database: &Database, script: &str, words: &str, cut: Cut) -> Outcome {
    let outcome = std::thread::scope(|scope| {
        let run = scope.spawn(|| database.psql_stdin(script, &[]));
        let waiting = waiting(words);
        wait_for(database, &format!("SELECT count(*) {waiting}"));
        database.query(&format!(
            "SELECT {}(pid) {waiting}",
            match cut {
                Cut::Cancelled => "pg_cancel_backend",
                Cut::Terminated => "pg_terminate_backend",
            }
        ));
        run.join().expect("a run does not panic")
    });
    outcome.code(match cut {
        Cut::Cancelled => 3,
        Cut::Terminated => 2,
    });
    outcome
}

/// Runs the script up to a statement that waits for somebody; lets go then, and waits for its end.
#[track_caller]
pub(super) fn run_after(database: &Database, script: &str, words: &str, holder: Holder) -> Outcome {
    std::thread::scope(|scope| {
        let run = scope.spawn(|| database.psql_stdin(script, &[]));
        wait_for(database, &format!("SELECT count(*) {}", waiting(words)));
        drop(holder);
        run.join().expect("a run does not panic")
    })
}

/// Runs the script until its client is killed right before the statement that begins so: it was begun here, and the server
/// never heard of it.
#[track_caller]
pub(super) fn killed_before(database: &Database, script: &str, words: &str) {
    let place = script.find(&format!("\n{words}")).expect("it is there");
    let broken = faults::at(script, place + 1, Fault::Killed);
    database.psql_stdin(&broken, &[]).code(Fault::Killed.code());
    database.wait_until_alone();
}

/// Runs the script until its client is killed right after its last statement: that is done, and not recorded.
#[track_caller]
pub(super) fn killed_after_last(database: &Database, script: &str) {
    let stops = faults::statements(script);
    let last = *stops.last().expect("a script has a statement");
    let broken = faults::at(script, last, Fault::Killed);
    database.psql_stdin(&broken, &[]).code(Fault::Killed.code());
    database.wait_until_alone();
}
