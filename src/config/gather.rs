//! From a file, the environment and flags to a [`Config`]: first every value as text with its origin, then
//! each judged by its own function.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::table::{self, Located, Place, Table, TextOrTable};
use super::{
    Config, Error, FILE_TEMPLATE, Level, Migrations, Origin, Project, Rejected, Render, Request,
    SERVERS, Setting, Target, Variable, VersionTable, check, disk, judge,
};
use crate::diagnostic::{Diagnostic, Sink};
use crate::source::{Sources, Span};

/// How a key is written in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    TextOrNumber,
    Flag,
}

/// Sections with fixed keys. The environment's `SIGNOFF_<SECTION>_<KEY>` follow from this table.
const SECTIONS: [(&str, &[(&str, Kind)]); 5] = [
    ("project", &[("name", Kind::Text)]),
    (
        "migrations",
        &[
            ("path", Kind::Text),
            ("layout", Kind::Text),
            ("file_template", Kind::Text),
            ("order", Kind::Text),
            ("tool_path", Kind::Text),
        ],
    ),
    (
        "target",
        &[
            ("server", Kind::TextOrNumber),
            ("database", Kind::Text),
            ("role", Kind::Text),
            ("search_path", Kind::Text),
            ("lock_timeout", Kind::TextOrNumber),
            ("statement_timeout", Kind::TextOrNumber),
            ("require_ticket", Kind::Flag),
        ],
    ),
    (
        "version_table",
        &[
            ("scheme", Kind::Text),
            ("name", Kind::Text),
            ("schema", Kind::Text),
            ("tool_table", Kind::Text),
            ("events", Kind::Flag),
        ],
    ),
    ("render", &[("templates", Kind::Text)]),
];

pub(super) fn load(request: &Request) -> Result<Config, Error> {
    let mut sources = Sources::default();
    let mut sink = Sink::default();
    let found = disk::find(request)?;
    let mut gathered = Gathered::default();
    if let Some(file) = &found.file {
        gathered.base = file.base.clone();
        match std::str::from_utf8(&file.bytes) {
            Ok(text) => {
                let id = sources.add(file.path.clone(), text.to_owned());
                let place = Place { file: id, start: 0 };
                gathered.read_file(text, place, &sources, request, &mut sink);
            }
            Err(error) => {
                let line =
                    1 + memchr::memchr_iter(b'\n', &file.bytes[..error.valid_up_to()]).count();
                sink.push(
                    Diagnostic::error(
                        "not-utf8",
                        format!("line {line} of the config file is not UTF-8"),
                    )
                    .path(file.path.clone())
                    .help("save the file as UTF-8"),
                );
            }
        }
    }
    gathered.read_environment(request, &mut sink);
    if let Some((path, origin)) = found.tree {
        gathered.set("migrations.path", path, origin);
    }
    if let Some(layout) = &request.flags.layout {
        gathered.set(
            "migrations.layout",
            layout.clone(),
            Origin::Flag("--layout"),
        );
    }
    if let Some(project) = &request.flags.project {
        gathered.set("project.name", project.clone(), Origin::Flag("--project"));
    }
    let config = gathered.judge(found.file.map(|file| file.path), &mut sink);
    if sink.has_errors() {
        return Err(Error::Rejected(Box::new(Rejected { sources, sink })));
    }
    Ok(config)
}

/// Values as text, by `section.key`.
#[derive(Default)]
struct Gathered {
    /// Folder of the config file, as the user would type it; paths in the file start there.
    base: Utf8PathBuf,
    values: BTreeMap<String, Raw>,
    variables: BTreeMap<String, Variable>,
    rules: BTreeMap<String, Setting<Level>>,
    environments: BTreeMap<String, Setting<Utf8PathBuf>>,
}

struct Raw {
    text: String,
    origin: Origin,
    span: Option<Span>,
}

impl Gathered {
    fn set(&mut self, key: &str, text: String, origin: Origin) {
        let span = None;
        self.values
            .insert(key.to_owned(), Raw { text, origin, span });
    }

    fn read_file(
        &mut self,
        text: &str,
        place: Place,
        sources: &Sources,
        request: &Request,
        sink: &mut Sink,
    ) {
        let Some(mut document) = Table::document(text, place, "the config file", sink) else {
            return;
        };
        let origin = |span: Span| Origin::File {
            path: sources.path(span.file).to_owned(),
            line: sources.position(span.file, span.start).line,
        };
        for (section, keys) in SECTIONS {
            let Some(mut table) = document.table(section, &format!("`[{section}]`"), sink) else {
                continue;
            };
            for (key, kind) in keys {
                let value = match kind {
                    Kind::Text => table.text(key, sink),
                    Kind::TextOrNumber => table.text_or_number(key, sink),
                    Kind::Flag => table.flag(key, sink).map(|flag| Located {
                        value: flag.value.to_string(),
                        span: flag.span,
                    }),
                };
                if let Some(Located { value: text, span }) = value {
                    let raw = Raw {
                        text,
                        origin: origin(span),
                        span: Some(span),
                    };
                    self.values.insert(format!("{section}.{key}"), raw);
                }
            }
            table.finish(sink);
        }
        if let Some(mut table) = document.table("variables", "`[variables]`", sink) {
            for (name, given) in table.texts_or_tables(sink) {
                if let Err(why) = check::variable(&name.value) {
                    let told = format!("`{}` is no variable's name: {why}", name.value);
                    sink.push(Diagnostic::error("bad-value", told).at(name.span, ""));
                }
                let (default, env) = match given {
                    TextOrTable::Text(default) => (Some(default), None),
                    TextOrTable::Table(mut table) => {
                        let default = table.text("default", sink);
                        let env = table.text("env", sink);
                        table.finish(sink);
                        (default, env)
                    }
                };
                let given = env
                    .as_ref()
                    .and_then(|env| Some((env, request.environment.get(&env.value)?)));
                let value = match (given, default) {
                    (Some((env, value)), _) => {
                        check_given(&name.value, env, value, sink);
                        Setting {
                            value: Some(value.clone()),
                            origin: Origin::Environment(env.value.clone()),
                        }
                    }
                    (None, Some(default)) => Setting {
                        value: Some(default.value),
                        origin: origin(default.span),
                    },
                    (None, None) => Setting {
                        value: None,
                        origin: origin(name.span),
                    },
                };
                let env = env.map(|env| env.value);
                self.variables.insert(name.value, Variable { value, env });
            }
        }
        if let Some(mut table) = document.table("environments", "`[environments]`", sink) {
            for (name, mut table) in table.tables(sink) {
                if let Err(why) = check::environment(&name.value) {
                    let told = format!("`{}` is no environment's name: {why}", name.value);
                    sink.push(Diagnostic::error("bad-value", told).at(name.span, ""));
                }
                let receipt = table.text("receipt", sink);
                if receipt.is_none() && !table.has("receipt") {
                    let told = format!("environment `{}` has no receipt", name.value);
                    sink.push(
                        Diagnostic::error("missing-key", told)
                            .at(name.span, "")
                            .help("write where its last receipt is kept: receipt = \"deploy/prod.json\""),
                    );
                }
                table.finish(sink);
                if let Some(receipt) = receipt {
                    let path = super::tidy(&self.base.join(&receipt.value));
                    let origin = origin(receipt.span);
                    self.environments.insert(
                        name.value,
                        Setting {
                            value: path,
                            origin,
                        },
                    );
                }
            }
        }
        if let Some(mut table) = document.table("rules", "`[rules]`", sink) {
            for (rule, word) in table.pairs(sink) {
                let level = Level::ALL
                    .into_iter()
                    .find(|level| level.word() == word.value);
                let Some(value) = level else {
                    let told = format!("`{}` is no level", word.value);
                    sink.push(
                        Diagnostic::error("bad-value", told)
                            .at(word.span, "no level")
                            .help("a rule's level is `allow`, `warn` or `deny`"),
                    );
                    continue;
                };
                let origin = origin(word.span);
                self.rules.insert(rule.value, Setting { value, origin });
            }
        }
        document.finish(sink);
    }

    fn read_environment(&mut self, request: &Request, sink: &mut Sink) {
        let mut known = vec![
            disk::PATH_VARIABLE.to_owned(),
            disk::CONFIG_VARIABLE.to_owned(),
        ];
        for (section, keys) in SECTIONS {
            for (key, _) in keys {
                let name = format!("SIGNOFF_{section}_{key}").to_uppercase();
                // An empty variable is how many shells and runners unset one.
                if let Some(text) = request
                    .environment
                    .get(&name)
                    .filter(|text| !text.is_empty())
                {
                    let origin = Origin::Environment(name.clone());
                    self.set(&format!("{section}.{key}"), text.clone(), origin);
                }
                known.push(name);
            }
        }
        // A misspelt name would silently leave a setting out; names that resemble none are somebody else's.
        let named: Vec<&str> = self
            .variables
            .values()
            .filter_map(|variable| variable.env.as_deref())
            .collect();
        for name in request.environment.keys() {
            let ours = name.starts_with("SIGNOFF_");
            if !ours || known.contains(name) || named.contains(&name.as_str()) {
                continue;
            }
            if let Some(meant) = table::nearest(name, known.iter().map(String::as_str)) {
                let name = name.escape_debug();
                let told = format!("the environment variable `{name}` stands for no setting");
                sink.push(
                    Diagnostic::error("unknown-variable", told)
                        .help(format!("did you mean `{meant}`?")),
                );
            }
        }
    }

    fn judge(self, file: Option<Utf8PathBuf>, sink: &mut Sink) -> Config {
        let path = self.or("migrations.path", Self::text, sink, || {
            "migrations".to_owned()
        });
        let path = self.place(path);
        let named = self.optional("project.name", check::project, sink);
        let name = Setting {
            // Never the working folder's name: the same tree would give other bytes in another checkout.
            value: named
                .value
                .unwrap_or_else(|| judge::telling_name(&judge::folder_of("/".into(), &path.value))),
            origin: named.origin,
        };
        let templates = self.optional("render.templates", Self::text, sink);
        let origin = templates.origin.clone();
        let templates = match templates.value {
            Some(value) => {
                let placed = self.place(Setting { value, origin });
                Setting {
                    value: Some(placed.value),
                    origin: placed.origin,
                }
            }
            None => Setting {
                value: None,
                origin,
            },
        };
        let target = Target {
            server: self.or("target.server", judge::server, sink, || *SERVERS.start()),
            database: self.optional("target.database", check::name, sink),
            role: self.optional("target.role", check::role, sink),
            search_path: self.optional("target.search_path", check::search_path, sink),
            lock_timeout: self.optional("target.lock_timeout", check::duration, sink),
            statement_timeout: self.optional("target.statement_timeout", check::duration, sink),
            require_ticket: self.or("target.require_ticket", judge::flag, sink, || false),
        };
        let version_table = VersionTable {
            scheme: self.or("version_table.scheme", Self::text, sink, || {
                "auto".to_owned()
            }),
            name: self.or("version_table.name", check::name, sink, || {
                "signoff_revision".to_owned()
            }),
            schema: self.or("version_table.schema", check::name, sink, || {
                "public".to_owned()
            }),
            tool_table: self.optional("version_table.tool_table", check::table, sink),
            events: self.or("version_table.events", judge::flag, sink, || true),
        };
        let migrations = Migrations {
            path,
            layout: self.or("migrations.layout", Self::text, sink, || "auto".to_owned()),
            file_template: self.or(
                "migrations.file_template",
                judge::file_template,
                sink,
                || FILE_TEMPLATE.to_owned(),
            ),
            order: self.optional("migrations.order", judge::order, sink),
            tool_path: self.optional("migrations.tool_path", Self::text, sink),
        };
        Config {
            file,
            project: Project { name },
            migrations,
            target,
            version_table,
            variables: self.variables,
            render: Render { templates },
            rules: self.rules,
            environments: self.environments,
        }
    }

    fn text(text: &str) -> Result<String, String> {
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        Ok(text.to_owned())
    }

    fn or<T>(
        &self,
        key: &str,
        judge: impl Fn(&str) -> Result<T, String>,
        sink: &mut Sink,
        default: impl Fn() -> T,
    ) -> Setting<T> {
        let Setting { value, origin } = self.optional(key, judge, sink);
        Setting {
            value: value.unwrap_or_else(default),
            origin,
        }
    }

    fn optional<T, Why: Into<check::Unfit>>(
        &self,
        key: &str,
        judge: impl Fn(&str) -> Result<T, Why>,
        sink: &mut Sink,
    ) -> Setting<Option<T>> {
        let Some(raw) = self.values.get(key) else {
            return Setting {
                value: None,
                origin: Origin::Default,
            };
        };
        let judged = if raw.text.chars().any(table::is_unprintable) {
            Err("it holds a control character".to_owned().into())
        } else {
            judge(&raw.text).map_err(Into::into)
        };
        let value = judged.map_err(|why: check::Unfit| {
            let diagnostic = why.diagnostic(key, &raw.text.escape_debug().to_string());
            sink.push(match raw.span {
                Some(span) => diagnostic.at(span, "this value"),
                None => diagnostic.because(format!("the value comes from {}", raw.origin)),
            });
        });
        Setting {
            value: value.ok(),
            origin: raw.origin.clone(),
        }
    }

    /// A path as the user would type it: those of the file, and a default beside it, start in its folder.
    fn place(&self, setting: Setting<String>) -> Setting<Utf8PathBuf> {
        let Setting { value, origin } = setting;
        let path = match &origin {
            Origin::Default | Origin::File { .. } => self.base.join(value),
            Origin::Environment(_) | Origin::Flag(_) => Utf8PathBuf::from(value),
        };
        Setting {
            value: super::tidy(&path),
            origin,
        }
    }
}

/// A variable's value from the environment. An empty one is a forgotten one more often than a wish, and
/// would change which table a name means.
fn check_given(name: &str, env: &Located<String>, value: &str, sink: &mut Sink) {
    let why = if value.is_empty() {
        "is empty"
    } else if value.chars().any(table::is_unprintable) {
        "holds a control character"
    } else {
        return;
    };
    let told = format!(
        "the environment variable `{}`, which gives `${{{name}}}`, {why}",
        env.value
    );
    sink.push(
        Diagnostic::error("bad-value", told)
            .at(env.span, "named here")
            .help("set it to a value, or unset it to use the default"),
    );
}
