//! Settings and session state that would leak into what runs after.

use super::reading;
use crate::lex;
use crate::postgres::StatementKind;
use crate::sql::{Objection, Setting, Statement};

pub(super) fn look(text: &str, statement: &Statement, found: &mut Vec<Objection>) {
    if reads_only(text, statement) {
        found.push(Objection::error(
            "read-only",
            statement,
            "this transaction would be read-only, and it is the one that records the revision: PostgreSQL would refuse the record (25006), with the revisions before it applied",
            "leave READ ONLY out",
        ));
        return;
    }
    match (statement.head.kind, &statement.head.setting) {
        (StatementKind::DiscardAll, _) => found.push(Objection::error(
            "discard-all",
            statement,
            "DISCARD ALL lets go of the lock that keeps two runs of a release apart, and PostgreSQL refuses it inside a transaction",
            "take it out, or say what to discard: DISCARD PLANS, SEQUENCES or TEMP; a release resets the session between revisions",
        )),
        (StatementKind::Set | StatementKind::SetLocal | StatementKind::Select, Some(setting)) => {
            set(statement, setting, found);
        }
        (StatementKind::Reset, Some(setting)) if setting.name == "all" => {
            found.push(Objection::warning(
                "session-leak",
                statement,
                "RESET ALL undoes the timeouts and the search_path that the release sets: what follows in the file may wait for a lock forever",
                "reset parameters by name",
            ));
        }
        _ => {}
    }
}

/// Whether the transaction that a statement stands in, or begins, can write nothing behind it.
fn reads_only(text: &str, statement: &Statement) -> bool {
    let head = &statement.head;
    if let Some(modes) = head.modes.clone() {
        let words: Vec<&str> = lex::tokens_in(text, modes)
            .filter(|token| !token.kind.is_trivia())
            .map(|token| &text[token.range()])
            .collect();
        let last = words
            .windows(2)
            .rev()
            .find(|pair| pair[0].eq_ignore_ascii_case("read"));
        return last.is_some_and(|pair| pair[1].eq_ignore_ascii_case("only"));
    }
    let setting = match head.kind {
        StatementKind::Select => reading::called(text, statement),
        StatementKind::Set | StatementKind::SetLocal => head.setting.clone(),
        _ => None,
    };
    let setting = setting.filter(|setting| setting.name == "transaction_read_only");
    setting
        .and_then(|setting| setting.value)
        .is_some_and(|value| {
            !["default", "false", "no", "off", "0"]
                .iter()
                .any(|off| off.eq_ignore_ascii_case(&value))
        })
}

fn set(statement: &Statement, setting: &Setting, found: &mut Vec<Objection>) {
    let value = setting.value.as_deref().unwrap_or("").to_ascii_lowercase();
    let session = statement.head.kind != StatementKind::SetLocal;
    match setting.name.as_str() {
        "session_replication_role" => found.push(Objection::warning(
            "replication-role",
            statement,
            "with session_replication_role, triggers and foreign keys may not be checked: rows that violate them stay unnoticed; and only a superuser may set it",
            "disable single triggers with ALTER TABLE … DISABLE TRIGGER",
        )),
        "role" | "session_authorization" if session && !["none", "default"].contains(&value.as_str()) => {
            found.push(Objection::warning(
                "session-leak",
                statement,
                format!(
                    "this {} outlasts the transaction: what follows in the release, its bookkeeping too, would run as {}",
                    if setting.name == "role" { "SET ROLE" } else { "SET SESSION AUTHORIZATION" },
                    setting.value.as_deref().unwrap_or("another role"),
                ),
                "write SET LOCAL, or name the role in the migration's header",
            ));
        }
        _ => {}
    }
}
