//! Diagnostics in a line each: for editors and `grep`, and as the annotations of a pull request on GitHub.

use std::fmt::Write as _;

use super::{Diagnostic, Severity};
use crate::source::{Position, Sources};

/// `file:line:column: severity[code]: message`, as compilers say it. Without a place, what is known of it.
pub fn short(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = match place(diagnostic, sources) {
        (Some(file), Some(at)) => format!("{file}:{}:{}: ", at.line, at.column),
        (Some(file), None) => format!("{file}: "),
        (None, _) => String::new(),
    };
    let severity = diagnostic.severity.word();
    format!(
        "{place}{severity}[{}]: {}",
        diagnostic.code, diagnostic.message
    )
}

/// A workflow command (docs.github.com, "Workflow commands for GitHub Actions"); notes and help are in its text.
pub fn github(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let word = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = Vec::new();
    let (file, at) = place(diagnostic, sources);
    properties.extend(file.map(|file| format!("file={}", escaped(&file, ":,"))));
    properties.extend(at.map(|at| format!("line={},col={}", at.line, at.column)));
    properties.push(format!("title={}", escaped(diagnostic.code, ":,")));
    let mut text = diagnostic.message.clone();
    for (name, lines) in [("note", &diagnostic.notes), ("help", &diagnostic.help)] {
        for line in lines {
            write!(text, "\n{name}: {line}").expect("a string takes all");
        }
    }
    format!("::{word} {}::{}", properties.join(","), escaped(&text, ""))
}

fn place(diagnostic: &Diagnostic, sources: &Sources) -> (Option<String>, Option<Position>) {
    match (diagnostic.labels.first(), &diagnostic.path) {
        (Some(label), _) => (
            Some(sources.path(label.span.file).to_string()),
            Some(sources.position(label.span.file, label.span.start)),
        ),
        (None, path) => (path.as_ref().map(ToString::to_string), None),
    }
}

/// What would end the command, or a property of it, as percent and two hex digits.
fn escaped(text: &str, more: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            plain if !matches!(plain, '%' | '\r' | '\n') && !more.contains(plain) => {
                escaped.push(plain);
            }
            other => {
                write!(escaped, "%{:02X}", u32::from(other)).expect("a string takes all");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn a_line_each() {
        let mut sources = Sources::default();
        let file = sources.add("m/a, b.sql", "é;\nx\n".to_owned());
        let told = Diagnostic::error("some-code", "100% of `a`:\nb")
            .at(Span::new(file, 4..5), "here")
            .because("why, so")
            .help("how");
        assert_eq!(
            short(&told, &sources),
            "m/a, b.sql:2:1: error[some-code]: 100% of `a`:\nb"
        );
        assert_eq!(
            github(&told, &sources),
            "::error file=m/a%2C b.sql,line=2,col=1,title=some-code::100%25 of `a`:%0Ab%0Anote: why, so%0Ahelp: how"
        );
        let told = Diagnostic::warning("w", "m").path("migrations");
        assert_eq!(short(&told, &sources), "migrations: warning[w]: m");
        assert_eq!(
            github(&told, &sources),
            "::warning file=migrations,title=w::m"
        );
        assert_eq!(short(&Diagnostic::note("n", "m"), &sources), "note[n]: m");
    }
}
