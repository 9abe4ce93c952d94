//! Diagnostics for programs: one JSON object each, with a format number.
//!
//! ```json
//! {"format": 1, "code": "cycle", "severity": "error", "message": "…",
//!  "file": "migrations/a.sql", "line": 2, "column": 17, "end_line": 2, "end_column": 29,
//!  "labels": [{"file": "…", "line": 2, "column": 17, "end_line": 2, "end_column": 29, "text": "…"}],
//!  "notes": ["…"], "help": ["…"]}
//! ```
//!
//! `file` and the four numbers are those of the first label, the main one. Without labels the numbers are null,
//! and `file` names the file or folder the diagnostic speaks of, or is null too. Lines and columns count from
//! 1, columns in characters; the end is the place just behind the last character. Knows nothing of commands:
//! how objects are joined to a document is theirs.

use serde_json::{Map, Value, json};

use super::Diagnostic;
use crate::source::{Sources, Span};

/// The number of this form. It grows when a key changes its meaning or goes away.
pub const FORMAT: u32 = 1;

/// One diagnostic as an object, keys in the order shown above.
pub fn json(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let main = match (diagnostic.labels.first(), &diagnostic.path) {
        (Some(label), _) => place(label.span, sources),
        (None, path) => {
            let path = path.as_ref().map(|path| path.as_str());
            let keys = ["line", "column", "end_line", "end_column"];
            let mut place = Map::from_iter([("file".to_owned(), json!(path))]);
            place.extend(keys.map(|key| (key.to_owned(), Value::Null)));
            place
        }
    };
    let labels = diagnostic.labels.iter().map(|label| {
        let mut object = place(label.span, sources);
        object.insert("text".to_owned(), json!(label.text));
        Value::Object(object)
    });
    let mut object = Map::from_iter([
        ("format".to_owned(), json!(FORMAT)),
        ("code".to_owned(), json!(diagnostic.code)),
        ("severity".to_owned(), json!(diagnostic.severity.word())),
        ("message".to_owned(), json!(diagnostic.message)),
    ]);
    object.extend(main);
    object.insert("labels".to_owned(), labels.collect());
    object.insert("notes".to_owned(), json!(diagnostic.notes));
    object.insert("help".to_owned(), json!(diagnostic.help));
    Value::Object(object)
}

fn place(span: Span, sources: &Sources) -> Map<String, Value> {
    let start = sources.position(span.file, span.start);
    let end = sources.position(span.file, span.end);
    Map::from_iter([
        ("file".to_owned(), json!(sources.path(span.file).as_str())),
        ("line".to_owned(), json!(start.line)),
        ("column".to_owned(), json!(start.column)),
        ("end_line".to_owned(), json!(end.line)),
        ("end_column".to_owned(), json!(end.column)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_their_order() {
        let mut sources = Sources::default();
        let file = sources.add("m/a.sql", "é;\nx\n".to_owned());
        let diagnostic = Diagnostic::error("some-code", "a \"message\"")
            .at(Span::new(file, 0..2), "here")
            .at(Span::new(file, 2..5), "")
            .because("why")
            .help("how");
        assert_eq!(
            json(&diagnostic, &sources).to_string(),
            "{\"format\":1,\"code\":\"some-code\",\"severity\":\"error\",\"message\":\"a \\\"message\\\"\",\
             \"file\":\"m/a.sql\",\"line\":1,\"column\":1,\"end_line\":1,\"end_column\":2,\"labels\":[\
             {\"file\":\"m/a.sql\",\"line\":1,\"column\":1,\"end_line\":1,\"end_column\":2,\"text\":\"here\"},\
             {\"file\":\"m/a.sql\",\"line\":1,\"column\":2,\"end_line\":2,\"end_column\":2,\"text\":\"\"}],\
             \"notes\":[\"why\"],\"help\":[\"how\"]}"
        );
    }

    #[test]
    fn a_path_stands_in_for_a_label() {
        let sources = Sources::default();
        let diagnostic = Diagnostic::warning("w", "m").path("migrations");
        let value = json(&diagnostic, &sources);
        assert_eq!(value["file"], "migrations");
        assert!(value["line"].is_null());
        assert!(json(&Diagnostic::note("n", "m"), &sources)["file"].is_null());
    }
}
