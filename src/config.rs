//! What the user wants: `signoff.toml`, the environment and the flags, merged, each value with where it
//! came from.
//!
//! Flags beat the environment, that beats the file, that beats the default. Layouts and rules are named here
//! and known elsewhere: their rooms judge them. Environment and flags are handed in.

pub mod check;
mod disk;
mod gather;
mod judge;
pub mod table;

use std::collections::BTreeMap;
use std::fmt;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use crate::diagnostic::Sink;
use crate::source::Sources;

/// File name of a new migration, where nothing else is said.
pub const FILE_TEMPLATE: &str = "{year}{month}{day}_{hour}{minute}{second}_{rev}_{slug}.sql";

/// The oldest and the newest server a script can be written for.
pub const SERVERS: std::ops::RangeInclusive<u16> = 13..=18;

/// Reads the config.
pub fn load(request: &Request) -> Result<Config, Error> {
    gather::load(request)
}

/// The name of a folder as a project's name: what a config says that names none. `folder` is as the user named it
/// in the working folder `cwd`.
pub fn project_name(cwd: &Utf8Path, folder: &Utf8Path) -> String {
    judge::folder_name(&judge::folder_of(cwd, folder))
}

/// Every value, with its key, in the file's order.
pub fn listing(config: &Config) -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut push = |key: &str, value: Option<String>, origin: &Origin| {
        listed.push(Listed {
            key: key.to_owned(),
            value,
            origin: origin.clone(),
        });
    };
    macro_rules! settings {
        ($($key:literal = $setting:expr, $value:ident => $text:expr;)*) => {$({
            let $value = &$setting.value;
            push($key, $text, &$setting.origin);
        })*};
    }
    let Config {
        project,
        migrations,
        target,
        version_table,
        render,
        ..
    } = config;
    settings! {
        "project.name" = project.name, it => Some(it.clone());
        "migrations.path" = migrations.path, it => Some(it.to_string());
        "migrations.layout" = migrations.layout, it => Some(it.clone());
        "migrations.file_template" = migrations.file_template, it => Some(it.clone());
        "migrations.order" = migrations.order, it => it.map(|order| order.word().to_owned());
        "migrations.tool_path" = migrations.tool_path, it => it.clone();
        "target.server" = target.server, it => Some(it.to_string());
        "target.database" = target.database, it => it.clone();
        "target.role" = target.role, it => it.clone();
        "target.search_path" = target.search_path, it => it.clone();
        "target.lock_timeout" = target.lock_timeout, it => it.clone();
        "target.statement_timeout" = target.statement_timeout, it => it.clone();
        "target.require_ticket" = target.require_ticket, it => Some(it.to_string());
        "version_table.scheme" = version_table.scheme, it => Some(it.clone());
        "version_table.name" = version_table.name, it => Some(it.clone());
        "version_table.schema" = version_table.schema, it => Some(it.clone());
        "version_table.events" = version_table.events, it => Some(it.to_string());
        "version_table.tool_table" = version_table.tool_table, it => it.as_ref().map(ToString::to_string);
        "render.templates" = render.templates, it => it.as_ref().map(ToString::to_string);
    }
    for (name, variable) in &config.variables {
        let Setting { value, origin } = &variable.value;
        push(&format!("variables.{name}"), value.clone(), origin);
    }
    for (name, Setting { value, origin }) in &config.environments {
        push(
            &format!("environments.{name}.receipt"),
            Some(value.to_string()),
            origin,
        );
    }
    for (rule, Setting { value, origin }) in &config.rules {
        push(
            &format!("rules.{rule}"),
            Some(value.word().to_owned()),
            origin,
        );
    }
    listed
}

/// The absolute folder that `path` means in `cwd`, `..` resolved by name.
pub fn folder(cwd: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    judge::folder_of(cwd, path)
}

/// A path without `.` components; `.` where nothing is left.
pub fn tidy(path: &Utf8Path) -> Utf8PathBuf {
    let tidy: Utf8PathBuf = path
        .components()
        .filter(|part| *part != Utf8Component::CurDir)
        .collect();
    if tidy.as_str().is_empty() {
        return ".".into();
    }
    tidy
}

/// What [`load`] is asked.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The working folder, absolute.
    pub cwd: Utf8PathBuf,
    /// `--config FILE`.
    pub file: Option<Utf8PathBuf>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The command line's other words.
    pub flags: Flags,
}

/// Flags that stand for a setting.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--path DIR`: this tree, and no config file at all.
    pub path: Option<Utf8PathBuf>,
    /// `--layout NAME`.
    pub layout: Option<String>,
    /// `--project NAME`.
    pub project: Option<String>,
}

/// Why there is no config.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `--config` and `--path` together.
    #[error(
        "`{config}` says to read a config file and `{path}` says to read none; leave one of them out"
    )]
    Both {
        /// What asked for no file: `--path`, `SIGNOFF_PATH`.
        path: &'static str,
        /// What asked for a file: `--config`, `SIGNOFF_CONFIG`.
        config: &'static str,
    },
    /// The file can't be read.
    #[error(
        "cannot read the config file `{path}`: {source}; name another with --config, or begin one with `signoff init`"
    )]
    Unreadable {
        /// As the user would type it.
        path: Utf8PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file was read and is wrong, or the environment or a flag is.
    #[error("the config is wrong")]
    Rejected(Box<Rejected>),
}

/// What is wrong in the config, with the texts it points into.
#[derive(Debug)]
pub struct Rejected {
    /// The config file.
    pub sources: Sources,
    /// At least one error.
    pub sink: Sink,
}

/// A value, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    Default,
    /// The config file.
    File {
        /// As the user would type it.
        path: Utf8PathBuf,
        /// From 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => out.write_str("default"),
            Self::File { path, line } => write!(out, "{path}:{line}"),
            Self::Environment(name) => out.write_str(name),
            Self::Flag(name) => out.write_str(name),
        }
    }
}

/// One line of [`listing`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// `section.key`.
    pub key: String,
    /// The value as text; `None` where there is none.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// The merged config.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that was read, as the user would type it.
    pub file: Option<Utf8PathBuf>,
    /// `[project]`
    pub project: Project,
    /// `[migrations]`
    pub migrations: Migrations,
    /// `[target]`
    pub target: Target,
    /// `[version_table]`
    pub version_table: VersionTable,
    /// `[variables]`, by name.
    pub variables: BTreeMap<String, Variable>,
    /// `[render]`
    pub render: Render,
    /// `[rules]`: each rule's level, by the rule's name. Whether there is such a rule is not known here.
    pub rules: BTreeMap<String, Setting<Level>>,
    /// `[environments]`: where each one's last receipt is kept, as the user would type it in the working folder.
    pub environments: BTreeMap<String, Setting<Utf8PathBuf>>,
}

impl Config {
    /// The variables that have a value, for [`crate::tree::Request`].
    pub fn variable_values(&self) -> BTreeMap<String, String> {
        let values = self.variables.iter().filter_map(|(name, variable)| {
            let value = variable.value.value.clone()?;
            Some((name.clone(), value))
        });
        values.collect()
    }
}

/// `[project]`
#[derive(Debug, Clone)]
pub struct Project {
    /// Names bundles and rows of the version table. ASCII letters, digits, `.`, `_`, `-`.
    pub name: Setting<String>,
}

/// `[migrations]`
#[derive(Debug, Clone)]
pub struct Migrations {
    /// The tree's folder, as the user would type it in the working folder.
    pub path: Setting<Utf8PathBuf>,
    /// `auto`, or a layout's name; the tree judges it.
    pub layout: Setting<String>,
    /// File name of a new migration.
    pub file_template: Setting<String>,
    /// What a script does where a revision was not applied and one that comes after it was. Where nobody says:
    /// [`Order::Strict`] in a tree of parents, what its tool does in a numbered one.
    pub order: Setting<Option<Order>>,
    /// The tree's folder as its tool has it in the paths that it records, where that is not known from the files.
    pub tool_path: Setting<Option<String>>,
}

/// What a script does that is to apply a revision where one that comes after it on the same line is applied already.
/// Other branches are free of each other in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// It refuses.
    Strict,
    /// It says so and applies it.
    Warn,
    /// It applies it.
    Any,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Strict, Self::Warn, Self::Any];

    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Warn => "warn",
            Self::Any => "any",
        }
    }
}

/// `[target]`
#[derive(Debug, Clone)]
pub struct Target {
    /// Oldest server the scripts must run on, a major version of [`SERVERS`].
    pub server: Setting<u16>,
    /// The only database the scripts may run in.
    pub database: Setting<Option<String>>,
    /// Everything runs as this role. The name as the server keeps it.
    pub role: Setting<Option<String>>,
    /// The search_path the author's SQL sees.
    pub search_path: Setting<Option<String>>,
    /// A PostgreSQL duration.
    pub lock_timeout: Setting<Option<String>>,
    /// A PostgreSQL duration.
    pub statement_timeout: Setting<Option<String>>,
    /// Whether a script refuses to run without `-v ticket=…`.
    pub require_ticket: Setting<bool>,
}

/// `[version_table]`
#[derive(Debug, Clone)]
pub struct VersionTable {
    /// `auto`, or a scheme's name; the version table's room judges it.
    pub scheme: Setting<String>,
    /// The table of `signoff`'s own, as the server keeps its name.
    pub name: Setting<String>,
    /// Its schema, likewise.
    pub schema: Setting<String>,
    /// The table of the tool whose scheme it is, where it is not where that tool puts it.
    pub tool_table: Setting<Option<ToolTable>>,
    /// Whether there is an event table.
    pub events: Setting<bool>,
}

/// A table that another tool keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolTable {
    /// As the server keeps its name; `None` is the schema in which the tool puts it.
    pub schema: Option<String>,
    /// As the server keeps its name.
    pub name: String,
}

impl std::fmt::Display for ToolTable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(schema) = &self.schema {
            write!(out, "{schema}.")?;
        }
        out.write_str(&self.name)
    }
}

/// One of `[variables]`.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its value; `None` where its environment variable is not set and it has no default.
    pub value: Setting<Option<String>>,
    /// The environment variable that may give it.
    pub env: Option<String>,
}

/// `[render]`
#[derive(Debug, Clone)]
pub struct Render {
    /// Folder of report and run-book templates, as the user would type it in the working folder.
    pub templates: Setting<Option<Utf8PathBuf>>,
}

/// How much a rule's finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Not reported.
    Allow,
    /// A warning.
    Warn,
    /// An error.
    Deny,
}

impl Level {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Warn, Self::Deny];

    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

#[cfg(test)]
mod tests;
