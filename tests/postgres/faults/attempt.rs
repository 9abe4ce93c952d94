//! One script, stopped once in one way, and run again to its end.

use camino::Utf8Path;

use super::journey::{Script, Start};
use crate::support::faults::{self, Fault};
use crate::support::postgres::Database;
use crate::support::postgres::cluster::{kill, wait_for};
use crate::support::postgres::session::Session;

/// When it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// Right after a statement.
    After,
    /// In a statement that waits for a lock on a table or a catalog.
    Inside,
    /// In a CONCURRENTLY statement that waits for an older transaction, which has written to the tables.
    BehindWriter,
    /// The same, where the older transaction has only read.
    BehindReader,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The next statement fails.
    Error,
    /// `kill -9` of psql.
    PsqlKilled,
    /// SIGTERM to psql.
    PsqlTerminated,
    /// `pg_cancel_backend`.
    Cancelled,
    /// `pg_terminate_backend`.
    Terminated,
    /// The lock is not given back before lock_timeout.
    LockTimeout,
    /// Who holds the lock waits for one of ours.
    Deadlock,
    /// `kill -9` of the backend: the server ends all others and recovers.
    BackendKilled,
    /// Immediate shutdown, and start.
    ServerStopped,
}

impl Cut {
    /// psql's exit codes then.
    fn codes(self) -> &'static [i32] {
        match self {
            Self::Error | Self::Cancelled | Self::LockTimeout | Self::Deadlock => &[3],
            Self::PsqlKilled => &[128 + 9],
            Self::PsqlTerminated => &[128 + 15],
            // The connection is lost; when psql sees that late, it is an error like others.
            Self::Terminated | Self::BackendKilled | Self::ServerStopped => &[2, 3],
        }
    }

    /// What the server says then, and nothing else does.
    fn says(self) -> &'static str {
        match self {
            Self::Cancelled => "canceling statement due to user request",
            Self::LockTimeout => "canceling statement due to lock timeout",
            Self::Deadlock => "deadlock detected",
            Self::Error
            | Self::PsqlKilled
            | Self::PsqlTerminated
            | Self::Terminated
            | Self::BackendKilled
            | Self::ServerStopped => "",
        }
    }

    /// Whether every session of the server ends with it.
    pub(super) fn takes_the_server(self) -> bool {
        matches!(self, Self::BackendKilled | Self::ServerStopped)
    }

    /// Whether the backend goes on alone with what it does.
    fn leaves_an_orphan(self) -> bool {
        matches!(self, Self::PsqlKilled | Self::PsqlTerminated)
    }

    /// The line in the script that does it, where one can.
    fn line(self) -> Option<Fault> {
        match self {
            Self::Error => Some(Fault::Error),
            Self::PsqlKilled => Some(Fault::Killed),
            Self::PsqlTerminated => Some(Fault::Terminated),
            Self::Cancelled
            | Self::Terminated
            | Self::LockTimeout
            | Self::Deadlock
            | Self::BackendKilled
            | Self::ServerStopped => None,
        }
    }
}

/// What another session locks: all that a statement could want, but for what the script has locked itself. A waiting
/// lock would be a fault of its own, so none waits.
const EVERYTHING: &str = "BEGIN; DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT c.oid::regclass AS name, CASE n.nspname WHEN 'pg_catalog' THEN 'SHARE' ELSE 'ACCESS EXCLUSIVE' END AS mode
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_toast', 'information_schema') AND c.relname NOT LIKE 'signoff\\_%' AND NOT c.relisshared LOOP
    BEGIN EXECUTE format('LOCK TABLE %s IN %s MODE NOWAIT', one.name, one.mode); EXCEPTION WHEN lock_not_available THEN NULL; END;
  END LOOP; END $$;";

/// An open transaction with a snapshot that has written to, or read, every table; a mode stands in for `@`.
const OLD: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ; DO $$ DECLARE t regclass; BEGIN
  FOR t IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_|^information_schema$' AND c.relname NOT LIKE 'signoff\\_%' LOOP
    EXECUTE format('LOCK TABLE %s IN @ MODE NOWAIT', t); END LOOP; END $$; SELECT count(*) FROM pg_class;";

/// Stops the script so, at its statement with this number, and runs it again to its end. Whether it was stopped: a
/// statement that needs none of the locks that are held runs through.
#[track_caller]
pub(super) fn is_taken_up(start: &Start, statement: usize, moment: Moment, cut: Cut) -> bool {
    let script = if cut == Cut::LockTimeout {
        &start.impatient
    } else {
        &start.script
    };
    let database = Database::clone_of(&start.database);
    if cut.takes_the_server() {
        // Since 15 a copied sequence falls back in a crash before the first checkpoint, and gives its values again.
        database.query("CHECKPOINT");
    }
    let hit = if let (Moment::After, Some(fault)) = (moment, cut.line()) {
        let broken = faults::at(&script.text, script.statements[statement].end, fault);
        database.psql_stdin(&broken, &[]).code(fault.code());
        finish(&database, script);
        true
    } else {
        stopped_from_outside(&database, script, statement, moment, cut)
    };
    if hit {
        let what = format!("without {cut:?} {moment:?} statement {}", statement + 1);
        start.is_reached(&database, &what);
    }
    hit
}

#[track_caller]
fn finish(database: &Database, script: &Script) {
    let outcome = database.psql_stdin(&script.text, &[]);
    outcome.success().stdout_has("signoff: done:");
}

/// Stops the script between or inside its statements by what others do, and runs it again.
#[track_caller]
fn stopped_from_outside(
    database: &Database,
    script: &Script,
    statement: usize,
    moment: Moment,
    cut: Cut,
) -> bool {
    let place = &script.statements[statement];
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = Utf8Path::from_path(folder.path()).expect("temporary folders have UTF-8 names");
    let (here, go) = (path.join("here"), path.join("go"));
    let broken = if moment == Moment::After {
        faults::paused(&script.text, place.end, path)
    } else {
        // What was not held ends after its statement, and says so.
        let ended = faults::at(&script.text, place.end, Fault::Error);
        faults::paused(&ended, place.start, path)
    };
    if cut == Cut::Deadlock {
        // The first to look finds it, and that is to be the script.
        database.query(&format!(
            "ALTER DATABASE {} SET deadlock_timeout = '20ms'",
            database.name()
        ));
    }
    std::thread::scope(|scope| {
        let run = scope.spawn(|| database.psql_stdin(&broken, &[]));
        // Goes away when a test fails, and lets the script go on: else nobody would see its end.
        let _folder = folder;
        wait_for("the script to get there", || {
            here.exists() || run.is_finished()
        });
        let psql = std::fs::read_to_string(&here).expect("psql came to this place");
        let mut scene = Scene::of(database, psql.trim());
        if moment == Moment::After {
            scene.cut(cut);
        } else {
            scene.hold(moment, cut);
        }
        std::fs::write(&go, "").expect("a file of ours can be written");
        // The server itself sees a timeout and a deadlock, sooner than anybody could look.
        if moment != Moment::After && !matches!(cut, Cut::LockTimeout | Cut::Deadlock) {
            wait_for("the statement to wait", || {
                run.is_finished() || scene.script_waits()
            });
            if !run.is_finished() {
                scene.cut(cut);
            }
        }
        let outcome = run.join().expect("psql can be run");
        if moment != Moment::After && outcome.stderr.contains("division by zero") {
            scene.release();
            return false;
        }
        assert!(
            cut.codes().contains(&outcome.code),
            "{cut:?}: exit code {:?} expected\n{outcome}",
            cut.codes()
        );
        outcome.stderr_has(cut.says());

        let again = scope.spawn(|| finish(database, script));
        if moment != Moment::After && cut.leaves_an_orphan() {
            // Whose client is gone runs on, and the next run waits for it.
            wait_for("the next run", || {
                again.is_finished() || scene.has_another()
            });
        }
        scene.release();
        again.join().expect("the next run goes to its end");
        true
    })
}

/// A script that has come to its place, and those who do something to it.
struct Scene<'a> {
    database: &'a Database,
    /// The process ids.
    psql: String,
    backend: String,
    /// Whether no transaction is open.
    bare: bool,
    /// The advisory lock that the script holds.
    key: String,
    watcher: Session,
    blocker: Option<Session>,
}

impl<'a> Scene<'a> {
    #[track_caller]
    fn of(database: &'a Database, psql: &str) -> Self {
        let mut watcher = database.watcher();
        let found = watcher.ask(&format!(
            "SELECT l.pid, a.xact_start IS NULL, (l.classid::bigint << 32) | l.objid::bigint FROM pg_locks l JOIN pg_stat_activity a USING (pid)
              WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND a.datname = '{}';",
            database.name()
        ));
        let fields: Vec<&str> = found.split('|').collect();
        let [backend, bare, key] = fields[..] else {
            panic!("one run holds one lock: {found:?}");
        };
        Self {
            database,
            psql: psql.to_owned(),
            backend: backend.to_owned(),
            bare: bare == "t",
            key: key.to_owned(),
            watcher,
            blocker: None,
        }
    }

    /// Another session takes the locks that the next statement wants.
    #[track_caller]
    fn hold(&mut self, moment: Moment, cut: Cut) {
        let mut blocker = self.database.session();
        match moment {
            Moment::Inside => blocker.ask(EVERYTHING),
            Moment::BehindWriter => blocker.ask(&OLD.replace('@', "ROW EXCLUSIVE")),
            Moment::BehindReader => blocker.ask(&OLD.replace('@', "ACCESS SHARE")),
            Moment::After => panic!("nothing is held between statements"),
        };
        if cut == Cut::Deadlock {
            // What the script holds: its transaction's lock on a table of ours, or the one for its whole session.
            blocker.begin(&if self.bare {
                format!("SELECT pg_advisory_lock({});", self.key)
            } else {
                "LOCK TABLE public.signoff_revision IN ACCESS EXCLUSIVE MODE;".to_owned()
            });
            let pid = blocker.pid.clone();
            wait_for("the blocker to wait", || self.waits(&pid));
        }
        self.blocker = Some(blocker);
    }

    #[track_caller]
    fn cut(&mut self, cut: Cut) {
        match cut {
            Cut::PsqlKilled => kill("-KILL", &self.psql),
            Cut::PsqlTerminated => kill("-TERM", &self.psql),
            Cut::Cancelled => self.signal("pg_cancel_backend"),
            Cut::Terminated => self.signal("pg_terminate_backend"),
            Cut::BackendKilled => self.database.kill_backend(&self.backend),
            Cut::ServerStopped => self.database.crash(),
            Cut::Error | Cut::LockTimeout | Cut::Deadlock => panic!("{cut:?} comes by itself"),
        }
        if cut.takes_the_server() {
            self.blocker = None;
            self.watcher = self.database.watcher();
        }
    }

    #[track_caller]
    fn signal(&mut self, function: &str) {
        let sent = self
            .watcher
            .ask(&format!("SELECT {function}({});", self.backend));
        assert_eq!(sent, "t", "{function}: there is no such backend any more");
    }

    #[track_caller]
    fn script_waits(&mut self) -> bool {
        let backend = self.backend.clone();
        self.waits(&backend)
    }

    #[track_caller]
    fn waits(&mut self, backend: &str) -> bool {
        let waits = self.watcher.ask(&format!(
            "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = {backend};"
        ));
        waits == "t"
    }

    /// Whether a third session is there, beside the script's and the blocker's.
    #[track_caller]
    fn has_another(&mut self) -> bool {
        let others = self.watcher.ask(&format!(
            "SELECT count(*) > 2 FROM pg_stat_activity WHERE datname = '{}';",
            self.database.name()
        ));
        others == "t"
    }

    /// Gives back what is held.
    #[track_caller]
    fn release(&mut self) {
        if let Some(blocker) = self.blocker.take() {
            self.watcher
                .ask(&format!("SELECT pg_terminate_backend({});", blocker.pid));
        }
    }
}
