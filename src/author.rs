//! The text of files that signoff writes into a project for people to go on with: a new migration, and what
//! `init` begins with.
//!
//! Pure: time, randomness and the choice of parents are handed in, and a command writes what comes out. Does
//! not read trees; what it writes is what the rooms `tree` and `config` read.

mod example;
mod file_name;
pub mod import;
pub mod squash;

use std::fmt::Write as _;
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;

use crate::name::RevisionId;

/// A revision that is to be written.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// Its id.
    pub id: &'a RevisionId,
    /// What it revises; none makes it a base, several a merge.
    pub parents: &'a [RevisionId],
    /// What it is for. White space and control characters in it become single blanks.
    pub message: &'a str,
    /// When it is written, where that is known. Files say it to the second, in UTC.
    pub created: Option<Timestamp>,
    /// Branch labels.
    pub labels: &'a [String],
    /// Ids or labels of other branches that must be applied first.
    pub depends_on: &'a [String],
}

/// What stands in the sections of a new migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content<'a> {
    /// Both directions are still to be written.
    Open,
    /// This is the upgrade, with a newline at its end; the downgrade is still to be written.
    Upgrade(&'a str),
    /// Nothing for good: it only joins its parents.
    Join,
    /// What several revisions did, whose place it takes.
    Squash(&'a squash::Squash),
    /// What another tool runs.
    Imported(&'a import::Revision),
}

impl Content<'_> {
    /// When it was written, where that is not now.
    pub fn created(&self) -> Option<Timestamp> {
        match self {
            Content::Open | Content::Upgrade(_) | Content::Join => None,
            Content::Squash(squash) => squash.created,
            Content::Imported(revision) => revision.created,
        }
    }
}

/// A file that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Where, relative to the folder that is asked for.
    pub path: Utf8PathBuf,
    /// The whole text.
    pub text: String,
}

/// Why a file template gives no file name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTemplate {
    /// A word in braces that means nothing.
    #[error(
        "`{{{0}}}` is not a field of a file template; there are {{year}}, {{month}}, {{day}}, {{hour}}, {{minute}}, {{second}}, {{epoch}}, {{rev}} and {{slug}}"
    )]
    Field(String),
    /// A `{` without `}`, or the other way round.
    #[error("a brace in the file template does not close")]
    Brace,
    /// Another end than `.sql`: the file would not be read.
    #[error("a file template ends in `.sql`: other files are not read")]
    Extension,
    /// Absolute, or with an empty, `.` or `..` part, or with a backslash or a control character.
    #[error("a file template stays below the migrations folder and is a plain path with `/`")]
    Path,
    /// Two revisions could get one name.
    #[error("a file template names the revision with `{{rev}}`, or two files could get one name")]
    Revision,
}

/// An id of the native layout from randomness: 12 hex digits.
pub fn new_id(random: [u8; 6]) -> RevisionId {
    let mut id = String::with_capacity(12);
    for byte in random {
        let _ = write!(id, "{byte:02x}");
    }
    RevisionId::native(&id).expect("12 hex digits are an id")
}

/// The text of a new migration file in the native layout.
pub fn migration(new: &New, content: Content<'_>) -> String {
    let quoted = |names: &[String]| list(&names.iter().map(|name| quote(name)).collect::<Vec<_>>());
    let mut header = vec![
        ("revision", quote(new.id.as_str())),
        ("revises", parent_list(new.parents)),
        ("message", quote(&one_line(new.message))),
    ];
    if let Some(created) = new.created {
        header.push((
            "created",
            created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        ));
    }
    let mut labels = new.labels.to_vec();
    if let Content::Squash(squash) = content {
        labels.extend(squash.labels.iter().cloned());
    }
    if !labels.is_empty() {
        header.push(("labels", quoted(&labels)));
    }
    if !new.depends_on.is_empty() {
        header.push(("depends_on", quoted(new.depends_on)));
    }
    if let Content::Squash(squash) = content {
        header.extend(squash.header());
    }
    if let Content::Imported(revision) = content {
        header.extend(revision.header());
    }
    let mut text =
        "-- For signoff, not for `psql -f`: psql would run the upgrade and then the downgrade.\n"
            .to_owned();
    for (key, value) in header {
        let _ = writeln!(text, "--! {key:<10} = {value}");
    }
    let (upgrade, downgrade) = match content {
        Content::Open => ("\n", OPEN),
        Content::Upgrade(sql) => (sql, OPEN),
        Content::Join => (JOIN, PART),
        Content::Squash(squash) => {
            text.push_str(&squash.sections());
            return text;
        }
        Content::Imported(revision) => {
            text.push_str(&revision.sections());
            return text;
        }
    };
    let _ = write!(
        text,
        "\n--! upgrade\n{upgrade}\n--! downgrade\n{downgrade}\n"
    );
    text
}

/// The text of a migration file in which `revises`, which stands at `place`, now names these parents. Nothing else in it
/// changes, line ends and comments included.
pub fn with_parents(text: &str, place: Range<usize>, parents: &[RevisionId]) -> String {
    let mut text = text.to_owned();
    text.replace_range(place, &parent_list(parents));
    text
}

/// Parents as the value of `revises`.
pub fn parent_list(parents: &[RevisionId]) -> String {
    let parents = parents.iter().map(|parent| quote(parent.as_str()));
    list(&parents.collect::<Vec<_>>())
}

/// The path of a new migration file below the migrations folder, from the config's `file_template`.
pub fn file_name(template: &str, new: &New) -> Result<Utf8PathBuf, BadTemplate> {
    file_name::file_name(template, new)
}

/// A message as part of a file name: lower-case ASCII letters and digits with `_` between words, at most 40
/// characters, cut between words where there is a place.
pub fn slug(message: &str) -> String {
    file_name::slug(message)
}

/// What a project begins with, relative to its folder: the config, an empty seal, and the line that lets git
/// join two branches that both sealed.
pub fn init(project: &str) -> Vec<NewFile> {
    let file = |path: &str, text: &str| NewFile {
        path: path.into(),
        text: text.to_owned(),
    };
    vec![
        init_over(project, Utf8Path::new("migrations")),
        file("migrations/signoff.sum", "signoff.sum 1\n"),
        file("migrations/.gitattributes", "signoff.sum merge=union\n"),
    ]
}

/// Two revisions with these ids and a view, relative to the project's folder, for who wants to begin with something that
/// runs. `template` is the config's `file_template`.
pub fn example(
    template: &str,
    ids: [&RevisionId; 2],
    created: Timestamp,
) -> Result<Vec<NewFile>, BadTemplate> {
    example::files(template, ids, created)
}

/// What a project begins with whose migrations are there already: a config that names their folder.
pub fn init_over(project: &str, migrations: &Utf8Path) -> NewFile {
    NewFile {
        path: "signoff.toml".into(),
        text: CONFIG
            .replace("{project}", &quote(project))
            .replace("{migrations}", &quote(migrations.as_str())),
    }
}

const CONFIG: &str = r#"# What signoff knows about this project. `signoff config` prints every value and where it comes from.

[project]
name = {project}

[migrations]
path = {migrations}
# layout = "auto"                   # or whose files they are, as `signoff --help` lists it; auto recognises which
# file_template = "{year}{month}{day}_{hour}{minute}{second}_{rev}_{slug}.sql"

[target]
# server = "14"                     # the oldest PostgreSQL the scripts must run on
# database = "app_prod"             # the scripts refuse any other
# role = "app_owner"                # everything runs as this role, whoever logs in
# search_path = "app, public"       # else the database's own
# lock_timeout = "5s"               # how long a statement waits for a lock before it gives up
# statement_timeout = "0"           # 0 is no limit

# [version_table]
# name = "signoff_revision"         # where a database records what is applied
# schema = "public"
# scheme = "auto"                   # keeps the table of the tree's own tool as well; "native" keeps none, "alembic" is for an imported tree
# tool_table = "ops.schema_migrations"   # where that table has another name or schema than its tool gives it

# [variables]
# app_schema = { default = "public", env = "APP_SCHEMA" }   # ${app_schema} in files that say `variables = true`
"#;

/// What stands in a downgrade until it is written.
const OPEN: &str =
    "-- What undoes the upgrade. Where nothing can: --! downgrade { irreversible = \"why\" }\n";

/// What stands in a merge.
const JOIN: &str = "-- Joins what it revises, and has nothing of its own to run.\n";
const PART: &str = "-- Nothing to undo.\n";

fn list(names: &[String]) -> String {
    format!("[{}]", names.join(", "))
}

/// A TOML basic string. Whatever the text holds, it stays on one line, and no character can turn the line around.
fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            control if control.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

/// A text on one line: white space and control characters become single blanks.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at() -> Timestamp {
        "2025-12-30T13:55:33.7Z".parse().expect("a time")
    }

    #[test]
    fn a_new_migration() {
        let id = new_id([0x27, 0xda, 0xfa, 0x98, 0x31, 0x36]);
        let parent = RevisionId::native("1975ea83b712").expect("an id");
        let new = New {
            id: &id,
            parents: &[parent],
            message: "Add \"email\"\n  to users\t",
            created: Some(at()),
            labels: &["billing".to_owned()],
            depends_on: &[],
        };
        assert_eq!(
            migration(&new, Content::Open),
            "-- For signoff, not for `psql -f`: psql would run the upgrade and then the downgrade.\n\
             --! revision   = \"27dafa983136\"\n\
             --! revises    = [\"1975ea83b712\"]\n\
             --! message    = \"Add \\\"email\\\" to users\"\n\
             --! created    = 2025-12-30T13:55:33Z\n\
             --! labels     = [\"billing\"]\n\
             \n\
             --! upgrade\n\n\n\
             --! downgrade\n\
             -- What undoes the upgrade. Where nothing can: --! downgrade { irreversible = \"why\" }\n\n"
        );
        let written = migration(&new, Content::Upgrade("SELECT 1;\n"));
        assert!(
            written.contains("\n\n--! upgrade\nSELECT 1;\n\n--! downgrade\n-- What"),
            "{written}"
        );
    }

    #[test]
    fn the_first_config_is_toml_as_it_stands_and_with_every_line_in_force() {
        let files = init("shop \"x\"");
        let config = &files[0].text;
        let table: toml::Table = config.parse().expect("TOML");
        assert_eq!(table["project"]["name"].as_str(), Some("shop \"x\""));
        // Every line that is commented out is a right one too.
        let in_force: Vec<&str> = config
            .lines()
            .skip(1)
            .map(|line| line.strip_prefix("# ").unwrap_or(line))
            .collect();
        let table: toml::Table = in_force.join("\n").parse().expect("TOML");
        assert_eq!(table["target"]["lock_timeout"].as_str(), Some("5s"));
        assert_eq!(table["migrations"]["file_template"].as_str(), Some(DEFAULT));
    }

    proptest! {
        #[test]
        fn any_message_stays_in_its_line(message in "\\PC*|(?s:.*)") {
            let id = new_id([1; 6]);
            let new = New {
                id: &id,
                parents: &[],
                message: &message,
                created: Some(at()),
                labels: std::slice::from_ref(&message),
                depends_on: std::slice::from_ref(&message),
            };
            let text = migration(&new, Content::Open);
            let header: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("--! ")).collect();
            prop_assert_eq!(header.len(), 8);
            let table: toml::Table = header[..6].join("\n").parse().expect("TOML");
            let words: Vec<&str> = message
                .split(|c: char| c.is_whitespace() || c.is_control())
                .filter(|word| !word.is_empty())
                .collect();
            let joined = words.join(" ");
            prop_assert_eq!(table["message"].as_str(), Some(joined.as_str()));
            prop_assert_eq!(table["labels"][0].as_str(), Some(message.as_str()));
            // New parents make the file that would have been written with them, whatever its line ends.
            let parents = [new_id([2; 6]), new_id([3; 6])];
            let wanted = migration(&New { parents: &parents, ..new }, Content::Open);
            for end in ["\n", "\r\n"] {
                let text = text.replace('\n', end);
                let place = crate::tree::layout::revises(&text).expect("it has one");
                prop_assert_eq!(with_parents(&text, place, &parents), wanted.replace('\n', end));
            }
        }

        #[test]
        fn any_message_gives_a_file_name(message in "(?s:.*)") {
            let id = new_id([255; 6]);
            let new = New {
                id: &id,
                parents: &[],
                message: &message,
                created: Some(at()),
                labels: &[],
                depends_on: &[],
            };
            let name = file_name(DEFAULT, &new).expect("a name");
            let name = name.as_str();
            prop_assert!(name.starts_with("20251230_135533_ffffffffffff"));
            prop_assert!(name.len() <= 28 + 1 + 40 + 4);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            prop_assert!(name.strip_suffix(".sql").is_some_and(|stem| stem.chars().all(plain)));
        }
    }

    pub(super) const DEFAULT: &str = "{year}{month}{day}_{hour}{minute}{second}_{rev}_{slug}.sql";
}
