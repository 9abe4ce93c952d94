//! What the name of a file tells Flyway (`ResourceNameParser`, `MigrationVersion` of 13).

use camino::Utf8Path;

use crate::tree::layout::numbered;

/// A name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) kind: Kind,
    /// What is recorded: `_` as `.`, else as written. Empty for repeatables.
    pub(super) version: String,
    pub(super) description: String,
    /// The description as it is recorded, which nobody trims.
    pub(super) recorded: String,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Versioned,
    Undo,
    Baseline,
    Repeatable,
}

/// The order of versions: numbers part by part, without leading zeros and trailing parts that are zero.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(Vec<(usize, String)>);

/// Events around a migration; `flyway migrate` runs a file of that name. What belongs to other commands is not here.
const CALLBACKS: [&str; 22] = [
    "afterConnect",
    "afterEachMigrate",
    "afterEachMigrateError",
    "afterEachMigrateStatement",
    "afterEachMigrateStatementError",
    "afterMigrate",
    "afterMigrateApplied",
    "afterMigrateError",
    "afterMigrateOperationFinish",
    "afterRepeatables",
    "afterValidate",
    "afterValidateError",
    "afterVersioned",
    "beforeConnect",
    "beforeCreateSchema",
    "beforeEachMigrate",
    "beforeEachMigrateStatement",
    "beforeMigrate",
    "beforeRepeatables",
    "beforeValidate",
    "beforeVersioned",
    "createSchema",
];

/// Suffixes of migrations that are programs.
const PROGRAMS: [&str; 10] = [
    "java", "class", "kt", "groovy", "scala", "sh", "bash", "ps1", "py", "cmd",
];

/// The name of a `.sql` file that Flyway runs; others it passes over.
pub(super) fn parse(path: &Utf8Path) -> Option<Name> {
    let (stem, suffix) = path.file_name()?.rsplit_once('.')?;
    suffix.eq_ignore_ascii_case("sql").then_some(())?;
    of_stem(stem)
}

/// The event whose callback a file is.
pub(super) fn callback(path: &Utf8Path) -> Option<&'static str> {
    let (stem, _) = path.file_name()?.rsplit_once('.')?;
    let event = stem.split_once("__").map_or(stem, |(event, _)| event);
    CALLBACKS.iter().copied().find(|known| *known == event)
}

/// Whether a file is a migration that is no SQL.
pub(super) fn is_program(path: &Utf8Path) -> bool {
    let name = path.file_name().and_then(|name| name.rsplit_once('.'));
    name.is_some_and(|(stem, suffix)| {
        PROGRAMS.contains(&suffix)
            && (of_stem(stem).is_some_and(|_| stem.contains("__")) || callback(path).is_some())
    })
}

fn of_stem(stem: &str) -> Option<Name> {
    let kind = match stem.as_bytes().first()? {
        b'V' => Kind::Versioned,
        b'U' => Kind::Undo,
        b'B' => Kind::Baseline,
        b'R' => Kind::Repeatable,
        _ => return None,
    };
    let rest = &stem[1..];
    let (version, description) = rest.split_once("__").unwrap_or((rest, ""));
    let version = version.replace('_', ".");
    let fits = match kind {
        Kind::Repeatable => version.is_empty(),
        Kind::Versioned | Kind::Undo | Kind::Baseline => Version::of(&version).is_some(),
    };
    fits.then(|| Name {
        kind,
        version,
        description: numbered::prose(description),
        recorded: description.replace('_', " "),
    })
}

impl Version {
    /// The version that a text stands for, if it is one.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        for part in text.split('.') {
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then_some(())?;
            let digits = part.trim_start_matches('0');
            parts.push((digits.len(), digits.to_owned()));
        }
        while parts.len() > 1 && parts.last().is_some_and(|(length, _)| *length == 0) {
            parts.pop();
        }
        Some(Self(parts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: &str) -> Option<(Kind, String, String)> {
        let name = parse(Utf8Path::new(name))?;
        Some((name.kind, name.version, name.description))
    }

    #[test]
    fn names_are_read_as_the_tool_reads_them() {
        let some = |kind, version: &str, description: &str| {
            Some((kind, version.to_owned(), description.to_owned()))
        };
        for (name, wanted) in [
            ("V1__a.sql", some(Kind::Versioned, "1", "a")),
            (
                "sub/V001_2__add_users.SQL",
                some(Kind::Versioned, "001.2", "add users"),
            ),
            ("V13.1__x__y.sql", some(Kind::Versioned, "13.1", "x  y")),
            ("V2.sql", some(Kind::Versioned, "2", "")),
            ("U5_1__a.sql", some(Kind::Undo, "5.1", "a")),
            ("B5__base.sql", some(Kind::Baseline, "5", "base")),
            ("R__my_view.sql", some(Kind::Repeatable, "", "my view")),
            ("R1__x.sql", None),
            ("v1__a.sql", None),
            ("V1.2b__a.sql", None),
            ("V__a.sql", None),
            ("V1.__a.sql", None),
            ("Views.sql", None),
            ("V1__a.sql.bak", None),
        ] {
            assert_eq!(parsed(name), wanted, "{name}");
        }
        assert_eq!(
            callback(Utf8Path::new("x/beforeMigrate__grants.sql")),
            Some("beforeMigrate")
        );
        assert_eq!(callback(Utf8Path::new("beforeClean.sql")), None);
        assert!(is_program(Utf8Path::new("V2__fill.java")));
        assert!(!is_program(Utf8Path::new("V2Helper.java")));
    }

    #[test]
    fn versions_are_numbers_part_by_part() {
        let version = |text| Version::of(text).expect("a version");
        let sorted = [
            "0",
            "1",
            "1.0.1",
            "1.1",
            "1.2",
            "1.10",
            "2",
            "10",
            "20240101120000",
        ];
        assert!(
            sorted
                .windows(2)
                .all(|two| version(two[0]) < version(two[1]))
        );
        assert_eq!(version("1.0"), version("1"));
        assert_eq!(version("001.02"), version("1.2.0"));
        assert_eq!(version("0.0"), version("00"));
    }
}
