//! What the lexer found that psql or a reader takes otherwise than the server does, as far as it can't be carried.

use crate::diagnostic::Severity;
use crate::lex::{Hazard, HazardKind};
use crate::sql::Objection;

/// The first of each kind in a statement: a thousand of them are one fault.
pub(super) fn look(text: &str, hazards: &[Hazard], found: &mut Vec<Objection>) {
    let mut seen: Vec<HazardKind> = Vec::new();
    for hazard in hazards {
        if seen.contains(&hazard.kind) {
            continue;
        }
        seen.push(hazard.kind);
        found.extend(said(text, *hazard));
    }
}

fn said(text: &str, hazard: Hazard) -> Option<Objection> {
    let (code, severity, message, help) = match hazard.kind {
        // These are sent to the server by psql's \gexec, which reads nothing in them.
        HazardKind::Variable
        | HazardKind::AtomicBody
        | HazardKind::BeginDepth
        | HazardKind::EscapeContinuation
        | HazardKind::NumberTail => return None,
        HazardKind::Backslash => (
            "psql-command",
            Severity::Error,
            format!(
                "`{}` is a command to psql, not SQL: inside a release it could run a program, read a file or switch a guard off",
                command(&text[hazard.start..])
            ),
            if command(&text[hazard.start..]).ends_with("restrict") {
                "pg_dump writes this line around a dump; delete it, and the one at the end"
            } else {
                "write what it does as SQL; a value from outside can be a ${variable} of the project"
            },
        ),
        HazardKind::AfterCopy => (
            "after-copy",
            Severity::Error,
            "this stands on the line of a COPY … FROM STDIN: psql would run it after the data, and other clients would not run it at all".to_owned(),
            "put it on a line of its own after the data's \\. line",
        ),
        HazardKind::Nul => (
            "nul-byte",
            Severity::Error,
            "a NUL byte: psql silently drops the rest of the line, and a statement on it would not run".to_owned(),
            "delete the byte",
        ),
        HazardKind::CarriageReturn => (
            "carriage-return",
            Severity::Warning,
            "a carriage return inside a literal or body: the value in the database depends on how git checked the file out".to_owned(),
            "save the file with LF line ends, or write the value as E'…\\r\\n…'",
        ),
        HazardKind::HiddenInside => (
            "hidden-character",
            Severity::Warning,
            format!(
                "{} inside a string, comment or quoted name: a reviewer does not see it",
                character(&text[hazard.start..])
            ),
            "delete it, or write it as an escape",
        ),
        HazardKind::HiddenOutside => (
            "hidden-character",
            Severity::Error,
            format!(
                "{} in the SQL itself: PostgreSQL reads it as a letter of a name, and a reviewer does not see it",
                character(&text[hazard.start..])
            ),
            "delete it, or put a blank in its place",
        ),
    };
    let end = match hazard.kind {
        HazardKind::Backslash => hazard.start + command(&text[hazard.start..]).len(),
        _ => hazard.end,
    };
    Some(Objection {
        code,
        severity,
        range: hazard.start..end,
        message,
        help: help.to_owned(),
    })
}

/// The backslash and the word after it.
fn command(text: &str) -> &str {
    let end = text
        .char_indices()
        .skip(1)
        .find(|(index, letter)| {
            !letter.is_ascii_alphanumeric() && (*index > 1 || letter.is_whitespace())
        })
        .map_or(text.len(), |(index, _)| index);
    &text[..end]
}

fn character(text: &str) -> String {
    match text.chars().next() {
        Some('\u{a0}') => "a no-break space (U+00A0)".to_owned(),
        Some(letter @ ('\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')) => format!(
            "a character that turns the direction of the text around (U+{:04X})",
            u32::from(letter)
        ),
        Some(letter) => format!("an invisible character (U+{:04X})", u32::from(letter)),
        None => "an invisible character".to_owned(),
    }
}
