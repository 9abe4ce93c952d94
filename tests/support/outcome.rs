//! What a program did: its exit code and what it printed. Runs programs with a deadline, so that a script that
//! waits for a lock fails its test and does not hold the whole run.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// No script of a test takes as long on any machine; one that does waits for something that never comes.
const DEADLINE: Duration = Duration::from_mins(3);

/// What a program did. The assertions return the outcome, so that they chain.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The command line, for messages.
    pub(crate) command: String,
    /// The exit code; 128 + n for a program that died of signal n, as a shell says it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Runs a program to its end, with `input` on its standard input.
#[track_caller]
pub(crate) fn run(command: &mut Command, input: &str) -> Outcome {
    let line = format!("{command:?}");
    let child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{line}: {error}"));
    finish(child, line, input)
}

fn finish(mut child: Child, command: String, input: &str) -> Outcome {
    let mut stdin = child.stdin.take().expect("was piped");
    let stdout = child.stdout.take().expect("was piped");
    let stderr = child.stderr.take().expect("was piped");
    std::thread::scope(|scope| {
        // A program that stops early closes its end; what is left of the input is then nobody's.
        scope.spawn(move || stdin.write_all(input.as_bytes()).ok());
        let stdout = scope.spawn(move || text(stdout));
        let stderr = scope.spawn(move || text(stderr));
        let started = Instant::now();
        let mut pause = Duration::from_millis(1);
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if started.elapsed() > DEADLINE {
                child.kill().expect("a child can be killed");
                panic!("{command}: not done after {} seconds", DEADLINE.as_secs());
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        Outcome {
            command,
            code: code(status),
            stdout: stdout.join().expect("the reader does not panic"),
            stderr: stderr.join().expect("the reader does not panic"),
        }
    })
}

fn text(mut from: impl Read) -> String {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).expect("a pipe is readable");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .expect("a program ends by a code or by a signal")
}

impl Outcome {
    /// Exit code 0.
    #[track_caller]
    pub(crate) fn success(&self) -> &Self {
        self.code(0)
    }

    /// This exit code.
    #[track_caller]
    pub(crate) fn code(&self, code: i32) -> &Self {
        assert!(self.code == code, "exit code {code} expected\n{self}");
        self
    }

    /// Standard output holds this text.
    #[track_caller]
    pub(crate) fn stdout_has(&self, text: &str) -> &Self {
        assert!(
            self.stdout.contains(text),
            "{text:?} expected on standard output\n{self}"
        );
        self
    }

    /// The text does not stand on standard output.
    #[track_caller]
    pub(crate) fn stdout_lacks(&self, text: &str) -> &Self {
        assert!(
            !self.stdout.contains(text),
            "{text:?} not expected on standard output\n{self}"
        );
        self
    }

    /// Standard error holds this text.
    #[track_caller]
    pub(crate) fn stderr_has(&self, text: &str) -> &Self {
        assert!(
            self.stderr.contains(text),
            "{text:?} expected on standard error\n{self}"
        );
        self
    }

    /// Nothing was said on standard error.
    #[track_caller]
    pub(crate) fn quiet(&self) -> &Self {
        assert!(
            self.stderr.is_empty(),
            "nothing expected on standard error\n{self}"
        );
        self
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.command)?;
        writeln!(f, "exit code {}", self.code)?;
        writeln!(f, "--- stdout\n{}", self.stdout)?;
        write!(f, "--- stderr\n{}", self.stderr)
    }
}
