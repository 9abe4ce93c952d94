//! `signoff check`

use insta::assert_snapshot;

use super::{json, migration, session, shop};
use crate::support::project::Project;

#[test]
fn a_sound_tree() {
    assert_snapshot!(session(
        &shop(),
        &[&["check"], &["check", "--json"], &["-q", "check"]]
    ));
}

#[test]
fn findings_have_many_forms() {
    let forms: &[&[&str]] = &[
        &["check", "--format", "short"],
        &["check", "--format", "github"],
        &["check", "--format", "xml"],
    ];
    assert_snapshot!(session(&broken(), forms));
    let json = |arguments: &[&str]| broken().run(arguments).code(1).stdout.clone();
    assert_eq!(
        json(&["check", "--json"]),
        json(&["check", "--format", "json"])
    );
    let forms: &[&[&str]] = &[&["check"], &["check", "--format", "short"]];
    assert_snapshot!(session(&super::branched(), forms));
}

fn broken() -> Project {
    shop().file(
        "migrations/three.sql",
        &migration(
            "cccc00000003",
            &["bbbb00000002"],
            "Three mistakes",
            "CREATE TABLE invoice (id bigint PRIMARY KEY,);\n\\i more.sql\nSELECT 1;\n-- naïve \u{202e} comment",
            "DROP TABEL invoice;",
        ),
    )
}

#[test]
fn everything_is_told_at_once_with_its_place() {
    assert_snapshot!(session(&broken(), &[&["check"]]));
}

#[test]
fn json_tells_the_same() {
    let outcome = broken().run(&["check", "--json"]);
    let found = json(outcome.code(1).quiet());
    let findings = found["findings"].as_array().expect("a list");
    assert!(!findings.is_empty(), "{outcome}");
    for finding in findings {
        assert_eq!(finding["format"], 1);
        assert_eq!(finding["file"], "migrations/three.sql");
        assert!(
            finding["line"].as_u64().is_some_and(|line| line > 5),
            "{finding}"
        );
        assert!(
            finding["help"]
                .as_array()
                .is_some_and(|help| !help.is_empty()),
            "{finding}"
        );
    }
    let codes: Vec<&str> = findings
        .iter()
        .map(|finding| finding["code"].as_str().expect("a code"))
        .collect();
    for code in ["syntax-error", "psql-command", "hidden-character"] {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
}

/// A tree whose graph is broken is told of, too, as JSON.
#[test]
fn json_of_a_broken_graph() {
    let project = shop().file(
        "migrations/three.sql",
        &migration("cccc00000003", &["nope"], "x", "", ""),
    );
    let found = json(project.run(&["check", "--json"]).code(1));
    assert_eq!(found["findings"][0]["code"], "missing-parent");
    assert_eq!(found["statements"], serde_json::Value::Null);
}

#[test]
fn quiet_tells_errors_only() {
    let outcome = broken().run(&["check", "-q"]);
    outcome.code(1).stderr_has("error[psql-command]");
    assert!(!outcome.stderr.contains("warning"), "{outcome}");
    assert_eq!(outcome.stdout, "");
}

/// What `revision` writes, as it stands: `check`, `seal` and `bundle` tell it; a merge holds no SQL and is sound.
#[test]
fn an_upgrade_that_is_not_written_is_told_before_it_is_too_late() {
    let three = |header: &str, up: &str| {
        let text = migration("cccc00000003", &["bbbb00000002"], "x", up, "");
        let text = text.replace("\n\n--! upgrade", &format!("{header}\n\n--! upgrade"));
        shop().file("migrations/three.sql", &text)
    };
    let project = three("", "-- later");
    assert_snapshot!(session(&project, &[&["check"]]));
    for command in ["bundle", "seal"] {
        project
            .run(&[command])
            .success()
            .stderr_has("warning[empty-upgrade]: revision cccc00000003 has an empty upgrade");
    }
    // Sealed, it is told by who looks or releases, and no more by `seal`.
    project.run(&["seal"]).success().quiet();
    // A release of what stands before it has nothing to do with it.
    project.run(&["bundle", "bbbb"]).success().quiet();

    let strict = three("", "").file(
        "signoff.toml",
        "[project]\nname = \"shop\"\n\n[rules]\nempty-upgrade = \"deny\"\n",
    );
    strict.run(&["seal"]).code(1);
    assert!(!strict.path("migrations/signoff.sum").exists());
    strict.run(&["bundle"]).success();

    let merge = super::branched().file(
        "migrations/five.sql",
        &migration(
            "eeee00000005",
            &["cccc00000003", "dddd00000004"],
            "x",
            "",
            "",
        ),
    );
    for project in [
        merge,
        three(
            "\n--! allow = { empty-upgrade = \"a place to branch from\" }",
            "",
        ),
        three("\n--! recreates = [\"a\"]", "").file(
            "migrations/repeatable/a.sql",
            "--! name = \"a\"\n--! apply\nSELECT 1;\n",
        ),
    ] {
        for command in ["check", "bundle", "seal"] {
            project.run(&[command]).success().quiet();
        }
    }
    let rows = three("", "--! data { file = \"a.csv\", table = \"customer\" }");
    let rows = rows.file("migrations/a.csv", "id\n1\n");
    let outcome = rows.run(&["check"]);
    outcome.success();
    assert!(!outcome.stderr.contains("empty-upgrade"), "{outcome}");
    rows.file("migrations/a.csv", "id\n")
        .run(&["check"])
        .success()
        .stderr_has("warning[empty-upgrade]");
}

/// A view that a repeatable makes would be gone after the upgrade: `check` and `bundle` tell it, with the line to write.
#[test]
fn a_revision_that_drops_what_a_repeatable_makes() {
    let three = |header: &str| {
        let (up, down) = ("DROP VIEW total;\nSELECT 1;", "DROP VIEW total, name;");
        let text = migration("cccc00000003", &["bbbb00000002"], "x", up, down);
        let text = text.replace("\n\n--! upgrade", &format!("{header}\n\n--! upgrade"));
        let view = |name: &str| {
            format!(
                "--! name = \"the_{name}\"\n--! apply\nCREATE OR REPLACE VIEW {name} AS SELECT 1 AS a;\n"
            )
        };
        shop()
            .file("migrations/three.sql", &text)
            .file("migrations/repeatable/name.sql", &view("name"))
            .file("migrations/repeatable/total.sql", &view("total"))
    };
    let project = three("");
    assert_snapshot!(session(&project, &[&["check"]]));
    project
        .run(&["bundle"])
        .success()
        .stderr_has("warning[drops-repeatable]: revision cccc00000003 drops VIEW total");
    project.run(&["bundle", "bbbb"]).success().quiet();
    for header in [
        "\n--! recreates = [\"the_name\", \"the_total\"]",
        "\n--! allow = { drops-repeatable = \"nobody has them yet\" }",
    ] {
        let project = three(header);
        for command in ["check", "bundle"] {
            project.run(&[command]).success().quiet();
        }
    }
}

/// Levels come from the config, and a header may allow a rule with a reason.
#[test]
fn rules_have_levels() {
    let one_way = "--! revision = \"cccc00000003\"\n--! revises = [\"bbbb00000002\"]\n--! message = \"x\"\n--! allow = {}\n\n--! upgrade\nSELECT 1;\n";
    let with = |allow: &str, rules: &str| {
        shop()
            .file("migrations/three.sql", &one_way.replace("{}", allow))
            .file(
                "signoff.toml",
                &format!("[project]\nname = \"shop\"\n\n[rules]\n{rules}"),
            )
    };
    let project = with("{}", "");
    project
        .run(&["check"])
        .success()
        .stderr_has("warning[missing-downgrade]");
    with("{}", "missing-downgrade = \"deny\"\n")
        .run(&["check"])
        .code(1)
        .stderr_has("error[missing-downgrade]");
    with("{}", "missing-downgrade = \"allow\"\n")
        .run(&["check"])
        .success()
        .quiet();
    with(
        "{ missing-downgrade = \"a one-way street\" }",
        "missing-downgrade = \"deny\"\n",
    )
    .run(&["check"])
    .success()
    .quiet();
    with("{}", "mising-downgrade = \"deny\"\n")
        .run(&["check"])
        .stderr_has("mising-downgrade");
}
