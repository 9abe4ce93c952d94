//! What a command prints, and how it ends.

use std::io::{self, Write};

use super::{CLEAN, FAILED, FINDINGS};
use crate::config;
use crate::diagnostic::human::{self, Color};
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::source::Sources;

/// Why a command ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// It could not run: one line, with the next step in it.
    Failed(String),
    /// It could not run, and diagnostics say why; they are printed.
    Refused,
    /// Errors were found; they are printed.
    Findings,
    /// A stream can't be written.
    Stream(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Stream(error)
    }
}

/// How a command ends.
pub(super) type Ending = Result<(), Stop>;

/// A failure with an error of the library in it.
pub(super) fn failed(error: impl std::fmt::Display) -> Stop {
    Stop::Failed(error.to_string())
}

/// Standard output and standard error.
pub(super) struct Output<'w> {
    out: &'w mut dyn Write,
    err: &'w mut dyn Write,
    color: bool,
    err_color: bool,
    quiet: bool,
}

impl<'w> Output<'w> {
    pub(super) fn new(
        out: &'w mut dyn Write,
        err: &'w mut dyn Write,
        color: bool,
        err_color: bool,
        quiet: bool,
    ) -> Self {
        Self {
            out,
            err,
            color,
            err_color,
            quiet,
        }
    }

    /// Text for standard output: the answer.
    pub(super) fn print(&mut self, text: &str) -> Ending {
        self.out.write_all(text.as_bytes())?;
        Ok(())
    }

    /// A line about what was done; nothing under `--quiet`.
    pub(super) fn say(&mut self, line: &str) -> Ending {
        if self.quiet {
            Ok(())
        } else {
            self.print(&format!("{line}\n"))
        }
    }

    /// JSON for standard output.
    pub(super) fn json(&mut self, value: &serde_json::Value) -> Ending {
        self.print(&format!("{value:#}\n"))
    }

    /// Text in a colour, where colours are wanted.
    pub(super) fn paint(&self, style: anstyle::Style, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    /// Prints diagnostics on standard error; under `--quiet` only errors. Ends the command where there are errors.
    pub(super) fn report(&mut self, sink: &Sink, sources: &Sources) -> Ending {
        self.show(sink, sources)?;
        if sink.has_errors() {
            Err(Stop::Findings)
        } else {
            Ok(())
        }
    }

    /// Prints diagnostics on standard error; under `--quiet` only errors.
    pub(super) fn show(&mut self, sink: &Sink, sources: &Sources) -> Ending {
        let wanted: Vec<Diagnostic> = sink
            .diagnostics()
            .iter()
            .filter(|diagnostic| !self.quiet || diagnostic.severity == Severity::Error)
            .cloned()
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let color = if self.err_color {
            Color::Always
        } else {
            Color::Never
        };
        let text = human::human(&wanted, sources, color);
        self.err.write_all(text.as_bytes())?;
        if !self.quiet {
            writeln!(self.err, "{}", human::summary(&wanted))?;
        }
        Ok(())
    }

    /// Prints one diagnostic about the command line and ends the command.
    pub(super) fn refuse(&mut self, diagnostic: Diagnostic, sources: &Sources) -> Stop {
        let color = if self.err_color {
            Color::Always
        } else {
            Color::Never
        };
        match self
            .err
            .write_all(human::human(&[diagnostic], sources, color).as_bytes())
        {
            Ok(()) => Stop::Refused,
            Err(error) => Stop::Stream(error),
        }
    }

    /// A config that can't be used.
    pub(super) fn bad_config(&mut self, error: config::Error) -> Stop {
        match error {
            config::Error::Rejected(rejected) => match self.show(&rejected.sink, &rejected.sources)
            {
                Ok(()) => Stop::Refused,
                Err(stop) => stop,
            },
            other @ (config::Error::Both { .. } | config::Error::Unreadable { .. }) => {
                failed(other)
            }
        }
    }

    /// Tells how it ended, and the exit code.
    pub(super) fn finish(&mut self, ending: Ending) -> u8 {
        let ending = ending.and_then(|()| self.out.flush().map_err(Stop::Stream));
        match ending {
            Ok(()) => CLEAN,
            Err(Stop::Findings) => FINDINGS,
            Err(Stop::Refused) => FAILED,
            // The reader had enough: that is a clean end.
            Err(Stop::Stream(error)) if error.kind() == io::ErrorKind::BrokenPipe => CLEAN,
            Err(Stop::Stream(error)) => self.fail(&format!("cannot write the output: {error}")),
            Err(Stop::Failed(why)) => self.fail(&why),
        }
    }

    fn fail(&mut self, why: &str) -> u8 {
        let style = anstyle::AnsiColor::Red.on_default().bold();
        let word = if self.err_color {
            format!("{style}error{style:#}")
        } else {
            "error".to_owned()
        };
        // If standard error is gone too, the exit code is all that is left.
        let _ = writeln!(self.err, "{word}: {why}");
        FAILED
    }
}
