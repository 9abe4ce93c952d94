//! Reads `signoff.sum`. Its form is in the text of [`super`].

use std::collections::BTreeMap;

use super::{Digest, Digests, Edges, Reseal, Sealed, Seals};
use crate::config::table::is_unprintable;
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};

pub(super) fn read(sources: &Sources, file: FileId, sink: &mut Sink) -> Option<Seals> {
    let mut found = Sink::default();
    let mut reader = Reader {
        sources,
        file,
        headers: 0,
        lines: BTreeMap::new(),
        reseals: BTreeMap::new(),
    };
    let mut start = 0;
    for line in sources.text(file).split_inclusive('\n') {
        let text = line.trim();
        let at = start + (line.len() - line.trim_start().len());
        start += line.len();
        if !text.is_empty() {
            let span = Span::new(file, at..at + text.len());
            if let Err(diagnostic) = reader.line(text, span) {
                found.push(*diagnostic);
            }
        }
    }
    let seals = reader.finish(&mut found);
    let broken = found.has_errors();
    sink.join(found);
    (!broken).then_some(seals)
}

struct Reader<'a> {
    sources: &'a Sources,
    file: FileId,
    headers: usize,
    lines: BTreeMap<String, Vec<Sealed>>,
    reseals: BTreeMap<String, Vec<Reseal>>,
}

impl Reader<'_> {
    fn line(&mut self, text: &str, span: Span) -> Result<(), Box<Diagnostic>> {
        let mut words = Words { rest: text };
        if let Some(version) = text.strip_prefix("signoff.sum ") {
            self.headers += 1;
            if version.trim() == "1" {
                return Ok(());
            }
            return Err(Box::new(
                Diagnostic::error("seal-version", format!("`{text}` is a format that this signoff does not read"))
                    .at(span, "it reads `signoff.sum 1`")
                    .because("a newer signoff wrote it; what is published can't be told, so nothing is compared")
                    .help("use that version, or a newer one"),
            ));
        }
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"]
            .iter()
            .any(|mark| text.starts_with(mark))
        {
            return Err(Box::new(
                Diagnostic::error("seal-conflict", "`signoff.sum` holds a merge conflict")
                    .at(span, "")
                    .help(
                        "keep the lines of both sides and remove the marks: order does not matter",
                    )
                    .help("`signoff.sum merge=union` in .gitattributes makes git do so by itself"),
            ));
        }
        let bad = |why: &str| {
            Box::new(
                Diagnostic::error("seal-format", format!("this line of `signoff.sum` can't be read: {why}"))
                    .at(span, "")
                    .because("what was published can't be told from it")
                    .help("the file is written by `signoff seal`: bring the line back from version control"),
            )
        };
        let (first, bare) = words.word().map_err(bad)?;
        // The id alone is shown: three digests say nothing to a reader.
        let named = Span::new(
            self.file,
            span.start as usize..span.end as usize - words.rest.len(),
        );
        let is_reseal = bare && first == "reseal";
        let id = if is_reseal {
            words.word().map_err(bad)?.0
        } else {
            first
        };
        let mut fields: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        while let Some(key) = words.key().map_err(bad)? {
            let known: &[&str] = if is_reseal {
                &["up", "up1", "down", "reason"]
            } else {
                &["revises", "depends_on", "replaces", "up", "up1", "down"]
            };
            if !known.contains(&key) {
                return Err(bad(&format!("`{key}` is not a key of it")));
            }
            let values = words.list().map_err(bad)?;
            if fields.insert(key, values).is_some() {
                return Err(bad(&format!("`{key}` stands in it twice")));
            }
        }
        let digest = |key: &str| match fields.get(key).map(Vec::as_slice) {
            None => Ok(None),
            Some([value]) => match value.parse::<Digest>() {
                Ok(digest) => Ok(Some(digest)),
                Err(why) => Err(bad(&format!("`{key}`: {why}"))),
            },
            Some(_) => Err(bad(&format!("`{key}` has more than one value"))),
        };
        let needed = |key: &str| digest(key)?.ok_or_else(|| bad(&format!("`{key}` is missing")));
        if is_reseal {
            let reason = fields.get("reason").map(|reason| reason.join(","));
            let reason = reason.unwrap_or_default();
            // Who approves a release reads it.
            if reason.chars().any(is_unprintable) {
                return Err(bad("`reason` holds a control character"));
            }
            let reseal = Reseal {
                up: needed("up")?,
                up1: digest("up1")?,
                down: digest("down")?,
                reason,
            };
            let reseals = self.reseals.entry(id).or_default();
            if !reseals.contains(&reseal) {
                reseals.push(reseal);
            }
            return Ok(());
        }
        let ids = |key: &str| {
            let mut ids = fields.get(key).cloned().unwrap_or_default();
            ids.sort_unstable();
            ids
        };
        let sealed = Sealed {
            at: named,
            edges: Edges {
                parents: ids("revises"),
                depends_on: ids("depends_on"),
                replaces: ids("replaces"),
            },
            digests: Digests {
                up: needed("up")?,
                up1: needed("up1")?,
                down: needed("down")?,
            },
        };
        let lines = self.lines.entry(id).or_default();
        if !lines.iter().any(|other| other.same(&sealed)) {
            lines.push(sealed);
        }
        Ok(())
    }

    fn finish(self, sink: &mut Sink) -> Seals {
        if self.headers == 0 && !self.sources.text(self.file).trim().is_empty() {
            sink.push(
                Diagnostic::error(
                    "seal-version",
                    "`signoff.sum` does not say which format it has",
                )
                .at(Span::new(self.file, 0..0), "no line `signoff.sum 1`")
                .help("its first line is `signoff.sum 1`: bring it back"),
            );
        }
        let mut revisions = BTreeMap::new();
        for (id, mut lines) in self.lines {
            let earlier = self.reseals.get(&id).map_or(&[][..], Vec::as_slice);
            if lines.len() > 1 {
                // Git keeps a line that one side replaced when the other side changed its neighbour.
                let replaced =
                    |line: &Sealed| earlier.iter().any(|reseal| reseal.was(line.digests));
                if lines.iter().filter(|line| !replaced(line)).count() == 1 {
                    lines.retain(|line| !replaced(line));
                }
            }
            if let [first, second, ..] = lines.as_slice() {
                sink.push(
                    Diagnostic::error("seal-conflict", format!("`signoff.sum` says two things about revision `{id}`"))
                        .at(second.at, "this")
                        .at(first.at, "and this")
                        .because("two branches published it differently, so databases may hold either")
                        .help("find out which one databases have (`status.sql` prints it), put that text back and keep its line"),
                );
            }
            if let Some(line) = lines.into_iter().next() {
                revisions.insert(id, line);
            }
        }
        Seals {
            revisions,
            reseals: self.reseals,
        }
    }
}

impl Sealed {
    fn same(&self, other: &Self) -> bool {
        (&self.edges, self.digests) == (&other.edges, other.digests)
    }
}

impl Reseal {
    /// Whether these are the digests it was resealed from.
    pub(super) fn was(&self, digests: Digests) -> bool {
        self.up == digests.up
            && self.up1.is_none_or(|up1| up1 == digests.up1)
            && self.down.is_none_or(|down| down == digests.down)
    }
}

/// The words of a line: bare or quoted, with blanks between fields and `,` in lists.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    /// The next word, and whether it is bare.
    fn word(&mut self) -> Result<(String, bool), &'static str> {
        self.rest = self.rest.trim_start();
        if let Some(inner) = self.rest.strip_prefix('"') {
            let mut word = String::new();
            let mut characters = inner.char_indices();
            while let Some((at, character)) = characters.next() {
                match character {
                    '"' => {
                        self.rest = &inner[at + 1..];
                        return Ok((word, false));
                    }
                    '\\' => match characters.next() {
                        Some((_, escaped @ ('"' | '\\'))) => word.push(escaped),
                        Some(_) | None => return Err("`\\` stands before neither `\"` nor `\\`"),
                    },
                    plain => word.push(plain),
                }
            }
            return Err("a quote does not end");
        }
        let end = self.rest.find([' ', '\t', ',', '=', '"']);
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        if word.is_empty() {
            return Err("a word is missing");
        }
        Ok((word.to_owned(), true))
    }

    /// The next key with its `=`, or the end of the line.
    fn key(&mut self) -> Result<Option<&'a str>, &'static str> {
        let rest = self.rest.trim_start();
        if rest.is_empty() {
            return Ok(None);
        }
        if rest.len() == self.rest.len() {
            return Err("a blank is missing between two fields");
        }
        let Some((key, rest)) = rest.split_once('=') else {
            return Err("a field has no `=`");
        };
        if rest.starts_with([' ', '\t']) {
            return Err("a value is missing");
        }
        self.rest = rest;
        Ok(Some(key))
    }

    fn list(&mut self) -> Result<Vec<String>, &'static str> {
        let mut list = vec![self.word()?.0];
        while let Some(rest) = self.rest.strip_prefix(',') {
            self.rest = rest;
            list.push(self.word()?.0);
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::sha256;

    /// Code and message of everything that is wrong with a text.
    fn wrong(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        let file = sources.add("signoff.sum", text.to_owned());
        let mut sink = Sink::default();
        let seals = read(&sources, file, &mut sink);
        assert_eq!(seals.is_none(), sink.has_errors());
        let found = sink.diagnostics().iter();
        let found = found.map(|it| format!("{}: {}", it.code, it.message));
        found.collect()
    }

    #[test]
    fn what_is_right() {
        let a = sha256(b"a");
        assert!(wrong("").is_empty());
        assert!(wrong("signoff.sum 1\r\n").is_empty());
        let line = format!("aaaa up={a} up1={a} down={a}");
        let text = format!("{line}\n\nsignoff.sum 1\n  {line}  \nsignoff.sum 1");
        assert!(wrong(&text).is_empty());
        assert!(wrong(&format!("signoff.sum 1\nreseal aaaa up={a} reason=\"x\"")).is_empty());
    }

    #[test]
    fn what_is_wrong() {
        let (a, b) = (sha256(b"a"), sha256(b"b"));
        let line = format!("aaaa up={a} up1={a} down={a}");
        let only = |text: &str| {
            let found = wrong(&format!("signoff.sum 1\n{text}\n"));
            let [found] = found.as_slice() else {
                panic!("one, not {found:?}");
            };
            found.clone()
        };
        assert_eq!(
            wrong("signoff.sum 2\n"),
            ["seal-version: `signoff.sum 2` is a format that this signoff does not read"]
        );
        assert_eq!(
            wrong(&line),
            ["seal-version: `signoff.sum` does not say which format it has"]
        );
        assert_eq!(
            only(&format!("{line}\naaaa up={a} up1={a} down={b}")),
            "seal-conflict: `signoff.sum` says two things about revision `aaaa`"
        );
        assert_eq!(
            only("<<<<<<< HEAD"),
            "seal-conflict: `signoff.sum` holds a merge conflict"
        );
        let format = "seal-format: this line of `signoff.sum` can't be read";
        assert_eq!(only("aaaa"), format!("{format}: `up` is missing"));
        assert_eq!(
            only("aaaa up=x"),
            format!("{format}: `up`: a digest is `sha256:` and 64 lower-case hex digits")
        );
        assert_eq!(
            only(&format!("{line} x=1")),
            format!("{format}: `x` is not a key of it")
        );
        assert_eq!(
            only(&format!("{line} up={a}")),
            format!("{format}: `up` stands in it twice")
        );
        assert_eq!(
            only(&format!("reseal aaaa up={a} reason=\"x\u{202e}\"")),
            format!("{format}: `reason` holds a control character")
        );
        assert_eq!(only("\"aaaa up"), format!("{format}: a quote does not end"));
        assert_eq!(only("aaaa up"), format!("{format}: a field has no `=`"));
        assert_eq!(
            only("aaaa revises= up=x"),
            format!("{format}: a value is missing")
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(signoff.sum 1\n)?([a\"\\\\ =,\t]|up=|sha256:|reseal |\n|.){0,40}") {
            wrong(&text);
        }
    }
}
