//! `<script>.sql.conf`: what Flyway is told about one script, a Java properties file.

use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};

/// What such a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Conf {
    pub(super) transaction: Option<bool>,
    pub(super) placeholders: Option<bool>,
}

/// Reads one. What would change what runs and can't be kept is reported.
pub(super) fn read(file: FileId, sources: &Sources, sink: &mut Sink) -> Conf {
    let mut conf = Conf::default();
    let text = sources.text(file);
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let start = from + line.len() - line.trim_start().len();
        from += line.len();
        let said = line.trim();
        if said.is_empty() || said.starts_with(['#', '!']) {
            continue;
        }
        let place = Span::new(file, start..start + said.len());
        let (key, value) = said.split_once(['=', ':']).unwrap_or((said, ""));
        let (key, value) = (key.trim(), value.trim());
        let flag = match value {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let refused = match key {
            "executeInTransaction" if flag.is_some() => {
                conf.transaction = flag;
                None
            }
            "placeholderReplacement" if flag.is_some() => {
                conf.placeholders = flag;
                None
            }
            "shouldExecute" if flag == Some(true) => None,
            "encoding"
                if value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8") =>
            {
                None
            }
            "shouldExecute" => Some((
                "whether the script runs is decided by what stands here, when flyway runs",
                "take the script out of the tree where it is not to run, or the key where it is",
            )),
            "encoding" => Some((
                "the script is not in UTF-8, which is what releases are written in",
                "save it as UTF-8",
            )),
            _ => Some((
                "what this line means for the script is not known here",
                "the keys that are kept are executeInTransaction and placeholderReplacement, true or false",
            )),
        };
        if let Some((why, help)) = refused {
            let told = format!("`{key}` of a script's configuration can't be kept");
            sink.push(
                Diagnostic::error("flyway-conf", told)
                    .at(place, "")
                    .because(why)
                    .help(help),
            );
        }
    }
    conf
}
