//! The text of the tree: which files were read, and where in them something stands.
//!
//! Knows nothing of what the text means. Every position in a diagnostic or in an emitted script goes back
//! to a [`Span`] of this room.

use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};

/// One file of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A half-open range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The file the range is in.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset one past the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `range` of `file`. Files are smaller than 4 GiB ([`Sources::add`] holds that).
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let offset = |at: usize| u32::try_from(at).expect("a source file is smaller than 4 GiB");
        Self {
            file,
            start: offset(range.start),
            end: offset(range.end),
        }
    }

    /// The range as offsets into the file's text.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A place as people name it: both numbers count from 1, the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line number, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// The files that were read, in the order they were added.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    path: Utf8PathBuf,
    mark: &'static str,
    text: Arc<String>,
    lines: OnceLock<Vec<u32>>,
}

/// Text that is a part of a file, or was made from one.
#[derive(Debug, Clone, Default)]
pub struct Stretch {
    whole: Arc<String>,
    range: Range<usize>,
}

impl Deref for Stretch {
    type Target = str;

    fn deref(&self) -> &str {
        &self.whole[self.range.clone()]
    }
}

impl From<String> for Stretch {
    fn from(text: String) -> Self {
        Self {
            range: 0..text.len(),
            whole: Arc::new(text),
        }
    }
}

impl Sources {
    /// Takes a file in. `path` is how it is shown: relative, with `/`.
    ///
    /// # Panics
    /// When `text` is 4 GiB or more; readers refuse such a file first.
    pub fn add(&mut self, path: impl Into<Utf8PathBuf>, text: String) -> FileId {
        self.push(path.into(), "", text)
    }

    /// Takes in a file that begins with a byte order mark, which is no part of `text`.
    pub fn add_marked(&mut self, path: impl Into<Utf8PathBuf>, text: String) -> FileId {
        self.push(path.into(), "\u{feff}", text)
    }

    /// Every file's path and text, in the order in which they were read.
    pub fn files(&self) -> impl Iterator<Item = (&Utf8Path, &str)> {
        let files = self.files.iter();
        files.map(|file| (file.path.as_path(), file.text.as_str()))
    }

    /// How the file is shown.
    pub fn path(&self, file: FileId) -> &Utf8Path {
        &self.file(file).path
    }

    /// What a file begins with before its text: a byte order mark, or nothing. Hashes of other tools are over both.
    pub fn mark(&self, file: FileId) -> &'static str {
        self.file(file).mark
    }

    /// The whole text of a file.
    pub fn text(&self, file: FileId) -> &str {
        &self.file(file).text
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        &self.text(span.file)[span.range()]
    }

    /// The text of a span, to keep: most of a tree is carried as it stands, and no copy of it is made.
    pub fn stretch(&self, span: Span) -> Stretch {
        Stretch {
            whole: Arc::clone(&self.file(span.file).text),
            range: span.range(),
        }
    }

    /// A span over the whole file.
    pub fn whole(&self, file: FileId) -> Span {
        Span::new(file, 0..self.text(file).len())
    }

    /// Line and column of a byte offset.
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        let File { text, lines, .. } = self.file(file);
        let lines = lines.get_or_init(|| {
            let newlines = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
            std::iter::once(0)
                .chain(newlines)
                .map(|at| u32::try_from(at).expect("checked when added"))
                .collect()
        });
        let line = lines.partition_point(|start| *start <= offset);
        let start = lines[line - 1] as usize;
        let end = text.floor_char_boundary(offset as usize);
        Position {
            line,
            column: text[start..end.max(start)].chars().count() + 1,
        }
    }

    /// `path:line` of a span's start, as the markers in emitted scripts say it.
    pub fn place(&self, span: Span) -> String {
        format!(
            "{}:{}",
            self.path(span.file),
            self.position(span.file, span.start).line
        )
    }

    fn push(&mut self, path: Utf8PathBuf, mark: &'static str, text: String) -> FileId {
        assert!(
            u32::try_from(text.len()).is_ok(),
            "a source file is smaller than 4 GiB"
        );
        let id = FileId(u32::try_from(self.files.len()).expect("fewer than 2^32 files"));
        self.files.push(File {
            path,
            mark,
            text: Arc::new(text),
            lines: OnceLock::new(),
        });
        id
    }

    fn file(&self, file: FileId) -> &File {
        &self.files[file.0 as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let mut sources = Sources::default();
        let file = sources.add("a.sql", "é;\nx y\n".to_owned());
        let at = |offset| {
            let Position { line, column } = sources.position(file, offset);
            (line, column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(2), (1, 2));
        assert_eq!(at(4), (2, 1));
        assert_eq!(at(6), (2, 3));
        assert_eq!(at(8), (3, 1));
        assert_eq!(sources.place(Span::new(file, 6..7)), "a.sql:2");
    }
}
