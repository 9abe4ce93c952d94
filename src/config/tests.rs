//! Whole configs, loaded from temporary folders.

use super::*;
use camino::Utf8Path;

struct Project {
    folder: tempfile::TempDir,
    request: Request,
}

impl Project {
    fn new(name: &str, toml: &str, below: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .join(name);
        let cwd = root.join(below);
        write(&cwd.join("keep"), "");
        if !toml.is_empty() {
            write(&root.join("signoff.toml"), toml);
        }
        let request = Request {
            cwd,
            ..Request::default()
        };
        Self { folder, request }
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        let environment = &mut self.request.environment;
        environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn load(&self) -> Config {
        load(&self.request).unwrap_or_else(|error| panic!("{error}: {:?}", told(&error)))
    }

    fn refused(&self) -> Vec<String> {
        told(&load(&self.request).expect_err("it is wrong"))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests write the files they read"
)]
fn write(path: &Utf8Path, text: &str) {
    let folder = path.parent().expect("inside a folder");
    std::fs::create_dir_all(folder).expect("created");
    std::fs::write(path, text).expect("written");
}

fn told(error: &Error) -> Vec<String> {
    let Error::Rejected(rejected) = error else {
        return vec![error.to_string()];
    };
    let told = rejected.sink.diagnostics().iter().map(|diagnostic| {
        let place = diagnostic.labels.first().map_or(String::new(), |label| {
            let at = rejected.sources.position(label.span.file, label.span.start);
            format!("{}:{} ", at.line, at.column)
        });
        format!("{place}{}", diagnostic.message)
    });
    told.collect()
}

#[test]
fn without_a_file_everything_is_the_default() {
    let config = Project::new("shop", "", "").load();
    assert_eq!(config.file, None);
    assert_eq!(config.project.name.value, "project");
    assert_eq!(config.migrations.path.value, "migrations");
    assert_eq!(config.target.server.value, 13);
    assert!(
        listing(&config)
            .iter()
            .all(|line| line.origin == Origin::Default)
    );
}

#[test]
fn a_file_above_is_found_and_its_paths_start_in_its_folder() {
    let toml = "[migrations]\npath = \"./db/migrations\"\n[render]\ntemplates = \"t\"\n";
    let config = Project::new("shop", toml, "a/b").load();
    assert_eq!(config.file.as_deref(), Some("../../signoff.toml".into()));
    assert_eq!(config.project.name.value, "project");
    assert_eq!(config.migrations.path.value, "../../db/migrations");
    assert_eq!(
        config.render.templates.value.as_deref(),
        Some("../../t".into())
    );
    let path = &listing(&config)[1];
    assert_eq!(
        (path.key.as_str(), path.origin.to_string()),
        ("migrations.path", "../../signoff.toml:2".to_owned())
    );
}

#[test]
fn flags_beat_the_environment_and_that_beats_the_file() {
    let toml = "[migrations]\nlayout = \"diesel\"\n[target]\nserver = 14\nrole = \"a\"\n";
    let mut project = Project::new("shop", toml, "")
        .env("SIGNOFF_MIGRATIONS_LAYOUT", "sqlx")
        .env("SIGNOFF_TARGET_SERVER", "16")
        .env("SIGNOFF_TARGET_REQUIRE_TICKET", "true")
        .env("SIGNOFF_TARGET_ROLE", "")
        .env("SIGNOFF_SOMEBODY_ELSE", "x");
    project.request.flags.layout = Some("native".to_owned());
    let config = project.load();
    assert_eq!(config.migrations.layout.value, "native");
    assert_eq!(
        config.migrations.layout.origin.to_string(),
        "--layout".to_owned()
    );
    assert_eq!(config.target.server.value, 16);
    assert_eq!(
        config.target.server.origin.to_string(),
        "SIGNOFF_TARGET_SERVER"
    );
    assert!(config.target.require_ticket.value);
    assert_eq!(config.target.role.value.as_deref(), Some("a"));
}

#[test]
fn path_means_no_file_at_all() {
    let mut project = Project::new("shop", "[nonsense", "");
    for (path, name) in [
        ("../graph-node/store/postgres/migrations", "graph-node"),
        (
            "/x/quickwit-metastore/migrations/postgresql/",
            "quickwit-metastore",
        ),
        // Never the working folder's name: it may be another in the next checkout.
        (".", "project"),
        ("db/migrations", "project"),
        ("my tree", "my-tree"),
    ] {
        project.request.flags.path = Some(path.into());
        let config = project.load();
        assert_eq!(config.project.name.value, name);
        assert_eq!(config.file, None);
    }
    project.request.file = Some("signoff.toml".into());
    assert_eq!(
        project.refused(),
        [
            "`--config` says to read a config file and `--path` says to read none; leave one of them out"
        ]
    );
    project.request.flags.path = None;
    let project = project.env("SIGNOFF_PATH", "ignored");
    assert_eq!(project.refused().len(), 1);
}

#[test]
fn variables_come_from_the_environment_or_the_default() {
    let toml = "[variables]\na = { default = \"x\", env = \"A\" }\nb = { default = \"y\", env = \"B\" }\nc = { env = \"C\" }\n";
    let project = Project::new("shop", toml, "").env("A", "given");
    let config = project.load();
    let values: Vec<_> = config.variable_values().into_iter().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(values, [pair("a", "given"), pair("b", "y")]);
    let project = project.env("B", "").env("C", "x\ny");
    assert_eq!(
        project.refused(),
        [
            "3:28 the environment variable `B`, which gives `${b}`, is empty",
            "4:13 the environment variable `C`, which gives `${c}`, holds a control character",
        ]
    );
}

#[test]
fn a_plain_variable_is_its_own_default() {
    let toml = "[variables]\nschema = \"app\"\nother = { default = \"x\" }\n";
    let config = Project::new("shop", toml, "").load();
    let values: Vec<_> = config.variable_values().into_iter().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(values, [pair("other", "x"), pair("schema", "app")]);
    let wrong = Project::new("shop", "[variables]\na = 1\nb = \"x\\ny\"\n", "");
    assert_eq!(
        wrong.refused(),
        [
            "2:5 `a` is a whole number, and must be a string",
            "3:5 `b` holds the control character \\u{a}",
        ]
    );
}

/// Names stand inside of dollar quotes in scripts.
#[test]
fn a_dollar_in_a_name_is_refused_wherever_it_comes_from() {
    let toml = "[target]\ndatabase = \"a$$b\"\nrole = \"r$m$\"\nsearch_path = '\"$user\", \"a$b\"'\n[version_table]\nname = \"v$\"\n";
    let project = Project::new("shop", toml, "").env("SIGNOFF_VERSION_TABLE_SCHEMA", "s$s");
    let refused = project.refused();
    assert_eq!(refused.len(), 5, "{refused:#?}");
    assert!(refused.iter().all(|told| told.contains("dollar quotes")));
    let mut project = Project::new("shop", "", "");
    project.request.flags.project = Some("a$b".to_owned());
    assert_eq!(project.refused().len(), 1);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let toml = "[target]\nserver = \"12\"\nrol = \"x\"\nlock_timeout = \"5 sec\"\n[version_table]\ntool_table = \"a.b.c\"\n[rules]\na = \"never\"\n[projects]\n[variables]\n\"1\" = {}\n";
    let project = Project::new("shop", toml, "").env("SIGNOFF_TARGT_SERVER", "14");
    assert_eq!(
        project.refused(),
        [
            "3:1 `[target]` has no key `rol`",
            "11:1 `1` is no variable's name: a variable's name has ASCII letters, digits and `_` (in trees of other tools also `.` and `-`), and begins with a letter or `_`",
            "8:5 `never` is no level",
            "9:2 the config file has no key `projects`",
            "the environment variable `SIGNOFF_TARGT_SERVER` stands for no setting",
            "2:10 `target.server` cannot be `12`: it is a major version of PostgreSQL from 13 to 18",
            "4:16 `target.lock_timeout` cannot be `5 sec`: a duration is a whole number with `us`, `ms`, `s`, `min`, `h` or `d`, such as `5s`; `0` is no limit",
            "6:14 `version_table.tool_table` cannot be `a.b.c`: it is `table` or `schema.table`, names as the server keeps them, without quotes",
        ]
    );
}

#[test]
fn a_missing_or_unreadable_file_says_why() {
    let mut project = Project::new("shop", "", "");
    project.request.file = Some("other.toml".into());
    assert_eq!(
        project.refused(),
        [
            "cannot read the config file `other.toml`: No such file or directory (os error 2); name another with --config, or begin one with `signoff init`"
        ]
    );
    let path = Utf8Path::from_path(project.folder.path()).expect("UTF-8");
    write(&path.join("shop/signoff.toml/x"), "");
    project.request.file = None;
    assert_eq!(project.refused().len(), 1);
}
