//! What a stage has to say: diagnostics, and the sink that gathers them.
//!
//! A diagnostic is plain data until a command prints it ([`human`], [`json`], [`line`]). No stage prints.

pub mod human;
pub mod json;
pub mod line;

use std::collections::BTreeSet;

use crate::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth mending; nothing is stopped.
    Warning,
    /// No script can be written from this.
    Error,
}

impl Severity {
    /// The word that is printed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing to say, lower case, naming the object, with what would happen to a running database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable slug such as `duplicate-revision`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One line.
    pub message: String,
    /// The places it speaks of; the first is the main one.
    pub labels: Vec<Label>,
    /// The file or folder it speaks of, where there is no text to point at.
    pub path: Option<camino::Utf8PathBuf>,
    /// Further facts, a sentence each.
    pub notes: Vec<String>,
    /// What to do next, a sentence each.
    pub help: Vec<String>,
}

/// A place, and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// A few words; may be empty.
    pub text: String,
}

impl Diagnostic {
    /// An error: no script can be written.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    /// A note.
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message.into())
    }

    /// Points at a place. The first call names the main one.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Names a file or folder that has no text to point at.
    #[must_use]
    pub fn path(mut self, path: impl Into<camino::Utf8PathBuf>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn because(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            labels: Vec::new(),
            path: None,
            notes: Vec::new(),
            help: Vec::new(),
        }
    }
}

/// Gathers diagnostics in the order they are found. Parallel work has a sink per file, joined in file order.
#[derive(Debug, Default)]
pub struct Sink {
    diagnostics: Vec<Diagnostic>,
}

impl Sink {
    /// Takes one in.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Takes all of another sink in, in its order.
    pub fn join(&mut self, other: Sink) {
        self.diagnostics.extend(other.diagnostics);
    }

    /// Takes in what another sink has to say beyond this one: not the same code at the same place again.
    pub fn join_new(&mut self, other: Sink) {
        let place = |diagnostic: &Diagnostic| {
            let label = diagnostic.labels.first()?;
            Some((diagnostic.code, label.span.file, label.span.start))
        };
        let said: BTreeSet<_> = self.diagnostics.iter().filter_map(place).collect();
        let is_new =
            |diagnostic: &Diagnostic| place(diagnostic).is_none_or(|at| !said.contains(&at));
        self.diagnostics
            .extend(other.diagnostics.into_iter().filter(is_new));
    }

    /// Whether anything stops a script from being written.
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All of them, in order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}
