//! What the tools of other trees fill in, filled in when compiling: on a server it is what the tool would have run.

use super::made::{refuses, run, upgrade, upgraded};
use crate::support::project::Project;

/// A layout, its file, and text in it by which `s` is a schema, that has a table `t` and a function that says `told`.
type Filled = (&'static str, &'static str, &'static str);

const FILLED: &[Filled] = &[
    (
        "goose",
        "1_t.sql",
        "-- +goose Up\n-- +goose ENVSUB ON\nCREATE SCHEMA $s;\nCREATE TABLE ${s}.t (a text DEFAULT '${unset:-told}');\n-- +goose StatementBegin\nCREATE FUNCTION $s.f() RETURNS text LANGUAGE plpgsql AS $$$$ BEGIN\nRETURN '$told'; END $$$$;\n-- +goose StatementEnd\n-- +goose Down\nDROP SCHEMA ${s} CASCADE;\n",
    ),
    (
        "tern",
        "1_t.sql",
        "CREATE SCHEMA {{.s}};\nCREATE TABLE {{ .s }}.t (a text DEFAULT '{{.told}}');\nCREATE FUNCTION {{ .s -}} .f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN '{{- .told }}'; END $$;\n---- create above / drop below ----\nDROP SCHEMA {{.s}} CASCADE;\n",
    ),
    (
        "graphile-migrate",
        "committed/000001.sql",
        "--! Previous: -\n--! Hash: sha1:a\n\nCREATE SCHEMA :DATABASE_SCHEMA;\nCREATE TABLE :DATABASE_SCHEMA.t (a text DEFAULT ':TOLD');\nCREATE FUNCTION :DATABASE_SCHEMA.f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN ':TOLD'; END $$;\n",
    ),
    (
        "golang-migrate",
        "1_t.up.sql",
        "CREATE SCHEMA {{.s}};\nCREATE TABLE /* TEMPLATE: schema */t (a text DEFAULT '{{ .told }}');\nCREATE FUNCTION /* TEMPLATE: schema */f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM '/* TEMPLATE: schema */t'::regclass; RETURN '{{ .told }}'; END $$;\n",
    ),
    (
        "dbmate",
        "1_t.sql",
        "-- migrate:up\nCREATE SCHEMA {{.s}};\nCREATE TABLE \"{{.s}}\".t (a text DEFAULT '{{ .told }}');\nCREATE FUNCTION {{.s}}.f() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN '{{ .told }}'; END $$;\n-- migrate:down\nDROP SCHEMA {{.s}} CASCADE;\n",
    ),
];

fn config(told: &str) -> String {
    let values = ["s", "schema", "DATABASE_SCHEMA"].map(|name| format!("{name} = \"app\"\n"));
    let told = ["told", "TOLD"].map(|name| format!("{name} = \"{told}\"\n"));
    let (values, told) = (values.concat(), told.concat());
    format!("[project]\nname = \"shop\"\n[variables]\n{values}{told}")
}

#[test]
fn placeholders_of_tools_run_as_what_they_stand_for() {
    for (layout, file, text) in FILLED {
        let project = Project::new()
            .file("signoff.toml", &config("told"))
            .file(&format!("migrations/{file}"), text);
        let database = upgraded(&project);
        let made = database.query("INSERT INTO app.t DEFAULT VALUES RETURNING a, app.f()");
        assert_eq!(made.lines().next(), Some("told|told"), "{layout}");
        run(&database, &upgrade(&project, "")).stdout_has("nothing to apply");
        project.write("signoff.toml", config("other").as_bytes());
        refuses(
            &database,
            &upgrade(&project, ""),
            "was applied here with other values of its variables",
        );
        project.write("signoff.toml", config("told").as_bytes());
        if text.contains("DROP SCHEMA") {
            let back = project.run(&["downgrade", "head:base"]);
            run(&database, &back.success().stdout.clone());
            assert_eq!(
                database.query("SELECT to_regclass('app.t') IS NULL"),
                "t",
                "{layout}"
            );
        }
    }
}
