//! Whether a text can be what a setting needs: a name, a list of schemas, a duration. The headers of
//! migrations hold the same settings and are judged by the same functions.
//!
//! Each function gives the value as it is kept, or the half sentence that says why not. Knows nothing of
//! where the text comes from.

use std::fmt::Write as _;

use super::ToolTable;
use super::table::is_unprintable;
use crate::diagnostic::Diagnostic;

/// Longest name the server keeps, in bytes: `NAMEDATALEN - 1` in `src/include/pg_config_manual.h`. It cuts
/// a longer one, with a notice.
pub const NAME_BYTES: usize = 63;

/// The element of a `search_path` that stands for the session's own schema.
const OWN_SCHEMA: &str = "\"$user\"";

/// Why a text can't be what a setting needs.
#[derive(Debug)]
pub struct Unfit {
    why: String,
    help: Option<String>,
}

impl Unfit {
    /// The error about a key and the text it was given, which can be printed; without its place.
    pub fn diagnostic(self, key: &str, text: &str) -> Diagnostic {
        let told = format!("`{key}` cannot be `{text}`: {}", self.why);
        let diagnostic = Diagnostic::error("bad-value", told);
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

impl From<String> for Unfit {
    fn from(why: String) -> Self {
        Self { why, help: None }
    }
}

/// A name of an object, exactly as the server keeps it: not folded, and quoted where it is emitted. Scripts say it inside of
/// dollar quotes and in messages to the terminal.
pub fn name(text: &str) -> Result<String, String> {
    let name = column(text)?;
    plain(text)?;
    Ok(name)
}

/// A table with or without its schema, names as the server keeps them.
pub fn table(text: &str) -> Result<ToolTable, String> {
    let (schema, table) = match text.split_once('.') {
        Some((schema, table)) => (Some(name(schema)?), table),
        None => (None, text),
    };
    if table.contains('.') || text.contains('"') {
        return Err(
            "it is `table` or `schema.table`, names as the server keeps them, without quotes"
                .to_owned(),
        );
    }
    Ok(ToolTable {
        schema,
        name: name(table)?,
    })
}

/// The name of a column, exactly as the server keeps it. Scripts say it in quotes of its own only.
pub fn column(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("a name is not empty".to_owned());
    }
    if text.len() > NAME_BYTES {
        return Err(format!(
            "PostgreSQL keeps {NAME_BYTES} bytes of a name, and this has {}",
            text.len()
        ));
    }
    Ok(text.to_owned())
}

/// A role, as the server keeps its name.
pub fn role(text: &str) -> Result<String, String> {
    // `SET ROLE "none"` means no role too: `check_role` in `src/backend/commands/variable.c`.
    if text == "none" {
        return Err("`none` means no role; leave the key out".to_owned());
    }
    name(text)
}

/// A `search_path`: identifiers separated by commas, `"$user"` among them, as `SplitIdentifierString` in
/// `src/backend/utils/adt/varlena.c` reads it.
pub fn search_path(text: &str) -> Result<String, String> {
    let mut rest = text.trim_matches(' ');
    if rest.is_empty() {
        return Err(
            "a search_path names at least one schema; leave the key out to keep the database's own"
                .to_owned(),
        );
    }
    loop {
        let length = identifier(rest).ok_or_else(|| {
            let mut told = "a search_path is identifiers separated by commas".to_owned();
            if !rest.is_empty() {
                let _ = write!(told, ", and `{rest}` begins with none");
            }
            told
        })?;
        let element = &rest[..length];
        if element != OWN_SCHEMA {
            plain(element)?;
        }
        rest = rest[length..].trim_start_matches(' ');
        match rest.strip_prefix(',') {
            Some(next) => rest = next.trim_start_matches(' '),
            None if rest.is_empty() => return Ok(text.to_owned()),
            None => return Err(format!("a comma is missing before `{rest}`")),
        }
    }
}

/// A name with an optional schema, as it is written in SQL: `ref.country`, `"Ref"."Country"`.
pub fn qualified_name(text: &str) -> Result<String, String> {
    let told = || "a table is written as `table` or `schema.table`, as in SQL".to_owned();
    let first = identifier(text).ok_or_else(told)?;
    let rest = &text[first..];
    match rest.strip_prefix('.') {
        None if rest.is_empty() => Ok(text.to_owned()),
        Some(second) if identifier(second) == Some(second.len()) => Ok(text.to_owned()),
        None | Some(_) => Err(told()),
    }
}

/// A duration as `lock_timeout` takes it: a whole number with `us`, `ms`, `s`, `min`, `h` or `d`; at most `INT_MAX`
/// milliseconds (`src/backend/utils/misc/guc_tables.c`). The server takes a number alone as milliseconds, and whoever
/// writes one means seconds: only 0 needs no unit.
pub fn duration(text: &str) -> Result<String, Unfit> {
    let told = || {
        "a duration is a whole number with `us`, `ms`, `s`, `min`, `h` or `d`, such as `5s`; `0` is no limit".to_owned()
    };
    let digits = text
        .find(|char: char| !char.is_ascii_digit())
        .unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| told())?;
    let (times, by) = match text[digits..].trim_matches(' ') {
        "" if number == 0 => (1, 1),
        "" => return Err(without_unit(number)),
        "us" => (1, 1000),
        "ms" => (1, 1),
        "s" => (1000, 1),
        "min" => (60_000, 1),
        "h" => (3_600_000, 1),
        "d" => (86_400_000, 1),
        _ => return Err(told().into()),
    };
    match number.checked_mul(times).map(|time| time / by) {
        Some(time) if time <= 2_147_483_647 => Ok(text.to_owned()),
        Some(_) | None => Err("PostgreSQL takes at most 2147483647 ms, about 24 days"
            .to_owned()
            .into()),
    }
}

fn without_unit(number: u64) -> Unfit {
    let plural = if number == 1 { "" } else { "s" };
    Unfit {
        why: format!("without a unit it would be {number} millisecond{plural}"),
        help: Some(format!(
            "write `\"{number}s\"`, or `\"{number}ms\"` if that is meant"
        )),
    }
}

/// The name of a variable: what stands between `${` and `}`. Those of other tools' trees have dots and hyphens too.
pub fn variable(text: &str) -> Result<String, String> {
    let mut bytes = text.bytes();
    let begins = bytes
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if begins && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte)) {
        return Ok(text.to_owned());
    }
    Err(
        "a variable's name has ASCII letters, digits and `_` (in trees of other tools also `.` and `-`), and begins with a letter or `_`"
            .to_owned(),
    )
}

/// An environment's name: a word of revision expressions that means nothing else there.
pub fn environment(text: &str) -> Result<String, String> {
    let taken = ["base", "head", "heads", "current"];
    let fits = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.starts_with(|first: char| first.is_ascii_alphabetic());
    if fits && !taken.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(
        "it has ASCII letters, digits and `_`, begins with a letter, and is none of base, head, heads, current"
            .to_owned(),
    )
}

/// A project's name: it becomes part of file names.
pub fn project(text: &str) -> Result<String, String> {
    let fits = !text.is_empty()
        && text.len() <= 100
        && text.bytes().all(is_project_byte)
        && !text.starts_with(['.', '-']);
    if fits {
        return Ok(text.to_owned());
    }
    Err(
        "a project's name has up to 100 ASCII letters, digits, `.`, `_` or `-`, and begins with a letter, a digit or `_`"
            .to_owned(),
    )
}

/// Whether a byte may stand in a project's name.
pub(super) fn is_project_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Whether a name can stand in what scripts do with it.
fn plain(name: &str) -> Result<(), String> {
    if name.contains('$') {
        return Err("a `$` can't stand in a name here: scripts say it inside of dollar quotes, which it could end".to_owned());
    }
    if name.chars().any(is_unprintable) {
        return Err("a control character can't stand in a name: scripts print it to the terminal of whoever runs them".to_owned());
    }
    Ok(())
}

/// Length of the SQL identifier that `text` begins with, quotes included. An empty quoted one is none.
fn identifier(text: &str) -> Option<usize> {
    if let Some(inner) = text.strip_prefix('"') {
        let mut at = 0;
        loop {
            at += inner[at..].find('"')?;
            if !inner[at + 1..].starts_with('"') {
                return (at > 0).then_some(at + 2);
            }
            at += 2;
        }
    }
    let begins = |char: char| char.is_ascii_alphabetic() || char == '_' || !char.is_ascii();
    let goes_on = |char: char| begins(char) || char.is_ascii_digit() || char == '$';
    if !text.starts_with(begins) {
        return None;
    }
    Some(text.find(|char| !goes_on(char)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert!(name("app_owner").is_ok());
        assert!(name("").is_err());
        assert!(name(&"é".repeat(32)).is_err());
        assert!(role("none").is_err());
        for bad in ["svc$", "a$m$b", "a\nb", "a\u{202e}b", "\u{7f}"] {
            assert!(name(bad).is_err() && role(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn search_paths() {
        for good in ["app", "app, public", "\"$user\",public", "\"a\"\"b\" , é"] {
            assert!(search_path(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "  ",
            "app,",
            ",app",
            "app public",
            "a;b",
            "\"a",
            "\"\"",
            "$user",
            "1a",
            "a'b",
            "a$b",
            "\"a$b\"",
            "app, \"$USER\"",
            "\"a\nb\"",
            "\"\u{202e}\"",
        ] {
            assert!(search_path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tables() {
        for good in ["country", "ref.country", "\"Ref\".\"Country\"", "é"] {
            assert!(qualified_name(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "a.", "a.b.c", "a b", "a;", "\"a", "a.\"\""] {
            assert!(qualified_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations() {
        for good in [
            "0",
            "5s",
            "250ms",
            "10 min",
            "1h",
            "24d",
            "3000us",
            "2147483647ms",
        ] {
            assert!(duration(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "s",
            "-1",
            "5 S",
            "1.5s",
            "5 sec",
            "25d",
            "99999999999999999999",
            "5s;",
            "5",
            "5 ",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn variables_and_projects() {
        assert!(variable("app_schema").is_ok());
        assert!(variable("1a").is_err() && variable("").is_err() && variable("a b").is_err());
        assert!(project("swipe.savvy-2").is_ok());
        assert!(project("..").is_err() && project("a/b").is_err() && project("").is_err());
    }
}
