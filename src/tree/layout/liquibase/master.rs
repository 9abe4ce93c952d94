//! Changelogs that are no SQL: those that only include others, in their order. Anything else in one is refused.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::source::Span;

/// A line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Include {
    /// The file or folder as it is written.
    pub(super) path: String,
    /// Whether it is looked for beside the list.
    pub(super) is_relative: bool,
    /// All files of a folder.
    pub(super) is_folder: bool,
}

/// Whether a file may be a changelog in another language, by its name.
pub(super) fn is_candidate(path: &Utf8Path) -> bool {
    matches!(path.extension(), Some("xml" | "yaml" | "yml" | "json"))
}

/// The includes of a list. `None`: the text is no changelog. An error names what is more than a list.
pub(super) fn includes(path: &Utf8Path, text: &str) -> Option<Result<Vec<Include>, String>> {
    if !text.contains("databaseChangeLog") {
        return None;
    }
    Some(match path.extension() {
        Some("xml") => of_xml(text),
        Some("json") => of_json(text),
        _ => of_yaml(text),
    })
}

/// The path an include means, among those that are there: beside the list, or from some folder above the tree, for the
/// tree is often only a part of where liquibase looks.
pub(super) fn resolve<'p>(
    include: &Include,
    list: &Utf8Path,
    known: impl Fn(&Utf8Path) -> Option<&'p Utf8Path>,
) -> Option<Utf8PathBuf> {
    let home = list.parent().map(Utf8Path::as_str).unwrap_or_default();
    let base = if include.is_relative { home } else { "" };
    let path = normalized(&format!("{base}/{}", scheme_less(&include.path)));
    let parts: Vec<&str> = path.as_str().split('/').collect();
    let starts = if include.is_relative { 1 } else { parts.len() };
    (0..starts).find_map(|skip| {
        let path = Utf8PathBuf::from(parts.get(skip..)?.join("/"));
        known(&path).map(Utf8Path::to_owned)
    })
}

/// What stands before a path of the tree where an include names it from a folder above.
pub(super) fn prefix(include: &Include, found: &Utf8Path) -> Option<Utf8PathBuf> {
    if include.is_relative {
        return None;
    }
    let written = normalized(scheme_less(&include.path));
    let prefix = written.as_str().strip_suffix(found.as_str())?;
    Some(prefix.trim_end_matches('/').into())
}

/// A path as Liquibase records it (`DatabaseChangeLog.normalizePath`).
pub(super) fn normalized(path: &str) -> Utf8PathBuf {
    let path = scheme_less(path).replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/").into()
}

fn scheme_less(path: &str) -> &str {
    path.strip_prefix("classpath:").unwrap_or(path)
}

/// Where an include stands, for messages.
pub(super) fn place(file: crate::source::FileId, text: &str, include: &Include) -> Span {
    let at = text.find(&include.path);
    Span::new(file, at.map_or(0..0, |at| at..at + include.path.len()))
}

fn entry(is_folder: bool, pairs: &[(String, String)]) -> Result<Include, String> {
    let word = if is_folder { "includeAll" } else { "include" };
    let name = if is_folder { "path" } else { "file" };
    let mut include = Include {
        path: String::new(),
        is_relative: false,
        is_folder,
    };
    for (key, value) in pairs {
        match (key.as_str(), value.as_str()) {
            (key, value) if key == name => value.clone_into(&mut include.path),
            ("relativeToChangelogFile", "true") => include.is_relative = true,
            ("relativeToChangelogFile", "false") | ("errorIfMissingOrEmpty", _) => {}
            (key, _) => return Err(format!("`{key}` of an `{word}`")),
        }
    }
    if include.path.is_empty() {
        return Err(format!("an `{word}` without `{name}`"));
    }
    Ok(include)
}

fn of_json(text: &str) -> Result<Vec<Include>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let list = value["databaseChangeLog"].as_array();
    let entries = list.ok_or("something else than a list")?.iter();
    entries
        .map(|item| {
            let object = item.as_object().ok_or("something else than includes")?;
            let (word, inner) = object.iter().next().ok_or("an empty entry")?;
            let is_folder = match word.as_str() {
                "include" => false,
                "includeAll" => true,
                other => return Err(format!("`{other}`")),
            };
            let pairs: Vec<(String, String)> = inner
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, value)| {
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    (key.clone(), text)
                })
                .collect();
            entry(is_folder, &pairs)
        })
        .collect()
}

fn of_yaml(text: &str) -> Result<Vec<Include>, String> {
    let mut open: Option<(bool, Vec<(String, String)>)> = None;
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim_start_matches('\u{feff}');
        let bare = line.split(" #").next().unwrap_or_default().trim();
        if bare.is_empty() || bare.starts_with('#') || bare == "---" || bare == "databaseChangeLog:"
        {
            continue;
        }
        let item = bare.strip_prefix('-').map(str::trim_start);
        let (key, value) = item
            .unwrap_or(bare)
            .split_once(':')
            .ok_or_else(|| format!("`{bare}`"))?;
        let value = value.trim().trim_matches(['"', '\'']).to_owned();
        match (item.is_some(), key.trim(), value.is_empty()) {
            (true, word @ ("include" | "includeAll"), true) => {
                if let Some((is_folder, pairs)) = open.replace((word == "includeAll", Vec::new())) {
                    found.push(entry(is_folder, &pairs)?);
                }
            }
            (false, key, false) if open.is_some() => {
                if let Some((_, pairs)) = &mut open {
                    pairs.push((key.to_owned(), value));
                }
            }
            (_, key, _) => return Err(format!("`{key}`")),
        }
    }
    if let Some((is_folder, pairs)) = open {
        found.push(entry(is_folder, &pairs)?);
    }
    Ok(found)
}

fn of_xml(text: &str) -> Result<Vec<Include>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let close = if rest.starts_with("<!--") { "-->" } else { ">" };
        let end = rest.find(close).ok_or("a tag that does not end")?;
        let tag = rest[1..end].trim_end_matches('/').trim();
        rest = &rest[end + close.len()..];
        let (word, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        match word {
            "include" | "includeAll" => {
                found.push(entry(word == "includeAll", &pairs(attributes)?)?);
            }
            "databaseChangeLog" | "/databaseChangeLog" | "/include" | "/includeAll" => {}
            word if word.starts_with(['?', '!']) => {}
            word => return Err(format!("`{word}`")),
        }
    }
    Ok(found)
}

/// `name="value"` pairs of a tag.
fn pairs(mut text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    while let Some((name, rest)) = text.split_once('=') {
        let rest = rest.trim_start();
        let quote = rest
            .chars()
            .next()
            .filter(|char| matches!(char, '"' | '\''));
        let quote = quote.ok_or("an attribute without quotes")?;
        let (value, after) = rest[1..]
            .split_once(quote)
            .ok_or("an attribute that does not end")?;
        found.push((name.trim().to_owned(), value.to_owned()));
        text = after;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> Option<Result<Vec<String>, String>> {
        let found = includes(Utf8Path::new(path), text)?;
        Some(found.map(|list| {
            let shown = list.into_iter().map(|include| {
                let relative = if include.is_relative { "./" } else { "" };
                let folder = if include.is_folder { "/*" } else { "" };
                format!("{relative}{}{folder}", include.path)
            });
            shown.collect()
        }))
    }

    #[test]
    fn a_list_of_includes_is_read_in_each_language() {
        let xml = "<?xml version='1.0'?>\n<databaseChangeLog xmlns=\"x\">\n<!-- <sql> -->\n<include file=\"a.sql\" relativeToChangelogFile='true'/>\n<includeAll path=\"b/\"></includeAll></databaseChangeLog>";
        let yaml = "databaseChangeLog:\n  - include:\n      file: a.sql # first\n      relativeToChangelogFile: true\n\n  - includeAll:\n      path: \"b/\"\n";
        let json = r#"{"databaseChangeLog": [{"include": {"file": "a.sql", "relativeToChangelogFile": true}}, {"includeAll": {"path": "b/"}}]}"#;
        for (path, text) in [("m.xml", xml), ("m.yaml", yaml), ("m.json", json)] {
            let wanted = vec!["./a.sql".to_owned(), "b//*".to_owned()];
            assert_eq!(read(path, text), Some(Ok(wanted)), "{path}");
        }
        assert_eq!(read("x.json", "{}"), None);
    }

    #[test]
    fn more_than_a_list_is_named() {
        for (path, text, what) in [
            (
                "m.xml",
                "<databaseChangeLog><changeSet id=\"1\" author=\"a\"/></databaseChangeLog>",
                "`changeSet`",
            ),
            (
                "m.yml",
                "databaseChangeLog:\n- changeSet:\n    id: 1\n",
                "`changeSet`",
            ),
            (
                "m.json",
                r#"{"databaseChangeLog": [{"property": {}}]}"#,
                "`property`",
            ),
            (
                "m.yml",
                "databaseChangeLog:\n- include:\n    file: a.sql\n    context: test\n",
                "`context` of an `include`",
            ),
        ] {
            assert_eq!(read(path, text), Some(Err(what.to_owned())), "{path}");
        }
    }

    #[test]
    fn a_path_is_found_from_wherever_the_tree_begins() {
        let files = ["changes/a.sql", "a.sql"];
        let known = |path: &Utf8Path| files.iter().map(Utf8Path::new).find(|file| *file == path);
        let found = |path: &str, is_relative| {
            let include = Include {
                path: path.to_owned(),
                is_relative,
                is_folder: false,
            };
            resolve(&include, Utf8Path::new("master/m.xml"), known).map(Utf8PathBuf::into_string)
        };
        assert_eq!(
            found("db/changelog/changes/a.sql", false).as_deref(),
            Some("changes/a.sql")
        );
        assert_eq!(
            found("classpath:/db/a.sql", false).as_deref(),
            Some("a.sql")
        );
        assert_eq!(
            found("../changes/a.sql", true).as_deref(),
            Some("changes/a.sql")
        );
        assert_eq!(found("a.sql", true), None);
    }
}
