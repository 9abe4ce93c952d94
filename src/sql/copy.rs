//! Reads the rows of a `COPY … FROM STDIN` in text format, so that they can be written as INSERTs.
//!
//! Follows `CopyReadLineText` and `CopyReadAttributesText` of the server (`src/backend/commands/copyfromparse.c`). Only the
//! default options: anything else is an objection, never a guess.

use std::ops::Range;

use super::cursor::Cursor;
use super::{Objection, Statement, literal};
use crate::diagnostic::Severity;
use crate::lex::TokenKind;

/// What a `COPY … FROM STDIN` would insert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The table as it is written.
    pub target: String,
    /// The columns as they are written; empty where none are named: all of the table's, in its order.
    pub columns: Vec<String>,
    /// Cells; `None` is NULL. All rows are of one length.
    pub rows: Vec<Vec<Option<String>>>,
}

/// The rows of a statement of the kind `CopyFromStdin`.
pub fn rows(text: &str, statement: &Statement) -> Result<Rows, Objection> {
    let (target, columns) = header(text, statement)?;
    let data = statement.raw.copy_data.clone().unwrap_or(0..0);
    let rows = cells(text, data, columns.len())?;
    Ok(Rows {
        target,
        columns,
        rows,
    })
}

fn header(text: &str, statement: &Statement) -> Result<(String, Vec<String>), Objection> {
    let mut cursor = Cursor::new(text, statement.range());
    let refuse = |range: Range<usize>| {
        objection(
            range,
            "this COPY … FROM STDIN is not in the default text format: its rows can't be written as INSERTs, and psql can't skip its data on a second run".to_owned(),
            "write the rows as INSERT, or keep them in a CSV file and load it with `--! data`",
        )
    };
    cursor.take("copy");
    if cursor.at_word("binary") {
        return Err(refuse(statement.range()));
    }
    let start = cursor.rest().map_or(statement.raw.start, |rest| rest.start);
    let mut end = start;
    while let Some(token) = cursor.peek() {
        if token.kind == TokenKind::OpenParen || cursor.is_word(token, "from") {
            break;
        }
        end = token.end;
        cursor.next();
    }
    let mut columns = Vec::new();
    if let Some(group) = cursor.group() {
        let mut inner = Cursor::new(text, group);
        while let Some(token) = inner.next() {
            match token.kind {
                TokenKind::Word | TokenKind::QuotedIdent => {
                    columns.push(inner.slice(token).to_owned());
                }
                TokenKind::Comma => {}
                _ => return Err(refuse(token.start..token.end)),
            }
        }
    }
    cursor.take("from");
    cursor.take_any(&["stdin", "stdout"]);
    let options = cursor.rest();
    cursor.take("with");
    if let Some(group) = cursor.group() {
        let mut inner = Cursor::new(text, group.clone());
        inner.take("format");
        let is_text = inner.next().is_some_and(|token| {
            let written = inner.slice(token);
            literal::value(token.kind, written)
                .unwrap_or_else(|| written.to_owned())
                .eq_ignore_ascii_case("text")
        });
        if !is_text || inner.peek().is_some() {
            return Err(refuse(group));
        }
    }
    if cursor.peek().is_some() {
        return Err(refuse(options.unwrap_or(statement.range())));
    }
    Ok((text[start..end].to_owned(), columns))
}

/// Rows of text-format data, each of `width` cells; of the first row's width where `width` is 0.
fn cells(
    text: &str,
    data: Range<usize>,
    width: usize,
) -> Result<Vec<Vec<Option<String>>>, Objection> {
    let mut rows: Vec<Vec<Option<String>>> = Vec::new();
    let mut at = data.start;
    // The server takes the first line's end for the whole of the data.
    let returns = text[data.clone()]
        .find('\n')
        .is_some_and(|newline| text[data.clone()][..newline].ends_with('\r'));
    while at < data.end {
        let line = at..line_end(text, at..data.end);
        at = line.end + 1;
        let mut content = line.clone();
        if returns && text[content.clone()].ends_with('\r') {
            content.end -= 1;
        }
        let row = row(text, content)?;
        let expected = rows.first().map_or(width, Vec::len);
        if expected > 0 && row.len() != expected {
            return Err(objection(
                line,
                format!(
                    "this row of COPY data has {} cells and {expected} are expected: the server would refuse all of the rows",
                    row.len()
                ),
                "give every row one cell for each column, with a tab between two",
            ));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Where a row ends: at a newline that no backslash stands before.
fn line_end(text: &str, range: Range<usize>) -> usize {
    let bytes = text.as_bytes();
    let mut at = range.start;
    while let Some(found) = memchr::memchr2(b'\n', b'\\', &bytes[at.min(range.end)..range.end]) {
        let found = at + found;
        if bytes[found] == b'\n' {
            return found;
        }
        at = found + 2;
    }
    range.end
}

fn row(text: &str, line: Range<usize>) -> Result<Vec<Option<String>>, Objection> {
    let mut cells = Vec::new();
    let mut start = line.start;
    for cell in text[line].split('\t') {
        let range = start..start + cell.len();
        start = range.end + 1;
        cells.push(decode(cell, range)?);
    }
    Ok(cells)
}

/// One cell. A tab can't be hidden behind a backslash here: `\` and a tab is a tab inside the cell to the server, and is
/// refused.
fn decode(cell: &str, range: Range<usize>) -> Result<Option<String>, Objection> {
    if cell == "\\N" {
        return Ok(None);
    }
    let refuse = |what: &str| {
        objection(
            range.clone(),
            format!(
                "{what} in COPY data: the server would refuse the row, or read it otherwise than it looks"
            ),
            "write the row as INSERT",
        )
    };
    if cell.contains('\r') {
        return Err(refuse("a bare carriage return"));
    }
    if !cell.contains('\\') {
        return Ok(Some(cell.to_owned()));
    }
    let mut out = Vec::with_capacity(cell.len());
    let mut bytes = cell.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.next() {
            None => return Err(refuse("a backslash before a tab or the end of the data")),
            Some(b'.') => return Err(refuse("an end marker (`\\.`) inside a row")),
            Some(b'b') => out.push(8),
            Some(b'f') => out.push(12),
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'v') => out.push(11),
            Some(digit @ b'0'..=b'7') => out.push(literal::number(&mut bytes, 8, 2, digit)),
            Some(b'x') if bytes.peek().is_some_and(u8::is_ascii_hexdigit) => {
                out.push(literal::number(&mut bytes, 16, 2, b'0'));
            }
            Some(other) => out.push(other),
        }
    }
    match String::from_utf8(out) {
        Ok(cell) if !cell.contains('\0') => Ok(Some(cell)),
        _ => Err(refuse("an escape that makes no valid text")),
    }
}

fn objection(range: Range<usize>, message: String, help: &str) -> Objection {
    Objection {
        code: "copy-data",
        severity: Severity::Error,
        range,
        message,
        help: help.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::read;

    fn of(text: &str) -> Result<Rows, Objection> {
        let script = read(text);
        rows(text, &script.statements[0])
    }

    fn data(data: &str) -> Vec<Vec<Option<String>>> {
        of(&format!("COPY t FROM stdin;\n{data}\\.\n"))
            .expect("rows")
            .rows
    }

    fn row(cells: &[&str]) -> Vec<Option<String>> {
        cells.iter().map(|cell| Some((*cell).to_owned())).collect()
    }

    #[test]
    fn target_and_columns_are_as_written() {
        let rows =
            of("copy \"S\".t (\"A\", b) from stdin with (format 'text');\n1\t2\n\\.\nselect 1;")
                .expect("rows");
        assert_eq!(rows.target, "\"S\".t");
        assert_eq!(rows.columns, ["\"A\"", "b"]);
        assert_eq!(rows.rows, [row(&["1", "2"])]);
        assert!(
            of("copy t from stdin;\n\\.\n")
                .expect("rows")
                .rows
                .is_empty()
        );
    }

    #[test]
    fn cells_mean_what_the_server_reads() {
        assert_eq!(
            data("a\t\\N\t\n"),
            [vec![Some("a".to_owned()), None, Some(String::new())]]
        );
        assert_eq!(data("\n"), [row(&[""])]);
        assert_eq!(data("a\\tb\\\\\\n\\x41\\101\\q\n"), [row(&["a\tb\\\nAAq"])]);
        assert_eq!(data("a\\\nb\nc\n"), [row(&["a\nb"]), row(&["c"])]);
        assert_eq!(data("O'Brien; -- é\n"), [row(&["O'Brien; -- é"])]);
        assert_eq!(data("a\\\\N\n"), [row(&["a\\N"])]);
        assert_eq!(
            of("copy t from stdin;\r\na\tb\r\n\\.\r\n")
                .expect("rows")
                .rows,
            [row(&["a", "b"])]
        );
    }

    #[test]
    fn the_rest_is_an_objection() {
        for text in [
            "copy t from stdin csv;\n1\n\\.\n",
            "copy t from stdin with (format csv, header);\n1\n\\.\n",
            "copy t from stdin with (format text, null 'x');\n1\n\\.\n",
            "copy t from stdin where a > 1;\n1\n\\.\n",
            "copy t from stdin delimiter ',';\n1\n\\.\n",
            "copy t (a, b) from stdin;\n1\n\\.\n",
            "copy t from stdin;\n1\t2\n1\n\\.\n",
            "copy t from stdin;\na\rb\n\\.\n",
            "copy t from stdin;\na\\0\n\\.\n",
            "copy t from stdin;\na\\xff\n\\.\n",
            "copy t from stdin;\na\\.b\n\\.\n",
            "copy t from stdin;\na\\\tb\n\\.\n",
        ] {
            assert!(of(text).is_err(), "{text}");
        }
    }
}
