//! golang-migrate: `1_name.up.sql` and `1_name.down.sql`, side by side in one folder.
//!
//! A file's name is `^([0-9]+)_(.*)\.(down|up)\.(.*)$` with a number below 2^64; other files and folders are
//! passed over (`source/parse.go`, `source/iofs/iofs.go` of golang-migrate v4). Order is by number. A whole file is one
//! simple query: one transaction, unless the file has its own BEGIN and COMMIT. A missing upgrade only moves
//! the version.

use camino::Utf8Path;

use super::numbered::{self, Named, Pair, Tool};
use super::{Contents, Input};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{Sources, Span};
use crate::tree::disk::File;
use crate::tree::{Direction, Error, Migration, Settings};

const TOOL: Tool = Tool {
    name: "golang-migrate",
    migration,
};

/// Whether a file is a pair's half, by its name.
pub(super) fn claims(file: &File) -> bool {
    parse(&file.path).is_some()
}

pub(super) fn read(input: Input<'_>, sink: &mut Sink) -> Result<Contents, Error> {
    numbered::read(input, &TOOL, parse, sink)
}

fn parse(path: &Utf8Path) -> Option<Named<u64>> {
    let name = path.as_str();
    if name.contains('/') {
        return None;
    }
    let (digits, rest) = name.split_once('_')?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let version: u64 = digits.parse().ok()?;
    // The expression is greedy: the last direction in the name counts.
    let (message, direction) = [(".up.", Direction::Up), (".down.", Direction::Down)]
        .into_iter()
        .filter_map(|(word, direction)| Some((rest.rfind(word)?, direction)))
        .max_by_key(|(at, _)| *at)?;
    Some(Named {
        version,
        id: version.to_string(),
        direction,
        message: numbered::prose(&rest[..message]),
    })
}

fn migration(pair: Pair, sources: &Sources, sink: &mut Sink) -> Option<Migration> {
    if let Some(file) = pair.up()
        && sources.text(file).starts_with(super::sqlx::NO_TRANSACTION)
    {
        let told =
            "golang-migrate takes `-- no-transaction` for a comment, and so is it taken here";
        sink.push(
            Diagnostic::warning("foreign-marker", told)
                .at(Span::new(file, 0..super::sqlx::NO_TRANSACTION.len()), "")
                .help("if this is a tree of sqlx, say `--layout sqlx`"),
        );
    }
    pair.migration(sources, |_| Settings::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: &str) -> Option<(u64, Direction, String)> {
        let named = parse(Utf8Path::new(name))?;
        Some((named.version, named.direction, named.message))
    }

    #[test]
    fn names_are_read_as_the_tool_reads_them() {
        let some =
            |version, direction, message: &str| Some((version, direction, message.to_owned()));
        assert_eq!(
            parsed("000001_add_users.up.sql"),
            some(1, Direction::Up, "add users")
        );
        assert_eq!(
            parsed("2_a.up.b.down.sql"),
            some(2, Direction::Down, "a.up.b")
        );
        assert_eq!(parsed("3_.up.sql"), some(3, Direction::Up, ""));
        assert_eq!(parsed("18446744073709551616_a.up.sql"), None);
        for other in [
            "1_a.sql",
            "a_b.up.sql",
            "1-a.up.sql",
            "x/1_a.up.sql",
            "_a.up.sql",
            "1_aup.sql",
        ] {
            assert_eq!(parsed(other), None, "{other}");
        }
    }
}
