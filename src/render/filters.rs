//! Quoting, for every place a text can stand in an emitted file. Nothing of a file name, message, label, variable or
//! cell may change a script's structure, so each goes through one of these.

use minijinja::{Environment, Value};

use crate::name::Ident;

pub(super) fn add(environment: &mut Environment<'_>) {
    environment.add_filter("body", body);
    environment.add_filter("comment", comment);
    environment.add_filter("dollar", dollar);
    environment.add_filter("ident", ident);
    environment.add_filter("idents", idents);
    environment.add_filter("json", json);
    environment.add_filter("lit", lit);
    environment.add_filter("pad", pad);
    environment.add_filter("padleft", pad_left);
    environment.add_filter("path", path);
    environment.add_filter("psql", psql);
}

/// The quotes of the machinery. A value that holds one, put between two of them, would end the text around it.
const TAGS: [&str; 2] = ["$m$", "$signoff$"];

fn has_tag(text: &str) -> bool {
    TAGS.iter().any(|tag| text.contains(tag))
}

/// An SQL string literal, with standard_conforming_strings on. May stand inside machinery.
pub(super) fn lit(text: &str) -> String {
    if has_tag(text) {
        let text = text.replace('\\', "\\\\").replace('$', "\\x24");
        return format!("E'{}'", text.replace('\'', "''"));
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// An SQL identifier. May stand inside machinery.
pub(super) fn ident(text: &str) -> String {
    if has_tag(text) {
        let text = text.replace('\\', "\\\\").replace('$', "\\0024");
        return format!("U&\"{}\"", text.replace('"', "\"\""));
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A quoted argument of a psql meta-command: no variable and no backquote counts inside it
/// (psql's documentation, "Meta-Commands"; `psqlscanslash.l`, state xslashquote).
pub(super) fn psql(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for char in text.chars() {
        match char {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// A dollar-quoted string whose tag does not occur in it.
pub(super) fn dollar(text: &str) -> String {
    // A text has fewer `$` than bytes, so one of these is free.
    let free = |n: &usize| !text.contains(&format!("$m{n}"));
    let n = (0..=text.len()).find(free).unwrap_or(text.len());
    let tag = format!("$m{n}$");
    format!("{tag}{text}{tag}")
}

/// The same for the body of a DO block, which holds such strings.
fn body(text: &str) -> String {
    if !text.contains("$signoff") {
        return format!("$signoff${text}$signoff$");
    }
    let free = |n: &usize| !text.contains(&format!("$signoff{n}"));
    let n = (1..=text.len() + 1).find(free).unwrap_or(text.len());
    format!("$signoff{n}${text}$signoff{n}$")
}

/// The rest of a `--` comment line.
fn comment(text: &str) -> String {
    text.chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a filter takes what the engine hands it"
)]
fn idents(names: Vec<String>) -> String {
    names
        .iter()
        .map(|name| ident(name))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A search_path with every schema in quotes: a word such as `user` means the schema then, not what SQL makes of it.
fn path(text: &str) -> String {
    let mut schemas = vec![String::new()];
    let mut quoted = false;
    for char in text.chars() {
        quoted ^= char == '"';
        match schemas.last_mut() {
            Some(last) if quoted || char != ',' => last.push(char),
            _ => schemas.push(String::new()),
        }
    }
    let quote = |schema: &String| Ident::read(schema.trim()).quoted();
    schemas.iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// Blanks after a text, up to a width in characters.
fn pad(text: &Value, width: usize) -> String {
    format!("{:width$}", text.to_string())
}

/// Blanks before it.
fn pad_left(text: &Value, width: usize) -> String {
    format!("{:>width$}", text.to_string())
}

fn json(value: &Value) -> Result<String, minijinja::Error> {
    serde_json::to_string(value).map_err(|error| {
        minijinja::Error::new(minijinja::ErrorKind::BadSerialization, error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold() {
        assert_eq!(lit("a'b\\"), "'a''b\\'");
        assert_eq!(ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(psql("it's\n`rm` \\ :x"), "'it''s\\n`rm` \\\\ :x'");
        assert_eq!(comment("a\nb\u{85}c"), "a b c");
    }

    #[test]
    fn no_value_ends_the_machinery_around_it() {
        assert_eq!(lit("5$ or $m"), "'5$ or $m'");
        assert_eq!(lit("a$m$'\\"), "E'a\\x24m\\x24''\\\\'");
        assert_eq!(ident("a$signoff$\""), "U&\"a\\0024signoff\\0024\"\"\"");
    }

    #[test]
    fn a_search_path_names_schemas() {
        assert_eq!(path("\"$user\", App,user"), "\"$user\", \"app\", \"user\"");
        assert_eq!(path("\"a,\"\"b\""), "\"a,\"\"b\"");
    }

    #[test]
    fn a_dollar_tag_never_occurs_in_its_text() {
        assert_eq!(dollar("a"), "$m0$a$m0$");
        assert_eq!(dollar("$m0$ x $m1"), "$m2$$m0$ x $m1$m2$");
        assert_eq!(body("a"), "$signoff$a$signoff$");
        assert_eq!(
            body("$signoff$ $signoff1"),
            "$signoff2$$signoff$ $signoff1$signoff2$"
        );
    }
}
