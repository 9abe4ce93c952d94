//! What is to hold of a peer and us, on a real server.
//!
//! What the tool makes of a database alone is the measure: the schema as pg_dump tells it, and the rows of the tool's
//! tables cell by cell. Whatever is run first must leave to the other what is left, and nothing else.

use std::sync::Mutex;

use super::peer::{Asked, Lock, MADE, Peer, Pending, Place, SLOW};
use crate::postgres::made::{changes_nothing, run, same};
use crate::support::outcome::Outcome;
use crate::support::postgres::cluster::wait_for;
use crate::support::postgres::{Database, Server};

/// What was found of a peer. Filled as it is found, so that a broken proof leaves what held before.
#[derive(Default)]
pub(super) struct Report {
    pub(super) held: Vec<&'static str>,
    pub(super) notes: Vec<String>,
}

/// A peer, a tree of its kind, and what the peer makes of it alone.
struct Trial<'a> {
    what: String,
    peer: &'a dyn Peer,
    server: &'a Server,
    place: Place,
    alone: Database,
}

/// All proofs, one after the other; panics at the first that does not hold.
pub(super) fn all(peer: &dyn Peer, server: &Server, report: &Mutex<Report>) {
    let fill = || report.lock().expect("nobody panics with it");
    let made = Trial::new("the made tree", peer, server, Place::made(peer, &MADE));
    let example = peer.reads_its_example().then(|| {
        let place = Place::example(peer);
        Trial::new("its example", peer, server, place)
    });
    let both = || [Some(&made), example.as_ref()].into_iter().flatten();
    fill().held.push("alone");
    both().for_each(Trial::ours_then_nothing);
    fill().held.push("a");
    for trial in both() {
        let last = trial.place.ids.len() - 1;
        // Before and behind what runs outside a transaction.
        let firsts: &[usize] = if trial.what.ends_with("example") {
            &[1]
        } else {
            &[2, last]
        };
        for first in firsts {
            trial.half_and_half(*first);
        }
    }
    fill().held.push("b");
    for trial in both() {
        let says = trial.there_and_back();
        fill().notes.push(says);
    }
    fill().held.push("c");
    let says = made.at_the_same_time();
    fill().notes.extend(says);
    fill().held.push("d");
}

impl<'a> Trial<'a> {
    #[track_caller]
    fn new(what: &str, peer: &'a dyn Peer, server: &'a Server, place: Place) -> Self {
        let alone = server.database();
        let trial = Self {
            what: format!("{} on {what}", peer.name()),
            peer,
            server,
            place,
            alone,
        };
        trial.tool(Asked::Up, &trial.alone).success();
        trial.agrees("the tool alone", &trial.alone);
        trial
    }

    /// (a) What our script has done, the tool has nothing to add to.
    fn ours_then_nothing(&self) {
        let database = self.server.database();
        run(&database, &self.ours());
        self.is_like_alone("after our script", &database);
        self.agrees("after our script", &database);
        self.numbers_are_like_alone(&database);
    }

    /// (b) Either goes on where the other one stopped.
    fn half_and_half(&self, first: usize) {
        let after = format!("after the tool's first {first} and our script");
        let database = self.server.database();
        self.peer.first(first, &self.place, &database).success();
        run(&database, &self.ours());
        self.is_like_alone(&after, &database);
        self.agrees(&after, &database);

        let after = format!("after our first {first} and the tool");
        let database = self.server.database();
        run(&database, &self.place.upgrade(first));
        self.pending(&after, &database, self.place.ids.len() - first);
        self.tool(Asked::Up, &database).success();
        self.is_like_alone(&after, &database);
        self.agrees(&after, &database);
    }

    /// (c) Back and up again, each by the other one.
    fn there_and_back(&self) -> String {
        let count = self.place.ids.len();
        let mut says = Vec::new();
        let back = self.place.downgrade(count - 1);
        let tool_goes_back = self.peer.goes_back(&self.place);
        // What the tool alone leaves: one less, and whole again.
        let (less, whole) = (self.server.database(), self.server.database());
        if tool_goes_back {
            for database in [&less, &whole] {
                self.tool(Asked::Up, database).success();
                self.tool(Asked::Down, database).success();
            }
        } else {
            self.peer.first(count - 1, &self.place, &less).success();
        }
        self.tool(Asked::Up, &whole).success();

        if back.code == 0 {
            let database = self.server.database();
            run(&database, &self.ours());
            run(&database, &back.stdout);
            self.is_like("after our downgrade", &less, &database);
            self.pending("after our downgrade", &database, 1);
            self.tool(Asked::Up, &database).success();
            self.is_like("after our downgrade and the tool", &whole, &database);
            self.agrees("after our downgrade and the tool", &database);
            says.push("ours");
        }
        let base = self.place.downgrade(0);
        if base.code == 0 {
            let database = self.server.database();
            self.tool(Asked::Up, &database).success();
            run(&database, &self.ours());
            run(&database, &base.stdout);
            self.pending("after our downgrade to the base", &database, count);
            self.tool(Asked::Up, &database).success();
            same(&self.what, &self.alone.dump(), &database.dump());
            self.agrees("after our downgrade to the base and the tool", &database);
            says.push("ours to the base");
        }
        if tool_goes_back {
            let database = self.server.database();
            run(&database, &self.ours());
            self.tool(Asked::Down, &database).success();
            self.is_like("after our script and the tool's way back", &less, &database);
            run(&database, &self.ours());
            self.is_like(
                "after the tool's way back and our script",
                &whole,
                &database,
            );
            self.agrees("after the tool's way back and our script", &database);
            says.push("the tool's");
        }
        let says = if says.is_empty() {
            "none".to_owned()
        } else {
            says.join(", ")
        };
        format!("{}: ways back: {says}", self.what)
    }

    /// (d) One is started while the other one is in the middle of a migration: on a database that has some, and on an
    /// empty one.
    fn at_the_same_time(&self) -> [String; 2] {
        let place = Place::made(self.peer, MADE.iter().chain([&SLOW]));
        let slow = Trial::new("the slow tree", self.peer, self.server, place);
        [true, false].map(|ours_first| {
            let who = if ours_first { "tool" } else { "script" };
            let ends = [MADE.len(), 0].map(|has| {
                let database = slow.server.database();
                if has > 0 {
                    slow.peer.first(has, &slow.place, &database).success();
                }
                let what = format!("{who} second on a database that has {has}");
                let end = slow.meets(&what, ours_first, &database);
                // Whoever failed is run again.
                run(&database, &slow.ours());
                slow.tool(Asked::Up, &database).success();
                assert_eq!(database.query("SELECT count(*) FROM slow"), "0", "{what}");
                slow.is_like_alone(&what, &database);
                slow.agrees(&what, &database);
                end
            });
            format!("{who} second: {}", ends.join("; on an empty database: "))
        })
    }

    /// How it ended for who came second.
    #[track_caller]
    fn meets(&self, what: &str, ours_first: bool, database: &Database) -> String {
        let script = self.ours();
        let ours = || database.psql_stdin(&script, &[]);
        let tool = || self.tool(Asked::Up, database);
        let (first, second) = if ours_first {
            meanwhile(database, ours, tool)
        } else {
            meanwhile(database, tool, ours)
        };
        let all = second.stdout.clone() + &second.stderr;
        let what = format!("{}, {what}\n{first}\n{second}", self.what);
        // Where only our script looks out for the other one, it can't keep the other one from failing.
        match (self.peer.lock(), first.code, second.code) {
            (Lock::None | Lock::Waits, 0, 0) => "waited".to_owned(),
            (Lock::Refuses(_), 0, 0) if !ours_first => "waited".to_owned(),
            (Lock::Refuses(words), 0, _) if ours_first && all.contains(words) => {
                "said that somebody is running".to_owned()
            }
            (_, 0, _) if !ours_first && all.contains("signoff: refused: ") => {
                "refused, and changed nothing".to_owned()
            }
            (Lock::None, 0, _) if !ours_first => format!("failed whole: {}", error(&second)),
            (Lock::None, _, 0) if !ours_first => {
                format!("went through, and the tool failed whole: {}", error(&first))
            }
            _ => panic!("not what its lock promises: {what}"),
        }
    }

    #[track_caller]
    fn tool(&self, asked: Asked, database: &Database) -> Outcome {
        self.place.run(self.peer, asked, database)
    }

    fn ours(&self) -> String {
        self.place.upgrade(self.place.ids.len())
    }

    /// Nothing is pending for either, and running either changes nothing.
    #[track_caller]
    fn agrees(&self, after: &str, database: &Database) {
        self.pending(after, database, 0);
        changes_nothing(database, || {
            let said = self.tool(Asked::Up, database);
            said.success();
            let all = said.stdout.clone() + &said.stderr;
            let idle = self.peer.idle();
            assert!(
                all.contains(idle),
                "{}, {after}: {idle:?} expected\n{said}",
                self.what
            );
        });
    }

    #[track_caller]
    fn pending(&self, after: &str, database: &Database, count: usize) {
        let said = self.tool(Asked::Status, database);
        match self.peer.pending(&said) {
            Pending::Count(pending) => {
                assert_eq!(pending, count, "{}, {after}: pending\n{said}", self.what);
            }
            Pending::Some => assert_ne!(count, 0, "{}, {after}: some pending\n{said}", self.what),
            Pending::Unsaid => {}
        }
    }

    #[track_caller]
    fn is_like_alone(&self, after: &str, database: &Database) {
        self.is_like(after, &self.alone, database);
        let said = run(database, &self.ours());
        said.stdout_has("signoff: nothing to apply: all of ");
    }

    #[track_caller]
    fn is_like(&self, after: &str, want: &Database, made: &Database) {
        let what = format!("the tool alone ({}, {after})", self.what);
        same(&what, &want.dump(), &made.dump());
        for table in self.peer.tables() {
            same(&what, &table.rows(want), &table.rows(made));
        }
    }

    #[track_caller]
    fn numbers_are_like_alone(&self, database: &Database) {
        for table in self.peer.tables() {
            same(
                &self.what,
                &table.serials(&self.alone),
                &table.serials(database),
            );
        }
    }
}

/// The line that says what went wrong, not all of it.
fn error(outcome: &Outcome) -> String {
    let said = outcome.stderr.clone() + &outcome.stdout;
    let mut lines = said.lines().map(str::to_lowercase);
    let line = lines.find_map(|line| Some(line.split_once("error")?.1.to_owned()));
    let line = line.unwrap_or_else(|| "not a word".to_owned());
    line.trim_start_matches([':', ' '])
        .chars()
        .take(60)
        .collect()
}

/// Starts the second while the first one sleeps; what both said.
fn meanwhile(
    database: &Database,
    first: impl FnOnce() -> Outcome + Send,
    second: impl FnOnce() -> Outcome,
) -> (Outcome, Outcome) {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let asleep = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event = 'PgSleep'",
            database.name()
        );
        wait_for("the first one to sleep", || {
            database.query(&asleep) != "0" || first.is_finished()
        });
        let second = second();
        (first.join().expect("a run ends"), second)
    })
}
