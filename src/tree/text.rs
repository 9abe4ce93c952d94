//! From the bytes of a file to the text that is kept.
//!
//! Positions are always in the kept text: after a byte order mark was dropped and line ends were folded.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;

use super::disk::{File, Folder};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{FileId, Sources, Span};

/// What becomes of line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnds {
    /// CRLF becomes LF; a lone CR is an error. The native layout.
    Fold,
    /// As they are: the tool that the tree belongs to runs and hashes them raw.
    Keep,
    /// The same, by a tool that drops a byte order mark itself.
    KeepWithoutMark,
}

/// A file that was taken in, with what is wrong so far.
#[derive(Debug)]
pub(super) struct Taken {
    /// Relative to the tree's folder.
    pub(super) path: Utf8PathBuf,
    /// The text.
    pub(super) id: FileId,
    /// Whether the text is what the author wrote, so that reading on makes sense.
    pub(super) sound: bool,
    /// The file's own diagnostics.
    pub(super) sink: Sink,
}

/// Decodes files in parallel and adds them to the sources, in their order. They must have been read.
pub(super) fn take_in(
    folder: &Folder,
    files: Vec<File>,
    ends: LineEnds,
    sources: &mut Sources,
) -> Vec<Taken> {
    let decoded: Vec<_> = files
        .into_par_iter()
        .map(|file| (file.path, decode(file.bytes.unwrap_or_default(), ends)))
        .collect();
    let taken = decoded.into_iter().map(|(path, decoded)| {
        let (id, sink) = add(folder.show(&path), decoded, sources);
        Taken {
            path,
            id,
            sound: !sink.has_errors(),
            sink,
        }
    });
    taken.collect()
}

/// Decodes one text that is shown as `path`, and adds it to the sources.
pub(super) fn take_in_one(
    path: &Utf8Path,
    bytes: Vec<u8>,
    ends: LineEnds,
    sources: &mut Sources,
) -> (FileId, Sink) {
    add(path.to_owned(), decode(bytes, ends), sources)
}

fn add(shown: Utf8PathBuf, decoded: Decoded, sources: &mut Sources) -> (FileId, Sink) {
    let id = if decoded.has_mark {
        sources.add_marked(shown, decoded.text)
    } else {
        sources.add(shown, decoded.text)
    };
    let mut sink = Sink::default();
    for fault in decoded.faults {
        sink.push(fault.diagnostic.at(Span::new(id, fault.range), fault.label));
    }
    (id, sink)
}

struct Decoded {
    text: String,
    has_mark: bool,
    faults: Vec<Fault>,
}

struct Fault {
    diagnostic: Diagnostic,
    range: Range<usize>,
    label: &'static str,
}

fn decode(mut bytes: Vec<u8>, ends: LineEnds) -> Decoded {
    let mut faults = Vec::new();
    let mut fault = |diagnostic, range, label| {
        faults.push(Fault {
            diagnostic,
            range,
            label,
        });
    };
    let has_mark = bytes.starts_with(b"\xef\xbb\xbf");
    if has_mark {
        bytes.drain(..3);
        if ends == LineEnds::Keep {
            let told = "the file begins with a byte order mark, which PostgreSQL takes for part of the first word";
            fault(
                Diagnostic::warning("byte-order-mark", told)
                    .because("it is dropped here; the tool that this layout belongs to sends it, and the server refuses")
                    .help("save the file without it"),
                0..0,
                "it stands before this",
            );
        }
    }
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let mut diagnostic = Diagnostic::error(
                "not-utf8",
                format!(
                    "the file is not UTF-8: byte 0x{:02X} at offset {at}",
                    bytes[at]
                ),
            );
            diagnostic = if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
                diagnostic.help("it looks like UTF-16; save it as UTF-8")
            } else {
                diagnostic
                    .help("save it as UTF-8: the scripts are, and so is what the database is told")
            };
            // The first replacement character stands where the first bad byte did.
            fault(diagnostic, at..at + '\u{FFFD}'.len_utf8(), "here");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            return Decoded {
                text,
                has_mark,
                faults,
            };
        }
    };
    if ends == LineEnds::Fold
        && let Some(lone) = fold(&mut text)
    {
        fault(
            Diagnostic::error("lone-cr", "a carriage return without a newline after it")
                .because("editors show a line break where the server sees none, so a comment may swallow the next statement")
                .help("end lines with LF or CRLF"),
            lone..lone + 1,
            "here",
        );
    }
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        fault(
            Diagnostic::error("nul", "the file holds a NUL byte")
                .because("psql drops the rest of a line after it, and the server takes none")
                .help("remove it; write bytes into bytea as '\\x00'"),
            at..at + 1,
            "here",
        );
    }
    Decoded {
        text,
        has_mark,
        faults,
    }
}

/// CRLF becomes LF. Gives the place of the first lone CR.
fn fold(text: &mut String) -> Option<usize> {
    let first = memchr::memchr(b'\r', text.as_bytes())?;
    let mut folded = String::with_capacity(text.len());
    folded.push_str(&text[..first]);
    let mut lone = None;
    let mut rest = &text[first..];
    while let Some(at) = memchr::memchr(b'\r', rest.as_bytes()) {
        folded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if !rest.starts_with('\n') {
            lone = lone.or(Some(folded.len()));
            folded.push('\r');
        }
    }
    folded.push_str(rest);
    *text = folded;
    lone
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(decoded: &Decoded) -> Vec<(&'static str, Range<usize>)> {
        let faults = decoded.faults.iter();
        faults
            .map(|fault| (fault.diagnostic.code, fault.range.clone()))
            .collect()
    }

    #[test]
    fn native_text_is_folded() {
        let decoded = decode(b"\xef\xbb\xbfa\r\nb\r\n".to_vec(), LineEnds::Fold);
        assert_eq!((decoded.text.as_str(), codes(&decoded)), ("a\nb\n", vec![]));
        let decoded = decode(b"a\r\nb\rc\r".to_vec(), LineEnds::Fold);
        assert_eq!(decoded.text, "a\nb\rc\r");
        assert_eq!(codes(&decoded), [("lone-cr", 3..4)]);
    }

    #[test]
    fn foreign_text_is_kept_but_for_a_mark() {
        let decoded = decode(b"\xef\xbb\xbfa\r\nb\r".to_vec(), LineEnds::Keep);
        assert_eq!(decoded.text, "a\r\nb\r");
        assert_eq!(codes(&decoded), [("byte-order-mark", 0..0)]);
    }

    #[test]
    fn what_is_no_text_is_said_with_its_place() {
        let decoded = decode(b"ab\xe9c\n\xff".to_vec(), LineEnds::Keep);
        assert_eq!(codes(&decoded), [("not-utf8", 2..5)]);
        assert_eq!(
            decoded.faults[0].diagnostic.message,
            "the file is not UTF-8: byte 0xE9 at offset 2"
        );
        let decoded = decode(b"\xff\xfea\0".to_vec(), LineEnds::Keep);
        assert_eq!(
            decoded.faults[0].diagnostic.help,
            ["it looks like UTF-16; save it as UTF-8"]
        );
        let decoded = decode(b"a\0b".to_vec(), LineEnds::Fold);
        assert_eq!(codes(&decoded), [("nul", 1..2)]);
    }
}
