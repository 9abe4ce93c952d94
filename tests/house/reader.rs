//! Reads sources as text: code without comments and literals, and the rooms that it names.

/// Rooms named by `crate::room`, `crate::{room::…, room::…}` or `signoff::room`, with their lines.
pub(super) fn used_rooms(code: &str) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    for start in ["crate::", "signoff::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            // `$crate::` is the same place; `my_crate::` is another one.
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let line = line_of(code, at);
            let rest = &code[at + start.len()..];
            used.extend(heads(rest).into_iter().map(|room| (line, room)));
        }
    }
    used
}

/// The first names of a path or of a group of paths.
fn heads(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![ident(rest)];
    };
    let mut depth = 0_usize;
    let mut heads = vec![ident(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(ident(&group[at + 1..])),
            _ => (),
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn ident(text: &str) -> String {
    text.trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// The lines on which a name stands as a name of its own.
pub(super) fn lines_with(code: &str, name: &str) -> Vec<usize> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name)
        .filter(|(at, _)| !code[..*at].chars().next_back().is_some_and(word))
        .filter(|(at, _)| {
            let after = code[at + name.len()..].chars().next();
            name.ends_with(':') || !after.is_some_and(word)
        })
        .map(|(at, _)| line_of(code, at))
        .collect()
}

fn line_of(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The source with every comment and literal replaced by blanks, newlines kept.
pub(super) fn blanked(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if c == '"' {
            string(rest)
        } else if c == '\'' {
            character(rest)
        } else if c == 'r' && !code.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            raw_string(rest)
        } else {
            0
        };
        if length == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            let (literal, after) = rest.split_at(length);
            code.extend(literal.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = after;
        }
    }
    code
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => (),
        }
    }
    text.len()
}

/// The length of a character literal; 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    let Some((_, first)) = chars.next() else {
        return 0;
    };
    if first == '\\' {
        chars.next();
        return chars.find(|(_, c)| *c == '\'').map_or(0, |(at, _)| at + 1);
    }
    match chars.next() {
        Some((at, '\'')) => at + 1,
        _ => 0,
    }
}

/// The length of a raw string; 0 for a name that begins with `r`.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|byte| *byte == b'#').count();
    let open = 1 + hashes + 1;
    if text.as_bytes().get(open - 1) != Some(&b'"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    text[open..]
        .find(&close)
        .map_or(text.len(), |at| open + at + close.len())
}

#[test]
fn the_reader_of_sources_sees_code_and_nothing_else() {
    let code = blanked(concat!(
        "// crate::a\n/* crate::b /* */ crate::c */ use crate::d;\n",
        "let x = \"crate::e \\\" crate::f\"; let y = 'y'; let q = '\"'; f::<'static>(crate::g);\n",
        "let r = r#\"crate::h \" \"#; use crate::{i::{self, j}, k as l};\n",
        "let n = '\\''; use signoff::m; other_crate::n; $crate::o;\n",
    ));
    let rooms: Vec<_> = used_rooms(&code);
    let expected = [(2, "d"), (3, "g"), (4, "i"), (4, "k"), (5, "o"), (5, "m")];
    assert_eq!(rooms, expected.map(|(line, room)| (line, room.to_owned())));
    assert_eq!(
        lines_with("a std::fs\nstd::fsx my_std::fs std::fs::read", "std::fs"),
        [1, 2]
    );
}
