//! `signoff config`

use insta::assert_snapshot;

use super::{json, migration, session, shop};
use crate::support::project::Project;

#[test]
fn every_setting_and_where_it_comes_from() {
    let project = Project::new()
        .env("SIGNOFF_TARGET_SERVER", "16")
        .env("APP_SCHEMA", "app2")
        .file(
            "signoff.toml",
            "[project]\nname = \"shop\"\n\n[target]\nserver = \"14\"\ndatabase = \"shop_prod\"\n\n\
             [variables]\napp_schema = { default = \"app\", env = \"APP_SCHEMA\" }\nother = { default = \"x\" }\n\n\
             [rules]\nmissing-downgrade = \"deny\"\n",
        );
    assert_snapshot!(session(
        &project,
        &[&["config"], &["config", "--layout", "sqlx", "--json"]]
    ));
}

#[test]
fn json_says_the_same_as_text() {
    let project = shop();
    let listed = json(project.run(&["config", "--json"]).success().quiet());
    let text = project.run(&["config"]).success().stdout.clone();
    let settings = listed["settings"].as_array().expect("a list");
    assert_eq!(settings.len(), text.lines().count());
    for (setting, line) in settings.iter().zip(text.lines()) {
        for part in [&setting["key"], &setting["value"], &setting["origin"]] {
            assert!(
                line.contains(part.as_str().unwrap_or("-")),
                "{setting} in {line:?}"
            );
        }
    }
    assert_eq!(listed["file"], "signoff.toml");
}

/// A config file above the working folder is found; `--config` names another; `--path` wants none.
#[test]
fn where_the_file_is_looked_for() {
    let project = shop()
        .file("other.toml", "[project]\nname = \"other\"\n")
        .file("services/billing/keep", "");
    let name = |arguments: &[&str], folder: &str| {
        let mut command = project.command(arguments);
        command.current_dir(project.path(folder));
        let outcome = crate::support::outcome::run(&mut command, "");
        let listed = json(outcome.success());
        let settings = listed["settings"].as_array().expect("a list").clone();
        let name = settings.iter().find(|it| it["key"] == "project.name");
        name.expect("there is a name")["value"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    assert_eq!(name(&["config", "--json"], "services/billing"), "shop");
    assert_eq!(
        name(
            &["config", "--json", "--config", "../../other.toml"],
            "services/billing"
        ),
        "other"
    );
    assert_eq!(
        name(&["config", "--json", "--path", "migrations"], "."),
        name(&["config", "--json", "--path", "."], ".")
    );
    assert_snapshot!(session(
        &project,
        &[
            &["heads", "--config", "nope.toml"],
            &["heads", "--config", "migrations"],
            &["heads", "--config", "signoff.toml", "--path", "migrations"],
        ]
    ));
    let environment = shop()
        .env("SIGNOFF_CONFIG", "other.toml")
        .file("other.toml", "[project]\nname = \"other\"\n");
    environment
        .run(&["config"])
        .success()
        .stdout_has("other.toml:2");
}

#[test]
fn what_is_wrong_with_it() {
    let with = |text: &str| shop().file("signoff.toml", text);
    let mut told = String::new();
    for text in [
        "[project\nname = \"x\"\n",
        "[project]\nname = \"a/b\"\n",
        "[project]\nnmae = \"x\"\n",
        "[projects]\n",
        "[target]\nserver = 14\n[target]\nserver = 15\n",
        "[target]\nserver = \"12\"\n",
        "[target]\nlock_timeout = \"5 seconds\"\nsearch_path = \"a b\"\n",
        "[version_table]\nschema = \"a$m$b\"\nscheme = \"alembic\"\n",
        "[variables]\nx = 1\n",
        "[rules]\nmissing-downgrade = \"fatal\"\n",
    ] {
        let project = with(text);
        let before = project.everything();
        for command in [&["config"][..], &["check"], &["bundle"]] {
            let outcome = project.run(command);
            outcome.code(2);
            assert!(!outcome.stderr.contains("panicked"), "{outcome}");
        }
        assert_eq!(project.everything(), before);
        told += &project.run(&["config"]).stderr;
        told += "────\n";
    }
    assert_snapshot!(told);
}

/// PostgreSQL takes a bare number as milliseconds; only 0 means the same in every unit.
#[test]
fn a_timeout_has_its_unit_wherever_it_is_said() {
    let header = |line: &str| {
        let text = migration(
            "cccc00000003",
            &["bbbb00000002"],
            "x",
            "SELECT 1;",
            "SELECT 1;",
        );
        let text = text.replace("\n\n--! upgrade", &format!("\n{line}\n\n--! upgrade"));
        shop().file("migrations/three.sql", &text)
    };
    for (project, told, help) in [
        (
            shop().file("signoff.toml", "[target]\nlock_timeout = \"5\"\n"),
            "`target.lock_timeout` cannot be `5`: without a unit it would be 5 milliseconds",
            "write `\"5s\"`, or `\"5ms\"` if that is meant",
        ),
        (
            shop().file("signoff.toml", "[target]\nstatement_timeout = 10\n"),
            "`target.statement_timeout` cannot be `10`: without a unit it would be 10 milliseconds",
            "write `\"10s\"`, or `\"10ms\"` if that is meant",
        ),
        (
            shop().env("SIGNOFF_TARGET_LOCK_TIMEOUT", "1"),
            "`target.lock_timeout` cannot be `1`: without a unit it would be 1 millisecond\n",
            "write `\"1s\"`, or `\"1ms\"` if that is meant",
        ),
        (
            header("--! lock_timeout = \"5\""),
            "`lock_timeout` cannot be `5`: without a unit it would be 5 milliseconds",
            "write `\"5s\"`, or `\"5ms\"` if that is meant",
        ),
        (
            header("--! statement_timeout = 5000"),
            "`statement_timeout` cannot be `5000`: without a unit it would be 5000 milliseconds",
            "write `\"5000s\"`, or `\"5000ms\"` if that is meant",
        ),
    ] {
        let outcome = project.run(&["check"]);
        outcome
            .stderr_has("error[bad-value]")
            .stderr_has(told)
            .stderr_has(help);
        assert_ne!(outcome.code, 0, "{outcome}");
    }
    for project in [
        shop().file(
            "signoff.toml",
            "[target]\nlock_timeout = 0\nstatement_timeout = \"0\"\n",
        ),
        header("--! lock_timeout = \"0\"\n--! statement_timeout = 0"),
        header("--! lock_timeout = \"5000ms\""),
    ] {
        project.run(&["check"]).success().quiet();
    }
}

#[test]
fn a_value_of_any_length_is_listed() {
    let long = "x".repeat(100_000);
    let config =
        format!("[variables]\n{long} = {{ default = \"{long}\" }}\nx = {{ default = \"y\" }}\n");
    let outcome = shop().file("signoff.toml", &config).run(&["config"]);
    outcome.success().stdout_has(&long);
    assert!(
        outcome
            .stdout
            .lines()
            .all(|line| line.len() < 200 || line.contains(&long))
    );
}

#[test]
fn variables_of_the_environment_that_stand_for_nothing() {
    let project = shop().env("SIGNOFF_TARGET_SERVR", "14");
    assert_snapshot!(session(&project, &[&["config"]]));
    let project = shop().env("SIGNOFF_TARGET_SERVER", "nine");
    assert_snapshot!(
        "a_bad_value_of_the_environment",
        session(&project, &[&["config"]])
    );
}
