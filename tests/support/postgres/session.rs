//! A session that stays open: it holds locks while others run, or looks on.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Printed after each answer.
const DONE: &str = "-- answered --";

/// A psql that is fed statement by statement, and ends when it is dropped.
pub(crate) struct Session {
    psql: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Its backend.
    pub(crate) pid: String,
}

impl Session {
    #[track_caller]
    pub(super) fn open(psql: &mut Command, database: &str) -> Self {
        let mut psql = psql
            .args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql can be started");
        let input = psql.stdin.take().expect("was piped");
        let output = BufReader::new(psql.stdout.take().expect("was piped"));
        let mut session = Self {
            psql,
            input,
            output,
            pid: String::new(),
        };
        // Nothing that is asked may hold the test for ever; nobody but the other side of a deadlock finds it.
        session.pid = session.ask(
            "SET statement_timeout = '60s'; SET deadlock_timeout = '1h'; SELECT pg_backend_pid();",
        );
        session
    }

    /// What the statements answer, when they are done.
    #[track_caller]
    pub(crate) fn ask(&mut self, sql: &str) -> String {
        self.begin(sql);
        writeln!(self.input, "SELECT '{DONE}';").expect("psql reads");
        let mut answer = String::new();
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).expect("psql writes UTF-8");
            assert!(read > 0, "a session ended at: {sql}\n{answer}");
            if line.trim_end() == DONE {
                return answer.trim_end().to_owned();
            }
            answer.push_str(&line);
        }
    }

    /// Sends statements, and does not wait for them.
    #[track_caller]
    pub(crate) fn begin(&mut self, sql: &str) {
        writeln!(self.input, "{sql}").expect("psql reads");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.psql.kill().ok();
        self.psql.wait().ok();
    }
}
