//! What the attributes of a changeset mean for a release, each by its name: kept, left out with the changeset, or refused.

use super::cut::Changeset;
use crate::diagnostic::{Diagnostic, Sink};
use crate::tree::Settings;

/// What is to be made of a changeset.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) settings: Settings,
    /// A line that ends statements in the place of `;`.
    pub(super) delimiter: Option<String>,
    /// It is not for PostgreSQL, or ignored.
    pub(super) is_left_out: bool,
}

/// Reads the attributes. What can't be kept is reported.
pub(super) fn judge(changeset: &Changeset, sink: &mut Sink) -> Judged {
    let mut judged = Judged::default();
    for (name, value, at) in &changeset.attributes {
        let lower = value.to_ascii_lowercase();
        let is = |wanted: &str| lower == wanted;
        let warning = match name.as_str() {
            "runInTransaction" if is("false") => {
                judged.settings.no_transaction = true;
                continue;
            }
            "dbms" => {
                judged.is_left_out |= !super::is_for_postgres(value);
                continue;
            }
            "ignore" => {
                judged.is_left_out |= is("true");
                continue;
            }
            "endDelimiter" | "rollbackEndDelimiter" if value == ";" || value.is_empty() => continue,
            "endDelimiter" if value.chars().all(|char| char.is_ascii_alphanumeric() || "/@!#".contains(char)) => {
                judged.delimiter = Some(value.clone());
                continue;
            }
            // How the SQL is cut and whether comments are sent: here the server's own rules cut, and comments stay.
            "runInTransaction" | "splitStatements" | "rollbackSplitStatements" | "stripComments"
            // What only tells changesets apart, or is for people.
            | "logicalFilePath" | "created" | "validCheckSum" | "objectQuotingStrategy" => continue,
            "runAlways" | "failOnError" | "runOnChange" if is(if name == "failOnError" { "true" } else { "false" }) => continue,
            "runOnChange" => Diagnostic::warning(
                "run-on-change",
                "a changeset that liquibase runs again after each change is applied once here",
            )
            .because("scripts refuse a database that has it with another text")
            .help("give a changed text a changeset of its own"),
            "labels" => Diagnostic::warning(
                "labels",
                "labels choose nothing here: the changeset is in every release, as it is for liquibase without --label-filter",
            )
            .help("take changesets out of the tree that are not for every database"),
            "context" | "contextFilter" | "contexts" => refused(
                name,
                "whether the changeset runs is decided by --contexts when liquibase runs",
                "take changesets out of the tree that are not for every database (test data), and the attribute from the others",
            ),
            "runAlways" => refused(
                name,
                "a release applies each revision once",
                "run it by other means, or take the attribute out",
            ),
            "failOnError" => refused(
                name,
                "a release stops at the first error, and what comes after may need what failed",
                "write SQL that does not fail (IF NOT EXISTS, a DO block), or take the attribute out",
            ),
            "runWith" | "runWithSpoolFile" => refused(
                name,
                "another program runs the changeset, by its own rules",
                "write it as plain SQL, and take the attribute out",
            ),
            "runOrder" => refused(
                name,
                "it moves the changeset out of the order of its file",
                "put it where it is to run",
            ),
            "endDelimiter" | "rollbackEndDelimiter" => refused(
                name,
                "statements that end otherwise than by `;` or a word on a line of its own are not cut here",
                "end them with `;`, which needs no attribute: bodies in dollar quotes are known",
            ),
            _ => refused(
                name,
                "what it means for the changeset is not known here",
                "take it out, if liquibase does without it",
            ),
        };
        sink.push(warning.at(*at, ""));
    }
    judged
}

fn refused(name: &str, why: &str, help: &str) -> Diagnostic {
    Diagnostic::error(
        "liquibase-attribute",
        format!("`{name}` of a changeset can't be kept"),
    )
    .because(why)
    .help(help)
}
